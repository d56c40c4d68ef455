#pragma once
// JSON as YAML that reads back as the same values.

#include <string>

#include "json/json.hpp"

namespace townd::ctl {

/// Block style; texts are quoted whenever a YAML reader could take them for something else.
[[nodiscard]] std::string to_yaml(const json& value);

}  // namespace townd::ctl
