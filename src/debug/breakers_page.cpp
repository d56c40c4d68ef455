// All breakers that remember something, and the last turns of one of them.

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "debug/frame.hpp"
#include "debug/listing.hpp"
#include "debug/pages.hpp"
#include "debug/parts.hpp"
#include "debug/recent.hpp"
#include "debug/replies.hpp"

namespace townd::debug {
namespace {

struct found_breaker {
    const engine::town_summary* town;
    const std::string* key;
    const breaker_entry* entry;

    [[nodiscard]] breaker_state state() const { return entry->state.state(); }
};

constexpr std::array states{breaker_state::open, breaker_state::half_open,
                            breaker_state::forced_open, breaker_state::forced_closed,
                            breaker_state::closed};

std::string_view role_of(const breaker_entry& e) {
    return to_text(e.role);
}

// What fails at a place: nothing where it is well.
std::string_view stage_of(const breaker_entry& e) {
    const bool failing = e.scope == breaker_scope::place && e.known.in_doubt();
    return failing ? failing_words(e.known.doubted()) : std::string_view{};
}

bool wanted(const found_breaker& b, const address& here) {
    const std::string state = here["state"];
    const bool fits_state = state == "not_closed" ? b.state() != breaker_state::closed
                                                  : selected(state, to_text(b.state()));
    const std::string words = here["q"];
    return fits_state && selected(here["role"], role_of(*b.entry)) &&
           selected(here["scope"], to_text(b.entry->scope)) &&
           (here["town"].empty() || here["town"] == b.town->id) &&
           (here["key"].empty() || here["key"] == *b.key) &&
           (words.empty() || b.entry->cause.find(words) != std::string::npos ||
            b.key->find(words) != std::string::npos ||
            b.town->name.find(words) != std::string::npos);
}

std::vector<found_breaker> breakers_in(const summary_list& towns) {
    std::vector<found_breaker> out;
    for (const auto& town : towns)
        for (const auto& [key, entry] : town->breakers)
            out.push_back({town.get(), &key, &entry});
    return out;
}

// Open ones first, those that are open longest before others.
void sort_breakers(std::vector<found_breaker>& all) {
    const auto rank = [](const found_breaker& b) {
        const auto at = std::find(states.begin(), states.end(), b.state()) - states.begin();
        const instant since =
            b.state() == breaker_state::closed ? b.entry->changed_at : b.entry->state.opened_at();
        return std::tuple{at, since, std::string_view{b.town->id}, std::string_view{*b.key}};
    };
    std::stable_sort(all.begin(), all.end(),
                     [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
}

void next_cell(markup& out, const breaker_entry& e, instant now) {
    switch (e.state.state()) {
        case breaker_state::open:
            out.text(e.scope == breaker_scope::place ? "probe not before " : "probe ");
            out.add(in_time(e.state.retry_at(), now));
            break;
        case breaker_state::half_open:
            if (e.state.probe_in_flight())
                out.raw("probe is out, its leave ends ").add(in_time(e.state.lease_ends_at(), now));
            else if (e.scope == breaker_scope::place)
                out.raw("probe is out");
            else
                out.raw("probe goes with the next tick");
            break;
        case breaker_state::forced_open:
        case breaker_state::forced_closed:
            out.raw("order ends ").add(in_time(e.state.forced_until(), now));
            break;
        case breaker_state::closed:
            out.add(no_value());
    }
}

void breaker_row(markup& out, const found_breaker& b, instant now) {
    const auto& e = *b.entry;
    const bool closed = b.state() == breaker_state::closed;
    out.raw("<tr><td>").add(state_mark(to_text(b.state()))).raw("<td class=name>");
    out.add(town_link(b.town->id, b.town->name)).raw("<td class=name><a href=\"");
    out.raw("/debug/breakers?town=").url(b.town->id).raw("&amp;key=").url(*b.key).raw("\">");
    out.text(*b.key, 120).raw("</a><td class=w>").text(role_of(e)).raw("<td>");
    out.text(stage_of(e)).raw("<td>");
    out.add(closed ? no_value() : ago(e.state.opened_at(), now)).raw("<td>");
    next_cell(out, e, now);
    out.raw("<td class=n>").number(e.state.consecutive_failures()).raw("<td class=n>");
    out.number(e.state.level()).raw("<td>").text(closed ? "" : std::string_view{e.cause});
    out.raw("</tr>");
}

// Scopes by states, each number a link to its list.
markup totals(const std::vector<found_breaker>& all) {
    constexpr std::array<std::string_view, 3> rows{"polecat", "refinery", "mayor"};
    markup out;
    out.raw(
        "<div class=wide><table class=dense><caption>How many there are</caption><thead><tr>"
        "<th scope=col>of");
    for (const auto state : states)
        out.raw("<th scope=col class=n>").text(to_text(state));
    out.raw("</tr></thead><tbody>");
    for (const auto row : rows) {
        out.raw("<tr><th scope=row>").text(row);
        for (const auto state : states) {
            const auto count = std::count_if(all.begin(), all.end(), [&](const auto& b) {
                return b.state() == state && role_of(*b.entry) == row;
            });
            out.raw("<td class=n><a href=\"/debug/breakers?state=").text(to_text(state));
            out.text("&role=").text(row).raw("\">");
            out.number(count).raw("</a>");
        }
        out.raw("</tr>");
    }
    return std::move(out.raw("</tbody></table></div>"));
}

markup turns(const face& f, const address& here) {
    markup out;
    const auto all = transitions_of(f, here["town"], here["key"]);
    out.raw("<section id=turns><h2>Its last turns <small>newest first</small></h2>");
    if (all.empty())
        return std::move(out.raw("<p class=none>None since this start.</p></section>"));
    out.raw(
        "<div class=wide><table><thead><tr><th scope=col>when<th scope=col>from"
        "<th scope=col>to<th scope=col>cause</tr></thead><tbody>");
    for (const auto& each : all) {
        out.raw("<tr><td>").add(ago(each.at, f.now())).raw("<td>").add(state_mark(each.from));
        out.raw("<td>").add(state_mark(each.to)).raw("<td>").text(each.cause).raw("</tr>");
    }
    return std::move(out.raw("</tbody></table></div></section>"));
}

markup breaker_filters(const address& here) {
    filter_form form("/debug/breakers", here);
    form.words("q", "cause, key or town's name")
        .choice("state", "state",
                {"not_closed", "open", "half_open", "forced_open", "forced_closed", "closed"})
        .choice("role", "role", {"polecat", "refinery", "mayor"})
        .choice("scope", "of", {"place", "agent"})
        .words("town", "town's id");
    return std::move(form).finish();
}

}  // namespace

std::string breakers_page(const face& f, const http::request& call) {
    const address here("/debug/breakers", call, {"q", "state", "role", "scope", "town", "key"});
    const auto towns = f.fleet.summaries();
    auto all = breakers_in(towns);
    const markup counts = totals(all);
    std::erase_if(all, [&](const found_breaker& b) { return !wanted(b, here); });
    sort_breakers(all);
    const auto window = window_of(call, all.size());
    markup body;
    body.raw("<section><h1>Breakers <small>those that remember something</small></h1>");
    body.add(counts).raw("</section>");
    if (!here["key"].empty() && !here["town"].empty()) body.add(turns(f, here));
    body.raw("<section><h2>").number(static_cast<std::int64_t>(all.size())).raw(" found</h2>");
    body.add(breaker_filters(here));
    if (all.empty())
        body.raw("<p class=none>None: what is asked for is closed and forgot its failures.</p>");
    else
        body.raw(
            "<div class=wide><table><thead><tr><th scope=col>state<th scope=col>town"
            "<th scope=col>breaker<th scope=col>role<th scope=col>what fails<th scope=col>opened"
            "<th scope=col>what comes next<th scope=col class=n>failures in a row"
            "<th scope=col class=n>level<th scope=col>cause</tr></thead><tbody>");
    for (std::size_t i = window.from; i < window.end; ++i)
        breaker_row(body, all[i], f.now());
    if (!all.empty()) body.raw("</tbody></table></div>");
    body.add(pager(here, window)).raw("</section>");
    return framed(f,
                  {"townd: breakers", "/debug/breakers", "/debug/v1/breakers", refresh_of(call, 0)},
                  std::move(body));
}

}  // namespace townd::debug
