#pragma once
// The towns' containers in virtual time: one each, with all the ways in which real ones failed. The
// answers are what the daemon's client would have made of the bytes.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/agents.hpp"
#include "sim/stage.hpp"
#include "townd/port/container.hpp"

namespace townd::sim {

/// What the oracle wants to know of requests.
class request_watch {
public:
    virtual ~request_watch() = default;
    /// A start request reaches the network.
    virtual void start_sent(const start_seen& what) = 0;
    /// Its answer (or that there is none) is given to the daemon; `what.fault` says why it failed.
    virtual void start_over(const start_seen& what, const start_end& end) = 0;
    /// Somebody is asked to restart the town's container.
    virtual void restart_asked(std::uint32_t town) = 0;
    virtual void token_sent(std::uint32_t town) = 0;
    /// A drain was ended by who must not.
    virtual void stale_ready_taken(std::uint32_t town) = 0;
};

class containers final : public container_port {
public:
    containers(stage& on, agents& who, request_watch& watch, town_api& api);

    void call(http_call request, std::function<void(http_answer)> done) override;

    void answer_due(std::uint64_t arg);
    void effect_due(std::uint64_t arg);
    void crash_due(const happening& what);
    void wedge_due(const happening& what);
    void back(const happening& what);
    void eviction_due(const happening& what);
    void eviction_told(const happening& what);
    void put_out_due(const happening& what);
    void gone(const happening& what);
    /// The next crash and wedge of the towns that have such faults now.
    void plan_troubles();
    void heal();
    /// The town is deleted: its container goes with its agents, for good.
    void remove(std::uint32_t town);
    /// The daemon is gone: nobody waits for answers.
    void drop_callers();
    /// Start requests of the daemon that is there now, without an answer.
    [[nodiscard]] int starts_waiting() const noexcept { return starts_waiting_; }
    [[nodiscard]] int starts_waiting(std::uint32_t town) const { return rows_[town].starts; }

private:
    enum class asked : std::uint8_t { start, status, stop, health, letter, token, other };
    enum class door : std::uint8_t { open, away, wedged };
    struct exchange {
        std::function<void(http_answer)> done;  ///< Empty: nobody waits.
        start_seen what;
        asked kind_of = asked::other;
        std::uint32_t serial = 0;  ///< 0: free.
        bool effect_ahead = false;
        bool began = false;  ///< An agent.
        bool answer_ahead = false;
        bool by_effect = false;  ///< The effect makes the answer.
        bool counted = false;    ///< Among the starts that wait.
        instant deadline{};
        std::string nonce;
        http_answer answer;
    };
    [[nodiscard]] http_answer words_under(const exchange& r, fault what, const fault_level* level);
    struct container_row {
        door is = door::open;
        truth why;                   ///< It is not open, or going.
        std::uint32_t trouble = 0;   ///< Its generation.
        std::uint32_t instance = 1;  ///< Of the container.
        bool names_itself = true;    ///< Its heartbeats and words tell its instance.
        bool going = false;          ///< It is being replaced and starts nothing more.
        bool mute = false;           ///< Never says that it is ready.
        std::string nonce;           ///< Of the last drain that was told of.
        std::string old_nonce;       ///< Of the one before.
        int starts = 0;              ///< Requests that wait for their answer.
        std::vector<std::uint32_t> open;
        /// Newest start seen of each bead: epoch and attempt. Survives no crash.
        std::unordered_map<std::string, std::pair<std::uint64_t, int>> newest;
    };

    std::uint32_t take(http_call& call, std::function<void(http_answer)>&& done);
    void release(std::uint32_t slot);
    void settle(std::uint32_t slot);
    [[nodiscard]] static std::uint64_t key(std::uint32_t slot, std::uint32_t serial) noexcept {
        return (std::uint64_t{slot} << 32U) | serial;
    }
    [[nodiscard]] std::uint32_t found(std::uint64_t arg) const;
    void answer_in(std::uint32_t slot, duration wait, http_answer with);
    void effect_in(std::uint32_t slot, duration wait);
    void start(std::uint32_t slot, duration timeout);
    bool network(std::uint32_t slot, const http_call& call, std::optional<agent_role> role);
    void start_under(fault what, const fault_level* level, std::uint32_t slot, duration takes,
                     duration timeout);
    [[nodiscard]] http_answer take_effect(const start_seen& what, bool& began);
    [[nodiscard]] static start_end end_of(const exchange& r, const http_answer& with);
    [[nodiscard]] http_answer status_of(const start_seen& what) const;
    [[nodiscard]] http_answer stop_of(const start_seen& what, bool effect);
    void end_sessions(std::uint32_t town, std::string_view agent);
    [[nodiscard]] http_answer letter_to(const start_seen& what);
    void asked_for_health(std::uint32_t town, const std::string& nonce);
    void say_ready(std::uint32_t town, const std::string& nonce, bool stale);
    void restart(std::uint32_t slot);
    void crash(std::uint32_t town, duration away, truth why);

    stage& stage_;
    agents& agents_;
    request_watch& watch_;
    town_api& api_;
    std::vector<exchange> requests_;
    std::vector<std::uint32_t> free_;
    std::vector<container_row> rows_;
    std::uint32_t serials_ = 0;
    int starts_waiting_ = 0;
};

}  // namespace townd::sim
