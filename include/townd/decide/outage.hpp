#pragma once
// One cause seen in many towns is one outage, not many: the fleet stops trying everywhere and
// learns from a few canaries when it is over. The incident that townd exists for was one cause seen
// 151 times, 4,075 failures an hour (Kilo-Org/cloud #1850); breakers of towns alone would still
// make thousands.
//
//                 enough towns fail for one cause
//     (nothing) ───────────────────────────────────▶ probing ◀──────────────┐
//                                                      │ a canary succeeds   │ the ramp fell to 0
//                                                      ▼                     │
//         closed ◀──── no member with work is left ─ ramping ────────────────┘
//
// A member does not start the role on its own. It may under a *lease*: as a canary, one at a time
// at one shared pace, each time another town; or as part of the ramp: two at a time at first, one
// more for each success, which doubles it in the time of one answer, and half as many after a
// failure. A result of a lease that is not known any more changes nothing.
//
// `outage_watch` is the whole policy as a pure value: told news and the time, it answers with
// messages to towns. The daemon's coordinator and the simulated world run this one.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "townd/words/policy.hpp"
#include "townd/words/time.hpp"
#include "townd/words/town.hpp"

namespace townd {

enum class outage_phase : std::uint8_t { probing, ramping };
[[nodiscard]] std::string_view to_text(outage_phase phase) noexcept;

// --- what towns tell -----------------------------------------------------------------------------

/// Whether the town has work for the role: told when it changes.
struct role_has_work {
    town_id town;
    agent_role role = agent_role::polecat;
    bool work = false;
};
enum class start_verdict : std::uint8_t { success, failure, neutral };
/// What came of a start *request*: the answer to it, not what became of the agent. A start that ran
/// into its deadline is a failure here even when the agent turns out to run.
struct start_result {
    town_id town;
    agent_role role = agent_role::polecat;
    start_verdict said = start_verdict::neutral;
    std::string fingerprint;  ///< Of a failure: code, phase, role and normalised message.
    std::string family;  ///< Of a failure: code and HTTP status, for causes whose texts differ.
    std::string cause;   ///< Of a failure: `code: message`.
    std::string outage;  ///< The outage whose lease it was made under, or empty.
    std::uint64_t lease = 0;
};
/// A lease that the town has no use for.
struct lease_returned {
    town_id town;
    std::string outage;
    std::uint64_t lease = 0;
};
/// The town does not exist any more.
struct town_gone {
    town_id town;
};
using outage_news = std::variant<role_has_work, start_result, lease_returned, town_gone>;

// --- what towns are told -------------------------------------------------------------------------

/// A member's standing: kept by the town, looked at by the gate.
struct outage_advice {
    std::string outage;  ///< Id of the outage.
    agent_role role = agent_role::polecat;
    std::string fingerprint;
    std::string cause;
    instant opened_at{};
    instant next_probe_at{};    ///< As known when this was sent: when the fleet tries next.
    std::uint64_t lease = 0;    ///< Leave for one start, or 0.
    instant lease_ends_at{};    ///< The start must be sent by then.
    bool healing = false;       ///< The lease is of a ramp: a canary succeeded, the towns follow.
    bool lease_used = false;    ///< Set by the town.
    bool observe_only = false;  ///< `mode: observe`: the gate lets pass and says so.
};
/// Replaces what the town knew of this role; `advice` empty: it is no member any more.
struct outage_message {
    town_id town;
    agent_role role = agent_role::polecat;
    std::optional<outage_advice> advice;
    bool joined = false;  ///< First message on this outage to this town.
};

struct outage_event {
    enum class kind : std::uint8_t { opened, ramping, probing, closed } what = kind::opened;
    std::string outage;
    agent_role role = agent_role::polecat;
    std::string fingerprint;
    std::string cause;
    int members = 0;
    duration lasted{};
};

[[nodiscard]] std::string_view to_text(outage_event::kind what) noexcept;

/// One outage as pages show it. A list of them is what every town knows of the fleet.
struct outage_summary {
    std::string id;
    agent_role role = agent_role::polecat;
    std::string fingerprint;
    std::string cause;
    outage_phase phase = outage_phase::probing;
    bool observe_only = false;
    instant opened_at{};
    int members = 0;       ///< Now.
    int members_peak = 0;  ///< Most ever.
    instant next_probe_at{};
    int canaries_sent = 0;
    int canaries_failed = 0;
    std::optional<town_id> last_canary;
    int ramp_width = 0;  ///< Leases at a time.
};

using outage_board = std::vector<outage_summary>;

/// What is stored of one outage, so that a restart adds no start.
struct saved_outage {
    std::string id;
    agent_role role = agent_role::polecat;
    std::string key;  ///< Fingerprint, or `family:…`.
    std::string cause;
    instant opened_at{};
    instant next_probe_at{};
    int members_peak = 0;
    int canaries_sent = 0;
    int canaries_failed = 0;
    std::vector<town_id> members;
};

/// The admission of a start under a lease: this and the outage's id as its key, the lease as its
/// probe.
inline const std::string outage_admission_prefix = "outage/";

/// Not thread-safe; a value without clock or I/O. `now` must not go back.
class outage_watch {
public:
    void take(const outage_news& news, instant now, const outage_policy& policy);
    /// Does what is due: probes, the ramp's next step, leases that ran out. Call it after `take`
    /// and when `next_due` has come.
    void advance(instant now, const outage_policy& policy, double draw);
    /// When `advance` is due next, or `never`.
    [[nodiscard]] instant next_due() const;

