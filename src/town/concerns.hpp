#pragma once
// What needs a mind: triage requests for a triage agent, escalations for a person.

#include "town/context.hpp"
#include "townd/decide/plan.hpp"

namespace townd::town {

inline constexpr std::string_view triage_request_label = "gt:triage-request";
inline constexpr std::string_view triage_label = "gt:triage";
/// Who makes requests and batches, as the original named it.
inline constexpr std::string_view patrol = "patrol";

/// A request, unless one of its kind on the same agent and bead is open.
void open_request(context& ctx, const open_triage& what);
/// The bead whose agent resolves these requests.
void start_batch(context& ctx, const start_triage& what);
/// An escalation, unless one of its category on the same bead is open. The mayor gets a notice.
void escalate_once(context& ctx, const townd::escalate& what);
/// Once more, louder.
void escalate_again(context& ctx, const bead_id& escalation);

}  // namespace townd::town
