// Gates on what the bead, its town and its operators say.

#include "decide/gate_context.hpp"
#include "townd/decide/reconcile.hpp"

namespace townd {

std::string used_of(int count, int limit, std::string_view what) {
    return std::to_string(count) + " of " + std::to_string(limit) + " " + std::string{what};
}

bool gate::context::daemon_runs() {
    say([] { return std::string{"the daemon starts agents"}; });
    if (!view.facts.stopping) return true;
    say([] { return std::string{"the daemon is shutting down"}; });
    return refuse(gate_reason::daemon_draining);
}

const override_order* gate::context::order_of(override_scope scope) const {
    if (!view.facts.overrides) return nullptr;
    for (const auto& o : *view.facts.overrides) {
        if (o.scope != scope || o.is_over(view.now)) continue;
        if (scope != override_scope::daemon && !o.town.empty() && o.town != view.facts.town)
            continue;
        if (scope == override_scope::rig && want.rig != o.rig) continue;
        if (scope == override_scope::role && want.role != o.role) continue;
        return &o;
    }
    return nullptr;
}

bool gate::context::refuse_for(const override_order& order, gate_reason why) {
    say([&] {
        const bool drain = order.kind == override_kind::drain;
        std::string text = std::string{to_text(order.scope)} +
                           (drain ? " is being drained by " : " is paused by ") + order.by;
        if (order.until) text += " until " + to_rfc3339(*order.until);
        return text + ": " + order.reason;
    });
    return refuse(why, order.until.value_or(never));
}

bool gate::context::daemon_unpaused() {
    say([] { return std::string{"no operator paused the daemon"}; });
    const override_order* order = order_of(override_scope::daemon);
    if (order == nullptr) return true;
    return refuse_for(*order, order->kind == override_kind::drain ? gate_reason::daemon_draining
                                                                  : gate_reason::daemon_paused);
}

bool gate::context::town_unpaused() {
    say([] { return std::string{"no operator paused the town, its rig or the role"}; });
    if (const auto* order = order_of(override_scope::town); order != nullptr)
        return refuse_for(*order, order->kind == override_kind::drain ? gate_reason::town_draining
                                                                      : gate_reason::town_paused);
    if (const auto* order = order_of(override_scope::rig); order != nullptr)
        return refuse_for(*order, gate_reason::rig_paused);
    if (const auto* order = order_of(override_scope::role); order != nullptr)
        return refuse_for(*order, gate_reason::role_paused);
    if (const auto& drain = view.facts.drain) {
        say([&] {
            return "its container is being replaced since " + to_rfc3339(drain->since) +
                   "; without word of the new one starts go on at " +
                   to_rfc3339(drain->since + drain_timeout);
        });
        return refuse(gate_reason::town_draining, drain->since + drain_timeout);
    }
    return true;
}

bool gate::context::town_readable() {
    // A town that cannot be read has no state to ask; the fleet answers for it.
    say([] { return std::string{"the town's database is open"}; });
    return true;
}

bool gate::context::bead_ready() {
    const bead& b = *want.work;
    const bool review_goes_on =
        b.type == bead_type::merge_request && b.status == bead_status::in_progress;
    const bool started_elsewise = review_goes_on || want.role == agent_role::mayor ||
                                  view.live_dispatch_of_bead(b.id) != nullptr;
    if (is_terminal(b.status) || (b.status != bead_status::open && !started_elsewise)) {
        say([&] { return "the bead is " + std::string{to_text(b.status)}; });
        return refuse(gate_reason::bead_not_ready);
    }
    const review* r = review_goes_on ? view.find_review(b.id) : nullptr;
    if (r != nullptr && r->pr_url) {
        say([] { return std::string{"its review waits for news of its pull request"}; });
        return refuse(gate_reason::bead_not_ready);
    }
    if (const dependency* d = view.blocker_of(b.id); d != nullptr) {
        say([&] {
            return "waits for bead " + d->on + ", which is " + std::string{to_text(*d->on_status)};
        });
        return refuse(gate_reason::bead_not_ready);
    }
    if (view.is_staged(b.id)) {
        say([] { return std::string{"its convoy is staged and was not started"}; });
        return refuse(gate_reason::bead_not_ready);
    }
    say([&] { return "the bead is " + std::string{to_text(b.status)} + ", nothing blocks it"; });
    return true;
}

bool gate::context::bead_dispatchable() {
    const bead& b = *want.work;
    const bool is_work = b.type == bead_type::issue || b.type == bead_type::merge_request ||
                         want.role == agent_role::mayor;
    if (!is_work) {
        say([&] { return "a bead of type " + std::string{to_text(b.type)} + " is no work"; });
        return refuse(gate_reason::bead_not_dispatchable);
    }
    for (const std::string_view label : {"gt:held", "gt:triage-request"}) {
        if (!b.has_label(label)) continue;
        say([&] { return "the label " + std::string{label} + " holds it"; });
        return refuse(gate_reason::bead_not_dispatchable);
    }
    if (!want.rig && want.role != agent_role::mayor) {
        say([] { return std::string{"the bead belongs to no rig"}; });
        return refuse(gate_reason::bead_not_dispatchable);
    }
    say([&] { return "type " + std::string{to_text(b.type)} + ", no holding label"; });
    return true;
}

// A rig without a repository made the original return false in silence, for ever (A10).
bool gate::context::rig_configured() {
    if (want.role == agent_role::mayor && !want.rig) {
        say([] { return std::string{"the mayor needs no rig"}; });
        return true;
    }
    if (!want.rig) {
        say([] { return std::string{"the bead belongs to no rig"}; });
        return refuse(gate_reason::rig_not_configured);
    }
    const rig* r = view.find_rig(*want.rig);
    if (r == nullptr) {
        say([&] { return "rig " + *want.rig + " does not exist: create it"; });
        return refuse(gate_reason::rig_not_configured);
    }
    if (r->git_url.empty()) {
        say([&] { return "rig " + r->name + " has no git_url: set one"; });
        return refuse(gate_reason::rig_not_configured);
    }
    say([&] { return "rig " + r->name + " has a repository"; });
    return true;
}

bool gate::context::not_running() {
    const bead& b = *want.work;
    const dispatch* d = view.live_dispatch_of_bead(b.id);
    if (d != nullptr) {
        say([&] {
            return "attempt " + std::to_string(d->attempt) + " by " + d->agent_name + " is " +
                   std::string{to_text(d->state)} + " since " + to_rfc3339(d->created_at);
        });
        return refuse(gate_reason::already_running);
    }
    const agent* holder = view.hooked_to(b.id);
    if ((holder != nullptr && view.is_occupied(*holder)) || self.started_beads_.contains(b.id)) {
        say([&] {
            return holder != nullptr ? "agent " + holder->name + " is " +
                                           std::string{to_text(holder->status)} + " on it"
                                     : std::string{"an agent is being started for it"};
        });
        return refuse(gate_reason::already_running);
    }
    // Two agents on one bead are the worst that can happen: the one that gave it up must be
    // known to be gone. The mayor works on many beads and is one process.
    if (const stop_order* s = view.being_left(b.id);
        s != nullptr && want.role != agent_role::mayor) {
        say([&] {
            const agent* last = view.find_agent(s->agent);
            return "agent " + (last != nullptr ? last->name : s->agent) +
                   " was on it and is being stopped, " + std::to_string(s->tries) +
                   " calls so far: " + s->reason;
        });
        return refuse(gate_reason::already_running);
    }
    say([] { return std::string{"no attempt is in flight and no agent holds it"}; });
    return true;
}

bool gate::context::attempts_left() {
    const int max = view.max_attempts(want.rig);
    say([&] { return used_of(want.work->dispatch_attempts, max, "attempts used"); });
    if (want.work->dispatch_attempts < max) return true;
    return refuse(gate_reason::attempts_exhausted);
}

bool gate::context::not_parked() {
    if (!want.work->parked) {
        say([] { return std::string{"not parked"}; });
        return true;
    }
    say([&] {
        return "parked until someone changes something or retries it: " +
               (want.work->reason.empty() ? "the request was refused" : want.work->reason);
    });
    return refuse(gate_reason::parked);
}

bool gate::context::due() {
    const auto& next = want.work->next_attempt_at;
    if (!next || *next <= view.now) {
        say([] { return std::string{"no wait is running"}; });
        return true;
    }
    say([&] {
        return "next attempt at " + to_rfc3339(*next) + ", in " + to_words(*next - view.now) +
               ", after " + std::to_string(want.work->failures_in_row) + " failures in a row";
    });
    return refuse(gate_reason::backing_off, *next);
}

}  // namespace townd
