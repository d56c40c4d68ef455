#pragma once
// Fleets in trouble, and bugs of their policy: each bug must be found by the bound that it breaks.

#include <string_view>
#include <vector>

#include "sim/world.hpp"

namespace townd::sim::test {

/// A fleet, what goes wrong, and how long it runs.
struct judged_world {
    std::string_view name;
    world_options (*make)();
    duration runs{7'200'000};   ///< With its faults as planned.
    duration heals{7'200'000};  ///< Until its work is over; 0: it is not awaited.
};
[[nodiscard]] const std::vector<judged_world>& judged_worlds();
[[nodiscard]] const judged_world& judged_world_named(std::string_view name);
/// Runs it to its end. `plant`: a bug, or nothing.
[[nodiscard]] fleet_report judge_world(const judged_world& which, plants plant = {},
                                       std::uint64_t seed = 1);

struct fleet_bug {
    std::string_view name;
    std::string_view world;
    plants (*plant)();
    std::vector<bound> finds;  ///< One of these must be broken.
};
[[nodiscard]] const std::vector<fleet_bug>& fleet_bugs();

}  // namespace townd::sim::test
