#pragma once
// The record of one attempt to start an agent: intent, outcome, session.
//
//   intent ──answer──▶ started ──▶ ended
//     │  └─timeout──▶ unknown ──settled──▶ started | failed
//     ├──▶ failed     (definite: not started)
//     └──▶ neutral    (nobody's fault: draining, rate limit)
//
// The row is durable as `intent` before the request is sent; after a crash an intent without an
// outcome is settled by asking the container.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "townd/words/error.hpp"
#include "townd/words/time.hpp"
#include "townd/words/town.hpp"

namespace townd {

enum class dispatch_state : std::uint8_t {
    intent,   ///< Durable; sent, or about to be.
    unknown,  ///< The request may have taken effect. The slot stays taken.
    started,  ///< The container runs the agent.
    failed,   ///< Did not start.
    neutral,  ///< Not started, and nobody's failure.
    ended,    ///< Was started; the session is over.
};

/// What an attempt counts as. `in_flight` until there is an answer.
enum class attempt_outcome : std::uint8_t { in_flight, success, failure, neutral, unknown };

[[nodiscard]] std::string_view to_text(dispatch_state value) noexcept;
[[nodiscard]] std::string_view to_text(attempt_outcome value) noexcept;
[[nodiscard]] std::optional<dispatch_state> parse_dispatch_state(std::string_view text) noexcept;
[[nodiscard]] std::optional<attempt_outcome> parse_attempt_outcome(std::string_view text) noexcept;

/// One phase of the exchange with a container and how long it took.
struct phase_timing {
    std::string name;  ///< resolve, connect, tls, write, header, body.
    std::chrono::microseconds took{};
    bool failed = false;
};

/// The admission that a dispatch was made under, by breaker. Results are matched with it: one from
/// an older generation changes nothing.
struct admission {
    std::string key;               ///< Breaker key; see decide/breaker_set.hpp.
    std::uint64_t generation = 0;  ///< Of the breaker at admission.
    std::uint64_t probe = 0;       ///< The probe's lease, or 0.
};

struct dispatch {
    dispatch_id id;
    agent_role role = agent_role::polecat;
    std::optional<rig_id> rig;
    agent_id agent;
    std::string agent_name;
    bead_id bead;      ///< The work; for a mayor without any, the agent's own bead.
    int attempt = 1;   ///< 1, 2, … per bead, over all agents and restarts.
    std::string rule;  ///< The rule that asked for it.
    dispatch_state state = dispatch_state::intent;
    attempt_outcome outcome = attempt_outcome::in_flight;
    instant created_at{};
    instant deadline_at{};  ///< The request is over by then.
    instant grace_at{};     ///< An unknown outcome counts as not started from then on.
    std::optional<instant> answered_at;  ///< The start's answer came, or will not come.
    std::optional<instant> started_at;    ///< Known to run since.
    std::optional<instant> heartbeat_at;  ///< First sign of life of this session.
    std::optional<instant> survived_at;   ///< Proved the agent.
    std::optional<instant> ended_at;
    std::string end_reason;
    bool charged_bead = false;  ///< This attempt counts in the bead's dispatch_attempts.
    std::vector<phase_timing> phases;
    std::optional<dispatch_error> error;
    std::vector<admission> admissions;

    /// True while the attempt holds its agent and its slots.
    [[nodiscard]] bool is_live() const noexcept {
        return state == dispatch_state::intent || state == dispatch_state::unknown ||
               state == dispatch_state::started;
    }
    [[nodiscard]] bool is_settled() const noexcept {
        return state != dispatch_state::intent && state != dispatch_state::unknown;
    }
    /// The answer is out, though a sign of life may have been faster.
    [[nodiscard]] bool awaits_answer(instant now) const noexcept {
        return state == dispatch_state::intent ||
               (state == dispatch_state::started && !answered_at && now < deadline_at);
    }
};

/// The W3C trace id of an attempt: 32 hex digits. It follows from the attempt's id (the digits of a
/// UUID, a hash of any other), so that record, log line and wire agree and nothing is stored.
[[nodiscard]] std::string trace_id_of(std::string_view dispatch);
/// What a request of the attempt carries as `traceparent`: `00-<trace id>-<span id>-01`.
[[nodiscard]] std::string traceparent_of(std::string_view dispatch);

/// A failure as kept with a bead (a ring of the newest 50).
struct kept_failure {
    dispatch_id dispatch;
    int attempt = 0;
    instant at{};
    agent_id agent;
    dispatch_error error;
};

/// A process that must end. Durable until the container confirms.
struct stop_order {
    agent_id agent;
    std::string reason;
    instant requested_at{};
    int tries = 0;          ///< Stop calls sent so far.
    instant next_try_at{};  ///< While a call is out: after its deadline.
    bead_id bead = {};      ///< What the agent was started for last. Read with the live rows only.
};

}  // namespace townd
