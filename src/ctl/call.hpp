#pragma once
// One blocking HTTP call to the daemon, over its unix socket or over TCP.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "townd/words/result.hpp"
#include "townd/words/time.hpp"

namespace townd::ctl {

/// Where a server is.
struct place {
    std::string socket;                ///< Path; empty: `address` over TCP.
    std::string address;               ///< `host:port`.
    std::optional<std::string> token;  ///< Sent over TCP.

    [[nodiscard]] const std::string& name() const { return socket.empty() ? address : socket; }
};

struct call {
    std::string method = "GET";
    std::string target;
    std::string body;             ///< JSON; empty without one.
    std::string idempotency_key;  ///< So that a repeat does nothing twice. Empty: none.
    std::string last_event_id;    ///< Of a stream that is taken up again. Empty: none.
    duration patience{40'000};    ///< Silence that is borne; longer than the daemon needs.
};

struct reply {
    int status = 0;
    std::string body;
};

/// `unavailable` when nobody answers, `forbidden` when the socket's rights do not let us in,
/// `invalid` for a place that is none. An answer 429 is waited out a few times. `overloaded` is
/// never returned: the status tells.
[[nodiscard]] result<reply> send(const place& to, const call& what);

/// Takes a part of a body as it comes; false ends the call.
using part_taker = std::function<bool(std::string_view part)>;
/// The same for an answer without an end. Returns when the server or `take` ends it, or a signal
/// does; the body is then what an answer other than 200 said.
[[nodiscard]] result<reply> follow(const place& to, const call& what, const part_taker& take);

/// Text as one part of a path or query.
[[nodiscard]] std::string escaped(std::string_view text);

}  // namespace townd::ctl
