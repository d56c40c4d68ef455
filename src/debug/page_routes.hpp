#pragma once
// The routes of the pages that list things of the fleet, and of what pages load.

#include "debug/face.hpp"

namespace townd::debug {

void add_page_routes(http::router& to, const shared_face& f);

}  // namespace townd::debug
