#pragma once
// Compares what is with what should be in one town and says what to do about it.
//
// Level-based: the answer depends on the state alone, never on what earlier plans said, so that a
// lost tick, a crash between two actions or a double run costs time and nothing else. The daemon,
// the dry run, `explain` and the simulated world call this one function.

#include <optional>
#include <string_view>

#include "townd/decide/plan.hpp"

namespace townd {

/// Plans one tick. `breakers` is changed by admissions: hand in a copy and keep it when the plan's
/// transaction is durable. `explain` names a bead whose gates the plan shall report.
/// Pure: no I/O, no clock, no randomness. O(live rows · log). Throws only std::bad_alloc.
[[nodiscard]] plan reconcile(const town_view& view, breaker_set& breakers,
                             std::optional<std::string_view> explain = std::nullopt);

// The rule families. Each owns its states: no two families act on the same one.
void agent_rules(const town_view& view, plan& out);
void bead_rules(const town_view& view, plan& out, std::vector<candidate>& wanted);
void review_rules(const town_view& view, plan& out, std::vector<candidate>& wanted);
void mayor_rules(const town_view& view, plan& out, std::vector<candidate>& wanted);
void stop_rules(const town_view& view, plan& out);

// Times that the rules repair by (domain: constants).
inline constexpr duration stalled_rest_after{9'000'000};  ///< 2 h 30 (Kilo #2835).
inline constexpr duration bead_stale_after{300'000};      ///< In progress with nobody on it.
inline constexpr duration review_lost_after{120'000};     ///< In progress, no agent hooked.
inline constexpr duration review_stale_after{1'800'000};  ///< In progress, nobody works on it.

/// Stop calls that stay unconfirmed before the container is asked whether the agent runs at all.
inline constexpr int stop_tries_before_asking = 3;
/// After a stop call is sent, the next one is due only when its deadline has passed.
[[nodiscard]] constexpr duration stop_call_lasts(const policy& rules) noexcept {
    return rules.dispatch.status_timeout + duration{1'000};
}

}  // namespace townd
