#pragma once
// A listener with its sessions: HTTP/1.1 over TCP or a unix socket, with a bound on everything.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "http/router.hpp"
#include "townd/words/result.hpp"
#include "townd/words/time.hpp"

namespace boost::asio {
class io_context;
}

namespace townd::http {

struct server_limits {
    std::size_t header_bytes_max = 16 * 1024;
    std::size_t body_bytes_max = 1024 * 1024;
    int header_fields_max = 64;
    int connections_max = 512;
    int streams_max = 32;  ///< Responses without an end at a time; then 503.
    int requests_per_connection_max = 1000;
    duration header_timeout{5'000};  ///< Whole header, not per byte.
    duration body_timeout{10'000};
    duration answer_timeout{30'000};  ///< For the handler; then 503.
    duration write_timeout{10'000};
    duration idle_timeout{30'000};  ///< Keep-alive without a request.
};

struct server_options {
    std::string listen;  ///< `host:port` with a numeric or local host; `unix:/path`. Port 0: any.
    std::string config_key;  ///< As `api.listen`: named in the error when the port is busy.
    server_limits limits;
    /// Against DNS rebinding: the Host header must be one of these (`name` or `name:port`, exactly,
    /// but for case), or the listen address, or the address that the connection came in on, or
    /// `localhost` or a loopback literal, each with the bound port. Anything else is answered 421.
    /// Not checked when `any_host`, nor on a unix socket, which no browser can reach.
    std::vector<std::string> hosts;
    bool any_host = false;
    /// The answer that says why a request was refused before a handler was asked. Io thread; may
    /// be empty: then as `server` says below.
    std::function<response(const request& call, int status, std::string_view why)> refusal;
    /// Called on the io thread after each response, refusals included: status 4xx before a handler
    /// was asked. `call` has method, path, raw_path and peer as far as they are known, no headers
    /// and no body. `took` runs from the whole request to the written response.
    std::function<void(const request& call, int status, std::chrono::microseconds took)> on_done;
};

/// Lives on `io`, which one thread runs; construct and destroy on any thread while nobody runs
/// `io`, or on its thread. Destroy it before `io`; `routes` must outlive it. Responders may outlive
/// both: a late one does nothing.
///
/// What it answers by itself, as JSON `{"success":false,"error":…}`: 400 for what is not plain
/// HTTP/1.1 (see request_check.hpp), 405 CONNECT and TRACE, 408, 413, 417, 421, 431, and 503 with
/// Retry-After when a handler gave no answer. Over `connections_max` a connection gets 503 and is
/// closed.
class server {
public:
    /// Binds and listens; nothing is accepted before `start`. The failure says which address is
    /// busy and by which key it is set.
    [[nodiscard]] static result<std::unique_ptr<server>> bind(boost::asio::io_context& io,
                                                              server_options options,
                                                              const router& routes);
    virtual ~server() = default;
    virtual void start() = 0;
    /// Closes the listener and all sessions, and removes a unix socket's file. Any thread. No
    /// handler is called afterwards; when called from another thread, one that just begins may
    /// still run.
    virtual void stop() = 0;
    /// `127.0.0.1:8787`, with the port that was really bound; `unix:/path`.
    [[nodiscard]] virtual std::string address() const = 0;
    [[nodiscard]] virtual int connections() const noexcept = 0;
    [[nodiscard]] virtual int streams() const noexcept = 0;
};

/// Splits `host:port`, `[v6]:port`. Names the remedy when it cannot.
struct listen_address {
    std::string host;
    std::uint16_t port = 0;
};
[[nodiscard]] result<listen_address> parse_listen(std::string_view text);
/// Whether the host is a loopback literal (127.0.0.0/8, ::1) or `localhost`.
[[nodiscard]] bool is_loopback(std::string_view host) noexcept;

}  // namespace townd::http
