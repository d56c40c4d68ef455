#include <array>
#include <cstdint>

#include "config/config.hpp"
#include "townd/words/error.hpp"

namespace townd::config {
namespace {

struct unit {
    std::string_view name;
    std::int64_t ms;
};
// Largest first: they are written in this order, each at most once.
constexpr std::array<unit, 5> units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};

constexpr std::int64_t ms_max = std::int64_t{3650} * 86'400'000;  // Ten years.
constexpr std::string_view forms = "(write for example 250ms, 30s, 5m, 1h30m or 2d)";

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

parsed_duration refused(std::string_view text, std::string_view what) {
    return {std::nullopt, "\"" + clean_text(text, 60) + "\" " + std::string{what}};
}

// The whole number that `text` begins with, taken off it; nothing when there is none or it is
// longer than any duration.
std::optional<std::int64_t> take_number(std::string_view& text) noexcept {
    std::int64_t value = 0;
    std::size_t digits = 0;
    while (digits < text.size() && is_digit(text[digits])) {
        if (digits == 15) return std::nullopt;
        value = value * 10 + (text[digits++] - '0');
    }
    if (digits == 0 || (digits > 1 && text.front() == '0')) return std::nullopt;
    text.remove_prefix(digits);
    return value;
}

}  // namespace

parsed_duration parse_duration(std::string_view text) {
    const std::string not_one = "is not a duration " + std::string{forms};
    if (!text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos) {
        const std::string shown = clean_text(text, 60);
        return {std::nullopt, "\"" + shown + "\": unit missing (write " + shown + "s)"};
    }
    std::string_view rest = text;
    std::int64_t total = 0;
    std::size_t next_unit = 0;
    while (!rest.empty()) {
        const auto number = take_number(rest);
        if (!number) return refused(text, not_one);
        std::size_t letters = 0;
        while (letters < rest.size() && !is_digit(rest[letters]))
            ++letters;
        std::size_t found = next_unit;
        while (found < units.size() && units[found].name != rest.substr(0, letters))
            ++found;
        if (found == units.size()) return refused(text, not_one);
        if (*number > ms_max / units[found].ms)
            return refused(text, "is longer than ten years (write less)");
        total += *number * units[found].ms;
        next_unit = found + 1;
        rest.remove_prefix(letters);
    }
    if (text.empty()) return refused(text, not_one);
    if (total > ms_max) return refused(text, "is longer than ten years (write less)");
    return {duration{total}, {}};
}

std::string duration_text(duration span) {
    std::int64_t left = span.count();
    if (left < 0) return "-" + duration_text(-span);
    // Up to two minutes people think in seconds, up to two days in hours.
    std::string out;
    for (const unit& each : units) {
        if (each.name == "m" && out.empty() && left < 120'000 && left % 60'000 != 0) continue;
        if (each.name == "m" && out.empty() && left == 60'000) continue;
        if (each.name == "d" && left < 172'800'000) continue;
        if (left < each.ms) continue;
        out += std::to_string(left / each.ms) + std::string{each.name};
        left %= each.ms;
    }
    return out.empty() ? "0s" : out;
}

}  // namespace townd::config
