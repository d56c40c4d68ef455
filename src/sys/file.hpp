#pragma once
// Small files that are read whole.

#include <filesystem>
#include <string>

#include "townd/words/result.hpp"

namespace townd::sys {

inline constexpr std::size_t secret_bytes_max = 64 * 1024;

/// The whole file. Fails with `not_found`, `too_large` (over `max` bytes), `forbidden` or `invalid`
/// (not a file, or a read error); the text names the path.
[[nodiscard]] result<std::string> read_text_file(const std::filesystem::path& path,
                                                 std::size_t max);

/// A secret: like `read_text_file`, with trailing line breaks taken off; an empty one is refused
/// (`invalid`). A relative path is looked for in $CREDENTIALS_DIRECTORY first (systemd's
/// LoadCredential=), then from the working directory. The content is in no error text.
[[nodiscard]] result<std::string> read_secret(const std::filesystem::path& path);

/// Where `read_secret` looks for it.
[[nodiscard]] std::filesystem::path secret_path(const std::filesystem::path& path);

}  // namespace townd::sys
