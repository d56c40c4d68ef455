#pragma once
// The breakers of one town, by key. Keys name what survives replacement: a place (a role in a rig)
// and an agent's slot in it (rig, role, name); never a fresh agent id, or a re-created agent would
// start with a clean slate (gascity #5442, Kilo #1788).
//
//   place/<rig>/<role>          whether agents of the role start there, survive and do their work
//   (D8) agent/<rig>/<role>/<name>   whether this one slot does
//
// An agent's breaker counts its own failures. A place's breaker is its evidence (evidence.hpp) seen
// as a breaker: open while it waits, half-open while a try is out, closed when proved. A try of a
// place passes through the breakers of its agents.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "townd/decide/breaker.hpp"
#include "townd/decide/evidence.hpp"
#include "townd/words/dispatch.hpp"
#include "townd/words/policy.hpp"

namespace townd {

enum class breaker_scope : std::uint8_t { place, agent };
[[nodiscard]] std::string_view to_text(breaker_scope scope) noexcept;

struct breaker_entry {
    breaker_scope scope = breaker_scope::place;
    agent_role role = agent_role::polecat;
    std::optional<rig_id> rig;
    std::string agent_name;  ///< Of an agent's.
    std::string cause;       ///< `code: message` of the failure that opened it, at most 256 bytes.
    instant changed_at{};
    instant touched_at{};  ///< Last news for it in this process.
    breaker state;
    standing known;  ///< Of a place; `state` follows it, unless an operator forced it.
};

/// Why a start in a place needs leave.
struct place_doubt {
    const breaker_entry* by = nullptr;  ///< The place whose doubt it is: its own, or another's.
    stage at = stage::answered;
    instant next_try{};    ///< Not before, by the role's own backoff.
    bool ordered = false;  ///< An operator wants it tried.
    bool own = true;       ///< It failed itself; else its role or its container did.
};

/// A change of state, to be told and stored.
struct breaker_event {
    std::string key;
    breaker_transition change;
};

/// A value: the reconciler works on a copy, and the copy replaces the original only when the tick's
/// transaction is durable. A copy shares the breakers until one of the two writes to its own, so
/// that what is undone now and then is cheap to remember. Breakers that have nothing to remember
/// are not kept.
class breaker_set {
public:
    [[nodiscard]] static std::string place_key(const std::optional<rig_id>& rig, agent_role role);
    [[nodiscard]] static std::string agent_key(const std::optional<rig_id>& rig, agent_role role,
                                               std::string_view name);
    /// What a key says; empty when it is none.
    [[nodiscard]] static std::optional<breaker_entry> entry_of(std::string_view key);

    // --- agents

    struct refused {
        std::string key;
        breaker_scope scope;
        breaker_state state;
        breaker_refusal why;
        std::string cause;
    };
    /// What an operator's order or the agent's own breaker has against a start. `trying`: the place
    /// is being tried, which passes all but what was forced open.
    [[nodiscard]] std::optional<refused> refusal(const std::optional<rig_id>& rig, agent_role role,
                                                 std::string_view name, instant now,
                                                 bool trying = false) const;
    /// Takes leave from the agent's breaker, and marks the place as tried when it is in doubt.
    std::vector<admission> admit(const std::optional<rig_id>& rig, agent_role role,
                                 std::string_view name, instant now,
                                 const breaker_policies& policy);
    /// Reports to the agent's breaker of an admission. `cause` is kept when that opens it.
    void record(const admission& leave, verdict said, std::string_view cause, instant now,
                double draw, const breaker_policies& policy);
    void extend(const admission& leave, instant until);

    // --- places

