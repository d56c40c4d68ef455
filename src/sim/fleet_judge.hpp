#pragma once
// Judges what a fleet does while things fail, from outside the core: by the requests that reach
// containers, the sessions that run there, the rows that become durable and what operators are
// told. It knows who is ill (fleet_facts) and what is promised (fleet_bounds), and nothing of how
// the policy decides.
//
//   fleet_judge judge(limits, facts);
//   judge.sent(at, start); judge.answered(at, start, end); ...   // as it happens, in order
//   fleet_report told = judge.finish(at, true);
//
// Where two promises conflict, the load on the platform wins over the way back: a repaired town is
// not late while the fleet has used up its hour, nor while the daemon is away.

#include <deque>
#include <map>
#include <queue>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/agents.hpp"
#include "sim/fleet_bounds.hpp"
#include "sim/fleet_facts.hpp"
#include "sim/row_watch.hpp"
#include "sim/truth.hpp"

namespace townd::sim {

class fleet_judge {
public:
    fleet_judge(fleet_bounds limits, fleet_facts facts);
    fleet_judge(const fleet_judge&) = delete;
    fleet_judge& operator=(const fleet_judge&) = delete;
    void on_broken(bound_book::alarm tell) { book_.on_broken(std::move(tell)); }

    // What is asked of containers, and what they say.
    void sent(instant at, const start_seen& what);
    void answered(instant at, const start_seen& what, const start_end& end);
    // What runs there.
    void session_began(instant at, const session& s);
    void session_failed(instant at, const session& s);
    void work_done(instant at, const session& s);
    void session_ended(instant at, const session& s);
    /// What is durable.
    void committed(instant at, std::uint32_t town, const std::vector<row_change>& changes);
    // What operators are told. `stage`: 1 answered, 2 survived, 3 done; 0 when it is not said.
    void outage_opened(instant at, const std::string& id, agent_role role, int stage = 0);
    void outage_closed(instant at, const std::string& id);
    void breaker_changed(instant at, std::uint32_t town, std::string_view key,
                         std::string_view scope, std::string_view role, std::string_view to);
    // What the daemon does.
    void daemon_gone(instant at);
    void daemon_back(instant at);
    /// It stands still and loses nothing.
    void daemon_paused(instant at);
    /// The town is deleted: nothing is expected of it any more.
    void town_gone(instant at, std::uint32_t town);
    /// A person ended it: nobody's fault.
    void bead_cancelled(std::uint32_t town, const bead_id& id);
    /// All planned faults end now.
    void faults_end(instant at);

