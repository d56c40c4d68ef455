#pragma once
// The routes that look into one town.

#include "debug/face.hpp"
#include "http/router.hpp"

namespace townd::debug {

void add_town_routes(http::router& to, const shared_face& f);

}  // namespace townd::debug
