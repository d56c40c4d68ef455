#include "scenario/collector.hpp"

#include <algorithm>

namespace townd::scenario {
namespace {

using std::chrono::hours;

// A fault's last answers may take this long to be known.
constexpr duration echo_max{600'000};

bool is_open(std::string_view state) {
    return state != "closed" && state != "forced_closed";
}

}  // namespace

std::vector<repair> repairs_of(const scenario& what) {
    std::vector<repair> out;
    const auto ends = [&](const trouble& t, duration when) {
        const auto same =
            std::find_if(out.begin(), out.end(), [&](const repair& r) { return r.at == when; });
        if (same == out.end())
            out.push_back({when, t.name, 0, 0, {}, {}});
        else if (same->names.find(t.name) == std::string::npos)
            same->names += ", " + t.name;
    };
    for (const auto& t : what.faults) {
        if (t.towns == 0) continue;
        for (const auto& step : t.repairs)
            ends(t, step.at);
        if (t.until < what.length) ends(t, t.until);
    }
    std::sort(out.begin(), out.end(), [](const repair& a, const repair& b) { return a.at < b.at; });
    return out;
}

collector::collector(const scenario& of, instant began)
    : of_(of), began_(began), towns_(static_cast<std::size_t>(all_towns_of(of))) {
    out_.repairs = repairs_of(of);
    out_.minutes.reserve(static_cast<std::size_t>(of.length / duration{60'000}) + 2);
    for (std::size_t f = 0; f < of.faults.size(); ++f) {
        ends_.push_back(ends_of(of, f));
        for (std::size_t town = 0; town < towns_.size(); ++town)
            if (ends_.back()[town]) towns_[town].healthy = false;
    }
}

minute& collector::minute_of(instant at) {
    const auto which =
        static_cast<std::size_t>(std::max(since(at), duration{0}) / duration{60'000});
    while (out_.minutes.size() <= which) {
        out_.minutes.emplace_back();
        out_.minutes.back().open_breakers = open_;
    }
    return out_.minutes[which];
}

bool collector::under_fault(int town, duration at) const {
    for (std::size_t f = 0; f < ends_.size(); ++f) {
        const auto& end = ends_[f][static_cast<std::size_t>(town)];
        if (end && at >= of_.faults[f].from && at < *end) return true;
    }
    return false;
}

int collector::towns_under_fault(agent_role role, duration at) const {
    const auto holds = [&](std::size_t f, std::size_t town) {
        const auto& t = of_.faults[f];
        const bool ours =
            t.roles.empty() || std::find(t.roles.begin(), t.roles.end(), role) != t.roles.end();
        const auto& end = ends_[f][town];
        return ours && end && at >= t.from && at < *end + echo_max;
    };
    int out = 0;
    for (std::size_t town = 0; town < static_cast<std::size_t>(of_.towns); ++town) {
        bool any = false;
        for (std::size_t f = 0; f < ends_.size() && !any; ++f)
            any = holds(f, town);
        out += any ? 1 : 0;
    }
    return out;
}

void collector::pass(instant at) {
    while (healings_.size() < out_.repairs.size() && since(at) >= out_.repairs[healings_.size()].at)
        begin_repair(healings_.size());
}

// Only towns where work waits can come back.
void collector::begin_repair(std::size_t which) {
    auto& r = out_.repairs[which];
    healing h;
    h.waits.resize(towns_.size());
    for (int town = 0; town < of_.towns; ++town) {
        const bool ended = std::any_of(ends_.begin(), ends_.end(), [&](const auto& ends) {
            return ends[static_cast<std::size_t>(town)] == std::optional{r.at};
        });
        const auto at = static_cast<std::size_t>(town);
        if (!ended || under_fault(town, r.at) || towns_[at].waiting == 0) continue;
        h.waits[at] = true;
        ++h.left;
    }
    r.towns = h.left;
    healings_.push_back(std::move(h));
}

void collector::town_is_back(instant at, int town) {
    for (std::size_t i = 0; i < healings_.size(); ++i) {
        auto& h = healings_[i];
        if (h.left == 0 || !h.waits[static_cast<std::size_t>(town)]) continue;
        h.waits[static_cast<std::size_t>(town)] = false;
        auto& r = out_.repairs[i];
        ++r.back;
        const duration took = since(at) - r.at;
        if (!r.first) r.first = took;
        if (--h.left == 0) r.last = took;
    }
}

void collector::start_sent(instant at, int town, agent_role) {
    pass(at);
    second_.push_back(at);
    while (second_.front() <= at - duration{1'000})
        second_.pop_front();
    out_.starts_in_a_second = std::max(out_.starts_in_a_second, static_cast<int>(second_.size()));
    auto& starts = towns_[static_cast<std::size_t>(town)].starts;
    starts.push_back(at);
    while (starts.front() <= at - hours{1})
        starts.pop_front();
    out_.starts_of_a_town_in_an_hour =
        std::max(out_.starts_of_a_town_in_an_hour, static_cast<int>(starts.size()));
}

void collector::attempt_started(instant at, int town, const dispatch& what) {
    pass(at);
    ++minute_of(at).starts.attempts[index_of(what.role)];
    ++towns_[static_cast<std::size_t>(town)].in_flight;
    if (at != early_at_) early_.clear();
    early_at_ = at;
    const auto found = beads_.find(what.bead);
    if (found == beads_.end()) {
        if (what.role == agent_role::polecat) early_.push_back(what.bead);
        return;
    }
    if (found->second.requested) return;
    found->second.requested = true;
    waited(town, at - found->second.made);
}

void collector::waited(int town, duration wait) {
    out_.waits.add(wait);
    if (towns_[static_cast<std::size_t>(town)].healthy) out_.healthy_waits.add(wait);
}

void collector::attempt_ended(instant at, int town, const dispatch& what, duration) {
    pass(at);
    auto& starts = minute_of(what.created_at).starts;
    const auto role = index_of(what.role);
    auto& in_flight = towns_[static_cast<std::size_t>(town)].in_flight;
    const int at_once = in_flight;
    in_flight = std::max(0, in_flight - 1);
    switch (what.outcome) {
        case attempt_outcome::success:
            ++starts.ok[role];
            session_began(town, what);
            // Sent before the repair, a start proves nothing of the time since.
            for (std::size_t i = healings_.size(); i-- > 0;)
                if (since(what.created_at) >= out_.repairs[i].at) {
                    town_is_back(at, town);
                    break;
                }
            return;
        case attempt_outcome::unknown:
            ++starts.unknown[role];
            session_began(town, what);
            break;
        case attempt_outcome::neutral:
            ++starts.neutral[role];
            return;
        default:
            failed_start(town, what);
            break;
    }
    out_.at_once_when_failing = std::max(out_.at_once_when_failing, at_once);
    if (!out_.first_failure) out_.first_failure = since(at);
}

void collector::failed_start(int town, const dispatch& what) {
    ++minute_of(what.created_at).starts.failed[index_of(what.role)];
    auto& t = towns_[static_cast<std::size_t>(town)];
    const std::int64_t hour = since(what.created_at) / hours{1};
    if (hour < t.hour || hour == 0) return;
    if (hour > t.hour) t.failed_in_hour = 0;
    t.hour = hour;
    out_.failed_starts_of_a_town_in_an_hour =
        std::max(out_.failed_starts_of_a_town_in_an_hour, ++t.failed_in_hour);
}

void collector::session_began(int town, const dispatch& what) {
    const auto found = beads_.find(what.bead);
    if (found == beads_.end()) return;
    auto& b = found->second;
    ++b.sessions;
    ++out_.sessions;
    if (!b.running) --towns_[static_cast<std::size_t>(town)].waiting;
    b.running = true;
}

void collector::session_over(int town, const dispatch& what) {
    const auto found = beads_.find(what.bead);
    if (found == beads_.end() || !found->second.running) return;
    found->second.running = false;
    ++towns_[static_cast<std::size_t>(town)].waiting;
}

void collector::session_failed(instant at, int town, const dispatch& what) {
    pass(at);
    session_over(town, what);
    if (what.state != dispatch_state::failed) {
        ++out_.sessions_failed;
        return;
    }
    // It was unknown, and did not take effect.
    auto& unknown = minute_of(what.created_at).starts.unknown[index_of(what.role)];
    if (unknown > 0) --unknown;
    failed_start(town, what);
    const auto found = beads_.find(what.bead);
    if (found == beads_.end() || found->second.sessions == 0) return;
    --found->second.sessions;
    --out_.sessions;
}

void collector::breaker_changed(instant at, int, std::string_view, std::string_view scope,
                                std::string_view, std::string_view from, std::string_view to,
                                std::string_view) {
    pass(at);
    const auto found = std::find(scopes.begin(), scopes.end(), scope);
    if (found == scopes.end() || is_open(from) == is_open(to)) return;
    const auto which = static_cast<std::size_t>(found - scopes.begin());
    auto& now = minute_of(at).open_breakers;
    if (is_open(to)) {
        ++out_.breakers_opened[which];
        ++open_[which];
    } else {
        ++out_.breakers_closed[which];
        open_[which] = std::max(0, open_[which] - 1);
    }
    now[which] = std::max(now[which], open_[which]);
}

void collector::outage_changed(instant at, const outage_event& what) {
    pass(at);
    using kind = outage_event::kind;
    if (what.what == kind::opened) {
        outage_span o;
        o.id = what.outage;
        o.role = what.role;
        o.cause = what.cause;
        o.opened = since(at);
        o.members_peak = what.members;
        o.false_alarm = towns_under_fault(what.role, since(at)) < of_.policy.outage.min_towns;
        if (out_.outages.size() < 1'000) out_.outages.push_back(std::move(o));
        return;
    }
    if (what.what == kind::closed) ++out_.outages_closed;
    for (auto o = out_.outages.rbegin(); o != out_.outages.rend(); ++o) {
        if (o->id != what.outage) continue;
        o->members_peak = std::max(o->members_peak, what.members);
        if (what.what == kind::recovering) o->healing = since(at);
        if (what.what == kind::probing) o->healing.reset();
        if (what.what == kind::closed) o->closed = since(at);
        return;
    }
}

void collector::starts_suppressed(instant at, int, std::string_view role, int count) {
    pass(at);
    if (const auto which = parse_agent_role(role))
        minute_of(at).starts.suppressed[index_of(*which)] += static_cast<std::uint64_t>(count);
}

void collector::bead_made(instant at, int town, const bead_id& id) {
    pass(at);
    // It may have been started in the transaction that made it.
    const auto [found, fresh] = beads_.try_emplace(id);
    if (!fresh) return;
    found->second.made = at;
    found->second.town = town;
    found->second.requested =
        at == early_at_ && std::find(early_.begin(), early_.end(), id) != early_.end();
    if (found->second.requested) waited(town, duration{0});
    ++out_.beads_made;
    ++towns_[static_cast<std::size_t>(town)].waiting;
}

void collector::bead_ended(instant at, int town, const bead& what) {
    pass(at);
    const bool failed = what.status == bead_status::failed;
    if (what.type == bead_type::merge_request && failed) ++out_.reviews_failed;
    const auto found = beads_.find(what.id);
    if (found == beads_.end()) return;
    const auto b = found->second;
    beads_.erase(found);
    if (!b.running) --towns_[static_cast<std::size_t>(town)].waiting;
    const bool its_own = b.own >= of_.policy.dispatch.max_attempts;
    if (failed && !its_own && what.reason != "its rig was deleted") ++out_.beads_failed_for_others;
    ++(failed ? out_.beads_failed : out_.beads_closed);
    out_.most_sessions_of_a_bead =
        std::max<std::uint64_t>(out_.most_sessions_of_a_bead, b.sessions);
    if (failed) {
        const auto charged = static_cast<std::uint64_t>(what.dispatch_attempts);
        out_.charged_to_failed_bead =
            out_.beads_failed == 1 ? charged : std::min(out_.charged_to_failed_bead, charged);
        return;
    }
    auto& fewest = out_.fewest_sessions_of_a_closed_bead;
    fewest = out_.beads_closed == 1 ? b.sessions : std::min<std::uint64_t>(fewest, b.sessions);
}

record collector::finish(const sim::world& after) {
    pass(after.now());
    static_cast<void>(minute_of(after.now() - duration{1}));
    for (const auto& [id, b] : beads_) {
        ++(b.running ? out_.beads_working : out_.beads_waiting);
        if (b.parked) ++out_.beads_parked;
        if (b.charged > b.own) ++out_.beads_charged;
        out_.most_sessions_of_a_bead =
            std::max<std::uint64_t>(out_.most_sessions_of_a_bead, b.sessions);
    }
    for (std::size_t s = 0; s < scope_count; ++s)
        out_.breakers_open_at_end[s] = static_cast<std::uint64_t>(open_[s]);
    out_.world = after.counts();
    out_.broken = after.broken();
    return std::move(out_);
}

}  // namespace townd::scenario
