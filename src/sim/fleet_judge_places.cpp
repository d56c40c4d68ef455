// Requests and sessions of places: who may be tried when, and what a try proves.

#include <algorithm>

#include "sim/fleet_judge.hpp"

namespace townd::sim {
namespace {

constexpr int ladder_max = 10;

double early_seconds(instant at, instant need) {
    return to_seconds(need - at);
}

std::string place_words(const start_seen& what) {
    return std::string{to_text(what.role)} + (what.rig.empty() ? "" : " in " + what.rig);
}

}  // namespace

duration fleet_judge::wait_after(int in_row) const noexcept {
    if (in_row <= 2) return limits_.first_wait;
    duration out = limits_.then_wait;
    for (int i = 3; i < in_row && out < limits_.max_wait; ++i)
        out *= 2;
    return std::min(out, limits_.max_wait);
}

bool fleet_judge::in_doubt(const place_row& p, instant at) const noexcept {
    return std::any_of(p.doubts.begin(), p.doubts.end(), [&](const doubt& d) {
        return d.in_row > 0 && d.firm && at - d.newest <= limits_.doubt_kept;
    });
}

void fleet_judge::sent(instant at, const start_seen& what) {
    pass(at);
    auto& t = towns_[what.town];
    std::size_t which = 0;
    auto& p = place_of(what.town, what.role, what.rig, &which);
    check_budgets(at, what);
    if (at < p.hold)
        book_.saw(bound::retry_after, early_seconds(at, p.hold), 0.0, at,
                  static_cast<int>(what.town), [&] {
                      return "a start of " + place_words(what) + " " + to_words(p.hold - at) +
                             " before the time that its container asked for";
                  });
    check_slot(at, what, p);
    check_waits(at, what, p);
    check_pace(at, what, p);
    auto& a = t.attempts[what.dispatch];
    if (a.ready_since == instant{}) a.ready_since = std::min(ready_since(p), at);
    a.place = which;
    a.bead = what.bead;
    a.slot = slot_key(what);
    a.sent = at;
    a.requested = true;
    a.counted = true;
    ++p.in_flight;
    if (++in_flight_ >= limits_.rules.dispatch.max_in_flight) full_at_ = at;
    if (t.cut_off_back != instant{} && what.role != agent_role::mayor) {
        book_.saw(bound::restart, to_seconds(at - t.cut_off_back),
                  to_seconds(limits_.restart_within), at, static_cast<int>(what.town), [&] {
                      return "the first start came " + to_words(at - t.cut_off_back) +
                             " after the daemon's return";
                  });
        t.cut_off_back = {};
    }
    weigh(at, what.town);
}

bool fleet_judge::may_sweep(instant at, const start_seen& what, const place_row& p, instant since) {
    const auto& newest = successes_[index_of(what.role)];
    const bool elsewhere = std::any_of(newest.begin(), newest.end(), [&](const success& s) {
        return s.at >= since && s.at != instant{} && (s.town != what.town || s.rig != p.rig);
    });
    auto& sweeps = towns_[what.town].sweeps[index_of(what.role)];
    forget(sweeps, at - hour);
    if (!elsewhere || static_cast<int>(sweeps.size()) >= limits_.sweeps_an_hour) return false;
    sweeps.push_back(at);
    return true;
}

void fleet_judge::check_waits(instant at, const start_seen& what, place_row& p) {
    bool swept = false;
    for (auto& d : p.doubts) {
        if (d.in_row == 0) continue;
        if (at - d.newest > limits_.doubt_kept) d = {};
        if (d.in_row == 0 || !d.firm) continue;
        const auto wait = wait_after(d.in_row);
        const instant need = d.counted + duration{static_cast<duration::rep>(
                                             static_cast<double>(wait.count()) * limits_.spread)};
        if (at >= need || swept) continue;
        // What succeeds since the failed attempt began is news that the attempt has not.
        swept = may_sweep(at, what, p, d.made);
        if (swept) continue;
        book_.saw(bound::early, early_seconds(at, need), 0.0, at, static_cast<int>(what.town), [&] {
            return place_words(what) + " failed " + std::to_string(d.in_row) +
                   " times in a row and was tried again after " + to_words(at - d.counted) +
                   ", not " + to_words(wait);
        });
    }
    check_one_try(at, what, p);
}

// A place in doubt has one attempt at a time that could end the doubt.
void fleet_judge::check_one_try(instant at, const start_seen& what, const place_row& p) {
    if (!in_doubt(p, at)) return;
    const auto& t = towns_[what.town];
    const place_row* here = &p;
    for (std::size_t stage = 0; stage < p.doubts.size(); ++stage) {
        const auto& d = p.doubts[stage];
        if (d.in_row == 0 || !d.firm) continue;
        int others = 0;
        for (const auto& [id, a] : t.attempts) {
            if (&t.places[a.place] != here || id == what.dispatch || a.sent <= d.since) continue;
            const bool young =
                a.runs && !a.survived && at - a.began < limits_.rules.dispatch.survive_for;
            others += a.counted || (stage == 1 && young) || (stage == 2 && a.runs) ? 1 : 0;
        }
        book_.saw(bound::one_try, others + 1, 1, at, static_cast<int>(what.town), [&] {
            return place_words(what) + " fails since " + to_rfc3339(d.since) + " and has " +
                   std::to_string(others + 1) + " tries at a time";
        });
    }
}

void fleet_judge::check_slot(instant at, const start_seen& what, const place_row& p) {
    auto& slots = towns_[what.town].slots;
    const auto found = slots.find(slot_key(what));
    const auto& rules = limits_.rules.breaker.agent;
    if (found == slots.end() || found->second.in_row < rules.failures || in_doubt(p, at)) return;
    duration open = rules.open;
    for (int i = rules.failures; i < found->second.in_row && open < rules.max_open; ++i)
        open *= 2;
    open = std::min(open, rules.max_open);
    const instant need = found->second.failed +
                         duration{static_cast<duration::rep>(static_cast<double>(open.count()) *
                                                             (1.0 - rules.jitter))} -
                         duration{1};
    book_.saw(bound::agent_breaker, std::max(early_seconds(at, need), 0.0), 0.0, at,
              static_cast<int>(what.town), [&] {
                  return "agent " + what.name + " of " + place_words(what) + " failed " +
                         std::to_string(found->second.in_row) +
                         " times in a row and was tried again after " +
                         to_words(at - found->second.failed);
              });
}

// Without a success for ten minutes: one start in flight, then two, then four. Whether that is kept
// by role or by rig is the policy's business; what neither allows is wrong.
void fleet_judge::check_pace(instant at, const start_seen& what, place_row& p) {
    const duration slow = limits_.rules.dispatch.slow_start;
    if (slow == duration{0} || what.role == agent_role::mayor) return;
    auto& t = towns_[what.town];
    const auto role = index_of(what.role);
    if (at - p.proved <= slow || at - t.proved[role] <= slow) {
        if (p.proved_since_cold >= ladder_max || t.proved_since_cold[role] >= ladder_max) return;
    } else {
        p.proved_since_cold = 0;
        t.proved_since_cold[role] = 0;
    }
    const int steps = std::max(p.proved_since_cold, t.proved_since_cold[role]);
    const int most = 1 << std::min(steps, ladder_max);
    book_.saw(bound::slow_start, p.in_flight + 1, most, at, static_cast<int>(what.town), [&] {
        return std::to_string(p.in_flight + 1) + " starts in flight of " + place_words(what) +
               ", which has " + std::to_string(steps) + " successes since it was cold";
    });
}

void fleet_judge::start_proved(instant at, std::uint32_t town, attempt_row& a) {
    auto& t = towns_[town];
    auto& p = t.places[a.place];
    if (a.counted) {
        a.counted = false;
        --p.in_flight;
        --in_flight_;
    }
    a.unknown_since = {};
    if (a.succeeded) return;
    a.succeeded = true;
    if (p.role == agent_role::mayor) mayor_began(at, town);
    const auto role = index_of(p.role);
    p.proved = at;
    t.proved[role] = at;
    ++p.proved_since_cold;
    ++t.proved_since_cold[role];
    auto& slot = t.slots[a.slot];
    if (!slot.young) slot = {};
    proved(at, town, p, ill_stage::answered, a.sent);
    dispatched(at, town, a);
    for (auto& [key, b] : t.breakers)
        if (a.sent > b.since && (b.role == "all" || b.role == to_text(p.role)) &&
            (b.scope != "agent" || key.ends_with(a.slot)) &&
            (b.scope != "place" || p.rig.empty() || key.find("/" + p.rig + "/") != key.npos))
            ++b.passed;
}

void fleet_judge::proved(instant at, std::uint32_t town, place_row& p, ill_stage stage,
                         instant made) {
    auto& newest = successes_[index_of(p.role)];
    if (newest[0].at == instant{} || newest[0].town != town || newest[0].rig != p.rig)
        newest[1] = newest[0];
    newest[0] = {at, town, p.rig};
    const auto which = static_cast<std::size_t>(stage) - 1;
    auto& d = p.doubts[which];
    if (d.in_row > 0 && made >= d.made) d = {};
    if (stage == ill_stage::done) {  // Who did its work has survived.
        p.done_at = at;
        auto& young = p.doubts[which - 1];
        if (young.in_row > 0 && made >= young.made) young = {};
    }
}

void fleet_judge::doubted(instant at, std::uint32_t, place_row& p, ill_stage stage, instant made,
                          const std::string& bead) {
    p.failed_at = at;
    auto& d = p.doubts[static_cast<std::size_t>(stage) - 1];
    if (d.in_row > 0 && at - d.newest > limits_.doubt_kept) d = {};
    // What was under way already when a failure became known is no further try.
    const bool counts = d.in_row == 0 || made >= d.counted;
    if (d.in_row == 0) {
        d.since = at;
        d.bead = bead;
        d.firm = stage != ill_stage::done;
    }
    if (counts) {
        ++d.in_row;
        d.counted = at;
    }
    d.newest = at;
    d.made = std::max(d.made, made);
    if (d.firm || bead == d.bead) return;
    // One bad bead is not its rig's trouble; two are.
    d.firm = true;
    d.in_row = 1;
    d.since = at;
    d.counted = at;
}

// Only what failed while its place was well speaks of the agent itself.
void fleet_judge::slot_failed(instant at, std::uint32_t town, const attempt_row& a, bool young,
                              bool in_doubt_before) {
    if (in_doubt_before) return;
    auto& slot = towns_[town].slots[a.slot];
    ++slot.in_row;
    slot.failed = at;
    slot.young = young;
}

void fleet_judge::answered(instant at, const start_seen& what, const start_end& end) {
    pass(at);
    auto& t = towns_[what.town];
    const auto found = t.attempts.find(what.dispatch);
    const bool ours = what.fault.whose != culprit::nobody;
    if (end.how != start_outcome::took_effect) t.not_started.push_back(at);
    if (end.how != start_outcome::took_effect && ours)
        failure(at, what.town,
                end.how == start_outcome::unanswered ? "a start without an answer"
                : end.how == start_outcome::refused  ? "a refused start"
                                                     : "a failed start");
    if (found == t.attempts.end()) return;
    auto& a = found->second;
    auto& p = t.places[a.place];
    if (end.how == start_outcome::took_effect) {
        start_proved(at, what.town, a);
        weigh(at, what.town);
        return;
    }
    if (a.counted) {
        a.counted = false;
        --p.in_flight;
        --in_flight_;
    }
    if (a.sent <= at) let_clear(at, what.town, a);
    if (end.retry_after)
        p.hold = std::max(p.hold, at + std::min(*end.retry_after, limits_.max_wait));
    if (end.how == start_outcome::unanswered) {
        if (!a.succeeded && a.live) {
            a.unknown_since = at;
            const auto& rules = limits_.rules.dispatch;
            plan(std::max(at, a.sent + rules.start_timeout + rules.heartbeat_timeout +
                                  limits_.settle_slack),
                 due_kind::settle, what.town, what.dispatch);
        }
    } else if (what.fault.whose == culprit::bead) {
        own_failure(at, what.town, what.bead, a.place);
    } else if (ours) {
        const bool before = in_doubt(p, at);
        if (end.how == start_outcome::failed && what.role != agent_role::mayor)
            t.failed_starts.push_back(at);
        doubted(at, what.town, p, ill_stage::answered, a.sent, a.bead);
        if (end.how == start_outcome::failed) slot_failed(at, what.town, a, false, before);
    }
    if (a.settled()) t.attempts.erase(found);
    weigh(at, what.town);
}

void fleet_judge::session_began(instant at, const session& s) {
    pass(at);
    auto& t = towns_[s.what.town];
    const auto found = t.attempts.find(s.what.dispatch);
    if (found == t.attempts.end()) return;
    found->second.runs = true;
    found->second.began = at;
}

void fleet_judge::session_failed(instant at, const session& s) {
    pass(at);
    auto& t = towns_[s.what.town];
    const auto found = t.attempts.find(s.what.dispatch);
    std::size_t which = 0;
    static_cast<void>(place_of(s.what.town, s.what.role, s.what.rig, &which));
    if (s.fault.whose == culprit::bead) {
        own_failure(at, s.what.town, s.what.bead, which);
        return;
    }
    if (s.fault.whose != culprit::platform) return;
    failure(at, s.what.town, "a session that the platform lost");
    if (found == t.attempts.end()) return;
    found->second.failed =
        at - s.began < limits_.rules.dispatch.survive_for ? ill_stage::survived : ill_stage::done;
    if (found->second.failed != ill_stage::done) return;
    t.places[which].lost_work.insert(s.what.bead);
    if (const auto b = t.beads.find(s.what.bead); b != t.beads.end()) ++b->second.lost;
}

void fleet_judge::work_done(instant at, const session& s) {
    pass(at);
    auto& t = towns_[s.what.town];
    const auto found = t.attempts.find(s.what.dispatch);
    if (found == t.attempts.end()) return;
    auto& a = found->second;
    t.slots[a.slot] = {};
    t.places[a.place].lost_work.clear();
    proved(at, s.what.town, t.places[a.place], ill_stage::survived, a.sent);
    proved(at, s.what.town, t.places[a.place], ill_stage::done, a.sent);
}

void fleet_judge::session_ended(instant at, const session& s) {
    pass(at);
    auto& t = towns_[s.what.town];
    const auto found = t.attempts.find(s.what.dispatch);
    if (found == t.attempts.end()) return;
    auto& a = found->second;
    a.runs = false;
    if (a.settled()) t.attempts.erase(found);
}

}  // namespace townd::sim
