#pragma once
// The routes on the process itself: its log, its configuration, its interface.

#include <memory>

#include "debug/operator_gate.hpp"
#include "debug/route_book.hpp"

namespace townd::debug {

void add_service_routes(route_book& to, const shared_face& f,
                        const std::shared_ptr<operator_gate>& gate);

}  // namespace townd::debug
