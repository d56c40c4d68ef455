#pragma once
// What an agent is told when it is started, and where in the repository it works.

#include "town/context.hpp"

namespace townd::town {

/// The first message of a session: the work, what is known of it, how it is ended.
[[nodiscard]] std::string prompt_for(context& ctx, agent_role role, const bead& work);
/// Who the agent is. `own` are the town's instructions for its role, or empty.
[[nodiscard]] std::string system_prompt_for(const agent& a, std::string_view own);

struct work_place {
    std::string branch;                      ///< That the agent works on.
    std::optional<std::string> start_point;  ///< Where it begins, when not at the default branch.
};
/// A review is on its branch; rework on the branch under review; a bead of a convoy begins at the
/// convoy's branch; what an agent left when its container went is gone on from.
[[nodiscard]] work_place place_of(context& ctx, agent_role role, const agent& a, const bead& work,
                                  std::string_view default_branch);

}  // namespace townd::town
