// The report for programs.

#include "json/json.hpp"
#include "scenario/figures.hpp"

namespace townd::scenario {
namespace {

json number_or_null(const std::optional<double>& value) {
    if (!value) return nullptr;
    const auto whole = static_cast<std::int64_t>(*value);
    return static_cast<double>(whole) == *value ? json(whole) : json(*value);
}

json seconds_or_null(const std::optional<duration>& span) {
    return span ? json(to_seconds(*span)) : json(nullptr);
}

json roles_of(const by_role& counts) {
    return {{"polecat", counts[0]}, {"refinery", counts[1]}, {"mayor", counts[2]}};
}

json tally_of(const tally& t) {
    return {{"attempts", roles_of(t.attempts)}, {"started", roles_of(t.ok)},
            {"failed", roles_of(t.failed)},     {"unknown", roles_of(t.unknown)},
            {"neutral", roles_of(t.neutral)},   {"suppressed", roles_of(t.suppressed)}};
}

// Columns: one number a minute each.
json minutes_of(const report& r) {
    json started = json::array();
    json failed = json::array();
    json unknown = json::array();
    json suppressed = json::array();
    json open = json::object();
    for (const auto scope : scopes)
        open[std::string{scope}] = json::array();
    for (const auto& m : r.came.run.minutes) {
        started.push_back(sum(m.starts.ok));
        failed.push_back(sum(m.starts.failed));
        unknown.push_back(sum(m.starts.unknown));
        suppressed.push_back(sum(m.starts.suppressed));
        for (std::size_t s = 0; s < scope_count; ++s)
            open[std::string{scopes[s]}].push_back(m.open_breakers[s]);
    }
    return {{"started", std::move(started)},
            {"failed", std::move(failed)},
            {"unknown", std::move(unknown)},
            {"suppressed", std::move(suppressed)},
            {"open_breakers", std::move(open)}};
}

json outages_of(const report& r) {
    json out = json::array();
    for (const auto& o : r.came.run.outages)
        out.push_back({{"role", to_text(o.role)},
                       {"cause", o.cause},
                       {"opened_at_seconds", to_seconds(o.opened)},
                       {"healing_at_seconds", seconds_or_null(o.healing)},
                       {"closed_at_seconds", seconds_or_null(o.closed)},
                       {"towns", o.members_peak},
                       {"false_alarm", o.false_alarm}});
    return out;
}

json repairs_of(const report& r) {
    json out = json::array();
    for (const auto& repair : r.came.run.repairs)
        out.push_back({{"at_seconds", to_seconds(repair.at)},
                       {"of", repair.names},
                       {"towns", repair.towns},
                       {"towns_back", repair.back},
                       {"seconds_to_first_town", seconds_or_null(repair.first)},
                       {"seconds_to_last_town", seconds_or_null(repair.last)}});
    return out;
}

json verdicts_of(const report& r) {
    json out = json::array();
    for (const auto& v : r.verdicts)
        out.push_back({{"figure", v.wanted.figure},
                       {"at_least", number_or_null(v.wanted.at_least)},
                       {"at_most", number_or_null(v.wanted.at_most)},
                       {"reached", number_or_null(v.reached)},
                       {"ok", v.ok}});
    return out;
}

json figure_of(const report& r, std::string_view name) {
    for (const auto& f : r.figures)
        if (f.name == name) return number_or_null(f.value);
    return nullptr;
}

json broken_of(const report& r) {
    const auto& broken = r.came.run.broken;
    if (!broken) return nullptr;
    return {{"invariant", broken->invariant}, {"town", broken->town}, {"what", broken->sentence}};
}

}  // namespace

std::string json_of(const report& r) {
    json failed = json::array();
    json hours = json::array();
    by_role suppressed{};
    for (const auto& h : r.hours) {
        failed.push_back(sum(h.failed));
        hours.push_back(tally_of(h));
        for (std::size_t i = 0; i < suppressed.size(); ++i)
            suppressed[i] += h.suppressed[i];
    }
    json out{{"scenario", r.what.name},
             {"about", r.what.about},
             {"towns", r.what.towns},
             {"seed", r.what.seed},
             {"seconds", to_seconds(r.what.length)},
             {"reached", r.reached()},
             {"failed_starts_by_hour", std::move(failed)}};
    for (const std::string_view name :
         {"first_hour_failed", "max_later_hour_failed", "seconds_from_repair_to_last_town",
          "beads_failed", "beads_closed"})
        out[std::string{name}] = figure_of(r, name);
    out["suppressed_by_role"] = roles_of(suppressed);
    json figures = json::object();
    for (const auto& f : r.figures)
        figures[std::string{f.name}] = number_or_null(f.value);
    out["figures"] = std::move(figures);
    out["must"] = verdicts_of(r);
    out["broken_invariant"] = broken_of(r);
    json policy = json::object();
    for (const auto& key : r.what.policy_set)
        policy[key.key] = key.value;
    out["policy"] = std::move(policy);
    out["hours"] = std::move(hours);
    out["outages"] = outages_of(r);
    out["repairs"] = repairs_of(r);
    out["minutes"] = minutes_of(r);
    return dump_json(out, 1) + "\n";
}

}  // namespace townd::scenario
