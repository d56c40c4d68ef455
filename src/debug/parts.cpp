#include "debug/parts.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace townd::debug {
namespace {

struct mark {
    std::string_view state;
    tone how;
    std::string_view symbol;
};

// Symbols differ in shape, so that states are told apart without colour.
constexpr std::array<mark, 33> marks{{
    {"dispatching", tone::ok, "\u25CF"},  {"idle", tone::calm, "\u25CB"},
    {"degraded", tone::warn, "\u25B2"},   {"blocked", tone::bad, "\u25A0"},
    {"set_aside", tone::bad, "\u2298"},   {"closed", tone::ok, "\u25CF"},
    {"open", tone::bad, "\u25A0"},        {"half_open", tone::warn, "\u25D0"},
    {"forced_open", tone::bad, "\u2716"}, {"forced_closed", tone::warn, "\u25C9"},
    {"success", tone::ok, "\u2714"},      {"failure", tone::bad, "\u2716"},
    {"neutral", tone::calm, "\u2013"},    {"unknown", tone::warn, "?"},
    {"in_flight", tone::calm, "\u2026"},  {"working", tone::ok, "\u25CF"},
    {"waiting", tone::calm, "\u25CB"},    {"stalled", tone::warn, "\u25B2"},
    {"dead", tone::bad, "\u2716"},        {"in_progress", tone::ok, "\u25B6"},
    {"in_review", tone::ok, "\u25C7"},    {"failed", tone::bad, "\u2716"},
    {"passed", tone::ok, "\u2714"},       {"refused", tone::bad, "\u2716"},
    {"running", tone::ok, "\u25CF"},      {"ready", tone::calm, "\u25CB"},
    {"done", tone::ok, "\u2714"},         {"ended", tone::calm, "\u2013"},
    {"probing", tone::warn, "\u25D0"},    {"recovering", tone::ok, "\u25B3"},
    {"error", tone::bad, "\u2716"},       {"warn", tone::warn, "\u25B2"},
    {"info", tone::calm, "\u25CB"},
}};

const mark* mark_of(std::string_view state) {
    const auto found =
        std::find_if(marks.begin(), marks.end(), [&](const mark& m) { return m.state == state; });
    return found == marks.end() ? nullptr : &*found;
}

std::string words_of(std::string_view state) {
    std::string out{state};
    std::replace(out.begin(), out.end(), '_', ' ');
    return out;
}

markup timed(const json& at, std::string_view before, double seconds, std::string_view after) {
    markup out;
    const std::string when = at.is_string() ? at.get<std::string>() : std::string{};
    out.raw("<time class=w datetime=\"").text(when).raw("\" title=\"").text(when).raw("\">");
    out.text(before).text(to_words(duration{std::llround(seconds * 1000)})).text(after);
    return std::move(out.raw("</time>"));
}

markup none() {
    markup out;
    return std::move(out.raw("<span class=soft>\u2013</span>"));
}

void fact(markup& out, std::string_view name, const json& value) {
    if (value.is_null()) return;
    out.raw(" \u00B7 <span class=soft>").text(name).raw("</span> ");
    out.text(value.is_string() ? value.get<std::string>() : dump_json(value));
}

markup seconds_cell(const json& value) {
    if (!value.is_number()) return none();
    markup out;
    const double seconds = value.get<double>();
    out.text(seconds < 0.001 ? std::string{"< 1 ms"}
                             : to_words(duration{std::llround(seconds * 1000)}));
    return out;
}

}  // namespace

std::string_view to_text(tone t) noexcept {
    constexpr std::array<std::string_view, 4> names{"ok", "calm", "warn", "bad"};
    return names[static_cast<std::size_t>(t)];
}

const json& field(const json& object, std::string_view key) {
    static const json nothing;
    if (!object.is_object()) return nothing;
    const auto found = object.find(key);
    return found == object.end() ? nothing : *found;
}

std::string shown(const json& object, std::string_view key) {
    const json& value = field(object, key);
    if (value.is_null()) return {};
    return value.is_string() ? value.get<std::string>() : dump_json(value);
}

std::int64_t whole(const json& object, std::string_view key) {
    return number_at(object, key).value_or(0);
}

tone tone_of(std::string_view state) noexcept {
    const mark* found = mark_of(state);
    return found == nullptr ? tone::calm : found->how;
}

markup state_mark(std::string_view state) {
    const mark* found = mark_of(state);
    markup out;
    out.raw("<span class=\"s ").text(to_text(tone_of(state))).raw("\">");
    out.text(found == nullptr ? "\u25CB" : found->symbol).raw(" ").text(words_of(state), 40);
    return std::move(out.raw("</span>"));
}

markup past(const json& object, std::string_view name) {
    const json& age = field(object, std::string{name} + "_age_seconds");
    if (!age.is_number()) return none();
    return timed(field(object, std::string{name} + "_at"), "", age.get<double>(), " ago");
}

markup ahead(const json& object, std::string_view name) {
    const json& left = field(object, std::string{name} + "_in_seconds");
    if (!left.is_number()) return none();
    if (left.get<double>() <= 0) {
        markup out;
        return std::move(out.raw("<span class=w>now due</span>"));
    }
    return timed(field(object, std::string{name} + "_at"), "in ", left.get<double>(), "");
}

