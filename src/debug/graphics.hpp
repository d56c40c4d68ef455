#pragma once
// Drawings made on the server: they need no script, and no style of their own.

#include <array>
#include <string_view>
#include <vector>

#include "debug/html.hpp"
#include "engine/chronicle.hpp"

namespace townd::debug {

/// What happened in each of the last 60 minutes, as a small curve; `what` is read out.
[[nodiscard]] markup sparkline(const std::array<int, 60>& by_minute, std::string_view what);

struct share {
    std::string_view fill;  ///< A class: `f-bad`.
    std::string_view name;
    std::int64_t count = 0;
};
/// One bar, parted by the shares.
[[nodiscard]] markup share_bar(const std::vector<share>& parts, std::string_view what);

/// Starts that succeeded, failed and were held back, by the minute, with a legend; the numbers
/// ride along for the chart that takes its place where scripts run. `minutes` oldest first.
[[nodiscard]] markup attempts_chart(const std::vector<engine::minute_counts>& minutes);

}  // namespace townd::debug
