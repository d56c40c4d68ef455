#pragma once
// What the control server and all agents of one stand-in share.

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "standin/container.hpp"
#include "standin/start_log.hpp"

namespace townd::standin {

/// The way from the callback port's threads to ours. Closed before the io_context goes, so that an
/// answer that comes too late finds a closed gate and not a dead io_context.
class gate {
public:
    explicit gate(boost::asio::io_context& io) : io_{io} {}
    template <class Work>
    void post(Work work) {
        const std::lock_guard lock{mutex_};
        if (open_) boost::asio::post(io_, std::move(work));
    }
    void close() {
        const std::lock_guard lock{mutex_};
        open_ = false;
    }

private:
    boost::asio::io_context& io_;
    std::mutex mutex_;
    bool open_ = true;
};

inline constexpr std::size_t changes_kept_max = 10'000;

struct world {
    world(boost::asio::io_context& io_context, const clock_port& time, container_port& callbacks,
          options chosen)
        : io{io_context},
          clock{time},
          client{callbacks},
          opts{std::move(chosen)},
          way_in{std::make_shared<gate>(io_context)} {}

    boost::asio::io_context& io;
    const clock_port& clock;
    container_port& client;
    const options opts;
    const std::shared_ptr<gate> way_in;

    // Held by whoever touches what follows, an agent, or the control server's state. One lock for
    // all: the stand-in is small, and its members are called from any thread.
    std::mutex mutex;
    start_log log;
    std::string instance_id;
    std::set<std::string> changes_asked;  ///< Merge requests; bounded by changes_kept_max.
};

}  // namespace townd::standin
