#pragma once
// Watches a world and keeps count.

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "scenario/record.hpp"
#include "scenario/scenario.hpp"

namespace townd::scenario {

class collector final : public sim::observer {
public:
    /// `of` must outlive it. Which towns are healthy and when they are repaired is read from it,
    /// also for a run in which its faults do not happen.
    collector(const scenario& of, instant began);

    void start_sent(instant at, int town, agent_role role) override;
    void attempt_started(instant at, int town, const dispatch& what) override;
    void attempt_ended(instant at, int town, const dispatch& what, duration took) override;
    void session_failed(instant at, int town, const dispatch& what) override;
    void breaker_changed(instant at, int town, std::string_view key, std::string_view scope,
                         std::string_view role, std::string_view from, std::string_view to,
                         std::string_view cause) override;
    void outage_changed(instant at, const outage_event& what) override;
    void starts_suppressed(instant at, int town, std::string_view role, int count) override;
    void bead_ended(instant at, int town, const bead& what) override;
    void bead_made(instant at, int town, const bead_id& id) override;

    void start_answered(instant at, int town, agent_role role, const bead_id& bead,
                        const sim::start_end& end, sim::truth why) override;
    void session_broke(instant at, int town, agent_role role, const bead_id& bead,
                       sim::truth why) override;
    void bead_stored(instant at, int town, const bead& what) override;
    void town_deleted(instant at, int town) override;

    /// Call it once, after the run.
    [[nodiscard]] record finish(const sim::world& after);

private:
    struct bead_tally {
        instant made{};
        int town = 0;
        int own = 0;      ///< Failures of its own.
        int charged = 0;  ///< On record.
        bool parked = false;
        std::uint32_t sessions = 0;
        bool requested = false;
        bool running = false;
    };
    struct town_tally {
        std::deque<instant> starts;    ///< Of the last hour.
        std::deque<instant> troubles;  ///< Of the last hour, the platform's.
        instant first_trouble{};
        int failed_in_hour = 0;  ///< Of the hour `hour`.
        std::int64_t hour = 0;
        int waiting = 0;    ///< Issues that need a start.
        int in_flight = 0;  ///< Starts without an answer.
        bool healthy = true;
    };
    struct healing {
        std::vector<bool> waits;  ///< By town.
        int left = 0;
    };

    [[nodiscard]] duration since(instant at) const noexcept { return at - began_; }
    [[nodiscard]] minute& minute_of(instant at);
    void waited(int town, duration wait);
    void pass(instant at);  ///< Repairs that are due by now.
    void begin_repair(std::size_t which);
    void town_is_back(instant at, int town);
    void trouble_of(instant at, int town);
    void failed_start(int town, const dispatch& what);
    void session_began(int town, const dispatch& what);
    void session_over(int town, const dispatch& what);
    [[nodiscard]] bool under_fault(int town, duration at) const;
    [[nodiscard]] int towns_under_fault(agent_role role, duration at) const;

    const scenario& of_;
    std::vector<std::vector<std::optional<duration>>> ends_;  ///< By fault, then by town.
    const instant began_;
    record out_;
    std::vector<town_tally> towns_;
    std::unordered_map<bead_id, bead_tally> beads_;  ///< Issues that are not over.
    // Requested in the transaction that made them, of which `bead_made` tells a moment later.
    std::vector<bead_id> early_;
    instant early_at_{};
    std::deque<instant> second_;     ///< Requests of the last second.
    std::vector<healing> healings_;  ///< One a repair that has begun.
    std::array<int, scope_count> open_{};
};

/// When which towns are repaired, in order.
[[nodiscard]] std::vector<repair> repairs_of(const scenario& what);

}  // namespace townd::scenario
