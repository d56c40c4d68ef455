// One town: what is wrong, its breakers, agents, beads and last attempts.

#include <utility>

#include "debug/frame.hpp"
#include "debug/pages.hpp"
#include "debug/parts.hpp"

namespace townd::debug {
namespace {

markup head(const json& town, instant now) {
    const std::string id = shown(town, "town");
    const std::string name = shown(town, "name");
    const std::string state = shown(town, "state");
    markup out;
    out.raw("<div class=\"verdict ").text(to_text(tone_of(state))).raw("\"><p class=crumb>");
    out.raw("<a href=\"/debug/\">Now</a> / town</p><h1>").text(name.empty() ? id : name, 80);
    if (name != id) out.raw(" <small>").text(id, 80).raw("</small>");
    out.raw("</h1><p>").add(state_mark(state));
    if (const auto problem = shown(town, "problem"); !problem.empty())
        out.raw(" \u00B7 ").text(problem, 600);
    if (field(town, "problem_age_seconds").is_number())
        out.raw(" <span class=soft>began ").add(when(town, "problem_since", now)).raw("</span>");
    return std::move(out.raw("</p></div>"));
}

void one_number(markup& out, std::string_view name, std::int64_t value, const markup& more) {
    out.raw("<section><h2>").text(name).raw("</h2><div class=big>").number(value);
    out.raw("</div><div class=more>").add(more).raw("</div></section>");
}

markup numbers(const json& town) {
    const json& beads = field(town, "beads");
    const json& waiting = field(town, "waiting");
    markup work;
    work.number(whole(beads, "in_progress"))
        .raw(" in progress, ")
        .number(whole(beads, "in_review"))
        .raw(" in review");
    markup over;
    over.number(whole(beads, "closed")).raw(" closed");
    markup oldest;
    if (field(waiting, "oldest_age_seconds").is_number())
        oldest.raw("oldest made ").add(past(waiting, "oldest"));
    else
        oldest.raw("none waits");
    markup starts;
    starts.number(whole(town, "starts_in_flight")).raw(" starts in flight");
    markup tick;
    tick.raw("last ").add(past(town, "last_tick")).raw(", next ").add(ahead(town, "next_tick"));
    markup out;
    out.raw("<div class=numbers>");
    one_number(out, "Issues open", whole(beads, "open"), work);
    one_number(out, "Issues failed", whole(beads, "failed"), over);
    one_number(out, "Ready, not started", whole(waiting, "total"), oldest);
    one_number(out, "Agents at work", whole(town, "agents_working"), starts);
    one_number(out, "Ticks", whole(town, "ticks"), tick);
    return std::move(out.raw("</div>"));
}

markup waiting_line(const json& town) {
    markup out;
    const json& reasons = field(field(town, "waiting"), "by_reason");
    if (!reasons.is_object() || reasons.empty()) return out;
    out.raw("<section><h2>Why ready beads wait</h2><div class=legend>");
    for (const auto& [reason, count] : reasons.items())
        out.raw("<span>").text(reason).raw(" <b>").text(dump_json(count)).raw("</b></span>");
    return std::move(out.raw("</div></section>"));
}

markup agents_block(const std::string& town, const json& agents) {
    markup out;
    out.raw("<section><h2>Agents</h2>");
    if (agents.empty()) return std::move(out.raw("<p class=none>None yet.</p></section>"));
    out.raw(
        "<div class=wide><table><tr><th scope=col>agent<th scope=col>role<th scope=col>status<th "
        "scope=col>breaker<th scope=col>works on"
        "<th scope=col>last sign of life<th scope=col>says</tr>");
    std::size_t rows = 0;
    for (const auto& a : agents) {
        if (++rows > 200) break;
        out.raw("<tr><td class=w>").text(shown(a, "name"), 60).raw("<td>").text(shown(a, "role"));
        out.raw("<td>").add(state_mark(shown(a, "status")));
        if (shown(a, "status") != shown(a, "status_text"))
            out.raw(" <small>").text(shown(a, "status_text"), 60).raw("</small>");
        out.raw("<td>").add(state_mark(shown(a, "breaker_state"))).raw("<td>");
        out.add(bead_link(town, shown(a, "current_hook_bead_id")))
            .raw("<td>")
            .add(past(a, "last_activity"));
        out.raw("<td>").text(shown(a, "status_message")).raw("</tr>");
    }
    return std::move(out.raw("</table></div></section>"));
}

markup beads_block(const std::string& town, const json& beads, std::int64_t live) {
    markup out;
    out.raw("<section><h2>Beads <small>")
        .number(live)
        .raw(" not over; failed ones last</small></h2>");
    if (beads.empty()) return std::move(out.raw("<p class=none>No work.</p></section>"));
    out.raw(
        "<div class=wide><table><tr><th scope=col>status<th scope=col>bead<th scope=col>title<th "
        "scope=col>type<th scope=col>priority"
        "<th scope=col class=n>starts<th scope=col class=n>charged<th scope=col>next attempt<th "
        "scope=col>made<th scope=col>why it is there</tr>");
    for (const auto& b : beads) {
        out.raw("<tr><td>");
        // An open bead is ready work, not trouble like an open breaker.
        const std::string status = shown(b, "status");
        if (status == "open")
            out.raw("<span class=\"s calm\">\u25CB open</span>");
        else
            out.add(state_mark(status));
        out.raw("<td>").add(bead_link(town, shown(b, "bead_id"))).raw("<td>");
        out.text(shown(b, "title"), 160)
            .raw("<td class=w>")
            .text(shown(b, "type"))
            .raw("<td class=w>");
        out.text(shown(b, "priority")).raw("<td class=n>").number(whole(b, "starts"));
        out.raw("<td class=n>").number(whole(b, "dispatch_attempts")).raw("<td>");
        out.add(ahead(b, "next_attempt")).raw("<td>").add(past(b, "created")).raw("<td>");
        out.text(shown(b, "reason"), 200).raw("</tr>");
    }
    return std::move(out.raw("</table></div></section>"));
}

markup trouble_block(const json& detail) {
    markup out;
    const json& bad = field(detail, "bad_rows");
    const json& poison = field(detail, "poison_events");
    const json& invariants = field(detail, "invariants");
    if (!invariants.empty()) {
        out.raw("<section><h2>Not as it should be <small>for a minute or more</small></h2><ul>");
        for (const auto& each : invariants)
            out.raw("<li>").text(each.is_string() ? each.get<std::string>() : "");
        out.raw("</ul></section>");
    }
    if (!bad.empty()) {
        out.raw(
            "<section><h2>Rows that cannot be read <small>left out; the rest goes on</small></h2>"
            "<div class=wide><table><tr><th scope=col>table<th scope=col>row<th "
            "scope=col>why</tr>");
        for (const auto& row : bad)
            out.raw("<tr><td>")
                .text(shown(row, "table"))
                .raw("<td>")
                .text(shown(row, "id"))
                .raw("<td>")
                .text(shown(row, "why"))
                .raw("</tr>");
        out.raw("</table></div></section>");
    }
    if (!poison.empty()) {
        out.raw(
            "<section><h2>Events set aside <small>after their last try</small></h2>"
            "<div class=wide><table><tr><th scope=col>event<th scope=col>type<th scope=col "
            "class=n>tries<th scope=col>error</tr>");
        for (const auto& e : poison)
            out.raw("<tr><td>")
                .text(shown(e, "id"))
                .raw("<td>")
                .text(shown(e, "type"))
                .raw("<td class=n>")
                .number(whole(e, "tries"))
                .raw("<td>")
                .text(shown(e, "error"))
                .raw("</tr>");
        out.raw("</table></div></section>");
    }
    return out;
}

}  // namespace

std::string town_page(const face& f, const json& town, const json& detail) {
    const std::string id = shown(town, "town");
    markup body;
    body.add(head(town, f.now())).add(numbers(town)).add(waiting_line(town));
    if (detail.is_object()) {
        body.add(trouble_block(detail));
        body.raw("<section><h2>Breakers</h2>").add(breakers_table(field(detail, "breakers")));
        body.raw("</section>").add(agents_block(id, field(detail, "agents")));
        body.add(beads_block(id, field(detail, "beads"), whole(detail, "beads_live")));
        body.raw("<section><h2>Last attempts</h2>");
        body.add(attempts_table(field(detail, "attempts"), true)).raw("</section>");
    }
    return framed(f, {"townd: town " + id, "/debug/towns", "/debug/v1/towns/" + url_part(id)},
                  std::move(body));
}

std::string problem_page(const face& f, const json& problem) {
    markup body;
    body.raw("<div class=\"verdict warn\"><p class=crumb><a href=\"/debug/\">Now</a></p><h1>");
    body.text(shown(problem, "title")).raw("</h1><p>").text(shown(problem, "detail"), 1024);
    body.raw("</p></div>");
    return framed(f, {"townd: " + shown(problem, "title"), {}, {}}, std::move(body));
}

}  // namespace townd::debug
