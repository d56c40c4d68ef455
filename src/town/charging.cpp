#include "town/charging.hpp"

#include <algorithm>

#include "town/beads.hpp"
#include "town/outcomes.hpp"
#include "town/standing.hpp"

namespace townd::town {
namespace {

constexpr duration lost_together_within{15'000};
constexpr duration proved_work{300'000};  // A session that lived so long was no churn (B3).
constexpr duration wait_default{
    30'000};  // Of a container that asks to wait and does not say how long.

void tell_agents_breaker(context& ctx, const dispatch& d, verdict said, std::string_view cause) {
    for (const auto& leave : d.admissions)
        ctx.breakers.record(leave, said, cause, ctx.now, ctx.from.draw(), ctx.with.rules.breaker);
}

attempt_news news_of(context& ctx, const dispatch& d, stage at, verdict said) {
    attempt_news news;
    news.town = ctx.town;
    news.role = d.role;
    news.at = at;
    news.said = said;
    news.began = d.created_at;
    for (const auto& leave : d.admissions)
        if (leave.key == lease_admission_key) news.lease = leave.probe;
    const standing* known = ctx.breakers.place_of(d.rig, d.role);
    if (known != nullptr && known->in_doubt()) news.doubted = known->doubted();
    return news;
}

void succeeded(context& ctx, const dispatch& d, stage at) {
    ctx.breakers.succeeded(d.rig, d.role, at, d.created_at, ctx.now);
    ctx.out.news.emplace_back(news_of(ctx, d, at, verdict::success));
}

standing::meaning failed(context& ctx, const dispatch& d, const dispatch_error& error,
                         const attributed& is) {
    standing::failure f;
    f.at = is.at;
    f.began = d.created_at;
    f.now = ctx.now;
    f.bead = d.bead;
    f.why = townd::cause_of(error, is);
    if (error.retry_after || is.asks_to_wait)
        f.not_before = ctx.now + std::clamp(error.retry_after.value_or(wait_default),
                                            duration{1'000}, retry_after_max);
    auto meaning = ctx.breakers.failed(d.rig, d.role, f, ctx.from.draw(), ctx.with.rules.retry);
    // Work fails in many towns: here, too, it is more than one bead's.
    const bool alone =
        meaning == standing::meaning::suspected || meaning == standing::meaning::soft;
    const fleet_advice& said = ctx.facts.advice[index_of(d.role)];
    if (alone && !said.outage.empty() && said.at == is.at &&
        ctx.breakers.outage_opened(d.role, is.at, ctx.now, ctx.with.rules.retry))
        meaning = standing::meaning::doubted;
    auto news = news_of(ctx, d, is.at, verdict::failure);
    news.counts = !is.local && (is.at != stage::done || meaning == standing::meaning::doubted);
    ctx.out.news.emplace_back(std::move(news));
    return meaning;
}

// The fleet has an outage of the role: its members' agents are not to blame.
bool in_outage(const context& ctx, agent_role role) {
    return !ctx.facts.advice[index_of(role)].outage.empty();
}

// Sessions that fall silent within a moment, half of those that ran or more, are one incident of
// their container (B4); a single one is its own (B5).
bool lost_with_others(context& ctx, const dispatch_error& error) {
    if (error.code() != error_code::agent_no_heartbeat) return false;
    auto& lost = ctx.facts.lost_at;
    std::erase_if(lost, [&](instant at) { return ctx.now - at > lost_together_within; });
    lost.push_back(ctx.now);
    const int together = static_cast<int>(lost.size());
    return together >= 2 && 2 * together >= ctx.facts.live_sessions;
}

// Silence at its end is no part of a session's life.
instant end_of_life(context& ctx, const dispatch& d, const dispatch_error& error) {
    if (error.code() != error_code::agent_no_heartbeat) return ctx.now;
    const auto a = ctx.store.find_agent(d.agent);
    return a && a->last_activity_at ? std::min(*a->last_activity_at, ctx.now) : ctx.now;
}

charge_level level_of(const context& ctx, const dispatch& d, const attributed& is) {
    if (in_outage(ctx, d.role)) return charge_level::outage;
    return is.agent == verdict::failure ? charge_level::agent : charge_level::place;
}

// Refused as wrong, while the place took another bead since it refused this one before: then it is
// this one. Until then it may as well be the container that is wrong (a stricter schema after a
// release refused all work of all towns).
bool is_wrong_itself(context& ctx, const dispatch& d) {
    if (in_outage(ctx, d.role)) return false;
    bool alone = false;
    ctx.breakers.change(d.rig, d.role, ctx.now,
                        [&](standing& place) { alone = place.refused(d.bead, ctx.now); });
    return alone;
}

}  // namespace

std::string cause_of(const dispatch_error& error) {
    return std::string{to_text(error.code())} + ": " + error.message();
}

charge charge_start(context& ctx, const dispatch& d, const dispatch_error& error) {
    const attributed is = blame_start(error);
    if (!is.failure) {
        charge_nothing(ctx, d, stage::answered);
        return {};
    }
    auto& pace = ctx.facts.pace[index_of(d.role)];
    pace.failed();
    if (is.refused && is_wrong_itself(ctx, d)) {
        charge_nothing(ctx, d, stage::answered);
        return {charge_level::bead, true};
    }
    const charge_level level = level_of(ctx, d, is);
    failed(ctx, d, error, is);
    tell_agents_breaker(ctx, d, level == charge_level::agent ? is.agent : verdict::neutral,
                        cause_of(error));
    return {is.asks_to_wait ? charge_level::none : level, false};
}

void charge_nothing(context& ctx, const dispatch& d, stage at) {
    tell_agents_breaker(ctx, d, verdict::neutral, {});
    const standing* known = ctx.breakers.place_of(d.rig, d.role);
    if (known != nullptr && known->trying())
        ctx.breakers.change(d.rig, d.role, ctx.now, [](standing& place) { place.untried(); });
    ctx.out.news.emplace_back(news_of(ctx, d, at, verdict::neutral));
}

void charge_started(context& ctx, const dispatch& d) {
    // The agent must still survive; its breaker's probe, if it is one, lasts until that is decided.
    const auto& rules = ctx.with.rules.dispatch;
    const instant proof = ctx.now + rules.survive_for + 2 * rules.heartbeat_timeout;
    for (const auto& leave : d.admissions)
        ctx.breakers.extend(leave, proof);
    ctx.facts.pace[index_of(d.role)].succeeded(ctx.now, rules);
    keep_pace(ctx);
    succeeded(ctx, d, stage::answered);
}

void charge_survived(context& ctx, const dispatch& d) {
    // A probe that survived has proved what it probed. Without one, life alone clears no counter:
    // an agent that lives for a minute each time is churn; `done` and a long life clear it.
    for (const auto& leave : d.admissions)
        if (leave.probe != 0)
            ctx.breakers.record(leave, verdict::success, {}, ctx.now, ctx.from.draw(),
                                ctx.with.rules.breaker);
    succeeded(ctx, d, stage::survived);
}

void charge_turn(context& ctx, const dispatch& d) {
    tell_agents_breaker(ctx, d, verdict::success, {});
    succeeded(ctx, d, stage::done);
}

charge charge_session(context& ctx, const dispatch& d, const dispatch_error* error) {
    if (error == nullptr) {  // Work that was done proves everything that it ran on.
        charge_turn(ctx, d);
        return {};
    }
    const bool together = lost_with_others(ctx, *error);
    const attributed is = blame_session(*error, d.survived_at.has_value(), together);
    if (!is.failure) {
        charge_nothing(ctx, d, d.survived_at ? stage::done : stage::survived);
        return {};
    }
    // A long life counts before its end does: only sessions without any progress are churn (B3).
    if (is.agent == verdict::failure && d.started_at &&
        end_of_life(ctx, d, *error) - *d.started_at >= proved_work)
        tell_agents_breaker(ctx, d, verdict::success, {});
    const standing* known = ctx.breakers.place_of(d.rig, d.role);
    const bool doubted = known != nullptr && known->doubted_work_at(d.created_at);
    const auto meaning = failed(ctx, d, *error, is);
    charge_level level = level_of(ctx, d, is);
    if (is.work && meaning == standing::meaning::doubted)
        take_back_charges(ctx, d.rig, d.role, "other work of its rig fails as well");
    else if (is.work && !doubted && level != charge_level::outage)
        level = charge_level::bead;
    tell_agents_breaker(
        ctx, d,
        level == charge_level::agent || level == charge_level::bead ? is.agent : verdict::neutral,
        cause_of(*error));
    return {is.asks_to_wait ? charge_level::none : level, false};
}

void take_back_charges(context& ctx, const std::optional<rig_id>& rig, agent_role role,
                       std::string_view why) {
    const standing* known = ctx.breakers.place_of(rig, role);
    if (known == nullptr || !known->has_charges()) return;
    std::vector<provisional_charge> charges;
    ctx.breakers.change(rig, role, ctx.now,
                        [&](standing& place) { charges = place.take_charges(); });
    for (const auto& each : charges) {
        auto d = ctx.store.find_dispatch(each.attempt);
        if (!d || !d->charged_bead) continue;
        d->charged_bead = false;
        ctx.store.put_dispatch(*d);
        auto b = ctx.store.find_bead(each.bead);
        if (!b) continue;
        if (b->status == bead_status::failed) {
            // It was given up for what was not its fault. Who closed it by hand meant it, and what
            // fails beside one other bead alone is no proof.
            if (b->dispatch_attempts > 0 && in_outage(ctx, role))
                static_cast<void>(retry_bead(ctx, b->id, "its charges were taken back"));
            continue;
        }
        if (is_terminal(b->status)) continue;
        b->dispatch_attempts = std::max(0, b->dispatch_attempts - 1);
        b->next_attempt_at.reset();
        ctx.store.put_bead(*b);
        json metadata;
        metadata["reason"] = why;
        metadata["attempt"] = each.attempt;
        add_event(ctx, b->id, "charge_taken_back", std::nullopt, std::nullopt,
                  std::to_string(b->dispatch_attempts), metadata);
    }
    ctx.note("charges_taken_back",
             std::to_string(charges.size()) +
                 " failed sessions are charged to no bead: " + std::string{why});
    ctx.out.wake = true;
}

}  // namespace townd::town
