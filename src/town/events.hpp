#pragma once
// Events that wait in the town's database (a town of the original has some) become state.

#include "town/context.hpp"
#include "townd/words/result.hpp"

namespace townd::town {

/// Applies up to `max` pending events in order, each in its own savepoint. One that fails three
/// times is set aside and shown; one about something that is gone counts as done (E1, E2).
/// Returns how many were taken.
int apply_pending(context& ctx, int max);

/// One event. Types: agent_done, agent_completed, container_status, bead_created, bead_cancelled;
/// those of later rules are left as done with a note; an unknown type fails.
[[nodiscard]] result<void> apply_event(context& ctx, const store::town_event& event);

}  // namespace townd::town
