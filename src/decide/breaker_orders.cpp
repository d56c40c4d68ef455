// What an operator does to breakers.

#include <algorithm>

#include "townd/decide/breaker_set.hpp"

namespace townd {

std::optional<breaker_transition> breaker::end_force(instant now) noexcept {
    if (state_ == breaker_state::forced_open) {
        // Through the same careful door as after any open time.
        retry_at_ = now;
        hinted_ = false;
        return move(breaker_state::open, trip_rule::forced);
    }
    if (state_ != breaker_state::forced_closed) return std::nullopt;
    window_ = 0;
    samples_ = 0;
    consecutive_ = 0;
    return move(breaker_state::closed, trip_rule::forced);
}

bool breaker::probe_from(instant at) noexcept {
    if (state_ != breaker_state::open || retry_at_ <= at) return false;
    retry_at_ = at;
    return true;
}

std::optional<breaker_transition> breaker::reset_from(instant at) noexcept {
    window_ = 0;
    samples_ = 0;
    consecutive_ = 0;
    level_ = 0;
    switch (state_) {
        case breaker_state::closed:
        case breaker_state::half_open:  // Its probe is out, or may be sent at once.
            return std::nullopt;
        case breaker_state::forced_closed:
            return move(breaker_state::closed, trip_rule::forced);
        case breaker_state::open:
            retry_at_ = at;
            return std::nullopt;
        case breaker_state::forced_open:
            retry_at_ = at;
            hinted_ = false;
            return move(breaker_state::open, trip_rule::forced);
    }
    return std::nullopt;
}

bool breaker_set::force(const std::string& key, breaker_state forced, std::string_view cause,
                        instant now, instant until) {
    auto found = own().find(key);
    if (found == own().end()) {
        auto fresh = entry_of(key);
        if (!fresh) return false;
        found = own().emplace(key, *std::move(fresh)).first;
    }
    const auto change = found->second.state.force(forced, now, until);
    tell(key, found->second, change, cause, now);
    return true;
}

bool breaker_set::end_force(const std::string& key, instant now) {
    const auto found = own().find(key);
    if (found == own().end()) return false;
    const auto change = found->second.state.end_force(now);
    if (!change) return false;
    tell(key, found->second, change, {}, now);
    if (found->second.scope == breaker_scope::place) reflect(key, found->second, now);
    return true;
}

bool breaker_set::reset(const std::string& key, instant now, instant at) {
    const auto found = own().find(key);
    if (found == own().end()) return false;
    breaker_entry& e = found->second;
    if (e.state.is_fresh() && e.known.is_fresh()) return false;
    std::optional<breaker_transition> change;
    if (e.scope == breaker_scope::place) {
        if (at > now)
            e.known.order(at);
        else
            e.known.forget(now);
        change = e.state.end_force(now);
        tell(key, e, change, {}, now);
        reflect(key, e, now);
        return true;
    }
    if (at > now)
        change = e.state.reset_from(at);
    else
        change = e.state.reset(now);
    if (change && change->from == change->to) change.reset();  // Nothing to tell.
    tell(key, e, change, {}, now);
    return true;
}

bool breaker_set::probe(const std::string& key, instant now, instant at) {
    const auto found = own().find(key);
    if (found == own().end()) return false;
    breaker_entry& e = found->second;
    if (e.scope == breaker_scope::place) {
        if (!e.known.in_doubt() || e.known.trying() || e.known.ordered()) return false;
        e.known.order(at);
        reflect(key, e, now);
        return true;
    }
    if (!e.state.probe_from(at)) return false;
    tell(key, e, std::nullopt, {}, now);
    return true;
}

void breaker_set::end_forces(instant now) {
    for (auto& [key, e] : own())
        if (e.state.forced_until() <= now)
            if (const auto change = e.state.end_force(now)) {
                tell(key, e, change, {}, now);
                if (e.scope == breaker_scope::place) reflect(key, e, now);
            }
}

instant breaker_set::next_force_end(instant now) const {
    instant next = never;
    for (const auto& [key, e] : entries()) {
        const auto state = e.state.state();
        const bool forced =
            state == breaker_state::forced_open || state == breaker_state::forced_closed;
        if (forced && e.state.forced_until() > now) next = std::min(next, e.state.forced_until());
    }
    return next;
}

}  // namespace townd