    /// Time passes; every other call does this first.
    void pass(instant at);
    /// `settled`: faults are over and the world had the time to become well.
    [[nodiscard]] fleet_report finish(instant at, bool settled);
    [[nodiscard]] const fleet_report& so_far() const noexcept { return book_.report(); }

private:
    static constexpr duration hour{3'600'000};
    static constexpr duration minute{60'000};

    /// What is known against a place at one stage, and not disproved.
    struct doubt {
        int in_row = 0;
        instant since{};    ///< The first of them became known.
        instant counted{};  ///< The newest that counted: its wait begins.
        instant newest{};   ///< The newest at all.
        instant made{};     ///< When its attempt was made.
        std::string bead;   ///< At the third stage: whose failure was first.
        bool firm = true;   ///< At the third stage: other beads failed, too.
    };
    struct waiting {
        instant due{};
        bead_id bead;
        friend bool operator<(const waiting& a, const waiting& b) noexcept {
            return a.due != b.due ? a.due < b.due : a.bead < b.bead;
        }
    };
    struct place_row {
        std::string rig;
        agent_role role = agent_role::polecat;
        int number = -1;  ///< Of the rig.
        std::array<doubt, 3> doubts;
        std::set<waiting> ready;  ///< Beads that need a start.
        instant free_since{};     ///< It had work, a slot and nothing in flight; never: not so.
        int in_flight = 0;        ///< Requests without an answer that are not known to run.
        int live = 0;             ///< Durable attempts that are not over.
        instant proved{};         ///< Newest success.
        int proved_since_cold = 0;
        instant hold{};                   ///< A container asked to wait.
        std::set<std::string> lost_work;  ///< Beads that the platform failed since work was done.
        instant done_at{};                ///< Newest session that ended well.
        instant failed_at{};              ///< Newest failure of the platform.
        instant ill_until{};              ///< Newest end of a fault.
        instant many_bad{};               ///< Another bead than the last failed by itself.
        std::string bad;                  ///< The bead that failed last by itself.
        std::set<bead_id> bad_beads;
        bool spared = true;  ///< No fault ever hits it.
    };
    struct attempt_row {
        std::size_t place = 0;
        std::string bead;
        std::string slot;  ///< Breaker key of its agent.
        instant sent{};
        instant ready_since{};  ///< Its place could have started something since.
        instant began{};
        instant unknown_since{};
        bool counted = false;    ///< Among the requests in flight.
        bool requested = false;  ///< Its request was seen.
        bool live = false;       ///< Durably.
        bool runs = false;
        bool succeeded = false;
        bool survived = false;
        ill_stage failed = ill_stage::odd;  ///< Its session failed, by the platform, there.
        bool settled() const noexcept { return !live && !counted && !runs; }
    };
    struct bead_state {
        std::size_t place = 0;
        bead_type type = bead_type::issue;
        bead_status status = bead_status::open;
        bool parked = false;
        bool cancelled = false;
        bool tied = false;  ///< It waits for others: not judged.
        int charged = 0;
        int own = 0;   ///< Failures of its own.
        int lost = 0;  ///< Work of it that the platform failed.
        int live = 0;  ///< Attempts.
        bool listed = false;
        instant due{};
        instant listed_due{};
        instant wanted{};  ///< Its present wait began.
    };
    struct slot_row {
        int in_row = 0;
        instant failed{};
        bool young = false;  ///< The last one had started, and died.
    };
    struct open_breaker {
        instant since{};
        std::string scope;
        std::string role;
        int passed = 0;  ///< Successes that began since.
    };
    /// A repaired town that is to dispatch again.
    struct healing {
        agent_role role = agent_role::polecat;
        illness was;
        instant at{};
        instant clear{};    ///< What it began before the repair is over.
        duration stood{0};  ///< Stopped clock at the repair.
        int towns = 0;      ///< Repaired with it.
        double share = 1.0;
        int causes = 1;  ///< That share the pace.
    };
    struct town_row {
        std::vector<place_row> places;
        std::unordered_map<std::string, attempt_row> attempts;
        std::unordered_map<std::string, bead_state> beads;
        std::unordered_map<std::string, slot_row> slots;
        std::map<std::string, open_breaker> breakers;
        std::vector<healing> healings;
        std::vector<illness> ills;  ///< Now.
        std::deque<instant> failures;
        std::deque<instant> starts;
        std::deque<instant> failed_starts;
        std::deque<instant> not_started;  ///< Requests without a yes, whoever is to blame.
        std::deque<instant> mayors;
        std::deque<instant> letters;
        std::array<std::deque<instant>, agent_role_count> sweeps;
        std::array<instant, agent_role_count> proved{};
        std::array<int, agent_role_count> proved_since_cold{};
        std::array<int, agent_role_count> live{};
        std::map<bead_id, instant> over_charged;  ///< Since when.
        std::array<instant, agent_role_count> ill_until{};
        instant first_failure{};
        instant newest_failure{};
        std::set<bead_id> tied;  ///< Beads that wait for others, or others for them.
        std::unordered_map<bead_id, bead_id> sources;  ///< Of merge requests.
        instant spent_at{};                            ///< Its hour budgets held it back.
        int work = 0;                                  ///< Beads that are not over.
        bool counts = false;                           ///< Ill with work, now.
        instant counted_until{};
        bool gone = false;
        // A restart while a start was in flight.
        instant cut_off_back{};
        bool cut_off = false;
    };
    struct beginning {
        instant at{};
        int sessions = 0;
    };
    struct open_outage {
        agent_role role = agent_role::polecat;
        int stage = 0;
        instant since{};
    };
    enum class due_kind : std::uint8_t { look, refund, settle, restart };
    struct due {
        instant at{};
        due_kind what{};
        std::uint32_t town = 0;
        std::string id;
        friend bool operator<(const due& a, const due& b) noexcept { return a.at > b.at; }
    };

    // fleet_judge.cpp
    place_row& place_of(std::uint32_t town, agent_role role, std::string_view rig,
                        std::size_t* which = nullptr);
    [[nodiscard]] static std::string slot_key(const start_seen& what);
    [[nodiscard]] bool is_ill(const town_row& t, agent_role role, int rig) const noexcept;
    void begin_illness(instant at, const illness& ill);
    void end_illnesses(instant at, std::vector<illness> over);
    void come_due(const due& what);
    void plan(instant at, due_kind what, std::uint32_t town, std::string id = {});
    [[nodiscard]] duration stopped(instant at) const noexcept;
    void stand(instant at);
    void look(instant at);
    template <class Times>
    static void forget(Times& times, instant until) {
        while (!times.empty() && times.front() <= until)
            times.pop_front();
    }

    // fleet_judge_load.cpp
    void failure(instant at, std::uint32_t town, std::string_view what);
    void recount(instant at, std::uint32_t town);
    [[nodiscard]] int ill_within_hour(instant at);
    [[nodiscard]] int fleet_limit(instant at, bool& begins);
    void check_budgets(instant at, const start_seen& what);
    void mayor_began(instant at, std::uint32_t town);
    void note_spent(instant at, town_row& t);

    // fleet_judge_places.cpp
    void check_waits(instant at, const start_seen& what, place_row& p);
    void check_pace(instant at, const start_seen& what, place_row& p);
    void check_slot(instant at, const start_seen& what, const place_row& p);
    void doubted(instant at, std::uint32_t town, place_row& p, ill_stage stage, instant made,
                 const std::string& bead);
    void proved(instant at, std::uint32_t town, place_row& p, ill_stage stage, instant made);
    void start_proved(instant at, std::uint32_t town, attempt_row& a);
    [[nodiscard]] bool in_doubt(const place_row& p, instant at) const noexcept;
    [[nodiscard]] duration wait_after(int in_row) const noexcept;
    [[nodiscard]] bool may_sweep(instant at, const start_seen& what, const place_row& p,
                                 instant since);
    void check_one_try(instant at, const start_seen& what, const place_row& p);
    void slot_failed(instant at, std::uint32_t town, const attempt_row& a, bool young,
                     bool in_doubt_before);

    // fleet_judge_repairs.cpp
    void repaired(instant at, const std::vector<illness>& over);
    void dispatched(instant at, std::uint32_t town, const attempt_row& a);
    void let_clear(instant at, std::uint32_t town, const attempt_row& a);
    [[nodiscard]] bool judge_healing(instant at, instant from, std::uint32_t town,
                                     const healing& h);
    void count_part(instant at, instant from, const healing& h);
    void look_at_healings(instant at, std::uint32_t town);
    void look_for_starved(instant at, std::uint32_t town);

    // fleet_judge_rows.cpp
    void take(instant at, std::uint32_t town, const bead_put& put);
    void take(instant at, std::uint32_t town, const bead_gone& gone);
    void take(instant at, std::uint32_t town, const dispatch_put& put);
    void take(instant at, std::uint32_t town, const edge_put& put);
    void take(instant at, std::uint32_t town, const review_put& put);
    template <class Other>
    void take(instant, std::uint32_t, const Other&) {}
    void list(instant at, std::uint32_t town, const bead_id& id, bead_state& b);
    void weigh(instant at, std::uint32_t town);
    void own_failure(instant at, std::uint32_t town, const bead_id& bead, std::size_t place);
    [[nodiscard]] bool nobody_could_tell(const place_row& p) const;
    void bead_over(instant at, std::uint32_t town, const bead_id& id, bead_state& b);
    void check_lost(instant at);
    void waited(instant at, const place_row& p, const bead_state& b);
    [[nodiscard]] instant ready_since(const place_row& p) const noexcept;

    // fleet_judge_outages.cpp
    [[nodiscard]] int ill_towns(agent_role role, int stage, instant at) const;
    void look_at_outages(instant at);
    void check_refunds(instant at, const std::string& outage);
    void check_closed(instant at);

    const fleet_bounds limits_;
    const fleet_facts facts_;
    bound_book book_;
    std::vector<town_row> towns_;
    std::size_t begun_ = 0;                 ///< Illnesses of facts_.
    std::multimap<instant, illness> ends_;  ///< Of those in force.
    std::map<int, int> cause_towns_;        ///< Towns in force, by cause.
    std::priority_queue<due> dues_;
    instant now_{};
    std::deque<instant> failures_;
    std::deque<beginning> beginnings_;
    std::deque<std::pair<instant, std::uint32_t>> were_ill_;
    int ill_now_ = 0;
    int ill_before_ = 0;  ///< Within an hour, not now.
    int in_flight_ = 0;
    instant full_at_{};  ///< The daemon had no slot left.
    instant back_at_{};  ///< The daemon's present life.
    // The clock of a repaired town stands still.
    duration stood_{0};
    instant stands_since_{};
    bool down_ = false;
    bool full_hour_ = false;
    /// Newest success of a role by stage, in two places that differ.
    struct success {
        instant at{};
        std::uint32_t town = 0;
        std::string rig;
    };
    std::array<std::array<success, 2>, agent_role_count> successes_{};
    std::map<std::string, open_outage> outages_;
    std::vector<std::vector<std::uint32_t>> planned_;    ///< Places in the facts, by town.
    std::vector<std::vector<std::uint32_t>> elsewhere_;  ///< The same of the other run.
    std::vector<std::uint32_t> waits_;                   ///< Of healthy work, by steps of 1 %.
    /// Repairs of a part: how long the last town took, and how long it may.
    std::map<std::pair<instant, int>, std::pair<duration, duration>> parts_;
    int lost_ = 0;
    bool over_ = false;
};

}  // namespace townd::sim
