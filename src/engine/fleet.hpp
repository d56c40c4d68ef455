#pragma once
// The towns of this daemon: where requests for a town go in, and what pages read of all of them.

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/operator_request.hpp"
#include "json/json.hpp"
#include "town/context.hpp"
#include "townd/decide/hour_budget.hpp"
#include "townd/decide/plan.hpp"
#include "townd/words/result.hpp"

namespace townd::engine {

enum class town_condition : std::uint8_t {
    dispatching,  ///< Nothing in the way.
    idle,         ///< No work.
    degraded,     ///< Some breaker is open or something waits that should not.
    blocked,      ///< Nothing can start: container breaker open, storage failed.
    set_aside,    ///< Its file cannot be used; `problem` says why.
};
[[nodiscard]] std::string_view to_text(town_condition c) noexcept;

/// Agents at work and starts without an answer, of one rig and role.
struct running_group {
    rig_id rig;  ///< Empty for the mayor.
    agent_role role = agent_role::polecat;
    int agents = 0;
    int starts = 0;
};

/// Beads that wait for a person, and those whose start nobody answered.
struct stuck_work {
    int parked = 0;      ///< Refused as they are.
    int held = 0;        ///< By the label gt:held.
    int exhausted = 0;   ///< Their attempts are used up and nothing above them was ever proved.
    int unanswered = 0;  ///< Starts of unknown outcome, in a town where no agent works.
    std::optional<instant> since;  ///< Of the oldest of them.
    [[nodiscard]] int for_a_person() const noexcept { return parked + held + exhausted; }
    [[nodiscard]] int total() const noexcept { return for_a_person() + unanswered; }
};

/// What is published of a town after each tick. Immutable.
struct town_summary {
    town_id id;
    std::string name;
    std::string owner;
    town_condition condition = town_condition::idle;
    std::string problem;  ///< One sentence when not dispatching or idle; names the cause.
    std::optional<instant> problem_since;
    store::bead_counts beads;
    int agents_working = 0;
    int starts_in_flight = 0;  ///< Intent and unknown.
    std::vector<running_group> running;
    waiting_counts waiting;
    stuck_work stuck;  ///< Nothing that townd does by itself moves it on.
    std::array<std::string, agent_role_count> outages;  ///< Of which it is a member, by role.
    /// Newest news of the role is a success: of nothing else is said that it is not affected.
    std::array<bool, agent_role_count> proved{};
    hour_count failures;  ///< Failed starts, mayors' apart; counted as the budget does.
    std::map<std::string, breaker_entry, std::less<>> breakers;  ///< Those that are not fresh.
    std::vector<store::error_group> errors;                      ///< Newest first, at most 10.
    std::vector<std::pair<rig_id, std::string>> rigs;            ///< Id, name.
    int bad_rows = 0;
    int poison_events = 0;
    std::optional<instant> last_success_at;  ///< Last start that took effect, since this start.
    instant last_tick_at{};
    duration last_tick_took{};
    instant next_tick_at{};
    std::uint64_t ticks = 0;
    std::optional<instant> draining_since;  ///< Its container is being replaced.
    int invariants_broken = 0;              ///< For a minute or more.
    std::vector<std::string> invariants;    ///< One sentence on each, the first ten.
    std::uint64_t invariants_ever = 0;      ///< Reported since this start.
    json last_tick;  ///< Metrics of the last tick, as the original's `reconciler` object.
};

/// Work on a town: runs on its thread, inside its transaction, in a savepoint of its own. A failure
/// undoes this work alone. What it returns is delivered after the commit is durable.
using town_work = std::function<result<json>(town::context&)>;
/// Any thread; called exactly once.
using reply = std::function<void(result<json>)>;

struct new_town {
    std::string name;
    std::string owner;
};

class fleet {
public:
    virtual ~fleet() = default;

    /// Runs `work` in the town and `done` with what came of it: after the commit, or with the
    /// failure
    /// (`not_found`, `unavailable` for a set-aside town, `overloaded` when its queue is full,
    /// `storage` when the commit failed). If the work changed anything, a tick follows in the same
    /// transaction, so that what became due is dispatched at once. Any thread.
    virtual void in_town(const town_id& town, town_work work, reply done) = 0;

    /// The same without a tick and without writing: for pages. `plan_for` in engine/explain.hpp can
    /// be called in it.
    virtual void read_town(const town_id& town, town_work work, reply done) = 0;

    /// Data: `{id}`. Any thread.
    virtual void create_town(new_town wanted, reply done) = 0;
    virtual void delete_town(const town_id& town, reply done) = 0;

    /// Snapshots for pages and look-ups; any thread; never blocks on a town.
    [[nodiscard]] virtual std::vector<std::shared_ptr<const town_summary>> summaries() const = 0;
    [[nodiscard]] virtual std::shared_ptr<const town_summary> summary(
        const town_id& town) const = 0;
    [[nodiscard]] virtual std::optional<town_id> town_of_rig(const rig_id& rig) const = 0;
    [[nodiscard]] virtual bool has_town(const town_id& town) const = 0;

    struct totals {
        int in_flight = 0;  ///< Starts awaiting their answer, all towns.
        int in_flight_max = 0;
        std::uint64_t ticks = 0;
        std::optional<instant> last_tick_at;  ///< Newest finished tick of any town.
        int towns_late = 0;            ///< Whose tick is overdue by more than twice the interval.
        bool first_tick_done = false;  ///< Every town was opened and ticked once (or set aside).
        bool stopping = false;
    };
    [[nodiscard]] virtual totals total() const = 0;
    /// What an operator asks for (operator_request.hpp). Data: `{before, after, applied, audit_id,
    /// expires_at}`, after all of it is durable. `conflict` when the state or `expect_count` is
    /// against it, `unavailable` when orders cannot be kept. Any thread.
    virtual void operate(operator_request what, reply done) = 0;
    /// What operators did, newest first. Data: `{items, next}`; `next` is the id to go on before.
    virtual void read_audit(audit_query which, reply done) = 0;
    /// Orders in force. Any thread; never blocks on a town.
    [[nodiscard]] virtual operator_view operators() const = 0;

    /// The outages that are open. Any thread; never null.
    [[nodiscard]] virtual std::shared_ptr<const outage_board> outages() const = 0;
    /// What the retry budget leaves, and who shares it. Any thread; cheap.
    [[nodiscard]] virtual desk_figures figures() const = 0;
    /// The sentence on how the fleet is: never empty.
    [[nodiscard]] virtual std::string verdict(instant now) const = 0;
};

}  // namespace townd::engine
