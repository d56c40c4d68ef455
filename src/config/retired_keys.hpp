#pragma once
// Keys that meant something in the version before. They are accepted for one version, with a
// warning that says what took their place, and mean nothing.

#include <span>
#include <string_view>

namespace townd::config {

struct retired_key {
    std::string_view key;      ///< Dotted; a section stands for all keys in it.
    std::string_view instead;  ///< What took its place, a sentence without its end.
};

/// In the order of the option table that held them.
[[nodiscard]] std::span<const retired_key> retired_keys() noexcept;
/// Of a key, or of one in a section that is gone; null when it never was one.
[[nodiscard]] const retired_key* find_retired(std::string_view key) noexcept;

}  // namespace townd::config
