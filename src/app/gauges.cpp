#include "app/gauges.hpp"

#include <array>
#include <fstream>
#include <map>
#include <tuple>

namespace townd::app {

void set_gauges(sys::metrics& counts,
                const std::vector<std::shared_ptr<const engine::town_summary>>& towns) {
    std::map<std::string_view, int> states{
        {"dispatching", 0}, {"degraded", 0}, {"blocked", 0}, {"paused", 0}};
    std::array<int, gate_reason_count> waiting{};
    // Every combination is set each time, so that one that emptied does not keep its last value.
    std::map<std::tuple<std::string_view, std::string_view, std::string_view>, int> breakers;
    for (int s = 0; s < 5; ++s) {
        const auto state = to_text(static_cast<breaker_state>(s));
        breakers[{"all", state, "container"}] = 0;
        for (const auto* role : {"polecat", "refinery", "mayor"})
            for (const auto* scope : {"agent", "role", "rig"})
                breakers[{role, state, scope}] = 0;
    }
    for (const auto& t : towns) {
        using engine::town_condition;
        if (t->condition == town_condition::degraded) {
            ++states["degraded"];
        } else if (t->condition == town_condition::blocked ||
                   t->condition == town_condition::set_aside) {
            ++states["blocked"];
        } else {
            ++states["dispatching"];
        }
        for (std::size_t i = 0; i < waiting.size(); ++i)
            waiting[i] += t->waiting.by_reason[i];
        for (const auto& [key, e] : t->breakers)
            ++breakers[{e.role ? to_text(*e.role) : std::string_view{"all"},
                        to_text(e.state.state()), to_text(e.scope)}];
    }
    for (const auto& [state, count] : states)
        counts.set_towns(state, count);
    for (std::size_t i = 0; i < waiting.size(); ++i)
        counts.set_beads_waiting(to_text(static_cast<gate_reason>(i)), waiting[i]);
    for (const auto& [labels, count] : breakers)
        counts.set_breakers(std::get<0>(labels), std::get<1>(labels), std::get<2>(labels), count);
}

void set_order_gauges(sys::metrics& counts, const engine::operator_view& orders) {
    for (const auto scope : {override_scope::daemon, override_scope::town, override_scope::rig,
                             override_scope::role}) {
        for (const auto kind : {override_kind::pause, override_kind::drain}) {
            int count = 0;
            for (const auto& each : orders.orders)
                if (each.order.scope == scope && each.order.kind == kind) ++count;
            counts.set_overrides(to_text(scope), to_text(kind), count);
        }
    }
}

void set_outage_gauges(sys::metrics& counts, const outage_board& outages) {
    for (const auto role : {agent_role::polecat, agent_role::refinery, agent_role::mayor}) {
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

json runtime_facts(const engine::fleet& towns, instant started_at, instant now) {
    json out;
    out["uptime_seconds"] = to_seconds(now - started_at);
    out["started_at"] = to_rfc3339(started_at);
    const auto total = towns.total();
    out["towns"] = towns.summaries().size();
    out["starts_in_flight"] = total.in_flight;
    out["starts_in_flight_max"] = total.in_flight_max;
    out["ticks"] = total.ticks;
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
