// Agents that are not what they should be.

#include "decide/town_builder.hpp"

namespace townd {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// A polecat at work under one of our attempts, heartbeats coming, proved.
struct at_work : town {
    at_work() {
        rig("r").polecat("Toast").hook("b1").working();
        issue("b1").started();
        dispatch& d = attempt("d1", "Toast", "b1", dispatch_state::started);
        d.heartbeat_at = now - minutes{1};
        d.survived_at = now;
    }
    agent& toast() { return rows.agents[0]; }
    dispatch& d1() { return rows.dispatches[0]; }
    [[nodiscard]] duration limit() const { return rules.dispatch.heartbeat_timeout; }
    void silence(duration span) {
        toast().last_activity_at = now - span;
        d1().started_at = now - hours{2};
    }
};

TEST(AgentRules, AHealthyAgentIsLeftAlone) {
    at_work t;
    const auto out = t.tick();
    EXPECT_TRUE(out.is_quiet());
    EXPECT_EQ(out.it.look_again_at, t.now + t.limit() / 2);
}

TEST(AgentRules, B5HeartbeatLostOfOneAgent) {
    at_work t;
    t.polecat("Maple").hook("b2").working();
    t.issue("b2").started();
    t.silence(t.limit() - duration{1});
    EXPECT_FALSE(t.tick().does<end_session>("d1"));
    t.silence(t.limit());
    const auto out = t.tick();
    ASSERT_TRUE(out.does<end_session>("d1"));
    EXPECT_EQ(out.rule_of("d1"), "heartbeat_lost");
    EXPECT_EQ(out.find<end_session>("d1")->error.code(), error_code::agent_no_heartbeat);
    EXPECT_TRUE(out.does<order_stop>("Toast")) << "silence does not prove that it is gone";
    EXPECT_FALSE(out.does<rest_agent>("Maple"));
    EXPECT_FALSE(out.does<order_stop>("Maple"));
    EXPECT_EQ(out.it.actions.size(), 2U);
}

TEST(AgentRules, OneCauseOfManyAgentsHasOneFingerprint) {
    at_work t;
    t.silence(t.limit());
    t.polecat("Maple").hook("b2").working().silent_for(t.limit());
    t.issue("b2").started();
    t.attempt("d2", "Maple", "b2", dispatch_state::started).started_at = t.now - hours{2};
    const auto out = t.tick();
    ASSERT_TRUE(out.does<end_session>("d1") && out.does<end_session>("d2"));
    EXPECT_EQ(out.find<end_session>("d1")->error.fingerprint("polecat"),
              out.find<end_session>("d2")->error.fingerprint("polecat"));
}

TEST(AgentRules, AnAdoptedAgentThatFallsSilentGivesItsBeadBack) {
    town t;
    t.rig("r").polecat("Toast").hook("b1").working().silent_for(hours{2});
    t.issue("b1").started();
    const auto out = t.tick();
    ASSERT_TRUE(out.does<rest_agent>("Toast"));
    EXPECT_TRUE(out.find<rest_agent>("Toast")->unhook);
    EXPECT_TRUE(out.find<rest_agent>("Toast")->reopen_bead);
    EXPECT_TRUE(out.does<order_stop>("Toast"));
}

TEST(AgentRules, ASilentAgentIsAskedAboutBeforeItIsGivenUp) {
    at_work t;
    t.silence(t.limit() / 2);
    EXPECT_TRUE(t.tick().does<poll_agent>("Toast"));
    t.facts.polled_at["Toast"] = t.now - duration{1'000};
    const auto out = t.tick();
    EXPECT_FALSE(out.does<poll_agent>("Toast")) << "not every tick";
    EXPECT_GT(out.it.look_again_at, t.now);
    EXPECT_LE(out.it.look_again_at, t.now + duration{15'000});
}

// C10: neither a restart nor a step of the clock makes silence out of what was not watched.
TEST(AgentRules, C10ClockJumpDeclaresNobodyDead) {
    at_work t;
    t.silence(hours{30});
    t.d1().started_at = t.now - hours{30};
    t.facts.opened_at = t.now - t.limit() + duration{1};
    EXPECT_FALSE(t.tick().does<end_session>("d1")) << "this process has not listened long enough";
    t.facts.opened_at = t.now - t.limit();
    EXPECT_TRUE(t.tick().does<end_session>("d1"));
    // Written by a clock that was an hour ahead: counts as now, and does not hold for ever.
    t.toast().last_activity_at = t.now + hours{1};
    EXPECT_FALSE(t.tick().does<end_session>("d1"));
    EXPECT_LE(t.tick().it.look_again_at, t.now + t.limit());
}

// A4, A5: the outcome of the start is unknown.
TEST(AgentRules, A5AnUnknownStartIsAskedAboutAndGivenUpAtTheEndOfItsGrace) {
    at_work t;
    t.silence(hours{1});
    t.d1().state = dispatch_state::unknown;
    t.d1().started_at.reset();
    t.d1().heartbeat_at.reset();
    auto out = t.tick();
    EXPECT_TRUE(out.does<poll_agent>("Toast"));
    EXPECT_EQ(out.it.actions.size(), 1U) << "A4: it may well run, nothing else touches it";
    t.d1().grace_at = t.now + duration{1};
    EXPECT_FALSE(t.tick().does<give_up_unknown>("d1"));
    t.d1().grace_at = t.now;
    out = t.tick();
    EXPECT_TRUE(out.does<give_up_unknown>("d1"));
    EXPECT_EQ(out.it.actions.size(), 1U);
}

TEST(AgentRules, AnIntentIsLeftToItsRequestUntilTheGraceIsOver) {
    at_work t;
    t.silence(hours{1});
    t.d1().state = dispatch_state::intent;
    auto out = t.tick();
    EXPECT_TRUE(out.is_quiet());
    EXPECT_EQ(out.it.look_again_at, t.d1().grace_at);
    t.d1().grace_at = t.now;
    EXPECT_TRUE(t.tick().does<give_up_unknown>("d1"));
}

// E11, E12: what a status call could not tell is no death; only silence is.
TEST(AgentRules, E11AFailedLookupDecidesNothing) {
    at_work t;
    t.silence(t.limit() - duration{1'000});
    t.facts.polled_at["Toast"] = t.now;
    EXPECT_TRUE(t.tick().is_quiet());
}

TEST(AgentRules, E12AStartingAgentGetsItsFullTime) {
    at_work t;
    t.toast().last_activity_at.reset();
    t.d1().heartbeat_at.reset();
    t.d1().survived_at.reset();
    t.d1().started_at = t.now - t.limit() + duration{1};
    EXPECT_FALSE(t.tick().does<end_session>("d1"));
    t.d1().started_at = t.now - t.limit();
    const auto out = t.tick();
    EXPECT_TRUE(out.does<end_session>("d1"));
    EXPECT_NE(out.it.actions[0].reason.find("since its dispatch"), std::string::npos);
}

TEST(AgentRules, ALifeLongEnoughWithAHeartbeatProvesTheAgentOnce) {
    at_work t;
    t.d1().survived_at.reset();
    t.d1().started_at = t.now - t.rules.dispatch.survive_for + duration{1};
    EXPECT_TRUE(t.tick().is_quiet());
    EXPECT_EQ(t.tick().it.look_again_at, t.now + duration{1});
    t.d1().started_at = t.now - t.rules.dispatch.survive_for;
    EXPECT_TRUE(t.tick().does<prove_agent>("d1"));
    t.d1().heartbeat_at.reset();
    EXPECT_FALSE(t.tick().does<prove_agent>("d1")) << "a start alone proves nothing (A15)";
    t.d1().heartbeat_at = t.now;
    t.d1().survived_at = t.now;
    EXPECT_TRUE(t.tick().is_quiet());
}

// B7: it was unhooked and goes on beating: stopped once, no flip-flop.
TEST(AgentRules, B7AnAgentAtWorkWithoutAHookIsStopped) {
    for (const auto status : {agent_status::working, agent_status::waiting}) {
        town t;
        t.rig("r").polecat("Toast").is(status);
        t.issue("b1");
        const auto out = t.tick();
        EXPECT_TRUE(out.does<rest_agent>("Toast"));
        EXPECT_TRUE(out.does<order_stop>("Toast"));
        for (const auto& p : out.it.actions)
            if (const auto* s = std::get_if<start_agent>(&p.what)) {
                EXPECT_NE(s->agent_name, "Toast") << "it is being stopped";
            }
    }
}

// B11: the user closed the bead; B13: nobody starts anything for it again.
TEST(AgentRules, B11WorkThatIsOverEndsItsSessionWithoutACharge) {
    at_work t;
    t.rows.beads.clear();
    const auto out = t.tick();
    ASSERT_TRUE(out.does<end_session>("d1"));
    EXPECT_EQ(out.find<end_session>("d1")->error.code(), error_code::cancelled);
    EXPECT_TRUE(out.does<order_stop>("Toast"));
    EXPECT_TRUE(out.started().empty());
}

TEST(AgentRules, B13AnIdleAgentForgetsWorkThatIsOver) {
    town t;
    t.rig("r").polecat("Toast").hook("gone");
    const auto out = t.tick();
    ASSERT_TRUE(out.does<rest_agent>("Toast"));
    EXPECT_TRUE(out.find<rest_agent>("Toast")->unhook);
    EXPECT_EQ(out.it.actions.size(), 1U) << "there is nothing to stop and nothing to start";
}

TEST(AgentRules, B11AStopIsSentUntilItIsConfirmed) {
    town t;
    t.rows.stops.push_back({"Toast", "bead b1 is over", t.now, 3, t.now});
    EXPECT_TRUE(t.tick().does<send_stop>("Toast"));
    t.rows.stops[0].next_try_at = t.now + duration{2'000};
    EXPECT_TRUE(t.tick().is_quiet());
    EXPECT_EQ(t.tick().it.look_again_at, t.now + duration{2'000});
}

TEST(AgentRules, F5AStalledAgentIsReleasedAfterAWhile) {
    town t;
    t.rig("r").polecat("Toast").hook("b1").stalled_for(stalled_rest_after - duration{1});
    t.issue("b1").started();
    EXPECT_TRUE(t.tick().is_quiet()) << "heartbeats or not";
    EXPECT_EQ(t.tick().it.look_again_at, t.now + duration{1});
    t.now += duration{1};
    const auto out = t.tick();
    EXPECT_EQ(out.rule_of("Toast"), "stalled_too_long");
    EXPECT_TRUE(out.does<rest_agent>("Toast"));
    EXPECT_TRUE(out.does<order_stop>("Toast"));
}

// E4: status 'exited' made a scheduler wait for ever.
TEST(AgentRules, E4UnknownAgentStatus) {
    town t;
    t.rig("r").polecat("Toast").hook("b1").is(agent_status::unknown);
    t.issue("b1").started();
    const auto out = t.tick();
    ASSERT_TRUE(out.does<rest_agent>("Toast"));
    EXPECT_TRUE(out.find<rest_agent>("Toast")->reopen_bead);
    EXPECT_TRUE(out.does<order_stop>("Toast")) << "its slot is free once that is confirmed";
    EXPECT_NE(out.it.actions[0].reason.find("'exited'"), std::string::npos);
}

TEST(AgentRules, E4UnknownStatusEndsTheSessionOfItsAttempt) {
    at_work t;
    t.toast().status = agent_status::unknown;
    t.toast().status_text = "exited";
    EXPECT_TRUE(t.tick().does<end_session>("d1"));
    EXPECT_TRUE(t.tick().does<order_stop>("Toast"));
}

// Whatever wrote `idle` over an agent at work: its session must have an end.
TEST(AgentRules, ASessionOfAnAgentThatIsIdleEndsWithItsSilence) {
    for (const auto status : {agent_status::idle, agent_status::dead}) {
        at_work t;
        t.toast().status = status;
        EXPECT_FALSE(t.tick().does<end_session>("d1"));
        EXPECT_NE(t.tick().it.look_again_at, never);
        t.silence(t.limit());
        EXPECT_TRUE(t.tick().does<end_session>("d1"));
    }
}

TEST(AgentRules, TheAttemptOfADeletedAgentDoesNotHoldItsBead) {
    at_work t;
    t.rows.agents.clear();
    auto out = t.tick();
    ASSERT_TRUE(out.does<end_session>("d1"));
    EXPECT_EQ(out.find<end_session>("d1")->error.code(), error_code::cancelled);
    EXPECT_TRUE(out.does<order_stop>("Toast")) << "its process may run";
    t.d1().state = dispatch_state::unknown;
    EXPECT_TRUE(t.tick().does<give_up_unknown>("d1"));
}

TEST(AgentRules, IdleHooksAreRepairedByWhatTheyHold) {
    for (const auto& [status, unhook, reopen] : {std::tuple{bead_status::in_progress, true, true},
                                                 std::tuple{bead_status::in_review, true, false}}) {
        town t;
        t.rig("r").polecat("Toast").hook("b1");
        t.issue("b1").is(status);
        const auto out = t.tick();
        ASSERT_TRUE(out.does<rest_agent>("Toast")) << to_text(status);
        EXPECT_EQ(out.find<rest_agent>("Toast")->unhook, unhook);
        EXPECT_EQ(out.find<rest_agent>("Toast")->reopen_bead, reopen);
    }
}

// F10: one owner for a state. A dead agent is unhooked first, and not started in the same tick.
TEST(AgentRules, F10ADeadAgentIsUnhookedAndNotStartedAtOnce) {
    town t;
    t.rig("r").polecat("Toast").hook("b1").is(agent_status::dead);
    t.issue("b1");
    const auto out = t.tick();
    EXPECT_TRUE(out.does<rest_agent>("Toast"));
    EXPECT_FALSE(out.starts("b1"));
}

// E10: nothing here deletes agents; one that idles with a hook to open work is used, not dropped.
TEST(AgentRules, E10AnIdleAgentKeepsItsHookToOpenWorkForDays) {
    town t;
    t.rig("r").polecat("Toast").hook("b1").silent_for(hours{72});
    t.issue("b1").label("gt:held");
    EXPECT_TRUE(t.tick().is_quiet());
}

TEST(AgentRules, AHookToAnotherRolesWorkIsUndone) {
    town t;
    t.rig("r").refinery().hook("b1");
    t.issue("b1");
    t.polecat("Toast").hook("mr");
    t.merge_request("mr");
    const auto out = t.tick();
    EXPECT_TRUE(out.does<rest_agent>("Refinery"));
    EXPECT_TRUE(out.does<rest_agent>("Toast"));
    EXPECT_TRUE(out.started().empty());
}

TEST(AgentRules, AHookToWhatWaitsDoesNotStarveItsRig) {
    town t;
    t.rules.dispatch.max_polecats_per_rig = 1;
    t.rig("r").polecat("Toast").hook("waits");
    t.issue("waits");
    t.blocks("waits", "ready", bead_status::open);
    EXPECT_TRUE(t.tick().is_quiet()) << "nobody else wants its place";
    t.issue("ready");
    EXPECT_EQ(t.tick().rule_of("Toast"), "hook_starves_rig");
    t.rules.dispatch.max_polecats_per_rig = 2;
    EXPECT_TRUE(t.tick().starts("ready")) << "there is another place";
    EXPECT_FALSE(t.tick().does<rest_agent>("Toast"));
}

}  // namespace
}  // namespace townd
