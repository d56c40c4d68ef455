#pragma once
// The lines of a configuration file that are shown beside its problems.

#include <string>
#include <string_view>
#include <vector>

namespace townd::config {

inline constexpr std::size_t source_line_bytes_max = 200;

/// The lines of `text`, each fit to be shown: control characters made blanks, cut. Empty: a line
/// that is too long, or that may hold a secret (a key like `token:`, a password in a URL).
[[nodiscard]] std::vector<std::string> lines_to_show(std::string_view text);

}  // namespace townd::config
