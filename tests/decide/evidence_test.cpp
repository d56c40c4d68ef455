// What is known of places: three stages, each proved by itself; whom one place's doubt concerns;
// who is to blame; and the fleet's one budget.

#include "townd/decide/evidence.hpp"

#include <gtest/gtest.h>

#include "townd/decide/blame.hpp"
#include "townd/decide/breaker_set.hpp"
#include "townd/decide/retry_desk.hpp"

namespace townd {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const instant start = from_unix_ms(1'795'342'322'000);

standing::failure failure_at(stage at, instant when, const bead_id& bead = "b1") {
    standing::failure f;
    f.at = at;
    f.began = when - seconds{1};
    f.now = when;
    f.bead = bead;
    f.why.code = "http_5xx";
    f.why.words = "http_5xx: no";
    return f;
}

TEST(Evidence, AYesEndsNoDoubtAboutSurvival) {
    const retry_policy rules;
    standing place;
    EXPECT_EQ(place.failed(failure_at(stage::survived, start), 0.5, rules),
              standing::meaning::doubted);
    EXPECT_FALSE(place.succeeded(stage::answered, start + seconds{5}, start + seconds{6}));
    EXPECT_TRUE(place.in_doubt_at(stage::survived));
    EXPECT_FALSE(place.succeeded(stage::survived, start - seconds{5}, start + seconds{7}))
        << "it began before the failure";
    EXPECT_TRUE(place.succeeded(stage::done, start + seconds{5}, start + seconds{60}))
        << "work that is done proves survival";
    EXPECT_FALSE(place.in_doubt());
}

TEST(Evidence, TheWaitGrowsToItsCapAndAContainersWordIsItsFloor) {
    const retry_policy rules;
    standing place;
    instant now = start;
    duration before{0};
    for (int i = 0; i < 12; ++i) {
        static_cast<void>(place.failed(failure_at(stage::answered, now), 1.0, rules));
        const duration wait = place.next_try() - now;
        EXPECT_GE(wait, before) << i;
        EXPECT_LE(wait, rules.max) << i;
        before = wait;
        now = place.next_try() + seconds{2};
    }
    EXPECT_GE(before, rules.max * 9 / 10);
    auto asked = failure_at(stage::answered, now);
    asked.not_before = now + minutes{9};
    static_cast<void>(place.failed(asked, 0.0, rules));
    place.due(now);
    place.order(now);
    EXPECT_EQ(place.next_try(), now + minutes{9});
}

TEST(Evidence, TheWorkOfOneBeadIsSuspectedOfTwoItIsThePlace) {
    const retry_policy rules;
    standing place;
    EXPECT_EQ(place.failed(failure_at(stage::done, start, "b1"), 0.5, rules),
              standing::meaning::suspected);
    EXPECT_EQ(place.failed(failure_at(stage::done, start + minutes{2}, "b1"), 0.5, rules),
              standing::meaning::soft);
    EXPECT_FALSE(place.in_doubt());
    EXPECT_EQ(place.failed(failure_at(stage::done, start + minutes{3}, "b2"), 0.5, rules),
              standing::meaning::doubted);
    EXPECT_TRUE(place.in_doubt_at(stage::done));
}

TEST(Evidence, WhatFallsBackSoonEarnsItsFreedom) {
    const retry_policy rules;
    standing place;
    instant now = start;
    for (int relapse = 0; relapse < 4; ++relapse) {
        static_cast<void>(place.failed(failure_at(stage::answered, now), 0.5, rules));
        const int wanted = 1 << std::min(relapse, 3);
        for (int i = 1; i <= wanted; ++i) {
            now += seconds{10};
            EXPECT_EQ(place.succeeded(stage::answered, now, now + seconds{1}), i == wanted)
                << relapse << " " << i;
        }
        now += seconds{30};
    }
}

TEST(Evidence, IsWhatItWasAfterARestartAndWaitsNoLongerThanItMay) {
    const retry_policy rules;
    standing place;
    static_cast<void>(place.failed(failure_at(stage::answered, start), 0.5, rules));
    place.charged({"d1", "b1", start});
    auto kept = place.save();
    kept.next_try = start + std::chrono::hours{1'000};
    const standing after = standing::restored(kept, start + seconds{1}, rules);
    EXPECT_TRUE(after.in_doubt_at(stage::answered));
    EXPECT_TRUE(after.has_charges());
    EXPECT_LE(after.next_try(), start + seconds{1} + rules.max);
}

TEST(Evidence, ARefusedBeadIsWrongOnlyWhereOthersAreTaken) {
    standing place;
    EXPECT_FALSE(place.refused("b1", start)) << "it may as well be the container";
    EXPECT_FALSE(place.refused("b1", start + minutes{1}));
    place.succeeded(stage::answered, start + minutes{2}, start + minutes{2});
    EXPECT_TRUE(place.refused("b1", start + minutes{3}));
}

class Places : public testing::Test {
protected:
    void fail(const rig_id& rig, bool whole = false) {
        auto f = failure_at(stage::answered, now);
        f.why.whole = whole;
        set.failed(rig, agent_role::polecat, f, 0.5, rules);
    }
    instant now = start;
    retry_policy rules;
    breaker_set set;
};

TEST_F(Places, ABrokenRigHoldsItselfTwoHoldTheRoleUntilOneIsWell) {
    fail("r1");
    EXPECT_TRUE(set.doubt_of("r1", agent_role::polecat, now));
    const auto alone = set.doubt_of("r3", agent_role::polecat, now);
    ASSERT_TRUE(alone) << "its first try is under leave";
    EXPECT_EQ(alone->next_try, now) << "and it waits for no more";
    fail("r2");
    const auto held = set.doubt_of("r3", agent_role::polecat, now);
    ASSERT_TRUE(held);
    EXPECT_FALSE(held->own);
    EXPECT_GT(held->next_try, now);
    const auto other = set.doubt_of("r3", agent_role::refinery, now);
    ASSERT_TRUE(other);
    EXPECT_EQ(other->next_try, now) << "another role waits for its leave alone";
    set.succeeded("r3", agent_role::polecat, stage::answered, now + seconds{1}, now + seconds{2});
    EXPECT_FALSE(set.doubt_of("r3", agent_role::polecat, now + seconds{3}));
    EXPECT_FALSE(set.doubt_of("r4", agent_role::polecat, now + seconds{3}));
}

TEST_F(Places, WhereThereIsNoWayToTheContainerEveryRoleWaitsForOneTry) {
    fail("r1", true);
    const auto mayor = set.doubt_of(std::nullopt, agent_role::mayor, now);
    ASSERT_TRUE(mayor);
    EXPECT_FALSE(mayor->own);
    set.succeeded(std::nullopt, agent_role::mayor, stage::answered, now + seconds{1},
                  now + seconds{1});
    EXPECT_FALSE(set.doubt_of(std::nullopt, agent_role::mayor, now + seconds{2}))
        << "its own success speaks for it";
    EXPECT_TRUE(set.doubt_of("r1", agent_role::polecat, now + seconds{2}));
}

TEST(Blame, EveryCodeHasAnAnswerAndAStartChargesNoWork) {
    for (int i = 0; i < error_code_count; ++i) {
        const auto code = static_cast<error_code>(i);
        const dispatch_error error{code, error_phase::start, blame::unknown, "x"};
        EXPECT_FALSE(blame_start(error).work) << to_text(code);
        EXPECT_EQ(blame_start(error).at, stage::answered) << to_text(code);
        const auto young = blame_session(error, false, false);
        EXPECT_FALSE(young.work) << to_text(code);
    }
    const dispatch_error failed{error_code::agent_exited, error_phase::agent, blame::agent, "x"};
    EXPECT_TRUE(blame_session(failed, true, false).work);
    EXPECT_TRUE(blame_session(failed, false, true).whole) << "lost together";
    const dispatch_error refused{error_code::connect_refused, error_phase::connect,
                                 blame::infrastructure, "x"};
    EXPECT_TRUE(blame_start(refused).whole);
}

// A fleet at the desk: towns whose starts fail until they are repaired.
class Desk : public testing::Test {
protected:
    struct town_row {
        bool ill = false;
        int in_row = 0;
        instant next{};
        instant failed_at{};
    };
    void tell(int i) {
        auto& t = towns[static_cast<std::size_t>(i)];
        role_standing s{"t" + std::to_string(i), agent_role::polecat, true, t.in_row > 0, {}};
        if (t.in_row > 0) {
            doubt_told d;
            d.kind = "http_5xx/500/";
            d.words = "http_5xx: host " + std::to_string(i % 8);
            d.failures = d.in_row = t.in_row;
            d.since = start;
            d.failed_at = t.failed_at;
            d.next_try = t.next;
            s.doubt = d;
        }
        desk.take(s, now, rules);
    }
    void attempt(int i, std::uint64_t lease) {
        auto& t = towns[static_cast<std::size_t>(i)];
        attempt_news a{"t" + std::to_string(i),
                       agent_role::polecat,
                       stage::answered,
                       t.ill ? verdict::failure : verdict::success,
                       now,
                       t.ill,
                       lease,
                       {}};
        if (t.ill) {
            a.doubted = stage::answered;
            ++failures;
            ++t.in_row;
            t.failed_at = now;
            t.next = now + retry_wait(t.in_row, 0.5, rules.retry);
        } else {
            t.in_row = 0;
        }
        desk.take(a, now, rules);
        tell(i);
    }
    void run(duration span) {
        for (const instant end = now + span; now < end; now += seconds{1}) {
            desk.advance(now, rules);
            for (const auto& m : desk.take_messages())
                if (m.advice.lease != 0 && given.insert(m.advice.lease).second)
                    attempt(std::stoi(m.town.substr(1)), m.advice.lease);
            for (const auto& e : desk.take_events())
                ++events[static_cast<std::size_t>(e.what)];
        }
    }
    [[nodiscard]] int waiting() const {
        return static_cast<int>(
            std::count_if(towns.begin(), towns.end(), [](const auto& t) { return t.in_row > 0; }));
    }
    instant now = start;
    policy rules;
    retry_desk desk;
    std::vector<town_row> towns;
    std::set<std::uint64_t> given;
    std::array<int, 4> events{};
    int failures = 0;
};

TEST_F(Desk, ManyTownsOfOneCauseAreOneOutageWithinOneBudgetAndComeBackTogether) {
    towns.resize(160);
    for (int i = 0; i < 160; ++i) {
        towns[static_cast<std::size_t>(i)].ill = i < 151;
        attempt(i, 0);
    }
    run(minutes{60});
    EXPECT_LE(failures, 151 + 149) << "however it is worded";
    EXPECT_EQ(events[0], 1) << "one outage";
    const int first_hour = failures;
    run(minutes{60});
    EXPECT_LE(failures - first_hour, 151 + 120);
    for (auto& t : towns)
        t.ill = false;
    run(minutes{1});
    EXPECT_EQ(waiting(), 0);
    run(minutes{2});
    EXPECT_EQ(events[3], 1) << "and it is over";
}

TEST_F(Desk, AFewTownsAreNoOutageAndCostWhatTheirOwnWaitsAllow) {
    towns.resize(20);
    for (int i = 0; i < 3; ++i) {
        towns[static_cast<std::size_t>(i)].ill = true;
        attempt(i, 0);
    }
    run(minutes{60});
    EXPECT_LE(failures, 3 * 16);
    EXPECT_EQ(events[0], 0);
    for (auto& t : towns)
        t.ill = false;
    run(minutes{10});
    EXPECT_EQ(waiting(), 0) << "no later than their own longest wait";
}

TEST_F(Desk, ATownThatIsGoneIsNotProbed) {
    towns.resize(1);
    towns[0].ill = true;
    attempt(0, 0);
    desk.take(town_gone{"t0"}, now, rules);
    const int before = failures;
    run(minutes{60});
    EXPECT_EQ(failures, before);
}

}  // namespace
}  // namespace townd
