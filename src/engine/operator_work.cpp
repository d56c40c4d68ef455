#include "engine/operator_work.hpp"

#include <algorithm>

#include "town/retries.hpp"

namespace townd::engine {
namespace {

failure no_such_key(const std::string& key) {
    return {errc::invalid, "key: " + clean_text(key, 200) +
                               " is no breaker's key: use place/RIG/ROLE or "
                               "agent/RIG/ROLE/NAME (RIG is - for none)"};
}

json breaker_state_of(const breaker_set& all, const std::string& key) {
    json out;
    const auto found = all.entries().find(key);
    const breaker none;
    const breaker& b = found == all.entries().end() ? none : found->second.state;
    const auto time = [](bool applies, instant at) {
        return applies && at != never ? json(to_rfc3339(at)) : json();
    };
    const bool forced =
        b.state() == breaker_state::forced_open || b.state() == breaker_state::forced_closed;
    out["state"] = to_text(b.state());
    out["consecutive_failures"] = b.consecutive_failures();
    out["level"] = b.level();
    out["retry_at"] = time(b.state() == breaker_state::open, b.retry_at());
    out["forced_until"] = time(forced, b.forced_until());
    out["cause"] = found == all.entries().end() || found->second.cause.empty()
                       ? json()
                       : json(found->second.cause);
    return out;
}

// Before a breaker is made: a key of nothing would hold nothing and look as if it did.
std::optional<failure> check_key(town::context& ctx, const std::string& key) {
    if (ctx.breakers.entries().contains(key)) return std::nullopt;
    const auto entry = breaker_set::entry_of(key);
    if (!entry) return no_such_key(key);
    if (entry->rig && !ctx.store.find_rig(*entry->rig)) {
        if (ctx.store.failed()) return ctx.store.failed();
        return failure{errc::not_found,
                       "key: town " + ctx.town + " has no rig " + clean_text(*entry->rig, 80)};
    }
    return std::nullopt;
}

std::string forced_words(const operator_request& what) {
    return "forced by " + what.by + ": " + what.reason;
}

result<bool> act_on(town::context& ctx, const operator_request& what, const std::string& key,
                    instant at) {
    if (auto wrong = check_key(ctx, key)) return *std::move(wrong);
    switch (what.verb) {
        case operator_verb::force_open:
            return ctx.breakers.force(key, breaker_state::forced_open, forced_words(what), ctx.now,
                                      end_of(what, ctx.now));
        case operator_verb::force_closed:
            return ctx.breakers.force(key, breaker_state::forced_closed, forced_words(what),
                                      ctx.now, end_of(what, ctx.now));
        case operator_verb::clear:
            return ctx.breakers.end_force(key, ctx.now);
        case operator_verb::reset:
            return ctx.breakers.reset(key, ctx.now, at);
        case operator_verb::probe: {
            const auto found = ctx.breakers.entries().find(key);
            if (found != ctx.breakers.entries().end() &&
                found->second.state.state() == breaker_state::forced_open)
                return failure{errc::conflict,
                               "breaker " + key + " is forced open: clear that first"};
            return ctx.breakers.probe(key, ctx.now, std::max(at, ctx.now));
        }
        default:
            return failure{errc::internal, "no verb of breakers"};
    }
}

bool takes(const std::vector<std::string>& wanted, std::string_view value) {
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

}  // namespace

instant end_of(const operator_request& what, instant now) {
    return what.ttl ? now + *what.ttl : never;
}

town_work work_for(const operator_request& what) {
    if (what.verb == operator_verb::retry_now)
        return [what](town::context& ctx) { return town::retry_now(ctx, what.bead, what.reason); };
    if (what.verb == operator_verb::reset_attempts)
        return [what](town::context& ctx) {
            return town::reset_attempts(ctx, what.bead, what.reason);
        };
    return [what](town::context& ctx) -> result<json> {
        json out;
        out["before"] = breaker_state_of(ctx.breakers, what.key);
        const auto changed = act_on(ctx, what, what.key, ctx.now);
        if (!changed) return changed.error();
        out["after"] = breaker_state_of(ctx.breakers, what.key);
        out["changed"] = *changed;
        if (*changed) ctx.out.wake = true;
        return out;
    };
}

town_work work_for(const operator_request& what, std::vector<aimed_breaker> breakers) {
    return [what, breakers = std::move(breakers)](town::context& ctx) -> result<json> {
        int changed = 0;
        for (const auto& [key, at] : breakers) {
            const auto done = act_on(ctx, what, key, at);
            if (done && *done) ++changed;  // One that is gone by now is no reason to undo the rest.
        }
        if (changed > 0) ctx.out.wake = true;
        json out;
        out["changed"] = changed;
        return out;
    };
}

town_work tried(town_work work, std::shared_ptr<result<json>> said) {
    return [work = std::move(work), said = std::move(said)](town::context& ctx) -> result<json> {
        *said = work(ctx);
        if (ctx.store.failed()) *said = *ctx.store.failed();
        return failure{errc::conflict, "a dry run is undone"};
    };
}

std::vector<std::pair<town_id, std::string>> select_breakers(
    const std::vector<std::shared_ptr<const town_summary>>& towns, const breaker_selector& wanted) {
    std::vector<std::pair<town_id, std::string>> out;
    for (const auto& town : towns) {
        if (!takes(wanted.towns, town->id)) continue;
        for (const auto& [key, e] : town->breakers) {
            if (!takes(wanted.states, to_text(e.state.state()))) continue;
            if (!takes(wanted.roles, to_text(e.role))) continue;
            if (!takes(wanted.scopes, to_text(e.scope))) continue;
            if (!wanted.cause.empty() && e.cause.find(wanted.cause) == std::string::npos) continue;
            out.emplace_back(town->id, key);
        }
    }
    return out;
}

}  // namespace townd::engine
