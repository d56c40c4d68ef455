#pragma once
// What pages take from the fleet's recent history; without a history all of it is empty.

#include "debug/overview.hpp"

namespace townd::debug {

/// A cause of failures, as far as the process has seen it or towns have it on record.
struct known_cause {
    engine::cause what;
    bool has_history = false;  ///< Seen by this process: `by_minute`, `last_hour`, `samples`.
    int towns_on_record = 0;

    [[nodiscard]] int towns() const { return has_history ? what.towns_last_hour : towns_on_record; }
};
/// Those of the last hour first, then by towns and count. `sum` adds what was before this start.
[[nodiscard]] std::vector<known_cause> causes_of(const face& f, const overview& sum);
[[nodiscard]] std::optional<known_cause> cause_of(const face& f, const overview& sum,
                                                  const std::string& fingerprint);

/// The newest minutes, the oldest first, the running one last: from the first in which anything
/// happened, at least half an hour, at most `count`.
[[nodiscard]] std::vector<engine::minute_counts> minutes_of(const face& f, int count);
/// How many towns were well `minutes` ago, and of how many; empty when nobody looked.
[[nodiscard]] std::optional<engine::minute_counts> minute_before(const face& f, int minutes);

[[nodiscard]] engine::event_page events_of(const face& f, const engine::event_query& which);
[[nodiscard]] std::vector<engine::breaker_transition> transitions_of(const face& f,
                                                                     const town_id& town,
                                                                     const std::string& key);

}  // namespace townd::debug
