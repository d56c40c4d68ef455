// Who may try now: paced probes, recovery sweeps, and places that earn their freedom.

#include <algorithm>
#include <vector>

#include "townd/decide/backoff.hpp"
#include "townd/decide/retry_desk.hpp"

namespace townd {
namespace {

constexpr duration unused_pause{2'000};
constexpr int unused_max = 5;   // Times that a town may give its turn in a sweep back.
constexpr int sweep_first = 4;  // Tries of a sweep side by side, at first.
constexpr duration sweep_idle{60'000};
// Of a town's own bound: a sweep leaves so much for paced probes, these so much for what never
// failed or begins to succeed, and for the first failure of a place that was well.
constexpr int careful_overdraft = 10;
constexpr int kept_by_sweep = 1;
constexpr int kept_by_probe = 3;
constexpr int big_group = 20;  // So many members are to be tried each 30 s, whatever else fails.

// Members of a small group must not be tried at one moment, or all wait as long as one.
duration spacing(const doubt_told& d, instant failed_at, std::size_t members) {
    if (members < 2) return duration{0};
    const duration wait = std::max(duration{0}, d.next_try - failed_at);
    return wait * 8 / (10 * static_cast<std::int64_t>(members));
}

}  // namespace

int retry_desk::kept_of_town(const member& m, lease_kind as, const policy& rules) const {
    if (as == lease_kind::sweep) return kept_by_sweep;
    if (m.doubt.fresh || m.doubt.earning) return 0;
    // Nobody else needs the token.
    const bool idle = budget_.tokens() >= static_cast<double>(rules.retry.burst) - 0.5;
    return idle ? kept_by_sweep : kept_by_probe;
}

// What failed itself tells more of the container than what never had a try.
bool retry_desk::is_left_to_another(const member_key& who, const member& m) const {
    if (m.doubt.own) return false;
    for (const auto role : {agent_role::polecat, agent_role::refinery, agent_role::mayor}) {
        const auto found = members_.find({who.first, role});
        if (found != members_.end() && found->second.doubt.own && !found->second.doubt.soft &&
            (found->second.wants || found->second.lease != 0))
            return true;
    }
    return false;
}

// Roles of one town share its bound, and are not started side by side.
bool retry_desk::may_have_lease(const member_key& who, const member& m, lease_kind as, instant now,
                                const policy& rules) const {
    if (m.lease != 0 || !m.wants || m.doubt.soft) return false;
    if (m.ask_again > now || m.doubt.asked_until > now) return false;
    if (!budget_.town_may_try(who.first, now, kept_of_town(m, as, rules))) return false;
    if (m.doubt.fresh && as != lease_kind::sweep) return true;
    if (is_left_to_another(who, m)) return false;
    int others = 0;
    for (const auto role : {agent_role::polecat, agent_role::refinery, agent_role::mayor}) {
        const auto found = members_.find({who.first, role});
        if (role == who.second || found == members_.end() || found->second.doubt.soft) continue;
        ++others;
        if (found->second.lease != 0 && !found->second.answered) return false;
    }
    if (as != lease_kind::paced) return true;
    // Rigs and roles that fail side by side share the town's bound: its hour must not be used up
    // in minutes, or what is repaired then waits for the hour's end.
    const int failed = budget_.of(who.first) - 1 - std::max(1, others);
    if (failed < 0) return true;
    const duration most = rules.retry.max / 2 + rules.retry.then;
    return now >= budget_.last_of(who.first) + grown(rules.retry.first, failed, most);
}

void retry_desk::grant(const member_key& who, member& m, lease_kind as, instant now,
                       const policy& rules) {
    m.lease = ++leases_;
    m.of = as;
    m.lease_began = now;
    m.lease_ends = now + rules.outage.lease;
    m.granted_at = now;
    m.answered = false;
    m.slow = false;
    leased_.insert(who);
    if (group* g = group_of(m); g != nullptr) {
        if (as == lease_kind::paced) g->served_at = now;
        if (as == lease_kind::sweep) {
            ++g->heal.out;
            ++g->heal.done;
            g->heal.moved = now;
        }
        if (g->outage) {
            if (as == lease_kind::paced) {
                ++g->outage->probes_sent;
                g->outage->last_probe = who.first;
            }
            g->outage->swept = g->heal.on ? g->heal.done : 0;
            changed_.insert(g->outage->id);
        }
    }
    say(who, m);
}

void retry_desk::end_lease(const member_key& who, member& m, verdict said, instant now,
                           const policy& rules) {
    const lease_kind was = m.of;
    group* g = group_of(m);
    if (was == lease_kind::paced && said != verdict::failure) budget_.give_back(rules.retry);
    if (was == lease_kind::paced && said == verdict::failure && g != nullptr && g->outage) {
        ++g->outage->probes_failed;
        changed_.insert(g->outage->id);
    }
    if (was == lease_kind::sweep) {
        if (g != nullptr && !m.slow) {
            --g->heal.out;
            g->heal.good = said == verdict::success;
            if (g->heal.good) ++g->heal.width;
        }
        if (said == verdict::failure) m.swept_in_vain.push_back(now);
        if (said == verdict::neutral && g != nullptr && g->heal.on && m.returned < unused_max)
            g->heal.todo.insert({m.doubt.failures, who.first});
    }
    if (was == lease_kind::unpaced && said == verdict::failure)
        unpaced_from_ = now + 2 * rules.retry.then;
    if (said == verdict::neutral) m.ask_again = now + unused_pause;
    if (said != verdict::neutral) m.returned = 0;
    m.lease = 0;
    m.of = lease_kind::none;
    m.answered = false;
    leased_.erase(who);
    say(who, m);
}

void retry_desk::begin_sweep(group& g, instant now) {
    g.heal.good = true;
    if (g.heal.on || g.members.size() < 2) return;
    g.heal.on = true;
    g.heal.width = sweep_first;
    // Sessions are long: where one survives or is done, all are let go at once, one each.
    if (g.at != stage::answered) g.heal.width = static_cast<int>(g.members.size());
    g.heal.out = 0;
    g.heal.done = 0;
    g.heal.good = true;
    g.heal.began = now;
    g.heal.moved = now;
    g.heal.todo.clear();
    for (const auto& town : g.members) {
        member& m = members_.at({town, g.role});
        m.returned = 0;
        if (m.lease == 0 && !m.doubt.soft) g.heal.todo.insert({m.doubt.failures, town});
    }
    if (g.outage && g.outage->phase != outage_phase::recovering) {
        g.outage->phase = outage_phase::recovering;
        tell(outage_event::kind::recovering, g, now);
    }
}

// One whose try was out when its group healed has its turn when that is over.
void retry_desk::sweep_again(group& g, const member_key& who, instant now) {
    if (!g.heal.on) {
        g.heal = {};
        g.heal.on = true;
        g.heal.width = sweep_first;
        g.heal.good = true;
        g.heal.began = g.healed_at;
    }
    g.heal.moved = now;
    g.heal.todo.insert({members_.at(who).doubt.failures, who.first});
}

void retry_desk::sweep_on(group& g, instant now, const policy& rules) {
    auto& todo = g.heal.todo;
    for (auto at = todo.begin(); at != todo.end() && g.heal.out < g.heal.width;) {
        const member_key who{at->second, g.role};
        const auto found = members_.find(who);
        if (found == members_.end() || found->second.lease != 0) {
            at = todo.erase(at);
            continue;
        }
        member& m = found->second;
        auto& vain = m.swept_in_vain;
        while (!vain.empty() && now - vain.front() >= retry_window)
            vain.pop_front();
        if (static_cast<int>(vain.size()) >= rules.retry.sweeps_per_town ||
            !budget_.town_may_try(who.first, now, kept_by_sweep)) {
            at = todo.erase(at);
            continue;
        }
        // One that failed a moment ago was tried for this repair already.
        const instant tried =
            m.failed_of < g.heal.began ? instant{} : m.failed_at + rules.retry.then;
        const instant again = std::max({m.ask_again, m.doubt.asked_until, tried});
        if (again > now || !may_have_lease(who, m, lease_kind::sweep, now, rules)) {
            if (again > now) next_due_ = std::min(next_due_, again);
            ++at;
            continue;
        }
        const int out = static_cast<int>(leased_.size());
        const int left = budget_.left(out, now, rules.retry);
        const bool goes_well = g.heal.good && g.heal.out < 2 && left > 0;
        if (left <= budget_.kept(now)) {
            if (!goes_well) {
                next_due_ = std::min(next_due_, now + duration{1'000});
                return;
            }
            g.heal.good = false;  // One for each success.
        }
        at = todo.erase(at);
        grant(who, m, lease_kind::sweep, now, rules);
    }
    const bool idle = g.heal.out <= 0 && now - g.heal.moved >= sweep_idle;
    if (!todo.empty() && !idle) {
        next_due_ = std::min(next_due_, std::max(now + duration{1'000}, g.heal.moved + sweep_idle));
        return;
    }
    if (g.heal.out > 0) return;
    g.heal.on = false;
    todo.clear();
    if (g.outage && g.outage->phase == outage_phase::recovering && !g.members.empty()) {
        g.outage->phase = outage_phase::probing;
        g.outage->swept = 0;
        tell(outage_event::kind::probing, g, now);
    }
}

// One that succeeded and must do so again goes on at once; so does one that never failed itself, in
// a town where others do, as long as the fleet can afford that it fails.
void retry_desk::try_unpaced(instant now, const policy& rules) {
    const std::vector<member_key> all{unpaced_.begin(), unpaced_.end()};
    for (const auto& who : all) {
        member& m = members_.at(who);
        if (!may_have_lease(who, m, lease_kind::unpaced, now, rules)) {
            if (m.wants && m.lease == 0 && m.ask_again > now)
                next_due_ = std::min(next_due_, m.ask_again);
            continue;
        }
        const int left = budget_.left(static_cast<int>(leased_.size()), now, rules.retry);
        // With little left one at a time tells whether the others need fear: what is well must not
        // wait for what others have spent.
        const bool alone = std::none_of(all.begin(), all.end(), [&](const member_key& other) {
            return members_.at(other).lease != 0;
        });
        const bool careful = alone && unpaced_from_ <= now && left > -careful_overdraft;
        if (left <= (m.doubt.earning ? 0 : rules.retry.per_hour / 2) && !careful) {
            if (alone && unpaced_from_ > now) next_due_ = std::min(next_due_, unpaced_from_);
            continue;
        }
        grant(who, m, lease_kind::unpaced, now, rules);
    }
}

retry_desk::member* retry_desk::best_of(group& g, instant now, const policy& rules, town_id& town,
                                        instant& next) {
    member* best = nullptr;
    std::size_t waiting = 0;
    for (const auto& each : g.members)
        if (const member& m = members_.at({each, g.role}); m.wants && !m.doubt.soft) ++waiting;
    for (const auto& each : g.members) {
        const member_key who{each, g.role};
        member& m = members_.at(who);
        if (!m.wants || m.lease != 0 || m.doubt.soft) continue;
        const instant due = std::max(
            {m.doubt.next_try, m.ask_again, g.served_at + spacing(m.doubt, m.failed_at, waiting)});
        if (due > now) {
            next = std::min(next, due);
            continue;
        }
        if (!may_have_lease(who, m, lease_kind::paced, now, rules)) {
            next = std::min(next, now + duration{5'000});
            continue;
        }
        const auto rank = [](const member& of) {
            return std::tuple{of.doubt.fresh ? 0 : of.doubt.failures,
                              std::max(of.granted_at, of.failed_at)};
        };
        const bool better = best == nullptr || rank(m) < rank(*best);
        if (!better) continue;
        best = &m;
        town = each;
    }
    return best;
}

int retry_desk::big_groups() const {
    int out = 0;
    for (const auto& [key, g] : groups_)
        if (g.own >= big_group) ++out;
    return out;
}

// The group that was longest without a probe goes first.
void retry_desk::probe(instant now, const policy& rules) {
    std::vector<group*> turn;
    for (auto& [key, g] : groups_)
        if (!g.members.empty()) turn.push_back(&g);
    std::sort(turn.begin(), turn.end(), [](const group* a, const group* b) {
        return a->served_at != b->served_at ? a->served_at < b->served_at : a->at < b->at;
    });
    const int causes = big_groups();
    for (group* g : turn) {
        town_id town;
        instant next = never;
        if (!budget_.may_try(static_cast<int>(leased_.size()), causes, now, rules.retry)) {
            next_due_ = std::min(next_due_, budget_.next_token());
            // Whoever is due then waits for a token, not for a time.
            return;
        }
        member* m = best_of(*g, now, rules, town, next);
        next_due_ = std::min(next_due_, next);
        if (m == nullptr) continue;
        budget_.take(now);
        grant({town, g->role}, *m, lease_kind::paced, now, rules);
        next_due_ = std::min(next_due_, now + duration{1});
    }
}

void retry_desk::advance(instant now, const policy& rules) {
    next_due_ = never;
    const std::vector<member_key> out{leased_.begin(), leased_.end()};
    for (const auto& who : out) {
        member& m = members_.at(who);
        if (m.lease_ends <= now) {
            end_lease(who, m, verdict::neutral, now, rules);
            continue;
        }
        const instant slow_at = m.lease_began + rules.retry.slow_after;
        if (m.of == lease_kind::sweep && !m.slow) {
            if (slow_at <= now) {
                m.slow = true;
                if (group* g = group_of(m); g != nullptr) --g->heal.out;
            } else {
                next_due_ = std::min(next_due_, slow_at);
            }
        }
        next_due_ = std::min(next_due_, m.lease_ends);
    }
    if (leases_given(rules)) {
        try_unpaced(now, rules);
        for (auto& [key, g] : groups_)
            if (g.heal.on) sweep_on(g, now, rules);
        probe(now, rules);
    }
    close_stored(now);
    std::vector<std::string> keys;
    for (const auto& [key, g] : groups_)
        if (g.outage || g.to_see) keys.push_back(key);
    for (const auto& key : keys) {
        const auto found = groups_.find(key);
        if (found != groups_.end()) see(found->second, key, now, rules);
    }
}

}  // namespace townd
