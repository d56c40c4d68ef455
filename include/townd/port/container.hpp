#pragma once
// How townd speaks to a town's container: one HTTP exchange under one deadline.

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "townd/words/dispatch.hpp"
#include "townd/words/error.hpp"
#include "townd/words/time.hpp"

namespace townd {

struct http_call {
    std::string method = "GET";  ///< GET or POST.
    std::string url;             ///< Base, http or https, as the town's container_url.
    std::string target;          ///< Path, as `/agents/start`.
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;                 ///< Sent as application/json when not empty.
    duration connect_timeout{3'000};  ///< Resolve, connect and TLS together.
    duration total_timeout{60'000};   ///< The whole exchange.
};

/// What came of a call. Exactly one of: `status` with no `error` (an answer of whatever status was
/// read whole), or `error` (with `status` too when the header had come).
struct http_answer {
    std::optional<int> status;
    std::string body;  ///< Whole, up to the limit of 1 MiB.
    std::optional<std::string> content_type;
    std::optional<std::string> location;  ///< Of a redirect, which is never followed.
    std::optional<duration> retry_after;  ///< Retry-After in seconds; dates are ignored.
    std::optional<dispatch_error> error;  ///< Transport or framing; has phase, errno, endpoint.
    bool request_sent = false;            ///< At least one byte of the request was written:
                                          ///< from here on a failure may have taken effect.
    std::vector<phase_timing> phases;
    std::string endpoint;  ///< host:port.
};

class container_port {
public:
    virtual ~container_port() = default;
    /// Makes the exchange. `done` is called exactly once, within total_timeout plus half a second,
    /// on a thread of the port's own, or never if the port is destroyed first. Never blocks, never
    /// throws; any thread may call. Never retries, never follows a redirect.
    virtual void call(http_call request, std::function<void(http_answer)> done) = 0;
};

}  // namespace townd
