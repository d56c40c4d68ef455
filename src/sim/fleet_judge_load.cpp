// The load that failures put on a fleet, in sliding hours.

#include <algorithm>

#include "sim/fleet_judge.hpp"

namespace townd::sim {

// A town counts as ill for an hour after it last was ill and had work.
void fleet_judge::recount(instant at, std::uint32_t town) {
    auto& t = towns_[town];
    const bool counts = t.work > 0 && std::any_of(t.ills.begin(), t.ills.end(),
                                                  [](const illness& i) { return i.fails(); });
    if (counts == t.counts) return;
    t.counts = counts;
    if (counts) {
        ++ill_now_;
        if (t.counted_until != instant{}) --ill_before_;
        t.counted_until = {};
    } else {
        --ill_now_;
        ++ill_before_;
        t.counted_until = at;
        were_ill_.emplace_back(at, town);
    }
}

int fleet_judge::ill_within_hour(instant at) {
    while (!were_ill_.empty() && were_ill_.front().first <= at - hour) {
        auto& t = towns_[were_ill_.front().second];
        if (t.counted_until == were_ill_.front().first) {
            --ill_before_;
            t.counted_until = {};
        }
        were_ill_.pop_front();
    }
    const int out = ill_now_ + ill_before_;
    book_.report().ill_towns = std::max(book_.report().ill_towns, out);
    return out;
}

int fleet_judge::fleet_limit(instant at, bool& begins) {
    while (!beginnings_.empty() && beginnings_.front().at + limits_.beginning <= at - hour)
        beginnings_.pop_front();
    begins = !beginnings_.empty();
    int sessions = 0;
    for (const auto& one : beginnings_)
        sessions += one.sessions;
    return std::max(ill_within_hour(at), sessions) +
           (begins ? limits_.first_hour_more : limits_.hour_more);
}

void fleet_judge::failure(instant at, std::uint32_t town, std::string_view what) {
    ++book_.report().failures;
    failures_.push_back(at);
    forget(failures_, at - hour);
    if (limits_.shares()) {
        bool begins = false;
        const int limit = fleet_limit(at, begins);
        const auto count = failures_.size();
        book_.saw(begins ? bound::fleet_first_hour : bound::fleet_hour, static_cast<double>(count),
                  limit, at, -1, [&] {
                      return std::to_string(count) + " failures of the fleet within an hour, " +
                             std::to_string(ill_within_hour(at)) + " towns ill with work; here " +
                             std::string{what};
                  });
        stand(at);
    }
    auto& t = towns_[town];
    if (t.newest_failure == instant{} || at - t.newest_failure > hour) t.first_failure = at;
    t.newest_failure = at;
    t.failures.push_back(at);
    forget(t.failures, at - hour);
    const bool first = t.first_failure + limits_.beginning > at - hour;
    const auto count = t.failures.size();
    book_.saw(first ? bound::town_first_hour : bound::town_hour, static_cast<double>(count),
              first ? limits_.town_first_hour : limits_.town_hour, at, static_cast<int>(town), [&] {
                  return std::to_string(count) + " failures of the town within an hour; here " +
                         std::string{what};
              });
}

// The last walls, whatever else is decided.
void fleet_judge::check_budgets(instant at, const start_seen& what) {
    auto& t = towns_[what.town];
    const int town = static_cast<int>(what.town);
    if (what.role == agent_role::mayor) return;
    const auto& rules = limits_.rules.dispatch;
    t.starts.push_back(at);
    forget(t.starts, at - hour - minute);
    const auto starts =
        t.starts.end() - std::upper_bound(t.starts.begin(), t.starts.end(), at - hour);
    book_.saw(bound::start_budget, static_cast<double>(starts), rules.starts_per_hour, at, town,
              [&] { return std::to_string(starts) + " starts of the town in an hour"; });
    // The hour is kept in minutes, by when the request was made: the oldest may be forgotten.
    forget(t.failed_starts, at - hour - minute);
    const auto failed =
        t.failed_starts.end() -
        std::upper_bound(t.failed_starts.begin(), t.failed_starts.end(), at - (hour - 3 * minute));
    if (failed == 0) return;
    book_.saw(bound::failed_budget, static_cast<double>(failed + 1), rules.failed_starts_per_hour,
              at, town, [&] {
                  return "a start after " + std::to_string(failed) +
                         " failed ones of the town within an hour";
              });
}

// One that runs is handed its letters: it is started for the first of them.
void fleet_judge::mayor_began(instant at, std::uint32_t town) {
    auto& t = towns_[town];
    t.mayors.push_back(at);
    forget(t.mayors, at - hour);
    forget(t.letters, at - hour);
    const auto idle = static_cast<double>(t.mayors.size()) -
                      static_cast<double>(std::min(t.letters.size(), t.mayors.size()));
    book_.saw(bound::mayor, idle, limits_.mayor_starts, at, static_cast<int>(town), [&] {
        return "the mayor was started " + std::to_string(t.mayors.size()) +
               " times within an hour and answered " + std::to_string(t.letters.size()) +
               " letters";
    });
}

// Who has used up its hour waits for that, and for nothing else. Minutes count as a whole.
void fleet_judge::note_spent(instant at, town_row& t) {
    forget(t.starts, at - hour - minute);
    forget(t.not_started, at - hour - minute);
    const auto& rules = limits_.rules.dispatch;
    if (static_cast<int>(t.starts.size()) >= rules.starts_per_hour ||
        static_cast<int>(t.not_started.size()) >= rules.failed_starts_per_hour)
        t.spent_at = at;
}

}  // namespace townd::sim
