// The gates, in order. Each is one function that says whether it holds, when time alone would
// change that, and (only when asked) in words. `ask` and `explain` walk the same table.

#include "townd/decide/gate.hpp"

#include <algorithm>
#include <array>

#include "townd/decide/names.hpp"

namespace townd {
namespace {

std::string used(int count, int limit, std::string_view what) {
    return std::to_string(count) + " of " + std::to_string(limit) + " " + std::string{what};
}

}  // namespace

// What a gate looks at.
struct gate::context {
    const gate& self;
    const town_view& view;
    const candidate& want;
    chosen_slot slot;
    std::optional<breaker_set::refused> breaker;
    bool words = false;  // Fill `detail`.

    // What a gate says.
    gate_reason reason{};
    instant until = never;
    std::string detail;

    bool refuse(gate_reason why, instant when = never) {
        reason = why;
        until = when;
        return false;
    }
    void say(auto&& text) {
        if (words) detail = text();
    }

    bool daemon_runs() {
        say([] { return std::string{"the daemon starts agents"}; });
        if (!view.facts.stopping) return true;
        say([] { return std::string{"the daemon is shutting down"}; });
        return refuse(gate_reason::daemon_draining);
    }
    bool town_readable() {
        // A town that cannot be read has no state to ask; the fleet answers for it.
        say([] { return std::string{"the town's database is open"}; });
        return true;
    }
    bool bead_ready() {
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
                return "waits for bead " + d->on + ", which is " +
                       std::string{to_text(*d->on_status)};
            });
            return refuse(gate_reason::bead_not_ready);
        }
        if (view.is_staged(b.id)) {
            say([] { return std::string{"its convoy is staged and was not started"}; });
            return refuse(gate_reason::bead_not_ready);
        }
        say([&] {
            return "the bead is " + std::string{to_text(b.status)} + ", nothing blocks it";
        });
        return true;
    }
    bool bead_dispatchable() {
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
    bool rig_configured() {
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
    bool not_running() {
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
        if ((holder != nullptr && view.is_occupied(*holder)) ||
            self.started_beads_.contains(b.id)) {
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
    bool attempts_left() {
        const int max = view.max_attempts(want.rig);
        say([&] { return used(want.work->dispatch_attempts, max, "attempts used"); });
        if (want.work->dispatch_attempts < max) return true;
        return refuse(gate_reason::attempts_exhausted);
    }
    bool not_parked() {
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
    bool due() {
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
    bool breakers_closed() {
        if (!breaker) {
            say([] { return std::string{"the container's and the agent's breaker let it pass"}; });
            return true;
        }
        say([&] {
            const std::string whose = breaker->scope == breaker_scope::container
                                          ? "the container's breaker"
                                          : "breaker " + breaker->key;
            std::string text = whose +
                               (breaker->why.probing ? " has a probe in flight until "
                                                     : " is open, next probe at ") +
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
    bool agent_free() {
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
                           ? used(view.max_polecats(want.rig), view.max_polecats(want.rig),
                                  "polecats of the rig are taken")
                           : "the rig's " + std::string{to_text(want.role)} + " is busy";
            });
            return refuse(gate_reason::no_free_agent);
        }
        say([&] { return "agent " + slot.name; });
        return true;
    }
    bool within_limits() {
        // The mayor is exempt, on purpose: it is who is told when nothing else can start.
        if (want.role != agent_role::mayor) {
            if (want.role == agent_role::polecat) {
                const int max = view.max_polecats(want.rig);
                const auto found = self.polecats_.find(want.rig.value_or(""));
                const int now_used = found == self.polecats_.end() ? 0 : found->second;
                if (now_used >= max) {
                    say([&] { return used(now_used, max, "polecats of the rig"); });
                    return refuse(gate_reason::concurrency_limit);
                }
            }
            if (self.town_occupied_ >= view.max_per_town()) {
                say([&] {
                    return used(self.town_occupied_, view.max_per_town(), "agents of the town");
                });
                return refuse(gate_reason::concurrency_limit);
            }
        }
        if (self.daemon_left_ <= 0) {
            say([&] {
                return "all " + std::to_string(view.rules.dispatch.max_in_flight) +
                       " starts of the daemon are in flight";
            });
            return refuse(gate_reason::concurrency_limit);
        }
        say([&] { return used(self.town_occupied_, view.max_per_town(), "agents of the town"); });
        return true;
    }
    bool container_ready() {
        const auto& hold = view.facts.hold;
        if (!hold || hold->until <= view.now) {
            say([] { return std::string{"the container did not ask to wait"}; });
            return true;
        }
        say([&] {
            return "the container asked to wait until " + to_rfc3339(hold->until) + ": " +
                   hold->cause;
        });
        return refuse(gate_reason::container_not_ready, hold->until);
    }

    struct row {
        gate_reason stands_for;
        bool (context::*holds)();
    };
    static constexpr std::size_t row_count = 13;
    static const std::array<row, row_count> rows;
};

const std::array<gate::context::row, gate::context::row_count> gate::context::rows{{
    {gate_reason::daemon_draining, &context::daemon_runs},
    {gate_reason::town_unreadable, &context::town_readable},
    {gate_reason::bead_not_ready, &context::bead_ready},
    {gate_reason::bead_not_dispatchable, &context::bead_dispatchable},
    {gate_reason::rig_not_configured, &context::rig_configured},
    {gate_reason::already_running, &context::not_running},
    {gate_reason::attempts_exhausted, &context::attempts_left},
    {gate_reason::parked, &context::not_parked},
    {gate_reason::backing_off, &context::due},
    {gate_reason::breaker_open, &context::breakers_closed},
    {gate_reason::no_free_agent, &context::agent_free},
    {gate_reason::concurrency_limit, &context::within_limits},
    {gate_reason::container_not_ready, &context::container_ready},
}};

gate::gate(const town_view& view, breaker_set& breakers)
    : view_(view), breakers_(breakers), daemon_left_(view.facts.daemon_slots) {
    for (const auto& a : view.rows.agents) {
        if (a.role == agent_role::polecat) {
            const std::string key = a.rig.value_or("");
            ++polecat_records_[key];
            if (view.is_occupied(a)) ++polecats_[key];
        }
        if (a.role != agent_role::mayor && view.is_occupied(a)) ++town_occupied_;
    }
}

chosen_slot gate::choose(const candidate& c) const {
    const auto usable = [&](const agent& a) {
        return !view_.is_occupied(a) && !view_.is_stopping(a.id) && !taken_.contains(a.id) &&
               a.status != agent_status::unknown;
    };
    if (c.slot != nullptr)
        return usable(*c.slot) ? chosen_slot{c.slot, c.slot->name} : chosen_slot{};
    // A free agent of the rig whose breaker lets it start; else a new one within the limit; else,
    // so that the refusal names the right cause, a free one whose breaker is open.
    const agent* refused_slot = nullptr;
    for (const auto& a : view_.rows.agents) {
        if (a.role != c.role || a.rig != c.rig || a.hook || !usable(a)) continue;
        const auto key = breaker_set::agent_key(a.rig, a.role, a.name);
        const auto found = breakers_.entries().find(key);
        if (found == breakers_.entries().end() || !found->second.state.refusal(view_.now))
            return {&a, a.name};
        if (refused_slot == nullptr) refused_slot = &a;
    }
    const auto records = polecat_records_.find(c.rig.value_or(""));
    const int count = records == polecat_records_.end() ? 0 : records->second;
    const bool may_make = c.role != agent_role::polecat || count < view_.max_polecats(c.rig);
    const bool single_exists =
        c.role != agent_role::polecat &&
        std::any_of(view_.rows.agents.begin(), view_.rows.agents.end(), [&](const agent& a) {
            return a.role == c.role && (c.role == agent_role::mayor || a.rig == c.rig);
        });
    const std::string single = std::string{to_text(c.role)} + "/" + c.rig.value_or("");
    if (may_make && !single_exists && !made_.contains(single)) return {nullptr, new_name(c.role)};
    if (refused_slot != nullptr) return {refused_slot, refused_slot->name};
    return {};
}

const std::string& gate::new_name(agent_role role) const {
    auto& name = free_name_[static_cast<std::size_t>(role)];
    if (name.empty()) name = free_name(view_.rows.agents, role, taken_);
    return name;
}

gate::answer gate::ask(const candidate& c) {
    context look{*this, view_, c, {}, std::nullopt, false, {}, never, {}};
    for (const auto& row : context::rows) {
        // Looked for only when a gate needs it: most beads that wait are refused before.
        if (row.stands_for == gate_reason::breaker_open) {
            look.slot = choose(c);
            look.breaker =
                breakers_.refusal(breaker_set::agent_key(c.rig, c.role, look.slot.name), view_.now);
        }
        if ((look.*row.holds)()) continue;
        return {std::nullopt, {look.reason, look.until}};
    }
    if (look.slot.existing == nullptr) free_name_[static_cast<std::size_t>(c.role)].clear();
    taken_.insert(look.slot.existing != nullptr ? look.slot.existing->id : look.slot.name);
    started_beads_.insert(c.work->id);
    --daemon_left_;
    if (c.role != agent_role::mayor) ++town_occupied_;
    if (c.role == agent_role::polecat) {
        ++polecats_[c.rig.value_or("")];
        if (look.slot.existing == nullptr) ++polecat_records_[c.rig.value_or("")];
    } else if (look.slot.existing == nullptr) {
        made_.insert(std::string{to_text(c.role)} + "/" + c.rig.value_or(""));
    }
    return {admitted{permit{breakers_.admit(c.rig, c.role, look.slot.name, view_.now,
                                            view_.rules.breaker)},
                     look.slot},
            {gate_reason::dispatchable, view_.now}};
}

std::vector<gate_answer> gate::explain(const candidate& c) const {
    std::vector<gate_answer> out;
    context look{*this, view_, c, choose(c), std::nullopt, true, {}, never, {}};
    const std::string key = breaker_set::agent_key(c.rig, c.role, look.slot.name);
    look.breaker = breakers_.refusal(key, view_.now);
    for (const auto& row : context::rows) {
        look.detail.clear();
        const bool passed = (look.*row.holds)();
        gate_answer line{passed ? row.stands_for : look.reason, passed, look.detail, std::nullopt};
        if (!passed && look.until != never) line.until = look.until;
        out.push_back(std::move(line));
    }
    return out;
}

}  // namespace townd
