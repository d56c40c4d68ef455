#pragma once
// Why a bead is (not) dispatched, and what the next tick would do: the same function that ticks.

#include "town/context.hpp"
#include "townd/decide/plan.hpp"

namespace townd::engine {

/// Plans a tick on the town as it stands and applies nothing. `bead` asks for its gates.
[[nodiscard]] plan plan_for(town::context& ctx,
                            std::optional<std::string_view> bead = std::nullopt);

}  // namespace townd::engine
