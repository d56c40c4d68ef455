#pragma once
// What a tick decides: actions in the order to apply them, and why the rest waits.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "townd/decide/gate.hpp"

namespace townd {

/// Moves a bead. Never emitted for a terminal one.
struct move_bead {
    bead_id bead;
    bead_status to = bead_status::open;
    bool clear_assignee = false;
};
struct clear_assignee {
    bead_id bead;
};
/// Takes an agent out of work: idle, unhooked when asked, its bead given back when asked.
struct rest_agent {
    agent_id agent;
    bool unhook = false;
    bool reopen_bead = false;  ///< An in_progress bead goes back to open, unassigned.
};
/// The session of a live dispatch is over, with this error; outcome and charges follow from it.
struct end_session {
    dispatch_id id;
    dispatch_error error;
};
/// A start whose outcome stayed unknown until the end of its grace: it counts as not started.
struct give_up_unknown {
    dispatch_id id;
};
/// A started agent gave a heartbeat and lived for `survive_for`: its breaker may know.
struct prove_agent {
    dispatch_id id;
};
/// Orders the end of the agent's process; sent until the container confirms.
struct order_stop {
    agent_id agent;
};
/// Sends a due stop order.
struct send_stop {
    agent_id agent;
};
/// Asks the container how the agent is.
struct poll_agent {
    agent_id agent;
};
/// Starts an agent on a bead, under the gate's permit.
struct start_agent {
    permit leave;
    agent_role role;
    std::optional<rig_id> rig;
    bead_id work;
    std::optional<agent_id> agent;  ///< None: make one.
    std::string agent_name;
};

/// Tells an agent without progress to go on. Tier 1 asks, 2 is urgent.
struct nudge_agent {
    agent_id agent;
    int tier = 1;
    std::string message;
};
/// An agent that makes no progress: stalled from now on, its process is stopped.
struct stall_agent {
    agent_id agent;
};
/// A problem for a triage agent. One that is open on the same subject is enough.
struct open_triage {
    std::string kind;  ///< `stuck_agent`, …
    std::optional<agent_id> agent;
    std::optional<bead_id> bead;
    std::optional<rig_id> rig;
    std::string title;
};
/// One bead of work that resolves these requests.
struct start_triage {
    rig_id rig;
    std::vector<bead_id> requests;
};
/// A person must look. One that is open on the same subject and category is enough.
struct escalate {
    std::optional<bead_id> about;
    std::optional<rig_id> rig;
    std::string category;
    std::string title;
};
/// Tells an escalation that nobody acknowledged again.
struct re_escalate {
    bead_id escalation;
};
/// How far a convoy is, for those who look.
struct count_convoy {
    bead_id convoy;
    int total = 0;
    int closed = 0;
};
/// Makes the merge request that lands a convoy.
struct land_convoy {
    bead_id convoy;
};
/// A convoy is over: landed, or failed with its reason.
struct end_convoy {
    bead_id convoy;
    bool landed = false;
};
/// An agent that nobody needs any more is deleted.
struct forget_agent {
    agent_id agent;
};
/// Hands a message to the running mayor.
struct deliver_message {
    agent_id agent;
    bead_id message;
};
/// Asks for news of a merge request's pull request.
struct ask_pull_request {
    bead_id merge_request;
};
/// Asks the container whether it is well.
struct check_container {};
/// Asks whoever runs the containers to start the town's anew.
struct restart_container {};
/// Hands the container a fresh token before its old one is over.
struct renew_token {};
/// No container came to end the drain: it is over.
struct end_drain {};
/// Deletes what histories no longer keep.
struct prune_history {};

using action =
    std::variant<move_bead, clear_assignee, rest_agent, end_session, give_up_unknown, prove_agent,
                 order_stop, send_stop, poll_agent, start_agent, nudge_agent, stall_agent,
                 open_triage, start_triage, escalate, re_escalate, count_convoy, land_convoy,
                 end_convoy, forget_agent, deliver_message, ask_pull_request, check_container,
                 restart_container, renew_token, end_drain, prune_history>;
/// Closed list of names, for metrics and the dry run: `move_bead`, `start_agent`, …
[[nodiscard]] std::string_view type_of(const action& what) noexcept;

struct planned {
    std::string_view rule;  ///< Static text: the rule's name.
    std::string reason;     ///< One sentence for the record.
    action what;
};

/// By role, then by reason in the order of `suppression_at`.
using suppression_counts = std::array<std::array<int, suppression_count>, agent_role_count>;

/// A bead that is not started, and the gate that said so.
struct waiting_bead {
    bead_id bead;
    agent_role role = agent_role::polecat;
    std::optional<rig_id> rig;
    gate_reason reason = gate_reason::dispatchable;
    instant created_at{};
};
inline constexpr std::size_t waiting_beads_max = 20;

/// What waits, by the first reason.
struct waiting_counts {
    std::array<int, gate_reason_count> by_reason{};
    suppression_counts suppressed{};  ///< Held by breaker, outage, budget; by role and reason.
    std::optional<instant> oldest;    ///< Creation of the oldest waiting bead.
    /// The same by role, of those that no person and no other bead holds back.
    std::array<std::optional<instant>, agent_role_count> oldest_of{};
    std::vector<waiting_bead> beads;  ///< The oldest, the oldest first; bounded.
    [[nodiscard]] int total() const noexcept;
    [[nodiscard]] int suppressed_of(agent_role role) const noexcept;
};

struct plan {
    std::vector<planned> actions;
    waiting_counts waiting;
    std::array<bool, agent_role_count> has_work{};     ///< Something to start or running, by role.
    std::array<bool, agent_role_count> wants_leave{};  ///< Something waits for a lease alone.
    std::array<bool, agent_role_count> wants_fresh{};  ///< In a place that never failed itself.
    std::array<instant, agent_role_count> leave_from{never, never, never};  ///< Not before.
    std::array<bool, agent_role_count> lease_kept{};  ///< A lease of the role may yet be used.
    instant look_again_at = never;  ///< Earliest moment at which time alone changes the answer.
    /// The gates of the bead that was asked about, as they stood when its turn came.
    std::optional<std::vector<gate_answer>> explained;

    void look_at(instant when) noexcept {
        if (when < look_again_at) look_again_at = when;
    }
    void add(std::string_view rule, std::string reason, action what) {
        actions.push_back({rule, std::move(reason), std::move(what)});
    }
};

}  // namespace townd
