#pragma once
// The fleet at one moment, added up once from the towns' summaries for whoever shows it.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "debug/face.hpp"

namespace townd::debug {

using summary_list = std::vector<std::shared_ptr<const engine::town_summary>>;

/// Errors of one cause over all towns.
struct fleet_error {
    std::string fingerprint;
    std::string code;
    std::string phase;
    std::string role;
    std::string message;  ///< Of the newest.
    std::int64_t count = 0;
    int towns = 0;
    instant first_at{};
    instant last_at{};
    town_id newest_town;
    std::vector<town_id> sample_towns;  ///< At most 5.
};

struct overview {
    instant now{};
    std::string verdict;
    int towns = 0;
    std::array<int, 5> by_condition{};  ///< By engine::town_condition.
    std::array<int, 5> by_breaker{};    ///< Breakers that remember something, by state.
    std::array<std::array<int, 5>, agent_role_count> by_role_breaker{};  ///< The same by role.
    engine::stuck_work stuck;                                            ///< Of all towns.
    int stuck_towns = 0;
    int violations = 0;   ///< Invariants that the last ticks found broken.
    int places_open = 0;  ///< Breakers of places, not of agents, that are not closed.
    std::optional<instant> next_probe_at;
    store::bead_counts beads;
    int agents_working = 0;
    waiting_counts waiting;  ///< Of all towns; the oldest of all.
    town_id oldest_waiting_town;
    int bad_rows = 0;
    int poison_events = 0;
    engine::fleet::totals total;
    std::vector<fleet_error> errors;  ///< Those of the last hour first, then by towns and count.

    [[nodiscard]] int count(engine::town_condition c) const {
        return by_condition[static_cast<std::size_t>(c)];
    }
    [[nodiscard]] int count(breaker_state s) const {
        return by_breaker[static_cast<std::size_t>(s)];
    }
    [[nodiscard]] bool is_recent(const fleet_error& e) const;
};

/// O(towns · breakers and error groups of each).
[[nodiscard]] overview look_over(const face& f, const summary_list& towns);
/// The worst first: set aside, blocked, degraded, dispatching, idle; within, by waiting beads.
void sort_worst_first(summary_list& towns);

/// What a waiting reason means, in a few words.
[[nodiscard]] std::string_view meaning_of(gate_reason reason) noexcept;

}  // namespace townd::debug
