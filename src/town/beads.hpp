#pragma once
// Operations on beads that people and programs ask for.

#include "town/context.hpp"
#include "townd/words/result.hpp"

namespace townd::town {

/// Why nothing was found: `not_found`, or the store's own failure where there is one. `what` is its
/// kind, as in "bead".
[[nodiscard]] failure missing(context& ctx, std::string_view what, std::string_view id);

struct new_bead {
    bead_type type = bead_type::issue;
    std::string title;
    std::optional<std::string> body;
    std::optional<rig_id> rig;
    bead_priority priority = bead_priority::medium;
    std::vector<std::string> labels;
    std::string metadata_json = "{}";
    std::optional<bead_id> parent;
    std::optional<agent_id> assignee;
    std::vector<bead_id> blocked_by;
    std::string created_by;
};
/// `invalid` when a blocker or the assignee does not exist. `overloaded` while the town's file is
/// over its limit; escalations are taken all the same.
[[nodiscard]] result<bead> create_bead(context& ctx, const new_bead& wanted);

/// Any status to any other, but terminal beads stay as they are: `conflict`. To closed or failed
/// also stops the agent on it. To open gives it back (agent unhooked and stopped).
[[nodiscard]] result<bead> change_status(context& ctx, const bead_id& id, bead_status to,
                                         const std::optional<agent_id>& by);

/// A failed bead goes back to open with all counters cleared and an event, once; so does a parked
/// one. Any other: `conflict` (C3, Kilo #2085).
[[nodiscard]] result<bead> retry_bead(context& ctx, const bead_id& id, std::string_view reason);

/// Begun anew: nobody is on it, it is open with all counters cleared; its merge requests that are
/// not over fail. A failed one is retried. `conflict` for a closed one.
[[nodiscard]] result<bead> reset_bead(context& ctx, const bead_id& id);

/// With what hangs on it; the agent on it is stopped.
[[nodiscard]] result<void> delete_bead(context& ctx, const bead_id& id);

/// Waits of parked beads of a rig (or all) end: what they were refused for may have changed.
void unpark(context& ctx, const std::optional<rig_id>& rig);

}  // namespace townd::town