    /// Why a start there needs leave; empty when the place is well. Its own doubt; or, when it had
    /// no success for ten minutes, its container's, its role's (none of whose rigs had one), or
    /// that another role of the town fails.
    [[nodiscard]] std::optional<place_doubt> doubt_of(const std::optional<rig_id>& rig,
                                                      agent_role role, instant now) const;
    /// The same of a role: of its places with a doubt of their own, the one tried least recently.
    [[nodiscard]] std::optional<place_doubt> doubt_of(agent_role role, instant now) const;
    standing::meaning failed(const std::optional<rig_id>& rig, agent_role role,
                             const standing::failure& f, double draw, const retry_policy& policy);
    /// Other places in doubt of the town become due: what healed one probably healed them.
    void succeeded(const std::optional<rig_id>& rig, agent_role role, stage at, instant began,
                   instant now);
    /// The fleet has an outage of the role at this stage. Returns whether a place is in doubt by
    /// it.
    bool outage_opened(agent_role role, stage at, instant now, const retry_policy& policy);
    /// Null when nothing was ever known of it.
    [[nodiscard]] const standing* place_of(const std::optional<rig_id>& rig, agent_role role) const;
    void change(const std::optional<rig_id>& rig, agent_role role, instant now,
                const std::function<void(standing&)>& how);
    /// Whatever they waited for is gone: all places of the town may be tried from `at` on.
    void due(instant at);
    /// The admission is of a period that is over: the place came into doubt since, or the breaker
    /// moved.
    [[nodiscard]] bool is_over(const admission& leave) const;

    /// Takes back leases that ran out, lets go of what nobody has asked for. Call at the start of a
    /// tick. `work_waits` says of a role whether it has work.
    void expire(instant now, double draw, const breaker_policies& policy,
                const std::function<bool(agent_role)>& work_waits);
    /// Drops breakers whose agent or rig is gone, and agents' once they have nothing to remember or
    /// nobody asked for a day: names that come and go must not add up. `exists` is asked with keys.
    void prune(const std::function<bool(const std::string&)>& exists, instant now);

    /// Earliest moment at which time alone changes an answer, or `never`.
    [[nodiscard]] instant next_change(instant now, const breaker_policies& policy) const;

    using entry_map = std::map<std::string, breaker_entry, std::less<>>;
    [[nodiscard]] const entry_map& entries() const { return *entries_; }
    /// Puts a stored breaker back.
    void put(std::string key, breaker_entry entry);

    /// Transitions and changed keys since the last call: the caller tells and stores them. A
    /// changed key without an entry was dropped.
    [[nodiscard]] std::vector<breaker_event> take_events();
    [[nodiscard]] std::set<std::string> take_changed();

    // The operator's hand (breaker_orders.cpp). All answer whether anything changed. A key that no
    // breaker has yet must be one that `entry_of` reads.

    /// Makes the breaker when there is none. `forced` is forced_open or forced_closed; `cause` says
    /// by whom and why. Ends at `until`, or never.
    bool force(const std::string& key, breaker_state forced, std::string_view cause, instant now,
               instant until);
    bool end_force(const std::string& key, instant now);
    /// Closes it and forgets what was counted: results of tries that were admitted before count no
    /// more (incident row C4). With `at` later than `now` an open one probes from then on instead.
    bool reset(const std::string& key, instant now, instant at);
    bool probe(const std::string& key, instant now, instant at);
    /// Ends forced states whose time is over.
    void end_forces(instant now);
    /// Earliest end of a forced state, or `never`.
    [[nodiscard]] instant next_force_end(instant now) const;

private:
    entry_map& own();  ///< To write to: shared with no copy.
    breaker_entry& place(const std::optional<rig_id>& rig, agent_role role);
    void reflect(const std::string& key, breaker_entry& e, instant now);
    [[nodiscard]] entry_map::const_iterator first_place() const;
    [[nodiscard]] std::optional<place_doubt> role_doubt(agent_role role, instant now) const;
    [[nodiscard]] std::optional<place_doubt> container_doubt(instant now) const;
    [[nodiscard]] std::optional<place_doubt> town_doubt(agent_role role, instant now) const;
    void tell(const std::string& key, breaker_entry& e,
              const std::optional<breaker_transition>& change, std::string_view cause, instant now);

    std::shared_ptr<entry_map> entries_ = std::make_shared<entry_map>();
    std::vector<breaker_event> events_;
    std::set<std::string> changed_;
};

}  // namespace townd
