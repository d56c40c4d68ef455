#pragma once
// Who writes here, and how often. On the unix socket the file's rights decide and SO_PEERCRED says
// who it is; over TCP a bearer token (front_gate.hpp, which a request has passed when it comes
// here).

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "debug/face.hpp"

namespace townd::debug {

/// Of one address over TCP, all at once if need be. The socket has no limit: there the desk's own
/// queue is the bound.
inline constexpr int writes_per_minute = 60;

class operator_gate {
public:
    struct caller {
        std::string by;
        std::string peer;
    };
    struct verdict {
        std::optional<caller> who;
        std::optional<http::response> no;  ///< Set when `who` is not.
    };
    /// Any thread.
    [[nodiscard]] verdict admit(const face& f, const http::request& call);

private:
    struct allowance {
        double left = writes_per_minute;
        instant at{};
    };
    /// Takes one write from the peer's allowance; false when there is none.
    [[nodiscard]] bool take(const std::string& peer, instant now);

    static constexpr std::size_t peers_max = 256;
    std::mutex mutex_;
    std::map<std::string, allowance> peers_;
};

}  // namespace townd::debug
