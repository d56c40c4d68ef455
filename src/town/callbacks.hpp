#pragma once
// What agents call: heartbeat, done, completed, waiting; and refineries: review complete.
//
// `named` is the dispatch that the call names (X-Dispatch-Id, or the session token's jti). A call
// that names an older dispatch than the agent's newest is answered and ignored (B6, gastown #909).

#include "town/context.hpp"
#include "townd/words/result.hpp"

namespace townd::town {

using named_dispatch = std::optional<dispatch_id>;

struct heartbeat_report {
    std::optional<std::string> last_event_type;
    std::optional<instant> last_event_at;
    std::optional<std::string> active_tools_json;
    std::optional<std::string> container_instance;
};
[[nodiscard]] result<void> heartbeat(context& ctx, const agent_id& agent,
                                     const named_dispatch& named, const heartbeat_report& report);

struct done_report {
    std::string branch;
    std::optional<std::string> pr_url;
    std::optional<std::string> summary;
};
/// Polecat: the merge request exists, the issue is in review, the agent idle and unhooked.
/// Refinery: merged, or its PR is awaited. Said twice, late or out of order it comes to the same
/// (E13).
[[nodiscard]] result<void> done(context& ctx, const agent_id& agent, const named_dispatch& named,
                                const done_report& report);

[[nodiscard]] result<void> completed(context& ctx, const agent_id& agent,
                                     const named_dispatch& named, bool failed,
                                     std::string_view reason);
[[nodiscard]] result<void> waiting(context& ctx, const agent_id& agent,
                                   const named_dispatch& named);

/// The session ends well: the agent is idle and unhooked, its process gets a moment to go by itself
/// before it is stopped. `a` is read anew.
void finish(context& ctx, agent& a, std::optional<dispatch>& d, std::string_view reason);

/// Makes a merge request for an issue: bead, review row, `tracks` edge. Returns its id. One that is
/// open or in progress for the same issue is returned instead of a second.
bead_id make_merge_request(context& ctx, const bead& source, const std::optional<agent_id>& by,
                           const done_report& report);

enum class review_verdict : std::uint8_t { merged, failed, conflict };
/// `not_found` when there is no such merge request; a terminal one stays as it is (idempotent).
[[nodiscard]] result<void> review_completed(context& ctx, const bead_id& merge_request,
                                            review_verdict said, std::string_view message,
                                            const std::optional<std::string>& commit);

/// Ends the work on a bead by a person's or program's word: the bead becomes `to` (closed or
/// failed) and the agent on it is stopped (B11). False when the bead is terminal already.
bool cancel_bead(context& ctx, bead& b, bead_status to, std::string_view reason);

}  // namespace townd::town
