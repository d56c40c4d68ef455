// What a town actor tells the pages.

#include <algorithm>
#include <map>
#include <utility>

#include "engine/summary.hpp"
#include "engine/town_actor.hpp"

namespace townd::engine {
namespace {

constexpr duration count_every{1'000};

std::vector<running_group> running_in(const live_rows& rows) {
    std::map<std::pair<rig_id, agent_role>, running_group> groups;
    const auto group = [&](const std::optional<rig_id>& rig, agent_role role) -> running_group& {
        auto& out = groups[{rig.value_or(""), role}];
        out.rig = rig.value_or("");
        out.role = role;
        return out;
    };
    for (const auto& a : rows.agents)
        if (a.status == agent_status::working || a.status == agent_status::stalled)
            ++group(a.rig, a.role).agents;
    for (const auto& d : rows.dispatches)
        if (d.state == dispatch_state::intent || d.state == dispatch_state::unknown)
            ++group(d.rig, d.role).starts;
    std::vector<running_group> out;
    for (auto& [key, each] : groups)
        out.push_back(std::move(each));
    return out;
}

}  // namespace

void town_actor::publish(town::context& ctx, const live_rows& rows, const waiting_counts& waiting) {
    // Counting closed work costs with its number: once a second is enough for pages, but what was
    // put off is made up for, or a town that falls idle would show old figures for long.
    counts_stale_ = counts_stale_ || store_->changed() || !counted_at_;
    if (counts_stale_ && (!counted_at_ || ctx.now - *counted_at_ >= count_every)) {
        counted_ = {ctx.store.count_issues(), ctx.store.error_groups(),
                    static_cast<int>(ctx.store.poison_events().size())};
        counted_at_ = ctx.now;
        counts_stale_ = false;
    }
    if (counts_stale_) look_again_at_ = std::min(look_again_at_, *counted_at_ + count_every);
    for (const auto& d : rows.dispatches)
        if (d.started_at)
            last_success_at_ = std::max(last_success_at_.value_or(instant{}), *d.started_at);
    const auto& pace = ctx.with.rules.reconciler;
    town_summary next = summarise(ctx, rows, waiting, counted_);
    next.running = running_in(rows);
    next.invariants_broken = invariants_.broken();
    next.invariants = invariants_.sentences();
    next.invariants_ever = invariants_.ever();
    next.last_tick = last_tick_;
    next.last_success_at = last_success_at_;
    next.last_tick_at = ctx.now;
    next.last_tick_took = env_.clock.now() - tick_began_;
    next.ticks = ticks_ + 1;
    next.next_tick_at =
        std::min(look_again_at_, ctx.now + (active_ ? pace.interval : pace.idle_interval));
    // Where no evidence says since when: since it was seen first.
    const bool bad =
        next.condition != town_condition::dispatching && next.condition != town_condition::idle;
    if (bad && !next.problem_since)
        next.problem_since = summary_ && summary_->condition == next.condition
                                 ? summary_->problem_since.value_or(ctx.now)
                                 : ctx.now;
    // Told with the commit: pages must not show what may yet be undone.
    ctx.tell([this, s = std::make_shared<const town_summary>(std::move(next))](journal_port&) {
        summary_ = s;
        env_.publish(s);
    });
}

void town_actor::publish_problem(instant now) {
    town_summary next = summary_ ? *summary_ : town_summary{};
    next.id = id_;
    if (next.name.empty()) next.name = id_;
    next.condition = set_aside_ ? town_condition::set_aside : town_condition::blocked;
    next.problem = problem_;
    next.problem_since = problem_since_;
    next.last_tick_at = now;
    next.next_tick_at = due_at_;
    summary_ = std::make_shared<const town_summary>(std::move(next));
    env_.publish(summary_);
}

}  // namespace townd::engine
