// Merge requests whose end is somebody else's: pull requests, rework, rigs without a reviewer.

#include <gtest/gtest.h>

#include "decide/town_builder.hpp"

namespace townd {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// One merge request of issue b1, with or without a pull request.
struct requested : town {
    explicit requested(bool pr, bead_status status = bead_status::in_progress) {
        facts.opened_at = now - hours{1000};
        rig("r").merge_request("m1", "r", pr).is(status).updated_ago(hours{1});
        rows.reviews[0].source = "b1";
        issue("b1").in_review();
        rows.links.push_back({"b1", "m1", status});
    }
    requested& silent_for(duration span) {
        rows.beads[0].updated_at = now - span;
        return *this;
    }
};

TEST(PullRequestRules, R1ItIsAskedAboutOnceAMinuteWhereSomebodyCanBeAsked) {
    requested t{true};
    EXPECT_FALSE(t.tick().does<ask_pull_request>("m1")) << "nobody to ask";
    t.facts.follows_prs = true;
    EXPECT_TRUE(t.tick().does<ask_pull_request>("m1"));
    t.rows.reviews[0].polled_at = t.now - pr_ask_every + duration{1};
    EXPECT_FALSE(t.tick().does<ask_pull_request>("m1"));
    EXPECT_EQ(t.tick().it.look_again_at, t.now + duration{1});
}

TEST(PullRequestRules, R4SilenceIsAPersonsBusinessAfterADayAndGivenUpAfterAWeek) {
    EXPECT_TRUE(requested{true}.silent_for(pr_escalate_after - duration{1}).tick().is_quiet());
    requested t{true};
    t.silent_for(pr_escalate_after);
    ASSERT_TRUE(t.tick().does<escalate>("m1"));
    t.rows.concerns.push_back({"e1", "m1", std::nullopt, "pull_request_silent", true, 0});
    EXPECT_FALSE(t.tick().does<escalate>("m1")) << "one is enough";
    t.silent_for(pr_fail_after);
    EXPECT_TRUE(t.tick().moves("m1", bead_status::failed)) << "no review is for ever";
}

TEST(PullRequestRules, NewsStartTheClockAnewAndAPersonsReviewStopsIt) {
    requested t{true};
    t.silent_for(pr_fail_after);
    t.rows.reviews[0].pr_news_at = t.now - hours{1};
    EXPECT_TRUE(t.tick().is_quiet());
    requested waits{true};
    waits.silent_for(2 * pr_fail_after);
    waits.rows.reviews[0].awaiting_approval = true;
    EXPECT_TRUE(waits.tick().is_quiet());
}

TEST(PullRequestRules, R4WithoutAReviewerAnOpenRequestWithAPullRequestIsFollowed) {
    requested t{true, bead_status::open};
    EXPECT_TRUE(t.tick().starts("m1"));
    t.facts.code_review = false;
    const auto out = t.tick();
    EXPECT_TRUE(out.moves("m1", bead_status::in_progress));
    EXPECT_TRUE(out.started().empty());
}

TEST(PullRequestRules, R4WithoutAReviewerWorkThatMadeNoPullRequestGoesBackWhereOneIsNeeded) {
    requested t{false, bead_status::open};
    t.facts.code_review = false;
    EXPECT_TRUE(t.tick().starts("m1")) << "under `direct` the refinery merges";
    t.facts.pull_requests = true;
    EXPECT_TRUE(t.tick().moves("m1", bead_status::failed));
    t.rows.reviews[0].source = "c1";
    EXPECT_TRUE(t.tick().starts("m1")) << "a landing is no polecat's";
}

TEST(PullRequestRules, ARigMayDifferFromItsTown) {
    requested t{true, bead_status::open};
    t.facts.code_review = false;
    t.rows.rigs[0].code_review = true;
    EXPECT_TRUE(t.tick().starts("m1"));
}

TEST(PullRequestRules, AMergeRequestWaitsForItsReworkAndFailsWithIt) {
    requested t{false, bead_status::open};
    t.blocks("m1", "rework", bead_status::open);
    EXPECT_TRUE(t.tick().started().empty());
    EXPECT_EQ(t.why("m1").gate, gate_reason::bead_not_ready);
    t.rows.dependencies[0].on_status = bead_status::closed;
    EXPECT_TRUE(t.tick().starts("m1"));
    t.rows.dependencies[0].on_status = bead_status::failed;
    const auto out = t.tick();
    EXPECT_TRUE(out.moves("m1", bead_status::failed)) << "it would wait for ever";
    EXPECT_TRUE(out.started().empty());
}

TEST(PullRequestRules, ARunningReviewIsNotFailedUnderItsRefinery) {
    requested t{false};
    t.blocks("m1", "fix", bead_status::failed);
    t.refinery().hook("m1").working();
    t.attempt("d1", "Refinery", "m1", dispatch_state::started);
    EXPECT_FALSE(t.tick().moves("m1", bead_status::failed));
}

}  // namespace
}  // namespace townd
