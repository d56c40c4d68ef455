#pragma once
// What stands on top of the first page: what is wrong, and what people ordered.

#include "debug/html.hpp"
#include "debug/recent.hpp"

namespace townd::debug {

[[nodiscard]] markup verdict_block(const face& f, const overview& sum,
                                   const std::vector<known_cause>& causes);

}  // namespace townd::debug
