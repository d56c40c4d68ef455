#pragma once
// The whole fleet in one answer: what must be known in ten seconds.

#include "debug/overview.hpp"
#include "json/json.hpp"

namespace townd::debug {

/// Verdict, the five numbers, top causes, top reasons, outages and orders.
[[nodiscard]] json summary_json(const face& f, const overview& sum);

}  // namespace townd::debug
