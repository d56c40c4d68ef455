#pragma once
// The newest lines of the log in memory, for a machine whose journal cannot be read.

#include <span>
#include <string_view>

#include "sys/log.hpp"

namespace townd::sys {

inline constexpr std::size_t kept_lines_max = 2'000;
inline constexpr std::size_t kept_bytes_max = 2 * 1024 * 1024;

/// Any thread; may throw when memory is out. Texts are cleaned as those on stderr are, and cut
/// at 1 KiB.
void keep_line(instant at, log_level level, std::string_view event, std::string_view text,
               std::span<const log_field> fields);

}  // namespace townd::sys
