#include "sys/machine.hpp"

#include <sys/timex.h>

#include <system_error>

namespace townd::sys {

std::optional<disk_space> read_disk_space(const std::filesystem::path& place) {
    std::error_code error;
    const auto space = std::filesystem::space(place, error);
    if (error) return std::nullopt;
    return disk_space{space.available, space.capacity};
}

std::optional<bool> clock_is_synchronised() noexcept {
    timex state{};
    const int said = ::adjtimex(&state);
    if (said < 0) return std::nullopt;
    return said != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

}  // namespace townd::sys
