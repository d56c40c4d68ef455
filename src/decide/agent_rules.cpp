// Agents that are not what they should be: silent, without work, stalled, at work that is over.
//
// Sources: original's reconciler, family "Agents"; incident rows A5, B5, B7, B11, B13, C10, E4,
// E10, E11, E12. Refineries keep their hook when they fall silent; the review rules own what
// follows.

#include <algorithm>

#include "townd/decide/reconcile.hpp"

namespace townd {
namespace {

std::string who(const agent& a) {
    return std::string{to_text(a.role)} + " " + a.name;
}

// How often an agent whose state is in doubt is asked about.
duration poll_every(const town_view& view) {
    return std::clamp(view.rules.dispatch.heartbeat_timeout / 6, duration{100}, duration{15'000});
}

void poll(const town_view& view, const agent_id& id, std::string_view rule, std::string reason,
          plan& out) {
    const auto last = view.facts.polled_at.find(id);
    const instant due =
        last == view.facts.polled_at.end() ? view.now : last->second + poll_every(view);
    if (due <= view.now) {
        out.add(rule, std::move(reason), poll_agent{id});
        out.look_at(view.now + poll_every(view));
    } else {
        out.look_at(due);
    }
}

// A start whose answer is missing: asked about until it is known, given up at the end of its grace.
// Until then nothing else touches the agent or its bead (A4: it may well run).
void unsettled_start(const town_view& view, const agent& a, const dispatch& d, plan& out) {
    if (d.grace_at <= view.now) {
        out.add("unknown_start_given_up",
                "no sign of life of attempt " + std::to_string(d.attempt) + " by " + who(a) +
                    " until the end of its grace",
                give_up_unknown{d.id});
        return;
    }
    out.look_at(d.grace_at);
    if (d.state == dispatch_state::unknown)
        poll(view, a.id, "unknown_start_asked",
             "the outcome of the start of " + who(a) + " is unknown", out);
}

// Rests an agent that has no live attempt of ours, or ends the attempt's session. `what` is the
// error's text: without the agent's name, so that one cause has one fingerprint.
void lose(const town_view& view, const agent& a, std::string_view rule, const std::string& reason,
          std::string_view what, plan& out) {
    const dispatch* d = view.live_dispatch_of_agent(a.id);
    if (d != nullptr) {
        // What was put out of service with its container failed at nothing.
        const bool evicted = view.is_evicted(*d);
        out.add(
            rule, reason,
            end_session{d->id, dispatch_error{
                                   evicted ? error_code::cancelled : error_code::agent_no_heartbeat,
                                   error_phase::agent,
                                   evicted ? blame::infrastructure : blame::agent, what}});
        return;
    }
    const bool polecat = a.role == agent_role::polecat;
    out.add(rule, reason, rest_agent{a.id, polecat, polecat});
}

void working_agent(const town_view& view, const agent& a, plan& out) {
    const dispatch* d = view.live_dispatch_of_agent(a.id);
    const instant seen = view.last_seen(a);
    const duration limit = view.rules.dispatch.heartbeat_timeout;
    const duration silence = view.now - seen;
    if (silence >= limit) {
        // Rule heartbeat_lost (original: three missed beats). The slot is stopped before it is used
        // again: silence does not prove that the process is gone.
        const std::string reason = a.last_activity_at || (d != nullptr && d->heartbeat_at)
                                       ? "no heartbeat of " + who(a) + " for " + to_words(silence)
                                       : "no heartbeat of " + who(a) + " since its dispatch, " +
                                             to_words(silence) + " ago";
        lose(view, a, "heartbeat_lost", reason, "no heartbeat for " + to_words(silence), out);
        out.add("heartbeat_lost", reason, order_stop{a.id});
        return;
    }
    out.look_at(seen + limit);
    if (silence >= limit / 2) {
        poll(view, a.id, "silent_agent_asked",
             "no heartbeat of " + who(a) + " for " + to_words(silence), out);
    } else {
        out.look_at(seen + limit / 2);
    }
    if (d == nullptr || d->survived_at || !d->heartbeat_at || !d->started_at) return;
    const instant proof = *d->started_at + view.rules.dispatch.survive_for;
    if (proof <= view.now) {
        out.add(
            "agent_survived",
            who(a) + " gives heartbeats and lives for " + to_words(view.rules.dispatch.survive_for),
            prove_agent{d->id});
    } else {
        out.look_at(proof);
    }
}

// An agent at work: is there work?
// Returns false when the agent was dealt with.
bool has_work(const town_view& view, const agent& a, plan& out) {
    if (a.role == agent_role::mayor) return true;
    if (!a.hook) {
        // Rule working_without_hook (invariant 7; B7): the process must not go on unaccounted.
        const std::string reason = who(a) + " works without a hook";
        if (const dispatch* d = view.live_dispatch_of_agent(a.id); d != nullptr) {
            out.add("working_without_hook", reason,
                    end_session{d->id, dispatch_error{error_code::cancelled, error_phase::agent,
                                                      blame::caller, reason}});
        } else {
            out.add("working_without_hook", reason, rest_agent{a.id, false, false});
        }
        out.add("working_without_hook", reason, order_stop{a.id});
        return false;
    }
    if (view.find_bead(*a.hook) != nullptr || view.is_unreadable(*a.hook)) return true;
    // A refinery whose merge request is over belongs to the review rules (R7).
    if (a.role == agent_role::refinery) return false;
    // Rule work_is_over (B11, B13): its bead was closed, cancelled or deleted.
    const std::string reason = "bead " + *a.hook + " of " + who(a) + " is over";
    if (const dispatch* d = view.live_dispatch_of_agent(a.id); d != nullptr) {
        out.add("work_is_over", reason,
                end_session{d->id, dispatch_error{error_code::cancelled, error_phase::agent,
                                                  blame::caller, reason}});
    } else {
        out.add("work_is_over", reason, rest_agent{a.id, true, false});
    }
    out.add("work_is_over", reason, order_stop{a.id});
    return false;
}

dispatch_error no_progress(const dispatch& d, instant since) {
    const duration lived = since - d.started_at.value_or(since);
    return {error_code::agent_exited, error_phase::agent, blame::agent,
            "no progress: stopped after " + to_words(lived)};
}

void stalled_agent(const town_view& view, const agent& a, plan& out) {
    // Rule stalled_too_long (Kilo #2830: it held the fast cadence for ever). Counted from the
    // moment it stalled, since heartbeats move the activity.
    const instant since = std::min(a.stalled_at.value_or(view.facts.opened_at), view.now);
    const dispatch* d = view.live_dispatch_of_agent(a.id);
    if (d != nullptr && !view.is_stopping(a.id)) {
        // It was stopped for want of progress: that is the work's own fault, and counts.
        out.add("stalled_and_stopped", who(a) + " made no progress and was stopped",
                end_session{d->id, no_progress(*d, since)});
        return;
    }
    if (view.now - since < stalled_rest_after) {
        out.look_at(since + stalled_rest_after);
        return;
    }
    const std::string reason = who(a) + " is stalled for " + to_words(view.now - since);
    lose(view, a, "stalled_too_long", reason, "stalled for " + to_words(view.now - since), out);
    out.add("stalled_too_long", reason, order_stop{a.id});
}

bool waits(const town_view& view, const bead& b) {
    return view.blocker_of(b.id) != nullptr || b.parked || b.has_label("gt:held") ||
           view.is_staged(b.id);
}

// An idle polecat that is hooked to what cannot start keeps the rig's last place from work that
// could: for ever, when the first waits for the second.
bool starves_its_rig(const town_view& view, const agent& a, const bead& work) {
    if (a.role != agent_role::polecat || work.status != bead_status::open || !waits(view, work))
        return false;
    int polecats = 0;
    for (const auto& other : view.rows.agents) {
        if (other.role != agent_role::polecat || other.rig != a.rig) continue;
        if (!other.hook || view.is_occupied(other)) return false;  // One is free, or will be.
        ++polecats;
    }
    if (polecats < view.max_polecats(a.rig)) return false;
    return std::any_of(view.rows.beads.begin(), view.rows.beads.end(), [&](const bead& b) {
        return b.type == bead_type::issue && b.status == bead_status::open && b.rig == a.rig &&
               view.hooked_to(b.id) == nullptr && !b.has_label("gt:triage-request") &&
               !waits(view, b);
    });
}

void resting_agent(const town_view& view, const agent& a, plan& out) {
    if (!a.hook) return;
    const bead* work = view.find_bead(*a.hook);
    if (work == nullptr && view.is_unreadable(*a.hook)) return;  // Until someone repairs the row.
    if (work == nullptr) {
        out.add("hook_without_work", "bead " + *a.hook + " of idle " + who(a) + " is over or gone",
                rest_agent{a.id, true, false});
        return;
    }
    if (a.role == agent_role::mayor) return;
    const bool is_review = work->type == bead_type::merge_request;
    if (is_review != (a.role == agent_role::refinery)) {
        // Started merge requests are the review rules' to give back.
        if (is_review && work->status == bead_status::in_progress) return;
        out.add("hook_of_other_role",
                "idle " + who(a) + " holds bead " + work->id + ", which is not its kind of work",
                rest_agent{a.id, true, false});
        return;
    }
    if (view.hooked_to(work->id) != &a) {
        out.add("hook_taken", "idle " + who(a) + " holds bead " + work->id + ", as another does",
                rest_agent{a.id, true, false});
        return;
    }
    if (a.role == agent_role::refinery) return;
    if (starves_its_rig(view, a, *work)) {
        out.add("hook_starves_rig",
                "idle " + who(a) + " holds bead " + work->id +
                    ", which waits, and the rig has no other polecat for work that is ready",
                rest_agent{a.id, true, false});
        return;
    }
    if (work->status == bead_status::in_progress) {
        out.add("idle_on_started_work",
                "idle " + who(a) + " holds bead " + work->id + ", which is in progress",
                rest_agent{a.id, true, true});
    } else if (work->status == bead_status::in_review) {
        out.add("idle_on_reviewed_work",
                "idle " + who(a) + " holds bead " + work->id + ", which is in review",
                rest_agent{a.id, true, false});
    } else if (a.status == agent_status::dead) {
        out.add("dead_agent_hooked", "dead " + who(a) + " holds bead " + work->id,
                rest_agent{a.id, true, true});
    }
}

// Rule agent_gone: the agent of a live attempt was deleted; the bead must not wait for it.
void orphaned_dispatch(const dispatch& d, plan& out) {
    const std::string reason = "agent " + d.agent_name + " of the attempt does not exist any more";
    if (d.is_settled()) {
        out.add("agent_gone", reason,
                end_session{d.id, dispatch_error{error_code::cancelled, error_phase::agent,
                                                 blame::caller, reason}});
    } else {
        out.add("agent_gone", reason, give_up_unknown{d.id});
    }
    out.add("agent_gone", reason, order_stop{d.agent});
}

}  // namespace

void agent_rules(const town_view& view, plan& out) {
    for (const auto& a : view.rows.agents) {
        const dispatch* d = view.live_dispatch_of_agent(a.id);
        if (d != nullptr && !d->is_settled()) {
            unsettled_start(view, a, *d, out);
            continue;
        }
        switch (a.status) {
            case agent_status::unknown: {
                // Rule unknown_agent_status (E4, gascity #2085): counts as not running; its slot is
                // free once a stop is confirmed.
                const std::string reason =
                    who(a) + " has the unknown status '" + cut_text(a.status_text, 60) + "'";
                lose(view, a, "unknown_agent_status", reason,
                     "unknown agent status '" + cut_text(a.status_text, 60) + "'", out);
                out.add("unknown_agent_status", reason, order_stop{a.id});
                break;
            }
            case agent_status::working:
            case agent_status::waiting:
                if (has_work(view, a, out)) working_agent(view, a, out);
                break;
            case agent_status::stalled:
                if (has_work(view, a, out)) stalled_agent(view, a, out);
                break;
            case agent_status::idle:
            case agent_status::dead:
                // Its session is not over: it is judged like one at work, or it would never end.
                if (d != nullptr)
                    working_agent(view, a, out);
                else
                    resting_agent(view, a, out);
                break;
        }
    }
    for (const auto& d : view.rows.dispatches)
        if (view.find_agent(d.agent) == nullptr) orphaned_dispatch(d, out);
}

void stop_rules(const town_view& view, plan& out) {
    for (const auto& s : view.rows.stops) {
        if (s.next_try_at <= view.now) {
            out.add("stop_unconfirmed", s.reason, send_stop{s.agent});
            out.look_at(view.now + stop_call_lasts(view.rules));
            // A container that confirms no stop may still know that the agent is gone.
            if (s.tries >= stop_tries_before_asking)
                poll(view, s.agent, "stop_unconfirmed", s.reason, out);
        } else {
            out.look_at(s.next_try_at);
        }
    }
}

}  // namespace townd
