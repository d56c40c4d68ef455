#include "townd/decide/backoff.hpp"

#include <algorithm>
#include <cmath>

namespace townd {

duration grown(duration base, int steps, duration cap) noexcept {
    duration out = std::min(base, cap);
    for (int i = 0; i < steps && out < cap && out.count() > 0; ++i)
        out = out > cap / 2 ? cap : out * 2;
    return out;
}

duration jittered(duration span, double share, double draw) noexcept {
    const double factor = 1.0 + share * (2.0 * draw - 1.0);
    const auto ms = std::llround(static_cast<double>(span.count()) * factor);
    return duration{std::max<long long>(1, ms)};
}

}  // namespace townd
