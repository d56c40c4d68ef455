#pragma once
// The circuit breaker: one small state machine for agents' slots. A place's breaker shows its
// evidence in the same terms.
//
//            failures                 retry_at passed, admit()
//   closed ───────────▶ open ────────────────────────────────▶ half_open
//     ▲                  ▲  failure, or the lease ran out          │
//     │                  └─────────────────────────────────────────┤
//     └──────────────────────── success ───────────────────────────┘
//                    neutral: the probe's slot is free again
//
// Taken together from those who do each best: generations (gobreaker), a leased single probe
// (resilience4j's maximum wait, nora #607), a third outcome that only frees the slot (Finagle),
// exponent that decays instead of being forgotten (Envoy), two trip rules that say which fired
// (linkerd). No state lasts for ever: every refusal carries the time of the next try (#1932).

#include <bit>
#include <cstdint>
#include <optional>
#include <string_view>

#include "townd/words/policy.hpp"
#include "townd/words/time.hpp"

namespace townd {

enum class breaker_state : std::uint8_t { closed, open, half_open, forced_open, forced_closed };
[[nodiscard]] std::string_view to_text(breaker_state state) noexcept;
[[nodiscard]] std::optional<breaker_state> parse_breaker_state(std::string_view text) noexcept;

/// What an admitted try says about the target. `neutral` says nothing: rate limits, cancels, our
/// own bounds.
enum class verdict : std::uint8_t { success, failure, neutral };

/// Which rule opened it.
enum class trip_rule : std::uint8_t {
    none,
    consecutive,
    rate,
    probe_failed,
    lease_expired,
    forced,
    answered,  ///< Of a place: starts are refused, fail or stay without an answer.
    survived,  ///< Of a place: agents start and do not survive.
    done,      ///< Of a place: agents survive and do not get their work done.
};
[[nodiscard]] std::string_view to_text(trip_rule rule) noexcept;

struct breaker_transition {
    breaker_state from;
    breaker_state to;
    trip_rule rule;
};

/// Leave for one try; hand it back with `record`.
struct breaker_grant {
    std::uint64_t generation = 0;
    std::uint64_t probe = 0;  ///< 0 unless it is the probe.
};

struct breaker_refusal {
    instant retry_at{};    ///< When to ask again.
    bool probing = false;  ///< Half-open and its probe is out.
};

/// What is stored; see `breaker::saved`. Plain numbers, so that any text form will do.
struct saved_breaker {
    breaker_state state = breaker_state::closed;
    std::uint64_t generation = 1;
    int level = 0;
    int consecutive = 0;
    instant retry_at{};
    instant opened_at{};
    instant forced_until{};
    trip_rule rule = trip_rule::none;
};

/// A value type: no clock, lock, allocation or I/O. Not thread-safe; belongs to one town's thread.
/// A copy is a snapshot. `now` must not go back. The policy is an argument, so that a reload
/// applies at once and forgets nothing.
class breaker {
public:
    /// Whether a try would be admitted now. Changes nothing.
    [[nodiscard]] std::optional<breaker_refusal> refusal(instant now) const noexcept;

    /// Takes leave for a try. Must not be refused now. An open breaker whose time has come turns
    /// half-open and the try is its probe, whose lease ends at `now + policy.probe_timeout`.
    breaker_grant admit(instant now, const breaker_policy& policy,
                        std::optional<breaker_transition>& change) noexcept;

    /// The probe's proof takes longer (it started; now it must survive): moves the end of its
    /// lease. Stale grants and non-probes change nothing.
    void extend(const breaker_grant& grant, instant until) noexcept;

    /// Reports a try. A grant of an older generation is stale: it changes nothing, `stale()` counts
    /// it. `draw` in [0, 1) jitters the open time.
    std::optional<breaker_transition> record(const breaker_grant& grant, verdict said, instant now,
                                             double draw, const breaker_policy& policy) noexcept;

    /// Takes back a lease that ran out: that is a failure (gascity #4841). Call before asking.
    std::optional<breaker_transition> expire(instant now, double draw,
                                             const breaker_policy& policy) noexcept;

    /// Closes a breaker that has been due for a probe for `max_open`. For when no work waits that
    /// could be the probe; its next failure opens it again at once.
    std::optional<breaker_transition> let_go(instant now, const breaker_policy& policy) noexcept;

