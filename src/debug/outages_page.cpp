// Outages: many towns that fail for one cause, and what is tried for all of them.

#include <algorithm>
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
}

void treatment(markup& out, const face& f, const outage_summary& o, instant now) {
    dt(out, "what townd does");
    if (o.observe_only)
        out.raw("only watches: every town tries on its own");
    else if (o.phase == outage_phase::recovering)
        out.raw("a probe succeeded: each town gets one quick try in the recovery sweep, ")
            .number(o.swept)
            .raw(" had theirs");
    else
        out.raw("holds the members back and probes one of them at a time, from the retry budget");
    dt(out, "probes");
    out.number(o.probes_sent).raw(" sent, ").number(o.probes_failed).raw(" failed");
    if (o.last_probe) {
        const auto town = f.fleet.summary(*o.last_probe);
        out.raw("; the last in ").add(town_link(*o.last_probe, town ? town->name : ""));
    }
    dt(out, "last success");
    out.add(o.last_success ? ago(*o.last_success, now) : no_value());
    dt(out, "next probe");
    out.add(o.phase == outage_phase::recovering ? no_value() : in_time(o.next_probe_at, now));
}

markup outage_block(const face& f, const outage_summary& o, int towns, instant now) {
    markup out;
    out.raw("<section class=\"verdict ");
    out.text(o.observe_only || o.phase == outage_phase::recovering ? "warn" : "bad");
    out.raw("\" id=\"").text(o.id, 60).raw("\"><h1>").number(o.members).raw(" of ").number(towns);
    out.raw(" towns: ").text(to_text(o.role)).raw("s ").text(failing_words(o.at)).raw(" <small>");
    out.add(state_mark(to_text(o.phase))).raw("</small></h1><p><code>").text(o.cause);
    out.raw("</code></p>");
    if (!o.other_cause.empty())
        out.raw("<p class=soft>elsewhere <code>").text(o.other_cause).raw("</code></p>");
    out.raw("<dl>");
    reach(out, o, towns, now);
    treatment(out, f, o, now);
    out.raw("</dl><div class=links><a href=\"/debug/towns?reason=OutageOpen\">Held-back towns</a>");
    out.raw("<a href=\"/debug/errors?code=").url(o.cause.substr(0, o.cause.find(':')));
    out.raw("&amp;role=").text(to_text(o.role)).raw("\">Errors</a>");
    return std::move(out.raw("</div></section>"));
}

markup budget_block(const face& f) {
    const auto now_there = f.fleet.figures();
    markup out;
    out.raw("<section id=budget><h2>Retry budget <small>one for the whole fleet</small></h2><dl>");
    dt(out, "failures of the last hour");
    out.number(now_there.failures);
    dt(out, "tries that may yet fail");
    out.number(now_there.left);
    dt(out, "probes at once");
    out.number(static_cast<std::int64_t>(std::max(0.0, now_there.tokens)));
    dt(out, "leases out");
    out.number(now_there.leases);
    dt(out, "who shares it");
    out.number(now_there.members).raw(" failing roles of towns, ").number(now_there.groups);
    out.text(now_there.groups == 1 ? " cause" : " causes");
    return std::move(out.raw("</dl></section>"));
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
            "many towns fail for one cause. It names the trouble; whether or not one is open, "
            "what fails is probed from one retry budget.</p></section>");
    for (const auto& o : *board)
        body.add(outage_block(f, o, towns, f.now()));
    body.add(budget_block(f)).add(past_outages(f));
    return framed(f, {"townd: outages", "/debug/outages", "/debug/v1/outages", refresh_of(call, 0)},
                  std::move(body));
}

}  // namespace townd::debug
