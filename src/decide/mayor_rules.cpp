// The mayor: one a town, started when there is something for it, never by itself.
//
// Demand is a hook to live work, or an open message bead that is addressed to it and is no mere
// notice. One that runs (`waiting` between turns counts) is handed its messages. The mayor is
// exempt from the town's limits and budgets, on purpose, and from nothing else: breakers and holds
// apply.

#include "townd/decide/reconcile.hpp"

namespace townd {
namespace {

bool is_letter_to(const bead& b, const agent& a) {
    return b.type == bead_type::message && b.status == bead_status::open && b.assignee == a.id;
}

void hand_over(const town_view& view, const agent& a, plan& out) {
    const dispatch* d = view.live_dispatch_of_agent(a.id);
    if (d != nullptr && (!d->is_settled() || !d->heartbeat_at)) return;  // Not there yet.
    for (const auto& b : view.rows.beads) {
        if (!is_letter_to(b, a)) continue;
        // What it was started for is in its prompt.
        if (d != nullptr && d->bead == b.id) continue;
        if (b.next_attempt_at && *b.next_attempt_at > view.now) {
            out.look_at(*b.next_attempt_at);
            continue;
        }
        out.add("mayor_letter", "mayor " + a.name + " runs", deliver_message{a.id, b.id});
        return;  // One at a time, in their order.
    }
}

}  // namespace

void mayor_rules(const town_view& view, plan& out, std::vector<candidate>& wanted) {
    for (const auto& a : view.rows.agents) {
        if (a.role != agent_role::mayor) continue;
        if (view.is_occupied(a)) {
            hand_over(view, a, out);
            return;
        }
        const bead* work = a.hook ? view.find_bead(*a.hook) : nullptr;
        for (const auto& b : view.rows.beads) {
            // One that is parked does not stand in the way of the next.
            if (work != nullptr && !(work->type == bead_type::message && work->parked)) break;
            if (!is_letter_to(b, a) || b.has_label("gt:notice")) continue;
            if (work == nullptr || !b.parked) work = &b;
        }
        if (work == nullptr) return;
        // A rig lends its repository; the mayor belongs to none.
        wanted.push_back({"mayor_wanted", agent_role::mayor, work, std::nullopt, &a});
        return;
    }
}

}  // namespace townd
