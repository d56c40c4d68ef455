#pragma once
// One connection: read a request whole, ask the handler, write the answer, again.

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <memory>
#include <optional>

#include "http/core.hpp"
#include "http/stream.hpp"
#include "wire/chunked.hpp"

namespace townd::http {

/// Lives on the io thread, kept alive by its pending operations. Nothing that the peer does makes
/// it throw into the io_context: any exception closes the connection.
class session : public std::enable_shared_from_this<session> {
public:
    session(std::shared_ptr<server_core> core, stream_socket socket);
    ~session();
    session(const session&) = delete;
    session& operator=(const session&) = delete;

    void start();
    void close() noexcept;
    /// The answer to request `number`; ignored when that is not the one being waited for.
    void answer(std::uint64_t number, response given) noexcept;

private:
    struct parser;  // Keeps Beast's HTTP headers in session.cpp.
    using steady = std::chrono::steady_clock;
    using timer =
        boost::asio::basic_waitable_timer<steady, boost::asio::wait_traits<steady>, executor>;
    enum class phase : std::uint8_t {
        idle,
        header,
        body,
        answering,
        writing,
        streaming,
        lingering
    };

    // Closing with unread bytes resets the connection, and the last answer may be lost with it: so
    // long is read on.
    static constexpr duration linger_timeout{1'000};

    template <class Step>
    void guarded(Step step) noexcept;
    void enter(phase next, duration limit);
    void set_timer();
    void on_timer();

    void next_request();
    void read();
    void on_read(const boost::system::error_code& error, std::size_t bytes);
    void advance();
    void parse_header();
    void accept_header();
    void send_continue();
    void take_body();
    void take_chunks();
    void serve();
    void late();
    void refuse(int status, std::string_view why);
    void write(response answer);
    void on_written(const boost::system::error_code& error);
    void report();
    void linger();

    // session_stream.cpp
    [[nodiscard]] response admitted(response given);
    void open_stream(std::shared_ptr<stream> source);
    void close_stream() noexcept;
    void begin_frames();
    void look_at_stream();
    void write_frames();
    void end_frames();
    void read_unasked();
    [[nodiscard]] steady::time_point loop_time();

    const std::shared_ptr<server_core> core_;
    stream_socket socket_;
    timer timer_;
    timer watch_;  // Never waited on: tells the time.
    std::string peer_;
    std::optional<std::uint32_t> peer_uid_;
    std::string local_;  // The numeric address that the peer connected to.
    boost::beast::flat_buffer buffer_;
    std::unique_ptr<parser> parser_;
    std::size_t parsed_ = 0;  // Bytes of `buffer_` that the header parser has seen.
    std::optional<wire::chunked_decoder> chunks_;
    checked_request request_;
    request seen_;  // What `on_done` is told.
    std::uint64_t number_ = 0;
    phase phase_ = phase::header;
    steady::time_point deadline_{};
    steady::time_point began_{};
    bool timer_set_ = false;
    bool expired_ = false;  // The pending read was cancelled by the timer.
    bool closed_ = false;
    bool keep_ = false;
    int status_ = 0;
    std::size_t lingered_ = 0;
    std::string head_;
    std::string body_;
    std::shared_ptr<stream> stream_;
    bool frames_begun_ = false;  // The head is written.
    bool writing_ = false;       // Of `frames_`.
    steady::time_point wrote_at_{};
    std::vector<stream::frame> frames_;
};

template <class Step>
void session::guarded(Step step) noexcept {
    if (closed_) return;
    try {
        step();
    } catch (...) {
        close();
    }
}

}  // namespace townd::http
