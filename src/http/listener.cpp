#include "http/listener.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "http/reply.hpp"
#include "http/session.hpp"

namespace townd::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr duration accept_pause{100};
constexpr int shed_max = 64;  // Callers turned away in one turn when no descriptor is left.

int open_spare() {
    return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

bool is_shortage(const error_code& error) {
    return error == asio::error::no_descriptors ||
           error == error_code{ENFILE, boost::system::system_category()};
}

// Says 503 as far as that goes without waiting. What the caller has sent is read first: closing
// with unread bytes resets the connection, and the answer with it.
void turn_away(int fd) {
    static const std::string answer = [] {
        const auto busy = error_response(503, "too many connections; try again later");
        return head_bytes(busy, false) + busy.body;
    }();
    std::array<char, 16 * 1024> sink{};
    std::ignore = ::recv(fd, sink.data(), sink.size(), MSG_DONTWAIT);
    std::ignore = ::send(fd, answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    ::shutdown(fd, SHUT_WR);
}

}  // namespace

listener::listener(bound socket, std::shared_ptr<server_core> core)
    : core_(std::move(core)),
      acceptor_(std::move(socket.acceptor)),
      file_(std::move(socket.file)),
      next_(acceptor_.get_executor()),
      pause_(acceptor_.get_executor()),
      spare_(open_spare()) {}

listener::~listener() {
    close();
    if (spare_ >= 0) ::close(spare_);
}

void listener::close() noexcept {
    if (std::exchange(closed_, true)) return;
    error_code ignored;
    acceptor_.close(ignored);
    file_.remove();
    try {
        pause_.cancel();
    } catch (...) {  // The timer then ends by itself and finds `closed_`.
    }
}

void listener::start() {
    if (!closed_) accept();
}

void listener::accept() {
    acceptor_.async_accept(next_, [self = shared_from_this()](const error_code& error) {
        if (self->closed_) return;
        try {
            self->on_accept(error);
        } catch (...) {  // Out of memory, say. The next caller may have better luck.
            try {
                self->pause();
            } catch (...) {
                self->close();
            }
        }
    });
}

void listener::on_accept(const error_code& error) {
    if (!error) {
        admit();
        return accept();
    }
    if (error == asio::error::connection_aborted) return accept();
    if (is_shortage(error)) shed();
    pause();
}

void listener::admit() {
    stream_socket socket = std::exchange(next_, stream_socket{acceptor_.get_executor()});
    if (core_->connections >= core_->options.limits.connections_max) {
        turn_away(socket.native_handle());
        return;
    }
    std::make_shared<session>(core_, std::move(socket))->start();
}

void listener::pause() {
    pause_.expires_after(accept_pause);
    pause_.async_wait([self = shared_from_this()](const error_code&) {
        if (!self->closed_) self->accept();
    });
}

// Nothing can be accepted while no descriptor is left, and the callers would hang in the backlog.
void listener::shed() {
    if (spare_ >= 0) ::close(spare_);
    acceptor_.native_non_blocking(true);
    for (int i = 0; i < shed_max; ++i) {
        const int fd = ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) break;
        turn_away(fd);
        ::close(fd);
    }
    spare_ = open_spare();
}

}  // namespace townd::http
