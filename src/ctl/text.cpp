#include "ctl/text.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace townd::ctl {
namespace {

struct letter {
    char32_t code = 0;
    std::size_t bytes = 1;
};

// Bad UTF-8 reads as letters of one byte.
letter letter_at(std::string_view text) {
    const auto first = static_cast<unsigned char>(text.front());
    std::size_t bytes = 1;
    if (first >= 0xF0U)
        bytes = 4;
    else if (first >= 0xE0U)
        bytes = 3;
    else if (first >= 0xC0U)
        bytes = 2;
    if (bytes == 1 || bytes > text.size()) return {first, 1};
    char32_t code = first & (0xFFU >> (bytes + 1));
    for (std::size_t i = 1; i < bytes; ++i)
        code = (code << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
    return {code, bytes};
}

using range = std::pair<char32_t, char32_t>;
constexpr std::array<range, 5> marks{
    {{0x300, 0x36F}, {0x200B, 0x200F}, {0x20D0, 0x20F0}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}}};
constexpr std::array<range, 8> wide{{{0x1100, 0x115F},
                                     {0x2E80, 0xA4CF},
                                     {0xAC00, 0xD7A3},
                                     {0xF900, 0xFAFF},
                                     {0xFE30, 0xFE6F},
                                     {0xFF00, 0xFF60},
                                     {0x1F300, 0x1FAFF},
                                     {0x20000, 0x3FFFD}}};

template <class Ranges>
bool is_in(char32_t code, const Ranges& ranges) {
    return std::any_of(ranges.begin(), ranges.end(),
                       [&](const range& r) { return code >= r.first && code <= r.second; });
}

std::size_t columns_of(char32_t code) {
    if (is_in(code, marks)) return 0;
    return is_in(code, wide) ? 2 : 1;
}

// Bytes of an escape that sets a colour; 0 when there is none here.
std::size_t escape_at(std::string_view text) {
    if (!text.starts_with("\x1b[")) return 0;
    const auto end = text.find('m');
    return end == std::string_view::npos ? 0 : end + 1;
}

constexpr std::string_view plain_again = "\x1b[0m";

}  // namespace

std::size_t width_of(std::string_view text) {
    std::size_t columns = 0;
    while (!text.empty()) {
        if (const auto escape = escape_at(text); escape > 0) {
            text.remove_prefix(escape);
            continue;
        }
        const auto next = letter_at(text);
        columns += columns_of(next.code);
        text.remove_prefix(next.bytes);
    }
    return columns;
}

std::string cut_to(std::string_view text, std::size_t columns) {
    if (columns == 0 || width_of(text) <= columns) return std::string{text};
    std::string out;
    std::size_t used = 0;
    bool painted_now = false;
    while (!text.empty()) {
        const auto escape = escape_at(text);
        const auto next = letter_at(text);
        if (escape == 0) {
            used += columns_of(next.code);
            if (used > columns - 1) break;
        } else {
            painted_now = text.substr(0, escape) != plain_again;
        }
        const auto bytes = escape > 0 ? escape : next.bytes;
        out.append(text.substr(0, bytes));
        text.remove_prefix(bytes);
    }
    out += "…";
    if (painted_now) out += plain_again;
    return out;
}

const json& member(const json& object, std::string_view path) {
    static const json none;
    const json* at = &object;
    while (!path.empty()) {
        const auto dot = path.find('.');
        if (!at->is_object()) return none;
        const auto found = at->find(std::string{path.substr(0, dot)});
        if (found == at->end()) return none;
        at = &*found;
        path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
    }
    return *at;
}

std::string cell(const json& value) {
    constexpr std::size_t bytes_max = 4096;
    if (value.is_null()) return "-";
    std::string text;
    if (value.is_string()) {
        text = clean_text(value.get<std::string>(), bytes_max);
    } else if (value.is_array()) {
        for (const auto& each : value)
            text += (text.empty() ? "" : ",") + cell(each);
    } else {
        text = dump_json(value);
    }
    return text.empty() ? "-" : text;
}

