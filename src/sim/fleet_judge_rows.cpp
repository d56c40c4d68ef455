// What is durable: which work waits, what is charged to it, and how it ends.

#include <algorithm>
#include <cmath>

#include "sim/fleet_judge.hpp"

namespace townd::sim {
namespace {

bool is_work(bead_type type) noexcept {
    return type == bead_type::issue || type == bead_type::merge_request;
}

agent_role worker_of(bead_type type) noexcept {
    return type == bead_type::merge_request ? agent_role::refinery : agent_role::polecat;
}

}  // namespace

void fleet_judge::committed(instant at, std::uint32_t town,
                            const std::vector<row_change>& changes) {
    pass(at);
    if (towns_[town].gone) return;
    for (const auto& change : changes)
        std::visit([&](const auto& one) { take(at, town, one); }, change);
    recount(at, town);
    weigh(at, town);
}

// Puts a bead among those that need a start, or takes it out.
void fleet_judge::list(instant at, std::uint32_t town, const bead_id& id, bead_state& b) {
    auto& p = towns_[town].places[b.place];
    const bool wants = !b.parked && !b.tied && b.live == 0 &&
                       (b.status == bead_status::open || b.status == bead_status::in_progress);
    if (b.listed && (!wants || b.due != b.listed_due)) {
        p.ready.erase({b.listed_due, id});
        b.listed = false;
    }
    if (!wants || b.listed) return;
    p.ready.insert({b.due, id});
    b.listed = true;
    b.listed_due = b.due;
    b.wanted = std::max(at, b.due);
}

void fleet_judge::take(instant at, std::uint32_t town, const bead_put& put) {
    const bead& row = put.row;
    auto& t = towns_[town];
    if (row.type == bead_type::message && is_terminal(row.status)) {
        t.letters.push_back(at);
        forget(t.letters, at - hour);
    }
    if (!is_work(row.type)) return;
    const auto [found, fresh] = t.beads.try_emplace(row.id);
    auto& b = found->second;
    if (fresh) {
        b.type = row.type;
        b.tied = t.tied.contains(row.id);
        static_cast<void>(place_of(town, worker_of(row.type), row.rig.value_or(""), &b.place));
        ++t.work;
    }
    const bool was_over = !fresh && is_terminal(b.status);
    b.status = row.status;
    b.parked = row.parked;
    b.charged = row.dispatch_attempts;
    b.due = std::max(row.next_attempt_at.value_or(instant{}), row.created_at);
    list(at, town, row.id, b);
    if (b.charged > b.own && !is_terminal(b.status))
        t.over_charged.try_emplace(row.id, at);
    else
        t.over_charged.erase(row.id);
    if (was_over || !is_terminal(b.status)) return;
    --t.work;
    bead_over(at, town, row.id, b);
    if (b.status == bead_status::closed && b.live == 0) t.beads.erase(found);
}

void fleet_judge::take(instant, std::uint32_t town, const bead_gone& gone) {
    auto& t = towns_[town];
    const auto found = t.beads.find(gone.id);
    if (found == t.beads.end()) return;
    auto& b = found->second;
    if (!is_terminal(b.status)) --t.work;
    if (b.listed) t.places[b.place].ready.erase({b.listed_due, gone.id});
    t.over_charged.erase(gone.id);
    t.beads.erase(found);
}

// Work that waits for other work is not judged by how long it waits.
void fleet_judge::take(instant at, std::uint32_t town, const edge_put& put) {
    auto& t = towns_[town];
    t.tied.insert(put.row.bead);
    const auto found = t.beads.find(put.row.bead);
    if (found == t.beads.end()) return;
    found->second.tied = true;
    list(at, town, put.row.bead, found->second);
}

void fleet_judge::take(instant, std::uint32_t town, const review_put& put) {
    if (put.row.source) towns_[town].sources[put.row.id] = *put.row.source;
}

void fleet_judge::take(instant at, std::uint32_t town, const dispatch_put& put) {
    const dispatch& d = put.row;
    auto& t = towns_[town];
    auto found = t.attempts.find(d.id);
    const auto bead = t.beads.find(d.bead);
    if (d.is_live()) {
        if (found == t.attempts.end()) {
            found = t.attempts.try_emplace(d.id).first;
            auto& fresh = found->second;
            auto& p = place_of(town, d.role, d.rig.value_or(""), &fresh.place);
            fresh.bead = d.bead;
            fresh.sent = at;
            fresh.ready_since = std::min(ready_since(p), at);
        }
        auto& a = found->second;
        if (!a.live) {
            a.live = true;
            auto& p = t.places[a.place];
            ++p.live;
            ++t.live[index_of(p.role)];
            if (bead != t.beads.end()) {
                if (bead->second.listed) waited(at, p, bead->second);
                ++bead->second.live;
                list(at, town, d.bead, bead->second);
            }
        }
        if (d.state == dispatch_state::started && a.requested) start_proved(at, town, a);
        if (d.survived_at && !a.survived) {
            a.survived = true;
            auto& slot = t.slots[a.slot];
            if (slot.young) slot = {};
            proved(at, town, t.places[a.place], ill_stage::survived, a.sent);
        }
        return;
    }
    if (found == t.attempts.end()) return;
    auto& a = found->second;
    auto& p = t.places[a.place];
    if (a.live) {
        a.live = false;
        --p.live;
        --t.live[index_of(p.role)];
        if (bead != t.beads.end()) {
            --bead->second.live;
            list(at, town, d.bead, bead->second);
            if (bead->second.live == 0 && bead->second.status == bead_status::closed)
                t.beads.erase(bead);
        }
    }
    a.unknown_since = {};
    if (a.failed != ill_stage::odd) {
        let_clear(at, town, a);
        const bool before = in_doubt(p, at);
        if (a.failed == ill_stage::survived) slot_failed(at, town, a, true, before);
        doubted(at, town, p, a.failed, a.sent, a.bead);
        a.failed = ill_stage::odd;
    }
    if (a.settled()) t.attempts.erase(found);
}

// Which places have work, a slot and nothing in flight.
void fleet_judge::weigh(instant at, std::uint32_t town) {
    auto& t = towns_[town];
    const auto& rules = limits_.rules.dispatch;
    const int polecats = t.live[index_of(agent_role::polecat)];
    const int refineries = t.live[index_of(agent_role::refinery)];
    for (auto& p : t.places) {
        bool open =
            !p.ready.empty() && p.in_flight == 0 && polecats + refineries < rules.max_per_town;
        if (p.role == agent_role::polecat)
            open = open && polecats < rules.max_polecats_per_town &&
                   p.live < rules.max_polecats_per_rig;
        else  // A rig has one refinery.
            open = open && refineries < rules.max_refineries_per_town && p.live == 0;
        if (!open)
            p.free_since = never;
        else if (p.free_since == never)
            p.free_since = at;
    }
}

void fleet_judge::waited(instant at, const place_row& p, const bead_state& b) {
    if (!p.spared) return;
    const duration wait = std::max(at - b.wanted, duration{0});
    auto& told = book_.report();
    told.healthy_wait_max = std::max(told.healthy_wait_max, wait);
    ++told.healthy_waits;
    const auto step =
        static_cast<std::size_t>(std::log1p(static_cast<double>(wait.count())) / std::log(1.01));
    if (step >= waits_.size()) waits_.resize(step + 1);
    ++waits_[step];
}

void fleet_judge::own_failure(instant at, std::uint32_t town, const bead_id& bead,
                              std::size_t place) {
    auto& t = towns_[town];
    auto& p = t.places[place];
    if (!p.bad.empty() && p.bad != bead) p.many_bad = at;
    p.bad = bead;
    p.bad_beads.insert(bead);
    const auto found = t.beads.find(bead);
    if (found == t.beads.end()) return;
    ++found->second.own;
    if (found->second.charged <= found->second.own) t.over_charged.erase(bead);
}

// One bead alone fails in its place, and few towns fail alike: whoever looks from within cannot
// tell whose fault it is, and the bead pays (the other way a bad bead alone would never be given
// up).
bool fleet_judge::nobody_could_tell(const place_row& p) const {
    if (p.lost_work.size() > 1) return false;
    const auto alike = std::count_if(towns_.begin(), towns_.end(), [](const town_row& t) {
        return std::any_of(t.places.begin(), t.places.end(),
                           [](const place_row& each) { return !each.lost_work.empty(); });
    });
    return alike < std::max<std::ptrdiff_t>(limits_.rules.outage.min_towns,
                                            static_cast<std::ptrdiff_t>(towns_.size() + 1) / 2);
}

void fleet_judge::bead_cancelled(std::uint32_t town, const bead_id& id) {
    auto& beads = towns_[town].beads;
    if (const auto found = beads.find(id); found != beads.end()) found->second.cancelled = true;
}

void fleet_judge::bead_over(instant at, std::uint32_t town, const bead_id& id, bead_state& b) {
    auto& t = towns_[town];
    t.over_charged.erase(id);
    const auto& p = t.places[b.place];
    const auto source = t.sources.find(id);
    if (source != t.sources.end()) {
        // Work that is not fit to be merged has failed by itself.
        const auto of = t.beads.find(source->second);
        if (b.status == bead_status::failed && of != t.beads.end()) ++of->second.own;
        t.sources.erase(source);
        if (b.status == bead_status::failed && b.charged > b.own && !nobody_could_tell(p)) {
            ++lost_;
            book_.saw(bound::lost, lost_, 0.0, at, static_cast<int>(town), [&] {
                return "merge request " + id + " failed and was charged for the platform's fault";
            });
        }
    }
    if (b.status != bead_status::failed || b.type != bead_type::issue || b.cancelled) return;
    const int most = limits_.rules.dispatch.max_attempts;
    if (b.own < most && (b.own + b.lost < most || !nobody_could_tell(p))) {
        ++lost_;
        book_.saw(bound::lost, lost_, 0.0, at, static_cast<int>(town), [&] {
            return "bead " + id + " failed after " + std::to_string(b.own) +
                   " failures of its own; " + std::to_string(lost_) + " such beads";
        });
        return;
    }
    // Among good ones: another bad bead beside it may have held it back from being charged.
    if (!p.spared || p.bad_beads.size() > 1) return;
    book_.saw(bound::bad_bead, b.own, most, at, static_cast<int>(town), [&] {
        return "bead " + id + " failed after " + std::to_string(b.own) + " failures of its own";
    });
}

void fleet_judge::check_lost(instant at) {
    std::string first;
    int where = -1;
    for (std::uint32_t town = 0; town < towns_.size(); ++town)
        for (const auto& [id, b] : towns_[town].beads) {
            const int most = limits_.rules.dispatch.max_attempts;
            if (is_terminal(b.status)) continue;
            if (b.own >= most && !b.parked && towns_[town].places[b.place].spared &&
                towns_[town].places[b.place].bad_beads.size() == 1)
                book_.saw(bound::bad_bead, b.own + 1, most, at, static_cast<int>(town), [&] {
                    return "bead " + id + " failed " + std::to_string(b.own) +
                           " times by itself and is not given up";
                });
            const bool held = b.parked && b.own == 0;
            if (!held && b.charged <= b.own) continue;
            ++lost_;
            if (!first.empty() && id > first) continue;
            first = id;
            where = static_cast<int>(town);
        }
    book_.saw(bound::lost, lost_, 0.0, at, where, [&] {
        return first.empty()
                   ? std::to_string(lost_) + " beads lost"
                   : "bead " + first + " is parked or charged for the platform's fault; " +
                         std::to_string(lost_) + " beads lost";
    });
}

}  // namespace townd::sim
