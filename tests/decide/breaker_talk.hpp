#pragma once
// A breaker in conversation: scripted calls against a hand-moved clock.

#include <gtest/gtest.h>

#include <optional>
#include <ostream>

#include "townd/decide/breaker.hpp"

namespace townd {

inline std::ostream& operator<<(std::ostream& out, breaker_state s) {
    return out << to_text(s);
}
inline std::ostream& operator<<(std::ostream& out, trip_rule r) {
    return out << to_text(r);
}

/// Three consecutive failures open it for 30 s, doubling up to 10 min; no jitter in the middle of
/// the draw; probes have 70 s.
class breaker_talk {
public:
    instant now = from_unix_ms(1'000'000'000);
    double draw = 0.5;
    breaker_policy rules;
    breaker it;

    breaker_grant admit() {
        EXPECT_FALSE(it.refusal(now)) << "asked for leave while refused";
        std::optional<breaker_transition> change;
        const auto grant = it.admit(now, rules, change);
        last = change;
        return grant;
    }
    std::optional<breaker_transition> say(const breaker_grant& grant, verdict said) {
        last = it.record(grant, said, now, draw, rules);
        return last;
    }
    std::optional<breaker_transition> once(verdict said) { return say(admit(), said); }
    void fail(int times) {
        for (int i = 0; i < times; ++i)
            once(verdict::failure);
    }
    void succeed(int times) {
        for (int i = 0; i < times; ++i)
            once(verdict::success);
    }
    std::optional<breaker_transition> expire() {
        last = it.expire(now, draw, rules);
        return last;
    }
    void pass(duration span) { now += span; }
    /// To the moment at which the next try is allowed.
    void wait_out() {
        const auto no = it.refusal(now);
        if (no) now = no->retry_at;
    }
    /// Opens a closed breaker and lets one probe after the other fail, `times` in all.
    void open_times(int times) {
        fail(rules.failures);
        for (int i = 1; i < times; ++i) {
            wait_out();
            once(verdict::failure);
        }
    }
    [[nodiscard]] duration open_for() const { return it.retry_at() - now; }

    std::optional<breaker_transition> last;
};

}  // namespace townd
