#include "townd/decide/breaker.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "townd/decide/backoff.hpp"

namespace townd {
namespace {

constexpr int level_max = 20;  // 30 s doubled 20 times is a year: any cap is reached before.
constexpr std::array<std::string_view, 5> states{"closed", "open", "half_open", "forced_open",
                                                 "forced_closed"};
constexpr std::array<std::string_view, 9> rules{"none",         "consecutive",   "rate",
                                                "probe_failed", "lease_expired", "forced",
                                                "answered",     "survived",      "done"};

}  // namespace

std::string_view to_text(breaker_state state) noexcept {
    return states[static_cast<std::size_t>(state)];
}
std::string_view to_text(trip_rule rule) noexcept {
    return rules[static_cast<std::size_t>(rule)];
}
std::optional<breaker_state> parse_breaker_state(std::string_view text) noexcept {
    for (std::size_t i = 0; i < states.size(); ++i)
        if (states[i] == text) return static_cast<breaker_state>(i);
    return std::nullopt;
}

std::optional<breaker_refusal> breaker::refusal(instant now) const noexcept {
    switch (state_) {
        case breaker_state::closed:
        case breaker_state::forced_closed:
            return std::nullopt;
        case breaker_state::open:
            if (now >= retry_at_) return std::nullopt;
            return breaker_refusal{retry_at_, false};
        case breaker_state::half_open:
            if (probe_ == 0) return std::nullopt;
            return breaker_refusal{lease_ends_at_, true};
        case breaker_state::forced_open:
            if (now >= forced_until_) return std::nullopt;
            return breaker_refusal{forced_until_, false};
    }
    return std::nullopt;
}

breaker_transition breaker::move(breaker_state to, trip_rule rule) noexcept {
    const breaker_transition change{state_, to, rule};
    state_ = to;
    ++generation_;
    probe_ = 0;
    return change;
}

breaker_grant breaker::admit(instant now, const breaker_policy& policy,
                             std::optional<breaker_transition>& change) noexcept {
    change.reset();
    // A forced-open state that has run out goes through the same careful door as an open one.
    if (state_ == breaker_state::open || state_ == breaker_state::forced_open)
        change = move(breaker_state::half_open, trip_rule::none);
    if (state_ != breaker_state::half_open) return {generation_, 0};
    // Who passes by the fleet's leave takes no place: it would be free again while the probe is
    // out.
    if (probe_ != 0) return {generation_, 0};
    probe_ = ++probes_;
    lease_ends_at_ = now + policy.probe_timeout;
    return {generation_, probe_};
}

void breaker::extend(const breaker_grant& grant, instant until) noexcept {
    if (grant.generation == generation_ && grant.probe != 0 && grant.probe == probe_)
        lease_ends_at_ = std::max(lease_ends_at_, until);
}

void breaker::note(bool failed, const breaker_policy& policy) noexcept {
    window_ = (window_ << 1U) | (failed ? 1U : 0U);
    const int floor = std::min(policy.samples, 32);
    samples_ = static_cast<std::uint8_t>(std::min<int>(samples_ + 1, std::max(floor, 0)));
    consecutive_ = failed ? consecutive_ + 1 : 0;
}

breaker_transition breaker::open(instant now, double draw, trip_rule rule,
                                 const breaker_policy& policy) noexcept {
    const auto wait = jittered(grown(policy.open, level_, policy.max_open), policy.jitter, draw);
    level_ = std::min(level_ + 1, level_max);
    if (state_ != breaker_state::half_open) opened_at_ = now;
    rule_ = rule;
    hinted_ = false;
    retry_at_ = now + wait;
    return move(breaker_state::open, rule);
}

std::optional<breaker_transition> breaker::record(const breaker_grant& grant, verdict said,
                                                  instant now, double draw,
                                                  const breaker_policy& policy) noexcept {
    if (grant.generation != generation_ ||
        (state_ == breaker_state::half_open && grant.probe != probe_)) {
        ++stale_;
        return std::nullopt;
    }
    if (state_ == breaker_state::half_open) {
        if (said == verdict::neutral) {
            probe_ = 0;  // Nothing was learned; the next candidate may be the probe.
            return std::nullopt;
        }
        if (said == verdict::failure) return open(now, draw, trip_rule::probe_failed, policy);
        window_ = 0;
        samples_ = 0;
        consecutive_ = 0;
        level_ = std::max(0, level_ - 1);
        healthy_since_ = now;
        return move(breaker_state::closed, trip_rule::none);
    }
    if (said == verdict::neutral || state_ != breaker_state::closed) return std::nullopt;
    note(said == verdict::failure, policy);
    if (said == verdict::success) {
        if (level_ > 0 && now - healthy_since_ >= policy.max_open) {
            level_ = now - healthy_since_ >= 2 * policy.max_open ? 0 : level_ - 1;
            healthy_since_ = now;
        }
        return std::nullopt;
    }
    if (consecutive_ >= policy.failures) return open(now, draw, trip_rule::consecutive, policy);
    const int floor = std::min(policy.samples, 32);
    if (floor > 0 && samples_ >= floor) {
        const std::uint32_t mask = floor == 32 ? ~0U : (1U << static_cast<unsigned>(floor)) - 1U;
        const int failed = std::popcount(window_ & mask);
        if (failed * 100 >= policy.rate_percent * floor)
            return open(now, draw, trip_rule::rate, policy);
    }
    return std::nullopt;
}

std::optional<breaker_transition> breaker::expire(instant now, double draw,
                                                  const breaker_policy& policy) noexcept {
    if (state_ == breaker_state::forced_closed && now >= forced_until_) {
        window_ = 0;
        samples_ = 0;
        consecutive_ = 0;
        return move(breaker_state::closed, trip_rule::none);
    }
    if (state_ == breaker_state::half_open && probe_ != 0 && now >= lease_ends_at_)
        return open(now, draw, trip_rule::lease_expired, policy);
    return std::nullopt;
}

std::optional<breaker_transition> breaker::let_go(instant now,
                                                  const breaker_policy& policy) noexcept {
    const bool unasked =
        state_ == breaker_state::open || (state_ == breaker_state::half_open && probe_ == 0);
    if (unasked && now >= retry_at_ + policy.max_open) {
        // It must not stay open for ever, nor be trusted like a new one.
        window_ = 0;
        samples_ = 0;
        consecutive_ = std::max(0, policy.failures - 1);
        healthy_since_ = now;
        return move(breaker_state::closed, trip_rule::none);
    }
    return std::nullopt;
}

void breaker::hint(instant at) noexcept {
    if (state_ != breaker_state::open || hinted_) return;
    hinted_ = true;
    retry_at_ = std::min(retry_at_, at);
}

std::optional<breaker_transition> breaker::show(const shown& what) noexcept {
    consecutive_ = what.failures;
    retry_at_ = what.retry_at;
    if (state_ == breaker_state::forced_open || state_ == breaker_state::forced_closed)
        return std::nullopt;
    opened_at_ = what.opened_at;
    rule_ = what.rule;
    if (state_ == what.state) return std::nullopt;
    return move(what.state, what.rule);
}

breaker_transition breaker::force(breaker_state forced, instant now, instant until) noexcept {
    forced_until_ = until;
    if (forced == breaker_state::forced_open) opened_at_ = now;
    rule_ = trip_rule::forced;
    return move(forced, trip_rule::forced);
}

breaker_transition breaker::reset(instant now) noexcept {
    window_ = 0;
    samples_ = 0;
    consecutive_ = 0;
    level_ = 0;
    healthy_since_ = now;
    return move(breaker_state::closed, trip_rule::forced);
}

bool breaker::is_fresh() const noexcept {
    return state_ == breaker_state::closed && level_ == 0 && consecutive_ == 0 && window_ == 0;
}

saved_breaker breaker::saved() const noexcept {
    return {state_, generation_, level_, consecutive_, retry_at_, opened_at_, forced_until_, rule_};
}

breaker breaker::restored(const saved_breaker& from, instant now, double draw,
                          const breaker_policy& policy) noexcept {
    breaker out;
    out.state_ = from.state;
    out.generation_ = std::max<std::uint64_t>(1, from.generation);
    out.level_ = std::clamp(from.level, 0, level_max);
    out.consecutive_ = std::max(0, from.consecutive);
    out.rule_ = from.rule;
    out.opened_at_ = std::min(from.opened_at, now);
    out.healthy_since_ = now;
    out.forced_until_ = from.forced_until;
    const auto longest = jittered(policy.max_open, policy.jitter, 1.0);
    out.retry_at_ = std::clamp(from.retry_at, now, now + longest);
    if (from.state == breaker_state::half_open) {
        out.state_ = breaker_state::open;
        ++out.generation_;
        out.retry_at_ = now + jittered(duration{500}, 0.9, draw);
    }
    return out;
}

breaker breaker::unreadable(instant now, double draw) noexcept {
    breaker out;
    out.state_ = breaker_state::open;
    out.level_ = 1;
    out.opened_at_ = now;
    out.healthy_since_ = now;
    out.retry_at_ = now + jittered(duration{500}, 0.9, draw);
    return out;
}

}  // namespace townd
