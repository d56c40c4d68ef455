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
    std::vector<bead_id> staged;  ///< Issues held by a staged convoy.
    std::vector<bad_row> bad;     ///< At most 100.
};

}  // namespace townd
