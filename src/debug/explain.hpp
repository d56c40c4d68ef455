#pragma once
// Why a bead is, or is not, dispatched: every gate's answer, by the very function that ticks.

#include "debug/replies.hpp"

namespace townd::debug {

/// `{town, bead, dispatchable, reason, detail, gates[]}`. A terminal bead fails BeadNotReady; one
/// that does not exist is `not_found`.
[[nodiscard]] result<json> explain_bead(town::context& ctx, const bead_id& bead);
/// The same when the town cannot be read at all.
[[nodiscard]] json explain_unreadable(const engine::town_summary& town, const bead_id& bead);
/// `BackingOff: next attempt at ...` of an explanation; empty when nothing refuses.
[[nodiscard]] std::string refusal_of(const json& explanation);

}  // namespace townd::debug
