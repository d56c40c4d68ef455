// Whom the desk gives a lease, and whom not.

#include "decide/desk_talk.hpp"

namespace townd {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST_F(DeskTalk, ALeaseEndsByItselfAndIsGivenAnewOnlyThen) {
    fails("t0");
    pass(minutes{1});
    const auto first = lease("t0");
    ASSERT_NE(first, 0U);
    pass(rules.outage.lease - minutes{1});
    EXPECT_EQ(lease("t0"), first);
    EXPECT_EQ(leases, 1);
    pass(minutes{2});
    EXPECT_GT(lease("t0"), first) << "nobody answered";
}

TEST_F(DeskTalk, WhoeverIsWellOrGoneIsGivenNothing) {
    fails("t0");
    fails("t1");
    fails("t2", {}, false);
    stands("t0", {});
    desk.take(town_gone{"t1"}, now, rules);
    pass(hours{1});
    EXPECT_EQ(leases, 0) << "one is well, one is gone, one has no work";
    EXPECT_EQ(desk.figures(now, rules).members, 1);
    fails("t3");
    pass(minutes{1});
    ASSERT_NE(lease("t3"), 0U);
    desk.take(town_gone{"t3"}, now, rules);
    hear();
    EXPECT_EQ(lease("t3"), 0U) << "its lease went with it";
    EXPECT_EQ(desk.figures(now, rules).leases, 0);
    pass(hours{1});
    EXPECT_EQ(leases, 1);
}

// A lease that is given back costs nothing, but it is not given again and again.
TEST_F(DeskTalk, WhatIsGivenBackIsNotGrantedInALoop) {
    fails("t0");
    int given = 0;
    for (int i = 0; i < 7'200; ++i) {
        pass(duration{500});
        if (const auto mine = lease("t0"); mine != 0) {
            ++given;
            desk.take(lease_returned{"t0", agent_role::polecat, mine}, now, rules);
            hear();
        }
    }
    EXPECT_GT(given, 10);
    EXPECT_LE(given, 3'600 / 2) << "once in two seconds at most";
    EXPECT_LE(desk.figures(now, rules).failures, 1);
}

TEST_F(DeskTalk, AStaleLeaseIsNobodys) {
    fails("t0");
    pass(minutes{1});
    const auto mine = lease("t0");
    ASSERT_NE(mine, 0U);
    desk.take(lease_returned{"t0", agent_role::polecat, mine + 1}, now, rules);
    desk.take(lease_returned{"t9", agent_role::polecat, mine}, now, rules);
    hear();
    EXPECT_EQ(lease("t0"), mine);
}

TEST_F(DeskTalk, RolesOfOneTownAreNotTriedSideBySide) {
    for (const auto role : {agent_role::polecat, agent_role::refinery, agent_role::mayor})
        fails("t0", {}, true, role);
    for (int i = 0; i < 600; ++i) {
        pass(seconds{1});
        int out = 0;
        for (const auto& [who, id] : lease_of)
            out += id != 0 ? 1 : 0;
        EXPECT_LE(out, 1) << "after " << i << " s";
    }
    EXPECT_GT(leases, 2);
}

TEST_F(DeskTalk, ASweepDoesNotPassWhatTheContainerAskedFor) {
    for (int i = 0; i < 10; ++i)
        fails("t" + std::to_string(i), doubt(now + minutes{9}, 8));
    auto asked = doubt(now + minutes{9}, 8);
    asked.asked_until = now + minutes{5};
    fails("asked", asked);
    const instant until = asked.asked_until;
    fails("first");
    pass(minutes{1});
    const auto mine = lease("first");
    ASSERT_NE(mine, 0U);
    desk.take(
        attempt_news{
            "first", agent_role::polecat, stage::answered, verdict::success, now, false, mine, {}},
        now, rules);
    stands("first", {});
    pass(minutes{1});
    EXPECT_NE(lease("t0"), 0U) << "the sweep is on";
    while (now < until) {
        EXPECT_EQ(lease("asked"), 0U) << (until - now).count() << " ms too soon";
        pass(seconds{5});
    }
}

TEST_F(DeskTalk, ObserveAndOffGiveNoLease) {
    rules.outage.mode = outage_mode::observe;
    for (int i = 0; i < 20; ++i)
        fails("t" + std::to_string(i));
    pass(minutes{30});
    EXPECT_EQ(leases, 0);
    ASSERT_EQ(desk.summaries().size(), 1U) << "what it would do is said";
    EXPECT_TRUE(desk.summaries().front().observe_only);
    EXPECT_TRUE(desk.advice_for("t0", agent_role::polecat).outage.empty()) << "nobody is held";
    rules.outage.mode = outage_mode::off;
    for (int i = 0; i < 20; ++i)
        fails("t" + std::to_string(i), doubt(now + seconds{5}, 2));
    pass(minutes{30});
    EXPECT_EQ(leases, 0);
    EXPECT_TRUE(desk.summaries().empty());
    EXPECT_EQ(desk.figures(now, rules).members, 0);
}

}  // namespace
}  // namespace townd
