#pragma once
// The fleet's outage coordinator in virtual time: the same pure policy as the daemon's.

#include "townd/decide/outage.hpp"

namespace townd::sim {

/// What the daemon keeps of outages over its own end.
struct saved_coordinator {
    std::vector<saved_outage> outages;
};

}  // namespace townd::sim
