#pragma once
// The routes that write, and what they wrote: orders in force and the audit log.

#include "debug/face.hpp"
#include "http/router.hpp"

namespace townd::debug {

void add_operator_routes(http::router& to, const shared_face& f);

/// `{items, problem}` of GET /debug/v1/overrides; `problem` null when orders can be kept.
[[nodiscard]] json overrides_json(const face& f);

}  // namespace townd::debug
