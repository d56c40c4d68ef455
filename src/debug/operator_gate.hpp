#pragma once
// Who may write here, and how often. On the unix socket the file's rights decide and SO_PEERCRED
// says who it is; over TCP a bearer token, and only when one is configured. What a page of another
// site could make a browser send is refused in either case.

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "debug/face.hpp"

namespace townd::debug {

inline constexpr int writes_per_second = 10;  ///< Per user of the socket or address.

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
        double left = writes_per_second;
        instant at{};
    };
    /// Takes one write from the peer's allowance; false when there is none.
    [[nodiscard]] bool take(const std::string& peer, instant now);

    static constexpr std::size_t peers_max = 256;
    std::mutex mutex_;
    std::map<std::string, allowance> peers_;
};

}  // namespace townd::debug
