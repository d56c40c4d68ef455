#pragma once
// What is said of all towns, from their published summaries: no town is asked, nothing waits.

#include "debug/overview.hpp"
#include "debug/replies.hpp"
#include "debug/summary.hpp"

namespace townd::debug {

[[nodiscard]] result<json> town_list(const face& f, const http::request& call);
/// What `sort` and `fields` of the list of towns may be.
[[nodiscard]] std::vector<std::string_view> town_sorts();
[[nodiscard]] std::vector<std::string_view> town_fields();
[[nodiscard]] result<json> breaker_list(const face& f, const http::request& call);
/// Outages of many towns that are open, a handful, and what the retry budget leaves.
[[nodiscard]] json outage_list(const face& f);
/// How the ticks go: totals, the slowest towns, what the last ticks did.
[[nodiscard]] json reconciler_json(const face& f);

}  // namespace townd::debug
