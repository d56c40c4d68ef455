#include "process/standin_thread.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <stdexcept>

#include "container/beast_client.hpp"
#include "sys/system_clock.hpp"

namespace townd::test {

standin::options fast_standin() {
    standin::options out;
    out.work_time = duration{200};
    out.review_time = duration{100};
    out.heartbeat_every = duration{100};
    out.callback_backoff = duration{50};
    out.callback_tries = 20;
    return out;
}

struct standin_thread::parts {
    boost::asio::io_context io{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard{
        io.get_executor()};
    sys::system_clock clock;
    std::unique_ptr<container_port> client = container::make_beast_client(io, {});
    std::vector<std::unique_ptr<standin::container>> containers;
    std::thread thread{[this] { io.run(); }};
};

standin_thread::standin_thread() : parts_(std::make_unique<parts>()) {}

standin_thread::~standin_thread() {
    for (auto& each : parts_->containers)
        each->stop();
    parts_->guard.reset();
    parts_->io.stop();
    parts_->thread.join();
}

standin::container& standin_thread::add(standin::options opts) {
    auto made =
        standin::container::start(parts_->io, parts_->clock, *parts_->client, std::move(opts));
    if (!made) throw std::runtime_error(made.error().what);
    parts_->containers.push_back(*std::move(made));
    return *parts_->containers.back();
}

}  // namespace townd::test
