// The first page: the verdict, five numbers, the causes, why work waits, attempts a minute, and
// the map of towns, in this order and, at a few hundred towns, on one screen.

#include <algorithm>
#include <array>
#include <utility>

#include "debug/frame.hpp"
#include "debug/graphics.hpp"
#include "debug/listing.hpp"
#include "debug/pages.hpp"
#include "debug/parts.hpp"
#include "debug/town_map.hpp"
#include "debug/verdict_block.hpp"

namespace townd::debug {
namespace {

constexpr std::size_t causes_shown_max = 5;
constexpr std::size_t reasons_shown_max = 6;
constexpr int minutes_shown_max = 180;
// The map becomes coarser before the page becomes larger.
constexpr std::size_t page_bytes_max = 140 * 1000;
constexpr std::size_t frame_bytes = 4 * 1000;

using engine::minute_counts;
using engine::town_condition;

void towns_number(markup& out, const face& f, const overview& sum) {
    const int well = sum.count(town_condition::dispatching) + sum.count(town_condition::idle);
    out.raw("<a id=n-towns href=\"/debug/towns\"><b>Towns well</b><span class=big><span class=t-");
    out.text(well < sum.towns ? "bad" : "ok").raw(">").number(well).raw("</span> <small>of ");
    out.number(sum.towns).raw("</small></span><i>");
    if (const auto before = minute_before(f, 60))
        out.number(before->dispatching).raw(" of ").number(before->towns).raw(" an hour before, ");
    out.number(sum.count(town_condition::dispatching)).raw(" with work, ");
    out.number(sum.count(town_condition::idle)).raw(" idle</i></a>");
}

// Open and half-open breakers of each role; those of places stand apart from their agents'.
void breakers_number(markup& out, const overview& sum, const summary_list& towns) {
    std::array<int, agent_role_count> by_role{};
    for (const auto& town : towns)
        for (const auto& [key, e] : town->breakers)
            if (e.state.state() != breaker_state::closed) ++by_role[index_of(e.role)];
    const int open = sum.count(breaker_state::open) + sum.count(breaker_state::forced_open);
    out.raw("<a id=n-breakers href=\"/debug/breakers?state=not_closed\"><b>Breakers</b>");
    out.raw("<span class=big><span class=t-").text(open > 0 ? "bad" : "ok").raw(">").number(open);
    out.raw("</span> <small>open</small> <span class=t-");
    out.text(sum.count(breaker_state::half_open) > 0 ? "warn" : "calm").raw(">");
    out.number(sum.count(breaker_state::half_open)).raw("</span> <small>half open</small></span>");
    out.raw("<i>");
    for (const auto role : {agent_role::polecat, agent_role::refinery, agent_role::mayor})
        out.text(role == agent_role::polecat ? "" : ", ")
            .text(to_text(role))
            .raw(" ")
            .number(by_role[index_of(role)]);
    out.raw("</i></a>");
}

void starts_number(markup& out, const overview& sum, const std::vector<minute_counts>& minutes) {
    out.raw("<a id=n-starts href=\"/debug/events?type=attempt_failed\"><b>Starts ");
    if (minutes.size() < 2) {
        out.raw("in flight</b><span class=big>").number(sum.total.in_flight);
        out.raw(" <small>of ").number(sum.total.in_flight_max).raw("</small></span><i>");
        out.number(sum.agents_working).raw(" agents at work</i></a>");
        return;
    }
    const auto& last = minutes[minutes.size() - 2];
    const auto& now = minutes.back();
    out.raw("in the last minute</b><span class=big><span class=t-ok>").number(last.ok);
    out.raw("</span> <small>ok</small> <span class=t-").text(last.failed > 0 ? "bad" : "calm");
    out.raw(">").number(last.failed).raw("</span> <small>failed</small></span><i>");
    out.number(last.suppressed).raw(" suppressed; this minute ").number(now.ok).raw(" ok, ");
    out.number(now.failed).raw(" failed; ").number(sum.total.in_flight).raw(" in flight</i></a>");
}

std::string name_of(const face& f, const town_id& town) {
    const auto known = f.fleet.summary(town);
    return known == nullptr ? town : known->name;
}

void waiting_number(markup& out, const face& f, const overview& sum) {
    out.raw("<a id=n-waiting href=\"/debug/towns?waiting=yes&amp;sort=-waiting\">");
    out.raw("<b>Beads ready, not started</b><span class=big>").number(sum.waiting.total());
    out.raw("</span><i>");
    if (sum.waiting.oldest)
        out.raw("oldest ")
            .add(ago(*sum.waiting.oldest, sum.now))
            .raw(" in ")
            .text(name_of(f, sum.oldest_waiting_town), 40);
    else
        out.raw("none waits");
    out.raw("</i></a>");
}

void tick_number(markup& out, const overview& sum) {
    const bool late = sum.total.towns_late > 0;
    out.raw("<a id=n-tick href=\"/debug/towns?sort=tick\"><b>Last tick</b><span class=\"big t-");
    out.text(late ? "bad" : "ok").raw("\">");
    if (sum.total.last_tick_at)
        out.add(ago(*sum.total.last_tick_at, sum.now));
    else
        out.raw("none yet");
    out.raw("</span><i>").number(static_cast<std::int64_t>(sum.total.ticks)).raw(" ticks, ");
    out.number(sum.total.towns_late).raw(" towns late");
    if (sum.bad_rows > 0) out.raw(", ").number(sum.bad_rows).raw(" bad rows");
    if (sum.poison_events > 0) out.raw(", ").number(sum.poison_events).raw(" events set aside");
    out.raw("</i></a>");
}

void cause_row(markup& out, const known_cause& each, instant now) {
    const auto& c = each.what;
    const bool recent = now - c.last_at <= std::chrono::hours{1};
    out.raw("<tr><td class=w><a class=t-").text(recent ? "bad" : "calm");
    out.raw(" href=\"/debug/errors/").url(c.fingerprint).raw("\">").text(c.code).raw("</a>");
    out.raw("<td class=w>").text(c.role).raw("<td class=w>").text(c.phase);
    out.raw("<td class=msg title=\"").text(c.message, 200).raw("\">").text(c.message, 200);
    out.raw("<td class=n>").number(each.towns()).raw("<td class=n>");
    out.number(each.has_history ? c.last_hour : c.count);
    out.raw("<td>").add(ago(c.first_at, now)).raw("<td>").add(ago(c.last_at, now)).raw("<td>");
    if (each.has_history)
        out.add(sparkline(c.by_minute, "Failures a minute in the last hour"));
    else
        out.raw("<small>before this start</small>");
    out.raw("</tr>");
}

markup causes_block(const std::vector<known_cause>& causes, instant now) {
    markup out;
    out.raw(
        "<section id=errors><h2>Errors of the last hour by cause <small>the most widespread "
        "first</small></h2>");
    if (causes.empty())
        return std::move(out.raw("<p class=none>No error is on record.</p></section>"));
    out.raw(
        "<div class=wide><table class=dense><thead><tr><th scope=col>cause<th scope=col>role"
        "<th scope=col>phase<th scope=col>newest message<th scope=col class=n>towns"
        "<th scope=col class=n>errors<th scope=col>first seen<th scope=col>last seen"
        "<th scope=col>1 h</tr></thead><tbody>");
    for (std::size_t i = 0; i < std::min(causes.size(), causes_shown_max); ++i)
        cause_row(out, causes[i], now);
    out.raw("</tbody></table></div>");
    if (causes.size() > causes_shown_max)
        out.raw("<p class=soft><a href=\"/debug/errors\">All ")
            .number(static_cast<std::int64_t>(causes.size()))
            .raw(" causes</a></p>");
    return std::move(out.raw("</section>"));
}

std::string_view fill_of(gate_reason reason) {
    using enum gate_reason;
    switch (reason) {
        case town_unreadable:
        case attempts_exhausted:
        case breaker_forced_open:
        case outage_open:
        case parked:
        case rig_not_configured:
            return "f-bad";
        case breaker_open:
        case probe_in_flight:
            return "f-warn";
        case backing_off:
        case no_free_agent:
        case concurrency_limit:
        case slow_start:
        case budget_exceeded:
            return "f-info";
        case dispatchable:
        case already_running:
            return "f-ok";
        default:
            return "f-calm";
    }
}

std::vector<std::pair<gate_reason, int>> waiting_rows(const waiting_counts& waiting) {
    std::vector<std::pair<gate_reason, int>> out;
    for (int i = 0; i < gate_reason_count; ++i) {
        const int count = waiting.by_reason[static_cast<std::size_t>(i)];
        if (count > 0) out.emplace_back(static_cast<gate_reason>(i), count);
    }
    std::stable_sort(out.begin(), out.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    return out;
}

markup waiting_block(const overview& sum) {
    markup out;
    out.raw("<section id=waiting><h2>Why ").number(sum.waiting.total());
    out.raw(" ready beads wait <small>by the first gate that refuses</small></h2>");
    if (sum.waiting.total() == 0)
        return std::move(out.raw("<p class=none>Nothing waits.</p></section>"));
    const auto rows = waiting_rows(sum.waiting);
    std::vector<share> shares;
    for (const auto& [reason, count] : rows)
        shares.push_back({fill_of(reason), to_text(reason), count});
    out.add(share_bar(shares, "Shares of the reasons below"));
    out.raw(
        "<table class=dense><thead><tr><th scope=col>reason<th scope=col class=n>beads"
        "<th scope=col>meaning</tr></thead><tbody>");
    for (std::size_t i = 0; i < std::min(rows.size(), reasons_shown_max); ++i) {
        const auto& [reason, count] = rows[i];
        out.raw("<tr><td class=w><span class=\"key ").text(fill_of(reason)).raw("\"></span>");
        out.raw("<a href=\"/debug/towns?reason=").url(to_text(reason)).raw("\">");
        out.text(to_text(reason)).raw("</a><td class=n>").number(count).raw("<td class=soft>");
        out.text(meaning_of(reason)).raw("</tr>");
    }
    out.raw("</tbody></table>");
    if (rows.size() > reasons_shown_max)
        out.raw("<p class=soft>and ")
            .number(static_cast<std::int64_t>(rows.size() - reasons_shown_max))
            .raw(" more reasons</p>");
    return std::move(out.raw("</section>"));
}

markup attempts_block(const std::vector<minute_counts>& minutes) {
    markup out;
    out.raw(
        "<section id=attempts><h2>Attempts a minute <small>suppressed: held back by a breaker, "
        "an outage or a budget</small></h2>");
    if (minutes.empty())
        return std::move(out.raw("<p class=none>No history is kept here.</p></section>"));
    return std::move(out.add(attempts_chart(minutes)).raw("</section>"));
}

}  // namespace

std::string now_page(const face& f, const overview& sum, summary_list towns,
                     const http::request& call) {
    const auto causes = causes_of(f, sum);
    const auto minutes = minutes_of(f, minutes_shown_max);
    markup body;
    body.add(verdict_block(f, sum, causes));
    body.raw("<section class=numbers aria-label=\"Five numbers\">");
    towns_number(body, f, sum);
    breakers_number(body, sum, towns);
    starts_number(body, sum, minutes);
    waiting_number(body, f, sum);
    tick_number(body, sum);
    body.raw("</section>").add(causes_block(causes, sum.now)).raw("<div class=two>");
    body.add(waiting_block(sum)).add(attempts_block(minutes)).raw("</div>");
    const std::size_t used = body.size() + frame_bytes;
    body.add(town_map(towns, used < page_bytes_max ? page_bytes_max - used : 0));
    frame around{"townd: " + sum.verdict, "/debug/", "/debug/v1/summary",
                 refresh_of(call, 5),     1000,      !minutes.empty()};
    return framed(f, around, std::move(body));
}

}  // namespace townd::debug
