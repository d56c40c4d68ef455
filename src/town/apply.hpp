#pragma once
// Carries out a plan on the town's database and collects what to send.

#include "town/context.hpp"
#include "townd/decide/plan.hpp"

namespace townd::town {

/// Applies every action in its own savepoint; one that fails is undone, told and left for the next
/// tick. Starts become intent rows here, before anything is sent. Returns how many were applied.
int apply(context& ctx, plan&& what);

}  // namespace townd::town
