#pragma once
// The one gate that every start of an agent passes: rules, sling, retry, mayor, probe.
//
// An ordered list of conditions. The first that does not hold is the reason; `explain` shows all of
// them. A start needs a `permit`, which only the gate can make and the dispatcher demands, so that
// there is no path around it (the original had four; gascity #4841 wired its breaker to one of
// two).
//
// Order: what a person decided comes before what is broken, or the decision is lost from sight when
// the fault heals (Kueue #12812). The level above an agent comes before the agent.

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "townd/decide/breaker_set.hpp"
#include "townd/decide/town_state.hpp"

namespace townd {

enum class gate_reason : std::uint8_t {
    daemon_draining,
    daemon_paused,
    town_unreadable,
    town_paused,
    town_draining,
    rig_paused,
    role_paused,
    bead_not_ready,
    bead_not_dispatchable,
    rig_not_configured,
    already_running,
    attempts_exhausted,
    parked,
    backing_off,
    breaker_forced_open,
    outage_open,
    breaker_open,
    probe_in_flight,
    budget_exceeded,
    no_free_agent,
    slow_start,
    concurrency_limit,
    dispatchable,
};
inline constexpr int gate_reason_count = static_cast<int>(gate_reason::dispatchable) + 1;
/// CamelCase, as operators see it: `BreakerOpen`.
[[nodiscard]] std::string_view to_text(gate_reason reason) noexcept;
/// Held back by a breaker, an outage or a budget: what `suppressed` counts. Waiting for room, for
/// one's turn or for a person's word is none.
[[nodiscard]] constexpr bool is_suppression(gate_reason reason) noexcept {
    return reason >= gate_reason::breaker_forced_open && reason <= gate_reason::budget_exceeded;
}

inline constexpr int suppression_count = static_cast<int>(gate_reason::budget_exceeded) -
                                         static_cast<int>(gate_reason::breaker_forced_open) + 1;
/// The reason at that place of a list of suppressions.
[[nodiscard]] constexpr gate_reason suppression_at(std::size_t place) noexcept {
    return static_cast<gate_reason>(static_cast<std::size_t>(gate_reason::breaker_forced_open) +
                                    place);
}

/// A start that a rule wants. Borrowed pointers live as long as the town_view.
struct candidate {
    std::string_view rule;  ///< The rule that wants it.
    agent_role role = agent_role::polecat;
    const bead* work = nullptr;  ///< Never null.
    std::optional<rig_id> rig;
    const agent* slot = nullptr;  ///< An existing agent, or null: take or make a free one.
};

/// The agent that a start would use.
struct chosen_slot {
    const agent* existing = nullptr;  ///< Null when it is to be made.
    std::string name;                 ///< Empty: none is free.
};

/// One line of `explain`.
struct gate_answer {
    gate_reason gate;  ///< The reason that this gate stands for.
    bool passed = true;
    std::string detail;            ///< Never empty.
    std::optional<instant> until;  ///< When time alone would open it.
};

struct gate_refusal {
    gate_reason reason;
    instant until = never;     ///< When time alone would change the answer.
    bool wants_leave = false;  ///< A lease of the fleet would change it.
    instant leave_from{};      ///< Not before, by the place's own wait.
    bool fresh = false;        ///< The place itself never failed since it was well.
};

/// Leave for exactly one start. Made by the gate only; moved, never copied.
class permit {
public:
    permit(permit&&) noexcept = default;
    permit& operator=(permit&&) noexcept = default;
    permit(const permit&) = delete;
    permit& operator=(const permit&) = delete;

    /// The breakers that the start was admitted by, for the attempt's record.
    [[nodiscard]] const std::vector<admission>& admissions() const noexcept { return admissions_; }

private:
    friend class gate;
    explicit permit(std::vector<admission> admissions) : admissions_(std::move(admissions)) {}
    std::vector<admission> admissions_;
};

/// One tick's gate: keeps count of what the tick admitted so far.
class gate {
public:
    /// `view` and `breakers` must outlive it; breakers are changed by `admit` (a probe's lease).
    gate(const town_view& view, breaker_set& breakers);

    struct admitted {
        permit leave;
        chosen_slot slot;
    };
    struct answer {
        std::optional<admitted> start;  ///< Set when it may start: now counted as started.
        gate_refusal refused{gate_reason::dispatchable, never};
    };
    /// Passes or refuses the candidate. O(agents of the rig); no text is made.
    [[nodiscard]] answer ask(const candidate& c);

    /// Every gate's answer for the candidate as things stand. Changes nothing.
    [[nodiscard]] std::vector<gate_answer> explain(const candidate& c) const;

private:
    struct context;
    [[nodiscard]] chosen_slot choose(const candidate& c) const;
    [[nodiscard]] const std::string& new_name(agent_role role) const;
    /// The fleet's leave for one start of the role, not used yet, or null.
    [[nodiscard]] const fleet_advice* lease_for(agent_role role) const;
    /// A live attempt tries what is in doubt already, or one of this tick does.
    [[nodiscard]] bool is_tried(const candidate& c, const place_doubt& doubt) const;
    void count_start(const candidate& c, const chosen_slot& slot);

    const town_view& view_;
    breaker_set& breakers_;
    int town_occupied_ = 0;
    std::array<int, agent_role_count> occupied_{};  ///< By role.
    std::array<int, agent_role_count> starting_{};  ///< Starts without an answer, by role.
    std::array<bool, agent_role_count> lease_taken_{};
    std::array<bool, agent_role_count> tried_{};  ///< In this tick, without a lease.
    int admitted_ = 0;                            ///< In this tick, mayor apart.
    int daemon_left_ = 0;
    int starts_used_ = 0;  ///< Of the hour's budget.
    int failed_used_ = 0;
    std::map<std::string, int> polecats_;         ///< Occupied, by rig.
    std::map<std::string, int> polecat_records_;  ///< All, by rig, made ones included.
    std::set<std::string> taken_;                 ///< Agents and names used in this tick.
    std::set<std::string> started_beads_;
    std::set<std::string> made_;  ///< Refineries and mayors made in this tick.
    /// The next new agent's name, by role, until it is taken: finding it looks at every agent.
    mutable std::array<std::string, 3> free_name_;
    struct known_doubt {
        agent_role role;
        std::optional<rig_id> rig;
        std::optional<place_doubt> doubt;
    };
    /// Looked up once a place: nothing of it changes within a tick.
    mutable std::vector<known_doubt> doubts_;
    [[nodiscard]] const std::optional<place_doubt>& doubt_of(const candidate& c) const;
};

}  // namespace townd
