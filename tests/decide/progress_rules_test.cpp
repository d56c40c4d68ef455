// Agents that live and get nowhere.

#include <gtest/gtest.h>

#include "decide/town_builder.hpp"

namespace townd {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

struct at_work : town {
    explicit at_work(duration still) {
        rig("r").polecat("Toast").hook("b1").working();
        issue("b1").started();
        attempt("d1", "Toast", "b1", dispatch_state::started).started_at = now - hours{9};
        rows.agents[0].last_event_at = now - still;
    }
};

TEST(ProgressRules, AnAgentIsAskedThenUrgedThenStopped) {
    EXPECT_TRUE(at_work{minutes{14}}.tick().is_quiet());
    const auto asked = at_work{minutes{15}}.tick();
    ASSERT_TRUE(asked.does<nudge_agent>("Toast"));
    EXPECT_EQ(asked.find<nudge_agent>("Toast")->tier, 1);
    EXPECT_FALSE(asked.does<open_triage>("b1"));
    const auto urged = at_work{hours{1}}.tick();
    ASSERT_TRUE(urged.does<nudge_agent>("Toast"));
    EXPECT_EQ(urged.find<nudge_agent>("Toast")->tier, 2);
    EXPECT_TRUE(urged.does<open_triage>("b1"));
    const auto stopped = at_work{hours{2}}.tick();
    EXPECT_TRUE(stopped.does<stall_agent>("Toast"));
    EXPECT_TRUE(stopped.does<open_triage>("b1"));
    EXPECT_FALSE(stopped.does<nudge_agent>("Toast"));
}

TEST(ProgressRules, EachTierIsToldOnceAndAnewAfterProgress) {
    at_work t{minutes{20}};
    t.facts.nudges["Toast"] = {1, t.now - minutes{5}};
    EXPECT_TRUE(t.tick().is_quiet());
    EXPECT_LE(t.tick().it.look_again_at, t.now + minutes{40}) << "when it is urged";
    t.facts.nudges["Toast"] = {2, t.now - hours{3}};
    EXPECT_EQ(t.tick().find<nudge_agent>("Toast")->tier, 1) << "it got on since";
}

TEST(ProgressRules, AToolAtWorkIsProgressEnoughForTheFirstNudgeOnly) {
    at_work t{minutes{30}};
    t.rows.agents[0].active_tools_json = R"(["bash"])";
    EXPECT_TRUE(t.tick().is_quiet());
    at_work urged{hours{1}};
    urged.rows.agents[0].active_tools_json = R"(["bash"])";
    EXPECT_TRUE(urged.tick().does<nudge_agent>("Toast"));
}

TEST(ProgressRules, WithoutAnyEventTheSessionsBeginningCounts) {
    at_work t{minutes{0}};
    t.rows.agents[0].last_event_at.reset();
    t.rows.dispatches[0].started_at = t.now - hours{3};
    EXPECT_TRUE(t.tick().does<stall_agent>("Toast")) << "no session is without a bound";
    t.facts.opened_at = t.now - minutes{1};
    EXPECT_TRUE(t.tick().is_quiet()) << "the next heartbeats may tell of progress";
}

TEST(ProgressRules, NobodyIsJudgedWhileTheContainerIsReplacedOrBeingStopped) {
    at_work drained{hours{3}};
    drained.facts.drain = town_drain{"n", drained.now - minutes{1}, std::nullopt};
    drained.facts.health.checked_at = drained.now;
    EXPECT_TRUE(drained.tick().is_quiet());
    at_work stopping{hours{3}};
    stopping.rows.stops.push_back({"Toast", "why", stopping.now, 0, stopping.now + minutes{1}, ""});
    EXPECT_TRUE(stopping.tick().is_quiet());
}

TEST(ProgressRules, WhoIsNotHeardOfIsStoppedAndItsWorkIsNotBlamed) {
    at_work t{hours{1}};
    t.facts.polled_at["Toast"] = t.now - duration{20'000};  // Its heartbeats do not come.
    t.rows.agents[0].last_activity_at = t.now - duration{20'000};
    EXPECT_TRUE(t.tick().is_quiet()) << "whether it gets on is not known";
    at_work lost{hours{2}};
    lost.facts.polled_at["Toast"] = lost.now - duration{20'000};
    lost.rows.agents[0].last_activity_at = lost.now - duration{20'000};
    const auto out = lost.tick();
    EXPECT_FALSE(out.does<stall_agent>("Toast"));
    EXPECT_TRUE(out.does<order_stop>("Toast"));
    ASSERT_NE(out.find<end_session>("d1"), nullptr);
    EXPECT_EQ(out.find<end_session>("d1")->error.code(), error_code::agent_no_heartbeat);
}

TEST(ProgressRules, AStalledAgentsSessionEndsByItsOwnFaultOnceItsProcessIsGone) {
    at_work t{hours{2}};
    t.rows.agents[0].status = agent_status::stalled;
    t.rows.agents[0].stalled_at = t.now - minutes{1};
    const auto out = t.tick();
    ASSERT_EQ(out.it.actions.size(), 1U);
    const auto* ended = std::get_if<end_session>(&out.it.actions[0].what);
    ASSERT_NE(ended, nullptr);
    EXPECT_EQ(ended->error.code(), error_code::agent_exited);
    EXPECT_EQ(ended->error.who, blame::agent);
    EXPECT_NE(ended->error.message().find("no progress"), std::string::npos);
    t.rows.stops.push_back({"Toast", "why", t.now, 1, t.now + minutes{1}, "b1"});
    EXPECT_TRUE(t.tick().is_quiet()) << "its process may still run";
}

TEST(ProgressRules, F5AStalledAgentIsFreeAfterTwoAndAHalfHoursFromWhenItStalled) {
    at_work t{hours{2}};
    t.rows.agents[0].status = agent_status::stalled;
    t.rows.stops.push_back({"Toast", "why", t.now, 1, t.now + minutes{1}, "b1"});
    t.rows.agents[0].last_activity_at = t.now;  // Heartbeats do not pin it.
    t.rows.agents[0].stalled_at = t.now - stalled_rest_after + duration{1};
    EXPECT_TRUE(t.tick().is_quiet());
    t.rows.agents[0].stalled_at = t.now - stalled_rest_after;
    const auto out = t.tick();
    EXPECT_EQ(out.rule_of("Toast"), "stalled_too_long");
    EXPECT_FALSE(out.does<stall_agent>("Toast")) << "not stalled anew in the same pass";
}

}  // namespace
}  // namespace townd
