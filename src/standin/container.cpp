#include "standin/container.hpp"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <mutex>
#include <utility>

#include "standin/control.hpp"
#include "standin/front_door.hpp"
#include "standin/http_sessions.hpp"

namespace townd::standin {
namespace {

door_state door_for(behaviour mode) {
    if (mode == behaviour::refuse) return door_state::closed;
    if (mode == behaviour::hang_connect) return door_state::full;
    return door_state::open;
}

failure port_behaviour_of_role(std::string_view role, behaviour mode) {
    return {errc::invalid, "behaviour " + std::string{to_text(mode)} + " cannot hold for role '" +
                               std::string{role} +
                               "' alone: it happens before there is a request; use reset or "
                               "hang-response"};
}

result<void> check(const options& opts) {
    for (const auto& [role, mode] : opts.by_role) {
        if (is_of_the_port(mode)) return port_behaviour_of_role(role, mode);
    }
    if (opts.heartbeat_every < duration{10}) {
        return failure{errc::invalid, "heartbeat_every must be at least 10 ms"};
    }
    if (opts.callback_tries < 1 || opts.callback_backoff < duration{1}) {
        return failure{errc::invalid,
                       "callback_tries must be at least 1 and callback_backoff at least 1 ms"};
    }
    const auto shortest = std::min({opts.work_time, opts.review_time, opts.late_by, opts.die_after,
                                    opts.drain_time, opts.replace_time});
    if (shortest < duration{0}) {
        return failure{errc::invalid,
                       "work_time, review_time, late_by, die_after, drain_time and replace_time "
                       "must not be negative"};
    }
    return {};
}

}  // namespace

struct container::parts {
    explicit parts(boost::asio::io_context& io) : busy{io.get_executor()} {}

    // A port that refuses has nothing to wait for; the io_context must not run out of work then.
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> busy;
    std::shared_ptr<world> shared;
    std::shared_ptr<control> routes;
    std::shared_ptr<http_sessions> sessions;
    std::shared_ptr<front_door> door;
    std::mutex changing;  // Mode and door change together.
};

container::container(std::unique_ptr<parts> made) : parts_{std::move(made)} {}

container::~container() {
    stop();
}

result<std::unique_ptr<container>> container::start(boost::asio::io_context& io,
                                                    const clock_port& clock, container_port& client,
                                                    options opts) {
    if (const auto checked = check(opts); !checked) return checked.error();
    auto made = std::make_unique<parts>(io);
    made->shared = std::make_shared<world>(io, clock, client, std::move(opts));
    const options& chosen = made->shared->opts;
    if (const auto opened = made->shared->log.open(chosen.start_log); !opened) {
        return opened.error();
    }
    made->routes = std::make_shared<control>(made->shared);
    made->sessions = std::make_shared<http_sessions>(
        io, [routes = made->routes](const request& asked) { return routes->answer(asked); });
    auto door = front_door::make(io, chosen.listen,
                                 [sessions = made->sessions](boost::asio::ip::tcp::socket peer) {
                                     sessions->serve(std::move(peer));
                                 });
    if (!door) return door.error();
    made->door = *door;
    if (const auto set = made->door->set(door_for(chosen.mode)); !set) return set.error();
    return std::unique_ptr<container>{new container{std::move(made)}};
}

std::string container::address() const {
    const auto at = parts_->door->endpoint();
    const std::string host = at.address().to_string();
    return (at.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(at.port());
}

std::string container::url() const {
    return "http://" + address();
}

result<void> container::set_behaviour(behaviour mode) {
    const std::lock_guard lock{parts_->changing};
    parts_->routes->set_mode(mode);
    return parts_->door->set(door_for(mode));
}

result<void> container::set_behaviour(std::string_view role, behaviour mode) {
    if (is_of_the_port(mode)) return port_behaviour_of_role(role, mode);
    parts_->routes->set_mode(role, mode);
    return {};
}

void container::clear_roles() {
    parts_->routes->clear_roles();
}

std::size_t container::starts_received() const {
    return parts_->routes->starts_received();
}

std::size_t container::starts_received(std::string_view role) const {
    return parts_->routes->starts_received(role);
}

std::size_t container::live_agents() const {
    return parts_->routes->live_agents();
}

std::vector<start_seen> container::starts() const {
    return parts_->routes->starts();
}

void container::kill_all() {
    parts_->routes->kill_all("killed");
}

void container::drain() {
    parts_->routes->drain();
}

bool container::draining() const {
    return parts_->routes->draining();
}

std::string container::instance() const {
    return parts_->routes->instance();
}

std::size_t container::tokens_received() const {
    return parts_->routes->tokens_received();
}

void container::stop() {
    parts_->shared->way_in->close();
    parts_->door->stop();
    parts_->routes->kill_all("the container was stopped");
    parts_->sessions->close_all();
    const std::lock_guard lock{parts_->changing};
    parts_->busy.reset();
}

}  // namespace townd::standin
