#pragma once
// A real fleet with a town to measure, and blocking ways to ask it.

#include <atomic>
#include <chrono>
#include <memory>

#include "bench/bench_town.hpp"
#include "engine/town_fleet.hpp"
#include "sys/system_clock.hpp"

namespace townd::bench {

using wire_clock = std::chrono::steady_clock;

/// When a start was last seen, by whoever plays the container.
class start_seen {
public:
    void now() { at_.store(wire_clock::now().time_since_epoch().count()); }
    void forget() { at_.store(0); }
    /// Waits for it; none when it does not come in time.
    [[nodiscard]] std::optional<wire_clock::time_point> wait(std::chrono::milliseconds patience);

private:
    std::atomic<wire_clock::rep> at_{0};
};

struct wire_setup {
    std::string containers_url{};  ///< As in the configuration.
    policy rules{};
    store::durability durability = store::durability::full;
    std::filesystem::path dir{};  ///< Kept; empty: a temporary one.
};

class wire_fleet {
public:
    wire_fleet(container_port& containers, wire_setup how);
    ~wire_fleet();

    [[nodiscard]] town_id make_town();
    /// Many at once, faster than one after the other.
    [[nodiscard]] std::vector<town_id> make_towns(int count);
    /// One bead in each of them, likewise.
    void make_beads(const std::vector<town_id>& towns);
    /// Runs `work` in the town and waits for its reply. Throws when it is refused.
    json in_town(const town_id& town, engine::town_work work);
    [[nodiscard]] bead_id make_bead(const town_id& town);
    /// Ends the bead and waits until the town is quiet: nothing runs, nothing is to be stopped.
    void finish(const town_id& town, const bead_id& work);
    void wait_until_quiet(const town_id& town);

    [[nodiscard]] engine::town_fleet& fleet() noexcept { return *fleet_; }

private:
    temp_dir dir_;
    sys::system_clock clock_;
    silent_journal journal_;
    store::data_dir files_;
    std::unique_ptr<engine::town_fleet> fleet_;
};

}  // namespace townd::bench
