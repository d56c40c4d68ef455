#pragma once
// The breakers of one town, by key. Keys name what survives replacement: the container, a role, a
// role in one rig, and an agent's slot (rig, role, name); never a fresh agent id, or a re-created
// agent would start with a clean slate (gascity #5442, Kilo #1788).
//
//   container            everything of the town
//   role/<role>          several agents of the role fail for one cause, in all rigs that try
//   rig/<rig>/<role>     the same, in one rig of several: its repository is broken, not the role
//   (D8) agent/<rig>/<role>/<name>
//
// A failure is charged to one of them. While an outer one is open, the inner ones do not probe on
// their own; its probe passes through them.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "townd/decide/breaker.hpp"
#include "townd/words/dispatch.hpp"
#include "townd/words/policy.hpp"

namespace townd {

enum class breaker_scope : std::uint8_t { container, agent, role, rig };
[[nodiscard]] std::string_view to_text(breaker_scope scope) noexcept;

struct breaker_entry {
    breaker_scope scope = breaker_scope::container;
    std::optional<agent_role> role;  ///< Of all but the container's.
    std::optional<rig_id> rig;
    std::string agent_name;
    std::string cause;  ///< `code: message` of the failure that opened it, at most 256 bytes.
    instant changed_at{};
    instant touched_at{};  ///< Last news for it in this process.
    instant hinted_for{};  ///< Beginning of the outage whose wait a sign of life cut short.
    breaker state;
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
    [[nodiscard]] static std::string container_key() { return "container"; }
    [[nodiscard]] static std::string role_key(agent_role role);
    [[nodiscard]] static std::string rig_key(const std::optional<rig_id>& rig, agent_role role);
    [[nodiscard]] static std::string agent_key(const std::optional<rig_id>& rig, agent_role role,
                                               std::string_view name);
    /// What a key says; empty when it is none.
    [[nodiscard]] static std::optional<breaker_entry> entry_of(std::string_view key);

    /// The first refusal among the breakers that a start of this agent needs, outermost first.
    struct refused {
        std::string key;
        breaker_scope scope;
        breaker_state state;
        breaker_refusal why;
        std::string cause;
    };
    /// `leased`: the fleet gave leave for one start, which passes all but what was forced open.
    [[nodiscard]] std::optional<refused> refusal(const std::optional<rig_id>& rig, agent_role role,
                                                 std::string_view name, instant now,
                                                 bool leased = false) const;

    /// Takes leave from every breaker that has a say; none may refuse.
    std::vector<admission> admit(const std::optional<rig_id>& rig, agent_role role,
                                 std::string_view name, instant now,
                                 const breaker_policies& policy);

    /// An agent failed for `fingerprint`: when another one of its role failed for the same within
    /// ten minutes, the role's breaker opens, or the rig's when the town has several and only one
    /// is concerned. Returns the key of the breaker that is answerable now, if any.
    std::optional<std::string> agent_failed(const std::optional<rig_id>& rig, agent_role role,
                                            std::string_view name, std::string_view fingerprint,
                                            std::string_view cause, bool several_rigs, instant now,
                                            double draw, const breaker_policies& policy);
    /// What a rig lacks was found before anything was sent: the role's breaker of that rig opens.
    void rig_failed(const std::optional<rig_id>& rig, agent_role role, std::string_view cause,
                    instant now, double draw, const breaker_policies& policy);
    /// It opened for agents that were lost: only one that survives proves it.
    [[nodiscard]] bool wants_survival(const std::string& key) const;
    /// Agents fell silent together (B4): the container's breaker opens, unless it is open.
    void agents_lost(std::string_view cause, instant now, double draw,
                     const breaker_policies& policy);
    /// The fleet let the town go: nothing that opened for the same cause waits on.
    void hint_role(agent_role role, instant at);

    /// Reports to the breaker of one admission. `cause` is kept when that opens it.
    void record(const admission& leave, verdict said, std::string_view cause, instant now,
                double draw, const breaker_policies& policy);
    void extend(const admission& leave, instant until);
    /// Takes back leases that ran out. Call at the start of a tick.
    /// While work waits, no breaker is let go for want of it: it stays open until a probe can pass.
    void expire(instant now, double draw, const breaker_policies& policy, bool work_waits = false);
    /// Drops agents' breakers whose agent is gone, once they have nothing to remember or nobody
    /// asked for a day: names that come and go must not add up. `exists` is asked with keys.
    void prune(const std::function<bool(const std::string&)>& exists, instant now);
    /// An agent of this town gave a sign of life: the container may be tried from `at` on. Once
    /// until it closes again, however often it fails meanwhile: agents that live beside a container
    /// that starts none (incident row A9) must not do away with the growing wait.
    void hint_container(instant at);

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
    struct agent_failure {
        std::optional<rig_id> rig;
        agent_role role = agent_role::polecat;
        std::string fingerprint;
        instant at{};
    };
    entry_map& own();  ///< To write to: shared with no copy.
    void trip(const std::string& key, trip_rule rule, std::string_view cause, instant now,
              double draw, const breaker_policies& policy);
    void hint_inner(const breaker_entry& outer, instant at);
    const breaker_policy& policy_of(const breaker_entry& e, const breaker_policies& p) const;
    void tell(const std::string& key, breaker_entry& e,
              const std::optional<breaker_transition>& change, std::string_view cause, instant now);

    std::shared_ptr<entry_map> entries_ = std::make_shared<entry_map>();
    std::map<std::string, agent_failure, std::less<>> failed_;  ///< Newest, by agent's key.
    std::vector<breaker_event> events_;
    std::set<std::string> changed_;
};

}  // namespace townd
