// Issue beads: start the ready ones, give back the lost ones, finish the reviewed ones.
//
// Sources: original's reconciler, family "Beads" (R1, R1b, R2, R3, R4) without its flaws: the cap
// counts only what was the bead's own fault, one limit wherever it applies, order by priority and
// age, a failed blocker holds, a bead in review without any merge request is recovered.

#include "townd/decide/reconcile.hpp"

namespace townd {
namespace {

// Pseudo assignee of the original; never cleared.
constexpr std::string_view system_assignee = "system";

void open_bead(const town_view& view, const bead& b, plan& out, std::vector<candidate>& wanted) {
    const agent* holder = view.hooked_to(b.id);
    const bool held = view.live_dispatch_of_bead(b.id) != nullptr ||
                      (holder != nullptr && view.is_occupied(*holder));
    const int max = view.max_attempts(b.rig);
    if (b.dispatch_attempts >= max && !held) {
        // Rule attempts_exhausted. Only sessions that failed by the work's own fault are counted,
        // so an outage of the platform can never end here (Kilo #1932, #4557).
        out.add("attempts_exhausted",
                "max dispatch attempts exceeded (" + std::to_string(b.dispatch_attempts) + ")" +
                    (b.reason.empty() ? "" : ": " + b.reason),
                move_bead{b.id, bead_status::failed, true});
        return;
    }
    if (holder != nullptr) {
        // R2: hooked by hand or by sling. A mayor's hook is the mayor rules' to serve; what cannot
        // work on it (a dead agent, a refinery) is unhooked by the agent rules first.
        if (holder->role == agent_role::polecat && holder->status != agent_status::dead)
            wanted.push_back({"R2_hooked_bead", holder->role, &b, b.rig, holder});
        return;
    }
    if (b.assignee && *b.assignee != system_assignee && !b.has_label("gt:triage-request")) {
        // R1b: the assignee is not hooked to it; next tick it is anyone's.
        out.add("R1b_stale_assignee", "its assignee does not hold it", clear_assignee{b.id});
        return;
    }
    // R1. Whether it is ready is the gate's to say, so that explain can.
    wanted.push_back({"R1_unassigned_bead", agent_role::polecat, &b, b.rig, nullptr});
}

void started_bead(const town_view& view, const bead& b, plan& out) {
    // R3. Any agent that holds it is the agent rules' to judge.
    if (view.hooked_to(b.id) != nullptr || view.live_dispatch_of_bead(b.id) != nullptr) return;
    const instant since = std::max(std::min(b.updated_at, view.now), view.facts.opened_at);
    if (view.now - since < bead_stale_after) {
        out.look_at(since + bead_stale_after);
        return;
    }
    out.add("R3_agent_lost",
            "in progress for " + to_words(view.now - since) + " with no agent on it",
            move_bead{b.id, bead_status::open, true});
}

void reviewed_bead(const town_view& view, const bead& b, plan& out) {
    // R4.
    const auto links = view.links_of(b.id);
    bool closed = false;
    for (const auto* link : links) {
        if (!is_terminal(link->status)) return;  // The review goes on.
        closed = closed || link->status == bead_status::closed;
    }
    if (closed) {
        out.add("R4_review_merged", "its review was merged",
                move_bead{b.id, bead_status::closed, false});
        return;
    }
    if (!links.empty()) {
        out.add("R4_reviews_failed", "all reviews failed",
                move_bead{b.id, bead_status::open, true});
        return;
    }
    // In review without any merge request: the original left it there for ever.
    const instant since = std::max(std::min(b.updated_at, view.now), view.facts.opened_at);
    if (view.now - since < bead_stale_after) {
        out.look_at(since + bead_stale_after);
        return;
    }
    out.add("R4_review_missing", "in review without a merge request",
            move_bead{b.id, bead_status::open, true});
}

}  // namespace

void bead_rules(const town_view& view, plan& out, std::vector<candidate>& wanted) {
    for (const auto& b : view.rows.beads) {
        if (b.type != bead_type::issue) continue;
        switch (b.status) {
            case bead_status::open:
                open_bead(view, b, out, wanted);
                break;
            case bead_status::in_progress:
                started_bead(view, b, out);
                break;
            case bead_status::in_review:
                reviewed_bead(view, b, out);
                break;
            case bead_status::closed:
            case bead_status::failed:
                break;
        }
    }
}

}  // namespace townd
