// Agents that live and get nowhere (GUPP: the check that a hooked agent makes progress).
//
// Sources: original's reconciler, family "GUPP"; Kilo #2830, #2831, #2835; gastown #4613 (a
// heartbeat says that a process lives, not that it gets on). Owns the way from working to stalled;
// what becomes of a stalled agent is the agent rules'.

#include <algorithm>

#include "townd/decide/reconcile.hpp"

namespace townd {
namespace {

// Last event of the agent that its container reported, or the beginning of its session.
instant progress_of(const town_view& view, const agent& a, const dispatch* d) {
    std::optional<instant> out = a.last_event_at;
    if (d != nullptr && d->started_at) out = std::max(out.value_or(instant{}), *d->started_at);
    return std::min(out.value_or(view.facts.opened_at), view.now);
}

int tier_since(const town_view& view, const agent& a, instant progress) {
    const auto told = view.facts.nudges.find(a.id);
    return told == view.facts.nudges.end() || told->second.at < progress ? 0 : told->second.tier;
}

// Its heartbeats do not come, so that it is asked for at its container: whether it gets on is not
// known then.
bool is_unheard(const town_view& view, const agent& a) {
    const auto asked = view.facts.polled_at.find(a.id);
    return asked != view.facts.polled_at.end() &&
           view.now - asked->second < view.rules.dispatch.heartbeat_timeout;
}

// Nobody can tell what it does: it is stopped, and that is not the work's fault.
void stop_unheard(const town_view& view, const agent& a, const std::string& who, duration still,
                  plan& out) {
    const std::string reason = "nothing was heard of " + who + " for " + to_words(still);
    if (const dispatch* d = view.live_dispatch_of_agent(a.id); d != nullptr)
        out.add("progress_unheard", reason,
                end_session{d->id, dispatch_error{error_code::agent_no_heartbeat,
                                                  error_phase::agent, blame::agent,
                                                  "its container says that it runs, and no "
                                                  "heartbeat of it came"}});
    else
        out.add("progress_unheard", reason, rest_agent{a.id, true, true});
    out.add("progress_unheard", reason, order_stop{a.id});
}

void check(const town_view& view, const agent& a, plan& out) {
    const dispatch* d = view.live_dispatch_of_agent(a.id);
    if (d != nullptr && !d->is_settled()) return;  // Whether it runs at all is open.
    const auto& rules = view.rules.progress;
    const instant since = progress_of(view, a, d);
    const duration still = view.now - since;
    const std::string who = std::string{to_text(a.role)} + " " + a.name;
    const std::string held = who + " shows no progress for " + to_words(still);
    if (is_unheard(view, a)) {
        out.look_at(std::max(since + rules.stop_after, view.now + duration{1'000}));
        if (still >= rules.stop_after) stop_unheard(view, a, who, still, out);
        return;
    }
    if (still >= rules.stop_after) {
        out.add("progress_stop", held + ": stopped", stall_agent{a.id});
        out.add("progress_stop", held,
                open_triage{"stuck_agent", a.id, a.hook, a.rig,
                            who + " was stopped: no progress for " + to_words(still)});
        return;
    }
    const int told = tier_since(view, a, since);
    if (still >= rules.escalate_after && told < 2) {
        out.add("progress_escalate", held + ": told urgently",
                nudge_agent{a.id, 2,
                            "No progress for " + to_words(still) +
                                ". Say what holds you up, or say done. You will be stopped at " +
                                to_words(rules.stop_after) + "."});
        out.add("progress_escalate", held, open_triage{"stuck_agent", a.id, a.hook, a.rig, held});
    } else if (still >= rules.nudge_after && told < 1 && a.active_tools_json == "[]") {
        out.add("progress_nudge", held + ": asked",
                nudge_agent{a.id, 1,
                            "No progress for " + to_words(still) +
                                ". Go on with the hooked bead, or say what holds you up."});
    }
    for (const duration each : {rules.nudge_after, rules.escalate_after, rules.stop_after})
        if (still < each) {
            out.look_at(since + each);
            break;
        }
}

}  // namespace

void progress_rules(const town_view& view, plan& out) {
    if (view.facts.drain) return;  // It is interrupted anyway.
    // What happened while no daemon listened is told by the next heartbeats.
    const instant heard = view.facts.opened_at + view.rules.dispatch.heartbeat_timeout;
    if (heard > view.now) {
        out.look_at(heard);
        return;
    }
    for (const auto& a : view.rows.agents)
        if (a.role != agent_role::mayor && a.status == agent_status::working && a.hook &&
            view.find_bead(*a.hook) != nullptr && !view.is_stopping(a.id))
            check(view, a, out);
}

}  // namespace townd
