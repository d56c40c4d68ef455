#include "ctl/status.hpp"

#include <algorithm>

#include "ctl/output.hpp"
#include "ctl/reads.hpp"
#include "ctl/views.hpp"
#include "townd/words/exit_codes.hpp"

namespace townd::ctl {
namespace {

constexpr std::size_t causes_shown_max = 5;
constexpr std::size_t orders_shown_max = 8;

std::int64_t count(const json& object, std::string_view path) {
    const json& value = member(object, path);
    return value.is_number() ? value.get<std::int64_t>() : 0;
}

// `name 3`, for those that are not 0.
void append(std::string& to, std::int64_t number, const std::string& name) {
    if (number > 0) to += (to.empty() ? "" : ", ") + std::to_string(number) + " " + name;
}

std::string towns_line(const json& s) {
    std::string rest;
    for (const char* state : {"idle", "degraded", "blocked", "set_aside"})
        append(rest, count(s, std::string{"towns."} + state), state);
    return std::to_string(count(s, "towns.dispatching")) + " dispatching of " +
           std::to_string(count(s, "towns.total")) + (rest.empty() ? "" : " (" + rest + ")");
}

std::string breakers_line(const json& s) {
    std::string out;
    for (const char* state : {"open", "half_open", "forced_open", "forced_closed"})
        append(out, count(s, std::string{"breakers."} + state), state);
    if (out.empty()) return "none open";
    const auto next = span_cell(member(s, "breakers.next_probe_in_seconds"));
    return next == "-" ? out : out + "; next try in " + next;
}

std::string starts_line(const json& s) {
    std::string out = std::to_string(count(s, "starts_in_flight")) + " in flight of " +
                      cell(s, "starts_in_flight_max") + ", " + cell(s, "agents_working") +
                      " agents at work";
    const json& minute = member(s, "numbers.dispatches_per_minute");
    if (!member(minute, "ok").is_number()) return out;
    return out + "; a minute: " + cell(minute, "ok") + " ok, " + cell(minute, "failed") +
           " failed, " + cell(minute, "suppressed") + " held back";
}

std::string waiting_line(const json& s) {
    const auto total = count(s, "waiting.total");
    if (total == 0) return "no ready bead waits";
    return std::to_string(total) + (total == 1 ? " bead" : " beads") +
           " ready, not started; the oldest for " +
           span_cell(member(s, "waiting.oldest_age_seconds"));
}

// What only a person moves on.
std::string stuck_line(const json& s) {
    std::string out;
    append(out, count(s, "stuck.parked"), "parked");
    append(out, count(s, "stuck.held"), "held");
    append(out, count(s, "stuck.attempts_exhausted"), "out of attempts");
    append(out, count(s, "stuck.unanswered"), "without an answer to their start");
    return out.empty()
               ? "nothing"
               : out + "; the oldest for " + span_cell(member(s, "stuck.since_age_seconds"));
}

std::string tick_line(const json& s) {
    const auto ago = span_cell(member(s, "reconciler.last_tick_age_seconds"));
    return (ago == "-" ? "none yet" : ago + " ago") + ", " +
           std::to_string(count(s, "reconciler.towns_late")) + " towns late, " +
           std::to_string(count(s, "reconciler.violations")) + " violations";
}

json first_of(const json& list, std::size_t max) {
    json out = json::array();
    if (!list.is_array()) return out;
    for (std::size_t i = 0; i < std::min(list.size(), max); ++i)
        out.push_back(list[i]);
    return out;
}

json by_count(const json& reasons) {
    std::vector<std::pair<std::int64_t, std::string>> sorted;
    if (reasons.is_object())
        for (const auto& [name, value] : reasons.items())
            if (value.is_number_integer()) sorted.emplace_back(value.get<std::int64_t>(), name);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    json out = json::array();
    for (const auto& [number, name] : sorted)
        out.push_back({{"reason", name}, {"count", number}});
    return out;
}

}  // namespace

bool is_bad(const json& summary, const json& outages) {
    return count(summary, "towns.blocked") + count(summary, "towns.degraded") +
                   count(summary, "towns.set_aside") >
               0 ||
           count(summary, "reconciler.towns_late") > 0 || !member(outages, "items").empty();
}

std::string status_text(const json& s, const json& overrides, const json& outages,
                        const screen& on) {
    const bool bad = is_bad(s, outages);
    const std::string verdict = cell(s, "verdict");
    std::string out =
        (on.colours ? painted(verdict, bad ? colour::bad : colour::good) : verdict) + "\n\n";
    out += described({{"Towns", towns_line(s)},
                      {"Breakers", breakers_line(s)},
                      {"Starts", starts_line(s)},
                      {"Waiting", waiting_line(s)},
                      {"Stuck", stuck_line(s)},
                      {"Last tick", tick_line(s)}},
                     on);
    out += block("Outages", member(outages, "items"),
                 {{"OUTAGE", "id"},
                  {"ROLE", "role"},
                  {"SINCE", "opened_age_seconds", shape::age},
                  {"TOWNS", "towns"},
                  {"NEXT PROBE", "next_probe_in_seconds", shape::ahead},
                  {"CAUSE", "cause"}},
                 on);
    out += block("Causes", first_of(member(s, "error_groups"), causes_shown_max),
                 {{"ERROR", "fingerprint"},
                  {"CODE", "code"},
                  {"ROLE", "role"},
                  {"TOWNS", "towns"},
                  {"COUNT", "count"},
                  {"LAST", "last_age_seconds", shape::age},
                  {"MESSAGE", "message"}},
                 on);
    out += block("Why ready beads wait", by_count(member(s, "waiting.by_reason")),
                 {{"BEADS", "count"}, {"REASON", "reason"}}, on);
    out += block("Orders in force", first_of(member(overrides, "items"), orders_shown_max),
                 {{"ORDER", "kind"},
                  {"SCOPE", "scope"},
                  {"TOWN", "town"},
                  {"ROLE", "role"},
                  {"BY", "by"},
                  {"ENDS", "expires_in_seconds", shape::ahead},
                  {"REASON", "reason"}},
                 on);
    return out;
}

outcome<looked> look_at(session& of) {
    auto summary = of.get("/debug/v1/summary");
    if (!summary) return summary.error();
    auto overrides = of.get("/debug/v1/overrides");
    if (!overrides) return overrides.error();
    auto outages = of.get("/debug/v1/outages");
    if (!outages) return outages.error();
    return looked{*std::move(summary), std::move(overrides->value), std::move(outages->value)};
}

int status(session& of, bool verdict_counts) {
    const auto seen = look_at(of);
    if (!seen) return of.fail(seen.error());
    show_object(of, seen->summary, cell(seen->summary.value, "verdict"),
                [&](const json& s, const screen& on) {
                    return status_text(s, seen->overrides, seen->outages, on);
                });
    return verdict_counts && is_bad(seen->summary.value, seen->outages) ? exit_failed : exit_ok;
}

}  // namespace townd::ctl
