#pragma once
// The control server: routes, the roster of agents, what was seen.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "standin/agent_life.hpp"
#include "standin/exchange.hpp"
#include "standin/replacement.hpp"
#include "standin/world.hpp"

namespace townd::standin {

/// Any thread; takes `world::mutex`.
class control {
public:
    explicit control(std::shared_ptr<world> in);

    [[nodiscard]] reply answer(const request& asked);
    void set_mode(behaviour mode);
    void set_mode(std::string_view role, behaviour mode);
    void clear_roles();
    [[nodiscard]] std::size_t starts_received() const;
    [[nodiscard]] std::size_t starts_received(std::string_view role) const;
    [[nodiscard]] std::size_t live_agents() const;
    [[nodiscard]] std::vector<start_seen> starts() const;
    void kill_all(std::string_view reason);
    void drain();
    [[nodiscard]] bool draining() const;
    [[nodiscard]] std::string instance() const;
    [[nodiscard]] std::size_t tokens_received() const;

private:
    // All below: lock held.
    [[nodiscard]] reply route(const request& asked);
    [[nodiscard]] reply agent_route(const request& asked);
    [[nodiscard]] reply town_route(const request& asked);
    [[nodiscard]] reply health(const request& asked);
    [[nodiscard]] reply take_token(const request& asked);
    [[nodiscard]] reply start(const request& asked);
    [[nodiscard]] reply begin(const start_request& what, behaviour mode);
    [[nodiscard]] reply message(const request& asked, agent_life& to);
    [[nodiscard]] behaviour mode_for(std::string_view role) const;
    [[nodiscard]] std::shared_ptr<agent_life> find(const std::string& agent) const;
    [[nodiscard]] std::size_t count_live() const;
    void note_seen(const start_request& what, const std::string& body);
    void put_out(std::function<void()> then);
    void forget_ended();
    void renew();

    const std::shared_ptr<world> world_;
    const std::shared_ptr<replacement> replacement_;
    behaviour mode_;
    std::map<std::string, behaviour, std::less<>> by_role_;
    // More than one session per agent only when naive; the newest is last among its equals.
    std::multimap<std::string, std::shared_ptr<agent_life>> agents_;
    std::deque<start_seen> seen_;
    std::map<std::string, std::size_t, std::less<>> received_by_role_;
    std::size_t received_ = 0;
    std::size_t tokens_ = 0;
    std::uint64_t sessions_made_ = 0;
    std::uint64_t instances_ = 0;
    instant started_at_;
};

}  // namespace townd::standin
