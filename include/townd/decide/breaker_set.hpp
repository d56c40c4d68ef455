#pragma once
// The breakers of one town, by key. Keys name what survives replacement: the container, and an
// agent's slot (rig, role, name); never a fresh agent id, or a re-created agent would start with a
// clean slate (gascity #5442, Kilo #1788).

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "townd/decide/breaker.hpp"
#include "townd/words/dispatch.hpp"
#include "townd/words/policy.hpp"

namespace townd {

enum class breaker_scope : std::uint8_t { container, agent };
[[nodiscard]] std::string_view to_text(breaker_scope scope) noexcept;

struct breaker_entry {
    breaker_scope scope = breaker_scope::container;
    std::optional<agent_role> role;  ///< Of an agent's breaker.
    std::optional<rig_id> rig;
    std::string agent_name;
    std::string cause;  ///< `code: message` of the failure that opened it, at most 256 bytes.
    instant changed_at{};
    instant touched_at{};  ///< Last news for it in this process.
    breaker state;
};

/// A change of state, to be told and stored.
struct breaker_event {
    std::string key;
    breaker_transition change;
};

/// A value: the reconciler works on a copy, and the copy replaces the original only when the tick's
/// transaction is durable. Breakers that have nothing to remember are not kept.
class breaker_set {
public:
    [[nodiscard]] static std::string container_key() { return "container"; }
    [[nodiscard]] static std::string agent_key(const std::optional<rig_id>& rig, agent_role role,
                                               std::string_view name);

    /// The first refusal among the breakers that a start of this agent needs, outermost first.
    struct refused {
        std::string key;
        breaker_scope scope;
        breaker_state state;
        breaker_refusal why;
        std::string cause;
    };
    [[nodiscard]] std::optional<refused> refusal(const std::string& agent_key, instant now) const;

    /// Takes leave from the container's and the agent's breaker; neither may refuse.
    std::vector<admission> admit(const std::optional<rig_id>& rig, agent_role role,
                                 std::string_view name, instant now,
                                 const breaker_policies& policy);

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
    /// An agent of this town gave a sign of life: the container may be tried from `at` on.
    void hint_container(instant at);

    /// Earliest moment at which time alone changes an answer, or `never`.
    [[nodiscard]] instant next_change(instant now, const breaker_policies& policy) const;

    [[nodiscard]] const std::map<std::string, breaker_entry, std::less<>>& entries() const {
        return entries_;
    }
    /// Puts a stored breaker back.
    void put(std::string key, breaker_entry entry);

    /// Transitions and changed keys since the last call: the caller tells and stores them. A
    /// changed key without an entry was dropped.
    [[nodiscard]] std::vector<breaker_event> take_events();
    [[nodiscard]] std::set<std::string> take_changed();

private:
    breaker_entry& entry(const std::string& key);
    const breaker_policy& policy_of(const breaker_entry& e, const breaker_policies& p) const;
    void tell(const std::string& key, breaker_entry& e,
              const std::optional<breaker_transition>& change, std::string_view cause, instant now);

    std::map<std::string, breaker_entry, std::less<>> entries_;
    std::vector<breaker_event> events_;
    std::set<std::string> changed_;
};

}  // namespace townd
