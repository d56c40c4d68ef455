// Merge requests and the mayor.

#include "decide/town_builder.hpp"

namespace townd {
namespace {

TEST(ReviewRules, R5TheNextReviewIsStartedOneARig) {
    town t;
    t.rig("r").rig("s");
    t.merge_request("m1");
    t.merge_request("m2");
    t.merge_request("n1", "s");
    const auto out = t.tick();
    EXPECT_EQ(out.started(), (std::vector<std::string>{"m1", "n1"}));
    EXPECT_EQ(out.find<start_agent>("m1")->role, agent_role::refinery);
    EXPECT_EQ(out.waiting(gate_reason::no_free_agent), 1);
}

TEST(ReviewRules, R5AReviewInHandHoldsTheOthers) {
    town t;
    t.rig("r").refinery().hook("m1").working();
    t.merge_request("m1").started();
    t.merge_request("m2");
    EXPECT_TRUE(t.tick().started().empty());
    EXPECT_EQ(t.why("m2").gate, gate_reason::no_free_agent);
    EXPECT_NE(t.why("m2").detail.find("m1"), std::string::npos);
}

TEST(ReviewRules, AReviewThatWaitsForItsPullRequestHoldsNobody) {
    town t;
    t.rig("r").refinery();
    t.merge_request("m1", "r", true).started();
    t.merge_request("m2");
    EXPECT_TRUE(t.tick().starts("m2"));
    EXPECT_EQ(t.why("m1").gate, gate_reason::bead_not_ready);
    EXPECT_NE(t.why("m1").detail.find("pull request"), std::string::npos);
}

TEST(ReviewRules, R5AGivenBackReviewKeepsItsRefinery) {
    town t;
    t.rig("r").refinery().hook("m1");
    t.merge_request("m1");
    const auto out = t.tick();
    ASSERT_TRUE(out.starts("m1"));
    EXPECT_EQ(out.find<start_agent>("m1")->agent, "Refinery");
}

// C11, Kilo #1342: the uncapped first-dispatch rule sent one review 52 times.
TEST(ReviewRules, C11TheLimitHoldsOnEveryPath) {
    for (const bool hooked : {false, true})
        for (const auto status : {bead_status::open, bead_status::in_progress}) {
            town t;
            t.rig("r").refinery();
            if (hooked || status == bead_status::in_progress) t.rows.agents[0].hook = "m1";
            t.merge_request("m1").is(status).attempts(t.rules.dispatch.max_attempts);
            const auto out = t.tick();
            EXPECT_TRUE(out.moves("m1", bead_status::failed));
            EXPECT_TRUE(out.started().empty());
        }
}

TEST(ReviewRules, R3AReviewWithoutARefineryIsGivenBack) {
    town t;
    t.rig("r").merge_request("m1").started().updated_ago(review_lost_after - duration{1});
    EXPECT_TRUE(t.tick().is_quiet());
    EXPECT_EQ(t.tick().it.look_again_at, t.now + duration{1});
    t.now += duration{1};
    EXPECT_TRUE(t.tick().moves("m1", bead_status::open));
}

TEST(ReviewRules, R6AnIdleRefineryGoesOnWithItsReview) {
    town t;
    t.rig("r").refinery().hook("m1");
    t.merge_request("m1").started();
    const auto out = t.tick();
    ASSERT_TRUE(out.starts("m1"));
    EXPECT_EQ(out.rule_of("m1"), "R6_refinery_idle");
    EXPECT_EQ(out.find<start_agent>("m1")->agent, "Refinery");
    EXPECT_EQ(out.it.actions.size(), 1U) << "F10: no other rule undoes the hook";
}

TEST(ReviewRules, R2AReviewThatNobodyWorksOnIsGivenBack) {
    town t;
    t.rig("r").refinery().hook("m1");
    t.merge_request("m1").started().updated_ago(review_stale_after);
    const auto out = t.tick();
    EXPECT_TRUE(out.moves("m1", bead_status::open));
    ASSERT_TRUE(out.does<rest_agent>("Refinery"));
    EXPECT_TRUE(out.find<rest_agent>("Refinery")->unhook);
    EXPECT_TRUE(out.started().empty());
}

TEST(ReviewRules, R2AReviewThatSomeoneWorksOnGoesOn) {
    for (const auto status :
         {agent_status::working, agent_status::waiting, agent_status::stalled}) {
        town t;
        t.rig("r").refinery().hook("m1").is(status);
        t.merge_request("m1").started().updated_ago(std::chrono::hours{5});
        t.rows.agents[0].stalled_at = t.now;
        EXPECT_TRUE(t.tick().is_quiet());
    }
}

TEST(ReviewRules, R2AReviewHeldByAPolecatIsGivenBackOnce) {
    town t;
    t.rig("r").polecat("Toast").hook("m1");
    t.merge_request("m1").started();
    const auto out = t.tick();
    EXPECT_TRUE(out.moves("m1", bead_status::open));
    EXPECT_TRUE(out.does<rest_agent>("Toast"));
    EXPECT_EQ(out.it.actions.size(), 2U);
}

TEST(ReviewRules, R7ARefineryWhoseReviewIsOverIsStopped) {
    for (const auto status :
         {agent_status::working, agent_status::waiting, agent_status::stalled}) {
        town t;
        t.rig("r").refinery().hook("gone").is(status);
        t.rows.agents[0].stalled_at = t.now;
        auto out = t.tick();
        ASSERT_TRUE(out.does<rest_agent>("Refinery")) << to_text(status);
        EXPECT_TRUE(out.find<rest_agent>("Refinery")->unhook);
        EXPECT_TRUE(out.does<order_stop>("Refinery"));
        t.attempt("d1", "Refinery", "gone", dispatch_state::started);
        out = t.tick();
        ASSERT_TRUE(out.does<end_session>("d1"));
        EXPECT_EQ(out.find<end_session>("d1")->error.code(), error_code::cancelled);
    }
}

TEST(ReviewRules, R7OwnsASilentRefineryWhoseReviewIsOver) {
    town t;
    t.rig("r").refinery().hook("gone").working().silent_for(std::chrono::hours{1});
    const auto out = t.tick();
    EXPECT_EQ(out.rule_of("Refinery"), "R7_review_over");
    EXPECT_EQ(out.it.actions.size(), 2U) << "one rest and one stop";
}

TEST(ReviewRules, ASilentRefineryKeepsItsHook) {
    town t;
    t.rig("r").refinery().hook("m1").working().silent_for(std::chrono::hours{1});
    t.merge_request("m1").started();
    const auto out = t.tick();
    ASSERT_TRUE(out.does<rest_agent>("Refinery"));
    EXPECT_FALSE(out.find<rest_agent>("Refinery")->unhook);
}

TEST(Mayor, IsNotStartedWithoutDemand) {
    town t;
    t.rig("r").mayor();
    EXPECT_TRUE(t.tick().is_quiet());
    t.work("m1", bead_type::message, std::nullopt).assigned("someone else");
    EXPECT_TRUE(t.tick().is_quiet());
}

TEST(Mayor, IsStartedForAMessageOrAHook) {
    town t;
    t.mayor();
    t.work("m1", bead_type::message, std::nullopt).assigned("Mayor");
    ASSERT_TRUE(t.tick().starts("m1"));
    EXPECT_EQ(t.tick().find<start_agent>("m1")->agent, "Mayor");
    EXPECT_EQ(t.tick().find<start_agent>("m1")->role, agent_role::mayor);
    t.rows.beads[0].assignee.reset();
    t.rows.agents[0].hook = "m1";
    EXPECT_TRUE(t.tick().starts("m1"));
}

TEST(Mayor, HookedToAnIssueHasOneTurnAndNotTwo) {
    town t;
    t.rig("r").mayor().hook("b1");
    t.issue("b1");
    const auto out = t.tick();
    EXPECT_EQ(out.started(), std::vector<std::string>{"b1"});
    EXPECT_EQ(out.it.waiting.total(), 0);
}

TEST(Mayor, IsNotStartedOnWhatIsGivenBackInTheSameTick) {
    town t;
    t.rig("r").mayor().hook("b1");
    t.issue("b1").in_review().updated_ago(bead_stale_after);
    EXPECT_TRUE(t.tick("b1").moves("b1", bead_status::open));
    EXPECT_TRUE(t.tick().started().empty());
    EXPECT_EQ(t.why("b1").gate, gate_reason::bead_not_ready);
}

TEST(Mayor, BetweenItsTurnsItCountsAsRunning) {
    for (const auto status :
         {agent_status::working, agent_status::waiting, agent_status::stalled}) {
        town t;
        t.mayor().is(status);
        t.rows.agents[0].stalled_at = t.now;
        t.work("m1", bead_type::message, std::nullopt).assigned("Mayor");
        const auto out = t.tick();
        EXPECT_TRUE(out.does<deliver_message>("m1")) << "it is handed over, not started for";
        EXPECT_TRUE(out.started().empty());
        EXPECT_EQ(t.why("m1").gate, gate_reason::no_free_agent);
        EXPECT_NE(t.why("m1").detail.find("Mayor"), std::string::npos) << t.why("m1").detail;
    }
}

// The mayor is who is told when nothing else can start: exempt from limits, from nothing else.
TEST(Mayor, PassesTheTownsLimitAndNoBreaker) {
    town t;
    t.mayor();
    t.work("m1", bead_type::message, std::nullopt).assigned("Mayor");
    t.facts.max_per_town = 0;
    EXPECT_TRUE(t.tick().starts("m1"));
    t.fail_place(std::nullopt, agent_role::mayor, "reset: gone");
    EXPECT_FALSE(t.tick().starts("m1"));
    EXPECT_EQ(t.why("m1").gate, gate_reason::breaker_open);
}

}  // namespace
}  // namespace townd
