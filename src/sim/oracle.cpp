#include "sim/oracle.hpp"

#include <algorithm>

#include "sim/fleet_judge.hpp"
#include "townd/decide/breaker_set.hpp"

namespace townd::sim {

oracle::oracle(stage& on)
    : stage_(on), town_judge_(on), towns_(static_cast<std::size_t>(on.options.towns)) {}

void oracle::began(const session& s) {
    if (stage_.fleet != nullptr) stage_.fleet->session_began(stage_.now(), s);
    if (!stage_.options.oracle) return;
    for (const auto place : agents_->of(s.what.town)) {
        const auto& other = agents_->at(place);
        if (other.serial == s.serial || !other.runs() || s.what.role == agent_role::mayor) continue;
        if (other.what.bead == s.what.bead)
            broke("I1", s.what.town,
                  "two live agents on bead " + s.what.bead + ": " + other.what.agent + " since " +
                      to_rfc3339(other.began) + " and " + s.what.agent + " (attempts " +
                      std::to_string(other.what.attempt) + " and " +
                      std::to_string(s.what.attempt) + ")");
        if (other.what.agent == s.what.agent)
            broke("I1", s.what.town, "two live sessions of agent " + s.what.agent);
    }
}

void oracle::ended(const session& s, std::string_view) {
    if (stage_.fleet != nullptr) stage_.fleet->session_ended(stage_.now(), s);
}

void oracle::failed(const session& s) {
    if (stage_.fleet != nullptr) stage_.fleet->session_failed(stage_.now(), s);
    // A process that goes without a word may be its work's fault: alone in its town, nobody can
    // tell.
    if (s.fault.whose == culprit::bead || s.dies)
        ++towns_[s.what.town].beads[s.what.bead].own_failures;
}

void oracle::accepted(const session& s) {
    if (stage_.fleet != nullptr) stage_.fleet->work_done(stage_.now(), s);
    auto& town = towns_[s.what.town];
    if (!stage_.options.oracle) return;
    town.over.insert(s.what.dispatch);
    const auto found = town.live.find(s.what.dispatch);
    if (found != town.live.end())
        broke("ack", s.what.town,
              "done of dispatch " + s.what.dispatch + " was acknowledged and its row is still " +
                  std::string{to_text(found->second.state)});
}

void oracle::start_sent(const start_seen& what) {
    if (stage_.fleet != nullptr) stage_.fleet->sent(stage_.now(), what);
    if (!stage_.options.oracle) return;
    auto& town = towns_[what.town];
    const auto found = town.live.find(what.dispatch);
    if (found == town.live.end() || found->second.state != dispatch_state::intent ||
        found->second.bead != what.bead || found->second.agent != what.agent) {
        broke("intent", what.town,
              "start " + what.dispatch + " of bead " + what.bead +
                  " was sent and no durable intent says so");
        return;
    }
    auto& d = found->second;
    if (d.sent) broke("I2", what.town, "start " + what.dispatch + " was sent twice");
    d.sent = true;
    for (const auto& [id, other] : town.live) {
        if (id == what.dispatch || other.state == dispatch_state::started) continue;
        if (other.bead == what.bead || other.agent == what.agent)
            broke(
                "I1", what.town,
                "two starts in flight: " + id + " and " + what.dispatch + " of bead " + what.bead);
    }
    town_judge_.start_sent(what);
    auto& row = town.beads[what.bead];
    check_schedule(what, row);
    ++row.starts_sent;
    check_pace(what);
    if (!d.leased) check_breakers(what);
}

void oracle::check_pace(const start_seen& what) {
    const auto& rules = stage_.options.rules.dispatch;
    if (containers_->starts_waiting() >= rules.max_in_flight)
        broke("I6", what.town,
              "more than " + std::to_string(rules.max_in_flight) +
                  " starts of the daemon are in flight");
    starts_.push_back(stage_.now());
    while (starts_.front() <= stage_.now() - duration{1'000})
        starts_.pop_front();
    if (static_cast<int>(starts_.size()) > rules.starts_per_second)
        broke("I6", what.town,
              std::to_string(starts_.size()) + " starts of the daemon within a second");
    if (what.role == agent_role::mayor) return;
    // A start whose agent was heard of before its answer came is settled.
    const auto& live = towns_[what.town].live;
    const auto starting = std::count_if(live.begin(), live.end(), [](const auto& each) {
        return each.second.state == dispatch_state::intent && each.second.role != agent_role::mayor;
    });
    if (starting > rules.max_starting)
        broke("I6", what.town,
              "more than " + std::to_string(rules.max_starting) +
                  " starts of one container are in flight");
    auto& hour = towns_[what.town].starts;
    hour.push_back(stage_.now());
    while (hour.front() <= stage_.now() - duration{3'600'000})
        hour.pop_front();
    if (static_cast<int>(hour.size()) > rules.starts_per_hour)
        broke("I6", what.town, std::to_string(hour.size()) + " starts of the town within an hour");
}

void oracle::check_schedule(const start_seen& what, const bead_row& row) {
    // A mayor without a message works on its own bead, which nothing tells of.
    if (what.role == agent_role::mayor) return;
    if (row.status == bead_status::closed || row.status == bead_status::failed ||
        row.status == bead_status::in_review)
        broke("I3", what.town,
              "bead " + what.bead + " is durably " + std::string{to_text(row.status)} +
                  " and was started");
    if (row.parked) broke("I3", what.town, "bead " + what.bead + " is parked and was started");
    if (stage_.now() < row.not_before)
        broke("I4", what.town,
              "bead " + what.bead + " was started " + to_words(row.not_before - stage_.now()) +
                  " before its wait was over");
    const int max = stage_.options.rules.dispatch.max_attempts;
    if (row.charged >= max)
        broke("I4", what.town,
              "bead " + what.bead + " was started after " + std::to_string(row.charged) +
                  " failed sessions of its own");
}

std::vector<std::string> oracle::breakers_of(const start_seen& what) {
    const auto rig = what.role == agent_role::mayor ? std::nullopt : std::optional{what.rig};
    return {breaker_set::place_key(rig, what.role),
            breaker_set::agent_key(rig, what.role, what.name)};
}

void oracle::check_breakers(const start_seen& what) {
    auto& rows = towns_[what.town].breakers;
    for (const auto& key : breakers_of(what)) {
        const auto found = rows.find(key);
        if (found == rows.end()) continue;
        auto& b = found->second;
        if (b.state == breaker_state::open)
            broke("I8", what.town,
                  "breaker " + key + " is durably open until " + to_rfc3339(b.retry_at) +
                      " and bead " + what.bead + " was started");
        if (b.state != breaker_state::half_open) continue;
        if (!b.probes.empty())
            broke("I8", what.town,
                  "breaker " + key + " is half-open, its probe is out, and bead " + what.bead +
                      " was started");
        b.probes.insert(what.dispatch);
        return;  // Its probe passes through those within.
    }
}

void oracle::start_over(const start_seen& what, const start_end& end) {
    if (stage_.fleet != nullptr) stage_.fleet->answered(stage_.now(), what, end);
    auto& rows = towns_[what.town].breakers;
    for (const auto& key : breakers_of(what)) {
        const auto found = rows.find(key);
        if (found != rows.end()) found->second.probes.erase(what.dispatch);
    }
}

void oracle::restart_asked(std::uint32_t town) {
    if (stage_.options.oracle) town_judge_.restart_asked(town);
}

void oracle::token_sent(std::uint32_t town) {
    if (stage_.options.oracle) town_judge_.token_sent(town);
}

void oracle::stale_ready_taken(std::uint32_t town) {
    broke("drain", town, "a drain was ended by the nonce of another one");
}

void oracle::restarted(std::uint32_t town, const bead_id& bead) {
    const auto found = towns_[town].beads.find(bead);
    if (found != towns_[town].beads.end()) found->second.not_before = {};
}

void oracle::sweep(std::uint32_t town) {
    if (stage_.options.oracle) town_judge_.sweep(town);
}

void oracle::daemon_begins() {
    if (stage_.fleet != nullptr) stage_.fleet->daemon_back(stage_.now());
    starts_.clear();
}

void oracle::daemon_gone() {
    if (stage_.fleet != nullptr) stage_.fleet->daemon_gone(stage_.now());
    for (auto& town : towns_)
        for (auto& [key, b] : town.breakers)
            b.probes.clear();
}

void oracle::daemon_back() {
    if (stage_.fleet != nullptr) stage_.fleet->daemon_back(stage_.now());
    town_judge_.daemon_back();
}

void oracle::town_deleted(std::uint32_t town) {
    if (stage_.fleet != nullptr) stage_.fleet->town_gone(stage_.now(), town);
    towns_[town] = town_row{};
}

void oracle::daemon_paused() {
    if (stage_.fleet != nullptr) stage_.fleet->daemon_paused(stage_.now());
}

void oracle::cycled(std::uint32_t town, instant last) {
    if (!stage_.options.oracle) return;
    const auto& pace = stage_.options.rules.reconciler;
    // A file that cannot be used is tried again after a minute at most.
    const duration limit = 2 * std::max(pace.idle_interval, duration{60'000});
    if (stage_.now() - last > limit)
        broke("I7", town, "nobody looked at the town for " + to_words(stage_.now() - last));
}

void oracle::acknowledged(std::uint32_t town, const bead_id& bead) {
    if (!stage_.options.oracle) return;
    auto& rows = towns_[town].beads;
    const auto found = rows.find(bead);
    if (found == rows.end())
        broke("ack", town, "bead " + bead + " was acknowledged and is not durable");
    else
        found->second.acknowledged = true;
}

void oracle::cycle_over(std::uint32_t town) {
    auto& row = towns_[town];
    if (stage_.options.oracle) town_judge_.cycle_over(town);
    if (!row.touched || !stage_.options.oracle) return;
    row.touched = false;
    check_caps(town);
}

void oracle::check_caps(std::uint32_t town) {
    const auto& rules = stage_.options.rules.dispatch;
    int all = 0;
    int refineries = 0;
    std::vector<std::pair<std::string_view, int>> rigs;
    const auto& live = towns_[town].live;
    for (auto a = live.begin(); a != live.end(); ++a) {
        for (auto b = std::next(a); b != live.end(); ++b) {
            if (a->second.agent == b->second.agent)
                broke("I6", town, "agent " + a->second.agent + " has two live attempts");
            if (a->second.bead == b->second.bead && a->second.role != agent_role::mayor)
                broke("I6", town, "bead " + a->second.bead + " has two live attempts");
        }
        if (a->second.role == agent_role::mayor) continue;
        ++all;
        if (a->second.role != agent_role::polecat) {
            ++refineries;
            continue;
        }
        const auto rig = std::find_if(rigs.begin(), rigs.end(),
                                      [&](const auto& r) { return r.first == a->second.rig; });
        if (rig == rigs.end())
            rigs.emplace_back(a->second.rig, 1);
        else
            ++rig->second;
    }
    if (all > rules.max_per_town)
        broke("I6", town, std::to_string(all) + " live attempts in one town");
    if (refineries > rules.max_refineries_per_town)
        broke("I6", town, std::to_string(refineries) + " live refineries in one town");
    if (all - refineries > rules.max_polecats_per_town)
        broke("I6", town, std::to_string(all - refineries) + " live polecats in one town");
    for (const auto& [rig, count] : rigs)
        if (count > rules.max_polecats_per_rig)
            broke("I6", town, std::to_string(count) + " live polecats in rig " + std::string{rig});
}

}  // namespace townd::sim
