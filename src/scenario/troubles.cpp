// What a collector counts of failures as the world knows them.

#include "scenario/collector.hpp"

namespace townd::scenario {
namespace {

using std::chrono::hours;

}  // namespace

// A town has its first hour, which may cost more, and all later ones.
void collector::trouble_of(instant at, int town) {
    auto& t = towns_[static_cast<std::size_t>(town)];
    if (t.first_trouble == instant{}) t.first_trouble = at;
    const bool first = at < t.first_trouble + hours{1};
    t.troubles.push_back(at);
    const instant oldest = first ? t.first_trouble : std::max(at, t.first_trouble) - hours{1};
    while (t.troubles.front() < oldest ||
           (!first && t.troubles.front() < t.first_trouble + hours{1}))
        t.troubles.pop_front();
    auto& most = first ? out_.troubles_of_a_town_first_hour : out_.troubles_of_a_town_later_hour;
    most = std::max(most, static_cast<int>(t.troubles.size()));
}

void collector::start_answered(instant at, int town, agent_role, const bead_id& bead,
                               const sim::start_end& end, sim::truth why) {
    if (end.how == sim::start_outcome::took_effect) return;
    if (why.whose == sim::culprit::bead) {
        if (const auto found = beads_.find(bead); found != beads_.end()) ++found->second.own;
        return;
    }
    if (why.whose != sim::culprit::platform) return;
    auto& now = minute_of(at);
    ++now.troubles;
    if (end.how == sim::start_outcome::refused) ++out_.starts_refused;
    trouble_of(at, town);
}

void collector::session_broke(instant at, int town, agent_role, const bead_id& bead,
                              sim::truth why) {
    if (why.whose == sim::culprit::bead) {
        if (const auto found = beads_.find(bead); found != beads_.end()) ++found->second.own;
        return;
    }
    ++minute_of(at).troubles;
    ++out_.sessions_failed_by_platform;
    trouble_of(at, town);
}

void collector::bead_stored(instant, int, const bead& what) {
    const auto found = beads_.find(what.id);
    if (found == beads_.end()) return;
    found->second.parked = what.parked;
    found->second.charged = what.dispatch_attempts;
}

// Its work is nobody's any more.
void collector::town_deleted(instant, int town) {
    std::erase_if(beads_, [&](const auto& each) { return each.second.town == town; });
    towns_[static_cast<std::size_t>(town)].waiting = 0;
    for (std::size_t i = 0; i < healings_.size(); ++i) {
        if (!healings_[i].waits[static_cast<std::size_t>(town)]) continue;
        healings_[i].waits[static_cast<std::size_t>(town)] = false;
        --healings_[i].left;
        --out_.repairs[i].towns;
    }
}

}  // namespace townd::scenario
