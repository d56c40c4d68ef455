#pragma once
// Whose fault a failure was, as the world knows it. The core is never asked.

#include <cstdint>
#include <optional>

#include "townd/words/time.hpp"

namespace townd::sim {

enum class culprit : std::uint8_t {
    nobody,    ///< Nothing failed, or what failed is in order: a second start of one bead.
    platform,  ///< Containers, networks, hosts, providers: whatever the work is.
    bead,      ///< The work itself.
};

struct truth {
    culprit whose = culprit::nobody;
    int cause = -1;  ///< Place in world_options::faults; -1: none of them.
};

enum class start_outcome : std::uint8_t {
    took_effect,  ///< Answered with yes.
    refused,      ///< Answered 4xx (409, too), 429, or that the container drains.
    failed,       ///< Any other answer, or the request cannot have arrived.
    unanswered,   ///< It may have arrived, and there was no answer.
};

/// What the daemon was told of a start, and what there was to it.
struct start_end {
    start_outcome how = start_outcome::took_effect;
    bool began = false;         ///< By now an agent has begun, whatever was said; it may still.
    std::optional<int> status;  ///< Of the answer.
    std::optional<duration> retry_after;
};

}  // namespace townd::sim
