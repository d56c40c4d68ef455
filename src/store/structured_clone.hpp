#pragma once
// Values as V8 writes them (its structured clone format), in which the platform that the original
// ran on keeps key-value entries.

#include <optional>
#include <string_view>

#include "json/json.hpp"

namespace townd::store {

/// What JSON can say of the value: undefined properties are left out, dates are RFC 3339. Empty for
/// bytes of another format, and for what JSON cannot say (maps, sets, buffers, big integers,
/// references to another part).
[[nodiscard]] std::optional<json> read_structured_clone(std::string_view bytes);

}  // namespace townd::store
