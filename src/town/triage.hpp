#pragma once
// How triage requests are resolved: by the triage agent whose batch they are in, or by an operator.

#include "town/callbacks.hpp"

namespace townd::town {

enum class triage_action : std::uint8_t {
    restart,               ///< The agent is stopped, its bead is open and due at once.
    restart_with_backoff,  ///< The same, and the bead waits as after a failed session.
    close_bead,            ///< The bead is closed, the agent on it is stopped.
    escalate,              ///< A person is asked.
    escalate_to_mayor,     ///< The mayor gets a letter; without one, a person is asked.
    nudge,                 ///< The agent is nudged with the notes.
    reassign_bead,         ///< The bead is taken off the agent: whoever is free takes it.
    discard,               ///< Nothing is done.
    provide_guidance,      ///< The agent gets a letter with the notes, and a nudge to read it.
};
/// As the original wrote them (`RESTART`, …); `CLOSE` is CLOSE_BEAD. Any case.
[[nodiscard]] std::optional<triage_action> parse_triage_action(std::string_view text);
[[nodiscard]] std::string_view to_text(triage_action action) noexcept;
inline constexpr std::string_view triage_actions =
    "RESTART, RESTART_WITH_BACKOFF, CLOSE_BEAD, ESCALATE, ESCALATE_TO_MAYOR, NUDGE, REASSIGN_BEAD, "
    "DISCARD, PROVIDE_GUIDANCE";

/// A dispatch on a batch may resolve, even when its hook is gone meanwhile: refusing it made it
/// escalate, and the escalation the next batch (F2). So may an agent that holds a batch.
[[nodiscard]] bool may_resolve(context& ctx, const std::optional<agent_id>& agent,
                               const named_dispatch& named);

struct triage_decision {
    bead_id request;
    triage_action action = triage_action::discard;
    std::string notes;
    std::string by;  ///< Agent, or who else.
};
/// Does it and closes the request; no attempt that was charged is taken back by it. What the
/// request is about may be gone: then there is nothing to do. A request that is over stays as it
/// is. `not_found` when it is none.
[[nodiscard]] result<bead> resolve_triage(context& ctx, const triage_decision& decision);

}  // namespace townd::town
