#pragma once
// How agents and people reach the daemon.

#include <cstdint>
#include <functional>

#include "engine/fleet.hpp"

namespace townd::sim {

/// What came of a call, as its caller sees it.
enum class call_end : std::uint8_t { accepted, again, refused };

class town_api {
public:
    virtual ~town_api() = default;
    /// Work for a town, as an API handler makes it. False: nobody listens. A reply may never come.
    virtual bool call(std::uint32_t town, engine::town_work work, engine::reply done) = 0;
};

}  // namespace townd::sim
