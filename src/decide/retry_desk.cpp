// What the fleet makes of its towns' news: who is in doubt, and for what. Leases are in
// retry_leases.cpp, outages in outages.cpp.

#include "townd/decide/retry_desk.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace townd {
namespace {

constexpr std::size_t healed_max = 64;
constexpr duration works_for{86'400'000};  // A session under lease may take so long.

std::string group_key(agent_role role, const doubt_told& d) {
    std::string key{to_text(role)};
    key += '/';
    key += to_text(d.at);
    key += '/';
    key += d.kind;
    return key;
}

}  // namespace

std::string_view to_text(outage_phase phase) noexcept {
    return phase == outage_phase::probing ? "probing" : "recovering";
}

std::string_view to_text(outage_event::kind what) noexcept {
    constexpr std::array<std::string_view, 4> names{"opened", "recovering", "probing", "closed"};
    return names[static_cast<std::size_t>(what)];
}

void retry_desk::take(const fleet_news& news, instant now, const policy& rules) {
    next_due_ = now;
    if (const auto* s = std::get_if<role_standing>(&news)) {
        heard(*s, now, rules);
    } else if (const auto* a = std::get_if<attempt_news>(&news)) {
        heard(*a, now, rules);
    } else if (const auto* back = std::get_if<lease_returned>(&news)) {
        const member_key who{back->town, back->role};
        const auto found = members_.find(who);
        if (found == members_.end() || found->second.lease != back->lease) return;
        member& m = found->second;
        ++m.returned;
        end_lease(who, m, verdict::neutral, now, rules);
    } else if (const auto* over = std::get_if<town_gone>(&news)) {
        gone(over->town, now, rules);
    }
}

void retry_desk::gone(const town_id& town, instant now, const policy& rules) {
    for (const auto role : {agent_role::polecat, agent_role::refinery, agent_role::mayor}) {
        active_[index_of(role)].erase(town);
        leave({town, role}, now, rules);
    }
    budget_.forget(town);
}

retry_desk::group* retry_desk::group_of(const member& m) {
    const auto found = groups_.find(m.group);
    return found == groups_.end() ? nullptr : &found->second;
}

void retry_desk::heard(const role_standing& s, instant now, const policy& rules) {
    const member_key who{s.town, s.role};
    auto& active = active_[index_of(s.role)];
    if (s.work) {
        active[s.town].work = true;
    } else if (const auto found = active.find(s.town); found != active.end()) {
        found->second.work = false;
    }
    if (!s.doubt || rules.outage.mode == outage_mode::off) {
        leave(who, now, rules);
        return;
    }
    member& m = members_[who];
    const std::string key = group_key(s.role, *s.doubt);
    const bool moved =
        m.group != key || m.doubt.words != s.doubt->words || m.doubt.own != s.doubt->own;
    if (moved && !m.group.empty()) leave_group(who, m);
    m.doubt = *s.doubt;
    m.work = s.work;
    m.wants = s.wants;
    m.failed_at = std::max(m.failed_at, m.doubt.failed_at);
    if (m.doubt.earning || (m.doubt.fresh && !m.doubt.own))
        unpaced_.insert(who);
    else
        unpaced_.erase(who);
    if (moved) join(who, m, now);
    if (group* g = group_of(m); g != nullptr) see(*g, m.group, now, rules);
}

void retry_desk::join(const member_key& who, member& m, instant) {
    m.group = group_key(who.second, m.doubt);
    group& g = groups_[m.group];
    g.role = who.second;
    g.at = m.doubt.at;
    g.members.insert(who.first);
    if (m.doubt.own) ++g.own;
    ++g.words[m.doubt.words];
    if (g.outage) {
        recount(g);
        say(who, m);
    }
}

void retry_desk::leave_group(const member_key& who, member& m) {
    const auto found = groups_.find(m.group);
    if (found == groups_.end()) return;
    group& g = found->second;
    g.members.erase(who.first);
    if (m.doubt.own) --g.own;
    g.heal.todo.erase({m.doubt.failures, who.first});
    if (const auto text = g.words.find(m.doubt.words); text != g.words.end() && --text->second <= 0)
        g.words.erase(text);
    if (m.of == lease_kind::sweep && !m.slow && m.lease != 0) --g.heal.out;
    if (m.of == lease_kind::sweep) m.of = lease_kind::unpaced;  // Of no sweep any more.
    if (g.outage) recount(g);
    if (g.members.empty() && !g.outage) groups_.erase(found);
    m.group.clear();
}

