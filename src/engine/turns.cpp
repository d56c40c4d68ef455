// What a tick takes of the daemon's starts, and what the fleet is told and tells.

#include <algorithm>
#include <numeric>

#include "engine/town_actor.hpp"
#include "townd/decide/breaker_set.hpp"

namespace townd::engine {
namespace {

constexpr duration lease_kept_for{10'000};
constexpr std::array roles{agent_role::polecat, agent_role::refinery, agent_role::mayor};

bool is_failing(const breaker_entry& e) {
    const auto state = e.state.state();
    return e.scope != breaker_scope::agent &&
           (state == breaker_state::open || state == breaker_state::half_open);
}

}  // namespace

start_class class_of(const town::context& ctx) {
    const auto& outages = ctx.facts.outages;
    if (std::any_of(outages.begin(), outages.end(), [](const outage_advice& o) {
            return o.healing && o.lease != 0 && !o.lease_used;
        }))
        return start_class::healing;
    if (std::any_of(outages.begin(), outages.end(),
                    [](const outage_advice& o) { return !o.observe_only; }))
        return start_class::failing;
    for (const auto& [key, e] : ctx.breakers.entries())
        if (is_failing(e)) return start_class::failing;
    const auto& pace = ctx.facts.pace;
    const auto proved = [&](agent_role role) {
        return pace[index_of(role)].proved(ctx.now, ctx.with.rules.dispatch);
    };
    const auto failed = [&](agent_role role) {
        return pace[index_of(role)].not_before() > ctx.now;
    };
    const bool well = std::any_of(roles.begin(), roles.end(), proved) &&
                      std::none_of(roles.begin(), roles.end(), failed);
    return well ? start_class::proved : start_class::unproved;
}

// What the fleet knows, as of this tick.
void town_actor::read_fleet(town::context& ctx) {
    ctx.facts.town = id_;
    ctx.facts.overrides = env_.overrides();
    ctx.facts.out_since.fill(std::nullopt);
    if (env_.outages == nullptr) return;
    const auto board = env_.outages->board();
    for (const auto& o : *board) {
        if (o.observe_only) continue;
        auto& since = ctx.facts.out_since[index_of(o.role)];
        since = std::max(since.value_or(o.opened_at), o.opened_at);
        for (auto& mine : ctx.facts.outages)
            if (mine.outage == o.id) mine.next_probe_at = o.next_probe_at;
    }
}

// What the fleet must know of this tick: whether there is work for a role, and leave that it has no
// use for. Returns when one that is kept for now must be given back.
instant town_actor::tell_fleet(town::context& ctx, const by_role& has_work,
                               const by_role& lease_kept) {
    instant again = never;
    for (const auto role : roles) {
        bool& told = ctx.facts.told_work[index_of(role)];
        const bool work = has_work[index_of(role)];
        if (told == work) continue;
        told = work;
        ctx.out.news.emplace_back(role_has_work{id_, role, work});
    }
    for (auto& o : ctx.facts.outages) {
        if (o.lease == 0 || o.lease_used) continue;
        // Kept for its turn, but not for long: the fleet waits for what it finds out.
        const instant given = o.lease_ends_at - ctx.with.rules.outage.lease;
        if (lease_kept[index_of(o.role)] && ctx.now < given + lease_kept_for) {
            again = std::min(again, given + lease_kept_for);
            continue;
        }
        ctx.out.news.emplace_back(lease_returned{id_, o.outage, o.lease});
        o.lease = 0;
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
