#pragma once
// Accepts for ever: an error is waited out, not obeyed.

#include <boost/asio/steady_timer.hpp>
#include <memory>

#include "http/bind.hpp"

namespace townd::http {

/// Lives on the io thread.
class listener : public std::enable_shared_from_this<listener> {
public:
    listener(bound socket, std::shared_ptr<server_core> core);
    ~listener();
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;

    void start();
    /// Closes the socket and removes its file. Twice is once.
    void close() noexcept;

private:
    void accept();
    void on_accept(const boost::system::error_code& error);
    void admit();
    void pause();
    void shed();

    std::shared_ptr<server_core> core_;
    stream_acceptor acceptor_;
    socket_file file_;
    stream_socket next_;
    boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                      boost::asio::wait_traits<std::chrono::steady_clock>, executor>
        pause_;
    int spare_ = -1;  // Given up for a moment when no descriptor is left, to turn callers away.
    bool closed_ = false;
};

}  // namespace townd::http
