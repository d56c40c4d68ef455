#pragma once
// What every handler of this face works with.

#include <memory>

#include "debug/debug.hpp"
#include "debug/read_slots.hpp"

namespace townd::debug {

struct face {
    engine::fleet& fleet;
    debug_options options;
    instant started_at;  ///< When the routes were added; stands in for the first tick.
    std::shared_ptr<read_slots> slots = std::make_shared<read_slots>();

    [[nodiscard]] instant now() const { return options.clock->now(); }
    [[nodiscard]] duration tick_interval() const {
        return options.tick_interval ? options.tick_interval() : duration{5'000};
    }
};
using shared_face = std::shared_ptr<const face>;

}  // namespace townd::debug
