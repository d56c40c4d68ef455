#include "townd/decide/breaker_set.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "townd/words/error.hpp"

namespace townd {

std::string_view to_text(breaker_scope scope) noexcept {
    return scope == breaker_scope::place ? "place" : "agent";
}

std::string breaker_set::place_key(const std::optional<rig_id>& rig, agent_role role) {
    return "place/" + rig.value_or("-") + "/" + std::string{to_text(role)};
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
    const auto take = [&key] {
        const auto end = key.find('/');
        const auto part = key.substr(0, end);
        key.remove_prefix(end == std::string_view::npos ? key.size() : end + 1);
        return part;
    };
    breaker_entry out;
    const auto scope = take();
    if (scope == "agent")
        out.scope = breaker_scope::agent;
    else if (scope != "place")
        return std::nullopt;
    const auto rig = take();
    if (rig.empty()) return std::nullopt;
    if (rig != "-") out.rig = std::string{rig};
    const auto role = parse_agent_role(take());
    if (!role) return std::nullopt;
    out.role = *role;
    if (out.scope == breaker_scope::agent) out.agent_name = std::exchange(key, {});
    if (!key.empty() || (out.scope == breaker_scope::agent && out.agent_name.empty()))
        return std::nullopt;
    return out;
}

std::optional<breaker_set::refused> breaker_set::refusal(const std::optional<rig_id>& rig,
                                                         agent_role role, std::string_view name,
                                                         instant now, bool trying) const {
    if (entries().empty()) return std::nullopt;
    const auto ask = [&](const std::string& key) -> std::optional<refused> {
        const auto found = entries().find(key);
        if (found == entries().end()) return std::nullopt;
        const breaker_entry& e = found->second;
        const bool forced = e.state.state() == breaker_state::forced_open;
        // A place's own refusal is its doubt's to tell; here only what a person forced counts.
        if (!forced && (trying || e.scope == breaker_scope::place)) return std::nullopt;
        const auto why = e.state.refusal(now);
        if (!why) return std::nullopt;
        return refused{found->first, e.scope, e.state.state(), *why, e.cause};
    };
    if (auto out = ask(place_key(rig, role))) return out;
    return ask(agent_key(rig, role, name));
}

breaker_set::entry_map& breaker_set::own() {
    if (entries_.use_count() > 1) entries_ = std::make_shared<entry_map>(*entries_);
    return *entries_;
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
    std::vector<admission> out;
    const bool tried = doubt_of(rig, role, now).has_value();
    breaker_entry& here = place(rig, role);
    const std::string place_name = place_key(rig, role);
    if (tried) {
        here.known.tried(now);
        reflect(place_name, here, now);
    }
    out.push_back({place_name, here.known.generation(), tried ? 1U : 0U});
    const std::string slot = agent_key(rig, role, name);
    breaker_entry& e = own()[slot];
    e.scope = breaker_scope::agent;
    e.role = role;
    e.rig = rig;
    e.agent_name = name;
    std::optional<breaker_transition> change;
    const auto grant = e.state.admit(now, policy.agent, change);
    if (change || grant.probe != 0) tell(slot, e, change, {}, now);
    out.push_back({slot, grant.generation, grant.probe});
    return out;
}

void breaker_set::record(const admission& leave, verdict said, std::string_view cause, instant now,
                         double draw, const breaker_policies& policy) {
    auto found = own().find(leave.key);
    if (found == own().end()) {
        // Admitted before a restart, by a breaker that had nothing to remember and was not stored.
        if (said != verdict::failure) return;
        auto fresh = entry_of(leave.key);
        if (!fresh || fresh->scope != breaker_scope::agent) return;
        found = own().emplace(leave.key, std::move(*fresh)).first;
    }
    breaker_entry& e = found->second;
    if (e.scope != breaker_scope::agent) return;
    const bool was_fresh = e.state.is_fresh();
    const auto change =
        e.state.record({leave.generation, leave.probe}, said, now, draw, policy.agent);
    if (was_fresh && e.state.is_fresh()) return;  // The common case stores nothing.
    tell(leave.key, e, change, said == verdict::failure ? cause : std::string_view{}, now);
}

bool breaker_set::is_over(const admission& leave) const {
    const auto found = entries().find(leave.key);
    if (found == entries().end()) return false;
    const breaker_entry& e = found->second;
    return e.scope == breaker_scope::agent ? e.state.generation() != leave.generation
                                           : e.known.generation() != leave.generation;
}

void breaker_set::extend(const admission& leave, instant until) {
    const auto found = own().find(leave.key);
    if (found != own().end()) found->second.state.extend({leave.generation, leave.probe}, until);
}

namespace {

// Nobody has work that could prove it: it must not stay open for ever.
bool is_unasked(const standing& known, bool work_waits, instant now) {
    constexpr duration doubt_without_work{3'600'000};
    if (work_waits || !(known.in_doubt() || known.is_soft())) return false;
    const instant news =
        std::max({known.last_failure(), known.last_try(), known.next_try(), known.since()});
    return now - news >= doubt_without_work;
}

// A copy of all entries is made when one changes: most ticks change none.
bool may_expire(const breaker_entry& e, bool work_waits, instant now) {
    if (e.scope == breaker_scope::place) return is_unasked(e.known, work_waits, now);
    return e.state.state() != breaker_state::closed;
}

}  // namespace

void breaker_set::expire(instant now, double draw, const breaker_policies& policy,
                         const std::function<bool(agent_role)>& work_waits) {
    if (next_force_end(now - duration{1}) <= now) end_forces(now);
    std::array<bool, agent_role_count> waits{};
    for (const auto role : {agent_role::polecat, agent_role::refinery, agent_role::mayor})
        waits[index_of(role)] = work_waits(role);
    if (std::none_of(entries().begin(), entries().end(), [&](const auto& each) {
            return may_expire(each.second, waits[index_of(each.second.role)], now);
        }))
        return;
    for (auto& [key, e] : own()) {
        const bool work = waits[index_of(e.role)];
        if (e.scope == breaker_scope::place) {
            if (!is_unasked(e.known, work, now)) continue;
            e.known.forget(now);
            reflect(key, e, now);
            continue;
        }
        auto change = e.state.expire(now, draw, policy.agent);
        if (!change && !work) change = e.state.let_go(now, policy.agent);
        if (change) tell(key, e, change, {}, now);
    }
}

void breaker_set::prune(const std::function<bool(const std::string&)>& exists, instant now) {
    constexpr duration remembered{86'400'000};
    std::erase_if(own(), [&](const auto& each) {
        const auto& [key, e] = each;
        const auto state = e.state.state();
        const bool forced =
            state == breaker_state::forced_open || state == breaker_state::forced_closed;
        if (forced || e.touched_at >= now || exists(key)) return false;
        const bool of_agent = e.scope == breaker_scope::agent;
        if (of_agent && !e.state.is_fresh() && now - e.touched_at < remembered) return false;
        changed_.insert(key);
        return true;
    });
}

instant breaker_set::next_change(instant now, const breaker_policies& policy) const {
    instant next = next_force_end(now);
    for (const auto& [key, e] : entries()) {
        if (e.scope == breaker_scope::place) {
            if (e.known.in_doubt() && e.known.next_try() > now)
                next = std::min(next, e.known.next_try());
            continue;
        }
        const auto state = e.state.state();
        if (state == breaker_state::half_open && e.state.probe_in_flight()) {
            next = std::min(next, e.state.lease_ends_at());
        } else if (state == breaker_state::open || state == breaker_state::half_open) {
            const instant unasked = e.state.retry_at() + policy.agent.max_open;
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
