// When the trouble of many towns is an outage of the fleet, and when it is over.

#include "decide/desk_talk.hpp"

namespace townd {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class OutageTalk : public DeskTalk {};

TEST_F(OutageTalk, AnOutageNeedsFiveTownsAndAFifthOfThoseWithWorkOrFifty) {
    struct row {
        int ill;
        int towns;
        bool opens;
    };
    for (const row& r :
         {row{4, 4, false}, row{5, 5, true}, row{5, 25, true}, row{5, 26, false},
          row{20, 100, true}, row{19, 100, false}, row{49, 1'000, false}, row{50, 1'000, true}}) {
        desk = {};
        events = {};
        for (int i = 0; i < r.towns; ++i)
            stands("t" + std::to_string(i), {});
        for (int i = 0; i < r.ill; ++i)
            fails("t" + std::to_string(i));
        pass(seconds{5});
        EXPECT_EQ(opened() == 1, r.opens) << r.ill << " of " << r.towns << " towns";
        EXPECT_EQ(desk.summaries().size(), r.opens ? 1U : 0U);
    }
}

// Towns without work are no part of the share.
TEST_F(OutageTalk, TheShareIsOfTownsWithWork) {
    for (int i = 0; i < 500; ++i)
        stands("idle" + std::to_string(i), {}, false);
    for (int i = 0; i < 5; ++i)
        fails("t" + std::to_string(i));
    pass(seconds{5});
    EXPECT_EQ(opened(), 1);
}

// What failed long ago and was not tried since speaks of no trouble of now.
TEST_F(OutageTalk, StaleFailuresOpenNone) {
    for (int i = 0; i < 10; ++i)
        fails("old" + std::to_string(i), doubt(now, 1), i >= 4);
    for (int i = 4; i < 10; ++i)
        stands("old" + std::to_string(i), {}, false);
    for (int i = 0; i < 4; ++i)
        stands("old" + std::to_string(i), doubt(now, 1), false);
    pass(seconds{5});
    for (int i = 0; i < 12; ++i)
        stands("well" + std::to_string(i), {});
    pass(minutes{15});
    events = {};
    fails("now");
    pass(minutes{1});
    EXPECT_EQ(opened(), 0) << desk.summaries().size() << " open";
}

// The daemon began anew: towns without work tell of failures that were long before.
TEST_F(OutageTalk, StaleFailuresOpenNoneAfterARestartEither) {
    for (int i = 0; i < 10; ++i) {
        auto old = doubt(now - hours{1}, 6);
        old.since = old.failed_at = now - hours{70};
        stands("old" + std::to_string(i), old, false);
    }
    for (int i = 0; i < 12; ++i)
        stands("well" + std::to_string(i), {});
    fails("now");
    pass(minutes{1});
    EXPECT_EQ(opened(), 0) << "with "
                           << (desk.summaries().empty() ? 0 : desk.summaries().front().members)
                           << " towns, of which one failed within the last hour";
}

TEST_F(OutageTalk, MembersWithoutWorkCloseIt) {
    for (int i = 0; i < 10; ++i)
        fails("t" + std::to_string(i));
    pass(seconds{5});
    ASSERT_EQ(opened(), 1);
    hear();
    for (int i = 0; i < 10; ++i) {
        if (const auto mine = lease("t" + std::to_string(i)); mine != 0)
            desk.take(lease_returned{"t" + std::to_string(i), agent_role::polecat, mine}, now,
                      rules);
        stands("t" + std::to_string(i), doubt(now + seconds{5}), false);
    }
    pass(minutes{4});
    EXPECT_EQ(closed(), 1);
    EXPECT_TRUE(desk.summaries().empty());
    pass(hours{1});
    EXPECT_EQ(opened(), 1) << "and it stays closed";
}

TEST_F(OutageTalk, SuspicionsCountFromTheThirdInARow) {
    for (const int in_row : {1, 2, 3}) {
        desk = {};
        events = {};
        for (int i = 0; i < 8; ++i) {
            auto soft = doubt(now, in_row);
            soft.at = stage::done;
            soft.soft = true;
            fails("t" + std::to_string(i), soft);
        }
        pass(seconds{5});
        EXPECT_EQ(opened(), in_row >= 3 ? 1 : 0) << in_row << " in a row";
        EXPECT_EQ(leases, 0) << "a suspicion needs no leave";
    }
}

// Suspicions alone make an outage only when half of the fleet is like them.
TEST_F(OutageTalk, SuspicionsOfAFewOfManyTownsAreNoOutage) {
    for (int i = 0; i < 20; ++i)
        stands("well" + std::to_string(i), {});
    for (int i = 0; i < 8; ++i) {
        auto soft = doubt(now, 4);
        soft.at = stage::done;
        soft.soft = true;
        fails("t" + std::to_string(i), soft);
    }
    pass(seconds{5});
    EXPECT_EQ(opened(), 0) << "8 of 28";
}

TEST_F(OutageTalk, ARestartTellsNobodyTwiceOfAnOutage) {
    for (int i = 0; i < 10; ++i)
        fails("t" + std::to_string(i));
    pass(seconds{5});
    ASSERT_EQ(opened(), 1);
    const std::string id = desk.summaries().front().id;
    const auto kept = desk.saved(id);
    ASSERT_TRUE(kept);
    desk = {};
    desk.restore(*kept, now, rules.outage);
    events = {};
    for (int i = 0; i < 10; ++i)
        stands("t" + std::to_string(i), doubt(now + seconds{5}));
    pass(seconds{5});
    EXPECT_EQ(opened(), 0);
    ASSERT_EQ(desk.summaries().size(), 1U);
    EXPECT_EQ(desk.summaries().front().id, id);
    for (int i = 0; i < 10; ++i)
        stands("t" + std::to_string(i), {});
    pass(seconds{5});
    EXPECT_EQ(closed(), 1);
}

// One cause in three wordings is one outage; two kinds are two.
TEST_F(OutageTalk, TextsMakeNoDifferenceAndKindsDo) {
    for (int i = 0; i < 12; ++i) {
        auto d = doubt(now + seconds{5});
        d.words = "http_5xx: host " + std::to_string(i);
        fails("a" + std::to_string(i), d);
        d.kind = "git_failed//";
        d.words = "git_failed: agent " + std::to_string(i);
        fails("b" + std::to_string(i), d);
    }
    pass(seconds{5});
    EXPECT_EQ(opened(), 2);
    for (const auto& o : desk.summaries()) {
        EXPECT_EQ(o.members, 12) << o.id;
        EXPECT_FALSE(o.other_cause.empty()) << "two wordings are shown";
        EXPECT_NE(o.other_cause, o.cause);
    }
}

}  // namespace
}  // namespace townd
