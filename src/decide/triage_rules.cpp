// Triage: problems that need a mind get one agent at a time, through the same gate as all work.
//
// Sources: Kilo #965, #1878, #3944, #4132, #4561 (endless loops: a triage that failed made the next
// one), incident rows F1, F2, F3. A request is in two batches at most, lives a day at most, and
// goes with what it is about; a batch that fails makes no request; while its own breakers hold a
// batch back it waits like any bead.

#include <algorithm>
#include <map>

#include "townd/decide/reconcile.hpp"

namespace townd {
namespace {

bool is_request(const bead& b) {
    return b.type == bead_type::issue && b.status == bead_status::open &&
           b.has_label("gt:triage-request");
}

bool is_batch(const bead& b) {
    return b.type == bead_type::issue && b.has_label("gt:triage");
}

// Nothing of what it names is there any more.
bool is_moot(const town_view& view, const concern& c) {
    if (!c.about_bead && !c.about_agent) return false;
    const bool bead_lives = c.about_bead && (view.find_bead(*c.about_bead) != nullptr ||
                                             view.is_unreadable(*c.about_bead));
    if (c.about_bead) return !bead_lives;
    return view.find_agent(*c.about_agent) == nullptr;
}

bool may_run(const town_view& view, const std::optional<rig_id>& id) {
    const rig* r = id ? view.find_rig(*id) : nullptr;
    return r != nullptr && !r->git_url.empty();
}

// The end of a request that no triage will resolve; null while it goes on.
std::string over_because(const town_view& view, const bead& b, const concern& c, bool batched) {
    if (is_moot(view, c)) return "what it was about is over";
    if (batched) return {};
    if (view.now - std::min(b.created_at, view.now) >= triage_over_after)
        return "nobody resolved it within " + to_words(triage_over_after);
    if (c.repeats >= triage_batches_max)
        return "in " + std::to_string(c.repeats) + " triages nobody resolved it";
    return {};
}

}  // namespace

void triage_rules(const town_view& view, plan& out) {
    const bead* batch = nullptr;
    for (const auto& b : view.rows.beads)
        if (is_batch(b)) batch = &b;
    std::map<rig_id, std::vector<bead_id>> by_rig;
    for (const auto& c : view.rows.concerns) {
        const bead* b = view.find_bead(c.id);
        if (b == nullptr || !is_request(*b)) continue;
        const std::string over = over_because(view, *b, c, batch != nullptr);
        if (!over.empty()) {
            const bool unresolved = !is_moot(view, c);
            out.add("triage_over", over, move_bead{b->id, bead_status::closed, true});
            if (unresolved)
                out.add("triage_unresolved", over,
                        escalate{c.about_bead, b->rig, "triage_unresolved",
                                 "No triage resolved: " + b->title});
            continue;
        }
        if (const instant over_at = b->created_at + triage_over_after; over_at > view.now)
            out.look_at(over_at);
        if (may_run(view, b->rig)) by_rig[*b->rig].push_back(b->id);
    }
    if (batch != nullptr || by_rig.empty()) return;
    const auto& [rig, requests] = *std::max_element(
        by_rig.begin(), by_rig.end(),
        [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
    out.add("triage_batch", std::to_string(requests.size()) + " triage requests are open",
            start_triage{rig, requests});
}

}  // namespace townd
