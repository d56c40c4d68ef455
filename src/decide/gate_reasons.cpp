// How operators see the gates' reasons.

#include <array>

#include "townd/decide/gate.hpp"

namespace townd {
namespace {

constexpr std::array<std::string_view, gate_reason_count> reasons{
    "DaemonDraining",   "DaemonPaused",   "TownUnreadable",
    "TownPaused",       "TownDraining",   "RigPaused",
    "RolePaused",       "BeadNotReady",   "BeadNotDispatchable",
    "RigNotConfigured", "AlreadyRunning", "AttemptsExhausted",
    "Parked",           "BackingOff",     "BreakerForcedOpen",
    "OutageOpen",       "BreakerOpen",    "ProbeInFlight",
    "BudgetExceeded",   "NoFreeAgent",    "SlowStart",
    "ConcurrencyLimit", "Dispatchable"};

}  // namespace

std::string_view to_text(gate_reason reason) noexcept {
    return reasons[static_cast<std::size_t>(reason)];
}

}  // namespace townd
