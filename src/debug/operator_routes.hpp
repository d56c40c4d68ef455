#pragma once
// The routes that write, and what they wrote: orders in force and the audit log.

#include "debug/operator_gate.hpp"
#include "debug/route_book.hpp"

namespace townd::debug {

void add_operator_routes(route_book& to, const shared_face& f,
                         const std::shared_ptr<operator_gate>& gate);

/// `{items, problem}` of GET /debug/v1/overrides; `problem` null when orders can be kept.
[[nodiscard]] json overrides_json(const face& f);

}  // namespace townd::debug
