#pragma once
// The pages, from the same snapshots as the JSON. Each is bounded, whatever the fleet says.

#include <string>

#include "debug/overview.hpp"
#include "json/json.hpp"

namespace townd::debug {

/// What to know in ten seconds.
[[nodiscard]] std::string now_page(const face& f, const overview& sum, summary_list towns,
                                   const http::request& call);
/// The same for a terminal.
[[nodiscard]] std::string now_text(const overview& sum, summary_list towns);

// Lists, with filters and parts in the query: see page_routes.cpp for the paths.
[[nodiscard]] std::string towns_page(const face& f, const http::request& call);
[[nodiscard]] std::string breakers_page(const face& f, const http::request& call);
[[nodiscard]] std::string errors_page(const face& f, const http::request& call);
[[nodiscard]] std::string outages_page(const face& f, const http::request& call);
[[nodiscard]] std::string events_page(const face& f, const http::request& call);
[[nodiscard]] std::string config_page(const face& f, const http::request& call);
/// Empty when no cause has this fingerprint.
[[nodiscard]] std::string error_page(const face& f, const std::string& fingerprint,
                                     const http::request& call);

/// `town` as in the list of towns; `detail` null when the town cannot be read.
[[nodiscard]] std::string town_page(const face& f, const json& town, const json& detail);
[[nodiscard]] std::string bead_page(const face& f, const json& bead);
/// For a person who followed a link to something that is gone.
[[nodiscard]] std::string problem_page(const face& f, const json& problem);

}  // namespace townd::debug
