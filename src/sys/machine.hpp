#pragma once
// What the system says about the machine.

#include <cstdint>
#include <filesystem>
#include <optional>

namespace townd::sys {

struct disk_space {
    std::uint64_t free_bytes = 0;  ///< For this user.
    std::uint64_t total_bytes = 0;
};
/// Of the file system that holds `place`. Any thread; a system call.
[[nodiscard]] std::optional<disk_space> read_disk_space(const std::filesystem::path& place);

/// Whether a time service keeps the clock; none when the system does not say.
[[nodiscard]] std::optional<bool> clock_is_synchronised() noexcept;

}  // namespace townd::sys
