// Who of an outage may try, and what the fleet makes of the answer: canaries, the ramp, and what
// of it outlives a restart.

#include <algorithm>

#include "townd/decide/outage.hpp"

namespace townd {
bool outage_watch::lease_next(outage& o, std::uint64_t ramp, instant now,
                              const outage_policy& policy) {
    if (o.rotation.empty()) return false;
    const town_id town = o.rotation.begin()->second;
    o.rotation.erase(o.rotation.begin());
    member& m = o.members.at(town);
    m.lease = ++leases_;
    m.lease_ends_at = now + policy.lease;
    m.ramp = ramp;
    o.leases.insert({m.lease_ends_at, town});
    changed_.insert(o.about.id);
    say(o, town, m);
    return true;
}

void outage_watch::free_lease(outage& o, const town_id& town, member& m, instant now) {
    o.leases.erase({m.lease_ends_at, town});
    if (is_of_ramp(o, m)) --o.ramp_out;
    m.lease = 0;
    m.last_probe_at = now;
    if (has_work(o.about.role, town)) o.rotation.insert({now, town});
    say(o, town, m);
}

void outage_watch::probe(outage& o, instant now, const outage_policy& policy, double draw) {
    if (!lease_next(o, 0, now, policy)) return;
    ++o.about.canaries_sent;
    o.about.last_canary = messages_.back().town;
    // Spread upwards only: the pace is a promise.
    const auto spread = duration{
        static_cast<std::int64_t>(static_cast<double>(policy.probe_every.count()) * 0.02 * draw)};
    o.about.next_probe_at = now + policy.probe_every + spread;
}

bool outage_watch::lease_answered(const start_result& r, instant now, const outage_policy& policy) {
    const auto found = outages_.find(r.outage);
    if (found == outages_.end()) return false;
    outage& o = found->second;
    const auto who = o.members.find(r.town);
    if (who == o.members.end() || who->second.lease != r.lease || r.lease == 0) return false;
    member& m = who->second;
    const bool canary = m.ramp == 0;
    const bool in_ramp = is_of_ramp(o, m);
    changed_.insert(o.about.id);
    if (r.said == start_verdict::success) {
        o.any_success = true;
        note_result(r, now);
        leave(o, r.town);
        if (o.about.phase == outage_phase::probing && canary) {
            o.about.phase = outage_phase::ramping;
            ++o.ramp;
            o.about.ramp_width = 2;
            tell(outage_event::kind::ramping, o, now);
        } else if (in_ramp) {
            // One more for each that went well: the width doubles in the time of one answer, and
            // the slowest answer keeps nobody waiting.
            o.about.ramp_width = std::min(o.about.ramp_width + 1, policy.ramp_max);
        }
        widen(o, now, policy);
        close_if_over(std::string{r.outage}, now, policy);
        return true;
    }
    const bool failed = r.said == start_verdict::failure;
    const bool other_cause = failed && o.key != r.fingerprint && o.key != "family:" + r.family;
    if (failed && canary) ++o.about.canaries_failed;
    if (failed && !other_cause) o.about.cause = r.cause;
    free_lease(o, r.town, m, now);
    // It fails for something else by now: that is told apart, and this one knows no more of it.
    // Nor does one that cannot use its turn in the ramp hold up the others: it starts on its own
    // when it can.
    if (other_cause || (!failed && !canary)) leave(o, r.town);
    if (in_ramp && failed) narrow(o, now, policy);
    widen(o, now, policy);
    close_if_over(std::string{r.outage}, now, policy);
    return !other_cause;
}

bool outage_watch::is_of_ramp(const outage& o, const member& m) {
    return o.about.phase == outage_phase::ramping && m.lease != 0 && m.ramp == o.ramp;
}

void outage_watch::widen(outage& o, instant now, const outage_policy& policy) {
    if (o.about.phase != outage_phase::ramping) return;
    while (o.ramp_out < o.about.ramp_width && lease_next(o, o.ramp, now, policy))
        ++o.ramp_out;
}

// Half as many at a time; where nothing is left it is back, and canaries find out when it ends.
void outage_watch::narrow(outage& o, instant now, const outage_policy& policy) {
    o.about.ramp_width /= 2;
    if (o.about.ramp_width > 0) return;
    o.about.phase = outage_phase::probing;
    o.ramp_out = 0;
    o.about.next_probe_at = now + policy.probe_every;
    tell(outage_event::kind::probing, o, now);
}

void outage_watch::advance(instant now, const outage_policy& policy, double draw) {
    std::vector<std::string> ids;
    for (const auto& [id, o] : outages_)
        ids.push_back(id);
    for (const auto& id : ids) {
        const auto found = outages_.find(id);
        if (found == outages_.end()) continue;
        outage& o = found->second;
        while (!o.leases.empty() && o.leases.begin()->first <= now) {
            const town_id town = o.leases.begin()->second;
            member& m = o.members.at(town);
            const bool in_ramp = is_of_ramp(o, m);
            if (m.ramp == 0) ++o.about.canaries_failed;
            free_lease(o, town, m, now);
            if (in_ramp) narrow(o, now, policy);
        }
        if (o.about.observe_only != (policy.mode == outage_mode::observe) &&
            policy.mode != outage_mode::off) {
            o.about.observe_only = policy.mode == outage_mode::observe;
            for (const auto& [town, m] : o.members)
                say(o, town, m);
        }
        if (o.about.phase == outage_phase::probing && !o.about.observe_only &&
            now >= o.about.next_probe_at)
            probe(o, now, policy, draw);
        widen(o, now, policy);  // Members that have work again.
        close_if_over(id, now, policy);
    }
}

instant outage_watch::next_due() const {
    instant next = never;
    for (const auto& [id, o] : outages_) {
        if (!o.leases.empty()) next = std::min(next, o.leases.begin()->first);
        if (o.about.phase == outage_phase::probing && !o.rotation.empty() && !o.about.observe_only)
            next = std::min(next, o.about.next_probe_at);
        if (o.idle_since) next = std::min(next, *o.idle_since + duration{600'000});
    }
    return next;
}

std::optional<saved_outage> outage_watch::saved(const std::string& id) const {
    const auto found = outages_.find(id);
    if (found == outages_.end()) return std::nullopt;
    const outage& o = found->second;
    saved_outage out{id,
                     o.about.role,
                     o.key,
                     o.about.cause,
                     o.about.opened_at,
                     o.about.next_probe_at,
                     o.about.members_peak,
                     o.about.canaries_sent,
                     o.about.canaries_failed,
                     {}};
    for (const auto& [town, m] : o.members)
        out.members.push_back(town);
    return out;
}

void outage_watch::restore(const saved_outage& from, instant now, const outage_policy& policy) {
    if (policy.mode == outage_mode::off || outages_.contains(from.id)) return;
    outage o;
    o.about.id = from.id;
    o.about.role = from.role;
    o.about.fingerprint = from.key;
    o.about.cause = from.cause;
    o.about.observe_only = policy.mode == outage_mode::observe;
    o.about.opened_at = std::min(from.opened_at, now);
    // The pace goes on as if nothing had been: a restart is no reason to try sooner or later.
    o.about.next_probe_at =
        std::clamp(from.next_probe_at, now, now + policy.probe_every + policy.probe_every / 50);
    o.about.canaries_sent = std::max(0, from.canaries_sent);
    o.about.canaries_failed = std::max(0, from.canaries_failed);
    o.key = from.key;
    o.idle_since = now;  // Until the towns say that they have work.
    for (const auto& town : from.members)
        o.members[town].last_probe_at = from.opened_at;
    o.about.members = static_cast<int>(o.members.size());
    o.about.members_peak = std::max(from.members_peak, o.about.members);
    outages_.emplace(from.id, std::move(o));
}

}  // namespace townd
