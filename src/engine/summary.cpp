#include "engine/summary.hpp"

#include <algorithm>

#include "townd/decide/reconcile.hpp"

namespace townd::engine {
namespace {

bool is_open(const breaker_entry& e) {
    return e.state.state() == breaker_state::open || e.state.state() == breaker_state::half_open ||
           e.state.state() == breaker_state::forced_open;
}

// The first breaker that keeps the town from starting agents, a place's before an agent's. One that
// is due for its probe and has no work waiting keeps nobody from anything.
const breaker_entry* worst(const std::map<std::string, breaker_entry, std::less<>>& breakers,
                           bool has_work, instant now) {
    const breaker_entry* found = nullptr;
    for (const auto& [key, e] : breakers) {
        if (!is_open(e)) continue;
        const bool due = e.state.state() == breaker_state::open && e.state.retry_at() <= now;
        if (due && !has_work) continue;
        const bool better = found == nullptr || (found->scope == breaker_scope::agent &&
                                                 e.scope == breaker_scope::place);
        if (better) found = &e;
    }
    return found;
}

std::string whose(const breaker_entry& e) {
    if (e.scope == breaker_scope::agent)
        return "the breaker of " + std::string{to_text(e.role)} + " " + e.agent_name;
    return std::string{to_text(e.role)} + "s" + (e.rig ? " of rig " + *e.rig : std::string{});
}

std::string clock_text(instant at) {
    return to_rfc3339(at).substr(11, 8);
}

// Roles whose newest news is a success, in all rigs.
std::array<bool, agent_role_count> proved_roles(const town::context& ctx) {
    std::array<bool, agent_role_count> out{};
    for (const auto role : {agent_role::polecat, agent_role::refinery, agent_role::mayor}) {
        instant success = ctx.facts.pace[index_of(role)].last_success();
        instant failure{};
        bool failing = false;
        for (const auto& [key, e] : ctx.breakers.entries()) {
            if (e.role != role) continue;
            failing = failing || is_open(e) || e.known.in_doubt();
            if (e.scope != breaker_scope::place) continue;
            for (const auto at : {stage::answered, stage::survived, stage::done})
                success = std::max(success, e.known.last_success(at));
            failure = std::max(failure, e.known.last_failure());
        }
        out[index_of(role)] = !failing && success != instant{} && success > failure;
    }
    return out;
}

bool is_work(const bead& b) {
    return !is_terminal(b.status) &&
           (b.type == bead_type::issue || b.type == bead_type::merge_request);
}

stuck_work stuck_in(const live_rows& rows, const waiting_counts& waiting, const town_summary& of) {
    stuck_work out;
    const auto since = [&](instant at) { out.since = std::min(out.since.value_or(at), at); };
    for (const auto& b : rows.beads) {
        if (!is_work(b)) continue;
        if (!b.parked && !b.has_label("gt:held")) continue;
        ++(b.parked ? out.parked : out.held);
        since(b.last_dispatch_attempt_at.value_or(b.updated_at));
    }
    out.exhausted = waiting.by_reason[static_cast<std::size_t>(gate_reason::attempts_exhausted)];
    if (of.agents_working > 0) return out;
    for (const auto& d : rows.dispatches) {
        if (d.state != dispatch_state::unknown) continue;
        ++out.unanswered;
        since(d.created_at);
    }
    return out;
}

// `2 beads were refused as they are and wait for a person`.
std::string stuck_words(const stuck_work& stuck) {
    std::string out;
    const auto add = [&](int count, const char* one, const char* many) {
        if (count == 0) return;
        out += (out.empty() ? "" : ", ") + std::to_string(count) + (count == 1 ? one : many);
    };
    add(stuck.parked, " bead is parked", " beads are parked");
    add(stuck.held, " bead is held by gt:held", " beads are held by gt:held");
    add(stuck.exhausted, " bead has used up its attempts", " beads have used up their attempts");
    if (!out.empty()) out += " until a person decides";
    add(stuck.unanswered, " start has no known outcome", " starts have no known outcome");
    return out;
}

}  // namespace

std::string_view to_text(town_condition c) noexcept {
    switch (c) {
        case town_condition::dispatching:
            return "dispatching";
        case town_condition::idle:
            return "idle";
        case town_condition::degraded:
            return "degraded";
        case town_condition::blocked:
            return "blocked";
        case town_condition::set_aside:
            return "set_aside";
    }
    return "blocked";
}

town_summary summarise(town::context& ctx, const live_rows& rows, const waiting_counts& waiting,
                       const counted& counts) {
    town_summary out;
    const auto meta = ctx.store.meta();
    out.id = ctx.town;
    out.name = meta.name.empty() ? ctx.town : meta.name;
    out.owner = meta.owner;
    out.beads = counts.beads;
    for (const auto& a : rows.agents)
        if (a.status == agent_status::working || a.status == agent_status::waiting)
            ++out.agents_working;
    for (const auto& d : rows.dispatches)
        if (!d.is_settled()) ++out.starts_in_flight;
    out.waiting = waiting;
    out.failures = ctx.facts.budget.failures;
    for (const auto& [key, e] : ctx.breakers.entries())
        if (!e.state.is_fresh() || (e.scope == breaker_scope::place && !e.known.is_fresh()))
            out.breakers.emplace(key, e);
    out.errors = counts.errors;
    if (out.errors.size() > 10) out.errors.resize(10, store::error_group{});
    for (const auto& r : rows.rigs)
        out.rigs.emplace_back(r.id, r.name);
    out.bad_rows = static_cast<int>(rows.bad.size());
    out.poison_events = counts.poison_events;
    if (ctx.facts.drain) out.draining_since = ctx.facts.drain->since;
    for (std::size_t i = 0; i < agent_role_count; ++i)
        out.outages[i] = ctx.facts.advice[i].outage;
    out.proved = proved_roles(ctx);
    out.stuck = stuck_in(rows, waiting, out);

    const auto outage = std::find_if(ctx.facts.advice.begin(), ctx.facts.advice.end(),
                                     [](const fleet_advice& said) { return !said.outage.empty(); });
    if (outage != ctx.facts.advice.end()) {
        const auto role = static_cast<agent_role>(std::distance(ctx.facts.advice.begin(), outage));
        out.condition = town_condition::degraded;
        out.problem = "it is one of many towns whose " + std::string{to_text(role)} + "s " +
                      std::string{failing_words(outage->at)} + " since " +
                      clock_text(outage->opened_at) + " (" + outage->cause + ")";
        if (outage->next_try_at != never && outage->next_try_at != instant{})
            out.problem += ", the fleet tries next at " + clock_text(outage->next_try_at);
        out.problem_since = outage->opened_at;
    } else if (const breaker_entry* e =
                   worst(out.breakers, waiting.total() + out.starts_in_flight > 0, ctx.now);
               e != nullptr) {
        out.condition = town_condition::degraded;
        const bool place = e->scope == breaker_scope::place && e->known.in_doubt();
        // What concerns the container keeps the town from everything.
        if (place && e->known.why().whole) out.condition = town_condition::blocked;
        out.problem = place ? whose(*e) + " " + std::string{failing_words(e->known.doubted())} +
                                  " since " + clock_text(e->known.since())
                            : whose(*e) + " is " + std::string{to_text(e->state.state())} +
                                  " since " + clock_text(e->state.opened_at());
        if (!e->cause.empty()) out.problem += " (" + e->cause + ")";
        if (e->state.state() == breaker_state::half_open) out.problem += ", a probe is out";
        if (e->state.state() == breaker_state::open)
            out.problem += ", next probe not before " + clock_text(e->state.retry_at());
        out.problem_since = place ? e->known.since() : e->state.opened_at();
    } else if (ctx.facts.drain) {
        out.condition = town_condition::degraded;
        out.problem = "its container is being replaced since " +
                      clock_text(ctx.facts.drain->since) + ", starts go on with the new one, at " +
                      clock_text(ctx.facts.drain->since + drain_timeout) + " at the latest";
        out.problem_since = ctx.facts.drain->since;
    } else if (out.bad_rows > 0) {
        out.condition = town_condition::degraded;
        out.problem = std::to_string(out.bad_rows) + " rows cannot be read, as " +
                      rows.bad.front().table + " " + cut_text(rows.bad.front().id, 40) + ": " +
                      rows.bad.front().why;
    } else if (out.stuck.total() > 0) {
        out.condition = town_condition::degraded;
        out.problem = stuck_words(out.stuck);
        out.problem_since = out.stuck.since;
    } else if (out.agents_working > 0 || out.starts_in_flight > 0 || waiting.total() > 0) {
        out.condition = town_condition::dispatching;
    }
    return out;
}

std::shared_ptr<const town_summary> ticked_again(const town_summary& last, instant now,
                                                 instant next, std::uint64_t ticks) {
    auto out = std::make_shared<town_summary>(last);
    out->last_tick_at = now;
    out->last_tick_took = duration{0};
    out->next_tick_at = next;
    out->ticks = ticks;
    return out;
}

json tick_metrics(town::context& ctx, const std::map<std::string, int>& by_type, int actions) {
    json out;
    out["eventsDrained"] = 0;
    out["actionsEmitted"] = actions;
    json types = json::object();
    for (const auto& [type, count] : by_type)
        types[type] = count;
    out["actionsByType"] = std::move(types);
    const auto sends = ctx.out.starts.size() + ctx.out.stops.size() + ctx.out.polls.size();
    out["sideEffectsAttempted"] = sends;
    out["sideEffectsSucceeded"] = nullptr;  // Known later, by attempt: see the attempts.
    out["sideEffectsFailed"] = nullptr;
    out["invariantViolations"] = 0;
    out["wallClockMs"] = 0;
    out["pendingEventCount"] = 0;
    return out;
}

}  // namespace townd::engine
