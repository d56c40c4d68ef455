#pragma once
// What a page shows of one town, read on the town's thread. Each is a function of the transaction's
// context and gives plain JSON, so that pages and programs see the same snapshot.

#include <optional>
#include <string>

#include "debug/replies.hpp"

namespace townd::debug {

/// Beads, agents and attempts shown with a town at most.
inline constexpr int town_rows_max = 100;

/// `{agents, beads, beads_live, attempts, breakers, error_groups, rigs, bad_rows, poison_events,
/// stops}`: what stands beside the town's summary.
[[nodiscard]] json town_detail(town::context& ctx);
[[nodiscard]] json agents_of(town::context& ctx);
[[nodiscard]] json breakers_of(const town_id& town, const breaker_set& breakers, instant now);
/// The bead with its reason, last error, failures, blockers, attempts, gates and newest events.
[[nodiscard]] result<json> bead_detail(town::context& ctx, const bead_id& id);
/// The agent of that id or name, with its breaker, its bead in hand and its newest attempts.
[[nodiscard]] result<json> agent_detail(town::context& ctx, const std::string& name);
[[nodiscard]] result<json> attempt_detail(town::context& ctx, const dispatch_id& id);

struct bead_query {
    std::string status;  ///< Empty: any. Else a bead status.
    std::string type;
    std::string rig;
};
/// Lists come as `{items, next}`; `next` is the cursor to go on with, or null.
[[nodiscard]] result<json> bead_list(town::context& ctx, const bead_query& wanted,
                                     const page_request& page);
/// `not_found` when `bead` is neither a bead nor was ever attempted.
[[nodiscard]] result<json> attempt_list(town::context& ctx, const bead_id& bead,
                                        const page_request& page);
/// Oldest first, those after `since`.
[[nodiscard]] result<json> event_list(town::context& ctx, const bead_id& bead,
                                      const std::optional<instant>& since,
                                      const page_request& page);
/// The newest events, newest first.
[[nodiscard]] json newest_events(town::context& ctx, const std::optional<bead_id>& bead,
                                 std::size_t count);

}  // namespace townd::debug
