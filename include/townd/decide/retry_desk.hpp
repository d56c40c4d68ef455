#pragma once
// Who of the fleet may try a place that fails, and when: one desk, one budget, for all towns.
//
// Towns tell where their roles stand; the desk gives *leases*, one for each try. What fails for one
// cause forms a group; groups never decide whether a town waits. They name the trouble (an
// *outage*, when many towns share it), take turns at the budget, and recover together: the first
// success of a group starts a *recovery sweep*, in which each member gets one quick try.
//
//   paced probe:   one for each token of the budget; the group that was longest without one first,
//                  in it who failed least often, then who waited longest
//   sweep:         wider by one for each success, as wide as it was after a failure, and no wider
//                  than what the budget leaves
//
// The whole policy is a pure value: told news and the time, it answers with messages to towns. The
// daemon's coordinator and the simulated world run this one.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "townd/decide/breaker.hpp"
#include "townd/decide/evidence.hpp"
#include "townd/decide/retry_budget.hpp"
#include "townd/words/policy.hpp"
#include "townd/words/time.hpp"
#include "townd/words/town.hpp"

namespace townd {

enum class outage_phase : std::uint8_t { probing, recovering };
[[nodiscard]] std::string_view to_text(outage_phase phase) noexcept;

// --- what towns tell -----------------------------------------------------------------------------

/// What a role of a town fails for.
struct doubt_told {
    stage at = stage::answered;
    std::string kind;      ///< Equal for failures of one kind, however they are worded.
    std::string words;     ///< `code: message`.
    bool soft = false;     ///< Suspected only: needs no lease, counts for an outage.
    bool earning = false;  ///< It succeeded, and must do so again before it is trusted.
    bool own = true;     ///< The role failed itself; else what fails concerns its container, and it
                         ///< is tried only when no role that failed has work.
    bool fresh = false;  ///< What waits never failed itself: tried at once, and first.
    instant since{};
    instant failed_at{};  ///< The newest failure.
    instant next_try{};
    instant asked_until{};  ///< The container asked to wait: no sweep goes before.
    int failures = 0;       ///< In a row.
    int in_row = 0;         ///< At this stage.
    bool operator==(const doubt_told&) const = default;
};
/// Where a role of a town stands: told when it changed.
struct role_standing {
    town_id town;
    agent_role role = agent_role::polecat;
    bool work = false;   ///< Something to start, or running.
    bool wants = false;  ///< Something waits for a lease and for nothing else.
    std::optional<doubt_told> doubt;
};
/// What came of an attempt at one stage.
struct attempt_news {
    town_id town;
    agent_role role = agent_role::polecat;
    stage at = stage::answered;
    verdict said = verdict::neutral;
    instant began{};
    bool counts = false;  ///< A failure that is the platform's, as far as is known.
    std::uint64_t lease = 0;
    std::optional<stage> doubted;  ///< What stays in doubt after it.
};
/// A lease that the town has no use for.
struct lease_returned {
    town_id town;
    agent_role role = agent_role::polecat;
    std::uint64_t lease = 0;
};
/// The town does not exist any more. Told when its last news is out.
struct town_gone {
    town_id town;
};
using fleet_news = std::variant<role_standing, attempt_news, lease_returned, town_gone>;

// --- what towns are told -------------------------------------------------------------------------

/// What the fleet says of a role of a town: kept by the town, looked at by the gate.
struct fleet_advice {
    std::uint64_t lease = 0;     ///< Leave for one try, or 0.
    instant lease_ends_at{};     ///< The start must be sent by then.
    bool sweep = false;          ///< The lease is of a recovery sweep.
    bool lease_used = false;     ///< Set by the town.
    std::string outage;          ///< Id of the outage that the town is a member of, or empty.
    stage at = stage::answered;  ///< Of the outage.
    std::string cause;
    instant opened_at{};
    int towns = 0;          ///< That fail alike.
    instant next_try_at{};  ///< As known when this was sent: when the fleet tries next.
};
/// Replaces what the town knew of this role.
struct fleet_message {
    town_id town;
    agent_role role = agent_role::polecat;
    fleet_advice advice;
};

struct outage_event {
    enum class kind : std::uint8_t { opened, recovering, probing, closed } what = kind::opened;
    std::string outage;
    agent_role role = agent_role::polecat;
    stage at = stage::answered;
    std::string fingerprint;  ///< Of the group: stage and kind.
    std::string cause;
    int members = 0;
    duration lasted{};
};
[[nodiscard]] std::string_view to_text(outage_event::kind what) noexcept;

/// One outage as pages show it. A list of them is what every town knows of the fleet.
struct outage_summary {
    std::string id;
    agent_role role = agent_role::polecat;
    stage at = stage::answered;
    std::string fingerprint;
    std::string cause;        ///< As most of its towns have it.
    std::string other_cause;  ///< Another wording, or empty.
    outage_phase phase = outage_phase::probing;
    bool observe_only = false;
    instant opened_at{};
    int members = 0;       ///< Towns, now.
    int members_peak = 0;  ///< Most ever.
    instant next_probe_at{};
    int probes_sent = 0;
    int probes_failed = 0;
    std::optional<town_id> last_probe;
    std::optional<instant> last_success;
    int swept = 0;  ///< Towns that had their turn in the sweep that goes on.
};
using outage_board = std::vector<outage_summary>;

/// The budget and who shares it, for those who look.
struct desk_figures {
    double tokens = 0;
    int left = 0;      ///< Tries that may yet fail within this hour.
    int failures = 0;  ///< Of the last hour.
    int leases = 0;    ///< Out now.
    int members = 0;   ///< Roles of towns that are in doubt.
    int groups = 0;
};

/// What is stored of an outage, so that a restart tells nobody twice.
struct saved_outage {
    std::string id;
    agent_role role = agent_role::polecat;
    std::string key;
    std::string cause;
    instant opened_at{};
    int members_peak = 0;
    int probes_sent = 0;
    int probes_failed = 0;
};

/// Key of the admission of a start under a lease; the lease is its probe.
inline const std::string lease_admission_key = "lease";

/// Not thread-safe; a value without clock or I/O. `now` must not go back.
class retry_desk {
public:
    void take(const fleet_news& news, instant now, const policy& rules);
    /// Does what is due. Call it after `take` and when `next_due` has come.
    void advance(instant now, const policy& rules);
    /// When `advance` is due next, or `never`.
    [[nodiscard]] instant next_due() const noexcept { return next_due_; }

