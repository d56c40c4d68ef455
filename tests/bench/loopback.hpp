#pragma once
// The two ends of the wire: plain blocking sockets on the outside, townd's own server and client on
// the inside.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "engine/fleet.hpp"
#include "json/json.hpp"
#include "townd/port/container.hpp"

namespace townd::bench {

/// A container: one request a connection, each answered well. `seen` is called with the request on
/// the listener's thread, before the answer.
class listener {
public:
    explicit listener(std::function<void(const std::string&)> seen);
    ~listener();
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;
    [[nodiscard]] std::string url() const;

private:
    void run();
    void serve(int fd);

    std::function<void(const std::string&)> seen_;
    int fd_ = -1;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

/// A caller of the API on one connection.
class keep_alive_client {
public:
    explicit keep_alive_client(std::uint16_t port);
    ~keep_alive_client();
    keep_alive_client(const keep_alive_client&) = delete;
    keep_alive_client& operator=(const keep_alive_client&) = delete;
    /// The body of the answer. Throws when it is no 2xx.
    json post(const std::string& path, const std::string& body);

private:
    int fd_ = -1;
    std::uint16_t port_;
};

/// The container client and the thread of its loop.
class client_loop {
public:
    client_loop();
    ~client_loop();
    client_loop(const client_loop&) = delete;
    client_loop& operator=(const client_loop&) = delete;
    [[nodiscard]] container_port& port();
    /// No answer comes any more; calls may still be made.
    void end();

private:
    struct parts;
    std::unique_ptr<parts> parts_;
};

/// The town API on a port of its own, open to every caller.
class api_server {
public:
    explicit api_server(engine::fleet& towns);
    ~api_server();
    api_server(const api_server&) = delete;
    api_server& operator=(const api_server&) = delete;
    [[nodiscard]] std::uint16_t port() const;

private:
    struct parts;
    std::unique_ptr<parts> parts_;
};

}  // namespace townd::bench
