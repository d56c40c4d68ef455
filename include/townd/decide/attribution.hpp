#pragma once
// Who is charged for an attempt that ended: exactly one level (design: outcomes and who is
// charged).

#include "townd/decide/breaker.hpp"
#include "townd/words/error.hpp"

namespace townd {

/// How far the attempt got before it failed.
enum class attempt_stage : std::uint8_t {
    start,          ///< The agent was not started.
    young_session,  ///< Started, and gone before it survived `survive_for` with a heartbeat.
    lived_session,  ///< Started, survived, and failed then.
};

/// What is known beside the error itself.
struct attempt_standing {
    attempt_stage stage = attempt_stage::start;
    bool in_outage = false;      ///< The town is a member of an outage of this role and cause.
    bool role_probe = false;     ///< The attempt is the probe of its role's breaker.
    bool lost_together = false;  ///< The container's agents fell silent together (B4).
};

struct charge {
    charge_level level = charge_level::none;
    verdict container = verdict::neutral;  ///< What the container's breaker is told.
    verdict agent = verdict::neutral;      ///< What the agent's breaker is told.
    verdict role = verdict::neutral;  ///< What its role's breaker is told, if it was its probe.
    bool park = false;                ///< The bead waits until someone changes something.
};

/// Pure and total: every code at every stage has an answer. The levels above take over: what many
/// towns fail for is charged to the outage, what several agents fail for to their role.
[[nodiscard]] charge attribute(const dispatch_error& error, const attempt_standing& is) noexcept;

}  // namespace townd
