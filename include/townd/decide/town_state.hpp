#pragma once
// One town at one moment, as the rules see it: its live rows, what this process knows beside them,
// and the look-ups that rules need. Built once a tick.

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "townd/decide/breaker_set.hpp"
#include "townd/decide/hour_budget.hpp"
#include "townd/decide/retry_desk.hpp"
#include "townd/decide/slow_start.hpp"
#include "townd/words/live_rows.hpp"
#include "townd/words/override.hpp"
#include "townd/words/policy.hpp"

namespace townd {

/// The container is being replaced: nothing starts in it any more.
struct town_drain {
    std::string nonce;  ///< Who knows it may say that the new container is ready.
    instant since{};
    std::optional<std::string> instance;  ///< The container that goes, when known.
};

/// How the container answers its health check, and what was done about it.
struct container_health {
    std::optional<instant> checked_at;
    std::optional<instant> first_failure_at;  ///< Of the row of failures that goes on.
    int failures = 0;                         ///< In a row.
    std::string cause;                        ///< Of the last failure.
    std::optional<instant> alive_at;          ///< Last sign of life of any kind.
    std::vector<instant> restarts_at;         ///< Requests within the window, the oldest first.
    bool exhausted = false;                   ///< No request is left in the window; told once.
};

/// How an agent without progress was told so.
struct nudged {
    int tier = 0;  ///< 1 asked, 2 urgently.
    instant at{};
};

/// What is known of a town beside its rows.
struct town_facts {
    town_id town;
    instant opened_at{};      ///< This process took the town then: silence is not counted from
                              ///< before, or a restart would declare every agent dead (B4, C10).
    bool work_waits = false;  ///< Something waited when the last tick ended.
    bool asks_fleet = false;  ///< The fleet's desk gives leave to what is in doubt; else each town
                              ///< tries on its own.
    bool stopping = false;    ///< The daemon shuts down: no new starts.
    std::optional<int> max_per_town;          ///< The town's own `max_concurrent_dispatches`.
    std::optional<int> max_polecats_per_rig;  ///< The town's own.
    std::uint64_t epoch = 1;  ///< How many times a daemon took this town. Never falls.
    int daemon_slots = 0;     ///< Starts that the daemon as a whole still allows this tick.
    std::map<agent_id, instant> polled_at;  ///< Last status call of each agent.
    shared_overrides overrides;             ///< Operators' orders in force; may be null.
    std::array<fleet_advice, agent_role_count> advice;  ///< What the fleet says, by role.
    std::array<slow_start, agent_role_count> pace;      ///< By role.
    std::array<instant, agent_role_count> pace_kept{};  ///< Its newest success that is stored.
    std::array<std::optional<role_standing>, agent_role_count>
        told;  ///< What the fleet knows of our roles.
    hour_budget budget;
    int live_sessions = 0;              ///< Started and not over, when the tick began.
    std::vector<instant> lost_at;       ///< Sessions that fell silent lately.
    std::map<agent_id, nudged> nudges;  ///< Of agents at work.
    bool code_review = true;            ///< The town's own; a rig may differ.
    bool pull_requests = false;         ///< merge_strategy pr; a rig may differ.
    bool follows_prs = false;           ///< Somebody can be asked about pull requests.
    std::optional<town_drain> drain;
    std::optional<instant> drained_since;  ///< The last drain that is over: began,
    std::optional<instant> drained_until;  ///< and ended.
    std::optional<std::string> instance;   ///< The container that gave heartbeats last.
    container_health health;
    std::optional<instant> token_sent_at;   ///< The container took a fresh token then.
    std::optional<instant> token_tried_at;  ///< Last try to hand one over.
    int token_failures = 0;                 ///< Tries in a row that failed.
    std::optional<instant> pruned_at;
    std::int64_t file_bytes = 0;  ///< Of the town's database, at its last pruning.

    /// Something of the role waited or ran when the last tick ended.
    [[nodiscard]] bool has_work(agent_role role) const noexcept {
        const auto& known = told[index_of(role)];
        return work_waits && (!known || known->work);
    }
};

/// Look-ups over borrowed rows; they must outlive it. Rules never iterate hash containers, so that
/// equal states give equal plans.
class town_view {
public:
    town_view(const live_rows& rows, const town_facts& facts, const policy& rules, instant now);

