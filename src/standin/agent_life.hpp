#pragma once
// One agent's session: heartbeats, work, report, end. It acts through callbacks to the town API.

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "json/json.hpp"
#include "standin/start_request.hpp"
#include "standin/town_call.hpp"
#include "standin/world.hpp"

namespace townd::standin {

enum class fate : std::uint8_t {
    works,
    dies,
    stands_still,      ///< Beats, and gets nowhere until it is stopped.
    asks_for_changes,  ///< A refinery: at its merge request's first review.
};

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
    /// Its container is put out of service: works no more, leaves what its successor needs, reports
    /// `completed`, reason `container eviction`. `gone` follows the last word, heard or not.
    void evict(std::function<void()> gone);

    [[nodiscard]] bool live() const noexcept { return live_; }
    /// The record that start and status answer with.
    [[nodiscard]] json record() const;

private:
    using answered = town_call::answered;

    void later(boost::asio::steady_timer& timer, duration wait, void (agent_life::*next)());
    void beat();
    void die();
    void finish_work();
    void ask_for_work();
    void hand_in_work(const std::string& bead);
    void hand_in_review(const std::string& merge_request);
    void review(const std::string& merge_request);
    void ask_for_changes(const std::string& merge_request);
    void triage(std::vector<std::string> requests);
    void say_waiting();
    void end(std::string_view status, std::string_view reason);
    void vanish(std::string_view reason);
    void work_answered(delivery how);
    void log(std::string_view event, std::string_view reason = {});

    // Takes the place of what `slot` still waits for.
    void send(std::shared_ptr<town_call>& slot, std::string method, std::string target, json body,
              answered then);
    [[nodiscard]] http_call call_of(std::string method, std::string target, const json& body) const;
    [[nodiscard]] std::string rig_path() const;
    [[nodiscard]] std::string agent_path() const;

    const std::shared_ptr<world> world_;
    start_request what_;
    const std::string session_id_;
    const std::string instance_id_;
    const fate fate_;
    boost::asio::steady_timer heart_;
    boost::asio::steady_timer work_;
    std::shared_ptr<town_call> beat_call_;
    std::shared_ptr<town_call> work_call_;
    std::uint64_t epoch_ = 0;  // Raised when plans change: what was under way before is void.
    bool live_ = true;
    bool busy_ = true;  // In a turn: something happens in its session.
    std::string status_ = "running";
    std::string exit_reason_;
    instant started_at_;
    instant active_at_;
    std::string last_event_ = "session.created";
    int messages_ = 1;
};

}  // namespace townd::standin
