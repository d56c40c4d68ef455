#include "townd/decide/town_state.hpp"

#include "townd/decide/reconcile.hpp"

#include <algorithm>

namespace townd {
namespace {

template <class Map>
auto found_in(const Map& map, std::string_view key) -> typename Map::mapped_type {
    const auto found = map.find(key);
    return found == map.end() ? typename Map::mapped_type{} : found->second;
}

}  // namespace

town_view::town_view(const live_rows& live, const town_facts& known, const policy& policy_in,
                     instant at)
    : rows(live), facts(known), rules(policy_in), now(at) {
    beads_.reserve(rows.beads.size());
    for (const auto& b : rows.beads)
        beads_.emplace(b.id, &b);
    for (const auto& a : rows.agents) {
        agents_.emplace(a.id, &a);
    }
    for (const auto& r : rows.rigs)
        rigs_.emplace(r.id, &r);
    for (const auto& r : rows.reviews)
        reviews_.emplace(r.id, &r);
    for (const auto& b : rows.beads) {
        if (b.type != bead_type::merge_request || b.status != bead_status::in_progress || !b.rig)
            continue;
        const review* r = find_review(b.id);
        if (r == nullptr || !r->pr_url) in_review_.emplace(*b.rig, &b);
    }
    for (const auto& d : rows.dispatches) {
        by_agent_.emplace(d.agent, &d);
        by_bead_.emplace(d.bead, &d);
    }
    // Of several agents on one bead, the one that works on it counts (invariant 6 is not a given).
    for (const bool busy : {true, false})
        for (const auto& a : rows.agents)
            if (a.hook && is_occupied(a) == busy) hooks_.emplace(*a.hook, &a);
    for (const auto& d : rows.dependencies)
        if (d.on_status && *d.on_status != bead_status::closed) {
            blockers_.emplace(d.bead, &d);
            if (*d.on_status == bead_status::failed) failed_blockers_.emplace(d.bead, &d);
        }
    for (const auto& l : rows.links)
        links_[l.source].push_back(&l);
    for (const auto& s : rows.stops) {
        stopping_.insert(s.agent);
        if (!s.bead.empty()) being_left_.emplace(s.bead, &s);
    }
    for (const auto& b : rows.bad)
        if (b.table == "beads") unreadable_.insert(b.id);
    for (const auto& id : rows.staged)
        staged_.insert(id);
}

const bead* town_view::find_bead(std::string_view id) const {
    return found_in(beads_, id);
}
const agent* town_view::find_agent(std::string_view id) const {
    return found_in(agents_, id);
}
const rig* town_view::find_rig(std::string_view id) const {
    return found_in(rigs_, id);
}
const review* town_view::find_review(std::string_view id) const {
    return found_in(reviews_, id);
}
const agent* town_view::hooked_to(std::string_view id) const {
    return found_in(hooks_, id);
}
const dispatch* town_view::live_dispatch_of_agent(std::string_view id) const {
    return found_in(by_agent_, id);
}
const dispatch* town_view::live_dispatch_of_bead(std::string_view id) const {
    return found_in(by_bead_, id);
}
bool town_view::is_stopping(std::string_view id) const {
    return stopping_.contains(id);
}
const stop_order* town_view::being_left(std::string_view id) const {
    return found_in(being_left_, id);
}
bool town_view::is_unreadable(std::string_view id) const {
    return unreadable_.contains(id);
}
bool town_view::is_staged(std::string_view id) const {
    return staged_.contains(id);
}
const dependency* town_view::blocker_of(std::string_view id) const {
    return found_in(blockers_, id);
}
const dependency* town_view::failed_blocker_of(std::string_view id) const {
    return found_in(failed_blockers_, id);
}
const bead* town_view::review_in_progress(std::string_view id) const {
    return found_in(in_review_, id);
}
std::vector<const review_link*> town_view::links_of(std::string_view source) const {
    return found_in(links_, source);
}

bool town_view::is_occupied(const agent& a) const {
    if (live_dispatch_of_agent(a.id) != nullptr) return true;
    return a.status == agent_status::working || a.status == agent_status::waiting ||
           a.status == agent_status::stalled;
}

int town_view::max_attempts(const std::optional<rig_id>& id) const {
    const rig* r = id ? find_rig(*id) : nullptr;
    if (r != nullptr && r->max_dispatch_attempts) return std::max(1, *r->max_dispatch_attempts);
    return rules.dispatch.max_attempts;
}

int town_view::max_polecats(const std::optional<rig_id>& id) const {
    const rig* r = id ? find_rig(*id) : nullptr;
    if (r != nullptr && r->max_concurrent_polecats) return std::max(0, *r->max_concurrent_polecats);
    return facts.max_polecats_per_rig.value_or(rules.dispatch.max_polecats_per_rig);
}

int town_view::max_per_town() const {
    return facts.max_per_town.value_or(rules.dispatch.max_per_town);
}

bool town_view::code_review(const std::optional<rig_id>& id) const {
    const rig* r = id ? find_rig(*id) : nullptr;
    return r != nullptr && r->code_review ? *r->code_review : facts.code_review;
}

bool town_view::pull_requests(const std::optional<rig_id>& id) const {
    const rig* r = id ? find_rig(*id) : nullptr;
    return r != nullptr && r->pull_requests ? *r->pull_requests : facts.pull_requests;
}

bool town_view::is_evicted(const dispatch& d) const {
    return townd::is_evicted(facts, d, find_agent(d.agent));
}

instant town_view::last_seen(const agent& a) const {
    instant seen = facts.opened_at;
    // A stamp from the future (a clock that was wrong when it was written) counts as now.
    if (a.last_activity_at) seen = std::max(seen, std::min(*a.last_activity_at, now));
    const dispatch* d = live_dispatch_of_agent(a.id);
    if (d != nullptr && d->started_at) seen = std::max(seen, std::min(*d->started_at, now));
    return seen;
}

}  // namespace townd