std::string cell(const json& object, std::string_view path) {
    return cell(member(object, path));
}

std::string span_cell(const json& seconds) {
    if (!seconds.is_number()) return "-";
    const double exact = seconds.get<double>();
    if (exact < 1.0) return std::to_string(std::lround(std::max(0.0, exact) * 1000.0)) + "ms";
    const auto whole = std::llround(exact);
    const auto two = [&](long long big, const char* name, long long small, const char* rest) {
        std::string out = std::to_string(whole / big) + name;
        if (const auto left = whole % big / small; left > 0) out += std::to_string(left) + rest;
        return out;
    };
    if (whole < 60) return std::to_string(whole) + "s";
    if (whole < 3600) return two(60, "m", 1, "s");
    if (whole < 86'400) return two(3600, "h", 60, "m");
    return two(86'400, "d", 3600, "h");
}

colour colour_of_state(std::string_view word) {
    constexpr std::array<std::pair<std::string_view, colour>, 21> known{
        {{"dispatching", colour::good},   {"idle", colour::dim},       {"degraded", colour::warn},
         {"blocked", colour::bad},        {"set_aside", colour::bad},  {"closed", colour::good},
         {"open", colour::bad},           {"half_open", colour::warn}, {"forced_open", colour::bad},
         {"forced_closed", colour::warn}, {"success", colour::good},   {"failure", colour::bad},
         {"unknown", colour::warn},       {"neutral", colour::dim},    {"ok", colour::good},
         {"warn", colour::warn},          {"fail", colour::bad},       {"error", colour::bad},
         {"info", colour::dim},           {"failed", colour::bad},     {"refused", colour::bad}}};
    for (const auto& [name, with] : known)
        if (name == word) return with;
    return colour::none;
}

std::string painted(std::string text, colour with) {
    constexpr std::array<const char*, 6> codes{"", "32", "31", "33", "2", "1"};
    const char* code = codes[static_cast<std::size_t>(with)];
    if (*code == '\0' || text.empty()) return text;
    return "\x1b[" + std::string{code} + "m" + std::move(text) + std::string{plain_again};
}

screen screen_of(const std::string& when) {
    const auto set = [](const char* name) {
        const char* text = std::getenv(name);
        return text != nullptr && *text != '\0';
    };
    screen out;
    out.terminal = ::isatty(STDOUT_FILENO) == 1;
    const char* term = std::getenv("TERM");
    const bool dumb = term == nullptr || std::string_view{term} == "dumb";
    out.colours =
        when == "always" || (when != "never" && out.terminal && !dumb && !set("NO_COLOR"));
    if (!out.terminal) return out;
    out.columns = 80;
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        out.columns = size.ws_col;
        if (size.ws_row > 0) out.lines = std::max<std::size_t>(5, size.ws_row);
    }
    return out;
}

std::string aligned(const table& what, const screen& on) {
    std::vector<std::size_t> widths;
    const auto measure = [&](const std::vector<std::string>& row) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], width_of(row[i]));
    };
    measure(what.heads);
    for (const auto& row : what.rows)
        measure(row);
    const auto line = [&](const std::vector<std::string>& row, const std::vector<colour>* with) {
        std::string out;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const bool paint = on.colours && with != nullptr && i < with->size();
            out += paint ? painted(row[i], (*with)[i]) : row[i];
            if (i + 1 < row.size()) out += std::string(widths[i] - width_of(row[i]) + 2, ' ');
        }
        return cut_to(out, on.columns) + "\n";
    };
    std::string out;
    const std::vector<colour> heads(what.heads.size(), colour::strong);
    if (!what.heads.empty()) out += line(what.heads, &heads);
    for (std::size_t i = 0; i < what.rows.size(); ++i)
        out += line(what.rows[i], i < what.colours.size() ? &what.colours[i] : nullptr);
    return out;
}

}  // namespace townd::ctl
