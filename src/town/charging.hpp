#pragma once
// What came of an attempt, told to all whom it concerns: its agent's breaker, the evidence of its
// place, the fleet, and the bead, when it is to blame.

#include "town/context.hpp"
#include "townd/decide/blame.hpp"

namespace townd::town {

/// Who is answerable, and what follows for the bead.
struct charge {
    charge_level level = charge_level::none;
    bool park = false;  ///< The bead waits until someone changes something.
};

/// `code: message`.
[[nodiscard]] std::string cause_of(const dispatch_error& error);

/// The start failed, was refused, or stayed without an answer; heard once an attempt.
charge charge_start(context& ctx, const dispatch& d, const dispatch_error& error);
/// The agent was started.
void charge_started(context& ctx, const dispatch& d);
/// The attempt says nothing of its place: it was cancelled, or runs already.
void charge_nothing(context& ctx, const dispatch& d, stage at);
/// The agent gave signs of life for as long as it takes to be believed.
void charge_survived(context& ctx, const dispatch& d);
/// A session ended; `error` is null when it ended well.
charge charge_session(context& ctx, const dispatch& d, const dispatch_error* error);
/// A mayor is done with what it was told, and waits for more.
void charge_turn(context& ctx, const dispatch& d);

/// The charges since the place's last work that was done are taken back: it was not the beads'
/// fault.
void take_back_charges(context& ctx, const std::optional<rig_id>& rig, agent_role role,
                       std::string_view why);

}  // namespace townd::town
