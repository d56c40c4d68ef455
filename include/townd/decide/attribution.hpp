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

struct charge {
    charge_level level = charge_level::none;
    verdict container = verdict::neutral;  ///< What the container's breaker is told.
    verdict agent = verdict::neutral;      ///< What the agent's breaker is told.
    bool park = false;                     ///< The bead waits until someone changes something.
};

/// Pure and total: every code at every stage has an answer.
[[nodiscard]] charge attribute(const dispatch_error& error, attempt_stage stage) noexcept;

}  // namespace townd
