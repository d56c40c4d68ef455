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

/// The attempt's container was put out of service meanwhile: its end is nobody's failure. `by` is
/// the attempt's agent, or null.
[[nodiscard]] bool is_evicted(const town_facts& facts, const dispatch& d, const agent* by);

// The rule families. Each owns its states: no two families act on the same one.
void agent_rules(const town_view& view, plan& out);
void bead_rules(const town_view& view, plan& out, std::vector<candidate>& wanted);
void review_rules(const town_view& view, plan& out, std::vector<candidate>& wanted);
void mayor_rules(const town_view& view, plan& out, std::vector<candidate>& wanted);
void stop_rules(const town_view& view, plan& out);
void progress_rules(const town_view& view, plan& out);
void convoy_rules(const town_view& view, plan& out);
void triage_rules(const town_view& view, plan& out);
void escalation_rules(const town_view& view, plan& out);
void container_rules(const town_view& view, plan& out);
void upkeep_rules(const town_view& view, plan& out);

// Times that the rules repair by (domain: constants).
inline constexpr duration stalled_rest_after{9'000'000};  ///< 2 h 30 (Kilo #2835).
inline constexpr duration bead_stale_after{300'000};      ///< In progress with nobody on it.
inline constexpr duration review_lost_after{120'000};     ///< In progress, no agent hooked.
inline constexpr duration review_stale_after{1'800'000};  ///< In progress, nobody works on it.

/// A pull request without news for so long is a person's business, then given up.
inline constexpr duration pr_escalate_after{86'400'000};  ///< 24 h.
inline constexpr duration pr_fail_after{604'800'000};     ///< 7 d.
inline constexpr duration pr_ask_every{60'000};

inline constexpr int triage_open_max = 5;                 ///< Requests open at once.
inline constexpr int triage_batches_max = 2;              ///< Batches that a request may be in.
inline constexpr duration triage_over_after{86'400'000};  ///< A request that nobody resolved.

inline constexpr duration re_escalate_every{14'400'000};  ///< 4 h, times the number told so far.
inline constexpr int re_escalations_max = 3;

inline constexpr int landing_tries_max = 5;
inline constexpr duration landing_wait{30'000};         ///< Doubles with each try.
inline constexpr duration landing_wait_max{1'800'000};  ///< 30 min.

inline constexpr duration agent_kept{86'400'000};  ///< An agent that nobody needs (24 h).
inline constexpr int forgotten_per_tick = 20;

inline constexpr duration drain_timeout{420'000};  ///< 7 min.
inline constexpr duration drain_check_every{15'000};
inline constexpr int unhealthy_after = 3;            ///< Failed checks in a row.
inline constexpr duration cold_start_grace{60'000};  ///< After a restart was asked for.
inline constexpr int restarts_per_window = 3;
inline constexpr duration restart_window{1'800'000};  ///< 30 min.

inline constexpr duration token_renewed_after{25'200'000};  ///< 7 h of the 8 that one is good for.
inline constexpr duration token_retry{60'000};              ///< Doubles, 10 min at most.
inline constexpr duration prune_every{86'400'000};

/// Stop calls that stay unconfirmed before the container is asked whether the agent runs at all.
inline constexpr int stop_tries_before_asking = 3;
/// After a stop call is sent, the next one is due only when its deadline has passed.
[[nodiscard]] constexpr duration stop_call_lasts(const policy& rules) noexcept {
    return rules.dispatch.status_timeout + duration{1'000};
}

}  // namespace townd
