#pragma once
// Figures of the whole daemon, taken from the published snapshots.

#include <memory>
#include <vector>

#include "engine/fleet.hpp"
#include "sys/metrics.hpp"

namespace townd::app {

/// Sets the fleet's gauges. Called at each scrape.
void set_gauges(sys::metrics& counts,
                const std::vector<std::shared_ptr<const engine::town_summary>>& towns);

void set_order_gauges(sys::metrics& counts, const engine::operator_view& orders);
void set_outage_gauges(sys::metrics& counts, const outage_board& outages);

/// Uptime, threads, descriptors and memory of this process, and what is in flight.
[[nodiscard]] json runtime_facts(const engine::fleet& towns, instant started_at, instant now);

}  // namespace townd::app
