// Gates on breakers, outages, pace and bounds.

#include "decide/gate_context.hpp"

#include <algorithm>

namespace townd {

void gate::context::find_slot() {
    slot = self.choose(want);
    doubt = self.doubt_of(want);
    if (doubt) {
        lease = view.facts.asks_fleet && !doubt->by->known.why().local ? self.lease_for(want.role)
                                                                       : nullptr;
        const bool alone = !view.facts.asks_fleet || doubt->by->known.why().local;
        const bool due = doubt->next_try <= view.now;
        const bool in_turn = lease != nullptr && (due || lease->sweep || !doubt->own);
        trying = (in_turn || (due && (alone || doubt->ordered))) &&
                 doubt->by->known.asked_until() <= view.now && !self.is_tried(want, *doubt);
        if (!trying) lease = nullptr;
    }
    breaker = self.breakers_.refusal(want.rig, want.role, slot.name, view.now, trying);
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

namespace {

std::string place_words(const candidate& c, const breaker_entry& by) {
    const std::string role = std::string{to_text(c.role)} + "s";
    if (by.role == c.role && by.rig == c.rig)
        return c.rig ? "rig " + *c.rig + "'s " + role : "the " + role;
    if (by.role == c.role) return "the town's " + role;
    if (!by.known.why().whole) return "the town's " + std::string{to_text(by.role)} + "s";
    return "the container's agents";
}

}  // namespace

// In doubt, and it is not its turn.
bool gate::context::waits_for_leave(const std::string& what) {
    const standing& known = doubt->by->known;
    const fleet_advice& said = view.facts.advice[index_of(want.role)];
    const bool asks = view.facts.asks_fleet && !known.why().local;
    wants_leave = asks;
    const bool member = asks && !said.outage.empty();
    say([&] {
        std::string text = what + "; next try of this town not before " +
                           to_rfc3339(std::max(doubt->next_try, view.now));
        if (asks && said.next_try_at > view.now && said.next_try_at != never)
            text += ", of the fleet at " + to_rfc3339(said.next_try_at);
        if (asks && said.towns > 1)
            text += "; " + std::to_string(said.towns - 1) + " other towns fail alike";
        if (member) text += " (outage " + said.outage + ")";
        return text;
    });
    if (self.is_tried(want, *doubt)) {
        wants_leave = false;
        return refuse(gate_reason::probe_in_flight);
    }
    // Nothing is known against this role: it waits for its turn, and for no breaker.
    const bool of_another = doubt->by->role != want.role && !known.why().whole;
    if (of_another)
        return refuse(gate_reason::slow_start,
                      asks ? never : std::max(doubt->next_try, known.asked_until()));
    return refuse(member ? gate_reason::outage_open : gate_reason::breaker_open,
                  asks ? never : std::max(doubt->next_try, known.asked_until()));
}

// What fails is tried by one start at a time, under the fleet's leave.
bool gate::context::place_proved() {
    if (!doubt) {
        say([] { return std::string{"starts here succeed, agents survive, work gets done"}; });
        return true;
    }
    if (breaker && breaker->state == breaker_state::forced_open) {
        say([] { return std::string{"an operator's order comes first"}; });
        return true;
    }
    const standing& known = doubt->by->known;
    const auto what = [&] {
        return place_words(want, *doubt->by) + " " + std::string{failing_words(doubt->at)} +
               " since " + to_rfc3339(known.since()) + " (" + known.why().words + ", " +
               std::to_string(known.failures()) + " in a row)";
    };
    if (trying) {
        say([&] {
            std::string text = what() + "; this start tries it";
            if (lease == nullptr) return text + (doubt->ordered ? " by an operator's order" : "");
            return text + (lease->sweep ? ": its cause heals, it is its turn in the recovery sweep"
                                        : ": the fleet gave it leave");
        });
        return true;
    }
    return waits_for_leave(words ? what() : std::string{});
}

bool gate::context::breakers_closed() {
    if (!breaker) {
        say([] { return std::string{"every breaker lets it pass"}; });
        return true;
    }
    say([&] {
        std::string text =
            "breaker " + breaker->key +
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
    if (want.role == agent_role::mayor || trying) {
        say([] { return std::string{"no slow start applies"}; });
        return true;
    }
    const standing* here = self.breakers_.place_of(want.rig, want.role);
    if (here != nullptr && here->sessions_at_once() > 0) {
        const auto& live = view.rows.dispatches;
        const auto running = std::count_if(live.begin(), live.end(), [&](const dispatch& d) {
            return d.role == want.role && d.rig == want.rig;
        });
        if (!below(static_cast<int>(running), here->sessions_at_once(),
                   "sessions at once where they failed a while ago", gate_reason::slow_start))
            return false;
    }
    const slow_start& pace = view.facts.pace[index_of(want.role)];
    return below(
        self.starting_[index_of(want.role)], pace.allowed(view.now, view.rules.dispatch),
        "starts of a " + std::string{to_text(want.role)} + " in flight until it has proved itself",
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

}  // namespace townd
