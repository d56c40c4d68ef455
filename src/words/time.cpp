#include "townd/words/time.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace townd {
namespace {

using std::chrono::sys_days;

// Reads exactly `count` digits at `text[at]`; -1 when they are not all digits.
int digits(std::string_view text, std::size_t at, std::size_t count) noexcept {
    if (at + count > text.size()) return -1;
    int value = 0;
    for (std::size_t i = at; i < at + count; ++i) {
        if (text[i] < '0' || text[i] > '9') return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

// The part after the seconds: fraction, then `Z`, `+hh:mm`, or nothing.
struct tail {
    int milliseconds = 0;
    int offset_minutes = 0;
};

std::optional<tail> parse_tail(std::string_view text) noexcept {
    tail out;
    std::size_t at = 0;
    if (at < text.size() && text[at] == '.') {
        ++at;
        int scale = 100;
        const std::size_t first = at;
        while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
            out.milliseconds += (text[at] - '0') * scale;
            scale /= 10;
            ++at;
        }
        if (at == first) return std::nullopt;
    }
    if (at == text.size()) return out;
    if (text[at] == 'Z' || text[at] == 'z') {
        if (at + 1 != text.size()) return std::nullopt;
        return out;
    }
    if ((text[at] != '+' && text[at] != '-') || text.size() != at + 6 || text[at + 3] != ':')
        return std::nullopt;
    const int hours = digits(text, at + 1, 2);
    const int minutes = digits(text, at + 4, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
    out.offset_minutes = (hours * 60 + minutes) * (text[at] == '-' ? -1 : 1);
    return out;
}

}  // namespace

std::string to_rfc3339(instant at) {
    // Four digits of a year; what is outside, like `never`, shows as the last or first moment.
    constexpr std::int64_t first_ms = -62'167'219'200'000;
    constexpr std::int64_t last_ms = 253'402'300'799'999;
    const duration since{std::clamp(at.time_since_epoch().count(), first_ms, last_ms)};
    const std::chrono::sys_time<duration> when{since};
    const auto day = std::chrono::floor<std::chrono::days>(when);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss<duration> clock{when - day};
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()),
                  static_cast<int>(clock.subseconds().count()));
    return text.data();
}

std::optional<instant> parse_time(std::string_view text) noexcept {
    if (text.size() < 19 || text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':')
        return std::nullopt;
    if (text[10] != 'T' && text[10] != 't' && text[10] != ' ') return std::nullopt;
    const int year = digits(text, 0, 4);
    const int month = digits(text, 5, 2);
    const int day = digits(text, 8, 2);
    const int hour = digits(text, 11, 2);
    const int minute = digits(text, 14, 2);
    const int second = digits(text, 17, 2);
    if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0)
        return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    const auto rest = parse_tail(text.substr(19));
    if (!rest) return std::nullopt;
    const auto when = sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
                      std::chrono::seconds{second} - std::chrono::minutes{rest->offset_minutes};
    return instant{std::chrono::duration_cast<duration>(when.time_since_epoch()) +
                   duration{rest->milliseconds}};
}

std::string to_words(duration span) {
    const std::int64_t ms = span.count();
    if (span == duration::min()) return to_words(span + duration{1});  // Has no positive.
    if (ms < 0) return "-" + to_words(-span);
    if (ms < 1000) return std::to_string(ms) + " ms";
    const std::int64_t seconds = ms / 1000;
    const auto pair = [](std::int64_t big, const char* unit, std::int64_t small,
                         const char* small_unit) {
        std::string out = std::to_string(big) + " " + unit;
        if (small > 0) out += " " + std::to_string(small) + " " + small_unit;
        return out;
    };
    if (seconds < 60) return std::to_string(seconds) + " s";
    if (seconds < 3600) return pair(seconds / 60, "min", seconds % 60, "s");
    if (seconds < 86400) return pair(seconds / 3600, "h", seconds % 3600 / 60, "min");
    return pair(seconds / 86400, "d", seconds % 86400 / 3600, "h");
}

}  // namespace townd
