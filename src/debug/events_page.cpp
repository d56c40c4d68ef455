// What happened, the newest first.

#include <utility>

#include "debug/frame.hpp"
#include "debug/listing.hpp"
#include "debug/pages.hpp"
#include "debug/parts.hpp"
#include "debug/recent.hpp"

namespace townd::debug {
namespace {

engine::event_query query_of(const http::request& call, const address& here) {
    engine::event_query out;
    out.limit = static_cast<int>(number_asked(call, "limit", 100, 1, 500));
    out.town = here["town"];
    out.severity = here["severity"];
    if (!here["type"].empty()) out.types = {here["type"]};
    if (const auto before = number_asked(call, "before", 0, 1, INT64_MAX); before > 0)
        out.before = before;
    return out;
}

void event_row(markup& out, const face& f, const engine::fleet_event& e, instant now) {
    const auto town = f.fleet.summary(e.town);
    out.raw("<tr id=e").text(std::to_string(e.seq)).raw("><td>").add(ago(e.at, now));
    out.raw("<td>").add(state_mark(e.severity)).raw("<td class=w>").text(e.type, 60);
    out.raw("<td class=name>");
    out.add(e.town.empty() ? no_value() : town_link(e.town, town == nullptr ? "" : town->name))
        .raw("<td>");
    if (!e.bead.empty() && !e.town.empty()) out.add(bead_link(e.town, e.bead)).raw(" ");
    out.text(e.role).raw(" ").text(e.agent, 60).raw("<td>");
    if (!e.fingerprint.empty() && !e.code.empty())
        out.raw("<a href=\"/debug/errors/")
            .url(e.fingerprint)
            .raw("\">")
            .text(e.code)
            .raw("</a>: ");
    out.text(e.text).raw("</tr>");
}

markup older(const engine::event_page& page, const address& here) {
    markup out;
    out.raw("<nav class=pager aria-label=\"Parts of the list\"><span>kept: number ");
    out.number(page.oldest).raw(" to ").number(page.newest).raw("</span>");
    if (!here["before"].empty()) link(out, here.with({{"before", ""}}), "\u2190 newest");
    if (page.more && !page.items.empty())
        link(out, here.with({{"before", std::to_string(page.items.back().seq)}}), "older \u2192");
    return std::move(out.raw("</nav>"));
}

}  // namespace

std::string events_page(const face& f, const http::request& call) {
    const address here("/debug/events", call, {"type", "town", "severity", "before"});
    const auto page = events_of(f, query_of(call, here));
    filter_form form("/debug/events", here);
    form.choice("type", "type",
                {"attempt_failed", "session_failed", "attempt_unknown", "breaker_changed",
                 "outage_changed", "storage_failed", "note", "warning"})
        .choice("severity", "severity", {"info", "warn", "error"})
        .words("town", "town's id");
    markup body;
    body.raw(
        "<section><h1>Events <small>newest first; failures of one cause are one event at "
        "first and one a minute afterwards</small></h1>");
    body.add(std::move(form).finish());
    if (f.options.history == nullptr)
        body.raw("<p class=none>No history is kept here.</p>");
    else if (page.items.empty())
        body.raw("<p class=none>No such event is kept.</p>");
    else
        body.raw(
            "<div class=wide><table class=dense><thead><tr><th scope=col>when"
            "<th scope=col>severity<th scope=col>type<th scope=col>town<th scope=col>of"
            "<th scope=col>what</tr></thead><tbody>");
    for (const auto& e : page.items)
        event_row(body, f, e, f.now());
    if (!page.items.empty()) body.raw("</tbody></table></div>");
    body.add(older(page, here)).raw("</section>");
    return framed(f, {"townd: events", "/debug/events", "/debug/v1/events", refresh_of(call, 0)},
                  std::move(body));
}

}  // namespace townd::debug
