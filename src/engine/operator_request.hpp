#pragma once
// What operators ask of the fleet, and what is shown of it: plain values.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/json.hpp"
#include "townd/words/override.hpp"
#include "townd/words/result.hpp"

namespace townd::engine {

enum class operator_verb : std::uint8_t {
    pause,
    resume,
    drain,
    undrain,
    force_open,
    force_closed,
    clear,
    reset,
    probe,
    retry_now,
    reset_attempts,
    log_level,
    reload,
};
/// As in a route: `force-open`.
[[nodiscard]] std::string_view to_text(operator_verb verb) noexcept;
[[nodiscard]] std::optional<operator_verb> parse_operator_verb(std::string_view text) noexcept;
[[nodiscard]] constexpr bool is_order_verb(operator_verb v) noexcept {
    return v <= operator_verb::undrain;
}
[[nodiscard]] constexpr bool is_breaker_verb(operator_verb v) noexcept {
    return v >= operator_verb::force_open && v <= operator_verb::probe;
}
[[nodiscard]] constexpr bool is_bead_verb(operator_verb v) noexcept {
    return v == operator_verb::retry_now || v == operator_verb::reset_attempts;
}
/// For the process itself: the request brings what is to be done.
[[nodiscard]] constexpr bool is_daemon_verb(operator_verb v) noexcept {
    return v >= operator_verb::log_level;
}
/// What it sets up ends by itself: it has a time to live.
[[nodiscard]] constexpr bool has_end(operator_verb v) noexcept {
    return v == operator_verb::pause || v == operator_verb::drain ||
           v == operator_verb::force_open || v == operator_verb::force_closed ||
           v == operator_verb::log_level;
}

/// Which breakers a batch is for; an empty list takes all. Only breakers that have something to
/// remember are found.
struct breaker_selector {
    std::vector<town_id> towns;
    std::vector<std::string> states;  ///< As to_text(breaker_state).
    std::vector<std::string> roles;
    std::vector<std::string> scopes;
    std::string cause;  ///< Part of the cause's text; empty: any.
};

struct operator_request {
    operator_verb verb = operator_verb::pause;

    // What it is for.
    override_scope scope = override_scope::daemon;  ///< Of pause, resume, drain, undrain.
    town_id town;
    rig_id rig;
    std::optional<agent_role> role;
    std::string key;                       ///< Of a breaker.
    bead_id bead;                          ///< Of a bead's verb.
    std::optional<breaker_selector> many;  ///< In place of town and key.
    std::optional<int> expect_count;       ///< Of `many`: how many the caller saw.

    // Who asks, and why.
    std::string by;
    std::string peer;
    std::string route;
    std::string reason;
    std::string request_id;
    std::string idempotency_key;  ///< Empty: none.
    std::string digest;           ///< Of the whole request, to tell a repeat from another.

    /// Of a daemon's verb: does it, and tells `{before, after, changed}`. Called on a thread that
    /// must not be held up, once the request is in the audit log.
    std::function<void(std::function<void(result<json>)>)> act;

    std::optional<duration> ttl;  ///< None: no end.
    bool dry_run = false;
};

/// An order and how far what it waits for has come.
struct order_in_force {
    override_order order;
    int agents_running = 0;    ///< Of its scope.
    int starts_in_flight = 0;  ///< Of its scope.
    /// Nothing of its scope runs, as seen by ticks that knew the order.
    bool quiet = false;
};

struct operator_view {
    std::vector<order_in_force> orders;  ///< Widest scope first, then by time.
    /// Why operators' writes are refused; empty when they are not.
    std::string problem;
};

struct audit_query {
    int limit = 100;                     ///< 1..1000.
    std::optional<std::int64_t> before;  ///< Rows with a smaller id.
};

}  // namespace townd::engine
