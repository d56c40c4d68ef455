#pragma once
// What systemd would be at the other end of NOTIFY_SOCKET.

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "process/daemon_process.hpp"

namespace townd::test {

class service_manager {
public:
    service_manager() {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path().copy(address.sun_path, sizeof address.sun_path - 1);
        fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            throw std::runtime_error("cannot bind " + path());
    }
    ~service_manager() { ::close(fd_); }
    service_manager(const service_manager&) = delete;
    service_manager& operator=(const service_manager&) = delete;

    std::string path() const { return (dir_.path() / "notify").string(); }
    std::map<std::string, std::string> environment() const {
        return {{"NOTIFY_SOCKET", path()}, {"WATCHDOG_USEC", "600000"}};
    }
    /// All messages until now, in order.
    const std::vector<std::string>& heard() {
        char buffer[8192];
        for (;;) {
            const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
            if (n < 0) return heard_;
            heard_.emplace_back(buffer, static_cast<std::size_t>(n));
        }
    }
    std::size_t count(const std::string& text) {
        const auto& all = heard();
        return static_cast<std::size_t>(
            std::count_if(all.begin(), all.end(),
                          [&](const std::string& m) { return m.find(text) != std::string::npos; }));
    }
    bool hears(const std::string& text, std::size_t times = 1) {
        return wait_until([&] { return count(text) >= times; });
    }
    /// The newest status; empty without one.
    std::string status() {
        std::string out;
        for (const auto& m : heard())
            if (const auto at = m.find("STATUS="); at != std::string::npos)
                out = m.substr(at + 7, m.find('\n', at) - at - 7);
        return out;
    }

private:
    scratch_dir dir_;
    int fd_ = -1;
    std::vector<std::string> heard_;
};

}  // namespace townd::test
