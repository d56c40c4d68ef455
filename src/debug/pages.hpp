#pragma once
// The pages, from the same snapshots as the JSON.

#include <string>

#include "debug/overview.hpp"
#include "json/json.hpp"

namespace townd::debug {

/// Towns listed on the first page at most; with them it stays under 150 KB whatever they say.
inline constexpr std::size_t towns_shown_max = 200;

/// What to know in ten seconds. `refresh` in seconds, 0 for none.
[[nodiscard]] std::string now_page(const face& f, const overview& sum, summary_list towns,
                                   int refresh);
/// The same for a terminal.
[[nodiscard]] std::string now_text(const overview& sum, summary_list towns);
/// `town` as in the list of towns; `detail` null when the town cannot be read.
[[nodiscard]] std::string town_page(const face& f, const json& town, const json& detail);
[[nodiscard]] std::string bead_page(const face& f, const json& bead);
/// For a person who followed a link to something that is gone.
[[nodiscard]] std::string problem_page(const face& f, const json& problem);

}  // namespace townd::debug
