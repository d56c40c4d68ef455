#pragma once
// The interface's own description, made from the table of routes.

#include "json/json.hpp"

namespace townd::debug {

/// OpenAPI 3.1.
[[nodiscard]] json openapi_json(std::string_view version);

}  // namespace townd::debug
