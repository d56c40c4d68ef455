// One bead: where it is and why, every gate, every failure kept, every attempt.

#include <utility>

#include "debug/frame.hpp"
#include "debug/pages.hpp"
#include "debug/parts.hpp"

namespace townd::debug {
namespace {

markup head(const json& bead) {
    const json& explain = field(bead, "explain");
    const bool goes = field(explain, "dispatchable") == json(true);
    const std::string status = shown(bead, "status");
    const std::string reason = shown(bead, "reason");
    const bool is_failed = status == "failed";
    const bool is_over = status == "closed" || is_failed;
    const tone how = is_failed ? tone::bad : goes || is_over ? tone::ok : tone::warn;
    markup out;
    out.raw("<div class=\"verdict ").text(to_text(how)).raw("\"><p class=crumb>");
    out.raw("<a href=\"/debug/\">Now</a> / town ").add(town_link(shown(bead, "town"), ""));
    out.raw(" / bead ")
        .text(shown(bead, "bead_id"), 80)
        .raw("</p><h1>")
        .text(shown(bead, "title"), 300);
    out.raw("</h1><p><b>").text(status).raw("</b>");
    if (!reason.empty())
        out.raw(" \u00B7 ").text(reason, 800);
    else if (goes)
        out.raw(" \u00B7 every gate is open: the next tick starts it");
    return std::move(out.raw("</p></div>"));
}

void fact(markup& out, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out.raw("<dt>").text(name).raw("<dd>").text(value);
}

void fact(markup& out, std::string_view name, const markup& value) {
    out.raw("<dt>").text(name).raw("<dd>").add(value);
}

markup facts(const json& bead) {
    markup out;
    out.raw("<section><h2>The bead</h2><dl>");
    fact(out, "id", shown(bead, "bead_id"));
    fact(out, "type", shown(bead, "type"));
    fact(out, "priority", shown(bead, "priority"));
    fact(out, "rig", shown(bead, "rig_id"));
    fact(out, "assignee", shown(bead, "assignee"));
    fact(out, "labels", field(bead, "labels").empty() ? "" : shown(bead, "labels"));
    fact(out, "starts", shown(bead, "starts"));
    fact(out, "charged to the work",
         shown(bead, "dispatch_attempts") + " of " + shown(bead, "max_attempts"));
    fact(out, "next attempt", ahead(bead, "next_attempt"));
    fact(out, "made", past(bead, "created"));
    fact(out, "changed", past(bead, "updated"));
    for (const auto& b : field(bead, "blocked_by")) {
        out.raw("<dt>").text(shown(b, "type")).raw("<dd>");
        out.add(bead_link(shown(bead, "town"), shown(b, "bead"))).raw(" ").text(shown(b, "status"));
    }
    return std::move(out.raw("</dl></section>"));
}

markup last_error(const json& bead, instant now) {
    const json& error = field(bead, "last_error");
    markup out;
    out.raw("<section><h2>Last error");
    if (!error.is_object()) return std::move(out.raw("</h2><p class=none>None.</p></section>"));
    out.raw(" <small>attempt ")
        .number(whole(error, "attempt"))
        .raw(" by ")
        .text(shown(error, "agent"), 60);
    out.raw(", ").add(when(error, "at", now)).raw("</small></h2>").add(error_cell(error));
    return std::move(out.raw("</section>"));
}

markup gates(const json& explain, instant now) {
    markup out;
    out.raw(
        "<section><h2>Gates <small>in order; the first that refuses is the reason</small></h2>"
        "<div class=wide><table><tr><th scope=col>gate<th scope=col>answer<th scope=col>because<th "
        "scope=col>since<th scope=col>until"
        "<th scope=col>decided by</tr>");
    bool first = true;
    for (const auto& gate : field(explain, "gates")) {
        const bool passed = field(gate, "passed") == json(true);
        if (!passed && first)
            out.raw("<tr class=first>");
        else
            out.raw("<tr>");
        if (!passed) first = false;
        out.raw("<td class=w>").text(shown(gate, "gate")).raw("<td>");
        out.add(state_mark(passed ? "passed" : "refused"))
            .raw("<td>")
            .text(shown(gate, "detail"), 500);
        out.raw("<td class=w>").add(when(gate, "since", now));
        out.raw("<td class=w>").add(when(gate, "until", now));
        out.raw("<td class=soft>").text(shown(gate, "source")).raw("</tr>");
    }
    return std::move(out.raw("</table></div></section>"));
}

markup failures(const json& list, instant now) {
    markup out;
    out.raw("<section><h2>Failures <small>newest first, the last 50 are kept</small></h2>");
    if (list.empty()) return std::move(out.raw("<p class=none>None.</p></section>"));
    out.raw(
        "<div class=wide><table><tr><th scope=col class=n>attempt<th scope=col>when<th "
        "scope=col>agent<th scope=col>error</tr>");
    for (const auto& e : list) {
        out.raw("<tr><td class=n>").number(whole(e, "attempt")).raw("<td>").add(when(e, "at", now));
        out.raw("<td class=w>")
            .text(shown(e, "agent"), 60)
            .raw("<td>")
            .add(error_cell(e))
            .raw("</tr>");
    }
    return std::move(out.raw("</table></div></section>"));
}

markup events(const json& list, instant now) {
    markup out;
    if (list.empty()) return out;
    out.raw(
        "<section><h2>History <small>newest first</small></h2><div class=wide><table><tr><th "
        "scope=col>when"
        "<th scope=col>event<th scope=col>from<th scope=col>to<th scope=col>agent</tr>");
    for (const auto& e : list) {
        out.raw("<tr><td>").add(when(e, "at", now)).raw("<td>").text(shown(e, "type"), 80);
        out.raw("<td>")
            .text(shown(e, "old_value"), 120)
            .raw("<td>")
            .text(shown(e, "new_value"), 120);
        out.raw("<td>").text(shown(e, "agent"), 80).raw("</tr>");
    }
    return std::move(out.raw("</table></div></section>"));
}

}  // namespace

std::string bead_page(const face& f, const json& bead) {
    const std::string town = shown(bead, "town");
    const std::string id = shown(bead, "bead_id");
    markup body;
    body.add(head(bead))
        .raw("<div class=two>")
        .add(facts(bead))
        .add(last_error(bead, f.now()))
        .raw("</div>");
    body.add(gates(field(bead, "explain"), f.now()));
    body.raw("<section><h2>Attempts <small>newest first</small></h2>");
    body.add(attempts_table(field(bead, "attempts"), false)).raw("</section>");
    body.add(failures(field(bead, "failures"), f.now()))
        .add(events(field(bead, "events"), f.now()));
    return framed(f,
                  {"townd: bead " + id, "/debug/towns",
                   "/debug/v1/beads/" + url_part(town) + "/" + url_part(id)},
                  std::move(body));
}

}  // namespace townd::debug
