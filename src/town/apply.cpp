#include "town/apply.hpp"

#include <algorithm>
#include <exception>

#include "town/agents.hpp"
#include "town/concerns.hpp"
#include "town/drain.hpp"
#include "town/landing.hpp"
#include "town/mail.hpp"
#include "town/outcomes.hpp"
#include "town/standing.hpp"
#include "town/start_request.hpp"
#include "town/upkeep.hpp"
#include "townd/decide/names.hpp"
#include "townd/decide/reconcile.hpp"

namespace townd::town {
namespace {

constexpr duration nudge_lasts{3'600'000};

void store_nudges(context& ctx) {
    json all = json::object();
    for (const auto& [agent, told] : ctx.facts.nudges)
        all[agent] = {told.tier, unix_ms(told.at)};
    ctx.store.put_value("nudges", dump_json(all));
}

void apply_one(context& ctx, planned& p, move_bead& what) {
    auto b = ctx.store.find_bead(what.bead);
    if (!b || is_terminal(b->status)) return;
    if (what.clear_assignee) b->assignee.reset();
    const bool own_fault = what.to == bead_status::failed;
    set_status(ctx, *b, what.to, p.reason);
    if (!own_fault || b->type != bead_type::merge_request) return;
    // A merge request that used up its tries is a failed session of the work that it reviews (C11).
    if (const auto r = ctx.store.find_review(b->id); r && r->source) {
        auto source = ctx.store.find_bead(*r->source);
        if (source && source->type == bead_type::issue && !is_terminal(source->status)) {
            ++source->dispatch_attempts;
            ctx.store.put_bead(*source);
        }
    }
}

void apply_one(context& ctx, planned&, townd::clear_assignee& what) {
    auto b = ctx.store.find_bead(what.bead);
    if (!b || is_terminal(b->status)) return;
    b->assignee.reset();
    ctx.store.put_bead(*b);
    ctx.out.wake = true;
}

void apply_one(context& ctx, planned& p, rest_agent& what) {
    if (auto a = ctx.store.find_agent(what.agent))
        rest(ctx, *a, what.unhook, what.reopen_bead, p.reason);
}

void apply_one(context& ctx, planned& p, townd::end_session& what) {
    auto d = ctx.store.find_dispatch(what.id);
    if (!d || !d->is_live()) return;
    const bool over = what.error.code() == error_code::cancelled;
    end_session(ctx, *d, std::move(what.error), p.reason);
    if (!over) return;
    // The work is over: nobody keeps a hook to it, not even a refinery.
    if (auto a = ctx.store.find_agent(d->agent); a && a->hook) rest(ctx, *a, true, false, p.reason);
}

void apply_one(context& ctx, planned& p, give_up_unknown& what) {
    auto d = ctx.store.find_dispatch(what.id);
    if (!d || d->is_settled()) return;
    dispatch_error why = d->error.value_or(
        dispatch_error{error_code::header_timeout, error_phase::header, blame::infrastructure,
                       "the outcome of the start was lost and the agent gave no sign of life"});
    settle_failed(ctx, *d, std::move(why), {charge_level::place, false});
    // It may have started late; what still runs under this slot must go before the slot is used.
    order_stop(ctx, d->agent, p.reason, duration{0});
}

void apply_one(context& ctx, planned&, prove_agent& what) {
    auto d = ctx.store.find_dispatch(what.id);
    if (d && d->state == dispatch_state::started && !d->survived_at) prove(ctx, *d);
}

void apply_one(context& ctx, planned& p, townd::order_stop& what) {
    order_stop(ctx, what.agent, p.reason, duration{0});
}

void apply_one(context& ctx, planned&, send_stop& what) {
    ctx.out.stops.push_back({what.agent, stop_call(ctx, what.agent)});
    if (auto s = ctx.store.find_stop(what.agent)) {
        ++s->tries;
        s->next_try_at = ctx.now + stop_call_lasts(ctx.with.rules);
        ctx.store.put_stop(*s);
    }
}

void apply_one(context& ctx, planned&, poll_agent& what) {
    ctx.facts.polled_at[what.agent] = ctx.now;
    ctx.out.polls.push_back({what.agent, status_call(ctx, what.agent)});
}

std::optional<agent> slot_of(context& ctx, const start_agent& what) {
    if (what.agent) return ctx.store.find_agent(*what.agent);
    agent a;
    a.id = ctx.from.new_id();
    a.rig = what.rig;
    a.role = what.role;
    a.name = what.agent_name;
    a.created_at = ctx.now;
    a.identity = identity_of(a.name, a.role, a.rig, ctx.town);
    // A row of another time may hold the identity under another name (E9). Read once a transaction,
    // not once a start.
    auto& known = ctx.out.identities;
    if (!known) {
        known.emplace();
        for (const auto& other : ctx.store.agents())
            known->insert(other.identity);
    }
    if (known->contains(a.identity)) a.identity += "-" + a.id;
    known->insert(a.identity);
    ctx.store.insert_agent(a);
    return a;
}

// --- beside the dispatch of work

void apply_one(context& ctx, planned& p, nudge_agent& what) {
    store::nudge n;
    n.id = ctx.from.new_id();
    n.agent = what.agent;
    n.message = what.message;
    n.mode = what.tier > 1 ? "immediate" : "wait-idle";
    n.priority = what.tier > 1 ? "urgent" : "normal";
    n.source = "townd";
    n.created_at = ctx.now;
    n.expires_at = ctx.now + nudge_lasts;
    ctx.store.add_nudge(n);
    ctx.facts.nudges[what.agent] = {what.tier, ctx.now};
    store_nudges(ctx);
    ctx.note("agent_nudged", p.reason);
}

void apply_one(context& ctx, planned& p, stall_agent& what) {
    auto a = ctx.store.find_agent(what.agent);
    if (!a || a->status == agent_status::stalled) return;
    a->status = agent_status::stalled;
    a->status_text = to_text(a->status);
    a->stalled_at = ctx.now;
    ctx.store.put_agent(*a);
    order_stop(ctx, what.agent, p.reason, duration{0});
    ctx.warn("agent_stalled", p.reason);
    ctx.out.wake = true;
}

void apply_one(context& ctx, planned&, open_triage& what) {
    open_request(ctx, what);
}
void apply_one(context& ctx, planned&, start_triage& what) {
    start_batch(ctx, what);
}
void apply_one(context& ctx, planned&, townd::escalate& what) {
    escalate_once(ctx, what);
}
void apply_one(context& ctx, planned&, re_escalate& what) {
    escalate_again(ctx, what.escalation);
}
void apply_one(context& ctx, planned&, count_convoy& what) {
    count(ctx, what);
}
void apply_one(context& ctx, planned&, land_convoy& what) {
    land(ctx, what);
}
void apply_one(context& ctx, planned& p, end_convoy& what) {
    end(ctx, what, p.reason);
}
void apply_one(context& ctx, planned&, forget_agent& what) {
    if (auto gone = delete_agent(ctx, what.agent); !gone) ctx.store.fail(gone.error());
    ctx.facts.nudges.erase(what.agent);
}
void apply_one(context& ctx, planned&, deliver_message& what) {
    deliver(ctx, what.agent, what.message);
}
void apply_one(context& ctx, planned&, ask_pull_request& what) {
    ask_about(ctx, what.merge_request);
}
void apply_one(context& ctx, planned&, check_container&) {
    check(ctx);
}
void apply_one(context& ctx, planned&, restart_container&) {
    restart(ctx);
}
void apply_one(context& ctx, planned&, renew_token&) {
    renew(ctx);
}
void apply_one(context& ctx, planned& p, end_drain&) {
    finish_drain(ctx, p.reason);
}
void apply_one(context& ctx, planned&, prune_history&) {
    prune(ctx);
}

// The rig whose repository a start uses: its own, or for a mayor the town's first.
std::optional<rig> rig_for(context& ctx, const start_agent& what) {
    if (what.rig) return ctx.store.find_rig(*what.rig);
    const auto all = ctx.store.rigs();
    if (all.empty()) return std::nullopt;
    return all.front();
}

void apply_one(context& ctx, planned& p, start_agent& what) {
    auto work = ctx.store.find_bead(what.work);
    if (!work) return;
    auto a = slot_of(ctx, what);
    if (!a || ctx.store.failed()) {
        if (!ctx.store.failed())
            ctx.store.fail({errc::conflict, "agent of the start is gone: " + what.agent_name});
        return;
    }
    dispatch d;
    d.id = ctx.from.new_id();
    d.role = what.role;
    d.rig = what.rig;
    d.agent = a->id;
    d.agent_name = a->name;
    d.bead = work->id;
    d.attempt = work->starts + 1;
    d.rule = p.rule;
    d.created_at = ctx.now;
    const auto& rules = ctx.with.rules.dispatch;
    d.deadline_at = ctx.now + rules.start_timeout;
    d.grace_at = d.deadline_at + rules.heartbeat_timeout;
    d.admissions = what.leave.admissions();

    ++work->starts;
    work->last_dispatch_attempt_at = ctx.now;
    work->assignee = a->id;
    const bool moves = (work->type == bead_type::issue || work->type == bead_type::merge_request) &&
                       !is_terminal(work->status) && work->status != bead_status::in_progress;
    if (moves)
        set_status(ctx, *work, bead_status::in_progress, "", a->id);
    else
        ctx.store.put_bead(*work);
    if (work->type != bead_type::message && a->hook != work->id) {
        a->hook = work->id;
        add_event(ctx, work->id, "hooked", a->id);
    }
    a->status = agent_status::working;
    a->status_text = to_text(a->status);
    a->last_activity_at = ctx.now;
    ++a->dispatch_attempts;
    ctx.store.put_agent(*a);
    ctx.store.insert_dispatch(d);
    count_start(ctx, d.role);
    use_lease(ctx, d.role, d.admissions);
    ctx.out.wake = true;  // Its deadlines are to be watched.

    auto call = start_call(ctx, d, *a, *work, rig_for(ctx, what));
    if (!call) {
        // Not sent at all: recorded with its cause, charged to the rig's configuration.
        dispatch_error why{error_code::config_invalid, error_phase::prepare, blame::config,
                           call.error().what};
        const charge said = charge_start(ctx, d, why);
        settle_failed(ctx, d, std::move(why), said);
        return;
    }
    ctx.tell([town = ctx.town, d](journal_port& journal) { journal.attempt_started(town, d); });
    ctx.out.starts.push_back({std::move(what.leave), d, std::move(*call)});
}

// An action before it in the same plan may have opened a breaker: its leave is over then.
bool is_over(const context& ctx, const std::vector<admission>& leave) {
    return std::any_of(leave.begin(), leave.end(),
                       [&](const admission& a) { return ctx.breakers.is_over(a); });
}

void give_back(context& ctx, const std::vector<admission>& leave) {
    for (const auto& a : leave) {
        ctx.breakers.record(a, verdict::neutral, {}, ctx.now, 0.5, ctx.with.rules.breaker);
        const auto place = breaker_set::entry_of(a.key);
        if (place && place->scope == breaker_scope::place && a.probe != 0)
            ctx.breakers.change(place->rig, place->role, ctx.now,
                                [](standing& known) { known.untried(); });
    }
}

}  // namespace

int apply(context& ctx, plan&& what) {
    int applied = 0;
    for (auto& p : what.actions) {
        const auto type = type_of(p.what);
        std::vector<admission> leave;
        if (const auto* start = std::get_if<start_agent>(&p.what))
            leave = start->leave.admissions();
        if (is_over(ctx, leave)) {
            give_back(ctx, leave);
            ctx.out.wake = true;
            continue;
        }
        part undoable(ctx);
        ctx.store.savepoint();
        try {
            std::visit([&](auto& one) { apply_one(ctx, p, one); }, p.what);
        } catch (const std::exception& e) {  // A bug of ours must not stop the other actions (G1).
            ctx.store.fail({errc::internal, std::string{"internal error: "} + e.what()});
        }
        if (!ctx.store.failed()) {
            ctx.store.release();
            ++applied;
            ctx.tell([type](journal_port& journal) { journal.action_applied(type); });
            continue;
        }
        const failure why = *ctx.store.failed();
        ctx.store.rollback_to();
        undoable.undo();
        give_back(ctx, leave);
        if (ctx.store.broken()) return applied;
        ctx.out.undone = true;
        ctx.warn("action_failed", std::string{type} + " by rule " + std::string{p.rule} +
                                      " was undone: " + why.what);
    }
    return applied;
}

}  // namespace townd::town