    /// A town that (re)appears asks what it must know before its first start.
    [[nodiscard]] fleet_advice advice_for(const town_id& town, agent_role role) const;

    /// Since the last call.
    [[nodiscard]] std::vector<fleet_message> take_messages();
    [[nodiscard]] std::vector<outage_event> take_events();
    /// Ids of outages whose stored form changed since the last call; one that is closed is gone.
    [[nodiscard]] std::set<std::string> take_changed();

    [[nodiscard]] std::vector<outage_summary> summaries() const;
    [[nodiscard]] desk_figures figures(instant now, const policy& rules);
    [[nodiscard]] std::optional<saved_outage> saved(const std::string& id) const;
    void restore(const saved_outage& from, instant now, const outage_policy& policy);
    /// The log of failures, when it changed since the last call.
    [[nodiscard]] std::optional<std::vector<retry_budget::entry>> take_spent();
    void restore(const std::vector<retry_budget::entry>& spent, instant now);

private:
    enum class lease_kind : std::uint8_t { none, paced, sweep, unpaced };
    using member_key = std::pair<town_id, agent_role>;
    struct member {
        doubt_told doubt;
        std::string group;
        bool work = false;
        bool wants = false;
        instant failed_at{};   ///< Newest news of failure.
        instant failed_of{};   ///< When the attempt began that failed then.
        instant granted_at{};  ///< Newest lease.
        instant ask_again{};   ///< It had no use for the last one.
        int returned = 0;      ///< Leases given back in this sweep.
        std::uint64_t lease = 0;
        lease_kind of = lease_kind::none;
        instant lease_began{};
        instant lease_ends{};
        bool answered = false;  ///< The lease's start was; its session goes on.
        bool slow = false;      ///< Holds no place in the sweep any more.
        std::deque<instant> swept_in_vain;
    };
    struct sweep {
        bool on = false;
        int width = 0;
        int out = 0;
        instant began{};
        instant moved{};
        std::set<std::pair<int, town_id>> todo;  ///< Least failures first.
        int done = 0;
        bool good = false;  ///< Its newest try succeeded.
    };
    struct group {
        agent_role role = agent_role::polecat;
        stage at = stage::answered;
        std::set<town_id> members;
        int own = 0;                       ///< Of them, whose role failed itself.
        std::map<std::string, int> words;  ///< How many members say so.
        instant served_at{};
        sweep heal;
        std::optional<outage_summary> outage;
        std::optional<instant> idle_since;
        instant seen_at{};    ///< Looked at whole; once a second is enough.
        bool to_see = false;  ///< Something changed since.
        bool any_success = false;
        instant healed_at{};         ///< Its newest success.
        std::deque<instant> healed;  ///< The newest; bounded.
    };
    struct activity {
        bool work = false;
        instant result_at{};
    };

