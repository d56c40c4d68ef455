#include "sys/system_clock.hpp"

#include <time.h>

#include <chrono>

namespace townd::sys {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

template <class Unit, class Clock>
std::int64_t count_now() noexcept {
    return duration_cast<Unit>(Clock::now().time_since_epoch()).count();
}

}  // namespace

system_clock::system_clock() noexcept
    : wall_ms_at_start_{count_now<milliseconds, std::chrono::system_clock>()},
      steady_ms_at_start_{count_now<milliseconds, std::chrono::steady_clock>()} {}

instant system_clock::now() const noexcept {
    const std::int64_t steady = count_now<milliseconds, std::chrono::steady_clock>();
    return from_unix_ms(wall_ms_at_start_ + (steady - steady_ms_at_start_));
}

std::int64_t system_clock::wall_seconds() const noexcept {
    return count_now<seconds, std::chrono::system_clock>();
}

instant wall_now() noexcept {
    return from_unix_ms(count_now<milliseconds, std::chrono::system_clock>());
}

std::uint64_t monotonic_us() noexcept {
    // libstdc++'s steady clock is CLOCK_MONOTONIC.
    return static_cast<std::uint64_t>(count_now<microseconds, std::chrono::steady_clock>());
}

double boot_seconds() noexcept {
    timespec up{};
    ::clock_gettime(CLOCK_BOOTTIME, &up);
    const double up_seconds =
        static_cast<double>(up.tv_sec) + static_cast<double>(up.tv_nsec) / 1e9;
    return static_cast<double>(count_now<milliseconds, std::chrono::system_clock>()) / 1e3 -
           up_seconds;
}

}  // namespace townd::sys
