#pragma once
// A small fleet with drawn faults: each class off for half of the seeds, else of random strength.

#include "sim/world.hpp"

namespace townd::sim {

/// Options of a seed: 2 to 4 towns, ten minutes of faults.
[[nodiscard]] world_options swarm_of(std::uint64_t seed, container_model model);
/// How long faults may last in a world of `swarm_of`.
inline constexpr duration swarm_lasts{10 * 60'000};
/// And how long it may take until all is well again.
inline constexpr duration swarm_heals{3 * 3'600'000};

/// Runs both phases. True when no invariant was violated.
bool run_swarm(world& w);

}  // namespace townd::sim
