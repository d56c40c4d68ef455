#pragma once
// A town's container beside its agents: is it well, is it to be restarted, are its tokens fresh.

#include "town/context.hpp"
#include "townd/port/pull_requests.hpp"

namespace townd::town {

/// Asks for its health; while it drains, the nonce goes along for the one that comes.
void check(context& ctx);
void check_answered(context& ctx, bool well, std::string_view cause);

/// Tells whoever runs the containers. What comes of it shows in the next checks.
void restart(context& ctx);
void restart_answered(context& ctx, bool taken, std::string_view cause);

/// Hands the container a fresh token. Agents are not restarted for it: only their container's own
/// calls use it.
void renew(context& ctx);
void renew_answered(context& ctx, bool taken);
/// What a process before this one knew.
void read_upkeep(context& ctx);

/// Some sign of life of the container: nothing need be asked for a while.
void heard_container(context& ctx);

/// Deletes what histories no longer keep, a bounded number of rows at a time.
void prune(context& ctx);

/// Asks the forge about a merge request's pull request.
void ask_about(context& ctx, const bead_id& merge_request);
/// Its answer; an event that was posted says the same (`trouble` none).
void pull_request_answered(context& ctx, const bead_id& merge_request, const pr_answer& answer);

/// What a forge, or who watches it, saw: a reviewer's words, or a conflict with the target.
struct pr_trouble_report {
    bool conflict = false;  ///< Else feedback.
    std::string words;
    std::optional<std::string> branch;
};
/// Work for a polecat that the merge request waits for; one bead at a time, a second report adds to
/// it. Where the town does not want that by itself (auto_resolve_…) a person is told instead.
void pull_request_needs_work(context& ctx, const bead_id& merge_request,
                             const pr_trouble_report& what);
/// Whether its forge merges it as soon as it may.
void set_auto_merge(context& ctx, const bead_id& merge_request, bool pending);

}  // namespace townd::town
