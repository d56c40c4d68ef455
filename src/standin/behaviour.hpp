#pragma once
// How the stand-in container answers a start: well, or in one of the ways real ones have failed.

#include <cstdint>
#include <optional>
#include <string_view>

namespace townd::standin {

enum class behaviour : std::uint8_t {
    ok,                  ///< 201, and the agent lives and works.
    refuse,              ///< Connects are refused; the port stays reserved.
    hang_connect,        ///< Connects are never answered.
    hang_response,       ///< The request is read and never answered; no agent is started.
    late,                ///< The agent starts at once, the 201 comes `late_by` later.
    http_500,            ///< 500 with error, phase, status, error_type, action.
    http_500_empty,      ///< 500 without a body.
    http_500_html,       ///< 500 with a proxy's page.
    http_500_truncated,  ///< 500 whose body ends before its Content-Length.
    http_400,            ///< 400 with issues.
    http_429,            ///< 429 with `Retry-After: 2`.
    draining,            ///< 503; /health says so too.
    start_then_die,      ///< 201, no heartbeat, and `completed: failed` after `die_after`.
    already_running,     ///< The first start begins the agent; each is answered as one too many.
    reset,               ///< The request is read and the connection reset; no agent is started.
    garbage,             ///< Bytes that are no HTTP.
    no_progress,         ///< 201, and the agent beats, but nothing happens in it; stop works.
    ask_changes,         ///< As ok; refineries ask for changes at each merge request's first
                         ///< review and say `done` at its next.
};

/// With dashes: `ok refuse hang-connect hang-response late http-500 http-500-empty http-500-html
/// http-500-truncated http-400 http-429 draining start-then-die already-running reset garbage
/// no-progress ask-changes`.
[[nodiscard]] std::string_view to_text(behaviour value) noexcept;
[[nodiscard]] std::optional<behaviour> parse_behaviour(std::string_view text) noexcept;

/// True for `refuse` and `hang_connect`, which happen before there is a request and therefore
/// cannot be asked of one role.
[[nodiscard]] constexpr bool is_of_the_port(behaviour value) noexcept {
    return value == behaviour::refuse || value == behaviour::hang_connect;
}

}  // namespace townd::standin
