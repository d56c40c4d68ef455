// What is known of a town's places, and which of them need leave.

#include <algorithm>

#include "townd/decide/breaker_set.hpp"
#include "townd/words/error.hpp"

namespace townd {
namespace {

// A success so new speaks against a doubt that is another place's.
constexpr duration success_speaks_for{600'000};

trip_rule rule_of(stage at) noexcept {
    switch (at) {
        case stage::answered:
            return trip_rule::answered;
        case stage::survived:
            return trip_rule::survived;
        case stage::done:
            break;
    }
    return trip_rule::done;
}

bool is_forced_closed(const breaker_entry& e) noexcept {
    return e.state.state() == breaker_state::forced_closed;
}

bool spoke_lately(const standing& s, stage at, instant now) noexcept {
    const instant success = s.last_success(at);
    return success != instant{} && now - success < success_speaks_for;
}

}  // namespace

breaker_entry& breaker_set::place(const std::optional<rig_id>& rig, agent_role role) {
    auto& all = own();
    const std::string key = place_key(rig, role);
    const auto found = all.find(key);
    if (found != all.end()) return found->second;
    breaker_entry fresh;
    fresh.role = role;
    fresh.rig = rig;
    return all.emplace(key, std::move(fresh)).first->second;
}

breaker_set::entry_map::const_iterator breaker_set::first_place() const {
    return entries().lower_bound("place/");
}

void breaker_set::reflect(const std::string& key, breaker_entry& e, instant now) {
    const standing& s = e.known;
    breaker::shown what;
    what.failures = s.failures();
    if (s.in_doubt()) {
        what.state = s.trying() ? breaker_state::half_open : breaker_state::open;
        what.rule = rule_of(s.doubted());
        what.opened_at = s.since();
        what.retry_at = s.next_try();
    }
    const auto change = e.state.show(what);
    tell(key, e, change, s.in_doubt() ? std::string_view{s.why().words} : std::string_view{}, now);
    if (s.in_doubt()) e.cause = cut_text(s.why().words, 256);
    // What was seen to be over keeps its agents away no longer.
    if (change && change->to == breaker_state::closed)
        for (auto& [slot, of] : own()) {
            if (of.scope != breaker_scope::agent || of.role != e.role || of.rig != e.rig) continue;
            of.state.hint(now);
            changed_.insert(slot);
        }
}

const standing* breaker_set::place_of(const std::optional<rig_id>& rig, agent_role role) const {
    const auto found = entries().find(place_key(rig, role));
    return found == entries().end() ? nullptr : &found->second.known;
}

void breaker_set::change(const std::optional<rig_id>& rig, agent_role role, instant now,
                         const std::function<void(standing&)>& how) {
    breaker_entry& e = place(rig, role);
    how(e.known);
    reflect(place_key(rig, role), e, now);
}

standing::meaning breaker_set::failed(const std::optional<rig_id>& rig, agent_role role,
                                      const standing::failure& f, double draw,
                                      const retry_policy& policy) {
    breaker_entry& e = place(rig, role);
    const auto meaning = e.known.failed(f, draw, policy);
    reflect(place_key(rig, role), e, f.now);
    return meaning;
}

void breaker_set::succeeded(const std::optional<rig_id>& rig, agent_role role, stage at,
                            instant began, instant now) {
    breaker_entry& e = place(rig, role);
    const bool was_fresh = e.known.is_fresh() && e.known.last_success(at) != instant{};
    const bool free = e.known.succeeded(at, began, now);
    if (was_fresh && !free) return;  // The common case stores nothing.
    reflect(place_key(rig, role), e, now);
    if (!free) return;
    for (auto& [key, other] : own()) {
        if (other.scope != breaker_scope::place || !other.known.in_doubt()) continue;
        other.known.due(now);
        reflect(key, other, now);
    }
}

bool breaker_set::outage_opened(agent_role role, stage at, instant now,
                                const retry_policy& policy) {
    bool any = false;
    for (auto& [key, e] : own()) {
        if (e.scope != breaker_scope::place || e.role != role) continue;
        if (e.known.outage_opened(at, now, policy)) reflect(key, e, now);
        any = any || e.known.in_doubt_at(at);
    }
    return any;
}

void breaker_set::due(instant at) {
    for (auto& [key, e] : own()) {
        if (e.scope != breaker_scope::place || !e.known.in_doubt()) continue;
        e.known.due(at);
        reflect(key, e, at);
    }
}

// The role in all rigs of the town, as long as none is known to be well where one fails: what was
// not tried lately begins with a try under leave, too, or each rig adds a free failure. Work may
// fail for its rig's own reasons: that takes two rigs.
std::optional<place_doubt> breaker_set::role_doubt(agent_role role, instant now) const {
    const breaker_entry* newest = nullptr;
    int failing = 0;
    const auto concerned = [&](const breaker_entry& e) {
        return e.scope == breaker_scope::place && e.role == role && !is_forced_closed(e);
    };
    for (auto at = first_place(); at != entries().end(); ++at) {
        const breaker_entry& e = at->second;
        if (!concerned(e) || !e.known.in_doubt()) continue;
        ++failing;
        if (newest == nullptr || e.known.last_failure() > newest->known.last_failure()) newest = &e;
    }
    if (newest == nullptr) return std::nullopt;
    const stage doubted = newest->known.doubted();
    if (doubted == stage::done && failing < 2) return std::nullopt;
    for (auto at = first_place(); at != entries().end(); ++at)
        if (concerned(at->second) && !at->second.known.in_doubt() &&
            spoke_lately(at->second.known, doubted, now))
            return std::nullopt;
    const instant from = std::max(newest->known.last_failure(), newest->known.asked_until());
    return place_doubt{newest, doubted, failing > 1 ? newest->known.next_try() : from, false,
                       false};
}

// What concerns the whole container, as long as anything fails for it.
std::optional<place_doubt> breaker_set::container_doubt(instant now) const {
    static_cast<void>(now);
    const breaker_entry* newest = nullptr;
    for (auto at = first_place(); at != entries().end(); ++at) {
        const breaker_entry& e = at->second;
        if (e.scope != breaker_scope::place || is_forced_closed(e) || !e.known.in_doubt()) continue;
        if (e.known.doubted() == stage::done || !e.known.why().whole) continue;
        if (newest == nullptr || e.known.last_failure() > newest->known.last_failure()) newest = &e;
    }
    if (newest == nullptr) return std::nullopt;
    return place_doubt{newest, newest->known.doubted(), newest->known.next_try(), false, false};
}

// Another role of the town fails: whether this one does is not known. It begins with a try under
// leave, which it has at once as long as the fleet can afford that it fails.
std::optional<place_doubt> breaker_set::town_doubt(agent_role role, instant now) const {
    const breaker_entry* newest = nullptr;
    for (auto at = first_place(); at != entries().end(); ++at) {
        const breaker_entry& e = at->second;
        if (e.scope != breaker_scope::place || e.role == role || is_forced_closed(e)) continue;
        if (!e.known.in_doubt() || e.known.doubted() == stage::done || e.known.why().local)
            continue;
        if (newest == nullptr || e.known.last_failure() > newest->known.last_failure()) newest = &e;
    }
    if (newest == nullptr) return std::nullopt;
    const stage doubted = newest->known.doubted();
    for (auto at = first_place(); at != entries().end(); ++at)
        if (at->second.role == role && spoke_lately(at->second.known, doubted, now))
            return std::nullopt;
    const instant from = std::max(newest->known.last_failure(), newest->known.asked_until());
    return place_doubt{newest, doubted, from, false, false};
}

std::optional<place_doubt> breaker_set::doubt_of(const std::optional<rig_id>& rig, agent_role role,
                                                 instant now) const {
    const auto found = entries().find(place_key(rig, role));
    const breaker_entry* mine = found == entries().end() ? nullptr : &found->second;
    if (mine != nullptr && is_forced_closed(*mine)) return std::nullopt;
    std::optional<place_doubt> out;
    const bool own_doubt = mine != nullptr && mine->known.in_doubt();
    if (own_doubt)
        out = place_doubt{mine, mine->known.doubted(), mine->known.next_try(),
                          mine->known.ordered(), true};
    const auto consider = [&](const std::optional<place_doubt>& wider) {
        if (!wider || wider->by == mine) return;
        if (!own_doubt) {
            const bool well = mine != nullptr && spoke_lately(mine->known, wider->at, now);
            if (!well && !out) out = *wider;
            return;
        }
        // They share one wait, and are tried one at a time.
        if (!out->ordered && !mine->known.earning() && mine->known.next_try() > now)
            out->next_try = std::max(out->next_try, wider->next_try);
    };
    consider(container_doubt(now));
    if (role != agent_role::mayor) consider(role_doubt(role, now));
    if (!out) consider(town_doubt(role, now));
    return out;
}

std::optional<place_doubt> breaker_set::doubt_of(agent_role role, instant now) const {
    std::optional<place_doubt> out;
    for (auto at = first_place(); at != entries().end(); ++at) {
        const breaker_entry& e = at->second;
        if (e.scope != breaker_scope::place || e.role != role || is_forced_closed(e)) continue;
        if (!e.known.in_doubt()) continue;
        place_doubt here{&e, e.known.doubted(), e.known.next_try(), e.known.ordered(), true};
        if (!out) {
            out = here;
            continue;
        }
        // The role's wait is that of its newest failure: its rigs take turns within it.
        const bool newer = e.known.last_failure() > out->by->known.last_failure();
        if (newer) std::swap(*out, here);
        out->ordered = out->ordered || here.ordered;
        if (here.by->known.next_try() <= now && here.by->known.earning()) out->next_try = now;
    }
    if (const auto wider = container_doubt(now)) {
        if (!out)
            out = wider;
        else if (wider->by->known.last_failure() > out->by->known.last_failure() && !out->ordered)
            out->next_try = std::max(out->next_try, wider->next_try);
    }
    return out ? out : town_doubt(role, now);
}

}  // namespace townd
