#pragma once
// Operations on agents that people and programs ask for. None starts a process: hooking only makes
// the work due, and the next tick starts it through the gate like everything else (D4).

#include "town/context.hpp"
#include "townd/words/result.hpp"

namespace townd::town {

/// An agent with this identity, or of this rig, role and name, is a `conflict`; so is a second
/// mayor of the town or refinery of the rig. A mayor belongs to no rig.
[[nodiscard]] result<agent> create_agent(context& ctx, agent_role role, std::string name,
                                         std::string identity, const std::optional<rig_id>& rig);
/// Mayor: one per town. Refinery: one per rig. Polecat: an idle unhooked one of the rig, else a new
/// one; `overloaded` at the rig's cap.
[[nodiscard]] result<agent> get_or_create(context& ctx, agent_role role,
                                          const std::optional<rig_id>& rig);

/// The agent stays idle and the bead open until the dispatch. Refuses (`conflict`) beads that are
/// no work (escalation, convoy, agent, message but for the mayor, gt:triage-request), terminal
/// ones, and an agent that holds another bead; hooking the same bead again is fine. Another agent
/// on the bead is unhooked, and stopped when it runs.
[[nodiscard]] result<void> hook(context& ctx, const agent_id& agent, const bead_id& work);
/// Its bead goes back to open unless it is further; its process is stopped. Fine without a hook.
[[nodiscard]] result<void> unhook(context& ctx, const agent_id& agent);
/// Idle, unhooked, its count of starts cleared; its process is stopped.
[[nodiscard]] result<agent> reset_agent(context& ctx, const agent_id& agent);
/// Unhooks whoever holds the bead, and stops who may run. The bead goes back to open when it was in
/// progress.
void take_off(context& ctx, const bead_id& work, const std::string& why);
/// Its bead goes back to open unless terminal; its process is stopped. `conflict` while a start of
/// it has no outcome yet.
[[nodiscard]] result<void> delete_agent(context& ctx, const agent_id& agent);

struct slung {
    bead work;
    std::optional<agent> on;  ///< None at the rig's cap: the next free polecat takes the work.
};
/// Creates an issue, finds or makes an idle polecat and hooks it.
[[nodiscard]] result<slung> sling(context& ctx, const rig_id& rig, std::string title,
                                  std::optional<std::string> body, std::string metadata_json);

}  // namespace townd::town
