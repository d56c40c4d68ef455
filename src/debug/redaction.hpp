#pragma once
// Takes out what must not leave the machine in a file that is sent around: secrets by their shape
// or name, and what users wrote.

#include <string>
#include <string_view>

#include "json/json.hpp"

namespace townd::debug {

/// Tokens (JWT, `Bearer …`, known prefixes), passwords in addresses and values of names such as
/// `token=` become `****`.
[[nodiscard]] std::string without_secrets(std::string_view text);
/// The same for every text; texts under names that hold secrets or users' words (titles, bodies,
/// excerpts) are replaced as a whole.
void redact(json& value);

}  // namespace townd::debug
