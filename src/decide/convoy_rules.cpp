// Convoys: beads that land together.
//
// Sources: original's reconciler, family "Convoys"; Kilo #2260, #2371 (landing merge requests
// without end), incident rows F4, F8, F9. A bead that failed never counts as landed: the convoy
// fails, once, and says how many. A person's retry of that bead takes the convoy up again.

#include <algorithm>
#include <map>
#include <set>

#include "townd/decide/backoff.hpp"
#include "townd/decide/reconcile.hpp"

namespace townd {
namespace {

std::string beads(int count) {
    return std::to_string(count) + (count == 1 ? " bead" : " beads");
}

// What waits, directly or not, for a bead that failed.
std::set<std::string_view> doomed_beads(const town_view& view) {
    std::set<std::string_view> out;
    std::multimap<std::string_view, std::string_view> waiting;  // By what they wait for.
    std::vector<std::string_view> next;
    for (const auto& d : view.rows.dependencies) {
        waiting.emplace(d.on, d.bead);
        if (d.on_status == bead_status::failed && out.insert(d.bead).second) next.push_back(d.bead);
    }
    while (!next.empty()) {
        const auto [first, last] = waiting.equal_range(next.back());
        next.pop_back();
        for (auto at = first; at != last; ++at)
            if (out.insert(at->second).second) next.push_back(at->second);
    }
    return out;
}

// Every bead is closed: it lands.
void land(const town_view& view, const convoy_standing& c, plan& out) {
    const std::string all = "all " + beads(c.closed) + " are done";
    if (!c.lands_by_review || !c.feature_branch) {
        out.add("convoy_done", all + " and landed", end_convoy{c.id, true});
        return;
    }
    if (c.landing == bead_status::closed) {
        out.add("convoy_landed", all + " and its branch was merged", end_convoy{c.id, true});
        return;
    }
    if (c.landing && !is_terminal(*c.landing)) return;  // Under way.
    if (c.landing_attempts >= landing_tries_max) {
        out.add("landing_exhausted",
                all + ", but its landing failed " + std::to_string(c.landing_attempts) + " times",
                end_convoy{c.id, false});
        return;
    }
    const duration wait = c.landing_attempts == 0
                              ? duration{0}
                              : grown(landing_wait, c.landing_attempts, landing_wait_max);
    const instant due = std::min(c.last_landing_at.value_or(instant{}), view.now) + wait;
    if (due > view.now) {
        out.look_at(due);
        return;
    }
    out.add("convoy_lands", all + ": try " + std::to_string(c.landing_attempts + 1) + " to land",
            land_convoy{c.id});
}

void check(const town_view& view, const convoy_standing& c,
           const std::set<std::string_view>& doomed, plan& out) {
    const int total = c.closed + c.failed + static_cast<int>(c.live.size());
    if (c.counted_total != total || c.counted_closed != c.closed)
        out.add("convoy_counted", std::to_string(c.closed) + " of " + beads(total) + " done",
                count_convoy{c.id, total, c.closed});
    if (c.staged || total == 0) return;
    if (c.failed == 0) {
        if (c.live.empty()) land(view, c, out);
        return;
    }
    // Those that wait for what failed cannot move without a person.
    const bool moves = std::any_of(c.live.begin(), c.live.end(),
                                   [&](const bead_id& id) { return !doomed.contains(id); });
    if (moves) return;
    std::string reason = std::to_string(c.failed) + " of " + beads(total) + " failed";
    if (!c.live.empty())
        reason += " and " + std::to_string(c.live.size()) +
                  (c.live.size() == 1 ? " waits for them" : " wait for them");
    out.add("convoy_failed", reason + ": retry what failed", end_convoy{c.id, false});
}

}  // namespace

void convoy_rules(const town_view& view, plan& out) {
    if (view.rows.convoys.empty()) return;
    const auto doomed = doomed_beads(view);
    for (const auto& c : view.rows.convoys) {
        const bead* b = view.find_bead(c.id);
        if (b != nullptr) check(view, c, doomed, out);
    }
}

}  // namespace townd
