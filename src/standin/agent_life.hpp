#pragma once
// One agent's session: heartbeats, work, report, end. It acts through callbacks to the town API.

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "json/json.hpp"
#include "standin/start_request.hpp"
#include "standin/world.hpp"

namespace townd::standin {

enum class fate : std::uint8_t { works, dies };

/// Every member is called with `world::mutex` held; what the timers and the callbacks bring in
/// takes it itself.
class agent_life : public std::enable_shared_from_this<agent_life> {
public:
    agent_life(std::shared_ptr<world> in, start_request what, std::string session_id, fate end);

    void begin();
    /// On request: reports `completed`, reason `stopped`. Without effect when it has ended.
    void stop();
    /// Ends without a word, and says no more of what was under way.
    void cut_off(std::string_view reason);
    /// A message came: a waiting mayor works on it and waits again.
    void hear();

    [[nodiscard]] bool live() const noexcept { return live_; }
    /// The record that start and status answer with.
    [[nodiscard]] json record() const;

private:
    enum class delivery : std::uint8_t { accepted, unreachable, rejected };
    using answered = std::function<void(delivery, const json& data)>;
    struct outgoing;

    void later(boost::asio::steady_timer& timer, duration wait, void (agent_life::*next)());
    void beat();
    void die();
    void finish_work();
    void ask_for_work();
    void hand_in_work(const std::string& bead);
    void hand_in_review(const std::string& merge_request);
    void say_waiting();
    void end(std::string_view status, std::string_view reason);
    void vanish(std::string_view reason);
    void work_answered(delivery how);
    void log(std::string_view event, std::string_view reason = {});

    void send(boost::asio::steady_timer& timer, std::string method, std::string target, json body,
              answered then);
    void send_again(const std::shared_ptr<outgoing>& what);
    void have_answer(const std::shared_ptr<outgoing>& what, const http_answer& answer);
    [[nodiscard]] http_call call_of(const outgoing& what) const;
    [[nodiscard]] std::string rig_path() const;
    [[nodiscard]] std::string agent_path() const;

    const std::shared_ptr<world> world_;
    start_request what_;
    const std::string session_id_;
    const std::string instance_id_;
    const fate fate_;
    boost::asio::steady_timer heart_;
    boost::asio::steady_timer work_;
    std::uint64_t epoch_ = 0;  // Raised when plans change: what was under way before is void.
    bool live_ = true;
    std::string status_ = "running";
    std::string exit_reason_;
    instant started_at_;
    instant active_at_;
    std::string last_event_ = "session.created";
    int messages_ = 1;
};

}  // namespace townd::standin
