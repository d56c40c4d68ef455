#pragma once
// How fast a role of a town may start agents: first contact with a dead target costs one failure,
// not a volley.
//
// A role that has not proved itself lately has one start in flight. Each success doubles that up to
// the caps that hold anyway; a failure takes it back to one.

#include "townd/words/policy.hpp"
#include "townd/words/time.hpp"

namespace townd {

/// A small value, one a role of a town. Stored, so that a restart makes nobody slow.
class slow_start {
public:
    /// Starts of the role that may await their answer at once.
    [[nodiscard]] int allowed(instant now, const dispatch_policy& policy) const noexcept;
    /// The newest, or the beginning of time.
    [[nodiscard]] instant last_success() const noexcept { return last_success_; }
    /// Proved itself lately, and did not fail since.
    [[nodiscard]] bool proved(instant now, const dispatch_policy& policy) const noexcept;

    void succeeded(instant now, const dispatch_policy& policy) noexcept;
    void failed() noexcept;
    /// `width`: starts at once, as stored.
    [[nodiscard]] static slow_start restored(int width, instant last_success, instant now) noexcept;
    [[nodiscard]] int width() const noexcept { return allowed_; }

private:
    int allowed_ = 1;
    bool proved_ = false;
    instant last_success_{};
};

}  // namespace townd
