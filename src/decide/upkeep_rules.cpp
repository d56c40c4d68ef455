// What a town sweeps up: agents that nobody needs, histories that are long over.
//
// Sources: original's family "GC", incident rows E8, E10 (never one with a hook, never a terminal
// bead), domain §10 (an agent that was just registered was collected in its first tick).

#include <algorithm>
#include <set>

#include "townd/decide/reconcile.hpp"

namespace townd {
namespace {

instant spread_first(const town_view& view) {
    // Towns that a daemon opens together do not sweep together.
    std::uint32_t hash = 2166136261U;
    for (const char c : view.facts.town)
        hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    return view.facts.opened_at + duration{600'000} + duration{hash % 3'600'000U};
}

}  // namespace

void upkeep_rules(const town_view& view, plan& out) {
    std::set<std::string_view> named;
    for (const auto& b : view.rows.beads)
        if (b.assignee && b.type != bead_type::message) named.insert(*b.assignee);
    int left = forgotten_per_tick;
    for (const auto& a : view.rows.agents) {
        const bool rests = a.status == agent_status::idle || a.status == agent_status::dead;
        if (a.role == agent_role::mayor || !rests || a.hook || view.is_occupied(a) ||
            view.is_stopping(a.id) || named.contains(a.id))
            continue;
        const instant used = std::max(
            std::max(a.created_at, std::min(a.last_activity_at.value_or(a.created_at), view.now)),
            view.facts.opened_at);
        if (view.now - used < agent_kept) {
            out.look_at(used + agent_kept);
            continue;
        }
        if (left-- <= 0) break;
        out.add("agent_unused",
                std::string{to_text(a.role)} + " " + a.name + " was not needed for " +
                    to_words(view.now - used),
                forget_agent{a.id});
    }
    const instant due =
        view.facts.pruned_at ? *view.facts.pruned_at + prune_every : spread_first(view);
    if (due <= view.now)
        out.add("history_pruned", "what is long over is deleted", prune_history{});
    else
        out.look_at(due);
}

}  // namespace townd
