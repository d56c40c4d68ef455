#pragma once
// One HTTP exchange on one fresh connection: resolve, connect, TLS, write, header, body.

#include <time.h>

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "container/beast_client.hpp"
#include "container/name_lookup.hpp"
#include "container/response_reader.hpp"

namespace townd::container {

/// Steady microseconds, for measuring and for deadlines of this room; decisions take the town
/// clock.
[[nodiscard]] inline std::chrono::microseconds monotonic() noexcept {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return std::chrono::seconds{now.tv_sec} + std::chrono::microseconds{now.tv_nsec / 1000};
}

/// What all exchanges of one port share. Outlives the port while exchanges are in flight.
struct exchange_setup {
    exchange_setup(boost::asio::io_context& io, client_options options);
    client_options options;
    boost::asio::ssl::context tls;
    std::string tls_problem;  ///< Why https cannot be used at all; empty when it can.
    name_lookup names;
    std::atomic<bool> closed = false;  ///< The port is gone: no `done` any more.
};

/// Lives on `io`'s thread; shared between its coroutine and its timer.
class exchange : public std::enable_shared_from_this<exchange> {
public:
    using done_callback = std::function<void(http_answer)>;

    exchange(boost::asio::io_context& io, std::shared_ptr<exchange_setup> setup, http_call request,
             done_callback done);

    /// Starts the exchange. Nothing escapes; `done` is called at the end unless the port is gone.
    static void begin(boost::asio::io_context& io, std::shared_ptr<exchange> self);
    /// Ends the exchange without `done`: the port is gone.
    void abandon();
    /// Calls `done` with the answer so far and `error`; at most once in all.
    void finish(std::optional<dispatch_error> error);

private:
    using step = boost::asio::awaitable<bool>;
    using error_code_t = boost::system::error_code;

    static boost::asio::awaitable<void> run(std::shared_ptr<exchange> self);
    step steps();
    step resolve();
    step connect();
    step handshake();
    step write();
    step read();
    boost::asio::awaitable<std::size_t> write_some(boost::asio::const_buffer bytes);
    boost::asio::awaitable<std::size_t> read_some(boost::asio::mutable_buffer room);

    bool prepare();
    std::string request_text() const;
    void arm(std::chrono::microseconds span);
    void disarm();
    void close();
    std::chrono::microseconds left(duration budget) const;

    void enter(error_phase phase);
    void leave(bool failed);
    bool fail(dispatch_error error);
    bool fail(error_code code, std::string_view text);
    bool fail_connect(const boost::asio::ip::tcp::endpoint& to);
    bool fail_handshake();
    bool fail_transport();

    std::shared_ptr<exchange_setup> setup_;
    http_call request_;
    done_callback done_;
    http_answer answer_;
    container_url url_;
    boost::asio::ip::tcp::socket socket_;
    std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
    boost::asio::steady_timer timer_;
    std::optional<response_reader> reader_;
    std::vector<boost::asio::ip::address> addresses_;
    std::optional<lookup_result> looked_up_;
    std::optional<dispatch_error> error_;
    error_code_t ec_;  // Of the last operation.
    std::chrono::microseconds began_;
    std::chrono::microseconds phase_began_{};
    error_phase phase_ = error_phase::prepare;
    std::uint64_t alarm_ = 0;  // Tells an old wait of the timer from the present one.
    bool expired_ = false;
    bool finished_ = false;
};

/// The words and code of a failed transport operation, by how far the exchange had come.
struct transport_failure {
    error_code code;
    std::string text;
};
[[nodiscard]] transport_failure name_failure(const boost::system::error_code& ec, error_phase phase,
                                             bool request_sent);
/// `60 s`, `250 ms`: a deadline as it was configured.
[[nodiscard]] std::string span_words(duration span);

}  // namespace townd::container
