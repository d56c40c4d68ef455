#pragma once
// Figures of the whole daemon, taken from the published snapshots.

#include <memory>
#include <vector>

#include "engine/fleet.hpp"
#include "sys/metrics.hpp"

namespace townd::app {

/// What is published of the fleet at one moment.
struct fleet_reading {
    std::vector<std::shared_ptr<const engine::town_summary>> towns;
    engine::operator_view orders;
    std::shared_ptr<const outage_board> outages;  ///< Never null.
    desk_figures budget;
    instant now{};
};
/// Sets the fleet's gauges. Called at each scrape.
void set_gauges(sys::metrics& counts, const fleet_reading& from);
/// The towns that do not dispatch, by role and gate. `per_town`: `none` of them, the `unhealthy`
/// ones, or `all` towns.
[[nodiscard]] std::vector<sys::town_trouble> troubles_of(
    const std::vector<std::shared_ptr<const engine::town_summary>>& towns,
    std::string_view per_town);

/// Uptime, threads, descriptors and memory of this process, and what is in flight.
[[nodiscard]] json runtime_facts(const engine::fleet& towns, instant started_at, instant now);

}  // namespace townd::app