    /// The target showed life by itself: an open breaker may probe from `at` on, if that is sooner;
    /// once in each open period, or eight agents' heartbeats would do away with the backoff.
    /// The same half-open door as ever; no counter is cleared (Kilo #2249 did, and lost its brake).
    void hint(instant at) noexcept;

    /// What a place's evidence says, shown as a breaker. What an operator forced stays.
    struct shown {
        breaker_state state = breaker_state::closed;
        trip_rule rule = trip_rule::none;
        int failures = 0;
        instant opened_at{};
        instant retry_at{};
    };
    std::optional<breaker_transition> show(const shown& what) noexcept;

    /// The operator's hand. Forced states end at `until`, into half-open caution or closed.
    breaker_transition force(breaker_state forced, instant now, instant until) noexcept;
    breaker_transition reset(instant now) noexcept;

    [[nodiscard]] breaker_state state() const noexcept { return state_; }
    [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }
    [[nodiscard]] int consecutive_failures() const noexcept { return consecutive_; }
    /// The newest results that the failure rate is taken of, and how many of them failed.
    [[nodiscard]] int samples() const noexcept { return samples_; }
    [[nodiscard]] int failed_samples() const noexcept { return std::popcount(window_); }
    [[nodiscard]] int level() const noexcept { return level_; }
    [[nodiscard]] instant opened_at() const noexcept { return opened_at_; }
    [[nodiscard]] instant retry_at() const noexcept { return retry_at_; }
    [[nodiscard]] bool probe_in_flight() const noexcept { return probe_ != 0; }
    [[nodiscard]] instant lease_ends_at() const noexcept { return lease_ends_at_; }
    [[nodiscard]] trip_rule rule() const noexcept { return rule_; }
    [[nodiscard]] std::uint64_t stale() const noexcept { return stale_; }
    /// Nothing to remember: as good as new.
    [[nodiscard]] bool is_fresh() const noexcept;

    [[nodiscard]] saved_breaker saved() const noexcept;
    /// Open stays open for what remains, clamped to the policy's longest; half-open becomes open
    /// and due, so that a probe lost in a crash cannot wedge it; generations go on, so that results
    /// from before the restart still match a closed breaker and no other.
    [[nodiscard]] static breaker restored(const saved_breaker& from, instant now, double draw,
                                          const breaker_policy& policy) noexcept;
    /// For state that cannot be read: cautious, not forgetful. Open, due within a jittered second.
    [[nodiscard]] static breaker unreadable(instant now, double draw) noexcept;

    // More of the operator's hand (breaker_orders.cpp).

    /// When a forced state ends; in other states when the last one would have.
    [[nodiscard]] instant forced_until() const noexcept { return forced_until_; }
    /// Forced-open becomes open and due, forced-closed becomes closed; other states stay.
    std::optional<breaker_transition> end_force(instant now) noexcept;
    /// An open breaker probes from `at` on, if that is sooner. False: it was due by then, or is not
    /// open.
    bool probe_from(instant at) noexcept;
    /// A reset that trusts a probe only: what was counted is forgotten, and what is open (forced or
    /// not) probes from `at` on. Keeps a reset of thousands from starting all at once.
    std::optional<breaker_transition> reset_from(instant at) noexcept;

private:
    breaker_transition open(instant now, double draw, trip_rule rule,
                            const breaker_policy& policy) noexcept;
    breaker_transition move(breaker_state to, trip_rule rule) noexcept;
    void note(bool failed, const breaker_policy& policy) noexcept;

    breaker_state state_ = breaker_state::closed;
    trip_rule rule_ = trip_rule::none;
    bool hinted_ = false;       ///< A sign of life ended this open period's wait.
    std::uint8_t samples_ = 0;  ///< How many bits of window_ count, at most 32.
    std::uint32_t window_ = 0;  ///< The newest results, 1 = failure.
    int level_ = 0;             ///< Doublings of the next open time.
    int consecutive_ = 0;
    std::uint64_t generation_ = 1;
    std::uint64_t probe_ = 0;   ///< The probe that is out, or 0.
    std::uint64_t probes_ = 0;  ///< Numbers them.
    std::uint64_t stale_ = 0;
    instant retry_at_{};
    instant opened_at_{};
    instant lease_ends_at_{};
    instant healthy_since_{};
    instant forced_until_{};
};
static_assert(sizeof(breaker) <= 128);

}  // namespace townd
