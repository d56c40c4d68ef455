#pragma once
// Bugs that have been made before, planted outside the core: each must be seen by the oracle.

#include <string_view>
#include <vector>

#include "sim/world.hpp"

namespace townd::sim::test {

struct planted_bug {
    std::string_view name;
    plants (*plant)();
    container_model model;  ///< The one that shows it better.
    int seeds;              ///< Within so many it is found.
    bool survives = false;  ///< It does no harm that anyone could see; `why` says so.
    std::string_view why = {};
};

[[nodiscard]] const std::vector<planted_bug>& planted_bugs();

}  // namespace townd::sim::test
