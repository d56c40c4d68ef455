#pragma once
// What is said of all towns, from their published summaries: no town is asked, nothing waits.

#include "debug/overview.hpp"
#include "debug/replies.hpp"

namespace townd::debug {

[[nodiscard]] json summary_json(const face& f, const overview& sum);
[[nodiscard]] json error_record(const fleet_error& e, instant now);

[[nodiscard]] result<json> town_list(const face& f, const http::request& call);
[[nodiscard]] result<json> breaker_list(const face& f, const http::request& call);
/// Outages of many towns that are open. At most `outage.max_outages`, so not paged.
[[nodiscard]] json outage_list(const face& f);
[[nodiscard]] result<json> error_list(const face& f, const http::request& call);
/// How the ticks go: totals, the slowest towns, what the last ticks did.
[[nodiscard]] json reconciler_json(const face& f);

}  // namespace townd::debug
