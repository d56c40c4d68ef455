#pragma once
// The routes that look into one town.

#include "debug/route_book.hpp"

namespace townd::debug {

/// What the next tick of the town in the parameter `town` would do.
[[nodiscard]] http::handler town_dry_run(const shared_face& f);

void add_town_routes(route_book& to, const shared_face& f);

}  // namespace townd::debug
