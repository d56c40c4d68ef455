#include "debug/summary.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "debug/causes.hpp"
#include "debug/fleet_details.hpp"
#include "debug/operator_routes.hpp"
#include "debug/records.hpp"

namespace townd::debug {
namespace {

constexpr std::size_t errors_max = 10;
constexpr std::size_t reasons_max = 10;
constexpr int hour_minutes = 61;

json conditions_json(const overview& sum) {
    json out;
    for (std::size_t i = 0; i < sum.by_condition.size(); ++i)
        out[std::string{to_text(static_cast<engine::town_condition>(i))}] = sum.by_condition[i];
    return out;
}

// Towns that dispatch, or could if they had work; and how many did an hour before.
json dispatching_json(const overview& sum, const std::vector<engine::minute_counts>& minutes) {
    using enum engine::town_condition;
    json out;
    out["now"] = sum.count(dispatching) + sum.count(idle);
    out["total"] = sum.towns;
    const auto* before = minutes.empty() ? nullptr : &minutes.front();
    const bool known = before != nullptr && before->dispatching >= 0;
    out["hour_ago"] = known ? json(before->dispatching) : json(nullptr);
    out["hour_ago_total"] = known ? json(before->towns) : json(nullptr);
    out["hour_ago_at"] = known ? time_or_null(before->begins) : json(nullptr);
    return out;
}

json states_json(const std::array<int, 5>& states) {
    json out;
    for (std::size_t i = 1; i < states.size(); ++i)
        out[std::string{to_text(static_cast<breaker_state>(i))}] = states[i];
    return out;
}

json breakers_by_role(const overview& sum) {
    json out;
    for (std::size_t i = 0; i < agent_role_count; ++i)
        out[std::string{to_text(static_cast<agent_role>(i))}] = states_json(sum.by_role_breaker[i]);
    return out;
}

// Of the last whole minute; the running one would always look low.
json dispatches_json(const std::vector<engine::minute_counts>& minutes) {
    const auto* last = minutes.size() < 2 ? nullptr : &minutes[minutes.size() - 2];
    const auto figure = [&](int engine::minute_counts::*what) {
        return last == nullptr ? json(nullptr) : json(last->*what);
    };
    json out;
    out["ok"] = figure(&engine::minute_counts::ok);
    out["failed"] = figure(&engine::minute_counts::failed);
    out["neutral"] = figure(&engine::minute_counts::neutral);
    out["unknown"] = figure(&engine::minute_counts::unknown);
    out["suppressed"] = figure(&engine::minute_counts::suppressed);
    out["minute_at"] = last == nullptr ? json(nullptr) : time_or_null(last->begins);
    return out;
}

json numbers_json(const face& f, const overview& sum) {
    std::vector<engine::minute_counts> minutes;
    if (f.options.history != nullptr) minutes = f.options.history->minutes(hour_minutes);
    json out;
    out["towns_dispatching"] = dispatching_json(sum, minutes);
    out["breakers_by_role"] = breakers_by_role(sum);
    out["dispatches_per_minute"] = dispatches_json(minutes);
    auto& ready = out["ready_not_started"];
    ready["count"] = sum.waiting.total();
    put_past(ready, "oldest", sum.waiting.oldest, sum.now);
    ready["oldest_town"] = text_or_null(std::string_view{sum.oldest_waiting_town});
    auto& tick = out["last_tick"];
    put_past(tick, "last_tick", sum.total.last_tick_at, sum.now);
    tick["violations"] = sum.violations;
    return out;
}

json reasons_json(const waiting_counts& waiting) {
    std::vector<std::pair<int, gate_reason>> rows;
    for (int i = 0; i < gate_reason_count; ++i)
        if (const int count = waiting.by_reason[static_cast<std::size_t>(i)]; count > 0)
            rows.emplace_back(count, static_cast<gate_reason>(i));
    std::stable_sort(rows.begin(), rows.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    json out = json::array();
    for (std::size_t i = 0; i < std::min(rows.size(), reasons_max); ++i)
        out.push_back({{"reason", to_text(rows[i].second)},
                       {"count", rows[i].first},
                       {"meaning", meaning_of(rows[i].second)}});
    return out;
}

json reconciler_part(const overview& sum) {
    json out;
    out["ticks"] = sum.total.ticks;
    put_past(out, "last_tick", sum.total.last_tick_at, sum.now);
    out["towns_late"] = sum.total.towns_late;
    out["violations"] = sum.violations;
    out["first_tick_done"] = sum.total.first_tick_done;
    out["stopping"] = sum.total.stopping;
    return out;
}

json outages_json(const face& f, instant now) {
    json out = json::array();
    const auto board = f.fleet.outages();
    for (const auto& each : *board)
        out.push_back(outage_record(each, now));
    return out;
}

}  // namespace

json summary_json(const face& f, const overview& sum) {
    json out;
    out["verdict"] = sum.verdict;
    out["numbers"] = numbers_json(f, sum);
    auto& towns = out["towns"] = conditions_json(sum);
    towns["total"] = sum.towns;
    auto& breakers = out["breakers"] = states_json(sum.by_breaker);
    put_ahead(breakers, "next_probe", sum.next_probe_at, sum.now);
    out["starts_in_flight"] = sum.total.in_flight;
    out["starts_in_flight_max"] = sum.total.in_flight_max;
    out["agents_working"] = sum.agents_working;
    out["beads"] = {{"open", sum.beads.open},
                    {"in_progress", sum.beads.in_progress},
                    {"in_review", sum.beads.in_review},
                    {"closed", sum.beads.closed},
                    {"failed", sum.beads.failed}};
    out["waiting"] = waiting_record(sum.waiting, sum.now);
    out["stuck"] = stuck_record(sum.stuck, sum.now);
    out["stuck"]["towns"] = sum.stuck_towns;
    out["top_reasons"] = reasons_json(sum.waiting);
    out["reconciler"] = reconciler_part(sum);
    out["bad_rows"] = sum.bad_rows;
    out["poison_events"] = sum.poison_events;
    auto& errors = out["error_groups"] = json::array();
    for (std::size_t i = 0; i < std::min(sum.errors.size(), errors_max); ++i)
        errors.push_back(error_record(f, sum.errors[i], sum.now));
    out["error_groups_total"] = sum.errors.size();
    out["outages"] = outages_json(f, sum.now);
    out["retry_budget"] = retry_budget_record(f);
    const auto orders = overrides_json(f);
    out["orders"] = orders["items"];
    out["orders_problem"] = orders["problem"];
    out["version"] = f.options.version;
    out["as_of"] = to_rfc3339(sum.now);
    out["generation"] = sum.total.ticks;
    return out;
}

}  // namespace townd::debug
