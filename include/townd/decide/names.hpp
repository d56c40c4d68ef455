#pragma once
// Names and identities of new agents.

#include <set>
#include <string>
#include <vector>

#include "townd/words/town.hpp"

namespace townd {

/// A name that no agent of the town has and that is not in `taken`. Polecats get the twenty names
/// of the original, then `Polecat-21`, `Polecat-22`, … upwards to the first free one: counting
/// agents, as the original did, names two alike after one was collected (E9). Others are called by
/// role. The lowest free name is used again, so that a slot keeps its breaker when its agent is
/// replaced.
[[nodiscard]] std::string free_name(const std::vector<agent>& agents, agent_role role,
                                    const std::set<std::string>& taken);

/// `<name>-<role>-<rig first 8>@<town first 8>`, in lower case.
[[nodiscard]] std::string identity_of(std::string_view name, agent_role role,
                                      const std::optional<rig_id>& rig, std::string_view town);

}  // namespace townd
