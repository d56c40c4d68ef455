#pragma once
// A server on port 0 with its io_context on a thread of its own.

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <future>
#include <thread>

#include "http/raw_client.hpp"
#include "http/server.hpp"

namespace townd::http::test {

/// Whether `condition` comes true in time.
inline bool eventually(const std::function<bool()>& condition) {
    const auto until = steady::now() + patience;
    while (!condition()) {
        if (steady::now() > until) return false;
        std::this_thread::yield();
    }
    return true;
}

inline server_options local_options() {
    server_options options;
    options.listen = "127.0.0.1:0";
    options.config_key = "api.listen";
    return options;
}

/// Routes: GET /hello; POST /echo answers the body; GET /throw. A test adds its own before `start`.
inline void add_usual_routes(router& routes) {
    routes.add("GET", "/hello", [](request, responder reply) { reply(text_response(200, "hi")); });
    routes.add("POST", "/echo",
               [](request call, responder reply) { reply(text_response(200, call.body)); });
    routes.add("GET", "/throw", [](request, responder) { throw std::runtime_error("on purpose"); });
}

class running_server {
public:
    explicit running_server(server_options options = local_options(),
                            const std::function<void(router&)>& more = {}) {
        add_usual_routes(routes_);
        if (more) more(routes_);
        auto made = server::bind(io_, std::move(options), routes_);
        if (!made) throw std::runtime_error(made.error().what);
        server_ = std::move(*made);
        server_->start();
        // An exception here ends the test program: no peer may cause one.
        thread_ = std::thread([this] { io_.run(); });
    }
    ~running_server() { end(); }
    running_server(const running_server&) = delete;
    running_server& operator=(const running_server&) = delete;

    void end() {
        if (!thread_.joinable()) return;
        io_.stop();
        thread_.join();
        server_.reset();
    }
    [[nodiscard]] server& it() { return *server_; }
    [[nodiscard]] std::uint16_t port() const { return parse_listen(server_->address())->port; }

    /// One request on a connection of its own.
    [[nodiscard]] reply ask(std::string_view bytes) const {
        raw_client client(port());
        client.send(bytes);
        return client.read_reply();
    }
    [[nodiscard]] bool is_well() const {
        const auto answer = ask("GET /hello HTTP/1.1\r\nHost: localhost:" + std::to_string(port()) +
                                "\r\nConnection: close\r\n\r\n");
        return answer.status == 200 && answer.body == "hi";
    }
    /// `GET /path HTTP/1.1` with a Host that the server accepts.
    [[nodiscard]] std::string get(std::string_view path, std::string_view fields = "") const {
        return line("GET", path, fields) + "\r\n";
    }
    [[nodiscard]] std::string line(std::string_view method, std::string_view path,
                                   std::string_view fields = "") const {
        return std::string{method} + ' ' + std::string{path} +
               " HTTP/1.1\r\nHost: localhost:" + std::to_string(port()) + "\r\n" +
               std::string{fields};
    }

private:
    boost::asio::io_context io_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
        io_.get_executor()};
    router routes_;
    std::unique_ptr<server> server_;
    std::thread thread_;
};

}  // namespace townd::http::test