    const live_rows& rows;
    const town_facts& facts;
    const policy& rules;
    const instant now;

    [[nodiscard]] const bead* find_bead(std::string_view id) const;  ///< Live beads only.
    [[nodiscard]] const agent* find_agent(std::string_view id) const;
    [[nodiscard]] const rig* find_rig(std::string_view id) const;
    [[nodiscard]] const review* find_review(std::string_view id) const;
    /// The agent whose hook is this bead: one that is occupied, else the first (invariant 6 says
    /// there is one at most).
    [[nodiscard]] const agent* hooked_to(std::string_view bead) const;
    [[nodiscard]] const dispatch* live_dispatch_of_agent(std::string_view agent) const;
    [[nodiscard]] const dispatch* live_dispatch_of_bead(std::string_view bead) const;
    [[nodiscard]] bool is_stopping(std::string_view agent) const;  ///< Has a stop order.
    /// The stop order of an agent that worked on the bead last: until it is confirmed, its process
    /// may still do so.
    [[nodiscard]] const stop_order* being_left(std::string_view bead) const;
    /// The bead's row is there and cannot be read: nothing is known of it, least of all that it is
    /// over.
    [[nodiscard]] bool is_unreadable(std::string_view bead) const;
    [[nodiscard]] bool is_staged(std::string_view bead) const;
    /// The first blocker that holds the bead: not closed. A failed one holds too: work that needs
    /// something that failed must not start as if it were there (Kilo #3151, known issue).
    [[nodiscard]] const dependency* blocker_of(std::string_view bead) const;
    /// A blocker that failed, or null.
    [[nodiscard]] const dependency* failed_blocker_of(std::string_view bead) const;
    /// The merge request that a rig's refinery has in hand: in progress, without a PR. At most one
    /// a rig (invariant 3).
    [[nodiscard]] const bead* review_in_progress(std::string_view rig) const;
    /// Merge requests of an issue in review.
    [[nodiscard]] std::vector<const review_link*> links_of(std::string_view source) const;

    /// The agent holds a slot: a live attempt, or it works (or waits between its turns) without one
    /// of ours (adopted towns).
    [[nodiscard]] bool is_occupied(const agent& a) const;
    /// One limit wherever it applies (C6).
    [[nodiscard]] int max_attempts(const std::optional<rig_id>& rig) const;
    [[nodiscard]] int max_polecats(const std::optional<rig_id>& rig) const;
    [[nodiscard]] int max_per_town() const;
    [[nodiscard]] bool code_review(const std::optional<rig_id>& rig) const;
    [[nodiscard]] bool pull_requests(const std::optional<rig_id>& rig) const;
    /// The attempt's container was put out of service meanwhile: its end is nobody's failure.
    [[nodiscard]] bool is_evicted(const dispatch& d) const;
    /// Last sign of life, never before this process took the town.
    [[nodiscard]] instant last_seen(const agent& a) const;

private:
    std::unordered_map<std::string_view, const bead*> beads_;
    std::unordered_map<std::string_view, const agent*> agents_;
    std::unordered_map<std::string_view, const rig*> rigs_;
    std::unordered_map<std::string_view, const review*> reviews_;
    std::unordered_map<std::string_view, const agent*> hooks_;
    std::unordered_map<std::string_view, const dispatch*> by_agent_;
    std::unordered_map<std::string_view, const dispatch*> by_bead_;
    std::unordered_map<std::string_view, const dependency*> blockers_;
    std::unordered_map<std::string_view, const dependency*> failed_blockers_;
    std::unordered_map<std::string_view, const bead*> in_review_;
    std::unordered_map<std::string_view, std::vector<const review_link*>> links_;
    std::unordered_map<std::string_view, const stop_order*> being_left_;
    std::unordered_set<std::string_view> stopping_;
    std::unordered_set<std::string_view> unreadable_;
    std::unordered_set<std::string_view> staged_;
};

}  // namespace townd
