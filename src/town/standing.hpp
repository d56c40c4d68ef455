#pragma once
// What a town keeps of its starts beside their rows: the pace of its roles, its hour's budget, and
// where it stands in outages of the fleet.

#include "town/context.hpp"

namespace townd::town {

/// A start is made, a start failed: counted for the hour. Warns once when 80 % are used.
void count_start(context& ctx, agent_role role);
void count_failed_start(context& ctx, agent_role role);
/// Reads what a process before this one counted.
void read_budget(context& ctx);

/// How fast each role may start, for the process after this one; written once a minute at most.
void keep_pace(context& ctx);
void read_pace(context& ctx);

/// The start was made under the fleet's leave: not to be used twice.
void use_lease(context& ctx, agent_role role, const std::vector<admission>& admissions);

/// What the fleet's coordinator says to this town. Tells its mayor, once an outage, by an
/// escalation that closes when the town is let go; an outage of work takes charges back.
void take_advice(context& ctx, const fleet_message& message);

/// What a role of the town fails for, as the fleet should know; empty when all is well.
[[nodiscard]] std::optional<doubt_told> doubt_to_tell(const context& ctx, agent_role role);

}  // namespace townd::town
