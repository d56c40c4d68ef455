#pragma once
// Who is to blame for an attempt that failed, as far as the error itself tells: how far it got,
// what its agent's breaker is told, and whether it concerns the container as a whole. Whether the
// bead is charged follows from the evidence of its place (design: outcomes and who is charged).

#include "townd/decide/breaker.hpp"
#include "townd/decide/evidence.hpp"
#include "townd/words/error.hpp"

namespace townd {

struct attributed {
    bool failure = true;  ///< False: nobody's, and it says nothing (we stopped it, our own bounds).
    stage at = stage::answered;
    verdict agent = verdict::neutral;  ///< What the agent's breaker is told.
    bool whole = false;                ///< It concerns the container, not a role in it.
    bool refused = false;  ///< The request as such was not taken: 4xx. May be the bead's own fault.
    bool asks_to_wait = false;  ///< 429, draining, a provider's limit.
    bool local = false;         ///< Nothing was sent.
    bool work = false;          ///< The work itself may be at fault: the bead may be charged.
};

/// Of a start that did not take effect. Pure and total: every code has an answer.
[[nodiscard]] attributed blame_start(const dispatch_error& error) noexcept;
/// Of a session; `survived`: it gave a heartbeat and lived for `survive_for`. `together`: agents of
/// the container fell silent at one moment (B4), which is one incident of the container.
[[nodiscard]] attributed blame_session(const dispatch_error& error, bool survived,
                                       bool together) noexcept;

/// What the place's evidence keeps of it.
[[nodiscard]] doubt_cause cause_of(const dispatch_error& error, const attributed& is);

}  // namespace townd
