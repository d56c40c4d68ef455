#pragma once
// One town actor under a virtual clock, with a scripted container and a real database.

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/town_actor.hpp"
#include "store/data_dir.hpp"
#include "town/beads.hpp"
#include "town/callbacks.hpp"

namespace townd::engine::test {

inline constexpr instant noon = from_unix_ms(1'795'000'000'000);
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class virtual_clock final : public clock_port {
public:
    [[nodiscard]] instant now() const noexcept override { return at_.load(); }
    [[nodiscard]] std::int64_t wall_seconds() const noexcept override {
        return unix_ms(now()) / 1000;
    }
    void set(instant to) { at_.store(to); }

private:
    std::atomic<instant> at_{noon};
};

/// Answers that containers give.
[[nodiscard]] http_answer answer_of(int status, const std::string& body);
[[nodiscard]] http_answer refused_connect();
[[nodiscard]] http_answer timed_out();
/// Scripts of a container: its connections are refused; it never answers.
[[nodiscard]] inline std::optional<http_answer> refuse(const http_call&) {
    return refused_connect();
}
[[nodiscard]] inline std::optional<http_answer> hang(const http_call&) {
    return std::nullopt;
}
[[nodiscard]] std::string agent_of(const http_call& call);                  ///< Of any call.
[[nodiscard]] std::string text_of(const http_call& call, const char* key);  ///< Of a start's body.

/// Keeps calls until somebody answers. Without a script it starts what it is asked to start, knows
/// what runs, and stops it. Any thread may call.
class scripted_container final : public container_port {
public:
    struct seen {
        http_call call;
        instant at{};
        std::function<void(http_answer)> done;  ///< Empty once answered.
        std::optional<http_answer> answer;      ///< To be delivered by `deliver`.
        [[nodiscard]] bool is_start() const { return call.target == "/agents/start"; }
    };
    explicit scripted_container(const virtual_clock& clock) : clock_(clock) {}

    void call(http_call request, std::function<void(http_answer)> done) override;
    /// Gives the answers that are ready and lets calls over their deadline time out.
    void deliver();
    [[nodiscard]] instant next_deadline();
    void answer(std::size_t which, http_answer with);

    [[nodiscard]] int starts();
    [[nodiscard]] int calls_to(const std::string& suffix);
    [[nodiscard]] std::size_t last_start();
    [[nodiscard]] bool runs(const std::string& agent) { return running.contains(agent); }

    /// Empty: no answer (it hangs). Null function: as a healthy container.
    std::function<std::optional<http_answer>(const http_call&)> on_start;
    std::function<std::optional<http_answer>(const http_call&)> on_status;
    std::function<std::optional<http_answer>(const http_call&)> on_stop;
    /// Health checks, tokens, messages, restarts.
    std::function<std::optional<http_answer>(const http_call&)> on_other;
    std::function<void(const http_call&)> when_started;
    /// Agent to dispatch id.
    std::map<std::string, std::string> running;
    std::vector<seen> log;
    std::mutex mutex;

private:
    std::optional<http_answer> react(const http_call& call);
    const virtual_clock& clock_;
    std::size_t answered_ = 0;  ///< All before are.
};

/// Remembers lines as `event: text`.
class recording_journal final : public journal_port {
public:
    void attempt_started(const town_id&, const dispatch& what) override;
    void attempt_ended(const town_id&, const dispatch& what, duration) override;
    void session_failed(const town_id&, const dispatch& what) override;
    void breaker_changed(const town_id&, std::string_view key, std::string_view, std::string_view,
                         std::string_view from, std::string_view to,
                         std::string_view cause) override;
    void outage_changed(const outage_event& what) override;
    void starts_suppressed(const town_id&, std::string_view role, std::string_view reason,
                           int count) override;
    void tick_done(const town_id&, duration, int, int) override;
    void action_applied(std::string_view) override {}
    void storage_failed(const town_id&, std::string_view op, const failure& why) override;
    void note(const town_id&, std::string_view event, std::string_view text) override;
    void warn(const town_id&, std::string_view event, std::string_view text) override;

    [[nodiscard]] int count(const std::string& part) const;
    [[nodiscard]] std::vector<std::string> lines() const;
    std::atomic<int> ticks{0};

private:
    void add(std::string line);
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

class temp_dir {
public:
    temp_dir();
    ~temp_dir();
    temp_dir(const temp_dir&) = delete;
    temp_dir& operator=(const temp_dir&) = delete;
    std::filesystem::path path;
};

/// Settings as shipped, for a container that is never really called.
[[nodiscard]] std::shared_ptr<town::settings> shipped_settings();
[[nodiscard]] town::sources counted_sources(const virtual_clock& clock, std::uint64_t seed);

class actor_rig {
public:
    explicit actor_rig(bool create = true, std::uint64_t seed = 1);
    ~actor_rig();

    /// One cycle, whatever is due.
    void cycle();
    /// Answers what can be answered and cycles until nothing moves at this moment.
    void settle();
    /// Lets virtual time pass; agents that run beat every 30 s unless told otherwise.
    void run_for(duration span);
    /// False when the time ran out.
    [[nodiscard]] bool run_until(const std::function<bool()>& what, duration limit);

    /// Runs work in the town as the API does: one cycle, then its reply.
    result<json> in_town(town_work work);
    /// The same, and the test fails when the town says no. What follows settles.
    void act(const std::function<void(town::context&)>& work);
    template <class T>
    T read(const std::function<T(town::context&)>& work) {
        std::optional<T> out;
        auto answered = in_town([&](town::context& ctx) -> result<json> {
            out = work(ctx);
            return json();
        });
        if (!answered) ADD_FAILURE() << answered.error().what;
        return out ? std::move(*out) : T{};
    }

    void add_rig(const std::string& id = "rig-1");
    bead_id add_issue(const std::string& title, const std::string& rig = "rig-1");
    [[nodiscard]] bead bead_now(const bead_id& id);
    [[nodiscard]] std::vector<bead> issues();
    [[nodiscard]] int with_status(bead_status status);
    [[nodiscard]] std::vector<dispatch> attempts(const bead_id& id = {});
    [[nodiscard]] std::vector<agent> agents();
    [[nodiscard]] breaker_state container_breaker();

    void say_done(const agent_id& agent, const std::optional<dispatch_id>& named = {});
    void say_completed(const agent_id& agent, bool failed, const std::string& reason,
                       const std::optional<dispatch_id>& named = {});
    void beat(const agent_id& agent, const std::optional<dispatch_id>& named = {});

    /// The process ends without a word and a new one takes the same files.
    void kill_and_restart();
    /// The same, but orderly.
    void stop_and_restart();

    temp_dir dir;
    virtual_clock clock;
    scripted_container container{clock};
    recording_journal journal;
    std::shared_ptr<town::settings> settings = shipped_settings();
    bool heartbeats = true;
    bool getting_on = true;               ///< Heartbeats tell of events.
    std::optional<std::string> instance;  ///< The container that heartbeats name.
    /// Called for each agent that beats.
    std::function<void(const agent_id&)> each_beat;
    std::shared_ptr<const town_summary> summary;
    std::optional<store::data_dir> files;
    std::unique_ptr<environment> env;
    std::unique_ptr<slots> in_flight;
    std::unique_ptr<town_actor> actor;
    std::deque<message> inbox;
    int woken = 0;

private:
    void take(bool create);
    std::map<agent_id, instant> next_beat_;
    std::shared_ptr<int> life_ = std::make_shared<int>(0);  ///< Answers to a dead process are lost.
    town::sources sources_;
};

}  // namespace townd::engine::test
