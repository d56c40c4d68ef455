#include "sim/fleet_judge.hpp"

#include <algorithm>
#include <cmath>

namespace townd::sim {

fleet_judge::fleet_judge(fleet_bounds limits, fleet_facts facts)
    : limits_(std::move(limits)),
      facts_(std::move(facts)),
      towns_(static_cast<std::size_t>(facts_.towns)),
      now_(facts_.begin),
      planned_(static_cast<std::size_t>(facts_.towns)),
      elsewhere_(static_cast<std::size_t>(facts_.towns)) {
    for (std::uint32_t i = 0; i < facts_.illnesses.size(); ++i)
        planned_[facts_.illnesses[i].town].push_back(i);
    for (std::uint32_t i = 0; i < facts_.elsewhere.size(); ++i)
        elsewhere_[facts_.elsewhere[i].town].push_back(i);
    plan(facts_.begin + minute, due_kind::look, 0);
}

fleet_judge::place_row& fleet_judge::place_of(std::uint32_t town, agent_role role,
                                              std::string_view rig, std::size_t* which) {
    auto& places = towns_[town].places;
    auto found = std::find_if(places.begin(), places.end(), [&](const place_row& p) {
        return p.role == role && (role == agent_role::mayor || p.rig == rig);
    });
    if (found == places.end()) {
        place_row fresh;
        fresh.rig = rig;
        fresh.role = role;
        fresh.number = rig_number(rig);
        fresh.free_since = never;
        for (const auto i : planned_[town])
            if (facts_.illnesses[i].concerns(role, fresh.number)) fresh.spared = false;
        for (const auto i : elsewhere_[town])
            if (facts_.elsewhere[i].concerns(role, fresh.number)) fresh.spared = false;
        places.push_back(std::move(fresh));
        found = std::prev(places.end());
    }
    if (which != nullptr) *which = static_cast<std::size_t>(found - places.begin());
    return *found;
}

std::string fleet_judge::slot_key(const start_seen& what) {
    return what.rig + "/" + std::string{to_text(what.role)} + "/" + what.name;
}

bool fleet_judge::is_ill(const town_row& t, agent_role role, int rig) const noexcept {
    return std::any_of(t.ills.begin(), t.ills.end(),
                       [&](const illness& ill) { return ill.concerns(role, rig); });
}

void fleet_judge::plan(instant at, due_kind what, std::uint32_t town, std::string id) {
    dues_.push({at, what, town, std::move(id)});
}

// Faults begin and end, and what is due is looked at, in the order of time.
void fleet_judge::pass(instant at) {
    for (;;) {
        const instant begins =
            begun_ < facts_.illnesses.size() ? facts_.illnesses[begun_].from : never;
        const instant ends = ends_.empty() ? never : ends_.begin()->first;
        const instant dues = dues_.empty() ? never : dues_.top().at;
        const instant next = std::min({begins, ends, dues});
        if (next > at) break;
        now_ = std::max(now_, next);
        if (ends == next) {
            std::vector<illness> over;
            while (!ends_.empty() && ends_.begin()->first == next) {
                over.push_back(ends_.begin()->second);
                ends_.erase(ends_.begin());
            }
            end_illnesses(next, std::move(over));
        } else if (begins == next) {
            begin_illness(next, facts_.illnesses[begun_++]);
        } else {
            const due one = dues_.top();
            dues_.pop();
            come_due(one);
        }
    }
    now_ = std::max(now_, at);
    if (full_hour_) stand(now_);
}

void fleet_judge::begin_illness(instant at, const illness& planned) {
    auto& t = towns_[planned.town];
    if (over_ || t.gone) return;
    illness ill = planned;
    int sessions = 0;
    for (const auto role : {agent_role::polecat, agent_role::refinery, agent_role::mayor}) {
        if (!ill.concerns(role)) continue;
        // One that comes back within the hour is as one that comes and goes by chance.
        const instant before = t.ill_until[index_of(role)];
        if (before != instant{} && at - before < hour) ill.by_chance = true;
    }
    for (const auto& [id, a] : t.attempts) {
        const auto& p = t.places[a.place];
        if (ill.concerns(p.role, p.number) && (a.runs || a.counted)) ++sessions;
    }
    std::erase_if(t.healings, [&](const healing& h) { return ill.concerns(h.role); });
    if (ill.fails()) {
        if (beginnings_.empty() || beginnings_.back().at != at) beginnings_.push_back({at, 0});
        // What runs when sessions begin to fail fails with them.
        if (ill.stage > ill_stage::answered) beginnings_.back().sessions += sessions;
        ++cause_towns_[ill.cause];
        book_.report().hung = book_.report().hung || ill.hangs;
    }
    t.ills.push_back(ill);
    ends_.emplace(ill.until, ill);
    recount(at, ill.town);
}

void fleet_judge::end_illnesses(instant at, std::vector<illness> over) {
    for (const auto& ill : over) {
        auto& t = towns_[ill.town];
        const auto found = std::find_if(t.ills.begin(), t.ills.end(), [&](const illness& one) {
            return one.cause == ill.cause && one.until == ill.until && one.from == ill.from &&
                   one.role == ill.role && one.first_rig == ill.first_rig;
        });
        if (found != t.ills.end()) t.ills.erase(found);
        if (ill.fails()) --cause_towns_[ill.cause];
        for (auto& p : t.places)
            if (ill.concerns(p.role, p.number)) p.ill_until = at;
        for (std::size_t role = 0; role < agent_role_count; ++role)
            if (ill.fails() && ill.concerns(static_cast<agent_role>(role))) t.ill_until[role] = at;
        recount(at, ill.town);
    }
    repaired(at, over);
}

void fleet_judge::faults_end(instant at) {
    pass(at);
    over_ = true;
    std::vector<illness> ended;
    for (const auto& [until, ill] : ends_)
        ended.push_back(ill);
    ends_.clear();
    for (auto& t : towns_)
        for (auto& ill : t.ills)
            for (auto& one : ended)
                if (one.cause == ill.cause && one.town == ill.town) one.until = ill.until;
    end_illnesses(at, std::move(ended));
}

void fleet_judge::come_due(const due& what) {
    auto& t = towns_[what.town];
    switch (what.what) {
        case due_kind::look:
            look(what.at);
            plan(what.at + minute, due_kind::look, 0);
            return;
        case due_kind::refund:
            check_refunds(what.at, what.id);
            return;
        case due_kind::settle: {
            const auto found = t.attempts.find(what.id);
            if (found == t.attempts.end() || found->second.unknown_since == instant{}) return;
            const duration most = limits_.rules.dispatch.start_timeout +
                                  limits_.rules.dispatch.heartbeat_timeout + limits_.settle_slack;
            const duration lasts = what.at - std::max(found->second.sent, back_at_);
            if (down_ || lasts < most) {
                plan(what.at + std::max(most - lasts, duration{1'000}), due_kind::settle, what.town,
                     what.id);
                return;
            }
            book_.saw(bound::unsettled, to_seconds(lasts) + 0.001, to_seconds(most), what.at,
                      static_cast<int>(what.town), [&] {
                          return "start " + what.id + " of bead " + found->second.bead +
                                 " is unknown for " + to_words(lasts);
                      });
            return;
        }
        case due_kind::restart:
            if (t.cut_off_back == instant{} || down_) return;
            book_.saw(bound::restart, to_seconds(what.at - t.cut_off_back),
                      to_seconds(limits_.restart_within), what.at, static_cast<int>(what.town),
                      [&] {
                          return "a start was in flight when the daemon was killed, and " +
                                 to_words(what.at - t.cut_off_back) +
                                 " after its return no other bead of the town was started";
                      });
            return;
    }
}

void fleet_judge::look(instant at) {
    if (down_) return;
    for (std::uint32_t town = 0; town < towns_.size(); ++town) {
        if (towns_[town].gone) continue;
        note_spent(at, towns_[town]);
        if (!towns_[town].healings.empty()) look_at_healings(at, town);
        look_for_starved(at, town);
    }
    look_at_outages(at);
}

// The clock of what is repaired stands while there is no room or nobody who could use it.
void fleet_judge::stand(instant at) {
    bool begins = false;
    forget(failures_, at - hour);
    full_hour_ =
        limits_.shares() && static_cast<int>(failures_.size()) >= fleet_limit(at, begins) - 1;
    const bool stands = full_hour_ || down_;
    if (stands == (stands_since_ != instant{})) return;
    if (stands) {
        stands_since_ = at;
        return;
    }
    stood_ += at - stands_since_;
    stands_since_ = {};
}

duration fleet_judge::stopped(instant at) const noexcept {
    return stood_ + (stands_since_ == instant{} ? duration{0} : at - stands_since_);
}

void fleet_judge::daemon_gone(instant at) {
    pass(at);
    if (down_) return;
    down_ = true;
    stand(at);
    in_flight_ = 0;
    for (std::uint32_t town = 0; town < towns_.size(); ++town) {
        auto& t = towns_[town];
        t.cut_off_back = {};
        t.cut_off = false;
        for (auto& p : t.places)
            p.in_flight = 0;
        for (auto& [id, a] : t.attempts) {
            if (a.counted) t.cut_off = true;
            a.counted = false;
        }
        weigh(at, town);
    }
}

void fleet_judge::daemon_paused(instant at) {
    pass(at);
    down_ = true;
    stand(at);
    for (auto& t : towns_)
        t.cut_off = false;
}

void fleet_judge::daemon_back(instant at) {
    pass(at);
    if (!down_) return;
    down_ = false;
    back_at_ = at;
    stand(at);
    stood_ += duration{30'000};  // A restart begins without a try to spare.
    for (std::uint32_t town = 0; town < towns_.size(); ++town) {
        auto& t = towns_[town];
        const bool well = t.ills.empty() &&
                          std::all_of(t.ill_until.begin(), t.ill_until.end(), [&](instant until) {
                              return until == instant{} || at - until > limits_.echo;
                          });
        const bool work = std::any_of(t.places.begin(), t.places.end(), [&](const place_row& p) {
            return p.role != agent_role::mayor && ready_since(p) <= at;
        });
        if (!t.cut_off || !well || !work || t.gone) continue;
        t.cut_off_back = at;
        plan(at + limits_.restart_within + duration{1}, due_kind::restart, town);
    }
}

void fleet_judge::town_gone(instant at, std::uint32_t town) {
    pass(at);
    auto& t = towns_[town];
    for (const auto& [id, a] : t.attempts)
        if (a.counted) --in_flight_;
    for (auto it = ends_.begin(); it != ends_.end();) {
        if (it->second.town != town) {
            ++it;
            continue;
        }
        if (it->second.fails()) --cause_towns_[it->second.cause];
        it = ends_.erase(it);
    }
    t.ills.clear();
    t.work = 0;
    recount(at, town);
    const auto kept = std::move(t.failures);
    const bool counts = t.counts;
    const instant until = t.counted_until;
    t = town_row{};
    t.failures = kept;
    t.counts = counts;
    t.counted_until = until;
    t.gone = true;
}

fleet_report fleet_judge::finish(instant at, bool settled) {
    pass(at);
    look(at);
    if (settled) {
        check_lost(at);
        check_closed(at);
    }
    auto& told = book_.report();
    told.parts = static_cast<int>(parts_.size());
    for (const auto& [which, took] : parts_)
        told.late_parts += took.first > took.second ? 1 : 0;
    std::uint64_t before = 0;
    for (std::size_t i = 0; i < waits_.size(); ++i) {
        before += waits_[i];
        if (told.healthy_wait_p99 == duration{0} && before * 100 >= told.healthy_waits * 99 &&
            before > 0)
            told.healthy_wait_p99 =
                duration{static_cast<duration::rep>(std::pow(1.01, static_cast<double>(i + 1)))};
    }
    return told;
}

}  // namespace townd::sim
