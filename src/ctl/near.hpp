#pragma once
// What a mistyped word may have meant.

#include <string>
#include <string_view>
#include <vector>

namespace townd::ctl {

/// Single letters to add, take away, change or swap with their neighbour.
[[nodiscard]] std::size_t edits_between(std::string_view a, std::string_view b);
/// `; did you mean 'towns'?`, or nothing when none is near.
[[nodiscard]] std::string did_you_mean(std::string_view typed,
                                       const std::vector<std::string>& known);

}  // namespace townd::ctl
