#pragma once
// Judges a world from outside the core: by the requests that reach containers, by what runs there,
// and by what is durable in the towns' files. It knows nothing of what the core thinks.

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "sim/agents.hpp"
#include "sim/containers.hpp"
#include "sim/row_watch.hpp"
#include "sim/stage.hpp"
#include "sim/town_judge.hpp"
#include "townd/decide/breaker.hpp"

namespace townd::sim {

class oracle final : public session_watch, public request_watch {
public:
    explicit oracle(stage& on);
    void reach(const containers& port, const agents& who) {
        containers_ = &port;
        agents_ = &who;
    }

    // What runs.
    void began(const session& s) override;
    void ended(const session& s, std::string_view reason) override;
    void failed(const session& s) override;
    void accepted(const session& s) override;
    void progressed(const start_seen& what, instant last_event) override {
        town_judge_.progressed(what, last_event);
    }
    void restarted(std::uint32_t town, const bead_id& bead) override;
    void merged(std::uint32_t town, const bead_id& request) override {
        town_judge_.merged(town, request);
    }
    void pull_request_merged(const std::string& url) override {
        town_judge_.pull_request_merged(url);
    }
    // What is asked.
    void start_sent(const start_seen& what) override;
    void start_over(const start_seen& what, const start_end& end) override;
    void restart_asked(std::uint32_t town) override;
    void token_sent(std::uint32_t town) override;
    void stale_ready_taken(std::uint32_t town) override;
    // What is durable.
    void opened(std::uint32_t town, store::town_store& file);
    void closed(std::uint32_t town) { town_judge_.closed(town); }
    void committed(std::uint32_t town, const std::vector<row_change>& changes);
    // What the daemon does.
    void cycled(std::uint32_t town, instant last);
    void cycle_over(std::uint32_t town);
    void daemon_begins();
    void daemon_gone();
    void daemon_back();
    void daemon_paused();
    /// Its file is gone with all that was in it.
    void town_deleted(std::uint32_t town);
    /// Looks at the rows of a town.
    void sweep(std::uint32_t town);
    [[nodiscard]] town_judge& of_towns() noexcept { return town_judge_; }
    /// A bead whose creation was acknowledged.
    void acknowledged(std::uint32_t town, const bead_id& bead);
    /// Why not everything is over yet; empty when it is.
    [[nodiscard]] std::string unsettled() const;
    /// L2: without faults each bead takes exactly one start.
    void check_single_starts();

private:
    struct bead_row {
        bead_type type = bead_type::issue;
        bead_status status = bead_status::open;
        bool known = false;  ///< An issue or merge request; letters are judged elsewhere.
        bool parked = false;
        bool acknowledged = false;
        int charged = 0;       ///< Sessions that the daemon charged to it.
        int own_failures = 0;  ///< Sessions that failed by the bead's own fault.
        int starts_sent = 0;
        instant not_before{};  ///< No start before, by the policy.
        bool taken_back = false;  ///< A charge was: it may be opened again.
        std::string reason;
    };
    struct dispatch_row {
        std::string bead;
        std::string agent;
        std::string rig;
        agent_role role = agent_role::polecat;
        dispatch_state state = dispatch_state::intent;
        int attempt = 0;
        bool sent = false;
        bool leased = false;  ///< The fleet gave leave: it passes breakers.
    };
    struct breaker_row {
        breaker_state state = breaker_state::closed;
        std::uint64_t generation = 0;
        instant retry_at{};
        std::set<std::string> probes;  ///< Starts sent while half-open that are not settled.
    };
    struct town_row {
        std::unordered_map<std::string, bead_row> beads;
        std::map<std::string, dispatch_row> live;
        std::map<std::string, breaker_row> breakers;
        std::unordered_set<std::string> charged;  ///< Dispatches that were.
        std::unordered_set<std::string> stops;
        std::unordered_set<std::string> over;  ///< Dispatches whose end was acknowledged.
        std::deque<instant> starts;            ///< Of the last hour, mayors' apart.
        bool known = false;                    ///< Was opened before.
        bool touched = false;                  ///< Since the last look.
    };

    void take(std::uint32_t town, const bead_put& put);
    void take(std::uint32_t town, const bead_gone& gone);
    void take(std::uint32_t town, const dispatch_put& put);
    void take(std::uint32_t town, const agent_put& put);
    void take(std::uint32_t town, const breaker_put& put);
    void take(std::uint32_t town, const stop_put& put);
    template <class Other>
    void take(std::uint32_t, const Other&) {}
    void settled_badly(std::uint32_t town, const dispatch& d);
    void bead_ended(std::uint32_t town, const bead& b, const bead_row& row);
    void check_caps(std::uint32_t town);
    /// The breakers that have a say, outermost first.
    [[nodiscard]] static std::vector<std::string> breakers_of(const start_seen& what);
    void check_breakers(const start_seen& what);
    void check_pace(const start_seen& what);
    /// What a live row says.
    [[nodiscard]] static dispatch_row row_of(const dispatch& d, bool sent);
    void check_schedule(const start_seen& what, const bead_row& row);
    void broke(std::string_view invariant, std::uint32_t town, std::string sentence) {
        if (!stage_.options.oracle) return;
        stage_.broke(invariant, town_name(static_cast<int>(town)), std::move(sentence));
    }

    stage& stage_;
    town_judge town_judge_;
    const containers* containers_ = nullptr;
    const agents* agents_ = nullptr;
    std::vector<town_row> towns_;
    std::deque<instant> starts_;  ///< Of this daemon within a second.
};

/// One line of UTF-8, neither empty nor longer than 1 KiB.
[[nodiscard]] bool is_good_text(std::string_view text) noexcept;

}  // namespace townd::sim
