#include "townd/decide/slow_start.hpp"

#include <algorithm>

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
}

void slow_start::failed() noexcept {
    allowed_ = 1;
    proved_ = false;
}

slow_start slow_start::restored(int width, instant last_success, instant now) noexcept {
    slow_start out;
    if (last_success == instant{} || last_success > now) return out;
    out.allowed_ = std::clamp(width, 1, 100);
    out.proved_ = true;
    out.last_success_ = last_success;
    return out;
}

}  // namespace townd
