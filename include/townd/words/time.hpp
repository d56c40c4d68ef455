#pragma once
// The one kind of time that decisions are made with.
//
// An `instant` is milliseconds since the Unix epoch on the *town clock*: a steady clock that was
// set to the wall clock once, when the process started. It never jumps, so a step of the wall clock
// moves no cooldown, no lease and no heartbeat (incident rows C10 and D-clock); and it can be shown
// and stored as a date. There is no `now()` here: time is always an argument. `sys/system_clock`
// holds the only real clock.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace townd {

/// A span of time. Millisecond steps; may be negative only as a difference.
using duration = std::chrono::milliseconds;

/// Tag clock of `instant`. Deliberately without `now()`.
struct town_clock {
    using rep = std::int64_t;
    using period = std::milli;
    using duration = townd::duration;
    using time_point = std::chrono::time_point<town_clock, duration>;
    static constexpr bool is_steady = true;
};

/// A moment on the town clock.
using instant = town_clock::time_point;

/// The moment that stands for "never" in schedules. Later than every real moment.
inline constexpr instant never{duration{std::int64_t{1} << 60}};

/// Milliseconds since the Unix epoch.
[[nodiscard]] constexpr std::int64_t unix_ms(instant at) noexcept {
    return at.time_since_epoch().count();
}
[[nodiscard]] constexpr instant from_unix_ms(std::int64_t ms) noexcept {
    return instant{duration{ms}};
}

/// RFC 3339 UTC with milliseconds and `Z`, as in `2026-11-22T10:12:02.155Z`.
[[nodiscard]] std::string to_rfc3339(instant at);

/// Reads RFC 3339 (`T` or blank, fraction and offset optional) and SQLite's `YYYY-MM-DD HH:MM:SS`
/// (taken as UTC), the two formats that town databases mix (Kilo-Org/cloud #1412).
/// Empty when the text is neither, or names a day that does not exist.
[[nodiscard]] std::optional<instant> parse_time(std::string_view text) noexcept;

/// A span for people: `850 ms`, `12 s`, `2 min 5 s`, `2 h 54 min`, `3 d 4 h`.
[[nodiscard]] std::string to_words(duration span);

/// Seconds as a JSON number would carry them.
[[nodiscard]] constexpr double to_seconds(duration span) noexcept {
    return static_cast<double>(span.count()) / 1000.0;
}

}  // namespace townd
