#include "app/ctl_client.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace townd::app {
namespace {

constexpr std::size_t answer_bytes_max = 64 * 1024 * 1024;
constexpr int silence_seconds_max = 40;  // Longer than the daemon takes to give up.
constexpr int tries_max = 5;

class descriptor {
public:
    explicit descriptor(int fd) : fd_(fd) {}
    ~descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    descriptor& operator=(descriptor&&) = delete;
    [[nodiscard]] int get() const { return fd_; }

private:
    int fd_;
};

std::string words_of(int error) {
    return std::strerror(error);
}

result<descriptor> connect_unix(const std::string& path) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    if (path.size() >= sizeof at.sun_path)
        return failure{errc::invalid, "--socket: the path is longer than 107 bytes"};
    path.copy(at.sun_path, sizeof at.sun_path - 1);
    descriptor fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    // sockaddr is what the system's call takes for every kind of address.
    const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&at));
    if (fd.get() >= 0 && ::connect(fd.get(), generic, sizeof at) == 0) return fd;
    const int why = errno;
    if (why == EACCES || why == EPERM)
        return failure{errc::forbidden, path + ": " + words_of(why) +
                                            " (the socket's owner and group may give orders)"};
    return failure{errc::unavailable, path + ": " + words_of(why) +
                                          " (is townd running? set --socket or TOWND_SOCKET)"};
}

result<descriptor> connect_tcp(const std::string& address) {
    const auto colon = address.rfind(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == address.size())
        return failure{errc::invalid,
                       "--addr: '" + address + "' is not HOST:PORT, as 127.0.0.1:9191"};
    std::string host = address.substr(0, colon);
    if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int rc = ::getaddrinfo(host.c_str(), address.c_str() + colon + 1, &wanted, &found);
        rc != 0)
        return failure{errc::unavailable, address + ": " + ::gai_strerror(rc)};
    int why = ECONNREFUSED;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
        descriptor fd{::socket(each->ai_family, SOCK_STREAM | SOCK_CLOEXEC, each->ai_protocol)};
        if (fd.get() >= 0 && ::connect(fd.get(), each->ai_addr, each->ai_addrlen) == 0) {
            ::freeaddrinfo(found);
            return fd;
        }
        why = errno;
    }
    ::freeaddrinfo(found);
    return failure{errc::unavailable, address + ": " + words_of(why) +
                                          " (is townd running? set --addr or TOWND_ADDR)"};
}

std::string request_bytes(const ctl_place& to, const ctl_call& what) {
    std::string out = what.method + " " + what.target + " HTTP/1.1\r\nHost: " +
                      (to.socket.empty() ? to.address : std::string{"localhost"}) +
                      "\r\nConnection: close\r\nAccept: application/json\r\n";
    if (to.socket.empty() && to.token) out += "Authorization: Bearer " + *to.token + "\r\n";
    if (!what.idempotency_key.empty()) out += "Idempotency-Key: " + what.idempotency_key + "\r\n";
    if (what.method == "POST")
        out += "Content-Type: application/json\r\nContent-Length: " +
               std::to_string(what.body.size()) + "\r\n";
    return out + "\r\n" + what.body;
}

result<std::string> exchange(int fd, const std::string& request) {
    const timeval patience{silence_seconds_max, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    for (std::size_t sent = 0; sent < request.size();) {
        const auto n = ::send(fd, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0)
            return failure{errc::unavailable, "the request could not be sent: " + words_of(errno)};
        sent += static_cast<std::size_t>(n);
    }
    std::string answer;
    std::array<char, 16 * 1024> part{};
    for (;;) {
        const auto n = ::recv(fd, part.data(), part.size(), 0);
        if (n == 0) return answer;
        if (n < 0 && errno == EINTR) continue;
        if (n < 0)
            return failure{errc::unavailable,
                           "no answer: " + words_of(errno) + "; the order may still take effect"};
        answer.append(part.data(), static_cast<std::size_t>(n));
        if (answer.size() > answer_bytes_max)
            return failure{errc::too_large, "the answer is over 64 MiB: narrow the question"};
    }
}

result<ctl_reply> read_reply(const std::string& answer) {
    ctl_reply out;
    const auto end = answer.find("\r\n\r\n");
    constexpr std::string_view version = "HTTP/1.1 ";
    const bool whole = end != std::string::npos && answer.starts_with(version) &&
                       answer.size() > version.size() + 3;
    if (whole)
        std::from_chars(answer.data() + version.size(), answer.data() + version.size() + 3,
                        out.status);
    if (out.status < 100)
        return failure{errc::unavailable, "the answer is not HTTP: is this townd's address?"};
    out.body = answer.substr(end + 4);
    return out;
}

}  // namespace

result<ctl_reply> ctl_send(const ctl_place& to, const ctl_call& what) {
    const std::string request = request_bytes(to, what);
    for (int tries = 1;; ++tries) {
        const auto fd = to.socket.empty() ? connect_tcp(to.address) : connect_unix(to.socket);
        if (!fd) return fd.error();
        const auto answer = exchange(fd->get(), request);
        if (!answer) return answer.error();
        auto reply = read_reply(*answer);
        if (!reply || reply->status != 429 || tries == tries_max) return reply;
        ::sleep(1);
    }
}

}  // namespace townd::app
