#pragma once
// How fast a role of a town may start agents: first contact with a dead target costs one failure,
// not a volley.
//
// A role that has not proved itself lately has one start in flight. Each success doubles that up to
// the caps that hold anyway; a failure takes it back to one and lets a moment pass, so that what
// several towns see at once is seen as one before anybody tries again.

#include "townd/words/policy.hpp"
#include "townd/words/time.hpp"

namespace townd {

/// A small value, one a role of a town. Not stored: after a restart every role proves itself anew.
class slow_start {
public:
    /// Starts of the role that may await their answer at once.
    [[nodiscard]] int allowed(instant now, const dispatch_policy& policy) const noexcept;
    /// Nothing starts before.
    [[nodiscard]] instant not_before() const noexcept { return not_before_; }
    /// The newest, or the beginning of time.
    [[nodiscard]] instant last_success() const noexcept { return last_success_; }
    /// Proved itself lately, and did not fail since.
    [[nodiscard]] bool proved(instant now, const dispatch_policy& policy) const noexcept;

    void succeeded(instant now, const dispatch_policy& policy) noexcept;
    /// `draw` in [0, 1) spreads the moment.
    void failed(instant now, const dispatch_policy& policy, double draw) noexcept;
    /// Its breaker closed, or an outage let it go: nothing to wait for, everything to prove.
    void forget() noexcept;

private:
    int allowed_ = 1;
    bool proved_ = false;
    instant last_success_{};
    instant not_before_{};
};

}  // namespace townd
