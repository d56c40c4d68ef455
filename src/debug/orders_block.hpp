#pragma once
// Orders in force, for the first page.

#include "debug/face.hpp"
#include "debug/html.hpp"

namespace townd::debug {

/// Lines shown at most.
inline constexpr std::size_t orders_shown_max = 6;

/// Empty when there are none and they can be kept.
[[nodiscard]] markup orders_block(const engine::operator_view& orders, instant now);

}  // namespace townd::debug
