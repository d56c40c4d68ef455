// Settles attempts. Every function here ends in rows; what follows outside (stops, log lines) is
// left in the effects and happens only when the rows are durable.

#include "town/outcomes.hpp"

#include <algorithm>

#include "town/charging.hpp"
#include "town/standing.hpp"
#include "town/start_request.hpp"
#include "townd/decide/backoff.hpp"
#include "townd/decide/reconcile.hpp"

namespace townd::town {
namespace {

constexpr double bead_jitter = 0.2;

// Work that fails again and again in a rig where other work fails as well is charged to nobody:
// after twice its attempts a person decides, unless other towns fail alike.
bool is_hopeless(const context& ctx, const dispatch& d, const bead& work, const charge& said) {
    const standing* place = ctx.breakers.place_of(d.rig, d.role);
    const bool of_work = said.level == charge_level::place && d.survived_at && place != nullptr &&
                         place->in_doubt_at(stage::done);
    const auto& fleet = ctx.facts.advice[index_of(d.role)];
    return of_work && fleet.towns < ctx.with.rules.outage.min_towns &&
           work.failures_in_row >= 2 * ctx.with.rules.dispatch.max_attempts;
}

// Keeps the failure with the bead and sets when it is due again.
void charge_bead(context& ctx, dispatch& d, const dispatch_error& error, const charge& said) {
    ctx.store.add_failure(d.bead, d.role, {d.id, d.attempt, ctx.now, d.agent, error});
    auto work = ctx.store.find_bead(d.bead);
    if (!work || is_terminal(work->status)) return;  // Over: nothing waits for a next attempt.
    ++work->failures_in_row;
    const auto& rules = ctx.with.rules.dispatch;
    // A triage is our own work: it pays for itself, or nothing would end it.
    const bool of_triage =
        work->has_label("gt:triage") && d.survived_at && d.role == agent_role::polecat;
    const bool own_fault = said.level == charge_level::bead || of_triage;
    if (own_fault) {
        ++work->dispatch_attempts;
        d.charged_bead = true;
        // Nor is it given back when other work fails, too: that is just what makes it go on for
        // ever.
        if (!said.park && !of_triage)
            ctx.breakers.change(d.rig, d.role, ctx.now, [&](standing& place) {
                place.charged({d.id, d.bead, ctx.now});
            });
    }
    // Only the work's own failures make its wait grow: after an outage nothing must be left waiting
    // for long, and the breakers keep the pace meanwhile.
    const duration wait =
        own_fault ? grown(rules.work_backoff, work->dispatch_attempts - 1, rules.max_backoff)
                  : rules.retry_backoff;
    work->next_attempt_at = ctx.now + jittered(wait, bead_jitter, ctx.from.draw());
    work->parked = said.park || is_hopeless(ctx, d, *work, said);
    work->reason = cause_of(error);
    ctx.store.put_bead(*work);
}

// Gives back what a start took: the agent rests, a started bead is open again.
void give_back(context& ctx, const dispatch& d, std::string_view reason) {
    auto a = ctx.store.find_agent(d.agent);
    if (!a) return;
    // A mayor keeps its hook, and a refinery in the middle of a review does: the same one goes on.
    const bool keeps_hook =
        d.role == agent_role::mayor || (d.role == agent_role::refinery && d.started_at);
    rest(ctx, *a, !keeps_hook, !keeps_hook, reason);
}

void settle_neutral(context& ctx, dispatch& d, dispatch_error error) {
    d.state = dispatch_state::neutral;
    d.outcome = attempt_outcome::neutral;
    d.ended_at = ctx.now;
    error.level = charge_level::none;
    d.error = std::move(error);
    if (auto work = ctx.store.find_bead(d.bead); work && !is_terminal(work->status)) {
        work->next_attempt_at =
            ctx.now + jittered(ctx.with.rules.dispatch.retry_backoff, bead_jitter, ctx.from.draw());
        work->reason = cause_of(*d.error);
        ctx.store.put_bead(*work);
    }
    give_back(ctx, d, cause_of(*d.error));
    ctx.store.put_dispatch(d);
    ctx.out.wake = true;
}

void settle_unknown(context& ctx, dispatch& d, dispatch_error error, bool answered) {
    d.state = dispatch_state::unknown;
    d.outcome = attempt_outcome::unknown;
    error.level = charge_level::none;  // Charged when it is settled.
    d.error = std::move(error);
    if (answered) d.answered_at = ctx.now;
    ctx.store.put_dispatch(d);
    if (auto work = ctx.store.find_bead(d.bead); work && !is_terminal(work->status)) {
        work->reason = cause_of(*d.error);
        ctx.store.put_bead(*work);
    }
    ctx.out.polls.push_back({d.agent, status_call(ctx, d.agent)});
    ctx.facts.polled_at[d.agent] = ctx.now;
    ctx.out.wake = true;
}

void tell_ended(context& ctx, const dispatch& d) {
    ctx.tell([town = ctx.town, d, took = ctx.now - d.created_at](journal_port& journal) {
        journal.attempt_ended(town, d, took);
    });
}

}  // namespace

std::optional<dispatch> live_dispatch(context& ctx, const agent_id& agent) {
    store::dispatch_filter newest;
    newest.agent = agent;
    newest.limit = 1;
    auto found = ctx.store.list_dispatches(newest);
    if (found.empty() || !found.front().is_live()) return std::nullopt;
    return std::move(found.front());
}

bool is_put_out(std::string_view exit_reason) noexcept {
    return exit_reason == "container eviction" || exit_reason == "stopped";
}

void rest(context& ctx, agent& a, bool unhook, bool reopen, std::string_view reason) {
    const auto held = a.hook;
    a.status = agent_status::idle;
    a.status_text = to_text(a.status);
    a.stalled_at.reset();
    if (unhook) {
        a.hook.reset();
        a.checkpoint_json.reset();
    }
    ctx.store.put_agent(a);
    ctx.out.wake = true;
    if (!held || !unhook) return;
    add_event(ctx, *held, "unhooked", a.id, std::nullopt, std::nullopt);
    if (!reopen) return;  // Nor is the bead read: one that cannot be must not keep its hook.
    auto work = ctx.store.find_bead(*held);
    if (!work || is_terminal(work->status)) return;
    if (work->assignee == a.id) work->assignee.reset();
    if (work->status == bead_status::in_progress) {
        set_status(ctx, *work, bead_status::open, reason, a.id);
    } else {
        ctx.store.put_bead(*work);
    }
}

void order_stop(context& ctx, const agent_id& agent, std::string_view reason, duration delay) {
    // One order an agent. A second one may only hasten it: it neither starts the tries anew nor
    // sends a call beside the one that is out, or who repeats himself would put it off for ever.
    if (auto known = ctx.store.find_stop(agent)) {
        if (known->tries > 0 || known->next_try_at <= ctx.now + delay) return;
        known->next_try_at = ctx.now + delay;
        ctx.store.put_stop(*known);
    } else {
        ctx.store.put_stop({agent, clean_text(reason, 300), ctx.now, 0, ctx.now + delay, {}});
    }
    ctx.out.wake = true;
}

void settle_started(context& ctx, dispatch& d) {
    const bool first_news = d.outcome == attempt_outcome::in_flight;
    d.state = dispatch_state::started;
    d.outcome = attempt_outcome::success;
    d.started_at = ctx.now;
    d.error.reset();
    ctx.store.put_dispatch(d);
    auto a = ctx.store.find_agent(d.agent);
    if (a) {
        a->status = agent_status::working;
        a->status_text = to_text(a->status);
        a->last_activity_at = ctx.now;
        ctx.store.put_agent(*a);
    }
    if (auto work = ctx.store.find_bead(d.bead); work && !is_terminal(work->status)) {
        work->reason.clear();
        work->next_attempt_at.reset();
        work->parked = false;
        // What the mayor was told in its prompt is delivered.
        if (work->type == bead_type::message && d.role == agent_role::mayor) {
            set_status(ctx, *work, bead_status::closed, "delivered with the mayor's start",
                       d.agent);
        } else {
            ctx.store.put_bead(*work);
        }
    }
    if (first_news) tell_ended(ctx, d);
    ctx.out.wake = true;
}

void settle_failed(context& ctx, dispatch& d, dispatch_error error, const charge& said) {
    const bool first_news = d.outcome == attempt_outcome::in_flight;
    error.level = said.level;
    d.state = dispatch_state::failed;
    d.outcome = attempt_outcome::failure;
    d.ended_at = ctx.now;
    d.error = error;
    count_failed_start(ctx, d.role);
    give_back(ctx, d, cause_of(error));
    charge_bead(ctx, d, error, said);
    ctx.store.put_dispatch(d);
    if (first_news) {
        tell_ended(ctx, d);
    } else {
        ctx.tell([town = ctx.town, d](journal_port& journal) { journal.session_failed(town, d); });
    }
    ctx.out.wake = true;
}

void end_session(context& ctx, dispatch& d, std::optional<dispatch_error> error,
                 std::string_view reason) {
    const charge said = charge_session(ctx, d, error ? &*error : nullptr);
    d.state = dispatch_state::ended;
    d.ended_at = ctx.now;
    d.end_reason = clean_text(reason, 300);
    const bool failed = error && said.level != charge_level::none;
    if (error) {
        error->level = said.level;
        d.error = error;
        if (failed) d.outcome = attempt_outcome::failure;
    }
    give_back(ctx, d, reason);
    if (failed) {
        charge_bead(ctx, d, *error, said);
        ctx.tell([town = ctx.town, d](journal_port& journal) { journal.session_failed(town, d); });
    }
    ctx.store.put_dispatch(d);
    ctx.out.wake = true;
}

void prove(context& ctx, dispatch& d) {
    d.survived_at = ctx.now;
    charge_survived(ctx, d);
    ctx.store.put_dispatch(d);
}

void start_answered(context& ctx, const dispatch_id& id, const container::start_reply& reply,
                    std::vector<phase_timing> phases) {
    auto d = ctx.store.find_dispatch(id);
    if (!d) return;
    d->phases = std::move(phases);
    const auto error = [&] {
        return reply.error.value_or(dispatch_error{error_code::unknown, error_phase::decode,
                                                   blame::unknown,
                                                   "the container's answer was not understood"});
    };
    const dispatch_error why = error();
    using kind = container::start_reply::kind;
    // What the answer says of whether starts work is heard once, whatever is known by now.
    charge said;
    if (reply.what == kind::started)
        charge_started(ctx, *d);
    else if (reply.what == kind::already_running)
        charge_nothing(ctx, *d, stage::answered);
    else
        said = charge_start(ctx, *d, why);
    const bool waits_on = reply.what == kind::maybe_started || reply.what == kind::already_running;
    if (!waits_on || d->is_settled()) d->answered_at = ctx.now;
    if (d->is_settled()) {  // By a heartbeat that was faster (A4): only the timings are news.
        ctx.store.put_dispatch(*d);
        ctx.out.wake = true;
        return;
    }
    switch (reply.what) {
        case kind::started:
            settle_started(ctx, *d);
            return;
        case kind::draining:
        case kind::rate_limited:
            settle_neutral(ctx, *d, why);
            tell_ended(ctx, *d);
            return;
        case kind::not_started:
            settle_failed(ctx, *d, why, said);
            return;
        case kind::already_running:
        case kind::maybe_started: {
            // A gateway that lost patience says nothing on the request, which may still be worked
            // on behind it.
            const bool answered = reply.answered && why.http_status != 504;
            settle_unknown(ctx, *d, why, answered);
            tell_ended(ctx, *d);
            return;
        }
    }
}

void status_answered(context& ctx, const agent_id& id, const container::status_reply& reply) {
    using kind = container::status_reply::kind;
    const bool gone = reply.what == kind::not_found || reply.what == kind::exited;
    // The way out of a stop that the container will not confirm: the process is gone all the same.
    if (const auto stop = gone ? ctx.store.find_stop(id) : std::nullopt;
        stop && stop->tries >= stop_tries_before_asking) {
        ctx.store.delete_stop(id);
        ctx.out.wake = true;
    }
    auto a = ctx.store.find_agent(id);
    if (!a) return;
    auto d = live_dispatch(ctx, id);
    const bool unsettled = d && !d->is_settled();
    if (reply.what == kind::running) {
        if (unsettled) {
            settle_started(ctx, *d);
        } else if (a->status == agent_status::working || a->status == agent_status::waiting) {
            a->last_activity_at = ctx.now;  // As good as a heartbeat.
            ctx.store.put_agent(*a);
        }
        return;
    }
    if (unsettled) {
        // The request was answered with a failure and the agent does not run: that is settled.
        // Without an answer neither "not found" nor "exited" proves anything: the request may still
        // be worked on (A6, E12), and what ended may be the agent's session before. The end of the
        // grace decides.
        if (gone && d->answered_at && d->error) {
            dispatch_error why = *d->error;
            settle_failed(ctx, *d, std::move(why), {charge_level::place, false});
        }
        return;
    }
    if (!gone) return;  // Stopping or unknown: neither alive nor dead (E11).
    if (a->status != agent_status::working && a->status != agent_status::stalled &&
        a->status != agent_status::waiting)
        return;
    if (reply.what == kind::not_found && d && d->started_at &&
        ctx.now - *d->started_at < ctx.with.rules.dispatch.heartbeat_timeout && !d->heartbeat_at)
        return;  // A cold start may not know its agent yet (E12).
    const std::string reason =
        reply.what == kind::exited
            ? "the container says that it ended: " + reply.exit_reason.value_or("no reason given")
            : std::string{"the container does not know it any more"};
    if (d) {
        // A container that lost all its agents, or put them out, is the container's trouble, not
        // the work's.
        const bool lost = reply.what == kind::not_found;
        const bool put_out =
            (reply.exit_reason && is_put_out(*reply.exit_reason)) || is_evicted(ctx.facts, *d, &*a);
        end_session(ctx, *d,
                    dispatch_error{put_out ? error_code::cancelled
                                   : lost  ? error_code::agent_no_heartbeat
                                           : error_code::agent_exited,
                                   error_phase::agent,
                                   lost || put_out ? blame::infrastructure : blame::agent, reason},
                    reason);
    } else {
        rest(ctx, *a, a->role == agent_role::polecat, a->role == agent_role::polecat, reason);
    }
}

void stop_answered(context& ctx, const agent_id& id, bool confirmed, bool answered) {
    if (confirmed) {
        ctx.store.delete_stop(id);
        ctx.out.wake = true;
        return;
    }
    auto s = ctx.store.find_stop(id);
    if (!s) return;
    // A container that lives and confirms no stop (an older one, or another program) must not hold
    // the slot for ever: an agent that gives no sign of life for as long counts as lost.
    if (answered && s->tries >= stop_tries_before_asking &&
        ctx.now - s->requested_at >= ctx.with.rules.dispatch.heartbeat_timeout) {
        ctx.store.delete_stop(id);
        ctx.warn("stop_given_up", "the container confirmed none of " + std::to_string(s->tries) +
                                      " stops of agent " + id +
                                      ", which is silent: its slot is free");
        ctx.out.wake = true;
        return;
    }
    s->next_try_at = ctx.now + jittered(grown(duration{1'000}, s->tries - 1, duration{15'000}),
                                        bead_jitter, ctx.from.draw());
    ctx.store.put_stop(*s);
}

}  // namespace townd::town
