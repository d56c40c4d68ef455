#pragma once
// What the service manager is told (sd_notify). Without $NOTIFY_SOCKET every call does nothing.

#include <optional>
#include <string_view>

#include "townd/words/time.hpp"

namespace townd::sys {

// Any thread may call these; they never block for long and never throw. True when the message was
// sent: false is normal outside systemd, and no reason to act.

/// Started, or done reloading. `status` as below; may be empty.
bool notify_ready(std::string_view status) noexcept;
/// One line for `systemctl status`, cut at 400 bytes; control characters become blanks, so that no
/// foreign text can add an assignment of its own.
bool notify_status(std::string_view text) noexcept;
/// A sign of life; see `watchdog_interval`.
bool notify_watchdog() noexcept;
bool notify_stopping(std::string_view status) noexcept;
/// With MONOTONIC_USEC; follow it with `notify_ready`.
bool notify_reloading() noexcept;
/// More time for a start or stop that is still making progress.
bool notify_extend_timeout(duration more) noexcept;

/// The time within which each `notify_watchdog` must follow the last, from $WATCHDOG_USEC; none
/// when no watchdog watches this process. Ping at least twice as often.
[[nodiscard]] std::optional<duration> watchdog_interval() noexcept;

}  // namespace townd::sys
