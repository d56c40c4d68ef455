// The first page: the verdict, five numbers, the causes, why work waits, the towns, in this order.

#include <algorithm>
#include <array>
#include <utility>

#include "debug/orders_block.hpp"
#include "debug/pages.hpp"
#include "debug/parts.hpp"

namespace townd::debug {
namespace {

constexpr std::size_t errors_shown_max = 10;
// Rows stop here however long the texts are, so that the page stays small.
constexpr std::size_t page_bytes_max = 140 * 1000;
constexpr std::size_t footer_bytes = 8 * 1000;  // Style, header and footer.

using engine::town_condition;

tone tone_of_fleet(const overview& sum) {
    const int stuck = sum.count(town_condition::blocked) + sum.count(town_condition::set_aside);
    if (stuck > 0) return tone::bad;
    if (sum.count(town_condition::degraded) > 0 || sum.total.towns_late > 0) return tone::warn;
    return tone::ok;
}

void cause_sentence(markup& out, const overview& sum) {
    if (sum.errors.empty() || !sum.is_recent(sum.errors.front())) return;
    const auto& top = sum.errors.front();
    out.raw("<p>Most widespread cause: <code>").text(top.code).raw("</code> in ").text(top.phase);
    out.raw(" for ").text(top.role).raw(", in ").number(top.towns);
    out.text(top.towns == 1 ? " town" : " towns").raw(". <code>").text(top.message, 200);
    out.raw("</code></p>");
}

void action_sentence(markup& out, const overview& sum) {
    const int open = sum.count(breaker_state::open) + sum.count(breaker_state::forced_open);
    const int probing = sum.count(breaker_state::half_open);
    if (open + probing == 0) return;
    out.raw("<p>What townd does about it: ")
        .number(open)
        .text(open == 1 ? " breaker holds" : " breakers hold");
    out.raw(" starts back, ").number(probing).text(probing == 1 ? " probes now" : " probe now");
    if (sum.next_probe_at && *sum.next_probe_at > sum.now)
        out.raw(", the next probe is due in ").text(to_words(*sum.next_probe_at - sum.now));
    else if (sum.next_probe_at)
        out.raw(", the next probe is due now");
    out.raw(". Everything else goes on.</p>");
}

markup verdict_block(const overview& sum) {
    markup out;
    out.raw("<div class=\"verdict ").text(to_text(tone_of_fleet(sum))).raw("\"><h1>");
    out.text(sum.verdict, 1000).raw("</h1>");
    cause_sentence(out, sum);
    action_sentence(out, sum);
    return std::move(out.raw("</div>"));
}

void towns_number(markup& out, const overview& sum) {
    out.raw("<section><h2>Towns dispatching</h2><div class=big><a href=\"/debug/v1/towns\">");
    out.number(sum.count(town_condition::dispatching)).raw("</a> <small class=soft>of ");
    out.number(sum.towns).raw("</small></div><div class=more>");
    out.number(sum.count(town_condition::idle)).raw(" idle, ");
    out.number(sum.count(town_condition::degraded)).raw(" degraded, ");
    out.number(sum.count(town_condition::blocked) + sum.count(town_condition::set_aside));
    out.raw(" stopped</div></section>");
}

void breakers_number(markup& out, const overview& sum) {
    const int open = sum.count(breaker_state::open) + sum.count(breaker_state::forced_open);
    out.raw("<section><h2>Breakers open</h2><div class=big><a class=t-")
        .text(open > 0 ? "bad" : "ok")
        .raw(" href=\"/debug/v1/breakers?state=open,half_open,forced_open\">")
        .number(open);
    out.raw("</a> <small class=soft>+ ").number(sum.count(breaker_state::half_open));
    out.raw(" half open</small></div><div class=more>").number(sum.containers_open);
    out.raw(" of containers");
    const int forced =
        sum.count(breaker_state::forced_open) + sum.count(breaker_state::forced_closed);
    if (forced > 0) out.raw(", ").number(forced).raw(" forced by hand");
    out.raw("</div></section>");
}

void starts_number(markup& out, const overview& sum) {
    out.raw("<section><h2>Starts in flight</h2><div class=big>").number(sum.total.in_flight);
    out.raw(" <small class=soft>of ").number(sum.total.in_flight_max);
    out.raw("</small></div><div class=more>").number(sum.agents_working);
    out.raw(" agents at work</div></section>");
}

void waiting_number(markup& out, const overview& sum) {
    out.raw("<section><h2>Beads ready, not started</h2><div class=big><a href=\"#waiting\">");
    out.number(sum.waiting.total()).raw("</a></div><div class=more>");
    if (sum.waiting.oldest) {
        out.raw("oldest ").add(ago(*sum.waiting.oldest, sum.now)).raw(" in ");
        out.add(town_link(sum.oldest_waiting_town, ""));
    } else {
        out.raw("none waits");
    }
    out.raw("</div></section>");
}

void tick_number(markup& out, const overview& sum) {
    out.raw("<section><h2>Last tick</h2><div class=big><a href=\"/debug/v1/reconciler\">");
    if (sum.total.last_tick_at)
        out.add(ago(*sum.total.last_tick_at, sum.now));
    else
        out.raw("none yet");
    out.raw("</a></div><div class=more>").number(static_cast<std::int64_t>(sum.total.ticks));
    out.raw(" ticks, ").number(sum.total.towns_late).raw(" towns late");
    if (sum.bad_rows > 0) out.raw(", ").number(sum.bad_rows).raw(" bad rows");
    if (sum.poison_events > 0) out.raw(", ").number(sum.poison_events).raw(" events set aside");
    out.raw("</div></section>");
}

markup errors_block(const overview& sum) {
    markup out;
    out.raw(
        "<section id=errors><h2>Errors by cause <small>the most widespread of the last hour "
        "first</small></h2>");
    if (sum.errors.empty())
        return std::move(out.raw("<p class=none>No error is on record.</p></section>"));
    out.raw(
        "<div class=wide><table><tr><th>cause<th>role<th>phase<th>newest message<th class=n>towns"
        "<th class=n>errors<th>first seen<th>last seen</tr>");
    for (std::size_t i = 0; i < std::min(sum.errors.size(), errors_shown_max); ++i) {
        const auto& e = sum.errors[i];
        out.raw("<tr><td class=w>");
        if (sum.is_recent(e))
            out.raw("<b class=t-bad>").text(e.code).raw("</b>");
        else
            out.text(e.code).raw(" <small>(over an hour ago)</small>");
        out.raw("<td class=w>").text(e.role).raw("<td class=w>").text(e.phase);
        out.raw("<td>").text(e.message, 300);
        out.raw("<td class=n>").number(e.towns).raw("<td class=n>").number(e.count).raw("<td>");
        out.add(ago(e.first_at, sum.now)).raw("<td>").add(ago(e.last_at, sum.now));
        out.raw(" <small>").add(town_link(e.newest_town, "")).raw("</small></tr>");
    }
    out.raw("</table></div>");
    if (sum.errors.size() > errors_shown_max)
        out.raw("<p class=soft>")
            .number(static_cast<std::int64_t>(sum.errors.size() - errors_shown_max))
            .raw(" more causes in <a href=\"/debug/v1/errors\">the whole list</a>.</p>");
    return std::move(out.raw("</section>"));
}

struct waiting_row {
    gate_reason reason;
    int count;
};

std::vector<waiting_row> waiting_rows(const waiting_counts& waiting) {
    std::vector<waiting_row> out;
    for (int i = 0; i < gate_reason_count; ++i) {
        const int count = waiting.by_reason[static_cast<std::size_t>(i)];
        if (count > 0) out.push_back({static_cast<gate_reason>(i), count});
    }
    std::stable_sort(out.begin(), out.end(),
                     [](const waiting_row& a, const waiting_row& b) { return a.count > b.count; });
    return out;
}

std::string_view fill_of(gate_reason reason) {
    using enum gate_reason;
    switch (reason) {
        case town_unreadable:
        case attempts_exhausted:
        case breaker_forced_open:
        case breaker_open:
        case parked:
        case rig_not_configured:
            return "f-bad";
        case backing_off:
        case probe_in_flight:
        case container_not_ready:
            return "f-warn";
        case no_free_agent:
        case concurrency_limit:
            return "f-info";
        case dispatchable:
        case already_running:
            return "f-ok";
        default:
            return "f-calm";
    }
}

markup waiting_block(const overview& sum) {
    const int total = sum.waiting.total();
    markup out;
    out.raw(
        "<section id=waiting><h2>Why ready beads wait <small>by the first gate that "
        "refuses</small></h2>");
    if (total == 0) return std::move(out.raw("<p class=none>Nothing waits.</p></section>"));
    const auto rows = waiting_rows(sum.waiting);
    out.raw("<div class=bar>");
    for (const auto& row : rows)
        out.raw("<i class=")
            .text(fill_of(row.reason))
            .raw(" style=\"width:")
            .percent(row.count, total)
            .raw("\"></i>");
    out.raw("</div><table>");
    for (const auto& row : rows) {
        out.raw("<tr><td class=w><span class=\"key ").text(fill_of(row.reason)).raw("\"></span>");
        out.text(to_text(row.reason)).raw("<td class=n>").number(row.count).raw("<td class=soft>");
        out.text(meaning_of(row.reason)).raw("</tr>");
    }
    return std::move(out.raw("</table></section>"));
}

markup conditions_block(const overview& sum) {
    constexpr std::array<std::pair<town_condition, const char*>, 5> rows{{
        {town_condition::set_aside, "its file cannot be used"},
        {town_condition::blocked, "nothing can start"},
        {town_condition::degraded, "some starts are held back"},
        {town_condition::dispatching, "nothing in the way"},
        {town_condition::idle, "no work"},
    }};
    constexpr std::array<const char*, 4> fills{"f-ok", "f-calm", "f-warn", "f-bad"};
    markup bar;
    markup table;
    for (const auto& [condition, meaning] : rows) {
        const auto word = to_text(condition);
        const int count = sum.count(condition);
        if (count > 0)
            bar.raw("<i class=")
                .text(fills[static_cast<std::size_t>(tone_of(word))])
                .raw(" style=\"width:")
                .percent(count, sum.towns)
                .raw("\"></i>");
        table.raw("<tr><td>").add(state_mark(word)).raw("<td class=n>");
        table.raw("<a href=\"/debug/v1/towns?state=")
            .url(word)
            .raw("\">")
            .number(count)
            .raw("</a>");
        table.raw("<td class=soft>").text(meaning).raw("</tr>");
    }
    markup out;
    out.raw("<section><h2>How the towns are</h2><div class=bar>").add(bar).raw("</div><table>");
    return std::move(out.add(table).raw("</table></section>"));
}

void town_row(markup& out, const engine::town_summary& t, instant now) {
    out.raw("<tr><td>").add(state_mark(to_text(t.condition))).raw("<td class=name>");
    out.add(town_link(t.id, t.name)).raw("<td>").text(t.problem, 160);
    if (t.problem_since)
        out.raw(" <small>since ").text(to_words(now - *t.problem_since)).raw("</small>");
    const int open =
        static_cast<int>(std::count_if(t.breakers.begin(), t.breakers.end(), [](const auto& b) {
            return b.second.state.state() != breaker_state::closed;
        }));
    out.raw("<td class=n>").number(t.waiting.total()).raw("<td class=n>").number(t.agents_working);
    out.raw("<td class=n>")
        .number(t.beads.failed)
        .raw("<td class=n>")
        .number(open)
        .raw("<td class=w>");
    if (t.last_success_at)
        out.text(to_words(now - *t.last_success_at)).raw(" ago");
    else
        out.raw("\u2013");
    out.raw("</tr>");
}

markup towns_block(const summary_list& towns, instant now, std::size_t bytes_left) {
    markup rows;
    std::size_t shown = 0;
    while (shown < towns.size() && shown < towns_shown_max) {
        markup row;
        town_row(row, *towns[shown], now);
        if (rows.size() + row.size() > bytes_left) break;
        rows.add(row);
        ++shown;
    }
    markup out;
    out.raw("<section id=towns><h2>Towns <small>the worst first");
    if (shown < towns.size())
        out.raw("; ")
            .number(static_cast<std::int64_t>(shown))
            .raw(" of ")
            .number(static_cast<std::int64_t>(towns.size()))
            .raw(", the rest in <a href=\"/debug/v1/towns\">the whole list</a>");
    out.raw("</small></h2>");
    if (towns.empty())
        return std::move(
            out.raw("<p class=none>No town yet: create one through the API, or put its "
                    "database into the data directory.</p></section>"));
    out.raw(
        "<div class=wide><table><tr><th>state<th>town<th>what is wrong<th class=n>waiting"
        "<th class=n>at work<th class=n>failed<th class=n>breakers open<th>last start</tr>");
    return std::move(out.add(rows).raw("</table></div></section>"));
}

}  // namespace

std::string now_page(const face& f, const overview& sum, summary_list towns, int refresh) {
    sort_worst_first(towns);
    markup body;
    body.add(verdict_block(sum)).raw("<div class=numbers>");
    towns_number(body, sum);
    breakers_number(body, sum);
    starts_number(body, sum);
    waiting_number(body, sum);
    tick_number(body, sum);
    body.raw("</div>")
        .add(orders_block(f.fleet.operators(), sum.now))
        .add(errors_block(sum))
        .raw("<div class=two>")
        .add(waiting_block(sum));
    body.add(conditions_block(sum)).raw("</div>");
    const std::size_t used = body.size() + footer_bytes;
    body.add(towns_block(towns, sum.now, used < page_bytes_max ? page_bytes_max - used : 0));
    return framed(f, {"townd: " + sum.verdict, refresh, "/debug/v1/summary"}, std::move(body));
}

}  // namespace townd::debug
