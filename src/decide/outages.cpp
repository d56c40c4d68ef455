// When one trouble of many towns is an outage. It changes words, letters to mayors and who is
// charged; never whether a town waits.

#include <algorithm>
#include <utility>
#include <vector>

#include "townd/decide/retry_desk.hpp"

namespace townd {
namespace {

constexpr duration result_counts_for{600'000};  // Of a town that has no work any more.
constexpr int work_in_row = 3;
constexpr int unsure_share_percent = 67;
constexpr duration see_every{1'000};
constexpr duration stored_waits_for{120'000};  // After a restart.
constexpr duration idle_closes_after{60'000};  // Nobody left who could try: it must not stay.

}  // namespace

// Only towns that have work or failed a moment ago: what failed days ago and was not tried since
// speaks of no trouble of now.
int retry_desk::counted(const group& g, instant now, bool hard_only) const {
    int out = 0;
    for (const auto& town : g.members) {
        const member& m = members_.at({town, g.role});
        if (!m.doubt.own || m.doubt.earning || (hard_only && m.doubt.soft)) continue;
        // Two bad beads in a row come about in any large fleet; three hardly do in several towns.
        if (m.doubt.at == stage::done && m.doubt.in_row < work_in_row && !g.outage) continue;
        // The same towns as in the share's whole: after a restart old failures are told anew.
        const auto told = active_[index_of(g.role)].find(town);
        const bool lately = told != active_[index_of(g.role)].end() &&
                            now - told->second.result_at < result_counts_for;
        // What failed long ago and waits since then begins no outage.
        if (!g.outage && now - m.failed_at > result_counts_for) continue;
        if (m.work || lately) ++out;
    }
    return out;
}

// One bead alone that fails in its place may be a bad one: such places make an outage only when
// half of the fleet is like them.
bool retry_desk::is_outage(const group& g, instant now, const policy& rules) const {
    const int least = rules.outage.min_towns;
    if (static_cast<int>(g.members.size()) < least || counted(g, now, false) < least) return false;
    // Bad beads make many places fail for a while, each for itself, and work is done there in
    // between; where the platform fails, none is.
    const auto done = std::count_if(g.healed.begin(), g.healed.end(),
                                    [now](instant at) { return now - at < result_counts_for; });
    if (g.at == stage::done && 2 * done >= counted(g, now, false)) return false;
    const int sure_here = counted(g, now, true);
    if (sure_here >= rules.outage.many_towns) return true;
    int sure = 0;
    int failing = 0;
    for (const auto& [key, other] : groups_) {
        if (other.role != g.role) continue;
        sure += counted(other, now, true);
        failing += counted(other, now, false);
    }
    int active = 0;
    for (const auto& [town, a] : active_[index_of(g.role)])
        if (a.work || (a.result_at != instant{} && now - a.result_at < result_counts_for)) ++active;
    active = std::max(active, failing);
    if (sure_here >= least) return sure * 100 >= rules.outage.town_share_percent * active;
    return failing * 100 >=
           std::max(unsure_share_percent, rules.outage.town_share_percent) * active;
}

void retry_desk::recount(group& g) {
    auto& o = *g.outage;
    o.members = static_cast<int>(g.members.size());
    o.members_peak = std::max(o.members_peak, o.members);
    const std::string* most = nullptr;
    const std::string* second = nullptr;
    int count = 0;
    for (const auto& [text, n] : g.words) {
        if (most == nullptr || n > count) {
            if (most != nullptr) second = most;
            most = &text;
            count = n;
        } else if (second == nullptr) {
            second = &text;
        }
    }
    if (most != nullptr) o.cause = *most;
    o.other_cause = second != nullptr ? *second : std::string{};
    changed_.insert(o.id);
}

void retry_desk::open(group& g, const std::string& key, instant now, const policy& rules) {
    outage_summary o;
    o.role = g.role;
    o.at = g.at;
    o.fingerprint = key;
    o.observe_only = rules.outage.mode == outage_mode::observe;
    o.opened_at = now;
    o.id = std::string{to_text(g.role)} + "-" + std::string{to_text(g.at)} + "-" +
           std::to_string(unix_ms(now) / 1000);
    if (const auto before = stored_.find(key); before != stored_.end()) {
        o.id = before->second.id;
        o.opened_at = before->second.opened_at;
        o.members_peak = before->second.members_peak;
        o.probes_sent = before->second.probes_sent;
        o.probes_failed = before->second.probes_failed;
        stored_.erase(before);
        g.outage = o;
        recount(g);
        say_all(g);
        return;
    }
    const auto taken = [this](const std::string& id) {
        return std::any_of(groups_.begin(), groups_.end(), [&](const auto& each) {
            return each.second.outage && each.second.outage->id == id;
        });
    };
    while (taken(o.id))
        o.id += "x";
    g.outage = o;
    g.any_success = false;
    recount(g);
    tell(outage_event::kind::opened, g, now);
    say_all(g);
}

void retry_desk::see(group& g, const std::string& key, instant now, const policy& rules) {
    const bool small_one = static_cast<int>(g.members.size()) < rules.outage.min_towns;
    if (!g.outage && small_one) return;
    if (now - g.seen_at < see_every && !g.members.empty()) {
        next_due_ = std::min(next_due_, g.seen_at + see_every);
        g.to_see = true;
        return;
    }
    g.seen_at = now;
    g.to_see = false;
    if (!g.outage) {
        const bool known =
            stored_.contains(key) && static_cast<int>(g.members.size()) >= rules.outage.min_towns;
        if (known || is_outage(g, now, rules)) open(g, key, now, rules);
        if (!g.outage) return;
    }
    auto& o = *g.outage;
    o.observe_only = rules.outage.mode == outage_mode::observe;
    const bool tries = std::any_of(g.members.begin(), g.members.end(), [&](const town_id& town) {
        const member& m = members_.at({town, g.role});
        // What runs tells nothing more of whether starts are answered.
        return m.wants || m.lease != 0 || (m.work && g.at != stage::answered);
    });
    if (tries)
        g.idle_since.reset();
    else if (!g.idle_since)
        g.idle_since = now;
    const bool idle = g.idle_since && now - *g.idle_since >= idle_closes_after;
    // What is left of it is no matter of the fleet: those towns have breakers of their own.
    const bool small = g.any_success && counted(g, now, false) < rules.outage.min_towns;
    if (rules.outage.mode == outage_mode::off || g.members.empty() || idle || small) {
        close(g, now);
        if (g.members.empty()) groups_.erase(key);
        return;
    }
    if (g.idle_since) next_due_ = std::min(next_due_, *g.idle_since + idle_closes_after);
    instant next = never;
    for (const auto& town : g.members) {
        const member& m = members_.at({town, g.role});
        if (m.wants) next = std::min(next, m.doubt.next_try);
    }
    next = std::max(next, budget_.next_token());
    if (next != o.next_probe_at) {
        o.next_probe_at = next;
        changed_.insert(o.id);
    }
}

void retry_desk::close(group& g, instant now) {
    if (!g.outage) return;
    tell(outage_event::kind::closed, g, now);
    g.outage.reset();
    g.any_success = false;
    say_all(g);
}

void retry_desk::tell(outage_event::kind what, const group& g, instant now) {
    const auto& o = *g.outage;
    changed_.insert(o.id);
    const int members = what == outage_event::kind::closed ? o.members_peak : o.members;
    events_.push_back(
        {what, o.id, o.role, o.at, o.fingerprint, o.cause, members, now - o.opened_at});
}

fleet_advice retry_desk::advice_of(const member_key&, const member& m) const {
    fleet_advice out;
    out.lease = m.lease;
    out.lease_ends_at = m.lease_ends;
    out.sweep = m.of == lease_kind::sweep;
    const auto found = groups_.find(m.group);
    if (found == groups_.end()) return out;
    const group& g = found->second;
    out.at = g.at;
    out.towns = static_cast<int>(g.members.size());
    out.next_try_at = std::max(m.doubt.next_try, budget_.next_token());
    if (g.outage && !g.outage->observe_only) {
        out.outage = g.outage->id;
        out.cause = g.outage->cause;
        out.opened_at = g.outage->opened_at;
    }
    return out;
}

void retry_desk::say(const member_key& who, const member& m) {
    messages_.push_back({who.first, who.second, advice_of(who, m)});
}

void retry_desk::say_all(const group& g) {
    for (const auto& town : g.members)
        say({town, g.role}, members_.at({town, g.role}));
}

std::vector<outage_summary> retry_desk::summaries() const {
    outage_board out;
    for (const auto& [key, g] : groups_)
        if (g.outage) out.push_back(*g.outage);
    return out;
}

std::optional<saved_outage> retry_desk::saved(const std::string& id) const {
    for (const auto& [key, g] : groups_)
        if (g.outage && g.outage->id == id) {
            const auto& o = *g.outage;
            return saved_outage{o.id,        o.role,         key,           o.cause,
                                o.opened_at, o.members_peak, o.probes_sent, o.probes_failed};
        }
    for (const auto& [key, o] : stored_)
        if (o.id == id) return o;
    return std::nullopt;
}

void retry_desk::restore(const saved_outage& from, instant now, const outage_policy& policy) {
    if (policy.mode == outage_mode::off || now - from.opened_at < duration{0}) return;
    stored_.emplace(from.key, from);
    stored_until_ = now + stored_waits_for;
    next_due_ = std::min(next_due_, stored_until_);
}

// Its towns had their time to say that they still fail.
void retry_desk::close_stored(instant now) {
    if (stored_.empty()) return;
    if (now < stored_until_) {
        next_due_ = std::min(next_due_, stored_until_);
        return;
    }
    for (const auto& [key, o] : std::exchange(stored_, {})) {
        const std::size_t stage_at = key.find('/') + 1;
        stage at = stage::answered;
        for (const auto each : {stage::survived, stage::done})
            if (key.compare(stage_at, to_text(each).size(), to_text(each)) == 0) at = each;
        changed_.insert(o.id);
        events_.push_back({outage_event::kind::closed, o.id, o.role, at, key, o.cause,
                           o.members_peak, now - o.opened_at});
    }
}

}  // namespace townd
