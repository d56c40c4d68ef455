#pragma once
// The rows of a town that are not over: what a tick reads once and decides on.

#include <string>
#include <vector>

#include "townd/words/dispatch.hpp"
#include "townd/words/town.hpp"

namespace townd {

/// A row that could not be read as what it should be. The rest of the town goes on.
struct bad_row {
    std::string table;
    std::string id;
    std::string why;  ///< Names the column and the value.
};

/// An open convoy and how its beads stand.
struct convoy_standing {
    bead_id id;
    bool staged = false;
    bool lands_by_review = true;  ///< review-then-land; else each bead lands by itself.
    std::optional<std::string> feature_branch;
    int counted_total = 0;   ///< As its row says.
    int counted_closed = 0;  ///< As its row says.
    int closed = 0;
    int failed = 0;
    std::vector<bead_id> live;  ///< Beads that are not over.
    /// Status of its newest landing merge request; empty before the first.
    std::optional<bead_status> landing;
    int landing_attempts = 0;
    std::optional<instant> last_landing_at;
};

/// What a live escalation or triage request is about.
struct concern {
    bead_id id;
    std::optional<bead_id> about_bead;
    std::optional<agent_id> about_agent;
    std::string kind;           ///< Category, or type of trouble.
    bool acknowledged = false;  ///< Escalations: a person knows.
    int repeats = 0;            ///< Escalations: times told again. Requests: batches it was in.
};

/// What a tick decides over: everything that is not over. Terminal beads are not in it, so its
/// cost does not grow with finished work. Bodies are left out (`find_bead` has them).
struct live_rows {
    std::vector<bead> beads;  ///< Non-terminal, of every type but agent; body empty.
    std::vector<agent> agents;
    std::vector<rig> rigs;
    std::vector<review> reviews;           ///< Of non-terminal merge requests.
    std::vector<dependency> dependencies;  ///< Of type blocks, of non-terminal beads.
    std::vector<review_link> links;        ///< Of issues in review.
    std::vector<dispatch> dispatches;      ///< Live ones.
    std::vector<stop_order> stops;
    std::vector<bead_id> staged;           ///< Issues held by a staged convoy.
    std::vector<convoy_standing> convoys;  ///< That are not over.
    std::vector<concern> concerns;         ///< Of open escalations and triage requests.
    std::vector<bad_row> bad;              ///< At most 100.
};

}  // namespace townd
