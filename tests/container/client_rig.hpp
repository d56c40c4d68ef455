#pragma once
// A client with its io thread, and calls that wait for their answer.

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "container/beast_client.hpp"
#include "raw_server.hpp"

namespace townd::test {

class client_rig {
public:
    explicit client_rig(container::client_options options = {})
        : work_(boost::asio::make_work_guard(io_)),
          client_(container::make_beast_client(io_, std::move(options))),
          thread_([this] { io_.run(); }) {}
    ~client_rig() {
        client_.reset();
        work_.reset();
        thread_.join();  // Also proves that nothing of an abandoned call keeps the loop alive.
    }
    client_rig(const client_rig&) = delete;
    client_rig& operator=(const client_rig&) = delete;

    container_port& port() { return *client_; }
    void destroy_port() { client_.reset(); }

    http_answer call(http_call request) {
        auto promise = std::make_shared<std::promise<http_answer>>();
        auto future = promise->get_future();
        client_->call(std::move(request),
                      [promise](http_answer answer) { promise->set_value(std::move(answer)); });
        if (future.wait_for(std::chrono::seconds{30}) != std::future_status::ready)
            throw std::runtime_error("a call was never answered");
        return future.get();
    }
    /// The io thread lives and a sound container is served.
    void expect_alive() {
        const raw_server good([](const raw_peer& peer) {
            peer.read_request();
            peer.send(http_reply("200 OK", "{}"));
        });
        const http_answer answer = call(get(good.url()));
        EXPECT_EQ(answer.status, 200);
        EXPECT_FALSE(answer.error.has_value());
    }

    static http_call get(const std::string& url) {
        http_call request;
        request.url = url;
        request.target = "/health";
        request.connect_timeout = std::chrono::seconds{5};
        request.total_timeout = std::chrono::seconds{10};
        return request;
    }

private:
    boost::asio::io_context io_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::unique_ptr<container_port> client_;
    std::thread thread_;
};

}  // namespace townd::test
