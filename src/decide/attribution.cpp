#include "townd/decide/attribution.hpp"

namespace townd {
namespace {

constexpr charge nobody{};
constexpr charge container_failed{charge_level::container, verdict::failure, verdict::neutral,
                                  false};
// The container answered promptly: it lives, whatever is wrong with the agent or the request
// (a breaker tracks the target's health, not the task's outcome: Temporal).
constexpr charge agent_failed{charge_level::agent, verdict::success, verdict::failure, false};
constexpr charge bead_failed{charge_level::bead, verdict::success, verdict::neutral, true};

charge at_start(const dispatch_error& error) noexcept {
    switch (error.code()) {
        case error_code::resolve_failed:
        case error_code::connect_refused:
        case error_code::connect_timeout:
        case error_code::connect_unreachable:
        case error_code::tls_failed:
        case error_code::write_failed:
        case error_code::header_timeout:
        case error_code::body_timeout:
        case error_code::reset:
        case error_code::eof_early:
        case error_code::body_invalid:
        case error_code::body_too_large:
        case error_code::credentials_rejected:
        case error_code::config_invalid:
        case error_code::unknown:  // Unknown is a failure, always (gascity #4841).
            return container_failed;
        case error_code::http_4xx:
            return error.who == blame::caller ? bead_failed : container_failed;
        case error_code::http_5xx:
            // 502 and 504 come from something in front of the container; any other is its own word
            // on this start.
            return error.http_status == 502 || error.http_status == 504 ? container_failed
                                                                        : agent_failed;
        case error_code::start_rejected:
            return error.who == blame::infrastructure ? container_failed : agent_failed;
        case error_code::git_failed:
        case error_code::agent_exited:
        case error_code::agent_no_heartbeat:
            return agent_failed;
        case error_code::http_429:
        case error_code::http_503_draining:
        case error_code::budget_exceeded:
        case error_code::storage_error:
        case error_code::storage_too_big:
        case error_code::cancelled:
        case error_code::internal:
            return nobody;
    }
    return nobody;
}

}  // namespace

charge attribute(const dispatch_error& error, attempt_stage stage) noexcept {
    if (stage == attempt_stage::start) return at_start(error);
    constexpr charge session_failed{charge_level::agent, verdict::neutral, verdict::failure, false};
    switch (error.code()) {
        case error_code::cancelled:
        case error_code::internal:
        case error_code::storage_error:
        case error_code::storage_too_big:
        case error_code::http_429:
        case error_code::http_503_draining:
        case error_code::budget_exceeded:
            return nobody;
        case error_code::resolve_failed:
        case error_code::connect_refused:
        case error_code::connect_timeout:
        case error_code::connect_unreachable:
        case error_code::tls_failed:
        case error_code::write_failed:
        case error_code::header_timeout:
        case error_code::body_timeout:
        case error_code::reset:
        case error_code::eof_early:
        case error_code::body_invalid:
        case error_code::body_too_large:
            return container_failed;
        case error_code::agent_no_heartbeat:
        case error_code::credentials_rejected:
        case error_code::config_invalid:
            return session_failed;
        default:
            break;
    }
    // A fault of the platform never costs a bead one of its attempts, however late it comes.
    if (stage == attempt_stage::young_session || error.who == blame::infrastructure)
        return session_failed;
    // It started, lived and failed: the work itself. This alone counts towards max_attempts, and
    // every such session counts, however well it started (Kilo #1653: 635 costly cycles).
    return {charge_level::bead, verdict::neutral, verdict::success, false};
}

}  // namespace townd
