#include "ctl/call.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <utility>

#include "ctl/interrupt.hpp"
#include "wire/chunked.hpp"

namespace townd::ctl {
namespace {

constexpr std::size_t answer_bytes_max = 64 * 1024 * 1024;
constexpr std::size_t head_bytes_max = 64 * 1024;
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
    return failure{errc::unavailable, path + ": " + words_of(why)};
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
    return failure{errc::unavailable, address + ": " + words_of(why)};
}

std::string request_bytes(const place& to, const call& what) {
    std::string out = what.method + " " + what.target + " HTTP/1.1\r\nHost: " +
                      (to.socket.empty() ? to.address : std::string{"localhost"}) +
                      "\r\nConnection: close\r\nAccept: application/json, */*;q=0.5\r\n";
    if (to.socket.empty() && to.token) out += "Authorization: Bearer " + *to.token + "\r\n";
    if (!what.idempotency_key.empty()) out += "Idempotency-Key: " + what.idempotency_key + "\r\n";
    if (!what.last_event_id.empty()) out += "Last-Event-ID: " + what.last_event_id + "\r\n";
    if (what.method != "GET")
        out += "Content-Type: application/json\r\nContent-Length: " +
               std::to_string(what.body.size()) + "\r\n";
    return out + "\r\n" + what.body;
}

result<void> send_all(int fd, const std::string& request) {
    for (std::size_t sent = 0; sent < request.size();) {
        const auto n = ::send(fd, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR && !interrupted()) continue;
        if (n <= 0)
            return failure{errc::unavailable, "the request could not be sent: " + words_of(errno)};
        sent += static_cast<std::size_t>(n);
    }
    return {};
}

// What came next; empty at the end.
result<std::string_view> receive(int fd, std::array<char, 16 * 1024>& into) {
    for (;;) {
        const auto n = ::recv(fd, into.data(), into.size(), 0);
        if (n >= 0) return std::string_view{into.data(), static_cast<std::size_t>(n)};
        if (errno == EINTR && !interrupted()) continue;
        return failure{errc::unavailable,
                       "no answer: " + words_of(errno) + "; an order may still take effect"};
    }
}

bool has_field(std::string_view head, std::string_view line) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    const auto found = std::search(head.begin(), head.end(), line.begin(), line.end(),
                                   [&](char a, char b) { return lower(a) == lower(b); });
    return found != head.end();
}

struct answer_head {
    int status = 0;
    bool chunked = false;
    std::optional<std::size_t> length;
    std::string rest;  ///< What came behind it.
};

std::optional<std::size_t> length_in(std::string_view head) {
    for (const std::string_view name : {"\r\nContent-Length: ", "\r\ncontent-length: "}) {
        const auto at = head.find(name);
        if (at == std::string_view::npos) continue;
        std::size_t length = 0;
        const char* from = head.data() + at + name.size();
        if (std::from_chars(from, head.data() + head.size(), length).ec == std::errc{})
            return length;
    }
    return std::nullopt;
}

result<answer_head> read_head(int fd) {
    const failure no_http{errc::unavailable, "the answer is not HTTP: is this townd's address?"};
    std::string text;
    std::array<char, 16 * 1024> part{};
    auto end = std::string::npos;
    while ((end = text.find("\r\n\r\n")) == std::string::npos) {
        const auto more = receive(fd, part);
        if (!more) return more.error();
        if (more->empty() && text.empty())
            return failure{errc::unavailable, "the connection was closed without an answer"};
        if (more->empty() || text.size() > head_bytes_max) return no_http;
        text.append(*more);
    }
    constexpr std::string_view version = "HTTP/1.1 ";
    answer_head out;
    if (text.starts_with(version) && text.size() > version.size() + 3)
        std::from_chars(text.data() + version.size(), text.data() + version.size() + 3, out.status);
    if (out.status < 100) return no_http;
    const auto head = std::string_view{text}.substr(0, end + 2);
    out.chunked = has_field(head, "\r\ntransfer-encoding: chunked");
    out.length = length_in(head);
    out.rest = text.substr(end + 4);
    return out;
}

// Takes parts until the end of the body, or until `take` wants no more.
result<void> read_body(int fd, answer_head head, const part_taker& take) {
    std::array<char, 16 * 1024> part{};
    std::size_t taken = head.rest.size();
    if (!head.rest.empty() && !take(head.rest)) return {};
    while (!head.length || taken < *head.length) {
        const auto more = receive(fd, part);
        if (!more) return more.error();
        if (more->empty() && head.length)
            return failure{errc::unavailable, "the answer broke off: ask again"};
        if (more->empty()) return {};
        taken += more->size();
        if (!take(*more)) return {};
    }
    return {};
}

result<std::string> unchunked(std::string_view raw) {
    wire::chunked_decoder decoder(answer_bytes_max, head_bytes_max);
    std::string out;
    if (decoder.take(raw, out) == wire::chunked_decoder::verdict::done) return out;
    return failure{errc::unavailable, "the answer broke off: ask again"};
}

result<descriptor> ask(const place& to, const call& what) {
    auto fd = to.socket.empty() ? connect_tcp(to.address) : connect_unix(to.socket);
    if (!fd) return fd;
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(what.patience);
    const auto rest = std::chrono::microseconds{what.patience - whole};
    const timeval patience{whole.count(), rest.count()};
    ::setsockopt(fd->get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd->get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (const auto sent = send_all(fd->get(), request_bytes(to, what)); !sent) return sent.error();
    return fd;
}

result<reply> send_once(const place& to, const call& what) {
    const auto fd = ask(to, what);
    if (!fd) return fd.error();
    auto head = read_head(fd->get());
    if (!head) return head.error();
    reply out{head->status, {}};
    const bool chunked = head->chunked;
    bool too_long = false;
    const auto read = read_body(fd->get(), *std::move(head), [&](std::string_view part) {
        out.body.append(part);
        too_long = out.body.size() > answer_bytes_max;
        return !too_long;
    });
    if (!read) return read.error();
    if (too_long) return failure{errc::too_large, "the answer is over 64 MiB: narrow the question"};
    if (!chunked) return out;
    auto plain = unchunked(out.body);
    if (!plain) return plain.error();
    out.body = *std::move(plain);
    return out;
}

}  // namespace

result<reply> send(const place& to, const call& what) {
    for (int tries = 1;; ++tries) {
        auto got = send_once(to, what);
        if (!got || got->status != 429 || tries == tries_max || interrupted()) return got;
        pause_for(duration{1'000});
    }
}

result<reply> follow(const place& to, const call& what, const part_taker& take) {
    const auto fd = ask(to, what);
    if (!fd) return fd.error();
    auto head = read_head(fd->get());
    if (!head) return head.error();
    reply out{head->status, {}};
    const bool stream = out.status == 200;
    const auto read = read_body(fd->get(), *std::move(head), [&](std::string_view part) {
        if (stream) return take(part);
        out.body.append(part);
        return out.body.size() < head_bytes_max;
    });
    if (!read && !interrupted()) return read.error();
    return out;
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        std::array<char, 4> hex{};
        std::snprintf(hex.data(), hex.size(), "%%%02X", static_cast<unsigned char>(c));
        out += plain ? std::string(1, c) : std::string{hex.data()};
    }
    return out;
}

}  // namespace townd::ctl
