#pragma once
// townctl's way to the daemon: one blocking call over its unix socket or over TCP.

#include <optional>
#include <string>

#include "townd/words/result.hpp"

namespace townd::app {

struct ctl_place {
    std::string socket;                ///< Path; empty: `address` over TCP.
    std::string address;               ///< `host:port`.
    std::optional<std::string> token;  ///< Sent over TCP.
};

struct ctl_call {
    std::string method = "GET";
    std::string target;
    std::string body;             ///< JSON; empty without one.
    std::string idempotency_key;  ///< So that a repeat does nothing twice. Empty: none.
};

struct ctl_reply {
    int status = 0;
    std::string body;
};

/// `unavailable` when nobody answers, `forbidden` when the socket's rights do not let us in. An
/// answer 429 is waited out a few times.
[[nodiscard]] result<ctl_reply> ctl_send(const ctl_place& to, const ctl_call& what);

}  // namespace townd::app
