#include "townd/decide/invariants.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace townd {
namespace {

constexpr std::array<std::string_view, invariant_count> texts{
    "nobody works on a bead that is over",
    "a bead in progress has an agent or an attempt",
    "a rig has one merge request in review at most",
    "a bead in review has a merge request that is not over",
    "a convoy is open, closed or failed",
    "a bead has one agent at most",
    "an agent at work has a hook"};

class findings {
public:
    void add(int number, const std::string& subject, std::string sentence,
             std::string_view repaired_by) {
        if (out_.size() < broken_invariants_max)
            out_.push_back({number, subject, std::move(sentence), repaired_by});
    }
    std::vector<broken_invariant> take() { return std::move(out_); }

private:
    std::vector<broken_invariant> out_;
};

bool works(const agent& a) {
    return a.role != agent_role::mayor &&
           (a.status == agent_status::working || a.status == agent_status::stalled);
}

void look_at_agents(const town_view& view, findings& found) {
    std::map<std::string_view, const agent*> on;
    for (const auto& a : view.rows.agents) {
        if (!a.hook) {
            if (works(a))
                found.add(7, a.id, "agent " + a.name + " works without a hook",
                          "working_without_hook");
            continue;
        }
        const bool over = view.find_bead(*a.hook) == nullptr && !view.is_unreadable(*a.hook);
        if (over && works(a))
            found.add(1, *a.hook,
                      "agent " + a.name + " works on bead " + *a.hook + ", which is over",
                      a.role == agent_role::refinery ? "R7_review_over" : "work_is_over");
        if (a.role == agent_role::mayor) continue;
        const auto [first, fresh] = on.emplace(*a.hook, &a);
        if (!fresh)
            found.add(
                6, *a.hook,
                "bead " + *a.hook + " has the agents " + first->second->name + " and " + a.name,
                "hook_taken");
    }
}

void look_at_beads(const town_view& view, findings& found) {
    std::map<std::string_view, const bead*> reviewed;
    for (const auto& b : view.rows.beads) {
        const bool issue = b.type == bead_type::issue;
        if (issue && b.status == bead_status::in_progress && view.hooked_to(b.id) == nullptr &&
            view.live_dispatch_of_bead(b.id) == nullptr)
            found.add(2, b.id, "bead " + b.id + " is in progress with nobody on it",
                      "R3_agent_lost");
        if (issue && b.status == bead_status::in_review) {
            const auto links = view.links_of(b.id);
            if (std::all_of(links.begin(), links.end(),
                            [](const review_link* l) { return is_terminal(l->status); }))
                found.add(4, b.id, "bead " + b.id + " is in review without a merge request",
                          "R4_review_missing");
        }
        if (b.type == bead_type::convoy && b.status != bead_status::open)
            found.add(5, b.id, "convoy " + b.id + " is " + std::string{to_text(b.status)},
                      "convoy_rules");
        if (b.type != bead_type::merge_request || b.status != bead_status::in_progress || !b.rig)
            continue;
        const review* r = view.find_review(b.id);
        if (r != nullptr && r->pr_url) continue;
        const auto [first, fresh] = reviewed.emplace(*b.rig, &b);
        if (!fresh)
            found.add(3, *b.rig,
                      "merge requests " + first->second->id + " and " + b.id +
                          " of one rig are both in review",
                      "R3_review_lost");
    }
}

}  // namespace

std::string_view invariant_text(int number) noexcept {
    return texts[static_cast<std::size_t>(std::clamp(number, 1, invariant_count) - 1)];
}

std::vector<broken_invariant> check_invariants(const town_view& view) {
    findings found;
    look_at_agents(view, found);
    look_at_beads(view, found);
    return found.take();
}

}  // namespace townd
