#include "townd/decide/slow_start.hpp"

#include <algorithm>

#include "townd/decide/backoff.hpp"

namespace townd {

int slow_start::allowed(instant now, const dispatch_policy& policy) const noexcept {
    if (policy.slow_start == duration{0}) return policy.max_starting;
    if (!proved(now, policy)) return 1;
    return std::clamp(allowed_, 1, policy.max_starting);
}

bool slow_start::proved(instant now, const dispatch_policy& policy) const noexcept {
    if (policy.slow_start == duration{0}) return true;
    return proved_ && now - last_success_ < policy.slow_start;
}

void slow_start::succeeded(instant now, const dispatch_policy& policy) noexcept {
    const int before = allowed(now, policy);
    allowed_ = std::min(before * 2, policy.max_starting);
    proved_ = true;
    last_success_ = now;
    not_before_ = instant{};
}

void slow_start::failed(instant now, const dispatch_policy& policy, double draw) noexcept {
    allowed_ = 1;
    proved_ = false;
    if (policy.slow_start == duration{0}) return;
    not_before_ = now + jittered(policy.retry_backoff, 0.2, draw);
}

void slow_start::forget() noexcept {
    allowed_ = 1;
    proved_ = false;
    not_before_ = instant{};
}

}  // namespace townd
