#pragma once
// Who is told what came of an attempt: exactly one level is charged.

#include "town/context.hpp"
#include "townd/decide/attribution.hpp"

namespace townd::town {

/// `code: message`.
[[nodiscard]] std::string cause_of(const dispatch_error& error);

/// Tells the attempt's breakers.
void report(context& ctx, const dispatch& d, const charge& said, std::string_view cause);
/// The start failed for sure.
charge charge_start(context& ctx, const dispatch& d, const dispatch_error& error);
/// A session ended; `error` is null when it ended well.
charge charge_session(context& ctx, const dispatch& d, const dispatch_error* error);
/// The agent was started.
void charge_started(context& ctx, const dispatch& d);
/// The agent gave signs of life for as long as it takes to be believed.
void charge_survived(context& ctx, const dispatch& d);

}  // namespace townd::town
