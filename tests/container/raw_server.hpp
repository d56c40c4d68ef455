#pragma once
// A TCP server on 127.0.0.1 that does exactly what a test scripts, well-formed or not.

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace townd::test {

/// The connection as a script sees it. All calls block; all end when the peer closes.
class raw_peer {
public:
    explicit raw_peer(int fd) : fd_(fd) {}
    int fd() const { return fd_; }

    void send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0) return;
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
    }
    /// Reads up to the end of the header and the Content-Length's worth of body.
    std::string read_request() const {
        std::string got;
        std::size_t want = std::string::npos;
        char buffer[4096];
        while (got.size() < want) {
            const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
            if (n <= 0) return got;
            got.append(buffer, static_cast<std::size_t>(n));
            const std::size_t end = got.find("\r\n\r\n");
            if (end == std::string::npos) continue;
            const std::size_t at = got.find("Content-Length: ");
            want = end + 4 + (at < end ? std::stoul(got.substr(at + 16)) : 0);
        }
        return got;
    }
    /// Hangs for as long as the peer stays.
    void wait_for_close() const {
        char buffer[4096];
        while (::recv(fd_, buffer, sizeof buffer, 0) > 0) {
        }
    }
    /// Makes the coming close a reset.
    void reset_on_close() const {
        const linger hard{1, 0};
        setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    }

private:
    int fd_;
};

class raw_server {
public:
    using script = std::function<void(const raw_peer&)>;

    /// Plays `play` on every connection, each on a thread of its own, and closes afterwards.
    explicit raw_server(script play) : play_(std::move(play)) {
        listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        auto* generic = reinterpret_cast<sockaddr*>(&at);
        if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 1024) != 0 ||
            ::getsockname(listener_, generic, &size) != 0 || ::pipe(stop_) != 0)
            throw std::runtime_error("the test server cannot listen");
        port_ = ntohs(at.sin_port);
        acceptor_ = std::thread([this] { accept_all(); });
    }
    ~raw_server() {
        ::close(stop_[1]);
        acceptor_.join();
        {
            const std::lock_guard lock(mutex_);
            for (const int fd : open_)
                ::shutdown(fd, SHUT_RDWR);
        }
        for (auto& one : players_)
            one.join();
        ::close(listener_);
        ::close(stop_[0]);
    }
    raw_server(const raw_server&) = delete;
    raw_server& operator=(const raw_server&) = delete;

    std::string url(const std::string& scheme = "http",
                    const std::string& host = "127.0.0.1") const {
        return scheme + "://" + host + ":" + std::to_string(port_);
    }
    std::uint16_t port() const { return port_; }
    int accepted() const { return accepted_; }

private:
    void accept_all() {
        for (;;) {
            pollfd both[2] = {{listener_, POLLIN, 0}, {stop_[0], POLLIN, 0}};
            ::poll(both, 2, -1);
            if (both[1].revents != 0) return;
            const int fd = ::accept(listener_, nullptr, nullptr);
            if (fd < 0) continue;
            ++accepted_;
            {
                const std::lock_guard lock(mutex_);
                open_.push_back(fd);
            }
            players_.emplace_back([this, fd] {
                play_(raw_peer(fd));
                const std::lock_guard lock(mutex_);
                std::erase(open_, fd);
                ::close(fd);
            });
        }
    }

    script play_;
    int listener_ = -1;
    int stop_[2] = {-1, -1};
    std::uint16_t port_ = 0;
    std::atomic<int> accepted_ = 0;
    std::mutex mutex_;
    std::vector<int> open_;  // With mutex_.
    std::vector<std::thread> players_;
    std::thread acceptor_;
};

/// An answer with its length told.
inline std::string http_reply(
    std::string_view status_line, std::string_view body,
    std::string_view more_headers = "Content-Type: application/json\r\n") {
    return "HTTP/1.1 " + std::string(status_line) + "\r\n" + std::string(more_headers) +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace townd::test
