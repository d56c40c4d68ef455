#pragma once
// Sends what a durable transaction decided, and brings the answers back to the town.

#include "engine/environment.hpp"

namespace townd::engine {

/// Sends a start. Takes the gate's permit: there is no other way to call a container's
/// `/agents/start`. Any answer, also none, comes back as work for the town; the daemon's slot is
/// free again then. Never blocks.
void dispatch_start(environment& env, const town_id& town, town::launch start);
void dispatch_stop(environment& env, const town_id& town, town::agent_call stop);
void dispatch_poll(environment& env, const town_id& town, town::agent_call poll);

/// A call that concerns no attempt, to the container or whoever runs it.
void dispatch_upkeep(environment& env, const town_id& town, town::upkeep_call call);

}  // namespace townd::engine
