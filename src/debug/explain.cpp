#include "debug/explain.hpp"

#include <utility>

#include "debug/records.hpp"
#include "engine/explain.hpp"

namespace townd::debug {
namespace {

// Where the thing that a gate looks at is decided, so that a reader knows what to change.
std::string_view source_of(gate_reason gate) {
    switch (gate) {
        case gate_reason::daemon_draining:
            return "daemon";
        case gate_reason::daemon_paused:
        case gate_reason::town_paused:
        case gate_reason::town_draining:
        case gate_reason::rig_paused:
        case gate_reason::role_paused:
            return "operators' orders: townctl overrides";
        case gate_reason::outage_open:
            return "retry budget of the fleet: retry.per_hour, outage.mode";
        case gate_reason::budget_exceeded:
            return "dispatch.starts_per_hour, dispatch.failed_starts_per_hour";
        case gate_reason::slow_start:
            return "dispatch.slow_start";
        case gate_reason::town_unreadable:
            return "town database";
        case gate_reason::bead_not_ready:
        case gate_reason::bead_not_dispatchable:
        case gate_reason::parked:
            return "bead";
        case gate_reason::rig_not_configured:
            return "rig";
        case gate_reason::already_running:
            return "attempts";
        case gate_reason::attempts_exhausted:
            return "dispatch.max_attempts, or the rig's max_dispatch_attempts";
        case gate_reason::backing_off:
            return "dispatch.retry_backoff, dispatch.work_backoff";
        case gate_reason::breaker_forced_open:
        case gate_reason::breaker_open:
        case gate_reason::probe_in_flight:
            return "breakers: retry.first, retry.then, retry.max, breaker.agent.*";
        case gate_reason::no_free_agent:
            return "dispatch.max_polecats_per_rig, or the rig's max_concurrent_polecats";
        case gate_reason::concurrency_limit:
            return "dispatch.max_per_town, dispatch.max_polecats_per_rig, dispatch.max_in_flight";
        case gate_reason::dispatchable:
            return "reconciler";
    }
    return "reconciler";
}

// Since when starts for the bead fail: where its role is tried, or anywhere in its town.
std::optional<instant> failing_since(town::context& ctx, const bead& b) {
    const auto role =
        b.type == bead_type::merge_request ? agent_role::refinery : agent_role::polecat;
    const auto doubt = ctx.breakers.doubt_of(b.rig, role, ctx.now);
    if (doubt) return doubt->by->known.since();
    const auto& all = ctx.breakers.entries();
    const auto forced = all.find(breaker_set::place_key(b.rig, role));
    if (forced != all.end() && forced->second.state.refusal(ctx.now))
        return forced->second.state.opened_at();
    std::optional<instant> out;
    for (const auto& [key, e] : all) {
        const bool mine = e.scope == breaker_scope::agent && e.role == role && e.rig == b.rig;
        if (!mine || !e.state.refusal(ctx.now)) continue;
        if (!out || e.state.opened_at() < *out) out = e.state.opened_at();
    }
    return out;
}

// Since when a gate has refused, where the records tell.
std::optional<instant> since_of(town::context& ctx, const bead& b, gate_reason gate) {
    switch (gate) {
        case gate_reason::already_running: {
            const auto attempts = ctx.store.list_dispatches({b.id, std::nullopt, 1});
            if (attempts.empty() || !attempts.front().is_live()) return std::nullopt;
            return attempts.front().created_at;
        }
        case gate_reason::backing_off:
        case gate_reason::attempts_exhausted: {
            const auto failures = ctx.store.failures(b.id);
            if (failures.empty()) return b.last_dispatch_attempt_at;
            return failures.front().at;
        }
        case gate_reason::breaker_forced_open:
        case gate_reason::breaker_open:
        case gate_reason::outage_open:
        case gate_reason::probe_in_flight: {
            return failing_since(ctx, b);
        }
        default:
            return std::nullopt;
    }
}

json gate_record(gate_reason gate, bool passed, std::string_view detail,
                 const std::optional<instant>& since, const std::optional<instant>& until) {
    json out;
    out["gate"] = to_text(gate);
    out["passed"] = passed;
    out["detail"] = detail;
    out["since"] = time_or_null(since);
    out["source"] = source_of(gate);
    out["until"] = time_or_null(until);
    return out;
}

json explanation(const town_id& town, const bead_id& bead, json gates) {
    json out;
    out["town"] = town;
    out["bead"] = bead;
    const json* refusing = nullptr;
    for (const auto& gate : gates)
        if (refusing == nullptr && !gate["passed"].get<bool>()) refusing = &gate;
    out["dispatchable"] = refusing == nullptr;
    out["reason"] =
        refusing == nullptr ? json(to_text(gate_reason::dispatchable)) : json((*refusing)["gate"]);
    out["detail"] = refusing == nullptr ? json("every gate is open: the next tick starts it")
                                        : json((*refusing)["detail"]);
    out["gates"] = std::move(gates);
    return out;
}

json single_gate(gate_reason gate, std::string_view detail, const std::optional<instant>& since) {
    json gates = json::array();
    gates.push_back(gate_record(gate, false, detail, since, std::nullopt));
    return gates;
}

// Beads that no tick looks at: over, or no work at all.
json gates_at_rest(const bead& b) {
    if (!is_terminal(b.status))
        return single_gate(gate_reason::bead_not_dispatchable,
                           "a bead of type " + std::string{to_text(b.type)} + " is no work",
                           std::nullopt);
    std::string detail = "the bead is " + std::string{to_text(b.status)};
    if (!b.reason.empty()) detail += ": " + b.reason;
    if (b.status == bead_status::failed) detail += " (retry it to start again)";
    return single_gate(gate_reason::bead_not_ready, detail,
                       b.closed_at ? b.closed_at : b.updated_at);
}

}  // namespace

result<json> explain_bead(town::context& ctx, const bead_id& id) {
    const auto found = ctx.store.find_bead(id);
    if (!found) {
        for (const auto& bad : ctx.store.load_live().bad)
            if (bad.id == id)
                return explanation(ctx.town, id,
                                   single_gate(gate_reason::bead_not_ready,
                                               "its row cannot be read: " + bad.why, std::nullopt));
        return failure{errc::not_found, "bead " + id + " does not exist in town " + ctx.town};
    }
    if (is_terminal(found->status) || found->type == bead_type::agent)
        return explanation(ctx.town, id, gates_at_rest(*found));
    const plan next = engine::plan_for(ctx, id);
    if (!next.explained)
        return explanation(
            ctx.town, id,
            single_gate(gate_reason::bead_not_ready,
                        "the reconciler does not see it among the live beads", std::nullopt));
    json gates = json::array();
    for (const auto& line : *next.explained) {
        const auto since = line.passed ? std::nullopt : since_of(ctx, *found, line.gate);
        gates.push_back(gate_record(line.gate, line.passed, line.detail, since, line.until));
    }
    return explanation(ctx.town, id, std::move(gates));
}

json explain_unreadable(const engine::town_summary& town, const bead_id& bead) {
    return explanation(town.id, bead,
                       single_gate(gate_reason::town_unreadable,
                                   town.problem.empty() ? "the town's database cannot be used"
                                                        : std::string_view{town.problem},
                                   town.problem_since));
}

std::string refusal_of(const json& explanation) {
    if (explanation["dispatchable"].get<bool>()) return {};
    return text_at(explanation, "reason").value_or("") + ": " +
           text_at(explanation, "detail").value_or("");
}

}  // namespace townd::debug
