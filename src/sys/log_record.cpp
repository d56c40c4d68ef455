// How a record looks on stderr.

#include <algorithm>
#include <array>

#include "json/json.hpp"
#include "sys/log.hpp"
#include "townd/words/error.hpp"

namespace townd::sys {
namespace {

constexpr std::size_t text_bytes_max = 4096;
constexpr std::size_t fields_max = 16;
constexpr std::array<std::string_view, 5> levels{"trace", "debug", "info", "warn", "error"};
constexpr std::array<std::string_view, 5> formats{"auto", "journald", "json", "logfmt", "text"};

template <class Enum, std::size_t N>
std::optional<Enum> find_in(const std::array<std::string_view, N>& names,
                            std::string_view text) noexcept {
    for (std::size_t i = 0; i < N; ++i)
        if (names[i] == text) return static_cast<Enum>(i);
    return std::nullopt;
}

std::string field_name(std::string_view name) {
    std::string out{name.substr(0, 32)};
    for (char& c : out)
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) c = '_';
    return out;
}

// A value of logfmt: bare, or in quotes when it holds a blank, a quote or `=`.
std::string logfmt_value(std::string_view raw) {
    const std::string value = clean_text(raw, text_bytes_max);
    if (!value.empty() && value.find_first_of(" \"=\\") == std::string::npos) return value;
    std::string out = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

std::string as_json(std::string_view time, log_level level, std::string_view event,
                    std::string_view text, std::span<const log_field> fields) {
    json out{{"time", std::string{time}},
             {"level", std::string{to_text(level)}},
             {"event", clean_text(event, 64)},
             {"message", clean_text(text, text_bytes_max)}};
    for (const log_field& each : fields) {
        std::string name = field_name(each.name);
        if (!out.contains(name)) out[std::move(name)] = clean_text(each.value, text_bytes_max);
    }
    return dump_json(out);
}

std::string fields_as_logfmt(std::span<const log_field> fields) {
    std::string out;
    for (const log_field& each : fields)
        out += " " + field_name(each.name) + "=" + logfmt_value(each.value);
    return out;
}

}  // namespace

std::string_view to_text(log_level level) noexcept {
    return levels[static_cast<std::size_t>(level)];
}
std::optional<log_level> parse_log_level(std::string_view text) noexcept {
    return find_in<log_level>(levels, text);
}
std::optional<log_format> parse_log_format(std::string_view text) noexcept {
    return find_in<log_format>(formats, text);
}

std::string format_record(log_format format, std::string_view time, log_level level,
                          std::string_view event, std::string_view text,
                          std::span<const log_field> fields) {
    fields = fields.first(std::min(fields.size(), fields_max));
    if (format == log_format::json) return as_json(time, level, event, text, fields);
    std::string out;
    if (format == log_format::text) {
        out = std::string{time} + " " + std::string{to_text(level)} + " " + clean_text(event, 64) +
              ": " + clean_text(text, text_bytes_max);
    } else {
        out = "time=" + std::string{time} + " level=" + std::string{to_text(level)} +
              " event=" + logfmt_value(event.substr(0, 64)) + " msg=" + logfmt_value(text);
    }
    return out + fields_as_logfmt(fields);
}

}  // namespace townd::sys
