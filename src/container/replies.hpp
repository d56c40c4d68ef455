#pragma once
// What a container's answers mean (domain: wire protocol). Pure functions of the exchange.

#include <optional>
#include <string>

#include "townd/port/container.hpp"

namespace townd::container {

struct start_reply {
    enum class kind : std::uint8_t {
        started,          ///< 201 with a record for this agent.
        already_running,  ///< 409, or an error text that says so: to be confirmed by a status call.
        draining,         ///< 503 draining. Neutral.
        rate_limited,     ///< 429, or a structured error of type rate_limit_exceeded. Neutral.
        not_started,    ///< Definite: never sent, or an answer that says no before any work (4xx).
        maybe_started,  ///< It may have taken effect: timeout or reset after the request was sent,
                        ///< 5xx, garbage. To be settled by a status call or a heartbeat.
    };
    kind what = kind::not_started;
    std::optional<dispatch_error> error;  ///< Set for all kinds but `started`.
    bool answered = false;  ///< A whole HTTP answer was read: the request is not pending any more.
    std::optional<std::string> session_id;       ///< Of the record.
    std::optional<std::string> started_at_text;  ///< Of the record.
};
/// Never leaves an error without code, phase and words, whatever bytes came back.
[[nodiscard]] start_reply read_start(const http_answer& answer, const std::string& agent);

struct status_reply {
    enum class kind : std::uint8_t {
        running,  ///< starting or running.
        stopping,
        exited,     ///< exited or failed; `exit_reason`.
        not_found,  ///< A 404 in the wire's form.
        unknown,    ///< Anything else: neither alive nor dead (incident row E11).
    };
    kind what = kind::unknown;
    std::string status_text;
    std::optional<std::string> exit_reason;
    std::optional<std::string> started_at_text;
    std::optional<dispatch_error> error;  ///< For `unknown`.
};
[[nodiscard]] status_reply read_status(const http_answer& answer);

/// Whether a stop is confirmed: 200, or a 404 in the wire's form (nothing there to stop).
[[nodiscard]] bool stop_confirmed(const http_answer& answer);

}  // namespace townd::container
