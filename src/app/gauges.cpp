#include "app/gauges.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <tuple>

#include "sys/log.hpp"
#include "sys/process_stats.hpp"

namespace townd::app {

namespace {

constexpr std::array roles{agent_role::polecat, agent_role::refinery, agent_role::mayor};
using engine::town_condition;
using summaries = std::vector<std::shared_ptr<const engine::town_summary>>;

// Whether an order of its own or of the whole daemon keeps the town from starting anything.
bool is_paused(const engine::town_summary& town, const engine::operator_view& orders) {
    return std::any_of(orders.orders.begin(), orders.orders.end(), [&](const auto& each) {
        return each.order.scope == override_scope::daemon ||
               (each.order.scope == override_scope::town && each.order.town == town.id);
    });
}

std::string_view state_of(const engine::town_summary& town, const engine::operator_view& orders) {
    if (town.condition == town_condition::blocked || town.condition == town_condition::set_aside)
        return "blocked";
    if (is_paused(town, orders)) return "paused";
    return town.condition == town_condition::degraded ? "degraded" : "dispatching";
}

void set_towns(sys::metrics& counts, const fleet_reading& from) {
    std::map<std::string_view, int> states{
        {"dispatching", 0}, {"degraded", 0}, {"blocked", 0}, {"paused", 0}};
    for (const auto& t : from.towns)
        ++states[state_of(*t, from.orders)];
    for (const auto& [state, count] : states)
        counts.set_towns(state, count);
}

void set_breakers(sys::metrics& counts, const summaries& towns) {
    // Every combination is set each time, so that one that emptied does not keep its last value.
    std::map<std::tuple<std::string_view, std::string_view, std::string_view>, int> breakers;
    for (int s = 0; s < 5; ++s) {
        const auto state = to_text(static_cast<breaker_state>(s));
        for (const auto role : roles)
            for (const auto* scope : {"agent", "place"})
                breakers[{to_text(role), state, scope}] = 0;
    }
    for (const auto& t : towns)
        for (const auto& [key, e] : t->breakers)
            ++breakers[{to_text(e.role), to_text(e.state.state()), to_text(e.scope)}];
    for (const auto& [labels, count] : breakers)
        counts.set_breakers(std::get<0>(labels), std::get<1>(labels), std::get<2>(labels), count);
}

void set_waiting(sys::metrics& counts, const summaries& towns, instant now) {
    waiting_counts sum;
    std::array<int, agent_role_count> held_back{};
    for (const auto& t : towns) {
        for (std::size_t i = 0; i < sum.by_reason.size(); ++i)
            sum.by_reason[i] += t->waiting.by_reason[i];
        for (const auto role : roles) {
            const auto at = index_of(role);
            held_back[at] += t->waiting.suppressed_of(role) > 0 ? 1 : 0;
            const auto& here = t->waiting.oldest_of[at];
            if (here) sum.oldest_of[at] = std::min(sum.oldest_of[at].value_or(now), *here);
        }
    }
    for (std::size_t i = 0; i < sum.by_reason.size(); ++i)
        counts.set_beads_waiting(to_text(static_cast<gate_reason>(i)), sum.by_reason[i]);
    for (const auto role : roles) {
        const auto at = index_of(role);
        counts.set_held_back(to_text(role), held_back[at]);
        counts.set_oldest_waiting(to_text(role),
                                  sum.oldest_of[at] ? now - *sum.oldest_of[at] : duration{0});
    }
}

void set_stuck(sys::metrics& counts, const summaries& towns) {
    engine::stuck_work sum;
    for (const auto& t : towns) {
        sum.parked += t->stuck.parked;
        sum.held += t->stuck.held;
        sum.exhausted += t->stuck.exhausted;
        sum.unanswered += t->stuck.unanswered;
    }
    counts.set_beads_stuck("parked", sum.parked);
    counts.set_beads_stuck("held", sum.held);
    counts.set_beads_stuck("attempts_exhausted", sum.exhausted);
    counts.set_beads_stuck("unanswered", sum.unanswered);
}

void set_orders(sys::metrics& counts, const engine::operator_view& orders, instant now) {
    duration oldest{0};
    for (const auto& each : orders.orders)
        oldest = std::max(oldest, now - each.order.set_at);
    counts.set_oldest_override(oldest);
    for (const auto scope :
         {override_scope::daemon, override_scope::town, override_scope::rig, override_scope::role})
        for (const auto kind : {override_kind::pause, override_kind::drain})
            counts.set_overrides(
                to_text(scope), to_text(kind),
                static_cast<double>(std::count_if(
                    orders.orders.begin(), orders.orders.end(), [&](const auto& each) {
                        return each.order.scope == scope && each.order.kind == kind;
                    })));
}

void set_upkeep(sys::metrics& counts, const summaries& towns) {
    int draining = 0;
    int broken = 0;
    for (const auto& t : towns) {
        draining += t->draining_since ? 1 : 0;
        broken += t->invariants_broken;
    }
    counts.set_upkeep(draining, broken);
}

void set_budget(sys::metrics& counts, const desk_figures& budget) {
    counts.set_retry_budget(budget.left, budget.failures, budget.leases, budget.members);
}

void set_outages(sys::metrics& counts, const outage_board& outages) {
    for (const auto role : roles) {
        int open = 0;
        int members = 0;
        for (const auto& each : outages) {
            if (each.role != role) continue;
            ++open;
            members += each.members;
        }
        counts.set_outages(to_text(role), open, members);
    }
}

}  // namespace

void set_gauges(sys::metrics& counts, const fleet_reading& from) {
    set_towns(counts, from);
    set_breakers(counts, from.towns);
    set_waiting(counts, from.towns, from.now);
    set_stuck(counts, from.towns);
    set_orders(counts, from.orders, from.now);
    set_budget(counts, from.budget);
    set_outages(counts, *from.outages);
    set_upkeep(counts, from.towns);
}

std::vector<sys::town_trouble> troubles_of(const summaries& towns, std::string_view per_town) {
    std::vector<sys::town_trouble> out;
    if (per_town == "none") return out;
    for (const auto& t : towns) {
        const bool ill =
            t->condition != town_condition::dispatching && t->condition != town_condition::idle;
        const auto before = out.size();
        for (const auto role : roles) {
            const auto& held = t->waiting.suppressed[index_of(role)];
            const auto most = std::max_element(held.begin(), held.end());
            if (!ill || *most == 0) continue;
            const auto why = suppression_at(static_cast<std::size_t>(most - held.begin()));
            out.push_back({t->id, std::string{to_text(role)}, std::string{to_text(why)}, 1});
        }
        if (ill && out.size() == before)
            out.push_back({t->id, "all",
                           t->condition == town_condition::degraded ? "Degraded"
                           : t->condition == town_condition::set_aside || t->breakers.empty()
                               ? "TownUnreadable"
                               : "BreakerOpen",
                           1});
        if (!ill && per_town == "all") out.push_back({t->id, "all", "none", 0});
    }
    return out;
}

json runtime_facts(const engine::fleet& towns, instant started_at, instant now) {
    json out;
    out["uptime_seconds"] = to_seconds(now - started_at);
    out["started_at"] = to_rfc3339(started_at);
    const auto total = towns.total();
    out["towns"] = towns.summaries().size();
    out["starts_in_flight"] = total.in_flight;
    out["starts_in_flight_max"] = total.in_flight_max;
    out["ticks"] = total.ticks;
    if (const auto process = sys::read_process_stats()) {
        out["cpu_seconds"] = process->cpu_seconds;
        out["open_files"] = process->open_files;
        out["file_limit"] = process->file_limit;
        out["virtual_bytes"] = process->virtual_bytes;
    }
    const auto kept = sys::how_much_is_kept();
    out["log_level"] = sys::to_text(sys::log_level_now());
    out["log_lines"] = kept.lines;
    out["log_bytes"] = kept.bytes;
    out["log_lines_dropped"] = kept.dropped;
    std::ifstream status("/proc/self/status");
    std::string line;
    while (std::getline(status, line)) {
        const auto number = [&] {
            return std::strtoll(line.c_str() + line.find(':') + 1, nullptr, 10);
        };
        if (line.starts_with("VmRSS:")) out["memory_bytes"] = number() * 1024;
        if (line.starts_with("Threads:")) out["threads"] = number();
        if (line.starts_with("FDSize:")) out["descriptor_table"] = number();
    }
    return out;
}

}  // namespace townd::app
