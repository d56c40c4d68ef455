// The gates, in order, and who is chosen to start.

#include "townd/decide/gate.hpp"

#include <algorithm>

#include "decide/gate_context.hpp"
#include "townd/decide/names.hpp"

namespace townd {

const std::array<gate::context::row, gate::context::row_count> gate::context::rows{{
    {gate_reason::daemon_draining, &context::daemon_runs},
    {gate_reason::daemon_paused, &context::daemon_unpaused},
    {gate_reason::town_unreadable, &context::town_readable},
    {gate_reason::town_paused, &context::town_unpaused},
    {gate_reason::bead_not_ready, &context::bead_ready},
    {gate_reason::bead_not_dispatchable, &context::bead_dispatchable},
    {gate_reason::rig_not_configured, &context::rig_configured},
    {gate_reason::already_running, &context::not_running},
    {gate_reason::attempts_exhausted, &context::attempts_left},
    {gate_reason::parked, &context::not_parked},
    {gate_reason::backing_off, &context::due},
    {gate_reason::outage_open, &context::place_proved},
    {gate_reason::breaker_open, &context::breakers_closed},
    {gate_reason::budget_exceeded, &context::within_budget},
    {gate_reason::no_free_agent, &context::agent_free},
    {gate_reason::slow_start, &context::paced},
    {gate_reason::concurrency_limit, &context::within_limits},
}};

gate::gate(const town_view& view, breaker_set& breakers)
    : view_(view),
      breakers_(breakers),
      daemon_left_(view.facts.daemon_slots),
      starts_used_(view.facts.budget.starts.within_hour(view.now)),
      failed_used_(view.facts.budget.failures.within_hour(view.now)) {
    for (const auto& a : view.rows.agents) {
        const bool occupied = view.is_occupied(a);
        if (a.role == agent_role::polecat) {
            const std::string key = a.rig.value_or("");
            ++polecat_records_[key];
            if (occupied) ++polecats_[key];
        }
        if (occupied) ++occupied_[index_of(a.role)];
        if (a.role != agent_role::mayor && occupied) ++town_occupied_;
    }
    // A start whose outcome is unknown holds its agent and its bead, and nobody else: the answer
    // that is awaited will not come (a crash with one in flight held the whole role for 150 s).
    for (const auto& d : view.rows.dispatches)
        if (d.awaits_answer(view.now)) ++starting_[index_of(d.role)];
}

const fleet_advice* gate::lease_for(agent_role role) const {
    const fleet_advice& said = view_.facts.advice[index_of(role)];
    const bool usable = said.lease != 0 && !said.lease_used && !lease_taken_[index_of(role)] &&
                        view_.now + view_.rules.dispatch.start_timeout < said.lease_ends_at;
    return usable ? &said : nullptr;
}

const std::optional<place_doubt>& gate::doubt_of(const candidate& c) const {
    for (const auto& known : doubts_)
        if (known.role == c.role && known.rig == c.rig) return known.doubt;
    doubts_.push_back({c.role, c.rig, breakers_.doubt_of(c.rig, c.role, view_.now)});
    return doubts_.back().doubt;
}

// One attempt at a time tells whether it works. What began before the newest failure tells nothing.
bool gate::is_tried(const candidate& c, const place_doubt& doubt) const {
    if (tried_[index_of(c.role)] || lease_taken_[index_of(c.role)]) return true;
    const bool whole = doubt.by->known.why().whole && doubt.at != stage::done;
    const instant since = doubt.by->known.since();
    return std::any_of(view_.rows.dispatches.begin(), view_.rows.dispatches.end(),
                       [&](const dispatch& d) {
                           const bool same = d.role == c.role && (!doubt.own || d.rig == c.rig);
                           if (!(same || whole) || d.created_at < since) return false;
                           if (d.awaits_answer(view_.now)) return true;
                           if (!d.is_settled()) return false;
                           if (doubt.at == stage::answered) return false;
                           return doubt.at == stage::done ? same : !d.survived_at.has_value();
                       });
}

chosen_slot gate::choose(const candidate& c) const {
    const auto usable = [&](const agent& a) {
        return !view_.is_occupied(a) && !view_.is_stopping(a.id) && !taken_.contains(a.id) &&
               a.status != agent_status::unknown;
    };
    if (c.slot != nullptr)
        return usable(*c.slot) ? chosen_slot{c.slot, c.slot->name} : chosen_slot{};
    // A free agent of the rig that has not failed; else a new one within the limit, since another
    // slot tells whether it is the agent or the role; else the one that failed least; else, so that
    // the refusal names the right cause, one whose breaker is open.
    const agent* least = nullptr;
    int fewest = 0;
    const agent* refused_slot = nullptr;
    for (const auto& a : view_.rows.agents) {
        if (a.role != c.role || a.rig != c.rig || a.hook || !usable(a)) continue;
        const auto found = breakers_.entries().find(breaker_set::agent_key(a.rig, a.role, a.name));
        if (found == breakers_.entries().end()) return {&a, a.name};
        const breaker& b = found->second.state;
        if (b.refusal(view_.now)) {
            if (refused_slot == nullptr) refused_slot = &a;
            continue;
        }
        if (b.consecutive_failures() == 0) return {&a, a.name};
        if (least == nullptr || b.consecutive_failures() < fewest) {
            least = &a;
            fewest = b.consecutive_failures();
        }
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
    if (least != nullptr) return {least, least->name};
    if (refused_slot != nullptr) return {refused_slot, refused_slot->name};
    return {};
}

const std::string& gate::new_name(agent_role role) const {
    auto& name = free_name_[static_cast<std::size_t>(role)];
    if (name.empty()) name = free_name(view_.rows.agents, role, taken_);
    return name;
}

void gate::count_start(const candidate& c, const chosen_slot& slot) {
    if (slot.existing == nullptr) free_name_[index_of(c.role)].clear();
    taken_.insert(slot.existing != nullptr ? slot.existing->id : slot.name);
    started_beads_.insert(c.work->id);
    --daemon_left_;
    ++occupied_[index_of(c.role)];
    ++starting_[index_of(c.role)];
    if (c.role != agent_role::mayor) {
        ++town_occupied_;
        ++admitted_;
    }
    if (c.role == agent_role::polecat) {
        ++polecats_[c.rig.value_or("")];
        if (slot.existing == nullptr) ++polecat_records_[c.rig.value_or("")];
    } else if (slot.existing == nullptr) {
        made_.insert(std::string{to_text(c.role)} + "/" + c.rig.value_or(""));
    }
}

gate::answer gate::ask(const candidate& c) {
    context look{*this, view_, c};
    for (const auto& row : context::rows) {
        // Looked for only when a gate needs it: most beads that wait are refused before.
        if (row.stands_for == gate_reason::outage_open) look.find_slot();
        if ((look.*row.holds)()) continue;
        gate_refusal no{look.reason, look.until, look.wants_leave};
        if (no.wants_leave) {
            const bool whole = look.doubt->by->known.why().whole && look.doubt->at != stage::done;
            no.leave_from = look.doubt->next_try;
            no.fresh = !look.doubt->own && !whole;
        }
        return {std::nullopt, no};
    }
    count_start(c, look.slot);
    auto admissions =
        breakers_.admit(c.rig, c.role, look.slot.name, view_.now, view_.rules.breaker);
    if (look.lease != nullptr) {
        lease_taken_[index_of(c.role)] = true;
        admissions.push_back({lease_admission_key, 0, look.lease->lease});
    } else if (look.doubt) {
        tried_[index_of(c.role)] = true;
    }
    return {admitted{permit{std::move(admissions)}, look.slot},
            {gate_reason::dispatchable, view_.now}};
}

std::vector<gate_answer> gate::explain(const candidate& c) const {
    std::vector<gate_answer> out;
    context look{*this, view_, c};
    look.words = true;
    look.find_slot();
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
