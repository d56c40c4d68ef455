// All towns, filtered and sorted.

#include <algorithm>
#include <tuple>
#include <utility>

#include "debug/frame.hpp"
#include "debug/listing.hpp"
#include "debug/pages.hpp"
#include "debug/parts.hpp"
#include "debug/replies.hpp"
#include "debug/town_map.hpp"

namespace townd::debug {
namespace {

using engine::town_summary;

bool is_open(const breaker_entry& e) {
    return e.state.state() != breaker_state::closed &&
           e.state.state() != breaker_state::forced_closed;
}

bool in_state(const town_summary& town, const std::string& state) {
    if (state.empty() || state == map_state(town) || state == to_text(town.condition)) return true;
    return state == "troubled" && town.condition != engine::town_condition::dispatching &&
           town.condition != engine::town_condition::idle;
}

bool has_role(const town_summary& town, const std::string& role) {
    return role.empty() ||
           std::any_of(town.breakers.begin(), town.breakers.end(), [&](const auto& b) {
               return is_open(b.second) && to_text(b.second.role) == role;
           });
}

bool waits_for(const town_summary& town, const std::string& reason) {
    if (reason.empty()) return true;
    for (int i = 0; i < gate_reason_count; ++i)
        if (to_text(static_cast<gate_reason>(i)) == reason)
            return town.waiting.by_reason[static_cast<std::size_t>(i)] > 0;
    return false;
}

bool has_error(const town_summary& town, const std::string& fingerprint) {
    return fingerprint.empty() ||
           std::any_of(town.errors.begin(), town.errors.end(),
                       [&](const auto& e) { return e.fingerprint == fingerprint; });
}

bool says(const town_summary& town, const std::string& words) {
    return words.empty() || town.id.find(words) != std::string::npos ||
           town.name.find(words) != std::string::npos ||
           town.owner.find(words) != std::string::npos ||
           town.problem.find(words) != std::string::npos;
}

bool wanted(const town_summary& town, const address& here) {
    return in_state(town, here["state"]) && has_role(town, here["role"]) &&
           waits_for(town, here["reason"]) && has_error(town, here["error"]) &&
           says(town, here["q"]) && (here["waiting"] != "yes" || town.waiting.total() > 0);
}

void sort_towns(summary_list& towns, const std::string& by) {
    const auto sorted = [&towns](auto key) {
        std::stable_sort(towns.begin(), towns.end(), [&](const auto& a, const auto& b) {
            return std::tuple{key(*a), std::string_view{a->id}} <
                   std::tuple{key(*b), std::string_view{b->id}};
        });
    };
    if (by == "id") return sorted([](const town_summary&) { return 0; });
    if (by == "name") return sorted([](const town_summary& t) { return std::string_view{t.name}; });
    if (by == "-waiting") return sorted([](const town_summary& t) { return -t.waiting.total(); });
    if (by == "-failed") return sorted([](const town_summary& t) { return -t.beads.failed; });
    if (by == "tick") return sorted([](const town_summary& t) { return t.last_tick_at; });
    if (by == "since")
        return sorted([](const town_summary& t) { return t.problem_since.value_or(never); });
    sort_worst_first(towns);
}

void town_row(markup& out, const town_summary& t, instant now) {
    const auto open = std::count_if(t.breakers.begin(), t.breakers.end(),
                                    [](const auto& b) { return is_open(b.second); });
    out.raw("<tr><td>").add(state_mark(map_state(t))).raw("<td class=name>");
    out.add(town_link(t.id, t.name));
    if (t.name != t.id) out.raw(" <small>").text(t.id, 40).raw("</small>");
    out.raw("<td>").text(t.problem, 300).raw("<td>");
    out.add(t.problem_since ? ago(*t.problem_since, now) : no_value()).raw("<td class=n>");
    out.number(t.waiting.total()).raw("<td class=n>").number(t.agents_working);
    out.raw("<td class=n>").number(t.beads.failed).raw("<td class=n>");
    if (open > 0)
        out.raw("<a href=\"/debug/breakers?town=").url(t.id).raw("\">").number(open).raw("</a>");
    else
        out.number(0);
    out.raw("<td>").add(t.last_success_at ? ago(*t.last_success_at, now) : no_value());
    out.raw("<td>").add(ago(t.last_tick_at, now)).raw("</tr>");
}

markup town_filters(const address& here) {
    std::vector<std::string_view> reasons;
    for (int i = 0; i < gate_reason_count; ++i)
        reasons.push_back(to_text(static_cast<gate_reason>(i)));
    filter_form form("/debug/towns", here);
    form.words("q", "words")
        .choice("state", "state",
                {"troubled", "set_aside", "blocked", "degraded", "probing", "dispatching", "idle"})
        .choice("role", "breaker open for", {"polecat", "refinery", "mayor"})
        .choice("reason", "beads wait for", reasons)
        .choice("waiting", "beads wait", {"yes"})
        .choice("sort", "sort by", {"name", "id", "since", "-waiting", "-failed", "tick"});
    if (!here["error"].empty()) form.words("error", "error");
    return std::move(form).finish();
}

}  // namespace

std::string towns_page(const face& f, const http::request& call) {
    const address here("/debug/towns", call,
                       {"q", "state", "role", "reason", "error", "waiting", "sort"});
    auto towns = f.fleet.summaries();
    std::erase_if(towns, [&](const auto& t) { return !wanted(*t, here); });
    sort_towns(towns, here["sort"]);
    const auto window = window_of(call, towns.size());
    markup body;
    body.raw("<section><h1>Towns <small>").number(static_cast<std::int64_t>(towns.size()));
    body.raw(" of ").number(static_cast<std::int64_t>(f.fleet.summaries().size()));
    body.raw("</small></h1>").add(town_filters(here));
    if (towns.empty())
        body.raw("<p class=none>No such town.</p>");
    else
        body.raw(
            "<div class=wide><table><thead><tr><th scope=col>state<th scope=col>town"
            "<th scope=col>what is wrong<th scope=col>since<th scope=col class=n>waiting"
            "<th scope=col class=n>at work<th scope=col class=n>failed"
            "<th scope=col class=n>breakers open<th scope=col>last start<th scope=col>tick"
            "</tr></thead><tbody>");
    for (std::size_t i = window.from; i < window.end; ++i)
        town_row(body, *towns[i], f.now());
    if (!towns.empty()) body.raw("</tbody></table></div>");
    body.add(pager(here, window)).raw("</section>");
    return framed(f, {"townd: towns", "/debug/towns", "/debug/v1/towns", refresh_of(call, 0)},
                  std::move(body));
}

}  // namespace townd::debug
