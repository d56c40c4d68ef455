#include "town/callbacks.hpp"

#include "town/concerns.hpp"
#include "town/convoys.hpp"
#include "town/drain.hpp"
#include "town/outcomes.hpp"
#include "town/rework.hpp"
#include "town/sessions.hpp"
#include "town/upkeep.hpp"
#include "townd/decide/backoff.hpp"

namespace townd::town {
namespace {

failure no_agent(const agent_id& id) {
    return {errc::not_found, "Agent " + id + " not found"};
}

// Labels of beads that are finished by `done` without a review of their own.
bool closes_without_review(const bead& b) {
    for (const std::string_view label :
         {"gt:rework", "gt:pr-fixup", "gt:pr-feedback", "gt:pr-conflict", "gt:triage"})
        if (b.has_label(label)) return true;
    return false;
}

void polecat_done(context& ctx, agent& a, std::optional<dispatch>& d, bead& work,
                  const done_report& report) {
    if (work.status == bead_status::open || work.status == bead_status::in_progress) {
        reward(ctx, work, d);
        if (closes_without_review(work)) {
            set_status(ctx, work, bead_status::closed, "done", a.id);
        } else {
            make_merge_request(ctx, work, a.id, report);
            set_status(ctx, work, bead_status::in_review, "", a.id);
        }
    }
    finish(ctx, a, d, "done");
}

result<void> refinery_done(context& ctx, agent& a, std::optional<dispatch>& d, bead& request,
                           const done_report& report) {
    if (d && d->is_live() && !d->is_settled()) settle_started(ctx, *d);  // It speaks: it runs.
    const bool has_pr = report.pr_url && report.pr_url->starts_with("https://");
    if (has_pr && !is_terminal(request.status)) {
        auto r = ctx.store.find_review(request.id);
        if (r) {
            r->pr_url = report.pr_url;
            ctx.store.put_review(*r);
        }
        reward(ctx, request, d);
        set_status(ctx, request, bead_status::in_progress, "waits for its pull request", a.id);
        ctx.store.put_bead(request);
        add_event(ctx, request.id, "pr_created", a.id, std::nullopt, report.pr_url);
        finish(ctx, a, d, "done");
        return {};
    }
    if (!a.hook && !is_terminal(request.status) && (!d || !d->is_live())) {
        // A refinery that lost its hook and names no PR: nothing says that the work was merged.
        // Never a silent merge (B10).
        return review_completed(ctx, request.id, review_verdict::failed,
                                "the refinery was not hooked when it said done", std::nullopt);
    }
    return review_completed(ctx, request.id, review_verdict::merged,
                            report.summary.value_or("merged"), std::nullopt);
}

// A beat that a later one overtook takes nothing back, and a clock that is ahead gives nothing.
void take_progress(agent& a, instant told, instant now) {
    const instant at = std::min(told, now);
    const bool newer = !a.last_event_at || *a.last_event_at < at || *a.last_event_at > now;
    if (newer) a.last_event_at = at;
}

// Known to run from its container alone, for longer than a first heartbeat may take.
bool runs_unheard(const context& ctx, const dispatch& d) {
    return d.state == dispatch_state::started && !d.heartbeat_at && d.started_at &&
           ctx.now - *d.started_at >= ctx.with.rules.dispatch.heartbeat_timeout;
}

// Orders the stop of a process that showed that it lives; an order that is out counts its silence
// from here on.
void stop_living(context& ctx, const agent_id& id, std::string_view reason) {
    if (auto known = ctx.store.find_stop(id)) {
        known->requested_at = ctx.now;
        ctx.store.put_stop(*known);
    }
    order_stop(ctx, id, reason, finish_grace);
}

}  // namespace

void finish(context& ctx, agent& a, std::optional<dispatch>& d, std::string_view reason) {
    const bool live = d && d->is_live();
    const bool was_busy = live || a.hook || a.status != agent_status::idle;
    if (live) {
        if (!d->is_settled()) settle_started(ctx, *d);
        end_session(ctx, *d, std::nullopt, reason);
    }
    auto fresh = ctx.store.find_agent(a.id);
    if (!fresh) return;
    rest(ctx, *fresh, true, false, reason);
    if (was_busy) order_stop(ctx, a.id, reason, finish_grace);
    a = *fresh;
}

result<void> heartbeat(context& ctx, const agent_id& id, const named_dispatch& named,
                       const heartbeat_report& report) {
    auto a = ctx.store.find_agent(id);
    if (!a) return no_agent(id);
    auto d = newest_dispatch(ctx, id);
    if (is_stale(ctx, d, named, *a, "heartbeat")) {
        // An older session than the newest attempt, which does not run: nobody accounts for it.
        if (!d->is_live() && !is_at_work(*a))
            stop_living(ctx, id, "an older session of it gives heartbeats");
        // Or it is what runs in place of the newest, which a container did not start beside it:
        // the newest was never heard of. Nobody would ever hear of this one.
        else if (runs_unheard(ctx, *d))
            stop_living(ctx, id, "an older session of it runs in place of the newest attempt");
        return {};
    }
    heard_container(ctx);
    if (report.container_instance) heard_instance(ctx, *report.container_instance);
    if (report.last_event_type) a->last_event_type = report.last_event_type;
    if (report.last_event_at) take_progress(*a, *report.last_event_at, ctx.now);
    if (report.active_tools_json) a->active_tools_json = *report.active_tools_json;

    if (d && d->is_live()) {
        if (!d->is_settled()) {
            settle_started(ctx, *d);  // A4: it answers by living.
            a = ctx.store.find_agent(id);
        }
        if (!d->heartbeat_at) {
            d->heartbeat_at = ctx.now;
            ctx.store.put_dispatch(*d);
            ctx.out.wake = true;
        }
        a->last_activity_at = ctx.now;
        ctx.store.put_agent(*a);
        return {};
    }
    if (is_at_work(*a)) {  // An adopted town's agent: it lives, whoever started it.
        a->last_activity_at = ctx.now;
        ctx.store.put_agent(*a);
        return {};
    }
    // Idle for us and yet it beats (B7): its session is over. It is stopped, its state stays.
    stop_living(ctx, id, "it gives heartbeats and has no session");
    return {};
}

result<void> done(context& ctx, const agent_id& id, const named_dispatch& named,
                  const done_report& report) {
    auto a = ctx.store.find_agent(id);
    if (!a) return no_agent(id);
    auto d = newest_dispatch(ctx, id);
    if (is_stale(ctx, d, named, *a, "done")) return {};
    auto work = work_of(ctx, *a, d);
    if (!work) {
        ctx.note("done_without_work", "agent " + a->name + " said done and holds no work: ignored");
        finish(ctx, *a, d, "done");
        return {};
    }
    if (a->role == agent_role::polecat) {
        polecat_done(ctx, *a, d, *work, report);
        return {};
    }
    if (a->role == agent_role::refinery && d && !d->is_live() && !a->hook &&
        d->end_reason == changes_requested)
        return {};  // It said what it had to say; neither a merge nor a failure follows (B10).
    if (a->role == agent_role::refinery && work->type == bead_type::merge_request) {
        const bool unhooked = !a->hook && !is_terminal(work->status) && (!d || !d->is_live());
        auto said = refinery_done(ctx, *a, d, *work, report);
        if (unhooked && said && !report.pr_url)
            escalate_once(ctx, {work->id, work->rig, "refinery_unhooked_done",
                                "Refinery " + a->name + " said done without a hook"});
        return said;
    }
    finish(ctx, *a, d, "done");
    return {};
}

result<void> completed(context& ctx, const agent_id& id, const named_dispatch& named, bool failed,
                       std::string_view reason) {
    auto a = ctx.store.find_agent(id);
    if (!a) return no_agent(id);
    auto d = newest_dispatch(ctx, id);
    if (is_stale(ctx, d, named, *a, "completed")) return {};
    const bool live = d && d->is_live();
    // The process said itself that it is gone. While a stop call is out the order stays until the
    // container answers it, or that call could meet the agent's next session.
    if (const auto stop = ctx.store.find_stop(id); stop && stop->tries == 0)
        ctx.store.delete_stop(id);
    ctx.out.wake = true;
    const bool at_work = a->status != agent_status::idle || a->hook;
    if (!live && !at_work) return {};  // Said before, or after `done`: nothing left to do.

    const auto work = work_of(ctx, *a, d);
    const bool unfinished =
        work && (work->status == bead_status::in_progress || work->status == bead_status::open);
    const std::string words =
        reason.empty() ? std::string{failed ? "failed" : "completed"} : clean_text(reason, 500);
    if (live) {
        if (!d->is_settled()) settle_started(ctx, *d);
        std::optional<dispatch_error> error;
        if (a->status == agent_status::stalled) {
            error = dispatch_error{error_code::agent_exited, error_phase::agent, blame::agent,
                                   "no progress: stopped"};
        } else if (is_put_out(reason)) {
            if (a->hook) keep_checkpoint(ctx, *a, *a->hook);
            error = dispatch_error{error_code::cancelled, error_phase::agent, blame::infrastructure,
                                   words};
        } else if (failed) {
            error = dispatch_error{error_code::agent_exited, error_phase::agent, blame::agent,
                                   "the agent failed: " + words};
        } else if (unfinished && a->role != agent_role::mayor) {
            error = dispatch_error{error_code::agent_exited, error_phase::agent, blame::agent,
                                   "the agent ended without saying done: " + words};
        }
        if (!unfinished && !failed) error.reset();
        end_session(ctx, *d, std::move(error), words);
        a = ctx.store.find_agent(id);
        if (a && a->role == agent_role::mayor) rest(ctx, *a, true, false, words);
        return {};
    }
    // An adopted session, started by the original: charged to the bead as its own rule did.
    if (failed && work && !is_terminal(work->status)) {
        bead b = *work;
        ++b.dispatch_attempts;
        ++b.failures_in_row;
        const auto& rules = ctx.with.rules.dispatch;
        b.next_attempt_at =
            ctx.now + grown(rules.work_backoff, b.dispatch_attempts - 1, rules.max_backoff);
        b.reason = "agent_exited: " + words;
        ctx.store.add_failure(
            b.id, a->role,
            {"",
             b.dispatch_attempts,
             ctx.now,
             id,
             {error_code::agent_exited, error_phase::agent, blame::agent, words}});
        ctx.store.put_bead(b);
    }
    rest(ctx, *a, a->role != agent_role::refinery, a->role == agent_role::polecat, words);
    return {};
}

result<void> waiting(context& ctx, const agent_id& id, const named_dispatch& named) {
    auto a = ctx.store.find_agent(id);
    if (!a) return no_agent(id);
    auto d = newest_dispatch(ctx, id);
    if (is_stale(ctx, d, named, *a, "waiting")) return {};
    if (d && d->is_live() && !d->is_settled()) {
        settle_started(ctx, *d);
        a = ctx.store.find_agent(id);
    }
    a->last_activity_at = ctx.now;
    if (a->role == agent_role::mayor && a->status == agent_status::working) {
        a->status = agent_status::waiting;
        if (d && d->is_live()) charge_turn(ctx, *d);
    }
    ctx.store.put_agent(*a);
    ctx.out.wake = true;
    return {};
}

bool cancel_bead(context& ctx, bead& b, bead_status to, std::string_view reason) {
    if (is_terminal(b.status)) return false;
    if (b.type == bead_type::convoy) cancel_members(ctx, b.id, to);
    set_status(ctx, b, to, reason.empty() ? "cancelled" : reason);
    for (auto& a : ctx.store.agents()) {
        if (a.hook != b.id) continue;
        auto d = live_dispatch(ctx, a.id);
        const bool runs = d || is_at_work(a);
        if (d && d->is_settled()) {
            end_session(ctx, *d,
                        dispatch_error{error_code::cancelled, error_phase::agent, blame::caller,
                                       "its bead was " + std::string{to_text(to)}},
                        "bead " + std::string{to_text(to)});
        }
        // An unsettled start keeps its slot until it is known; the stop is ordered all the same.
        auto fresh = ctx.store.find_agent(a.id);
        if (fresh && (!d || d->is_settled())) rest(ctx, *fresh, true, false, "bead is over");
        if (runs)
            order_stop(ctx, a.id, "bead " + b.id + " was " + std::string{to_text(to)}, duration{0});
    }
    return true;
}

}  // namespace townd::town
