// Repaired towns are to dispatch again, and work that nothing is wrong with is not to wait.

#include <algorithm>

#include "sim/fleet_judge.hpp"

namespace townd::sim {
namespace {

constexpr duration late_work{10'000};  // What comes so long after the repair comes by itself.

}  // namespace

void fleet_judge::repaired(instant at, const std::vector<illness>& over) {
    std::map<int, std::vector<const illness*>> causes;
    for (const auto& ill : over)
        if (ill.fails() && !towns_[ill.town].gone) causes[ill.cause].push_back(&ill);
    for (const auto& [cause, ills] : causes) {
        int others = 0;
        for (const auto& [other, count] : cause_towns_)
            others += other != cause && count > 0 ? 1 : 0;
        std::set<std::uint32_t> towns;
        std::set<std::uint32_t> with_work;
        for (const auto* ill : ills) {
            towns.insert(ill->town);
            for (const auto& p : towns_[ill->town].places)
                if (ill->concerns(p.role, p.number) && !p.ready.empty())
                    with_work.insert(ill->town);
        }
        const auto left = cause_towns_.find(cause);
        const int ill_still = left == cause_towns_.end() ? 0 : left->second;
        const auto well = static_cast<double>(towns.size());
        healing h;
        h.at = at;
        h.stood = stopped(at);
        h.towns = std::max(1, static_cast<int>(with_work.size()));
        h.share = well / (well + static_cast<double>(ill_still));
        h.causes = 1 + others;
        for (const auto* ill : ills) {
            auto& t = towns_[ill->town];
            h.was = *ill;
            for (const auto role : {agent_role::polecat, agent_role::refinery}) {
                if (!ill->concerns(role)) continue;
                const bool still =
                    std::any_of(t.ills.begin(), t.ills.end(),
                                [&](const illness& one) { return one.concerns(role); });
                if (still) continue;
                std::erase_if(t.healings, [&](const healing& one) { return one.role == role; });
                h.role = role;
                t.healings.push_back(h);
            }
        }
    }
    if (over.empty()) return;
    // A cause that nobody has any more shares no pace.
    std::erase_if(cause_towns_, [](const auto& one) { return one.second <= 0; });
}

// Attempts from before the repair keep the place: one try at a time.
void fleet_judge::let_clear(instant at, std::uint32_t town, const attempt_row& a) {
    for (auto& h : towns_[town].healings)
        if (a.sent < h.at) h.clear = std::max(h.clear, at);
}

// Whether it took longer than it may.
bool fleet_judge::judge_healing(instant at, instant from, std::uint32_t town, const healing& h) {
    const bool alone = from > std::max({h.at, h.clear, towns_[town].spent_at}) + late_work;
    const int n = alone ? 1 : h.towns;
    duration most = limits_.back;
    if (n < limits_.many) most += limits_.back_shared / n;
    bound which = n >= limits_.many ? bound::repaired : bound::repaired_few;
    if (h.was.by_chance || h.share < 1.0) {
        which = h.was.by_chance ? bound::repaired_random : bound::repaired_part;
        most = std::max(most, limits_.back_max);
    }
    // Causes share one budget: each has its part of the tries.
    most *= h.causes;
    // Nothing is known before one has survived, or has done its work.
    duration first{0};
    if (h.was.stage == ill_stage::survived) first = limits_.rules.dispatch.survive_for;
    if (h.was.stage == ill_stage::done) first = facts_.session;
    const duration took = std::max(at - from - (stopped(at) - h.stood), duration{0});
    book_.saw(which, to_seconds(took), to_seconds(most + first), at, static_cast<int>(town), [&] {
        return "one of " + std::to_string(n) + " towns repaired at " + to_rfc3339(h.at) +
               " dispatches no " + std::string{to_text(h.role)} + " until " + to_words(took) +
               " after it could; " + std::to_string(h.causes) + " causes were at work";
    });
    return took > most + first;
}

void fleet_judge::dispatched(instant at, std::uint32_t town, const attempt_row& a) {
    auto& t = towns_[town];
    const auto& p = t.places[a.place];
    for (auto h = t.healings.begin(); h != t.healings.end();) {
        if (h->role != p.role || a.sent < h->at || !h->was.concerns(p.role, p.number)) {
            ++h;
            continue;
        }
        const instant from = std::max({a.ready_since, h->at, h->clear, t.spent_at});
        static_cast<void>(judge_healing(at, std::min(from, at), town, *h));
        count_part(at, std::min(from, at), *h);
        h = t.healings.erase(h);
    }
}

// How a repair of a part goes is a matter of draws: most of them are to be in time.
void fleet_judge::count_part(instant at, instant from, const healing& h) {
    if (h.share >= 1.0 || h.was.by_chance) return;
    duration most = limits_.back + duration{static_cast<duration::rep>(
                                       static_cast<double>(limits_.back_part.count()) / h.share)};
    if (h.towns < limits_.many) most += limits_.back_shared / h.towns;
    most *= h.causes;
    if (h.was.stage == ill_stage::survived) most += limits_.rules.dispatch.survive_for;
    if (h.was.stage == ill_stage::done) most += facts_.session;
    auto& took = parts_[{h.at, h.was.cause}];
    took.first = std::max(took.first, at - from - (stopped(at) - h.stood));
    took.second = std::max(took.second, most);
}

void fleet_judge::look_at_healings(instant at, std::uint32_t town) {
    auto& t = towns_[town];
    for (auto h = t.healings.begin(); h != t.healings.end();) {
        instant since = never;
        for (const auto& p : t.places)
            if (p.role == h->role && h->was.concerns(p.role, p.number))
                since = std::min(since, ready_since(p));
        if (since > at) {
            ++h;
            continue;
        }
        const instant from = std::max({since, h->at, h->clear, t.spent_at});
        h = judge_healing(at, from, town, *h) ? t.healings.erase(h) : std::next(h);
    }
}

instant fleet_judge::ready_since(const place_row& p) const noexcept {
    if (p.free_since == never || p.ready.empty()) return never;
    return std::max({p.free_since, p.ready.begin()->due, full_at_, p.hold});
}

// Nothing is wrong with the place: no fault of late, no failure, no second bad bead.
void fleet_judge::look_for_starved(instant at, std::uint32_t town) {
    auto& t = towns_[town];
    const auto long_ago = [&](instant when, duration span) {
        return when == instant{} || at - when > span;
    };
    for (const auto& p : t.places) {
        const instant since = std::max({ready_since(p), back_at_, t.spent_at});
        if (since >= at || p.role == agent_role::mayor) continue;
        if (is_ill(t, p.role, p.number) || !long_ago(p.ill_until, limits_.well_after) ||
            !long_ago(p.failed_at, hour) || !long_ago(p.many_bad, hour))
            continue;
        book_.saw(bound::starved, to_seconds(at - since), to_seconds(limits_.starved_after), at,
                  static_cast<int>(town), [&] {
                      return "bead " + p.ready.begin()->bead + " of " +
                             std::string{to_text(p.role)} + " in " + p.rig + " waits " +
                             to_words(at - since) + ", with a slot free and nothing wrong there";
                  });
    }
}

}  // namespace townd::sim
