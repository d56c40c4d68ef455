#pragma once
// Bugs in what a town keeps in order beside its starts.

#include "sim/world.hpp"

namespace townd::sim::test {

[[nodiscard]] plants failed_counts_as_landed();
[[nodiscard]] plants landing_without_waits();
[[nodiscard]] plants eviction_charged();
[[nodiscard]] plants drain_without_timeout();
[[nodiscard]] plants drain_forgotten();
[[nodiscard]] plants triage_without_bound();
[[nodiscard]] plants hooked_agent_swept();
[[nodiscard]] plants restarts_without_bound();
[[nodiscard]] plants nudged_again_and_again();
[[nodiscard]] plants review_closed_by_itself();

}  // namespace townd::sim::test
