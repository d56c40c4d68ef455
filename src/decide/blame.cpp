#include "townd/decide/blame.hpp"

namespace townd {
namespace {

constexpr attributed nobody{.failure = false};

// No way to the container at all: no start of any role can work. An exchange that broke off, stayed
// without an answer or was garbage may concern one kind of start alone.
bool is_unreachable(error_code code) noexcept {
    switch (code) {
        case error_code::resolve_failed:
        case error_code::connect_refused:
        case error_code::connect_timeout:
        case error_code::connect_unreachable:
        case error_code::tls_failed:
            return true;
        default:
            return false;
    }
}

}  // namespace

attributed blame_start(const dispatch_error& error) noexcept {
    if (is_unreachable(error.code())) return {.whole = true};
    switch (error.code()) {
        case error_code::http_4xx:
            return {.refused = error.who == blame::caller};
        case error_code::http_5xx:
            // 502 and 504 come from something in front of the container; any other is its own word
            // on this start.
            if (error.http_status == 502 || error.http_status == 504) return {.whole = true};
            return {.agent = verdict::failure};
        case error_code::start_rejected:
            return {.agent =
                        error.who == blame::infrastructure ? verdict::neutral : verdict::failure};
        case error_code::git_failed:
        case error_code::agent_exited:
        case error_code::agent_no_heartbeat:
            return {.agent = verdict::failure};
        case error_code::config_invalid:
            return {.local = true};
        case error_code::http_429:
        case error_code::http_503_draining:
            return {.asks_to_wait = true};
        case error_code::credentials_rejected:
            return {};
        case error_code::budget_exceeded:
        case error_code::storage_error:
        case error_code::storage_too_big:
        case error_code::cancelled:
        case error_code::internal:
            return nobody;
        default:
            return {};  // Unknown is a failure, always (gascity #4841).
    }
}

attributed blame_session(const dispatch_error& error, bool survived, bool together) noexcept {
    switch (error.code()) {
        case error_code::cancelled:
        case error_code::internal:
        case error_code::storage_error:
        case error_code::storage_too_big:
        case error_code::budget_exceeded:
            return nobody;
        default:
            break;
    }
    if (together) return {.at = stage::survived, .whole = true};
    const bool limited =
        error.code() == error_code::http_429 || error.code() == error_code::http_503_draining;
    if (limited) return {.at = survived ? stage::done : stage::survived, .asks_to_wait = true};
    if (is_unreachable(error.code())) return {.at = stage::survived, .whole = true};
    // A fault of the platform never costs a bead one of its attempts, however late it comes.
    const bool platform = error.who == blame::infrastructure ||
                          error.code() == error_code::agent_no_heartbeat ||
                          error.code() == error_code::credentials_rejected ||
                          error.code() == error_code::config_invalid;
    if (!survived) return {.at = stage::survived, .agent = verdict::failure};
    if (platform) return {.at = stage::survived, .agent = verdict::failure};
    // It started, lived and failed: the work itself, unless the place fails for all of it. This
    // alone counts towards max_attempts (Kilo #1653: 635 costly cycles).
    return {.at = stage::done, .agent = verdict::success, .work = true};
}

doubt_cause cause_of(const dispatch_error& error, const attributed& is) {
    doubt_cause out;
    out.code = to_text(error.code());
    out.http_status = error.http_status.value_or(0);
    out.phase = cut_text(error.container_phase.value_or(""), 40);
    out.whole = is.whole;
    out.local = is.local;
    out.words = cut_text(out.code + ": " + error.message(), 256);
    return out;
}

}  // namespace townd
