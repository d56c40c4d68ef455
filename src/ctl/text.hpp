#pragma once
// Text for people: cells of one line, their width on a terminal, spans of time, colours.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json/json.hpp"

namespace townd::ctl {

/// Columns that a terminal needs for it: 2 for wide letters, 0 for marks on the letter before.
[[nodiscard]] std::size_t width_of(std::string_view text);
/// At most `columns` wide, with `…` at the end when something is missing. Escapes for colours
/// count as nothing and stay closed.
[[nodiscard]] std::string cut_to(std::string_view text, std::size_t columns);

/// The member under a dotted path; null when there is none.
[[nodiscard]] const json& member(const json& object, std::string_view path);
/// One clean line; `-` for null, absent and empty. Lists are joined by commas.
[[nodiscard]] std::string cell(const json& value);
[[nodiscard]] std::string cell(const json& object, std::string_view path);
/// `850ms`, `12s`, `2m5s`, `3h12m`, `4d2h`; `-` for null.
[[nodiscard]] std::string span_cell(const json& seconds);

enum class colour : std::uint8_t { none, good, bad, warn, dim, strong };
/// The colour of a state's word; the word itself says as much.
[[nodiscard]] colour colour_of_state(std::string_view word);
[[nodiscard]] std::string painted(std::string text, colour with);

/// What standard output can show.
struct screen {
    bool terminal = false;
    bool colours = false;
    std::size_t columns = 0;  ///< 0: as wide as it gets.
    std::size_t lines = 24;
};
/// `when` is auto, always or never; NO_COLOR and TERM=dumb count for auto.
[[nodiscard]] screen screen_of(const std::string& when);

struct table {
    std::vector<std::string> heads;  ///< Empty: none are shown.
    std::vector<std::vector<std::string>> rows;
    std::vector<std::vector<colour>> colours;  ///< Beside `rows`; may be shorter.
};
/// Columns as wide as their widest cell, the last one as it is; lines cut to the screen.
[[nodiscard]] std::string aligned(const table& what, const screen& on);

}  // namespace townd::ctl
