#include "bench/mixed_container.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <stdexcept>
#include <vector>

#include "bench/bench_town.hpp"

namespace townd::bench {
namespace {

constexpr int look_every_ms = 100;  // At whether it is over.

// Whether all of the request is there.
bool is_whole(const std::string& text) {
    const auto end = text.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    constexpr std::string_view name = "Content-Length: ";
    const auto at = text.find(name);
    std::size_t length = 0;
    if (at < end) std::from_chars(text.data() + at + name.size(), text.data() + end, length);
    return text.size() >= end + 4 + length;
}

// The first part of the path: `POST /TOWN/agents/start HTTP/1.1`.
std::string town_of(const std::string& request) {
    const auto from = request.find(" /") + 2;
    return request.substr(from, request.find('/', from) - from);
}

std::string text_of(const http_answer& answer) {
    return "HTTP/1.1 " + std::to_string(*answer.status) +
           " Fine\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " +
           std::to_string(answer.body.size()) + "\r\n\r\n" + answer.body;
}

}  // namespace

mixed_container::mixed_container(std::set<std::string> healthy, std::function<void()> seen)
    : healthy_(std::move(healthy)), seen_(std::move(seen)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const plain = static_cast<sockaddr*>(static_cast<void*>(&address));
    if (listener_ < 0 || ::bind(listener_, plain, size) != 0 || ::listen(listener_, 1024) != 0 ||
        ::getsockname(listener_, plain, &size) != 0)
        throw std::runtime_error("the container does not listen");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
}

mixed_container::~mixed_container() {
    over_.store(true);
    thread_.join();
    ::close(listener_);
}

std::string mixed_container::url() const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/{town}";
}

void mixed_container::run() {
    std::vector<pollfd> watched;
    while (!over_.load()) {
        watched.assign(1, {listener_, POLLIN, 0});
        for (const auto& [fd, with] : peers_)
            watched.push_back({fd, POLLIN, 0});
        ::poll(watched.data(), watched.size(), look_every_ms);
        for (std::size_t i = 1; i < watched.size(); ++i) {
            if (watched[i].revents == 0) continue;
            const auto at = peers_.find(watched[i].fd);
            if (serve(at->first, at->second)) continue;
            count_wait(at->second);
            ::close(at->first);
            peers_.erase(at);
        }
        if (watched[0].revents != 0) accept_all();
        connections_.store(static_cast<int>(peers_.size()));
    }
    for (const auto& [fd, with] : peers_)
        ::close(fd);
}

void mixed_container::accept_all() {
    for (;;) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) return;
        peers_[fd];
    }
}

bool mixed_container::serve(int fd, peer& with) {
    std::array<char, 16 * 1024> chunk{};
    for (;;) {
        const auto got = ::recv(fd, chunk.data(), chunk.size(), 0);
        if (got < 0) return errno == EAGAIN;
        if (got == 0) return false;
        if (with.hangs) continue;
        with.request.append(chunk.data(), static_cast<std::size_t>(got));
        if (is_whole(with.request)) return answer(fd, with);
    }
}

bool mixed_container::answer(int fd, peer& with) {
    http_call call;
    with.is_start = with.request.find("/agents/start ") < with.request.find("\r\n");
    if (!healthy_.contains(town_of(with.request))) {
        with.hangs = true;
        with.since = clock::now();
        with.request = {};
        if (with.is_start) ++hung_starts_;
        return true;
    }
    if (with.is_start) seen_();
    call.target = with.is_start ? "/agents/start" : "/";
    call.body = with.request.substr(with.request.find("\r\n\r\n") + 4);
    const std::string text = text_of(good_answer(call));
    static_cast<void>(::send(fd, text.data(), text.size(), MSG_NOSIGNAL));
    return false;
}

void mixed_container::count_wait(const peer& with) {
    if (!with.hangs || !with.is_start) return;
    const auto waited =
        std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - with.since).count();
    if (waited > longest_wait_ms_.load()) longest_wait_ms_.store(waited);
}

}  // namespace townd::bench
