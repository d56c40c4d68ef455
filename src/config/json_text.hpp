#pragma once
// The little JSON that the option table is written as.

#include <string>
#include <string_view>

namespace townd::config {

/// A JSON string. Invalid UTF-8 is replaced.
[[nodiscard]] std::string json_text(std::string_view text);
/// A value as `option_text` writes it: a number, `true`, `false` and `null` as they are, all else
/// as a string without YAML's quotes.
[[nodiscard]] std::string json_value(std::string_view yaml);

}  // namespace townd::config
