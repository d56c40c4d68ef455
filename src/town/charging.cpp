// Who is told what came of an attempt: its breakers, and the level above where one says something
// of it.

#include "town/charging.hpp"

#include <algorithm>

#include "town/standing.hpp"

namespace townd::town {
namespace {

constexpr duration lost_together_within{15'000};
constexpr duration proved_work{300'000};  // A session that lived so long was no churn (B3).

breaker_scope scope_of(const admission& leave) {
    const auto entry = breaker_set::entry_of(leave.key);
    return entry ? entry->scope : breaker_scope::container;
}

}  // namespace

void report(context& ctx, const dispatch& d, const charge& said, std::string_view cause) {
    for (const auto& leave : d.admissions) {
        if (leave.key.starts_with(outage_admission_prefix)) continue;
        const auto scope = scope_of(leave);
        const verdict it = scope == breaker_scope::container ? said.container
                           : scope == breaker_scope::agent   ? said.agent
                                                             : said.role;
        ctx.breakers.record(leave, it, cause, ctx.now, ctx.from.draw(), ctx.with.rules.breaker);
    }
}

namespace {

// What one breaker was told may say something on the level above it.
void report_upwards(context& ctx, const dispatch& d, const charge& said,
                    const dispatch_error& error) {
    const auto& rules = ctx.with.rules.breaker;
    if (said.level == charge_level::rig) {
        ctx.breakers.rig_failed(d.rig, d.role, cause_of(error), ctx.now, ctx.from.draw(), rules);
    } else if (said.level == charge_level::agent) {
        const bool several_rigs = ctx.store.rigs().size() > 1;
        static_cast<void>(ctx.breakers.agent_failed(
            d.rig, d.role, d.agent_name, error.fingerprint(to_text(d.role)), cause_of(error),
            several_rigs, ctx.now, ctx.from.draw(), rules));
    }
}

bool is_role_probe(const dispatch& d) {
    return std::any_of(d.admissions.begin(), d.admissions.end(), [](const admission& a) {
        const auto scope = scope_of(a);
        return a.probe != 0 && !a.key.starts_with(outage_admission_prefix) &&
               (scope == breaker_scope::role || scope == breaker_scope::rig);
    });
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

}  // namespace

namespace {

// The one that was to survive, so that the container is trusted again, did not (A15).
bool is_lost_survivor(const context& ctx, const dispatch& d, const dispatch_error& error) {
    return error.code() == error_code::agent_no_heartbeat && !d.survived_at &&
           std::any_of(d.admissions.begin(), d.admissions.end(), [&](const admission& a) {
               return a.probe != 0 && scope_of(a) == breaker_scope::container &&
                      ctx.breakers.wants_survival(a.key);
           });
}

// Silence at its end is no part of a session's life.
instant end_of_life(context& ctx, const dispatch& d, const dispatch_error& error) {
    if (error.code() != error_code::agent_no_heartbeat) return ctx.now;
    const auto a = ctx.store.find_agent(d.agent);
    return a && a->last_activity_at ? std::min(*a->last_activity_at, ctx.now) : ctx.now;
}

}  // namespace

std::string cause_of(const dispatch_error& error) {
    return std::string{to_text(error.code())} + ": " + error.message();
}

charge charge_start(context& ctx, const dispatch& d, const dispatch_error& error) {
    const charge said = attribute(
        error, {attempt_stage::start, is_of_outage(ctx, d, error), is_role_probe(d), false});
    report(ctx, d, said, cause_of(error));
    report_upwards(ctx, d, said, error);
    return said;
}

charge charge_session(context& ctx, const dispatch& d, const dispatch_error* error) {
    // Work that was done proves everything that it ran on.
    constexpr charge well{charge_level::none, verdict::success, verdict::success, verdict::success,
                          false};
    if (error == nullptr) {
        report(ctx, d, well, {});
        return well;
    }
    const auto stage = d.survived_at ? attempt_stage::lived_session : attempt_stage::young_session;
    const bool together = lost_with_others(ctx, *error) || is_lost_survivor(ctx, d, *error);
    const charge said = attribute(*error, {stage, false, is_role_probe(d), together});
    // A long life counts before its end does: only sessions without any progress are churn (B3).
    if (said.agent == verdict::failure && d.started_at &&
        end_of_life(ctx, d, *error) - *d.started_at >= proved_work)
        report(ctx, d, {charge_level::none, verdict::neutral, verdict::success, verdict::success},
               {});
    report(ctx, d, said, cause_of(*error));
    report_upwards(ctx, d, said, *error);
    if (together && said.level == charge_level::container)
        ctx.breakers.agents_lost(cause_of(*error), ctx.now, ctx.from.draw(),
                                 ctx.with.rules.breaker);
    return said;
}

void charge_started(context& ctx, const dispatch& d) {
    // A start proves the container; the agent must still survive, and its probe, if it is one,
    // lasts until that is decided one way or the other.
    const auto& rules = ctx.with.rules.dispatch;
    const instant proof = ctx.now + rules.survive_for + 2 * rules.heartbeat_timeout;
    for (const auto& leave : d.admissions) {
        if (leave.key.starts_with(outage_admission_prefix)) continue;
        // Where agents were lost together, starts succeeded, too: that alone proves nothing (A15).
        const bool proves =
            scope_of(leave) != breaker_scope::agent && !ctx.breakers.wants_survival(leave.key);
        if (proves) {
            ctx.breakers.record(leave, verdict::success, {}, ctx.now, ctx.from.draw(),
                                ctx.with.rules.breaker);
        } else {
            ctx.breakers.extend(leave, proof);
        }
    }
}

void charge_survived(context& ctx, const dispatch& d) {
    // A probe that survived has proved what it probed. Without one, life alone clears no counter:
    // an agent that lives for a minute each time is churn; `done` and a long life clear it.
    for (const auto& leave : d.admissions)
        if (leave.probe != 0 && !leave.key.starts_with(outage_admission_prefix))
            ctx.breakers.record(leave, verdict::success, {}, ctx.now, ctx.from.draw(),
                                ctx.with.rules.breaker);
}

}  // namespace townd::town
