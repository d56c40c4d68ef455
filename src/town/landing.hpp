#pragma once
// How convoys end: their landing merge requests, their progress, their last word.

#include "town/context.hpp"
#include "townd/decide/plan.hpp"

namespace townd::town {

/// Writes down how far it is.
void count(context& ctx, const count_convoy& what);
/// Makes the merge request that brings its feature branch home. What cannot be made counts as a
/// try all the same (F4, Kilo #2260).
void land(context& ctx, const land_convoy& what);
/// Landed, or failed with the reason.
void end(context& ctx, const end_convoy& what, std::string_view reason);

}  // namespace townd::town
