#include "debug/town_map.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "debug/parts.hpp"

namespace townd::debug {
namespace {

constexpr std::size_t groups_max = 200;
constexpr std::array<std::string_view, 6> states{"set_aside", "blocked",     "degraded",
                                                 "probing",   "dispatching", "idle"};
using state_counts = std::array<std::size_t, states.size()>;

std::size_t index_of_state(std::string_view state) {
    return static_cast<std::size_t>(std::find(states.begin(), states.end(), state) -
                                    states.begin());
}

void square(markup& out, const engine::town_summary& town) {
    const auto state = map_state(town);
    out.raw("<li><a class=m-").text(to_text(tone_of(state)));
    out.raw(" href=\"/debug/towns/").url(town.id).raw("\" title=\"").text(town.name, 60);
    out.raw(": ").text(state).raw("\">").add(symbol_of(state)).raw("</a>");
}

std::string words_of(const state_counts& counts) {
    std::string out;
    for (std::size_t i = 0; i < states.size(); ++i)
        if (counts[i] > 0)
            out += (out.empty() ? "" : ", ") + std::to_string(counts[i]) + " " +
                   std::string{states[i]};
    return out;
}

// A group has the worst state of its towns, and says how many are in it.
void group(markup& out, const summary_list& towns, std::size_t from, std::size_t end) {
    state_counts counts{};
    for (std::size_t i = from; i < end; ++i)
        ++counts[index_of_state(map_state(*towns[i]))];
    const auto worst = static_cast<std::size_t>(
        std::find_if(counts.begin(), counts.end(), [](std::size_t n) { return n > 0; }) -
        counts.begin());
    out.raw("<li><a class=m-").text(to_text(tone_of(states[worst])));
    out.raw(" href=\"/debug/towns?sort=name&amp;from=").text(std::to_string(from));
    out.raw("&amp;limit=").text(std::to_string(end - from)).raw("\" title=\"");
    out.text(towns[from]->name, 40).raw(" to ").text(towns[end - 1]->name, 40).raw(": ");
    out.text(words_of(counts)).raw("\">").add(symbol_of(states[worst])).raw(" ");
    out.number(static_cast<std::int64_t>(counts[worst])).raw("</a>");
}

markup squares(const summary_list& towns) {
    markup out;
    out.raw("<ul class=map>");
    for (const auto& town : towns)
        square(out, *town);
    return std::move(out.raw("</ul>"));
}

markup groups(const summary_list& towns, std::size_t each) {
    markup out;
    out.raw("<p class=none>One square is ").number(static_cast<std::int64_t>(each));
    out.raw(" towns by their name: the worst state among them, and how many are in it.</p>");
    out.raw("<ul class=\"map groups\">");
    for (std::size_t from = 0; from < towns.size(); from += each)
        group(out, towns, from, std::min(towns.size(), from + each));
    return std::move(out.raw("</ul>"));
}

markup legend(const summary_list& towns) {
    state_counts counts{};
    for (const auto& town : towns)
        ++counts[index_of_state(map_state(*town))];
    markup out;
    out.raw("<h2>Towns <small>");
    for (std::size_t i = 0; i < states.size(); ++i) {
        if (counts[i] == 0) continue;
        out.raw("<a href=\"/debug/towns?state=")
            .url(states[i])
            .raw("\">")
            .add(state_mark(states[i]));
        out.raw(" ").number(static_cast<std::int64_t>(counts[i])).raw("</a> &nbsp; ");
    }
    return std::move(out.raw("</small></h2>"));
}

}  // namespace

std::string_view map_state(const engine::town_summary& town) {
    using enum engine::town_condition;
    if (town.condition != degraded && town.condition != blocked) return to_text(town.condition);
    const bool probes = std::any_of(town.breakers.begin(), town.breakers.end(), [](const auto& b) {
        return b.second.state.state() == breaker_state::half_open;
    });
    return probes ? std::string_view{"probing"} : to_text(town.condition);
}

markup town_map(summary_list& towns, std::size_t bytes_left) {
    markup out;
    out.raw("<section id=towns aria-label=Towns>");
    if (towns.empty())
        return std::move(
            out.raw("<h2>Towns</h2><p class=none>No town yet: create one through the API, or put "
                    "its database into the data directory.</p></section>"));
    std::sort(towns.begin(), towns.end(), [](const auto& a, const auto& b) {
        return std::tie(a->name, a->id) < std::tie(b->name, b->id);
    });
    out.add(legend(towns));
    if (towns.size() <= map_squares_max) {
        const auto all = squares(towns);
        if (out.size() + all.size() <= bytes_left) return std::move(out.add(all).raw("</section>"));
    }
    const std::size_t each = std::max<std::size_t>(2, (towns.size() + groups_max - 1) / groups_max);
    return std::move(out.add(groups(towns, each)).raw("</section>"));
}

}  // namespace townd::debug
