#pragma once
// What is published of a town, and the sentence on the fleet.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/fleet.hpp"

namespace townd::engine {

/// Figures whose cost grows with what is over; taken at most once a second.
struct counted {
    store::bead_counts beads;
    std::vector<store::error_group> errors;
    int poison_events = 0;
};

/// The town as it stands at the end of a tick. Condition and problem come from its breakers, hold
/// and waiting beads.
[[nodiscard]] town_summary summarise(town::context& ctx, const live_rows& rows,
                                     const waiting_counts& waiting, const counted& counts);

/// The same summary after a tick that found nothing to do.
[[nodiscard]] std::shared_ptr<const town_summary> ticked_again(const town_summary& last,
                                                               instant now, instant next,
                                                               std::uint64_t ticks);

/// The original's `reconciler` object of a tick.
[[nodiscard]] json tick_metrics(town::context& ctx, const std::map<std::string, int>& by_type,
                                int actions);

/// A few sentences: each outage, the towns in trouble without one, the dominant cause, what is not
/// affected and when it is tried again. `orders`: what operators ordered, or nothing; it comes
/// first when nothing fails. Never empty.
[[nodiscard]] std::string verdict_of(const std::vector<std::shared_ptr<const town_summary>>& towns,
                                     const outage_board& outages, const std::string& orders,
                                     bool stopping, instant now);

}  // namespace townd::engine
