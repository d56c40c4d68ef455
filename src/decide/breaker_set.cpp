#include "townd/decide/breaker_set.hpp"

#include <algorithm>
#include <utility>

namespace townd {

namespace {

// What an agent's key says; see `agent_key`.
breaker_entry entry_of(std::string_view key) {
    breaker_entry out;
    constexpr std::string_view prefix = "agent/";
    if (!key.starts_with(prefix)) return out;
    out.scope = breaker_scope::agent;
    for (const auto role : {agent_role::polecat, agent_role::refinery, agent_role::mayor}) {
        const std::string middle = "/" + std::string{to_text(role)} + "/";
        const auto at = key.find(middle, prefix.size() - 1);
        if (at == std::string_view::npos) continue;
        out.role = role;
        const auto rig = key.substr(prefix.size(), at - std::min(at, prefix.size()));
        if (rig != "-") out.rig = std::string{rig};
        out.agent_name = key.substr(at + middle.size());
        break;
    }
    return out;
}

}  // namespace

std::string_view to_text(breaker_scope scope) noexcept {
    return scope == breaker_scope::container ? "container" : "agent";
}

std::string breaker_set::agent_key(const std::optional<rig_id>& rig, agent_role role,
                                   std::string_view name) {
    std::string key = "agent/";
    key += rig.value_or("-");
    key += '/';
    key += to_text(role);
    key += '/';
    key += name;
    return key;
}

std::optional<breaker_set::refused> breaker_set::refusal(const std::string& agent_key,
                                                         instant now) const {
    const auto ask = [&](std::string_view key) -> std::optional<refused> {
        const auto found = entries_.find(key);
        if (found == entries_.end()) return std::nullopt;
        const auto why = found->second.state.refusal(now);
        if (!why) return std::nullopt;
        return refused{found->first, found->second.scope, found->second.state.state(), *why,
                       found->second.cause};
    };
    // The container first: while it is open, its agents do not probe on their own.
    if (auto outer = ask("container")) return outer;
    return ask(agent_key);
}

breaker_entry& breaker_set::entry(const std::string& key) {
    return entries_[key];
}

const breaker_policy& breaker_set::policy_of(const breaker_entry& e,
                                             const breaker_policies& p) const {
    return e.scope == breaker_scope::container ? p.container : p.agent;
}

void breaker_set::tell(const std::string& key, breaker_entry& e,
                       const std::optional<breaker_transition>& change, std::string_view cause,
                       instant now) {
    changed_.insert(key);
    e.touched_at = now;
    if (!change) return;
    e.changed_at = now;
    if (!cause.empty()) e.cause = cut_text(cause, 256);
    events_.push_back({key, *change});
}

std::vector<admission> breaker_set::admit(const std::optional<rig_id>& rig, agent_role role,
                                          std::string_view name, instant now,
                                          const breaker_policies& policy) {
    const auto take = [&](const std::string& key, const breaker_policy& p) {
        breaker_entry& e = entry(key);
        std::optional<breaker_transition> change;
        const auto grant = e.state.admit(now, p, change);
        if (change || grant.probe != 0) tell(key, e, change, {}, now);
        return admission{key, grant.generation, grant.probe};
    };
    const std::string slot = agent_key(rig, role, name);
    breaker_entry& own = entry(slot);
    own.scope = breaker_scope::agent;
    own.role = role;
    own.rig = rig;
    own.agent_name = name;
    return {take(container_key(), policy.container), take(slot, policy.agent)};
}

void breaker_set::record(const admission& leave, verdict said, std::string_view cause, instant now,
                         double draw, const breaker_policies& policy) {
    auto found = entries_.find(leave.key);
    if (found == entries_.end()) {
        // Admitted before a restart, by a breaker that had nothing to remember and was not stored.
        if (said != verdict::failure) return;
        found = entries_.emplace(leave.key, entry_of(leave.key)).first;
    }
    breaker_entry& e = found->second;
    const bool was_fresh = e.state.is_fresh();
    const auto change =
        e.state.record({leave.generation, leave.probe}, said, now, draw, policy_of(e, policy));
    if (was_fresh && e.state.is_fresh()) return;  // The common case stores nothing.
    tell(leave.key, e, change, said == verdict::failure ? cause : std::string_view{}, now);
}

void breaker_set::extend(const admission& leave, instant until) {
    const auto found = entries_.find(leave.key);
    if (found != entries_.end()) found->second.state.extend({leave.generation, leave.probe}, until);
}

void breaker_set::expire(instant now, double draw, const breaker_policies& policy,
                         bool work_waits) {
    for (auto& [key, e] : entries_) {
        auto change = e.state.expire(now, draw, policy_of(e, policy));
        if (!change && !work_waits) change = e.state.let_go(now, policy_of(e, policy));
        if (change) tell(key, e, change, {}, now);
    }
}

void breaker_set::prune(const std::function<bool(const std::string&)>& exists, instant now) {
    constexpr duration remembered{86'400'000};
    std::erase_if(entries_, [&](const auto& each) {
        const auto& [key, e] = each;
        const auto state = e.state.state();
        const bool forced =
            state == breaker_state::forced_open || state == breaker_state::forced_closed;
        if (e.scope != breaker_scope::agent || forced || e.touched_at >= now) return false;
        if (!e.state.is_fresh() && now - e.touched_at < remembered) return false;
        if (exists(key)) return false;
        changed_.insert(key);
        return true;
    });
}

void breaker_set::hint_container(instant at) {
    const auto found = entries_.find(container_key());
    if (found == entries_.end() || found->second.state.state() != breaker_state::open) return;
    if (found->second.state.retry_at() <= at) return;
    found->second.state.hint(at);
    changed_.insert(found->first);
}

instant breaker_set::next_change(instant now, const breaker_policies& policy) const {
    instant next = never;
    for (const auto& [key, e] : entries_) {
        const auto state = e.state.state();
        if (state == breaker_state::half_open && e.state.probe_in_flight()) {
            next = std::min(next, e.state.lease_ends_at());
        } else if (state == breaker_state::open || state == breaker_state::half_open) {
            const instant unasked = e.state.retry_at() + policy_of(e, policy).max_open;
            const instant when = e.state.retry_at() > now ? e.state.retry_at() : unasked;
            if (when > now) next = std::min(next, when);
        }
    }
    return next;
}

void breaker_set::put(std::string key, breaker_entry entry_in) {
    entries_.insert_or_assign(std::move(key), std::move(entry_in));
}

std::vector<breaker_event> breaker_set::take_events() {
    return std::exchange(events_, {});
}
std::set<std::string> breaker_set::take_changed() {
    return std::exchange(changed_, {});
}

}  // namespace townd
