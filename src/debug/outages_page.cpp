// Outages: many towns that fail for one cause, and what is tried for all of them.

#include <utility>

#include "debug/frame.hpp"
#include "debug/listing.hpp"
#include "debug/pages.hpp"
#include "debug/parts.hpp"
#include "debug/recent.hpp"

namespace townd::debug {
namespace {

void reach(markup& out, const outage_summary& o, int towns, instant now) {
    dt(out, "began");
    out.add(ago(o.opened_at, now)).raw(" (").text(to_rfc3339(o.opened_at)).raw(")");
    dt(out, "reaches");
    out.number(o.members).raw(" of ").number(towns).raw(" towns, at most ");
    out.number(o.members_peak);
    dt(out, "not affected");
    out.number(towns - o.members).raw(" towns, and all other roles");
}

void treatment(markup& out, const face& f, const outage_summary& o, instant now) {
    dt(out, "what townd does");
    if (o.observe_only)
        out.raw("only watches: every town tries on its own");
    else if (o.phase == outage_phase::ramping)
        out.raw("starts succeed again: the towns follow, ")
            .number(o.ramp_width)
            .raw(" at a time, more as it goes well");
    else
        out.raw("holds the members back and lets one of them try for all, in turn");
    dt(out, "tries");
    out.number(o.canaries_sent).raw(" sent, ").number(o.canaries_sent - o.canaries_failed);
    out.raw(" passed");
    if (o.last_canary) {
        const auto town = f.fleet.summary(*o.last_canary);
        out.raw("; the last in ").add(town_link(*o.last_canary, town ? town->name : ""));
    }
    dt(out, "next try");
    out.add(o.phase == outage_phase::ramping ? no_value() : in_time(o.next_probe_at, now));
}

markup outage_block(const face& f, const outage_summary& o, int towns, instant now) {
    markup out;
    out.raw("<section class=\"verdict ");
    out.text(o.observe_only || o.phase == outage_phase::ramping ? "warn" : "bad");
    out.raw("\" id=\"").text(o.id, 60).raw("\"><h1>").number(o.members).raw(" of ").number(towns);
    out.raw(" towns cannot start a ").text(to_text(o.role)).raw(" <small>");
    out.add(state_mark(to_text(o.phase))).raw("</small></h1><p><code>").text(o.cause);
    out.raw("</code></p><dl>");
    reach(out, o, towns, now);
    treatment(out, f, o, now);
    out.raw("</dl><div class=links><a href=\"/debug/towns?reason=OutageOpen\">Held-back towns</a>");
    out.raw("<a href=\"/debug/errors/").url(o.fingerprint).raw("\">Error</a>");
    return std::move(out.raw("</div></section>"));
}

markup past_outages(const face& f) {
    engine::event_query which;
    which.types = {"outage_changed"};
    which.limit = 50;
    const auto events = events_of(f, which);
    markup out;
    out.raw("<section><h2>What became of outages lately</h2>");
    if (events.items.empty()) return std::move(out.raw("<p class=none>Nothing.</p></section>"));
    out.raw(
        "<div class=wide><table><thead><tr><th scope=col>when<th scope=col>role"
        "<th scope=col>what</tr></thead><tbody>");
    for (const auto& e : events.items) {
        out.raw("<tr><td>").add(ago(e.at, f.now())).raw("<td class=w>").text(e.role).raw("<td>");
        out.text(e.text).raw("</tr>");
    }
    return std::move(out.raw("</tbody></table></div></section>"));
}

}  // namespace

std::string outages_page(const face& f, const http::request& call) {
    const auto board = f.fleet.outages();
    const auto towns = static_cast<int>(f.fleet.summaries().size());
    markup body;
    if (board->empty())
        body.raw(
            "<section class=\"verdict ok\"><h1>No outage is open</h1><p>An outage opens when "
            "many towns fail for one cause: then a few try for all of them.</p></section>");
    for (const auto& o : *board)
        body.add(outage_block(f, o, towns, f.now()));
    body.add(past_outages(f));
    return framed(f, {"townd: outages", "/debug/outages", "/debug/v1/outages", refresh_of(call, 0)},
                  std::move(body));
}

}  // namespace townd::debug
