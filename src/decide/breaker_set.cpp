#include "townd/decide/breaker_set.hpp"

#include <algorithm>
#include <utility>

namespace townd {

namespace {

constexpr duration same_cause_within{600'000};

bool passes_through(const breaker& outer, instant now) {
    // Half-open, or about to be: what it admits is its probe.
    const auto state = outer.state();
    return (state == breaker_state::open || state == breaker_state::half_open) &&
           !outer.refusal(now);
}

}  // namespace

std::string_view to_text(breaker_scope scope) noexcept {
    switch (scope) {
        case breaker_scope::container:
            return "container";
        case breaker_scope::agent:
            return "agent";
        case breaker_scope::role:
            return "role";
        case breaker_scope::rig:
            return "rig";
    }
    return "container";
}

std::string breaker_set::role_key(agent_role role) {
    return "role/" + std::string{to_text(role)};
}

std::string breaker_set::rig_key(const std::optional<rig_id>& rig, agent_role role) {
    return "rig/" + rig.value_or("-") + "/" + std::string{to_text(role)};
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

std::optional<breaker_entry> breaker_set::entry_of(std::string_view key) {
    breaker_entry out;
    if (key == "container") return out;
    const auto take = [&key] {
        const auto end = key.find('/');
        const auto part = key.substr(0, end);
        key.remove_prefix(end == std::string_view::npos ? key.size() : end + 1);
        return part;
    };
    const auto scope = take();
    if (scope == "role") {
        out.scope = breaker_scope::role;
    } else if (scope == "rig" || scope == "agent") {
        out.scope = scope == "rig" ? breaker_scope::rig : breaker_scope::agent;
        if (const auto rig = take(); rig != "-") out.rig = std::string{rig};
    } else {
        return std::nullopt;
    }
    out.role = parse_agent_role(take());
    if (out.scope == breaker_scope::agent) {
        out.agent_name = key;
        key = {};
    }
    const bool named = out.scope != breaker_scope::agent || !out.agent_name.empty();
    if (!out.role || !key.empty() || !named) return std::nullopt;
    return out;
}

std::optional<breaker_set::refused> breaker_set::refusal(const std::optional<rig_id>& rig,
                                                         agent_role role, std::string_view name,
                                                         instant now, bool leased) const {
    if (entries().empty()) return std::nullopt;
    // From the outside in: while one is open, those within it do not probe on their own, and where
    // one lets its probe pass, the inner ones do too. Only what a person forced stays.
    bool probing = leased;
    std::optional<refused> out;
    const auto ask = [&](const std::string& key) {
        const auto found = entries().find(key);
        if (found == entries().end()) return false;
        const breaker_entry& e = found->second;
        const auto why = e.state.refusal(now);
        if (why && (!probing || e.state.state() == breaker_state::forced_open)) {
            out = refused{found->first, e.scope, e.state.state(), *why, e.cause};
            return true;
        }
        probing = probing || passes_through(e.state, now);
        return false;
    };
    if (ask(container_key()) || ask(role_key(role)) || ask(rig_key(rig, role)) ||
        ask(agent_key(rig, role, name)))
        return out;
    return std::nullopt;
}

breaker_set::entry_map& breaker_set::own() {
    if (entries_.use_count() > 1) entries_ = std::make_shared<entry_map>(*entries_);
    return *entries_;
}

const breaker_policy& breaker_set::policy_of(const breaker_entry& e,
                                             const breaker_policies& p) const {
    switch (e.scope) {
        case breaker_scope::container:
            return p.container;
        case breaker_scope::agent:
            return p.agent;
        case breaker_scope::role:
        case breaker_scope::rig:
            break;
    }
    return p.role;
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
        breaker_entry& e = own()[key];
        std::optional<breaker_transition> change;
        const auto grant = e.state.admit(now, p, change);
        if (change || grant.probe != 0) tell(key, e, change, {}, now);
        return admission{key, grant.generation, grant.probe};
    };
    std::vector<admission> out;
    out.push_back(take(container_key(), policy.container));
    for (const std::string& key : {role_key(role), rig_key(rig, role)}) {
        // They open for what their agents report; a try matters to them as a probe only.
        const auto found = entries().find(key);
        if (found != entries().end() && found->second.state.state() != breaker_state::closed)
            out.push_back(take(key, policy.role));
    }
    const std::string slot = agent_key(rig, role, name);
    breaker_entry& e = own()[slot];
    e.scope = breaker_scope::agent;
    e.role = role;
    e.rig = rig;
    e.agent_name = name;
    out.push_back(take(slot, policy.agent));
    return out;
}

void breaker_set::record(const admission& leave, verdict said, std::string_view cause, instant now,
                         double draw, const breaker_policies& policy) {
    auto found = own().find(leave.key);
    if (found == own().end()) {
        // Admitted before a restart, by a breaker that had nothing to remember and was not stored.
        if (said != verdict::failure) return;
        auto fresh = entry_of(leave.key);
        if (!fresh) return;
        found = own().emplace(leave.key, std::move(*fresh)).first;
    }
    breaker_entry& e = found->second;
    const bool was_fresh = e.state.is_fresh();
    const auto change =
        e.state.record({leave.generation, leave.probe}, said, now, draw, policy_of(e, policy));
    if (said == verdict::success && e.scope == breaker_scope::agent) failed_.erase(leave.key);
    if (was_fresh && e.state.is_fresh()) return;  // The common case stores nothing.
    tell(leave.key, e, change, said == verdict::failure ? cause : std::string_view{}, now);
    // Its agents may follow at once: what kept them away was seen to be over.
    if (change && change->to == breaker_state::closed && e.scope != breaker_scope::agent)
        hint_inner(e, now);
}

void breaker_set::hint_inner(const breaker_entry& outer, instant at) {
    for (auto& [key, e] : own()) {
        if (e.state.state() != breaker_state::open || e.scope == breaker_scope::container) continue;
        if (outer.role && e.role != outer.role) continue;
        if (outer.rig && e.rig != outer.rig) continue;
        e.state.hint(at);
        changed_.insert(key);
    }
}

void breaker_set::hint_role(agent_role role, instant at) {
    if (const auto found = own().find(container_key()); found != own().end()) {
        found->second.state.hint(at);
        changed_.insert(found->first);
    }
    breaker_entry all;
    all.role = role;
    hint_inner(all, at);
}

std::optional<std::string> breaker_set::agent_failed(const std::optional<rig_id>& rig,
                                                     agent_role role, std::string_view name,
                                                     std::string_view fingerprint,
                                                     std::string_view cause, bool several_rigs,
                                                     instant now, double draw,
                                                     const breaker_policies& policy) {
    failed_.insert_or_assign(agent_key(rig, role, name),
                             agent_failure{rig, role, std::string{fingerprint}, now});
    int same = 0;
    int here = 0;
    for (const auto& [key, f] : failed_) {
        if (f.role != role || f.fingerprint != fingerprint || now - f.at > same_cause_within)
            continue;
        ++same;
        if (f.rig == rig) ++here;
    }
    std::string key;
    if (same >= policy.role.failures && (!several_rigs || here < same))
        key = role_key(role);
    else if (here >= policy.role.failures)
        key = rig_key(rig, role);
    else
        return std::nullopt;
    trip(key, trip_rule::several_agents, cause, now, draw, policy);
    return key;
}

void breaker_set::trip(const std::string& key, trip_rule rule, std::string_view cause, instant now,
                       double draw, const breaker_policies& policy) {
    auto fresh = entry_of(key);
    if (!fresh) return;
    breaker_entry& e = own().try_emplace(key, std::move(*fresh)).first->second;
    if (const auto change = e.state.trip(now, draw, rule, policy_of(e, policy)))
        tell(key, e, change, cause, now);
}

void breaker_set::rig_failed(const std::optional<rig_id>& rig, agent_role role,
                             std::string_view cause, instant now, double draw,
                             const breaker_policies& policy) {
    trip(rig_key(rig, role), trip_rule::several_agents, cause, now, draw, policy);
}

bool breaker_set::wants_survival(const std::string& key) const {
    const auto found = entries().find(key);
    return found != entries().end() && found->second.state.rule() == trip_rule::agents_lost &&
           found->second.state.state() == breaker_state::half_open;
}

void breaker_set::agents_lost(std::string_view cause, instant now, double draw,
                              const breaker_policies& policy) {
    trip(container_key(), trip_rule::agents_lost, cause, now, draw, policy);
}

void breaker_set::extend(const admission& leave, instant until) {
    const auto found = own().find(leave.key);
    if (found != own().end()) found->second.state.extend({leave.generation, leave.probe}, until);
}

void breaker_set::expire(instant now, double draw, const breaker_policies& policy,
                         bool work_waits) {
    end_forces(now);
    for (auto& [key, e] : own()) {
        auto change = e.state.expire(now, draw, policy_of(e, policy));
        if (!change && !work_waits) change = e.state.let_go(now, policy_of(e, policy));
        if (change) tell(key, e, change, {}, now);
    }
}

void breaker_set::prune(const std::function<bool(const std::string&)>& exists, instant now) {
    constexpr duration remembered{86'400'000};
    std::erase_if(failed_, [&](const auto& each) {
        return now - each.second.at > same_cause_within || !exists(each.first);
    });
    std::erase_if(own(), [&](const auto& each) {
        const auto& [key, e] = each;
        const auto state = e.state.state();
        const bool forced =
            state == breaker_state::forced_open || state == breaker_state::forced_closed;
        if (e.scope == breaker_scope::container || forced || e.touched_at >= now) return false;
        const bool of_agent = e.scope == breaker_scope::agent;
        if (!of_agent && !e.state.is_fresh()) return false;
        if (!e.state.is_fresh() && now - e.touched_at < remembered) return false;
        if (of_agent && exists(key)) return false;
        changed_.insert(key);
        return true;
    });
}

void breaker_set::hint_container(instant at) {
    const auto found = own().find(container_key());
    if (found == own().end() || found->second.state.state() != breaker_state::open) return;
    breaker_entry& e = found->second;
    if (e.state.retry_at() <= at || e.hinted_for == e.state.opened_at()) return;
    e.hinted_for = e.state.opened_at();
    e.state.hint(at);
    changed_.insert(found->first);
}

instant breaker_set::next_change(instant now, const breaker_policies& policy) const {
    instant next = next_force_end(now);
    for (const auto& [key, e] : entries()) {
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
    own().insert_or_assign(std::move(key), std::move(entry_in));
}

std::vector<breaker_event> breaker_set::take_events() {
    return std::exchange(events_, {});
}
std::set<std::string> breaker_set::take_changed() {
    return std::exchange(changed_, {});
}

}  // namespace townd