void retry_desk::leave(const member_key& who, instant now, const policy& rules) {
    const auto found = members_.find(who);
    if (found == members_.end()) return;
    member& m = found->second;
    if (m.lease != 0) end_lease(who, m, verdict::neutral, now, rules);
    const std::string key = m.group;
    leave_group(who, m);
    unpaced_.erase(who);
    leased_.erase(who);
    members_.erase(found);
    messages_.push_back({who.first, who.second, {}});
    if (const auto g = groups_.find(key); g != groups_.end()) see(g->second, key, now, rules);
}

void retry_desk::heard(const attempt_news& a, instant now, const policy& rules) {
    active_[index_of(a.role)][a.town].result_at = now;
    if (a.said == verdict::failure && a.counts) {
        budget_.failed(a.town, a.began, now, a.lease != 0, a.at != stage::answered);
        // Where no leave is given nothing bounds the log, and nothing needs it after a restart.
        spent_more_ = leases_given(rules);
    }
    const member_key who{a.town, a.role};
    const auto found = members_.find(who);
    if (found == members_.end()) return;
    member& m = found->second;
    if (a.said == verdict::failure) {
        m.failed_at = now;
        m.failed_of = a.began;
    }
    const bool leased = a.lease != 0 && a.lease == m.lease;
    group* g = group_of(m);
    const bool heals = a.said == verdict::success && g != nullptr && proves(a.at, g->at);
    if (heals) {
        g->any_success = true;
        g->healed_at = now;
        g->healed.push_back(now);
        if (g->healed.size() > healed_max) g->healed.pop_front();
        if (g->outage) {
            g->outage->last_success = now;
            changed_.insert(g->outage->id);
        }
    }
    if (leased) {
        // What is to be proved is another stage, of which the same attempt will yet tell: a later
        // one, or the answer, when its agent's sign of life was faster.
        const bool later = a.doubted && *a.doubted > a.at;
        const bool answer_out = !m.answered && a.at != stage::done;
        const bool goes_on = a.said == verdict::success && a.doubted && !proves(a.at, *a.doubted) &&
                             (later || answer_out);
        if (goes_on && later) {
            m.answered = true;
            m.lease_ends = now + works_for;
            if (heals && m.of == lease_kind::sweep && !m.slow) {
                m.slow = true;
                --g->heal.out;
                ++g->heal.width;
            }
        } else if (!goes_on) {
            end_lease(who, m, a.said, now, rules);
        }
    }
    if (g == nullptr) return;
    if (heals && leased) begin_sweep(*g, now);
    // It began before others succeeded: that says nothing of now.
    const bool old = leased && a.said == verdict::failure && a.at == g->at &&
                     a.began < g->healed_at && now - g->healed_at < rules.retry.max;
    if (old) sweep_again(*g, who, now);
}

fleet_advice retry_desk::advice_for(const town_id& town, agent_role role) const {
    const auto found = members_.find({town, role});
    return found == members_.end() ? fleet_advice{} : advice_of(found->first, found->second);
}

std::vector<fleet_message> retry_desk::take_messages() {
    return std::exchange(messages_, {});
}
std::vector<outage_event> retry_desk::take_events() {
    return std::exchange(events_, {});
}
std::set<std::string> retry_desk::take_changed() {
    return std::exchange(changed_, {});
}

std::optional<std::vector<retry_budget::entry>> retry_desk::take_spent() {
    if (!std::exchange(spent_more_, false)) return std::nullopt;
    return budget_.spent();
}
void retry_desk::restore(const std::vector<retry_budget::entry>& spent, instant now) {
    budget_.restore(spent, now);
}

desk_figures retry_desk::figures(instant now, const policy& rules) {
    desk_figures out;
    out.leases = static_cast<int>(leased_.size());
    out.left = budget_.left(out.leases, now, rules.retry);
    out.tokens = budget_.tokens();
    out.failures = budget_.failures();
    out.members = static_cast<int>(members_.size());
    out.groups = static_cast<int>(groups_.size());
    return out;
}

}  // namespace townd
