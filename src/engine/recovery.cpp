// What a town takes over from a process before this one, and leaves to the next.

#include <algorithm>

#include "engine/breaker_rows.hpp"
#include "engine/town_actor.hpp"
#include "town/drain.hpp"
#include "town/standing.hpp"
#include "town/upkeep.hpp"

namespace townd::engine {

namespace {

void read_nudges(town::context& ctx) {
    const auto text = ctx.store.value("nudges");
    const auto all = text ? parse_json(*text) : result<json>{json::object()};
    if (!all || !all->is_object()) return;
    for (const auto& [agent, told] : all->items())
        if (told.is_array() && told.size() == 2 && told[0].is_number_integer() &&
            told[1].is_number_integer())
            ctx.facts.nudges[agent] = {
                told[0].get<int>(), std::min(from_unix_ms(told[1].get<std::int64_t>()), ctx.now)};
}

}  // namespace

void town_actor::read_facts(town::context& ctx) {
    const auto epoch = ctx.store.value("epoch");
    ctx.facts.epoch = epoch ? std::strtoull(epoch->c_str(), nullptr, 10) + 1 : 1;
    ctx.store.put_value("epoch", std::to_string(ctx.facts.epoch));
    town::read_budget(ctx);
    town::read_drain(ctx);
    town::read_upkeep(ctx);
    read_nudges(ctx);
    // What the town was told before it was gone is known before it starts anything.
    town::read_pace(ctx);
    if (env_.outages == nullptr) return;
    for (const auto role : {agent_role::polecat, agent_role::refinery, agent_role::mayor})
        ctx.facts.advice[index_of(role)] = env_.outages->advice_for(id_, role);
}

// What a process that is gone left behind: starts whose answers nobody will bring.
void town_actor::recover(town::context& ctx) {
    ctx.breakers = {};
    for (const auto& row : ctx.store.breakers())
        put_row(ctx.breakers, row, ctx.now, env_.from.draw(), ctx.with.rules);
    if (ctx.facts.opened_at != instant{}) return;  // Only reopened: our own requests are still out.
    ctx.facts.opened_at = ctx.now;
    read_facts(ctx);
    for (auto& d : ctx.store.load_live().dispatches) {
        // A clock that was ahead when the row was written must not stretch its grace.
        const auto& rules = ctx.with.rules.dispatch;
        const instant latest = ctx.now + rules.start_timeout + rules.heartbeat_timeout;
        const instant grace =
            std::clamp(d.grace_at, ctx.now + rules.heartbeat_timeout, std::max(latest, ctx.now));
        if (d.state == dispatch_state::intent) {
            d.state = dispatch_state::unknown;
            d.outcome = attempt_outcome::unknown;
            d.error = dispatch_error{error_code::cancelled, error_phase::header, blame::unknown,
                                     "townd stopped while this start was in flight"};
        } else if (d.state != dispatch_state::unknown || d.grace_at == grace) {
            continue;
        }
        // However long townd was away: the container is asked and the agent may speak before it is
        // given up.
        d.grace_at = grace;
        ctx.store.put_dispatch(d);
    }
}

void town_actor::record_in_flight() {
    if (!store_ || !loaded_) return;
    store_->begin();
    for (auto& d : store_->load_live().dispatches) {
        if (d.state != dispatch_state::intent) continue;
        d.state = dispatch_state::unknown;
        d.outcome = attempt_outcome::unknown;
        d.error = dispatch_error{error_code::cancelled, error_phase::header, blame::unknown,
                                 "townd stopped while this start was in flight"};
        store_->put_dispatch(d);
    }
    if (const auto done = store_->commit(); !done)
        env_.journal.storage_failed(id_, "commit", done.error());
}

}  // namespace townd::engine
