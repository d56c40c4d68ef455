#pragma once
// What the answers of containers and the calls of agents make of attempts, agents and beads.

#include "container/replies.hpp"
#include "town/charging.hpp"
#include "town/context.hpp"

namespace townd::town {

/// The answer to a start. Ignored when the attempt was settled meanwhile (by a heartbeat).
void start_answered(context& ctx, const dispatch_id& id, const container::start_reply& reply,
                    std::vector<phase_timing> phases);
/// The answer to a status call.
void status_answered(context& ctx, const agent_id& agent, const container::status_reply& reply);
/// The answer to a stop call. `answered`: the container said something, if not that.
void stop_answered(context& ctx, const agent_id& agent, bool confirmed, bool answered);

/// The agent runs: by its start's answer, a status call or a heartbeat.
void settle_started(context& ctx, dispatch& d);
/// The agent was not started, and `said` is who is answerable.
void settle_failed(context& ctx, dispatch& d, dispatch_error error, const charge& said);
/// A started agent's session is over; with an error it becomes a failure, charged to one level.
void end_session(context& ctx, dispatch& d, std::optional<dispatch_error> error,
                 std::string_view reason);
/// The agent survived: its breaker may know.
void prove(context& ctx, dispatch& d);

/// Orders the end of the agent's process; its slot is free again when the container confirms. An
/// order that is there already is hastened at most.
void order_stop(context& ctx, const agent_id& agent, std::string_view reason, duration delay);
/// Whether an exit reason says that the platform ended the process, not the work.
[[nodiscard]] bool is_put_out(std::string_view exit_reason) noexcept;
/// Idle, checkpoint gone; unhooked and its started bead given back when asked.
void rest(context& ctx, agent& a, bool unhook, bool reopen, std::string_view reason);
/// The agent's newest attempt when it is live.
[[nodiscard]] std::optional<dispatch> live_dispatch(context& ctx, const agent_id& agent);

/// The process of an agent that said `done` gets this long to say `completed` and go by itself.
inline constexpr duration finish_grace{2'000};

}  // namespace townd::town