markup symbol_of(std::string_view state) {
    const mark* found = mark_of(state);
    markup out;
    return std::move(out.text(found == nullptr ? "\u25CB" : found->symbol));
}

markup in_time(instant at, instant now) {
    if (at == never || at == instant{}) return none();
    if (at <= now) {
        markup out;
        return std::move(out.raw("<span class=w>now due</span>"));
    }
    return timed(json(to_rfc3339(at)), "in ", to_seconds(at - now), "");
}

void dt(markup& out, std::string_view name) {
    out.raw("<dt>").text(name).raw("<dd>");
}

markup no_value() {
    return none();
}

markup ago(instant at, instant now) {
    return timed(json(to_rfc3339(at)), "", std::max(0.0, to_seconds(now - at)), " ago");
}

markup when(const json& object, std::string_view key, instant now) {
    const json& time = field(object, key);
    const auto at = parse_time(shown(object, key));
    if (!at) return none();
    if (*at > now) return timed(time, "in ", to_seconds(*at - now), "");
    return timed(time, "", to_seconds(now - *at), " ago");
}

markup town_link(std::string_view town, std::string_view name) {
    markup out;
    out.raw("<a href=\"/debug/towns/").url(town).raw("\">");
    return std::move(out.text(name.empty() ? town : name, 60).raw("</a>"));
}

markup bead_link(std::string_view town, std::string_view bead) {
    if (bead.empty()) return none();
    markup out;
    out.raw("<a href=\"/debug/towns/").url(town).raw("/beads/").url(bead).raw("\">");
    return std::move(out.text(bead, 80).raw("</a>"));
}

markup error_cell(const json& error) {
    if (!error.is_object()) return none();
    markup out;
    out.raw("<b class=t-bad>").text(shown(error, "code")).raw("</b> <span class=soft>in</span> ");
    out.text(shown(error, "phase")).raw("<br>").text(shown(error, "message"), 1024);
    markup facts;
    fact(facts, "blame", field(error, "blame"));
    fact(facts, "charged to", field(error, "level"));
    fact(facts, "HTTP", field(error, "http_status"));
    fact(facts, "errno", field(error, "errno"));
    fact(facts, "upstream", field(error, "upstream_status"));
    fact(facts, "at", field(error, "endpoint"));
    fact(facts, "container says", field(error, "error_type"));
    fact(facts, "while", field(error, "container_phase"));
    fact(facts, "advice", field(error, "action"));
    fact(facts, "fingerprint", field(error, "fingerprint"));
    out.raw("<br><small>")
        .text(field(error, "retryable") == json(false) ? "not retryable" : "retryable");
    out.add(facts).raw("</small>");
    const std::string body = shown(error, "body_excerpt");
    if (!body.empty()) out.raw("<pre>").text(body, 1100).raw("</pre>");
    return out;
}

markup attempts_table(const json& attempts, bool with_bead) {
    markup out;
    if (attempts.empty()) return std::move(out.raw("<p class=none>No attempt yet.</p>"));
    out.raw(
        "<div class=wide><table><tr><th scope=col>outcome<th scope=col class=n>attempt<th "
        "scope=col>started<th scope=col class=n>took");
    if (with_bead) out.raw("<th scope=col>bead");
    out.raw("<th scope=col>agent<th scope=col>state<th scope=col>error, or how it ended</tr>");
    for (const auto& a : attempts) {
        out.raw("<tr><td>").add(state_mark(shown(a, "outcome"))).raw("<td class=n>");
        out.number(whole(a, "attempt")).raw("<td>").add(past(a, "started")).raw("<td class=n>");
        out.add(seconds_cell(field(a, "duration_seconds")));
        if (with_bead) out.raw("<td>").add(bead_link(shown(a, "town"), shown(a, "bead")));
        out.raw("<td class=w>").text(shown(a, "agent"), 60).raw(" <small>").text(shown(a, "role"));
        out.raw("</small><td class=w>").text(shown(a, "state")).raw("<td>");
        if (field(a, "error").is_object())
            out.add(error_cell(field(a, "error")));
        else
            out.text(shown(a, "end_reason"));
        out.raw("</tr>");
    }
    return std::move(out.raw("</table></div>"));
}

markup breakers_table(const json& breakers) {
    markup out;
    out.raw(
        "<div class=wide><table><tr><th scope=col>breaker<th scope=col>state<th "
        "scope=col>what fails<th scope=col>opened<th scope=col>tried again"
        "<th scope=col class=n>failures in a row<th scope=col>cause</tr>");
    for (const auto& b : breakers) {
        const std::string agent = shown(b, "agent");
        const std::string rig = shown(b, "rig_id");
        out.raw("<tr><td class=w>").text(agent.empty() ? shown(b, "role") : agent, 60);
        out.raw(" <small>").text(agent.empty() ? rig : shown(b, "role"), 60).raw("</small>");
        out.raw("<td>").add(state_mark(shown(b, "state"))).raw("<td class=w>");
        out.text(shown(b, "stage_words")).raw("<td>").add(past(b, "opened"));
        out.raw("<td>").add(ahead(b, "retry"));
        if (field(b, "probe_in_flight") == json(true)) out.raw(" <small>probe in flight</small>");
        out.raw("<td class=n>").number(whole(b, "consecutive_failures")).raw("<td>");
        out.text(shown(b, "cause")).raw("</tr>");
    }
    return std::move(out.raw("</table></div>"));
}

}  // namespace townd::debug
