// The town's container: drained to an end, watched, restarted within bounds, its token fresh.
//
// Sources: original's tick, container watchdog and drain; Kilo #1441, #1825, #4349, #4362, #2932
// (each token handed over restarted every agent); incident rows A16, G3, G4.

#include <algorithm>

#include "townd/decide/backoff.hpp"
#include "townd/decide/reconcile.hpp"

namespace townd {
namespace {

void drain(const town_view& view, plan& out) {
    const auto& d = *view.facts.drain;
    const instant over = std::min(d.since, view.now) + drain_timeout;
    if (over <= view.now) {
        out.add("drain_timeout", "no new container was heard of for " + to_words(drain_timeout),
                end_drain{});
        return;
    }
    out.look_at(over);
    // The nonce goes to whoever answers there, from the beginning.
    const instant due =
        view.facts.health.checked_at ? *view.facts.health.checked_at + drain_check_every : view.now;
    if (due <= view.now) {
        out.add("drain_asked", "the container is being replaced", check_container{});
        out.look_at(view.now + drain_check_every);
    } else {
        out.look_at(due);
    }
}

void watch(const town_view& view, plan& out) {
    const auto& health = view.facts.health;
    const duration every = view.rules.upkeep.health_interval;
    if (health.failures >= unhealthy_after) {
        const instant last = health.restarts_at.empty() ? instant{} : health.restarts_at.back();
        if (view.now - last >= cold_start_grace && !health.exhausted) {
            out.add("container_unwell",
                    std::to_string(health.failures) + " health checks failed: " + health.cause,
                    restart_container{});
        }
    }
    instant due = view.facts.opened_at;
    for (const auto& at : {health.checked_at, health.alive_at})
        if (at) due = std::max(due, *at + every);
    if (!health.restarts_at.empty())
        due = std::max(due, health.restarts_at.back() + cold_start_grace);
    if (due <= view.now) {
        out.add("container_watched", "no sign of life for " + to_words(every), check_container{});
        out.look_at(view.now + every);
    } else {
        out.look_at(due);
    }
}

// Sessions hold the token that they were started with; the container's own calls need a fresh one
// before that is over.
void token(const town_view& view, plan& out) {
    const dispatch* oldest = nullptr;
    for (const auto& d : view.rows.dispatches)
        if (d.state == dispatch_state::started &&
            (oldest == nullptr || d.created_at < oldest->created_at))
            oldest = &d;
    if (oldest == nullptr) return;
    const instant held = std::max(oldest->created_at, view.facts.token_sent_at.value_or(instant{}));
    instant due = held + token_renewed_after;
    if (view.facts.token_failures > 0 && view.facts.token_tried_at)
        due =
            std::max(due, *view.facts.token_tried_at +
                              grown(token_retry, view.facts.token_failures - 1, token_retry * 10));
    if (due > view.now) {
        out.look_at(due);
        return;
    }
    out.add("token_renewed", "its token is " + to_words(view.now - held) + " old", renew_token{});
    out.look_at(view.now + token_retry);
}

}  // namespace

bool is_evicted(const town_facts& facts, const dispatch& d, const agent* by) {
    if (facts.drain) return d.created_at <= facts.drain->since;
    if (!facts.drained_since || d.created_at > *facts.drained_since) return false;
    // It spoke since the drain was over: it lives, and answers for itself again.
    return by == nullptr || !by->last_activity_at || *by->last_activity_at <= *facts.drained_until;
}

void container_rules(const town_view& view, plan& out) {
    if (view.facts.drain) {
        drain(view, out);
        return;
    }
    token(view, out);
    // Without anybody to ask for a restart the breakers' probes tell as much.
    const bool needed = !view.rows.dispatches.empty() || view.facts.work_waits;
    if (view.rules.upkeep.restarts && needed) watch(view, out);
}

}  // namespace townd
