// The mayor: one a town, started when there is something for it, never by itself.
//
// Demand is a hook to live work, or an open message bead that is addressed to it. `waiting` between
// turns counts as running. The mayor is exempt from the town's limits and budgets, on purpose, and
// from nothing else: breakers and holds apply.

#include "townd/decide/reconcile.hpp"

namespace townd {

void mayor_rules(const town_view& view, plan& /*out*/, std::vector<candidate>& wanted) {
    for (const auto& a : view.rows.agents) {
        if (a.role != agent_role::mayor) continue;
        if (view.is_occupied(a) || a.status == agent_status::waiting) return;
        const bead* work = a.hook ? view.find_bead(*a.hook) : nullptr;
        for (const auto& b : view.rows.beads) {
            // One that is parked does not stand in the way of the next.
            if (work != nullptr && !(work->type == bead_type::message && work->parked)) break;
            if (b.type != bead_type::message || b.status != bead_status::open || b.assignee != a.id)
                continue;
            if (work == nullptr || !b.parked) work = &b;
        }
        if (work == nullptr) return;
        // A rig lends its repository; the mayor belongs to none.
        wanted.push_back({"mayor_wanted", agent_role::mayor, work, std::nullopt, &a});
        return;
    }
}

}  // namespace townd
