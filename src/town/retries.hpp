#pragma once
// What an operator may do to a bead that waits or failed. Both answer `{before, after, changed}`,
// each state as `{status, dispatch_attempts, failures_in_row, next_attempt_at, parked, reason}`.
//
// They run on the town's thread like every charge, on the row as it is: a charge that came before
// is undone by them, one that comes after counts from zero (incident row C4).

#include "town/context.hpp"
#include "townd/words/result.hpp"

namespace townd::town {

/// A failed bead is open again with all its counters cleared; a bead that waits, waits no more
/// (parked, next_attempt_at, failures in a row). `conflict` for a closed one.
[[nodiscard]] result<json> retry_now(context& ctx, const bead_id& id, std::string_view reason);

/// Sessions charged to the bead are forgotten; nothing else changes. `conflict` for a terminal
/// one: a failed bead is retried instead.
[[nodiscard]] result<json> reset_attempts(context& ctx, const bead_id& id, std::string_view reason);

}  // namespace townd::town
