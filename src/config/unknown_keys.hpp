#pragma once
// What to say of a key that the option table does not hold.

#include <string>
#include <string_view>

namespace townd::config {

/// "unknown key" with the key that was probably meant. `prefix` is the section; may be empty.
[[nodiscard]] std::string unknown_key(const std::string& name, const std::string& prefix);

/// A key like `token` or `api.password`, whose value must not stand in a file that many read.
[[nodiscard]] bool is_inline_secret(std::string_view name) noexcept;
/// What is wrong with it, naming the key of a file that fits.
[[nodiscard]] std::string inline_secret(std::string_view name, std::string_view prefix);

/// TOWND_DISPATCH__MAX_IN_FLIGHT for `dispatch.max_in_flight`, and back.
[[nodiscard]] std::string variable_of(std::string_view key);
[[nodiscard]] std::string key_of_variable(std::string_view name);
/// "unknown variable" with the one that was probably meant.
[[nodiscard]] std::string unknown_variable(std::string_view name);

}  // namespace townd::config
