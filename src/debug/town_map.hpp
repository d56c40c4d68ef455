#pragma once
// One square a town, so that one sees how far it reaches.

#include "debug/html.hpp"
#include "debug/overview.hpp"

namespace townd::debug {

/// Squares shown at most; with more towns a square stands for several.
inline constexpr std::size_t map_squares_max = 600;

/// What a square says of a town: its condition, or `probing` when a breaker tries just now.
[[nodiscard]] std::string_view map_state(const engine::town_summary& town);
/// Fewer squares than `map_squares_max` when they do not fit into `bytes_left`. Sorts `towns`.
[[nodiscard]] markup town_map(summary_list& towns, std::size_t bytes_left);

}  // namespace townd::debug
