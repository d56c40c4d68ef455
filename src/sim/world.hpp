#pragma once
// A fleet in virtual time: the real core of the daemon (engine::town_actor with all below it), its
// towns' databases in memory, containers with agents that work, and faults; one thread, one seed.
//
//   world w(options);            // nothing has happened yet
//   w.run_for(hours{7});         // the faults that are planned happen on the way
//   w.end_faults();              // and now everything must become well again
//   w.run_until_settled(hours{1});
//
// SETTLED: world_options, work_options, observer, totals, world's members. They may grow.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/fleet.hpp"
#include "sim/faults.hpp"
#include "sim/fleet_bounds.hpp"
#include "townd/decide/retry_desk.hpp"
#include "townd/words/policy.hpp"
#include "townd/words/time.hpp"

namespace townd::engine {
class town_actor;
struct environment;
}  // namespace townd::engine

namespace townd::sim {

/// What containers do with a second start.
enum class container_model : std::uint8_t {
    contract,  ///< One live agent a bead: answers 409, refuses starts older than the newest seen.
    naive,     ///< Every start starts.
};

/// Work, and how long agents are at it.
struct work_options {
    int beads_at_start = 3;       ///< Of each rig, in the first minute.
    double beads_per_hour = 0.0;  ///< Of each town, on average, in random rigs.
    duration arrive_until{0};     ///< Since the beginning.
    duration work_min{60'000};    ///< Of a polecat on an issue.
    duration work_max{300'000};
    duration review_min{20'000};  ///< Of a refinery.
    duration review_max{60'000};
    duration heartbeat_every{30'000};
    duration answer_min{200};  ///< A healthy start's answer.
    duration answer_max{8'000};
    int mayor_messages = 0;  ///< Letters to the mayor of each town, in the first minutes.
    int convoys = 0;         ///< Of each town, in the first minutes.
    int convoy_beads = 4;    ///< At most, of each.
    double meddling = 0.0;   ///< Times an hour that a person moves a hook in each town.
};

/// Work of some towns that differs from the rest's.
struct work_group {
    int first_town = 0;
    int towns = 0;
    work_options work;
};

/// What happens, as it happens. Towns by number. Nothing may call back into the world.
class observer {
public:
    virtual ~observer() = default;
    /// A start request reached the network.
    virtual void start_sent(instant, int /*town*/, agent_role) {}
    /// As the daemon's journal has it: an attempt was committed, its request is about to be sent.
    virtual void attempt_started(instant, int /*town*/, const dispatch&) {}
    /// Its outcome is known (or known to be unknown).
    virtual void attempt_ended(instant, int /*town*/, const dispatch&, duration /*took*/) {}
    virtual void session_failed(instant, int /*town*/, const dispatch&) {}
    /// `scope`: container, agent, ...; `role` or `all`.
    virtual void breaker_changed(instant, int /*town*/, std::string_view /*key*/,
                                 std::string_view /*scope*/, std::string_view /*role*/,
                                 std::string_view /*from*/, std::string_view /*to*/,
                                 std::string_view /*cause*/) {}
    virtual void outage_changed(instant, const outage_event&) {}
    /// So many more beads than before are held back by a breaker, an outage or a budget.
    virtual void starts_suppressed(instant, int /*town*/, std::string_view /*role*/, int) {}
    /// A line for a person. `event` is a fixed word.
    virtual void told(instant, int /*town*/, bool /*warning*/, std::string_view /*event*/,
                      std::string_view /*text*/) {}
    /// An issue or merge request is durably closed or failed.
    virtual void bead_ended(instant, int /*town*/, const bead&) {}
    /// An issue was created.
    virtual void bead_made(instant, int /*town*/, const bead_id&) {}
    /// A tick that looked at the town; `waiting.by_reason` says what waits and why.
    virtual void ticked(instant, int /*town*/, const engine::town_summary&) {}
    /// What the daemon was told of a start request, and whose fault it was. As the world knows it.
    virtual void start_answered(instant, int /*town*/, agent_role, const bead_id&, const start_end&,
                                truth) {}
    /// A session fails; the same.
    virtual void session_broke(instant, int /*town*/, agent_role, const bead_id&, truth) {}
    /// An issue's row is durable.
    virtual void bead_stored(instant, int /*town*/, const bead&) {}
    virtual void town_deleted(instant, int /*town*/) {}
    /// `up` false: killed, stopped or paused.
    virtual void daemon_changed(instant, bool /*up*/) {}
};

/// For planted bugs: what stands between the core and the world. Empty ones change nothing.
struct plants {
    std::function<std::unique_ptr<store::town_store>(int town, std::unique_ptr<store::town_store>)>
        store;
    /// A port in front of the world's own.
    std::function<std::unique_ptr<container_port>(container_port&, engine::environment&)>
        containers;
    /// Work that is done in a town's next cycle, before each one, as if a caller had asked for it.
    std::function<engine::town_work(int town)> before_cycle;
    /// When a town is looked at next, in place of what its actor wants.
    std::function<instant(int town, instant wanted, bool trouble)> due;
    /// The rules that the daemon follows, its retry desk's as well, in place of those that it is
    /// judged by.
    std::function<void(policy&)> rules;
    /// What a town tells the retry desk, before the desk hears it; false: it never does.
    std::function<bool(fleet_news&, instant now)> news;
    /// What the desk tells a town, before the town hears it; false: it never does.
    std::function<bool(fleet_message&, instant now)> messages;
    /// Every commit is lazy: a loss of power takes the newest away.
    bool lazy_commits = false;
};

/// What people do to the fleet while it runs, each so many times, spread over the towns.
struct fleet_change {
    enum class kind : std::uint8_t {
        add_towns,
        delete_towns,
        add_rigs,
        delete_rigs,
        delete_agents,
    };
    kind what = kind::delete_towns;
    duration at{0};  ///< Since the beginning.
    int count = 1;
};

struct world_options {
    std::uint64_t seed = 1;
    int towns = 3;
    int rigs = 1;  ///< Of each town.
    policy rules;
    container_model model = container_model::contract;
    work_options work;
    std::vector<work_group> groups;  ///< Later ones win.
    std::vector<fault_window> faults;
    std::vector<duration> kills;        ///< When the daemon is killed, since the beginning.
    std::vector<fleet_change> changes;  ///< Towns to be added are the last of `towns`.
    bool pull_requests = false;         ///< Work is merged by pull requests, not by refineries.
    bool code_review = true;            ///< Refineries review.
    bool forge_answers = false;  ///< The forge can be asked about them; else it posts its news.
    duration rests_for{0};       ///< After its work nothing comes for so long.
    bool outage_policy = true;   ///< Whether the daemon has its coordinator.
    bool shuffle_towns = false;  ///< Ready towns are served in random order.
    bool oracle = true;          ///< Invariants are checked; costs some 30 %.
    bool fleet_judge = false;    ///< What the fleet promises is judged, too: see `judged`.
    bool broken_bounds = false;  ///< The first broken promise ends the world.
    /// Of the run that this one is compared with: whom they hit is not healthy here either.
    std::vector<fault_window> faults_elsewhere;
    bool lean_history = false;  ///< Keep little of what is over: for thousands of towns.
    bool trace = false;         ///< Keep a line for each event, for reading.
    instant begin = from_unix_ms(1'795'000'000'000);
    observer* watch = nullptr;
    plants planted;
};

struct totals {
    std::uint64_t events = 0;
    std::uint64_t cycles = 0;        ///< Of town actors.
    std::uint64_t starts_sent = 0;   ///< Requests.
    std::uint64_t sessions = 0;      ///< Agents that ran.
    std::uint64_t beads_made = 0;    ///< Issues.
    std::uint64_t beads_closed = 0;  ///< Issues.
    std::uint64_t beads_failed = 0;  ///< Issues.
    std::uint64_t convoys = 0;
    std::uint64_t convoys_landed = 0;
    std::uint64_t convoys_failed = 0;
    std::uint64_t triaged = 0;  ///< Requests that an agent resolved.
    std::uint64_t reworks = 0;
    std::uint64_t nudges = 0;
    std::uint64_t drains = 0;
    std::uint64_t restarts = 0;  ///< Of containers, asked for.
    std::uint64_t swept = 0;     ///< Agents that nobody needed.
    std::uint64_t callbacks = 0;
    std::uint64_t daemon_starts = 0;
    std::uint64_t outage_events = 0;
    std::array<std::uint64_t, fault_count> faults{};   ///< How often each struck.
    std::array<std::uint64_t, fault_count> planned{};  ///< Whether it was possible at all.
};

/// An invariant that did not hold.
struct violation {
    std::string invariant;  ///< I1..I8, S1..S4, L1, L2, ack, intent, blame.
    instant at{};
    town_id town;
    std::string sentence;
    std::uint64_t seed = 0;
};

class world {
public:
    explicit world(world_options options);
    ~world();
    world(const world&) = delete;
    world& operator=(const world&) = delete;

    [[nodiscard]] instant now() const noexcept;
    [[nodiscard]] instant began() const noexcept;
    /// Stops early when an invariant is violated.
    void run_until(instant end);
    void run_for(duration span) { run_until(now() + span); }

    /// All faults end, wedged and crashed containers and the daemon come back.
    void end_faults();
    /// Until all work is over or parked and nothing is in doubt. False, with a violation of L1,
    /// when `budget` does not suffice.
    bool run_until_settled(duration budget);

    [[nodiscard]] const world_options& options() const noexcept;
    [[nodiscard]] const totals& counts() const noexcept;
    [[nodiscard]] const std::optional<violation>& broken() const noexcept;
    /// What became of the promises, with `fleet_judge` only. Once, at the end; `settled`: faults
    /// are over and all had the time to become well.
    [[nodiscard]] fleet_report judged(bool settled);
    /// What is promised, as the world was told.
    [[nodiscard]] const fleet_bounds& bounds() const noexcept;
    /// Of everything that happened, in order.
    [[nodiscard]] std::uint64_t trace_hash() const noexcept;
    [[nodiscard]] const std::vector<std::string>& trace() const noexcept;
    [[nodiscard]] int towns() const noexcept;
    /// Last snapshot of a town; null before its first tick.
    [[nodiscard]] const engine::town_summary* summary(int town) const;
    /// Outages as the coordinator has them now.
    [[nodiscard]] std::vector<outage_summary> outages() const;

private:
    struct parts;
    std::unique_ptr<parts> parts_;
};

/// `t00042`; towns of a world are named by number.
[[nodiscard]] town_id town_name(int number);
[[nodiscard]] int town_number(std::string_view name) noexcept;

}  // namespace townd::sim