    [[nodiscard]] int kept_of_town(const member& m, lease_kind as, const policy& rules) const;
    [[nodiscard]] bool is_left_to_another(const member_key& who, const member& m) const;
    void heard(const role_standing& s, instant now, const policy& rules);
    void heard(const attempt_news& a, instant now, const policy& rules);
    void gone(const town_id& town, instant now, const policy& rules);
    void join(const member_key& who, member& m, instant now);
    void leave(const member_key& who, instant now, const policy& rules);
    void leave_group(const member_key& who, member& m);
    [[nodiscard]] group* group_of(const member& m);
    // Leases: retry_leases.cpp.
    void grant(const member_key& who, member& m, lease_kind as, instant now, const policy& rules);
    void end_lease(const member_key& who, member& m, verdict said, instant now,
                   const policy& rules);
    void begin_sweep(group& g, instant now);
    void sweep_again(group& g, const member_key& who, instant now);
    void sweep_on(group& g, instant now, const policy& rules);
    void try_unpaced(instant now, const policy& rules);
    void probe(instant now, const policy& rules);
    [[nodiscard]] member* best_of(group& g, instant now, const policy& rules, town_id& town,
                                  instant& next);
    [[nodiscard]] bool may_have_lease(const member_key& who, const member& m, lease_kind as,
                                      instant now, const policy& rules) const;
    [[nodiscard]] int big_groups() const;
    [[nodiscard]] bool leases_given(const policy& rules) const noexcept {
        return rules.outage.mode == outage_mode::act;
    }
    // Outages: outages.cpp.
    void see(group& g, const std::string& key, instant now, const policy& rules);
    [[nodiscard]] bool is_outage(const group& g, instant now, const policy& rules) const;
    [[nodiscard]] int counted(const group& g, instant now, bool hard_only) const;
    void open(group& g, const std::string& key, instant now, const policy& rules);
    void close(group& g, instant now);
    void close_stored(instant now);
    void tell(outage_event::kind what, const group& g, instant now);
    void say(const member_key& who, const member& m);
    void say_all(const group& g);
    void recount(group& g);
    [[nodiscard]] fleet_advice advice_of(const member_key& who, const member& m) const;

    std::map<member_key, member> members_;
    std::map<std::string, group> groups_;         ///< By role, stage and kind.
    std::map<std::string, saved_outage> stored_;  ///< Of a process before; by group.
    instant stored_until_ = never;                ///< Who has not come back by then is over.
    std::array<std::map<town_id, activity>, agent_role_count> active_;
    std::set<member_key> leased_;
    instant unpaced_from_{};        ///< The last of them failed: with little left, not before.
    std::set<member_key> unpaced_;  ///< Who succeeded, or never failed: costs no token.
    retry_budget budget_;
    bool spent_more_ = false;
    std::uint64_t leases_ = 0;
    instant next_due_ = never;
    std::vector<fleet_message> messages_;
    std::vector<outage_event> events_;
    std::set<std::string> changed_;
};

}  // namespace townd
