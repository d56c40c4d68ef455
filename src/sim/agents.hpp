#pragma once
// Agents' sessions in virtual time: heartbeats, work, reports, ends. They act through the town API,
// over a network that loses, doubles and delays what they say.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/api.hpp"
#include "sim/stage.hpp"
#include "sim/truth.hpp"
#include "townd/words/town.hpp"

namespace townd::sim {

/// A start as a container reads it.
struct start_seen {
    std::uint32_t town = 0;
    agent_role role = agent_role::polecat;
    int attempt = 0;
    std::uint64_t epoch = 0;
    std::uint32_t instance = 0;  ///< Of the container that took it; 0: it does not say.
    std::string agent;
    std::string name;
    std::string rig;
    std::string bead;
    std::string dispatch;
    int rig_place = -1;  ///< Of the rig in its town; -1: none.
    truth fault;         ///< Why the start failed, if it did; known when it is over.
};

enum class session_step : std::uint8_t {
    working,
    saying_done,  ///< Until the daemon has accepted it.
    leaving,      ///< Its loop ends by itself shortly after.
    saying_over,  ///< Its process is gone; its container reports `completed` until accepted.
    waiting,      ///< A mayor between its turns.
};

/// How a session's work ends, when it ends well.
enum class verdict_said : std::uint8_t { done, with_pr, failed, conflict, changes };

struct session {
    start_seen what;
    instant began{};
    instant ends_at{};         ///< Of its work.
    std::uint32_t serial = 0;  ///< Of this use of the slot; 0: free.
    std::uint32_t turn = 0;    ///< Plans of an older turn are void.
    session_step step = session_step::working;
    truth fault;         ///< Why it fails, if it does.
    bool dies = false;   ///< At the end of its work: without a word.
    bool fails = false;  ///< At the end of its work: says that it failed.
    bool stuck = false;  ///< From the end of its work on it lives and gets nowhere.
    bool tools = false;  ///< Meanwhile a tool of it seems to work.
    verdict_said says = verdict_said::done;
    std::uint64_t pr = 0;    ///< Its pull request.
    std::uint64_t luck = 0;  ///< What it decides where there is a choice.
    int tries = 0;
    int tries_max = 200;
    std::string reason;  ///< Of `completed`, and why it fails.

    /// Whether its process runs.
    [[nodiscard]] bool runs() const noexcept { return step != session_step::saying_over; }
};

/// What the oracle and the containers want to know of sessions.
class session_watch {
public:
    virtual ~session_watch() = default;
    virtual void began(const session& s) = 0;
    virtual void ended(const session& s, std::string_view reason) = 0;
    /// The session fails now; `s.fault` says whose fault it is. Told before `ended`, or without it
    /// when it goes on and gets nowhere. Sessions that are lost with their container only end.
    virtual void failed(const session& s) = 0;
    /// `done` was accepted.
    virtual void accepted(const session& s) = 0;
    /// A heartbeat that told of progress was accepted.
    virtual void progressed(const start_seen& what, instant last_event) = 0;
    /// Triage restarts the bead at once, whatever it waited for.
    virtual void restarted(std::uint32_t town, const bead_id& bead) = 0;
    /// A refinery has merged what the merge request is about.
    virtual void merged(std::uint32_t town, const bead_id& request) = 0;
    /// A forge has.
    virtual void pull_request_merged(const std::string& url) = 0;
};

/// Where agents open pull requests.
class pr_desk {
public:
    virtual ~pr_desk() = default;
    [[nodiscard]] virtual std::uint64_t open(std::uint32_t town) = 0;
};

class agents {
public:
    agents(stage& on, town_api& api, session_watch& watch, pr_desk& forge);

    /// A process starts. Returns its place.
    std::uint32_t begin(start_seen what);
    /// Ends without a word.
    void cut_off(std::uint32_t place, std::string_view reason, truth why);
    /// Was asked to stop: says so and is gone.
    void stop(std::uint32_t place);
    /// Its container goes: says so a few times at most.
    void put_out(std::uint32_t place);
    /// A letter for the mayor's session, which works on it.
    void letter(std::uint32_t place);
    [[nodiscard]] const session& at(std::uint32_t place) const { return sessions_[place]; }
    /// Places of a town's live sessions.
    [[nodiscard]] const std::vector<std::uint32_t>& of(std::uint32_t town) const {
        return by_town_[town];
    }
    /// Why the agent's newest session ended; empty when none is known.
    [[nodiscard]] std::string_view exit_of(std::uint32_t town, std::string_view agent) const;
    /// The container lost its memory.
    void forget(std::uint32_t town);

    void beat_due(std::uint64_t arg);
    void session_due(std::uint64_t arg);
    void call_arrives(std::uint64_t arg);

private:
    enum class word : std::uint8_t { beat, done, completed, waiting };
    struct on_way {
        std::uint32_t place = 0;
        std::uint32_t serial = 0;  ///< 0: free.
        std::uint32_t turn = 0;
        word what = word::beat;
        start_seen who;
        std::string reason;
        bool failed = false;
        bool tools = false;
        verdict_said says = verdict_said::done;
        std::uint64_t pr = 0;
        std::uint64_t luck = 0;
        instant last_event{};
    };
    struct ended_agent {
        std::string agent;
        std::string reason;
    };
    static constexpr duration api_patience{10'000};

    [[nodiscard]] session* alive(std::uint64_t arg);
    [[nodiscard]] static std::uint64_t key(std::uint32_t place, std::uint32_t number) noexcept {
        return (std::uint64_t{place} << 32U) | number;
    }
    void plan(std::uint32_t place, duration wait);
    void draw_fate(session& s);
    [[nodiscard]] duration draw_trouble(session& s, duration takes);
    void draw_verdict(session& s);
    void failed(const session& s);
    void work_over(std::uint32_t place, session& s);
    void say(std::uint32_t place, word what);
    void send(const session& s, std::uint32_t place, word what, duration wait);
    void deliver(const on_way& call);
    [[nodiscard]] engine::town_work done_work(const on_way& call);
    [[nodiscard]] engine::town_work review_work(const on_way& call);
    void resolve(town::context& ctx, const on_way& call);
    void heard(std::uint32_t place, std::uint32_t serial, std::uint32_t turn, word what,
               call_end end);
    void next_word(std::uint32_t place, session& s, word said);
    void exit(session& s, std::string_view reason);
    void gone(std::uint32_t place, std::string_view reason);

    stage& stage_;
    town_api& api_;
    session_watch& watch_;
    pr_desk& forge_;
    std::vector<session> sessions_;
    std::vector<std::uint32_t> free_;
    std::vector<std::vector<std::uint32_t>> by_town_;
    std::vector<std::vector<ended_agent>> ended_;
    std::vector<on_way> calls_;
    std::vector<std::uint32_t> free_calls_;
    std::uint32_t serials_ = 0;
};

}  // namespace townd::sim
