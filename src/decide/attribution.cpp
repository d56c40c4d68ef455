#include "townd/decide/attribution.hpp"

namespace townd {
namespace {

constexpr charge nobody{};
constexpr charge container_failed{charge_level::container, verdict::failure, verdict::neutral,
                                  verdict::neutral, false};
// The container answered promptly: it lives, whatever is wrong with the agent or the request
// (a breaker tracks the target's health, not the task's outcome: Temporal).
constexpr charge agent_failed{charge_level::agent, verdict::success, verdict::failure,
                              verdict::neutral, false};
constexpr charge bead_failed{charge_level::bead, verdict::success, verdict::neutral,
                             verdict::neutral, true};
// What one rig lacks brakes that rig, not the town (D8).
constexpr charge rig_failed{charge_level::rig, verdict::neutral, verdict::neutral, verdict::failure,
                            false};

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
        case error_code::config_invalid:
            return rig_failed;
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

charge of_session(const dispatch_error& error, attempt_stage stage) noexcept {
    constexpr charge session_failed{charge_level::agent, verdict::neutral, verdict::failure,
                                    verdict::neutral, false};
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
    return {charge_level::bead, verdict::neutral, verdict::success, verdict::success, false};
}

}  // namespace

charge attribute(const dispatch_error& error, const attempt_standing& is) noexcept {
    const bool at_start_of_it = is.stage == attempt_stage::start;
    charge out = at_start_of_it ? at_start(error) : of_session(error, is.stage);
    const bool of_agent = out.level == charge_level::agent;
    if (!at_start_of_it) {
        if (!of_agent) return out;
        // One incident of the container, not one of each agent.
        if (is.lost_together)
            return {charge_level::container, verdict::failure, verdict::neutral, verdict::neutral,
                    false};
    } else if (is.in_outage && (of_agent || out.level == charge_level::container)) {
        // The fleet knows already: nothing of this town is to blame, and no breaker of it needs a
        // repair of its own afterwards.
        out.level = charge_level::outage;
        out.agent = verdict::neutral;
        if (out.container == verdict::failure) out.container = verdict::neutral;
        return out;
    }
    if (of_agent && is.role_probe) {
        out.level = charge_level::role;
        out.agent = verdict::neutral;
        out.role = verdict::failure;
    }
    return out;
}

}  // namespace townd
