#include "sys/notify.hpp"

#include <systemd/sd-daemon.h>

#include <string>

#include "sys/system_clock.hpp"
#include "townd/words/error.hpp"

namespace townd::sys {
namespace {

constexpr std::size_t status_bytes_max = 400;

std::string status_line(std::string_view text) {
    return text.empty() ? std::string{} : "\nSTATUS=" + clean_text(text, status_bytes_max);
}

// Makes the message and sends it. Out of memory, it is lost: no reason to stop.
template <class Make>
bool send(const Make& make) noexcept {
    try {
        const std::string message = make();
        return sd_notify(0, message.c_str()) > 0;
    } catch (...) {
        return false;
    }
}

}  // namespace

bool notify_ready(std::string_view status) noexcept {
    return send([&] { return "READY=1" + status_line(status); });
}
bool notify_status(std::string_view text) noexcept {
    return send([&] { return "STATUS=" + clean_text(text, status_bytes_max); });
}
bool notify_watchdog() noexcept {
    return send([] { return std::string{"WATCHDOG=1"}; });
}
bool notify_stopping(std::string_view status) noexcept {
    return send([&] { return "STOPPING=1" + status_line(status); });
}
bool notify_reloading() noexcept {
    return send([] { return "RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_us()); });
}
bool notify_extend_timeout(duration more) noexcept {
    return send([&] { return "EXTEND_TIMEOUT_USEC=" + std::to_string(more.count() * 1000); });
}

std::optional<duration> watchdog_interval() noexcept {
    std::uint64_t us = 0;
    if (sd_watchdog_enabled(0, &us) <= 0) return std::nullopt;
    return std::chrono::duration_cast<duration>(std::chrono::microseconds{us});
}

}  // namespace townd::sys
