#pragma once
// Two answers in the original's shape, for the scripts and hands that know them (domain: debug
// routes). Names are the original's: camelCase, unlike the rest of this face.

#include "debug/replies.hpp"

namespace townd::debug {

/// `{alarmStatus, agentMeta[], beadSummary[]}`.
[[nodiscard]] json original_status(town::context& ctx, const engine::town_summary& summary,
                                   duration interval);
/// `{draining, drainNonce, drainStartedAt}`.
[[nodiscard]] json drain_status(town::context& ctx);
/// `{actions[], metrics{...}}`: what the next tick would do. Nothing is applied.
[[nodiscard]] json dry_run(town::context& ctx);

}  // namespace townd::debug
