#pragma once
// What a town keeps of its starts beside their rows: the pace of its roles, its hour's budget, and
// where it stands in outages of the fleet.

#include "town/context.hpp"

namespace townd::town {

/// A start request was answered, or ran into its deadline: the role's pace follows, and the fleet
/// is told.
void start_heard(context& ctx, const dispatch& d, start_verdict said, const dispatch_error* error);

/// The town is a member of an outage that this failed start belongs to.
[[nodiscard]] bool is_of_outage(const context& ctx, const dispatch& d, const dispatch_error& error);

/// A start is made, a start failed: counted for the hour. Warns once when 80 % are used.
void count_start(context& ctx, agent_role role);
void count_failed_start(context& ctx, agent_role role);
/// Reads what a process before this one counted.
void read_budget(context& ctx);

/// The start was made under the fleet's leave: not to be used twice.
void use_lease(context& ctx, const std::vector<admission>& admissions);

/// What the fleet's coordinator says to this town. Tells its mayor, once an outage, by an
/// escalation that closes when the town is let go.
void take_advice(context& ctx, const outage_message& message);

}  // namespace townd::town
