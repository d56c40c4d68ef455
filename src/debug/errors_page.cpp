// Causes of failures, and one cause: since when, where, and what was said.

#include <algorithm>
#include <utility>

#include "debug/frame.hpp"
#include "debug/graphics.hpp"
#include "debug/listing.hpp"
#include "debug/pages.hpp"
#include "debug/parts.hpp"
#include "debug/recent.hpp"
#include "debug/records.hpp"
#include "debug/replies.hpp"

namespace townd::debug {
namespace {

constexpr std::size_t towns_listed_max = 100;

bool wanted(const known_cause& c, const address& here, instant now) {
    const std::string words = here["q"];
    return selected(here["code"], c.what.code) && selected(here["role"], c.what.role) &&
           selected(here["phase"], c.what.phase) &&
           (here["since"] != "1h" || now - c.what.last_at <= std::chrono::hours{1}) &&
           (words.empty() || c.what.message.find(words) != std::string::npos ||
            c.what.code.find(words) != std::string::npos);
}

void cause_row(markup& out, const known_cause& each, instant now) {
    const auto& c = each.what;
    out.raw("<tr><td class=w><a href=\"/debug/errors/").url(c.fingerprint).raw("\">");
    out.text(c.code).raw("</a><td>").text(c.role).raw("<td>").text(c.phase);
    out.raw("<td>").text(c.message, 300).raw("<td class=n>");
    out.raw("<a href=\"/debug/towns?error=").url(c.fingerprint).raw("\">").number(each.towns());
    out.raw("</a><td class=n>").number(c.last_hour).raw("<td class=n>").number(c.count);
    out.raw("<td>").add(ago(c.first_at, now)).raw("<td>").add(ago(c.last_at, now)).raw("<td>");
    if (each.has_history)
        out.add(sparkline(c.by_minute, "Failures a minute in the last hour"));
    else
        out.raw("<small>before this start</small>");
    out.raw("</tr>");
}

markup cause_head(const known_cause& each, instant now) {
    const auto& c = each.what;
    const bool recent = now - c.last_at <= std::chrono::minutes{10};
    markup out;
    out.raw("<section class=\"verdict ").text(recent ? "bad" : "calm").raw("\"><p class=crumb>");
    out.raw("<a href=\"/debug/errors\">Errors</a> / ").text(c.fingerprint, 40);
    out.raw("</p><h1>").text(c.code).raw(" <small>in ").text(c.phase).raw(" for ");
    out.text(c.role).raw("</small></h1><p>").text(c.message, 1024).raw("</p></section>");
    return out;
}

markup cause_facts(const known_cause& each, std::size_t towns_now, instant now) {
    const auto& c = each.what;
    markup out;
    out.raw("<section><h2>How far it reaches</h2><dl>");
    dt(out, "first seen");
    out.add(ago(c.first_at, now)).raw(" (").text(to_rfc3339(c.first_at)).raw(")");
    dt(out, "last seen");
    out.add(ago(c.last_at, now));
    dt(out, "towns in the last hour");
    if (each.has_history)
        out.number(c.towns_last_hour);
    else
        out.raw("not known: seen before this start only");
    dt(out, "towns that have it on record");
    out.raw("<a href=\"/debug/towns?error=").url(c.fingerprint).raw("\">");
    out.number(static_cast<std::int64_t>(towns_now)).raw("</a>");
    dt(out, "failures in the last hour");
    out.number(c.last_hour);
    dt(out, "failures since it was first seen");
    out.number(c.count);
    dt(out, "what it means");
    out.raw("docs/errors, under <code>").text(c.code).raw("</code>");
    out.raw("</dl>");
    if (each.has_history)
        out.raw("<h2>Failures a minute, last hour</h2>")
            .add(sparkline(c.by_minute, "Failures a minute in the last hour"));
    return std::move(out.raw("</section>"));
}

std::string name_of(const face& f, const town_id& town) {
    const auto known = f.fleet.summary(town);
    return known == nullptr ? town : known->name;
}

markup cause_towns(const face& f, const known_cause& each) {
    markup out;
    out.raw("<section><h2>Towns <small>the newest first, at most ");
    out.number(static_cast<std::int64_t>(towns_listed_max)).raw("</small></h2><p>");
    std::size_t shown = 0;
    for (const auto& town : each.what.towns) {
        if (shown++ == towns_listed_max) break;
        out.add(town_link(town, name_of(f, town))).raw(" &nbsp; ");
    }
    if (shown == 0) out.raw("None is named.");
    return std::move(out.raw("</p></section>"));
}

markup cause_samples(const face& f, const known_cause& each, instant now) {
    markup out;
    out.raw("<section><h2>Samples <small>the first, then the newest</small></h2>");
    if (each.what.samples.empty())
        return std::move(
            out.raw("<p class=none>None since this start: open a town above, its "
                    "attempts are kept.</p></section>"));
    out.raw(
        "<div class=wide><table><thead><tr><th scope=col>when<th scope=col>town"
        "<th scope=col>bead<th scope=col>agent<th scope=col>error</tr></thead><tbody>");
    for (const auto& s : each.what.samples) {
        out.raw("<tr><td>")
            .add(ago(s.at, now))
            .raw("<td class=name>")
            .add(town_link(s.town, name_of(f, s.town)));
        out.raw("<td>").add(bead_link(s.town, s.what.bead)).raw("<br><small>attempt ");
        out.number(s.what.attempt).raw(", ").text(s.what.id, 60).raw("</small><td class=w>");
        out.text(s.what.agent_name, 60).raw("<td>");
        out.add(error_cell(field(attempt_record(s.town, s.what, now), "error"))).raw("</tr>");
    }
    return std::move(out.raw("</tbody></table></div></section>"));
}

}  // namespace

std::string errors_page(const face& f, const http::request& call) {
    const address here("/debug/errors", call, {"q", "code", "role", "phase", "since"});
    const auto sum = look_over(f, f.fleet.summaries());
    auto causes = causes_of(f, sum);
    std::erase_if(causes, [&](const known_cause& c) { return !wanted(c, here, sum.now); });
    const auto window = window_of(call, causes.size());
    filter_form form("/debug/errors", here);
    form.words("q", "words").words("code", "code");
    form.choice("role", "role", {"polecat", "refinery", "mayor"})
        .choice("since", "seen in", {"1h"});
    markup body;
    body.raw(
        "<section><h1>Errors by cause <small>the most widespread of the last hour first"
        "</small></h1>");
    body.add(std::move(form).finish());
    if (causes.empty())
        body.raw("<p class=none>No such error is on record.</p>");
    else
        body.raw(
            "<div class=wide><table><thead><tr><th scope=col>cause<th scope=col>role"
            "<th scope=col>phase<th scope=col>newest message<th scope=col class=n>towns"
            "<th scope=col class=n>last hour<th scope=col class=n>in all"
            "<th scope=col>first seen<th scope=col>last seen<th scope=col>1 h"
            "</tr></thead><tbody>");
    for (std::size_t i = window.from; i < window.end; ++i)
        cause_row(body, causes[i], sum.now);
    if (!causes.empty()) body.raw("</tbody></table></div>");
    body.add(pager(here, window)).raw("</section>");
    return framed(f, {"townd: errors", "/debug/errors", "/debug/v1/errors", refresh_of(call, 0)},
                  std::move(body));
}

std::string error_page(const face& f, const std::string& fingerprint, const http::request& call) {
    const auto towns = f.fleet.summaries();
    const auto sum = look_over(f, towns);
    const auto found = cause_of(f, sum, fingerprint);
    if (!found) return {};
    const auto on_record = std::count_if(towns.begin(), towns.end(), [&](const auto& t) {
        return std::any_of(t->errors.begin(), t->errors.end(),
                           [&](const auto& e) { return e.fingerprint == fingerprint; });
    });
    markup body;
    body.add(cause_head(*found, sum.now)).raw("<div class=two>");
    body.add(cause_facts(*found, static_cast<std::size_t>(on_record), sum.now));
    body.add(cause_towns(f, *found)).raw("</div>").add(cause_samples(f, *found, sum.now));
    return framed(f,
                  {"townd: " + found->what.code, "/debug/errors",
                   "/debug/v1/errors/" + url_part(fingerprint), refresh_of(call, 0)},
                  std::move(body));
}

}  // namespace townd::debug
