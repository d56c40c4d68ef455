#include "standin/behaviour.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace townd::standin {
namespace {

constexpr std::array<std::pair<behaviour, std::string_view>, 18> names{{
    {behaviour::ok, "ok"},
    {behaviour::refuse, "refuse"},
    {behaviour::hang_connect, "hang-connect"},
    {behaviour::hang_response, "hang-response"},
    {behaviour::late, "late"},
    {behaviour::http_500, "http-500"},
    {behaviour::http_500_empty, "http-500-empty"},
    {behaviour::http_500_html, "http-500-html"},
    {behaviour::http_500_truncated, "http-500-truncated"},
    {behaviour::http_400, "http-400"},
    {behaviour::http_429, "http-429"},
    {behaviour::draining, "draining"},
    {behaviour::start_then_die, "start-then-die"},
    {behaviour::already_running, "already-running"},
    {behaviour::reset, "reset"},
    {behaviour::garbage, "garbage"},
    {behaviour::no_progress, "no-progress"},
    {behaviour::ask_changes, "ask-changes"},
}};

}  // namespace

std::string_view to_text(behaviour value) noexcept {
    const auto at = std::find_if(names.begin(), names.end(),
                                 [value](const auto& name) { return name.first == value; });
    return at == names.end() ? "unknown" : at->second;
}

std::optional<behaviour> parse_behaviour(std::string_view text) noexcept {
    const auto at = std::find_if(names.begin(), names.end(),
                                 [text](const auto& name) { return name.second == text; });
    if (at == names.end()) return std::nullopt;
    return at->first;
}

}  // namespace townd::standin