    /// A town that (re)appears asks what it must know before its first start.
    [[nodiscard]] std::vector<outage_advice> advice_for(const town_id& town) const;

    /// Since the last call.
    [[nodiscard]] std::vector<outage_message> take_messages();
    [[nodiscard]] std::vector<outage_event> take_events();
    /// Ids of outages whose stored form changed since the last call; one that is closed is gone.
    [[nodiscard]] std::set<std::string> take_changed();

    [[nodiscard]] std::vector<outage_summary> summaries() const;
    [[nodiscard]] std::optional<saved_outage> saved(const std::string& id) const;
    void restore(const saved_outage& from, instant now, const outage_policy& policy);

private:
    struct newest_result {
        bool ok = false;
        std::string fingerprint;
        std::string family;
        instant at{};
    };
    struct role_state {
        std::map<town_id, newest_result> results;
        std::set<town_id> with_work;
        std::map<std::string, std::set<town_id>> failing;  ///< By key.
    };
    struct member {
        instant last_probe_at{};
        std::uint64_t lease = 0;
        instant lease_ends_at{};
        std::uint64_t ramp = 0;  ///< That the lease belongs to; 0 for a canary.
    };
    struct outage {
        outage_summary about;
        std::string key;
        std::map<town_id, member> members;
        std::set<std::pair<instant, town_id>> rotation;  ///< Have work and no lease, by last probe.
        std::set<std::pair<instant, town_id>> leases;    ///< By end.
        std::uint64_t ramp = 0;                          ///< Numbers them; of the newest.
        int ramp_out = 0;                                ///< Its leases without an answer.
        bool any_success = false;
        std::optional<instant> idle_since;  ///< No member has work since.
    };

    void heard(const start_result& r, instant now, const outage_policy& policy);
    void work_changed(const role_has_work& w, instant now, const outage_policy& policy);
    void note_result(const start_result& r, instant now);
    void maybe_open(const start_result& r, instant now, const outage_policy& policy);
    void open(agent_role role, const std::string& key, const std::string& cause, instant now,
              const outage_policy& policy);
    [[nodiscard]] static bool texts_differ(const role_state& s, const std::set<town_id>& towns);
    outage* joined_by(const start_result& r);
    outage* outage_of(const town_id& town, agent_role role);
    void join(outage& o, const town_id& town, instant now);
    void leave(outage& o, const town_id& town);
    bool lease_answered(const start_result& r, instant now, const outage_policy& policy);
    [[nodiscard]] static bool is_of_ramp(const outage& o, const member& m);
    void widen(outage& o, instant now, const outage_policy& policy);
    void narrow(outage& o, instant now, const outage_policy& policy);
    void free_lease(outage& o, const town_id& town, member& m, instant now);
    bool lease_next(outage& o, std::uint64_t ramp, instant now, const outage_policy& policy);
    void probe(outage& o, instant now, const outage_policy& policy, double draw);
    void close_if_over(const std::string& id, instant now, const outage_policy& policy);
    void say(const outage& o, const town_id& town, const member& m, bool joined = false);
    void tell(outage_event::kind what, const outage& o, instant now);
    void forget_failing(role_state& s, const town_id& town);
    [[nodiscard]] bool has_work(agent_role role, const town_id& town) const;

    std::map<std::string, outage> outages_;
    std::map<agent_role, role_state> roles_;
    std::uint64_t leases_ = 0;
    std::vector<outage_message> messages_;
    std::vector<outage_event> events_;
    std::set<std::string> changed_;
};

}  // namespace townd
