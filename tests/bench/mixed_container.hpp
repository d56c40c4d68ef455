#pragma once
// One port for many towns' containers: some are well, and all others accept, read and never answer.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>

namespace townd::bench {

class mixed_container {
public:
    /// Towns of `healthy` are answered well. `seen` is called for each start of theirs, before the
    /// answer, on the container's thread.
    mixed_container(std::set<std::string> healthy, std::function<void()> seen);
    ~mixed_container();
    mixed_container(const mixed_container&) = delete;
    mixed_container& operator=(const mixed_container&) = delete;

    /// With `{town}`, as in the configuration.
    [[nodiscard]] std::string url() const;
    /// Its own ends of connections, which the caller's descriptors must not be blamed for.
    [[nodiscard]] int connections() const { return connections_.load(); }
    /// Starts of hung towns that were read.
    [[nodiscard]] int hung_starts() const { return hung_starts_.load(); }
    /// The longest time from a hung start's bytes to its caller's giving up.
    [[nodiscard]] std::chrono::milliseconds longest_wait() const {
        return std::chrono::milliseconds{longest_wait_ms_.load()};
    }

private:
    using clock = std::chrono::steady_clock;
    struct peer {
        std::string request;
        bool hangs = false;
        bool is_start = false;
        clock::time_point since{};
    };

    void run();
    void accept_all();
    /// False when the connection is over.
    [[nodiscard]] bool serve(int fd, peer& with);
    [[nodiscard]] bool answer(int fd, peer& with);
    void count_wait(const peer& with);

    const std::set<std::string> healthy_;
    const std::function<void()> seen_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::map<int, peer> peers_;  // Of the thread.
    std::atomic<int> connections_{0};
    std::atomic<int> hung_starts_{0};
    std::atomic<std::int64_t> longest_wait_ms_{0};
    std::atomic<bool> over_{false};
    std::thread thread_;
};

}  // namespace townd::bench
