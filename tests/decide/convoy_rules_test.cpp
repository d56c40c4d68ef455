// Beads that land together.

#include <gtest/gtest.h>

#include "decide/town_builder.hpp"

namespace townd {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

struct convoy_town : town {
    explicit convoy_town(int closed, int failed = 0, std::vector<bead_id> live = {}) {
        rig("r").work("c1", bead_type::convoy, "r");
        convoy_standing c;
        c.id = "c1";
        c.closed = closed;
        c.failed = failed;
        for (const auto& id : live)
            issue(id).label("gt:held");
        c.counted_total = closed + failed + static_cast<int>(live.size());
        c.counted_closed = closed;
        c.live = std::move(live);
        c.feature_branch = "convoy/x/head";
        rows.convoys.push_back(std::move(c));
    }
    convoy_standing& it() { return rows.convoys[0]; }
};

TEST(ConvoyRules, ADoneConvoyLandsByOneMergeRequestAndIsThenOver) {
    convoy_town t{3};
    EXPECT_TRUE(t.tick().does<land_convoy>("c1"));
    t.it().landing_attempts = 1;
    t.it().landing = bead_status::open;
    EXPECT_TRUE(t.tick().is_quiet()) << "under way";
    t.it().landing = bead_status::in_progress;
    EXPECT_TRUE(t.tick().is_quiet());
    t.it().landing = bead_status::closed;
    const auto out = t.tick();
    ASSERT_TRUE(out.does<end_convoy>("c1"));
    EXPECT_TRUE(out.find<end_convoy>("c1")->landed);
}

TEST(ConvoyRules, WhereEachBeadLandsByItselfNoMergeRequestIsMade) {
    convoy_town t{2};
    t.it().lands_by_review = false;
    EXPECT_TRUE(t.tick().find<end_convoy>("c1")->landed);
}

// Kilo #2260: 240 failed landing requests in 42 minutes.
TEST(ConvoyRules, F4LandingIsTriedFiveTimesAtGrowingDistanceAndFailsOnce) {
    convoy_town t{3};
    t.it().landing = bead_status::failed;
    for (const auto& [tries, wait] : {std::pair{1, 60}, std::pair{2, 120}, std::pair{4, 480}}) {
        t.it().landing_attempts = tries;
        t.it().last_landing_at = t.now - std::chrono::seconds{wait} + duration{1};
        EXPECT_TRUE(t.tick().is_quiet()) << tries;
        EXPECT_EQ(t.tick().it.look_again_at, t.now + duration{1});
        t.it().last_landing_at = t.now - std::chrono::seconds{wait};
        EXPECT_TRUE(t.tick().does<land_convoy>("c1")) << tries;
    }
    t.it().landing_attempts = landing_tries_max;
    t.it().last_landing_at = t.now;
    const auto out = t.tick();
    ASSERT_TRUE(out.does<end_convoy>("c1"));
    EXPECT_FALSE(out.find<end_convoy>("c1")->landed);
    EXPECT_FALSE(out.does<land_convoy>("c1"));
}

TEST(ConvoyRules, F8FailedBeadsNeverCountAsLanded) {
    convoy_town t{2, 3};
    const auto out = t.tick();
    ASSERT_TRUE(out.does<end_convoy>("c1"));
    EXPECT_FALSE(out.find<end_convoy>("c1")->landed);
    EXPECT_NE(out.it.actions[0].reason.find("3 of 5 beads failed"), std::string::npos)
        << out.it.actions[0].reason;
}

TEST(ConvoyRules, ItGoesOnWhileAnyBeadCanMoveAndFailsWhenTheRestWaitsForWhatFailed) {
    convoy_town t{1, 1, {"b1", "b2"}};
    t.blocks("b2", "b1", bead_status::open).blocks("b1", "other", bead_status::in_progress);
    EXPECT_FALSE(t.tick().does<end_convoy>("c1"));
    t.rows.dependencies[1].on_status = bead_status::failed;
    const auto out = t.tick();
    ASSERT_TRUE(out.does<end_convoy>("c1")) << "b2 waits for b1, which waits for what failed";
    EXPECT_NE(out.it.actions[0].reason.find("2 wait for them"), std::string::npos)
        << out.it.actions[0].reason;
}

TEST(ConvoyRules, ProgressIsWrittenWhenItChangedAndStagedOnesOnlyCount) {
    convoy_town t{1, 0, {"b1"}};
    EXPECT_TRUE(t.tick().is_quiet());
    t.it().counted_closed = 0;
    const auto out = t.tick();
    ASSERT_TRUE(out.does<count_convoy>("c1"));
    EXPECT_EQ(out.find<count_convoy>("c1")->closed, 1);
    EXPECT_EQ(out.find<count_convoy>("c1")->total, 2);
    convoy_town staged{3};
    staged.it().staged = true;
    EXPECT_TRUE(staged.tick().is_quiet());
}

TEST(ConvoyRules, DependenciesInACircleEndTheLook) {
    convoy_town t{0, 1, {"b1", "b2"}};
    t.blocks("b1", "b2", bead_status::open).blocks("b2", "b1", bead_status::open);
    EXPECT_FALSE(t.tick().does<end_convoy>("c1"));
    t.blocks("b2", "gone", bead_status::failed);
    EXPECT_TRUE(t.tick().does<end_convoy>("c1"));
}

}  // namespace
}  // namespace townd
