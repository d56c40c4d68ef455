#pragma once
// How long to wait before trying again.

#include "townd/words/time.hpp"

namespace townd {

/// `base` doubled `steps` times, at most `cap`. `steps` below 0 counts as 0; never overflows.
[[nodiscard]] duration grown(duration base, int steps, duration cap) noexcept;

/// `span` spread by ± `share` (0..0.9), picked by `draw` in [0, 1). Never below 1 ms.
/// Small jitter, not full: full jitter is for crowds, it only halves the wait of a single prober.
[[nodiscard]] duration jittered(duration span, double share, double draw) noexcept;

}  // namespace townd
