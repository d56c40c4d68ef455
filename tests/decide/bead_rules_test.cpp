// Issues, from open to closed.

#include "decide/town_builder.hpp"

namespace townd {
namespace {

TEST(BeadRules, R1AnUnassignedBeadIsStarted) {
    town t;
    t.rig("r").issue("b1");
    const auto out = t.tick();
    ASSERT_TRUE(out.starts("b1"));
    EXPECT_EQ(out.rule_of("b1"), "R1_unassigned_bead");
    const auto* start = out.find<start_agent>("b1");
    EXPECT_EQ(start->role, agent_role::polecat);
    EXPECT_EQ(start->rig, "r");
    EXPECT_FALSE(start->agent) << "to be made";
    EXPECT_EQ(start->agent_name, "Toast");
}

TEST(BeadRules, R1bAStaleAssigneeIsClearedFirst) {
    town t;
    t.rig("r").issue("b1").assigned("Toast");
    t.polecat("Toast");
    const auto out = t.tick("b1");
    EXPECT_TRUE(out.does<clear_assignee>("b1"));
    EXPECT_FALSE(out.starts("b1"));
    EXPECT_FALSE(out.it.explained->back().passed);
}

TEST(BeadRules, R1bSystemAndTriageAssigneesStay) {
    town t;
    t.rig("r").issue("b1").assigned("system");
    t.issue("b2").assigned("Toast").label("gt:triage-request");
    const auto out = t.tick();
    EXPECT_TRUE(out.starts("b1"));
    EXPECT_FALSE(out.does<clear_assignee>("b2"));
    EXPECT_EQ(out.waiting(gate_reason::bead_not_dispatchable), 1);
}

TEST(BeadRules, R2AHookedBeadIsStartedWithItsAgent) {
    town t;
    t.rig("r").polecat("Birch");
    t.polecat("Maple").hook("b1");
    t.issue("b1").assigned("Maple");
    const auto out = t.tick();
    ASSERT_TRUE(out.starts("b1"));
    EXPECT_EQ(out.rule_of("b1"), "R2_hooked_bead");
    EXPECT_EQ(out.find<start_agent>("b1")->agent, "Maple");
}

TEST(BeadRules, R3AStartedBeadThatNobodyHoldsIsGivenBack) {
    town t;
    t.rig("r").issue("b1").started().updated_ago(bead_stale_after - duration{1});
    auto out = t.tick();
    EXPECT_TRUE(out.is_quiet());
    EXPECT_EQ(out.it.look_again_at, t.now + duration{1});
    t.now += duration{1};
    out = t.tick();
    ASSERT_TRUE(out.moves("b1", bead_status::open));
    EXPECT_TRUE(out.find<move_bead>("b1")->clear_assignee);
    EXPECT_EQ(out.rule_of("b1"), "R3_agent_lost");
}

TEST(BeadRules, R3WaitsFromTheMomentTheTownWasOpened) {
    town t;
    t.rig("r").issue("b1").started().updated_ago(std::chrono::hours{9});
    t.facts.opened_at = t.now - bead_stale_after + duration{1};
    EXPECT_TRUE(t.tick().is_quiet());
    t.rows.beads[0].updated_at = t.now + std::chrono::hours{5};
    t.facts.opened_at = t.now - std::chrono::hours{9};
    EXPECT_LE(t.tick().it.look_again_at, t.now + bead_stale_after) << "a stamp from the future";
}

TEST(BeadRules, R3LeavesABeadWithAnAgentToTheAgentRules) {
    town t;
    t.rig("r").polecat("Toast").hook("b1").working();
    t.issue("b1").started().updated_ago(std::chrono::hours{9});
    EXPECT_TRUE(t.tick().is_quiet());
}

struct in_review : town {
    in_review() { rig("r").issue("b1").in_review(); }
};

TEST(BeadRules, R4AMergedReviewClosesTheBead) {
    in_review t;
    t.reviewed_by("b1", "m1", bead_status::failed).reviewed_by("b1", "m2", bead_status::closed);
    EXPECT_TRUE(t.tick().moves("b1", bead_status::closed));
}

TEST(BeadRules, R4AReviewThatGoesOnHolds) {
    in_review t;
    t.reviewed_by("b1", "m1", bead_status::closed).reviewed_by("b1", "m2", bead_status::open);
    EXPECT_TRUE(t.tick().is_quiet());
    EXPECT_EQ(t.why("b1").gate, gate_reason::bead_not_ready);
}

TEST(BeadRules, R4FailedReviewsOpenTheBeadAgain) {
    in_review t;
    t.reviewed_by("b1", "m1", bead_status::failed).reviewed_by("b1", "m2", bead_status::failed);
    const auto out = t.tick();
    ASSERT_TRUE(out.moves("b1", bead_status::open));
    EXPECT_TRUE(out.find<move_bead>("b1")->clear_assignee);
}

// The original left a bead in review without any merge request there for ever.
TEST(BeadRules, R4WithoutAMergeRequestItIsGivenBackAfterAWhile) {
    in_review t;
    auto out = t.tick();
    EXPECT_TRUE(out.is_quiet());
    EXPECT_EQ(out.it.look_again_at, t.now + bead_stale_after);
    t.now += bead_stale_after;
    EXPECT_TRUE(t.tick().moves("b1", bead_status::open));
}

// Only what the work itself spoiled is counted, and at the limit the bead says why it failed.
TEST(BeadRules, AttemptsExhaustedFailsTheBeadWithItsReason) {
    town t;
    t.rig("r").issue("b1").attempts(t.rules.dispatch.max_attempts - 1);
    EXPECT_TRUE(t.tick().starts("b1"));
    t.rows.beads[0].dispatch_attempts = t.rules.dispatch.max_attempts;
    t.rows.beads[0].reason = "agent_exited: tests fail";
    const auto out = t.tick();
    ASSERT_TRUE(out.moves("b1", bead_status::failed));
    EXPECT_NE(out.it.actions[0].reason.find("agent_exited: tests fail"), std::string::npos);
}

TEST(BeadRules, AttemptsExhaustedWaitsForTheAgentThatIsAtWork) {
    town t;
    t.rig("r").polecat("Toast").hook("b1").working();
    t.issue("b1").attempts(99);
    EXPECT_FALSE(t.tick().moves("b1", bead_status::failed));
}

// A1, C2: however long the platform is down, an untouched counter never fails a bead.
TEST(BeadRules, C2StartsAndFailuresInARowFailNoBead) {
    town t;
    t.rig("r").issue("b1");
    t.rows.beads[0].starts = 5'000;
    t.rows.beads[0].failures_in_row = 5'000;
    EXPECT_TRUE(t.tick().starts("b1"));
}

// E8: terminal beads are nobody's to move; they are not even among the rows.
TEST(BeadRules, E8NothingMovesATerminalBead) {
    for (const auto status : {bead_status::closed, bead_status::failed}) {
        town t;
        t.rig("r").polecat("Toast").hook("b1");
        t.issue("b1").is(status).attempts(99);
        t.merge_request("m1").is(status).attempts(99);
        const auto out = t.tick();
        EXPECT_FALSE(out.does<move_bead>("b1"));
        EXPECT_FALSE(out.does<move_bead>("m1"));
        EXPECT_TRUE(out.started().empty());
    }
}

}  // namespace
}  // namespace townd
