// What the fleet makes of its towns' news: when one cause is an outage, who belongs to it, when it
// is over. Leases and the ramp are in outage_leases.cpp.

#include "townd/decide/outage.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace townd {
namespace {

constexpr duration result_counts_for{600'000};  // Of a town that has no work any more.
constexpr duration unused_probe_pause{2'000};
constexpr duration idle_closes_after{600'000};  // Nobody left who could try: it must not stay.

std::string family_key(const std::string& family) {
    return "family:" + family;
}

}  // namespace

std::string_view to_text(outage_phase phase) noexcept {
    return phase == outage_phase::probing ? "probing" : "ramping";
}

std::string_view to_text(outage_event::kind what) noexcept {
    constexpr std::array<std::string_view, 4> names{"opened", "ramping", "probing", "closed"};
    return names[static_cast<std::size_t>(what)];
}

void outage_watch::take(const outage_news& news, instant now, const outage_policy& policy) {
    if (const auto* r = std::get_if<start_result>(&news)) {
        heard(*r, now, policy);
    } else if (const auto* w = std::get_if<role_has_work>(&news)) {
        work_changed(*w, now, policy);
    } else if (const auto* back = std::get_if<lease_returned>(&news)) {
        const auto found = outages_.find(back->outage);
        if (found == outages_.end()) return;
        start_result unused;
        unused.town = back->town;
        unused.role = found->second.about.role;
        unused.outage = back->outage;
        unused.lease = back->lease;
        const bool canary = found->second.about.phase == outage_phase::probing;
        // Nothing was tried: the next one need not wait for the whole pace.
        if (lease_answered(unused, now, policy) && canary)
            if (const auto still = outages_.find(back->outage); still != outages_.end()) {
                auto& due = still->second.about.next_probe_at;
                due = std::min(due, now + unused_probe_pause);
            }
    } else if (const auto* gone = std::get_if<town_gone>(&news)) {
        for (auto& [role, s] : roles_) {
            forget_failing(s, gone->town);
            s.results.erase(gone->town);
            s.with_work.erase(gone->town);
            if (outage* o = outage_of(gone->town, role); o != nullptr) {
                const std::string id = o->about.id;
                leave(*o, gone->town);
                close_if_over(id, now, policy);
            }
        }
    }
}

bool outage_watch::has_work(agent_role role, const town_id& town) const {
    const auto s = roles_.find(role);
    return s != roles_.end() && s->second.with_work.contains(town);
}

void outage_watch::work_changed(const role_has_work& w, instant now, const outage_policy& policy) {
    auto& s = roles_[w.role];
    if (w.work == s.with_work.contains(w.town)) return;
    if (w.work)
        s.with_work.insert(w.town);
    else
        s.with_work.erase(w.town);
    outage* o = outage_of(w.town, w.role);
    if (o == nullptr) return;
    const member& m = o->members.at(w.town);
    if (m.lease != 0) return;
    if (w.work)
        o->rotation.insert({m.last_probe_at, w.town});
    else
        o->rotation.erase({m.last_probe_at, w.town});
    close_if_over(std::string{o->about.id}, now, policy);
}

void outage_watch::heard(const start_result& r, instant now, const outage_policy& policy) {
    if (!r.outage.empty() && lease_answered(r, now, policy)) return;
    if (r.said == start_verdict::neutral || policy.mode == outage_mode::off) return;
    outage* mine = outage_of(r.town, r.role);
    note_result(r, now);
    if (mine != nullptr) {
        // A start from before it joined says nothing new; where nobody is held back, members leave
        // by their own success.
        if (!mine->about.observe_only || r.said != start_verdict::success) return;
        const std::string id = mine->about.id;
        mine->any_success = true;
        leave(*mine, r.town);
        close_if_over(id, now, policy);
        return;
    }
    if (r.said == start_verdict::success) return;
    if (outage* o = joined_by(r); o != nullptr)
        join(*o, r.town, now);
    else
        maybe_open(r, now, policy);
}

void outage_watch::forget_failing(role_state& s, const town_id& town) {
    const auto known = s.results.find(town);
    if (known == s.results.end() || known->second.ok) return;
    for (const std::string& key : {known->second.fingerprint, family_key(known->second.family)}) {
        const auto found = s.failing.find(key);
        if (found == s.failing.end()) continue;
        found->second.erase(town);
        if (found->second.empty()) s.failing.erase(found);
    }
}

void outage_watch::note_result(const start_result& r, instant now) {
    auto& s = roles_[r.role];
    forget_failing(s, r.town);
    const bool ok = r.said == start_verdict::success;
    s.results.insert_or_assign(r.town, newest_result{ok, r.fingerprint, r.family, now});
    if (ok) return;
    s.failing[r.fingerprint].insert(r.town);
    s.failing[family_key(r.family)].insert(r.town);
}

outage_watch::outage* outage_watch::joined_by(const start_result& r) {
    for (auto& [id, o] : outages_)
        if (o.about.role == r.role && (o.key == r.fingerprint || o.key == family_key(r.family)))
            return &o;
    return nullptr;
}

outage_watch::outage* outage_watch::outage_of(const town_id& town, agent_role role) {
    for (auto& [id, o] : outages_)
        if (o.about.role == role && o.members.contains(town)) return &o;
    return nullptr;
}

// Nearly every town has a text of its own: one cause told in many words, not several causes.
bool outage_watch::texts_differ(const role_state& s, const std::set<town_id>& towns) {
    std::set<std::string_view> texts;
    for (const auto& town : towns)
        texts.insert(s.results.at(town).fingerprint);
    return 4 * texts.size() >= 3 * towns.size();
}

void outage_watch::maybe_open(const start_result& r, instant now, const outage_policy& policy) {
    auto& s = roles_[r.role];
    // The exact cause first; texts that name a town or a file in each are one family all the same.
    for (const std::string& key : {r.fingerprint, family_key(r.family)}) {
        const auto found = s.failing.find(key);
        if (found == s.failing.end()) continue;
        const auto failing = static_cast<int>(found->second.size());
        if (failing < policy.min_towns) continue;
        if (key != r.fingerprint && !texts_differ(s, found->second)) continue;
        int tried = 0;
        for (const auto& [town, result] : s.results)
            if (s.with_work.contains(town) || now - result.at < result_counts_for) ++tried;
        if (failing * 100 < policy.town_share_percent * tried) continue;
        if (static_cast<int>(outages_.size()) >= policy.max_outages) return;
        open(r.role, key, r.cause, now, policy);
        return;
    }
}

void outage_watch::open(agent_role role, const std::string& key, const std::string& cause,
                        instant now, const outage_policy& policy) {
    outage o;
    o.about.id = std::string{to_text(role)} + "-" +
                 (key.starts_with("family:") ? std::string{"family"} : key) + "-" +
                 std::to_string(unix_ms(now) / 1000);
    while (outages_.contains(o.about.id))
        o.about.id += "x";
    o.about.role = role;
    o.about.fingerprint = key;
    o.about.cause = cause;
    o.about.observe_only = policy.mode == outage_mode::observe;
    o.about.opened_at = now;
    o.about.next_probe_at = now + policy.probe_every;
    o.key = key;
    auto& kept = outages_.emplace(o.about.id, std::move(o)).first->second;
    const std::set<town_id> failing = roles_[role].failing[key];
    for (const auto& town : failing)
        join(kept, town, now);
    tell(outage_event::kind::opened, kept, now);
}

void outage_watch::join(outage& o, const town_id& town, instant now) {
    forget_failing(roles_[o.about.role], town);
    const auto [at, fresh] = o.members.try_emplace(town);
    if (!fresh) return;
    at->second.last_probe_at = now;
    if (has_work(o.about.role, town)) o.rotation.insert({now, town});
    o.about.members = static_cast<int>(o.members.size());
    o.about.members_peak = std::max(o.about.members_peak, o.about.members);
    o.idle_since.reset();
    changed_.insert(o.about.id);
    say(o, town, at->second, true);
}

void outage_watch::leave(outage& o, const town_id& town) {
    const auto found = o.members.find(town);
    if (found == o.members.end()) return;
    o.rotation.erase({found->second.last_probe_at, town});
    o.leases.erase({found->second.lease_ends_at, town});
    if (is_of_ramp(o, found->second)) --o.ramp_out;
    o.members.erase(found);
    o.about.members = static_cast<int>(o.members.size());
    changed_.insert(o.about.id);
    messages_.push_back({town, o.about.role, std::nullopt, false});
}

void outage_watch::close_if_over(const std::string& id, instant now, const outage_policy& policy) {
    const auto found = outages_.find(id);
    if (found == outages_.end()) return;
    outage& o = found->second;
    const bool nobody_tries = o.rotation.empty() && o.leases.empty();
    if (!nobody_tries)
        o.idle_since.reset();
    else if (!o.idle_since)
        o.idle_since = now;
    const bool forgotten =
        nobody_tries && !o.about.observe_only && now - *o.idle_since >= idle_closes_after;
    const bool healed = nobody_tries && o.about.phase == outage_phase::ramping;
    // What is left of it is no matter of the fleet: those towns have breakers of their own.
    const bool small = o.any_success && o.about.members < policy.min_towns &&
                       (o.about.phase == outage_phase::probing || o.about.observe_only);
    if (!o.members.empty() && !healed && !small && !forgotten && policy.mode != outage_mode::off)
        return;
    while (!o.members.empty())
        leave(o, town_id{o.members.begin()->first});
    tell(outage_event::kind::closed, o, now);
    outages_.erase(found);
}

void outage_watch::say(const outage& o, const town_id& town, const member& m, bool joined) {
    outage_advice advice;
    advice.outage = o.about.id;
    advice.role = o.about.role;
    advice.fingerprint = o.key;
    advice.cause = o.about.cause;
    advice.opened_at = o.about.opened_at;
    advice.next_probe_at = o.about.next_probe_at;
    advice.lease = m.lease;
    advice.lease_ends_at = m.lease_ends_at;
    advice.healing = m.lease != 0 && m.ramp != 0;
    advice.observe_only = o.about.observe_only;
    messages_.push_back({town, o.about.role, std::move(advice), joined});
}

void outage_watch::tell(outage_event::kind what, const outage& o, instant now) {
    changed_.insert(o.about.id);
    const int members = what == outage_event::kind::closed ? o.about.members_peak : o.about.members;
    events_.push_back(
        {what, o.about.id, o.about.role, o.key, o.about.cause, members, now - o.about.opened_at});
}

std::vector<outage_advice> outage_watch::advice_for(const town_id& town) const {
    std::vector<outage_advice> out;
    for (const auto& [id, o] : outages_) {
        const auto found = o.members.find(town);
        if (found == o.members.end()) continue;
        outage_advice advice;
        advice.outage = id;
        advice.role = o.about.role;
        advice.fingerprint = o.key;
        advice.cause = o.about.cause;
        advice.opened_at = o.about.opened_at;
        advice.next_probe_at = o.about.next_probe_at;
        advice.observe_only = o.about.observe_only;
        out.push_back(std::move(advice));
    }
    return out;
}

std::vector<outage_message> outage_watch::take_messages() {
    return std::exchange(messages_, {});
}
std::vector<outage_event> outage_watch::take_events() {
    return std::exchange(events_, {});
}
std::set<std::string> outage_watch::take_changed() {
    return std::exchange(changed_, {});
}

outage_board outage_watch::summaries() const {
    outage_board out;
    for (const auto& [id, o] : outages_)
        out.push_back(o.about);
    return out;
}

}  // namespace townd
