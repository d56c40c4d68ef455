#pragma once
// A client that sends whatever bytes a test wants, and does not lose its patience before 10 s.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace townd::http::test {

using steady = std::chrono::steady_clock;
inline constexpr std::chrono::seconds patience{10};

struct reply {
    int status = 0;  ///< 0: the connection was closed without an answer.
    std::string head;
    std::string body;

    [[nodiscard]] bool has(std::string_view line) const {
        return head.find("\r\n" + std::string{line} + "\r\n") != std::string::npos;
    }
};

class raw_client {
public:
    raw_client() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
    explicit raw_client(std::uint16_t port) : raw_client() { connect(port); }
    explicit raw_client(const std::string& socket_path)
        : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un to{};
        to.sun_family = AF_UNIX;
        std::memcpy(to.sun_path, socket_path.data(), socket_path.size());
        connect_to(to);
    }
    ~raw_client() { close(); }
    raw_client(const raw_client&) = delete;
    raw_client& operator=(const raw_client&) = delete;

    void connect(std::uint16_t port) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connect_to(to);
    }
    [[nodiscard]] bool connected() const { return connected_; }
    void close() {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }

    /// False when the peer has closed before all was sent.
    bool send(std::string_view bytes) {
        const auto until = steady::now() + patience;
        while (!bytes.empty()) {
            if (!wait(POLLOUT, until)) return false;
            const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent < 0 && errno == EAGAIN) continue;
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    /// The next answer, framed by its Content-Length. `with_body` false after HEAD.
    reply read_reply(bool with_body = true) {
        reply out;
        const auto until = steady::now() + patience;
        std::size_t end = 0;
        while ((end = received_.find("\r\n\r\n")) == std::string::npos)
            if (!receive(until)) return out;
        out.head = received_.substr(0, end + 2);
        received_.erase(0, end + 4);
        out.status = std::stoi(out.head.substr(9, 3));
        const auto length_at = out.head.find("Content-Length: ");
        if (!with_body || length_at == std::string::npos) return out;
        const auto length = std::stoul(out.head.substr(length_at + 16));
        while (received_.size() < length && receive(until)) {
        }
        out.body = received_.substr(0, length);
        received_.erase(0, length);
        return out;
    }

    /// Whether `text` comes; what came stays in `rest`.
    bool reads(std::string_view text) {
        const auto until = steady::now() + patience;
        while (received_.find(text) == std::string::npos)
            if (!receive(until)) return false;
        return true;
    }
    /// Before `connect`: so that the peer's writes stop soon when nothing is read.
    void take_little() const {
        const int bytes = 4 * 1024;
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    }

    /// Whether the peer closes within `limit`; what it says before goes to `rest`.
    bool closes(std::chrono::milliseconds limit = patience) {
        const auto until = steady::now() + limit;
        while (receive(until)) {
        }
        return ended_;
    }
    [[nodiscard]] const std::string& rest() const { return received_; }

private:
    template <class Address>
    void connect_to(const Address& to) {
        connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
    }
    bool wait(short what, steady::time_point until) const {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - steady::now()).count();
        pollfd one{fd_, what, 0};
        return left > 0 && ::poll(&one, 1, static_cast<int>(left)) == 1;
    }
    bool receive(steady::time_point until) {
        if (ended_ || !wait(POLLIN, until)) return false;
        std::array<char, 16 * 1024> some{};
        const auto got = ::recv(fd_, some.data(), some.size(), 0);
        if (got <= 0) {
            ended_ = true;
            return false;
        }
        received_.append(some.data(), static_cast<std::size_t>(got));
        return true;
    }

    int fd_;
    bool connected_ = false;
    bool ended_ = false;
    std::string received_;
};

}  // namespace townd::http::test
