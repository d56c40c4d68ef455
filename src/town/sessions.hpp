#pragma once
// Which session a call of an agent speaks of, and what work.

#include "town/callbacks.hpp"
#include "town/context.hpp"

namespace townd::town {

/// The agent's newest attempt, live or not.
[[nodiscard]] std::optional<dispatch> newest_dispatch(context& ctx, const agent_id& agent);

/// True when the call names another attempt than the agent's newest: from a session that is over.
[[nodiscard]] bool is_stale(context& ctx, const std::optional<dispatch>& newest,
                            const named_dispatch& named, const agent& a, std::string_view call);

[[nodiscard]] bool is_at_work(const agent& a);

/// The work that a call is about: the hook, or (the hook may be gone by now) the bead of the
/// agent's newest attempt as long as no newer attempt works on it.
[[nodiscard]] std::optional<bead> work_of(context& ctx, const agent& a,
                                          const std::optional<dispatch>& newest);

/// Progress: what was charged for this session by a late or early word is taken back.
void reward(context& ctx, bead& b, std::optional<dispatch>& d);

}  // namespace townd::town
