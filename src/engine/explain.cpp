#include "engine/explain.hpp"

#include "townd/decide/reconcile.hpp"

namespace townd::engine {

plan plan_for(town::context& ctx, std::optional<std::string_view> bead) {
    const live_rows rows = ctx.store.load_live();
    breaker_set breakers = ctx.breakers;
    // Jitter does not show in a plan that is not applied: the middle will do.
    breakers.expire(ctx.now, 0.5, ctx.with.rules.breaker,
                    [&](agent_role role) { return ctx.facts.has_work(role); });
    const town_view view(rows, ctx.facts, ctx.with.rules, ctx.now);
    return reconcile(view, breakers, bead);
}

}  // namespace townd::engine
