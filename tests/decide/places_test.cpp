// Whom a place's doubt concerns: itself; its role, where no rig was well lately; other roles of the
// town, whose first try is made under leave; its container, where there is no way to it.

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "townd/decide/breaker_set.hpp"

namespace townd {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class TownsPlaces : public testing::Test {
protected:
    instant now = from_unix_ms(1'795'342'322'000);
    retry_policy rules;
    breaker_set set;

    static constexpr auto polecat = agent_role::polecat;
    void fail(const std::optional<rig_id>& rig, bool whole = false, agent_role role = polecat,
              stage at = stage::answered, const bead_id& bead = "b1") {
        standing::failure f;
        f.at = at;
        f.began = f.now = now;
        f.bead = bead;
        f.why.code = whole ? "connect_refused" : "http_5xx";
        f.why.words = f.why.code + ": no";
        f.why.whole = whole;
        set.failed(rig, role, f, 0.5, rules);
    }
    void succeed(const std::optional<rig_id>& rig, agent_role role = polecat,
                 stage at = stage::answered) {
        set.succeeded(rig, role, at, now, now);
    }
    [[nodiscard]] std::optional<place_doubt> doubt(const std::optional<rig_id>& rig,
                                                   agent_role role = polecat) const {
        return set.doubt_of(rig, role, now);
    }
    // `own`, `place/r1/polecat` of another, or `none`.
    [[nodiscard]] std::string why(const std::optional<rig_id>& rig,
                                  agent_role role = polecat) const {
        const auto d = doubt(rig, role);
        if (!d) return "none";
        return d->own ? "own" : breaker_set::place_key(d->by->rig, d->by->role);
    }
};

TEST_F(TownsPlaces, AnOwnDoubtSaysItsStageAndItsWait) {
    fail("r1", false, polecat, stage::survived);
    const auto d = doubt("r1");
    ASSERT_TRUE(d);
    EXPECT_TRUE(d->own);
    EXPECT_EQ(d->at, stage::survived);
    EXPECT_EQ(d->next_try, set.place_of("r1", polecat)->next_try());
    EXPECT_FALSE(d->ordered);
    ASSERT_GT(d->next_try, now);
    // What did not fail itself is tried under leave, and waits for nothing else.
    for (const auto& [rig, role] : std::vector<std::pair<std::optional<rig_id>, agent_role>>{
             {"r2", polecat}, {"r1", agent_role::refinery}, {std::nullopt, agent_role::mayor}}) {
        const auto other = doubt(rig, role);
        ASSERT_TRUE(other) << to_text(role);
        EXPECT_EQ(why(rig, role), "place/r1/polecat") << to_text(role);
        EXPECT_EQ(other->at, stage::survived) << to_text(role);
        EXPECT_EQ(other->next_try, now) << to_text(role);
        // A success of that stage speaks for it.
        succeed(rig, role);
        EXPECT_EQ(why(rig, role), "place/r1/polecat") << to_text(role) << ": of another stage";
        succeed(rig, role, stage::survived);
        EXPECT_EQ(why(rig, role), "none") << to_text(role);
    }
}

// A rig that was well speaks for the role for ten minutes.
TEST_F(TownsPlaces, OneWellRigKeepsTheRoleForTenMinutes) {
    succeed("well");
    fail("r1");
    fail("r2");
    EXPECT_EQ(why("quiet"), "none");
    EXPECT_EQ(why("well"), "none");
    now += minutes{10} - duration{1};
    fail("r1");
    EXPECT_EQ(why("quiet"), "none");
    now += duration{1};
    EXPECT_EQ(why("quiet"), "place/r1/polecat") << "the newest failure";
    succeed("well");
    EXPECT_EQ(why("quiet"), "none");
}

TEST_F(TownsPlaces, OneBrokenRigNeverHoldsTheOthersHoweverOftenItFails) {
    for (int i = 0; i < 30; ++i) {
        fail("r1");
        const auto first = doubt("r2");
        ASSERT_TRUE(first) << i << ": it was not well lately";
        EXPECT_EQ(first->next_try, now) << i << ": it waits with the other";
        now += minutes{11};
        fail("r1");
        succeed("r2");
        EXPECT_EQ(why("r2"), "none") << i;
        EXPECT_EQ(why("r3"), "none") << i << ": one of the role is well";
        now += minutes{11};
    }
}

// Work fails for its rig's own reasons: that takes two rigs, and no role speaks for another.
TEST_F(TownsPlaces, FailedWorkConcernsOtherRigsFromTheSecondOn) {
    fail("r1", false, polecat, stage::done, "b1");
    fail("r1", false, polecat, stage::done, "b2");
    ASSERT_EQ(why("r1"), "own");
    EXPECT_EQ(why("r3"), "none");
    now += seconds{1};
    fail("r2", false, polecat, stage::done, "b3");
    fail("r2", false, polecat, stage::done, "b4");
    EXPECT_EQ(why("r3"), "place/r2/polecat");
    EXPECT_EQ(why("r3", agent_role::refinery), "none");
    EXPECT_EQ(why(std::nullopt, agent_role::mayor), "none");
}

// Two rigs that fail share their wait with what has not failed yet.
TEST_F(TownsPlaces, FromTheSecondBrokenRigOnTheOthersWaitWithTheNewest) {
    fail("r1");
    EXPECT_EQ(doubt("r3")->next_try, now);
    now += seconds{1};
    fail("r2");
    EXPECT_EQ(why("r3"), "place/r2/polecat");
    EXPECT_EQ(doubt("r3")->next_try, set.place_of("r2", polecat)->next_try());
}

// What a rig lacks was seen without a request: it says nothing of other roles.
TEST_F(TownsPlaces, WhatARigLacksConcernsNoOtherRole) {
    standing::failure f;
    f.began = f.now = now;
    f.why.code = "rig_missing";
    f.why.local = true;
    set.failed("r1", polecat, f, 0.5, rules);
    ASSERT_EQ(why("r1"), "own");
    EXPECT_EQ(why("r1", agent_role::refinery), "none");
    EXPECT_EQ(why(std::nullopt, agent_role::mayor), "none");
}

// Rigs and the mayor do not wait for each other: what is well goes on, what was not tried lately is
// tried at once, though under leave.
TEST_F(TownsPlaces, RigsAndTheMayorWaitForEachOtherOnlyWhenTheContainerIsGone) {
    succeed(std::nullopt, agent_role::mayor);
    fail("r1");
    fail("r2");
    EXPECT_EQ(why(std::nullopt, agent_role::mayor), "none") << "it was well a moment ago";
    now += minutes{10};
    fail("r2");
    EXPECT_EQ(why(std::nullopt, agent_role::mayor), "place/r2/polecat");
    EXPECT_EQ(doubt(std::nullopt, agent_role::mayor)->next_try, now);
    now += seconds{1};
    fail(std::nullopt, false, agent_role::mayor);
    EXPECT_EQ(why("r1", agent_role::refinery), "place/-/mayor");
    EXPECT_EQ(doubt("r1", agent_role::refinery)->next_try, now);
    EXPECT_EQ(doubt("r2")->next_try, set.place_of("r2", polecat)->next_try()) << "its own wait";
}

TEST_F(TownsPlaces, NoWayToTheContainerHoldsAllRolesButThoseThatWereWellLately) {
    succeed("r2", agent_role::refinery);
    now += minutes{5};
    fail("r1", true);
    EXPECT_EQ(why("r1"), "own");
    EXPECT_EQ(why("r2"), "place/r1/polecat");
    EXPECT_EQ(why(std::nullopt, agent_role::mayor), "place/r1/polecat");
    EXPECT_EQ(why("r2", agent_role::refinery), "none") << "it was well five minutes ago";
    now += minutes{5};
    EXPECT_EQ(why("r2", agent_role::refinery), "place/r1/polecat");
}

// Roles of a dead container share one wait: the newest failure's.
TEST_F(TownsPlaces, RolesOfADeadContainerShareOneWait) {
    for (int i = 0; i < 5; ++i) {
        fail("r1", true);
        now += seconds{1};
    }
    const instant wait = set.place_of("r1", polecat)->next_try();
    now += seconds{1};
    fail(std::nullopt, true, agent_role::mayor);
    ASSERT_LT(set.place_of(std::nullopt, agent_role::mayor)->next_try(), wait);
    now += seconds{1};
    fail("r1", true);
    const auto mayor = doubt(std::nullopt, agent_role::mayor);
    ASSERT_TRUE(mayor);
    EXPECT_GE(mayor->next_try, set.place_of("r1", polecat)->next_try())
        << "not before the container is tried at all";
}

TEST_F(TownsPlaces, ASuccessMakesTheOthersDueAtOnce) {
    for (int i = 0; i < 8; ++i)
        fail("r1", true);
    fail("r2", true);
    fail(std::nullopt, true, agent_role::mayor);
    now += seconds{1};
    ASSERT_GT(set.place_of("r1", polecat)->next_try(), now + seconds{3});
    succeed(std::nullopt, agent_role::mayor);
    EXPECT_FALSE(doubt(std::nullopt, agent_role::mayor));
    EXPECT_LE(set.place_of("r1", polecat)->next_try(), now);
    EXPECT_LE(set.place_of("r2", polecat)->next_try(), now);
    EXPECT_EQ(why("r1"), "own") << "due, and not proved";
}

TEST_F(TownsPlaces, FailedWorkIsNeverTheContainers) {
    fail("r1", true, polecat, stage::done, "b1");
    fail("r1", true, polecat, stage::done, "b2");
    EXPECT_EQ(why("r1"), "own");
    EXPECT_EQ(why("r2"), "none");
    EXPECT_EQ(why(std::nullopt, agent_role::mayor), "none");
}

TEST_F(TownsPlaces, ForcedClosedPassesAndHoldsNobodyElse) {
    fail("r1", true);
    fail("r2", true);
    ASSERT_EQ(why("r1"), "own");
    set.force("place/r1/polecat", breaker_state::forced_closed, "by a test", now, never);
    EXPECT_EQ(why("r1"), "none");
    EXPECT_EQ(why("r3"), "place/r2/polecat");
    set.force("place/r2/polecat", breaker_state::forced_closed, "by a test", now, never);
    EXPECT_EQ(why("r3"), "none");
    EXPECT_FALSE(set.doubt_of(polecat, now));
    set.end_force("place/r1/polecat", now);
    EXPECT_EQ(why("r1"), "own") << "what was known of it stays known";
}

TEST_F(TownsPlaces, APlaceIsShownAsABreaker) {
    const auto state = [&] { return set.entries().at("place/r1/polecat").state.state(); };
    fail("r1");
    EXPECT_EQ(to_text(state()), to_text(breaker_state::open));
    const breaker_policies policy;
    const auto leave = set.admit("r1", polecat, "Toast", now, policy);
    EXPECT_EQ(to_text(state()), to_text(breaker_state::half_open)) << "a try is out";
    EXPECT_EQ(leave.front().key, "place/r1/polecat");
    EXPECT_EQ(leave.front().probe, 1U);
    EXPECT_FALSE(set.is_over(leave.front()));
    now += seconds{1};
    fail("r1");
    EXPECT_EQ(to_text(state()), to_text(breaker_state::open));
    now += seconds{10};
    succeed("r1");
    EXPECT_EQ(to_text(state()), to_text(breaker_state::closed));
    EXPECT_TRUE(set.is_over(leave.front())) << "of a period that is over";
    const auto events = set.take_events();
    ASSERT_EQ(events.size(), 4U) << "open, half-open, open, closed";
    EXPECT_EQ(events.back().change.to, breaker_state::closed);
}

TEST_F(TownsPlaces, AnOrderedProbeIsTheRolesToo) {
    for (int i = 0; i < 8; ++i)
        fail("r1");
    ASSERT_GT(doubt("r1")->next_try, now);
    EXPECT_TRUE(set.probe("place/r1/polecat", now, now));
    EXPECT_FALSE(set.probe("place/r1/polecat", now, now)) << "once";
    EXPECT_TRUE(doubt("r1")->ordered);
    EXPECT_LE(doubt("r1")->next_try, now);
    const auto role = set.doubt_of(polecat, now);
    ASSERT_TRUE(role);
    EXPECT_TRUE(role->ordered);
    EXPECT_TRUE(set.reset("place/r1/polecat", now, now));
    EXPECT_EQ(why("r1"), "none");
}

// Nobody has work that could prove it: it ends after an hour, and not sooner.
TEST_F(TownsPlaces, ADoubtWithoutWorkEndsAfterAnHour) {
    const breaker_policies policy;
    fail("r1");
    const instant due = set.place_of("r1", polecat)->next_try();
    const auto no_work = [](agent_role) { return false; };
    now = due + minutes{60} - duration{1};
    set.expire(now, 0.5, policy, no_work);
    EXPECT_EQ(why("r1"), "own");
    now += duration{1};
    set.expire(now, 0.5, policy, [](agent_role) { return true; });
    EXPECT_EQ(why("r1"), "own") << "there is work";
    set.expire(now, 0.5, policy, no_work);
    EXPECT_EQ(why("r1"), "none");
}

// Drawn histories of a town: a doubt is one's own, or is told of a place that is in doubt and may
// speak for it.
TEST_F(TownsPlaces, WhateverHappenedADoubtHasSomebodyInDoubt) {
    int own = 0;
    int others = 0;
    for (unsigned seed = 1; seed <= 150; ++seed) {
        std::mt19937 random{seed};
        const auto upto = [&](int most) {
            return static_cast<int>(random() % static_cast<unsigned>(most + 1));
        };
        set = {};
        for (int step = 0; step < 80; ++step) {
            now += duration{1 + upto(upto(4) == 0 ? 700'000 : 30'000)};
            const auto role = static_cast<agent_role>(upto(2));
            const auto rig =
                role == agent_role::mayor ? std::optional<rig_id>{} : "r" + std::to_string(upto(3));
            const auto at = static_cast<stage>(upto(2));
            if (upto(1) == 0)
                fail(rig, upto(3) == 0, role, at, "b" + std::to_string(upto(2)));
            else
                succeed(rig, role, at);
            if (upto(30) == 0)
                set.force(breaker_set::place_key(rig, role),
                          upto(1) == 0 ? breaker_state::forced_closed : breaker_state::forced_open,
                          "by a test", now, now + minutes{upto(60)});
            set.end_forces(now);
            for (int i = 0; i < 9; ++i) {
                const auto who = i == 8  ? agent_role::mayor
                                 : i < 4 ? agent_role::polecat
                                         : agent_role::refinery;
                const auto where = i == 8 ? std::optional<rig_id>{} : "r" + std::to_string(i % 4);
                SCOPED_TRACE("seed " + std::to_string(seed) + ", step " + std::to_string(step) +
                             ", " + breaker_set::place_key(where, who));
                const auto d = doubt(where, who);
                const auto found = set.entries().find(breaker_set::place_key(where, who));
                const breaker_entry* mine = found == set.entries().end() ? nullptr : &found->second;
                const bool passes =
                    mine != nullptr && mine->state.state() == breaker_state::forced_closed;
                const bool doubted = mine != nullptr && mine->known.in_doubt();
                if (passes) {
                    EXPECT_FALSE(d);
                    continue;
                }
                if (doubted) {
                    ++own;
                    ASSERT_TRUE(d) << "it is in doubt itself";
                    EXPECT_TRUE(d->own);
                    EXPECT_EQ(d->by, mine);
                    EXPECT_GE(d->next_try, mine->known.next_try());
                    continue;
                }
                if (!d) continue;
                ++others;
                EXPECT_FALSE(d->own);
                EXPECT_TRUE(d->by->known.in_doubt());
                EXPECT_NE(d->by->state.state(), breaker_state::forced_closed);
                if (d->by->role != who) {
                    EXPECT_NE(d->at, stage::done) << "another role's work";
                    EXPECT_FALSE(d->by->known.why().local) << "another role's rig";
                    if (!d->by->known.why().whole) {
                        EXPECT_LE(d->next_try, now) << "another role's, and it waits with it";
                    }
                }
                const instant success =
                    mine == nullptr ? instant{} : mine->known.last_success(d->at);
                EXPECT_TRUE(success == instant{} || now - success >= minutes{10})
                    << "it was well " << (now - success) / seconds{1} << " s ago";
            }
            if (testing::Test::HasFailure()) return;
        }
    }
    EXPECT_GT(own, 1'000);
    EXPECT_GT(others, 1'000);
}

}  // namespace
}  // namespace townd
