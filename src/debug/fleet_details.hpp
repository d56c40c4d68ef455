#pragma once
// One thing of the fleet, or one kind of thing over all towns, from published summaries.

#include "debug/fleet_lists.hpp"

namespace townd::debug {

/// One breaker, `TOWN` and `KEY`: what the list shows of it, with its window and its transitions.
[[nodiscard]] result<json> breaker_detail(const face& f, const town_id& town,
                                          const std::string& key);
/// The oldest waiting beads of each town (20 at most), filtered, the oldest first.
[[nodiscard]] result<json> waiting_list(const face& f, const http::request& call);
[[nodiscard]] json outage_record(const outage_summary& outage, instant now);
/// What the retry budget leaves, and who shares it.
[[nodiscard]] json retry_budget_record(const face& f);
/// One open outage with the towns that it holds, paged.
[[nodiscard]] result<json> outage_detail(const face& f, const http::request& call);

}  // namespace townd::debug
