// Gates on breakers, outages, pace and bounds.

#include "decide/gate_context.hpp"

namespace townd {

void gate::context::find_slot() {
    slot = self.choose(want);
    lease = self.lease_for(want.role);
    breaker = self.breakers_.refusal(want.rig, want.role, slot.name, view.now, lease != nullptr);
}

bool gate::context::below(int count, int limit, std::string_view what, gate_reason why,
                          instant when) {
    say([&] {
        std::string text = used_of(count, limit, what);
        if (when != never && when > view.now) text += ", next at " + to_rfc3339(when);
        return text;
    });
    return count < limit || refuse(why, when);
}

// The town is one of many with one trouble: the fleet tries for all of them.
bool gate::context::no_outage() {
    const outage_advice* mine = nullptr;
    for (const auto& o : view.facts.outages)
        if (o.role == want.role) mine = &o;
    if (mine == nullptr) {
        say([] { return std::string{"the town is in no outage of the role"}; });
        return true;
    }
    const bool forced = breaker && breaker->state == breaker_state::forced_open;
    if (mine->observe_only || lease != nullptr || forced) {
        say([&] {
            return "outage " + mine->outage + " of many towns (" + mine->cause + "): " +
                   (lease != nullptr ? "this town tries for all of them"
                    : forced         ? "an operator's order comes first"
                                     : "only observed, nobody is held back");
        });
        return true;
    }
    say([&] {
        return "outage " + mine->outage + ": since " + to_rfc3339(mine->opened_at) +
               " many towns fail for one cause, " + mine->cause +
               "; one of them is tried for all at " + to_rfc3339(mine->next_probe_at);
    });
    return refuse(gate_reason::outage_open);
}

bool gate::context::breakers_closed() {
    if (!breaker) {
        say([] { return std::string{"every breaker lets it pass"}; });
        return true;
    }
    say([&] {
        const std::string whose = breaker->scope == breaker_scope::container
                                      ? "the container's breaker"
                                      : "breaker " + breaker->key;
        std::string text =
            whose +
            (breaker->why.probing ? " has a probe in flight until " : " is open, next probe at ") +
            to_rfc3339(breaker->why.retry_at);
        if (!breaker->cause.empty()) text += "; opened by " + breaker->cause;
        return text;
    });
    const auto why = breaker->why.probing ? gate_reason::probe_in_flight
                     : breaker->state == breaker_state::forced_open
                         ? gate_reason::breaker_forced_open
                         : gate_reason::breaker_open;
    return refuse(why, breaker->why.retry_at);
}

// The last wall against a loop that nobody thought of; the mayor is exempt (G9).
bool gate::context::within_budget() {
    if (want.role == agent_role::mayor) {
        say([] { return std::string{"the mayor has no budget"}; });
        return true;
    }
    const auto& rules = view.rules.dispatch;
    const auto& spent = view.facts.budget;
    if (self.failed_used_ >= rules.failed_starts_per_hour)
        return below(self.failed_used_, rules.failed_starts_per_hour,
                     "failed starts within an hour", gate_reason::budget_exceeded,
                     spent.failures.below(rules.failed_starts_per_hour, view.now));
    return below(self.starts_used_ + self.admitted_, rules.starts_per_hour,
                 "starts of the town within an hour", gate_reason::budget_exceeded,
                 spent.starts.below(rules.starts_per_hour, view.now));
}

bool gate::context::agent_free() {
    const bead* other = want.role == agent_role::refinery && want.rig
                            ? view.review_in_progress(*want.rig)
                            : nullptr;
    if (other != nullptr && other != want.work) {
        say([&] { return "the rig's refinery is reviewing " + other->id; });
        return refuse(gate_reason::no_free_agent);
    }
    if (slot.name.empty()) {
        say([&] {
            if (want.slot != nullptr)
                return "its agent " + want.slot->name + " is " +
                       std::string{to_text(want.slot->status)} +
                       (view.is_stopping(want.slot->id) ? " and being stopped" : "");
            return want.role == agent_role::polecat
                       ? used_of(view.max_polecats(want.rig), view.max_polecats(want.rig),
                                 "polecats of the rig are taken")
                       : "the rig's " + std::string{to_text(want.role)} + " is busy";
        });
        return refuse(gate_reason::no_free_agent);
    }
    say([&] { return "agent " + slot.name; });
    return true;
}

// First contact with a target that may be dead costs one failure, not a volley.
bool gate::context::paced() {
    if (want.role == agent_role::mayor || lease != nullptr) {
        say([] { return std::string{"no slow start applies"}; });
        return true;
    }
    const slow_start& pace = view.facts.pace[index_of(want.role)];
    const std::string role{to_text(want.role)};
    if (pace.not_before() > view.now) {
        say([&] {
            return "the last start of a " + role + " failed: next one at " +
                   to_rfc3339(pace.not_before());
        });
        return refuse(gate_reason::slow_start, pace.not_before());
    }
    // Where it fails in other towns, one start tells whether it works here.
    const auto& since = view.facts.out_since[index_of(want.role)];
    const bool elsewhere = since && pace.last_success() <= *since;
    const int most = elsewhere ? 1 : pace.allowed(view.now, view.rules.dispatch);
    return below(self.starting_[index_of(want.role)], most,
                 "starts of a " + role +
                     (elsewhere ? " in flight while it fails in other towns"
                                : " in flight until it has proved itself"),
                 gate_reason::slow_start);
}

bool gate::context::within_limits() {
    const auto& rules = view.rules.dispatch;
    // The mayor is exempt, on purpose: it is who is told when nothing else can start.
    if (want.role != agent_role::mayor) {
        const int starting = self.starting_[index_of(agent_role::polecat)] +
                             self.starting_[index_of(agent_role::refinery)];
        if (!below(starting, rules.max_starting, "starts of the container in flight")) return false;
        if (want.role == agent_role::polecat) {
            const auto found = self.polecats_.find(want.rig.value_or(""));
            const int here = found == self.polecats_.end() ? 0 : found->second;
            if (!below(here, view.max_polecats(want.rig), "polecats of the rig")) return false;
            if (!below(self.occupied_[index_of(want.role)], rules.max_polecats_per_town,
                       "polecats of the town"))
                return false;
        } else if (!below(self.occupied_[index_of(want.role)], rules.max_refineries_per_town,
                          "refineries of the town")) {
            return false;
        }
        if (!below(self.town_occupied_, view.max_per_town(), "agents of the town")) return false;
    }
    if (self.daemon_left_ > 0) return true;
    say([&] {
        return "the daemon starts no more at this moment: " + std::to_string(rules.max_in_flight) +
               " in flight at most, " + std::to_string(rules.starts_per_second) +
               " a second, and a share of both for towns that fail or are not proved yet";
    });
    return refuse(gate_reason::concurrency_limit);
}

bool gate::context::container_ready() {
    const auto& hold = view.facts.hold;
    if (!hold || hold->until <= view.now) {
        say([] { return std::string{"the container did not ask to wait"}; });
        return true;
    }
    say([&] {
        return "the container asked to wait until " + to_rfc3339(hold->until) + ": " + hold->cause;
    });
    return refuse(gate_reason::container_not_ready, hold->until);
}

}  // namespace townd
