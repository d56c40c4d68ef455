#pragma once
// The request target taken apart: `/a%20b?c=d` and nothing else (no absolute form, no `*`).

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "townd/words/result.hpp"

namespace townd::http {

/// Undoes `%41`. Empty when an escape is cut off, not hexadecimal, or stands for NUL.
[[nodiscard]] std::optional<std::string> decode_percent(std::string_view text, bool plus_is_blank);

/// The parts between slashes, each decoded on its own; `/a/` has two, the last empty. Parts with a
/// bad escape are kept as they are. `path` begins with a slash.
[[nodiscard]] std::vector<std::string> path_parts(std::string_view path, bool decode);

struct target {
    std::string path;
    std::string raw_path;
    std::map<std::string, std::string, std::less<>> query;  ///< The first of equal keys.
};

/// The failure (`invalid`) says what is wrong with it.
[[nodiscard]] result<target> parse_target(std::string_view text);

}  // namespace townd::http
