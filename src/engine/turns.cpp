// What a tick takes of the daemon's starts, and what the fleet is told and tells.

#include <algorithm>
#include <numeric>

#include "engine/town_actor.hpp"
#include "town/standing.hpp"
#include "townd/decide/breaker_set.hpp"

namespace townd::engine {
namespace {

constexpr duration lease_kept_for{10'000};
constexpr std::array roles{agent_role::polecat, agent_role::refinery, agent_role::mayor};

}  // namespace

start_class class_of(const town::context& ctx) {
    const auto& advice = ctx.facts.advice;
    if (std::any_of(advice.begin(), advice.end(),
                    [](const fleet_advice& a) { return a.sweep && a.lease != 0 && !a.lease_used; }))
        return start_class::healing;
    const auto& known = ctx.breakers.entries();
    if (std::any_of(known.begin(), known.end(), [](const auto& each) {
            return each.second.scope == breaker_scope::place && each.second.known.in_doubt();
        }))
        return start_class::failing;
    const auto& pace = ctx.facts.pace;
    const bool well = std::any_of(roles.begin(), roles.end(), [&](agent_role role) {
        return pace[index_of(role)].proved(ctx.now, ctx.with.rules.dispatch);
    });
    return well ? start_class::proved : start_class::unproved;
}

// What the fleet knows, as of this tick.
void town_actor::read_fleet(town::context& ctx) {
    ctx.facts.town = id_;
    ctx.facts.overrides = env_.overrides();
    ctx.facts.asks_fleet =
        env_.outages != nullptr && ctx.with.rules.outage.mode == outage_mode::act;
}

// What the fleet must know of this tick: where each role stands, and leave that it has no use for.
// Returns when one that is kept for now must be given back.
instant town_actor::tell_fleet(town::context& ctx, const plan& next) {
    instant again = never;
    if (env_.outages == nullptr) return again;
    for (const auto role : roles) {
        role_standing now{id_, role, next.has_work[index_of(role)],
                          next.wants_leave[index_of(role)], town::doubt_to_tell(ctx, role)};
        // A place that never failed itself is tried first, and need not wait for the others.
        if (now.doubt && now.wants) {
            now.doubt->fresh = next.wants_fresh[index_of(role)];
            now.doubt->next_try =
                now.doubt->fresh ? now.doubt->since : next.leave_from[index_of(role)];
        }
        auto& told = ctx.facts.told[index_of(role)];
        const bool same =
            told ? told->work == now.work && told->wants == now.wants && told->doubt == now.doubt
                 : !now.work && !now.doubt;
        if (!same) {
            told = now;
            ctx.out.news.emplace_back(std::move(now));
        }
        auto& said = ctx.facts.advice[index_of(role)];
        if (said.lease == 0 || said.lease_used) continue;
        // Kept for its turn, but not for long: the fleet waits for what it finds out.
        const instant given = said.lease_ends_at - ctx.with.rules.outage.lease;
        if (next.lease_kept[index_of(role)] && ctx.now < given + lease_kept_for) {
            again = std::min(again, given + lease_kept_for);
            continue;
        }
        ctx.out.news.emplace_back(lease_returned{id_, role, said.lease});
        said.lease = 0;
    }
    return again;
}

// Each bead that newly finds itself held back counts once, however long it waits and whatever else
// comes to hold it.
void town_actor::count_suppressed(town::context& ctx, const waiting_counts& waiting) {
    for (const auto role : roles) {
        const auto& now = waiting.suppressed[index_of(role)];
        const auto& then = suppressed_[index_of(role)];
        int more = std::accumulate(now.begin(), now.end(), 0) -
                   std::accumulate(then.begin(), then.end(), 0);
        for (std::size_t i = 0; i < now.size() && more > 0; ++i) {
            const int count = std::min(more, now[i] - then[i]);
            if (count <= 0) continue;
            more -= count;
            ctx.tell([town = id_, role, why = suppression_at(i), count](journal_port& journal) {
                journal.starts_suppressed(town, to_text(role), to_text(why), count);
            });
        }
    }
    ctx.tell([this, now = waiting.suppressed](journal_port&) { suppressed_ = now; });
}

}  // namespace townd::engine
