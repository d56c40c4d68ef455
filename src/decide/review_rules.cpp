// Merge requests: one refinery a rig, one review at a time, stopped when it is over.
//
// Sources: original's reconciler, family "Review queue", R2, R3, R5, R6, R7. The cap holds on every
// path (Kilo #1342: 52 dispatches of one review by the uncapped first-dispatch rule).

#include "townd/decide/reconcile.hpp"

namespace townd {
namespace {

bool has_pr(const town_view& view, const bead& b) {
    const review* r = view.find_review(b.id);
    return r != nullptr && r->pr_url.has_value();
}

// Whether the merge request was failed for good; true when so.
bool exhausted(const town_view& view, const bead& b, plan& out) {
    if (b.dispatch_attempts < view.max_attempts(b.rig)) return false;
    if (view.live_dispatch_of_bead(b.id) != nullptr) return false;
    out.add("review_attempts_exhausted",
            "max dispatch attempts exceeded (" + std::to_string(b.dispatch_attempts) + ")" +
                (b.reason.empty() ? "" : ": " + b.reason),
            move_bead{b.id, bead_status::failed, true});
    return true;
}

// R1, R4: its pull request is somebody else's to merge. It is asked about while anybody can be
// asked; without news a person is told, and in the end it is given up (the original gave up after
// 30 minutes, whoever was still reading).
void follow(const town_view& view, const bead& b, const review& r, plan& out) {
    if (view.facts.follows_prs) {
        const instant due = r.polled_at ? *r.polled_at + pr_ask_every : view.now;
        if (due <= view.now) {
            out.add("R1_pull_request", "its pull request is asked about", ask_pull_request{b.id});
            out.look_at(view.now + pr_ask_every);
        } else {
            out.look_at(due);
        }
    }
    if (r.awaiting_approval) return;
    const instant news =
        std::max(std::min(std::max(b.updated_at, r.pr_news_at.value_or(instant{})), view.now),
                 view.facts.opened_at);
    const duration silent = view.now - news;
    if (silent >= pr_fail_after) {
        out.add("R4_pull_request_silent",
                "no news of its pull request for " + to_words(silent) + ": given up",
                move_bead{b.id, bead_status::failed, true});
        return;
    }
    if (silent >= pr_escalate_after) {
        out.look_at(news + pr_fail_after);
        for (const auto& c : view.rows.concerns)
            if (c.about_bead == b.id && c.kind == "pull_request_silent") return;
        out.add("R4_pull_request_silent", "no news of its pull request for " + to_words(silent),
                escalate{b.id, b.rig, "pull_request_silent",
                         "No news of the pull request of: " + b.title});
        return;
    }
    out.look_at(news + pr_escalate_after);
}

// R4': nobody reviews in this rig. A pull request is followed; a merge request without one is the
// polecat's to open, so its work goes back. Under the strategy `direct` the refinery merges.
bool skips_review(const town_view& view, const bead& b, plan& out) {
    if (view.code_review(b.rig)) return false;
    if (has_pr(view, b)) {
        if (b.status == bead_status::open)
            out.add("R4_no_review", "nobody reviews here: its pull request is followed",
                    move_bead{b.id, bead_status::in_progress, true});
        return b.status == bead_status::open;
    }
    if (!view.pull_requests(b.rig)) return false;
    const review* r = view.find_review(b.id);
    const bead* source = r != nullptr && r->source ? view.find_bead(*r->source) : nullptr;
    if (source == nullptr || source->type != bead_type::issue) return false;
    out.add("R4_no_pull_request", "done without the pull request that this rig merges by",
            move_bead{b.id, bead_status::failed, true});
    return true;
}

// Rework that failed will not come: the merge request fails, and its source begins anew (a failed
// blocker would hold it for ever).
bool lost_its_rework(const town_view& view, const bead& b, plan& out) {
    const dependency* d = view.failed_blocker_of(b.id);
    if (d == nullptr) return false;
    out.add("R8_rework_failed", "bead " + d->on + ", which it needs, failed",
            move_bead{b.id, bead_status::failed, true});
    return true;
}

void reviewing(const town_view& view, const bead& b, plan& out, std::vector<candidate>& wanted) {
    const review* r = view.find_review(b.id);
    if (r != nullptr && r->pr_url) {
        follow(view, b, *r, out);
        return;
    }
    const agent* holder = view.hooked_to(b.id);
    const instant since = std::max(std::min(b.updated_at, view.now), view.facts.opened_at);
    const duration age = view.now - since;
    if (holder == nullptr) {
        if (view.live_dispatch_of_bead(b.id) != nullptr) return;
        if (age < review_lost_after) {
            out.look_at(since + review_lost_after);
            return;
        }
        out.add("R3_review_lost", "in progress for " + to_words(age) + " with no refinery on it",
                move_bead{b.id, bead_status::open, true});
        return;
    }
    // One of unknown status is rested by the agent rules first.
    if (view.is_occupied(*holder) || holder->status == agent_status::unknown) return;
    if (exhausted(view, b, out)) return;
    if (holder->role != agent_role::refinery || age >= review_stale_after) {
        out.add("R2_review_stale", "in progress for " + to_words(age) + " and nobody works on it",
                rest_agent{holder->id, true, false});
        out.add("R2_review_stale", "in progress for " + to_words(age) + " and nobody works on it",
                move_bead{b.id, bead_status::open, true});
        return;
    }
    out.look_at(since + review_stale_after);
    // R6: its refinery was lost; the same one goes on.
    wanted.push_back({"R6_refinery_idle", agent_role::refinery, &b, b.rig, holder});
}

}  // namespace

void review_rules(const town_view& view, plan& out, std::vector<candidate>& wanted) {
    for (const auto& b : view.rows.beads) {
        if (b.type != bead_type::merge_request) continue;
        const bool quiet = view.live_dispatch_of_bead(b.id) == nullptr;
        if (quiet && !is_terminal(b.status) &&
            (lost_its_rework(view, b, out) || skips_review(view, b, out)))
            continue;
        if (b.status == bead_status::open) {
            if (exhausted(view, b, out)) continue;
            // R5. A refinery that is hooked to it already is used (a review given back keeps it).
            const agent* holder = view.hooked_to(b.id);
            // Another role's hook is undone by the agent rules first.
            if (holder != nullptr && holder->role != agent_role::refinery) continue;
            wanted.push_back({"R5_next_review", agent_role::refinery, &b, b.rig, holder});
        } else if (b.status == bead_status::in_progress) {
            reviewing(view, b, out, wanted);
        }
    }
    for (const auto& a : view.rows.agents) {
        if (a.role != agent_role::refinery || !a.hook) continue;
        if (a.status != agent_status::working && a.status != agent_status::waiting &&
            a.status != agent_status::stalled)
            continue;
        if (view.find_bead(*a.hook) != nullptr || view.is_unreadable(*a.hook)) continue;
        const dispatch* d = view.live_dispatch_of_agent(a.id);
        if (d != nullptr && !d->is_settled()) continue;
        // R7: the merge request is over and its refinery still runs.
        const std::string reason =
            "merge request " + *a.hook + " of refinery " + a.name + " is over";
        if (d != nullptr) {
            out.add("R7_review_over", reason,
                    end_session{d->id, dispatch_error{error_code::cancelled, error_phase::agent,
                                                      blame::caller, reason}});
        } else {
            out.add("R7_review_over", reason, rest_agent{a.id, true, false});
        }
        out.add("R7_review_over", reason, order_stop{a.id});
    }
}

}  // namespace townd
