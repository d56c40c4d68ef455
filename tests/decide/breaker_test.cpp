// One breaker through its life. Traps of other projects by their numbers (docs: breaker traps).

#include "decide/breaker_talk.hpp"

namespace townd {
namespace {

using enum verdict;

TEST(Breaker, IsClosedAndFreshAtFirst) {
    breaker_talk talk;
    EXPECT_EQ(talk.it.state(), breaker_state::closed);
    EXPECT_FALSE(talk.it.refusal(talk.now));
    EXPECT_TRUE(talk.it.is_fresh());
}

TEST(Breaker, OpensAtTheLastOfItsConsecutiveFailuresAndSaysSo) {
    breaker_talk talk;
    talk.fail(2);
    EXPECT_EQ(talk.it.state(), breaker_state::closed);
    EXPECT_FALSE(talk.last);
    const auto change = talk.once(failure);
    ASSERT_TRUE(change);
    EXPECT_EQ(change->from, breaker_state::closed);
    EXPECT_EQ(change->to, breaker_state::open);
    EXPECT_EQ(change->rule, trip_rule::consecutive);
    EXPECT_EQ(talk.it.opened_at(), talk.now);
    EXPECT_EQ(talk.open_for(), duration{30'000});
}

TEST(Breaker, ASuccessBreaksTheRow) {
    breaker_talk talk;
    talk.fail(2);
    talk.succeed(1);
    talk.fail(2);
    EXPECT_EQ(talk.it.state(), breaker_state::closed);
    talk.fail(1);
    EXPECT_EQ(talk.it.state(), breaker_state::open);
}

// C9, B4: what we held back ourselves is no failure.
TEST(Breaker, B4NeutralNeitherFailsNorBreaksTheRow) {
    breaker_talk talk;
    for (int i = 0; i < 100; ++i)
        talk.once(neutral);
    EXPECT_TRUE(talk.it.is_fresh());
    talk.fail(2);
    talk.once(neutral);
    talk.fail(1);
    EXPECT_EQ(talk.it.state(), breaker_state::open);
}

TEST(Breaker, OpensByRateAndSaysSo) {
    breaker_talk talk;
    talk.rules.rate_percent = 60;
    talk.rules.samples = 10;
    // Two failures, a success, again and again: never three in a row.
    int tries = 0;
    while (talk.it.state() == breaker_state::closed && tries < 50)
        talk.once(++tries % 3 == 0 ? success : failure);
    EXPECT_EQ(talk.it.state(), breaker_state::open);
    EXPECT_EQ(talk.last->rule, trip_rule::rate);
    EXPECT_EQ(tries, 10) << "at the floor of its samples, not before";
}

TEST(Breaker, StaysClosedJustUnderTheRate) {
    breaker_talk talk;
    talk.rules.rate_percent = 51;
    talk.rules.samples = 10;
    for (int i = 0; i < 200; ++i)
        talk.once(i % 2 == 0 ? success : failure);
    EXPECT_EQ(talk.it.state(), breaker_state::closed);
}

TEST(Breaker, TheRateRuleCanBeTurnedOff) {
    breaker_talk talk;
    talk.rules.samples = 0;
    for (int i = 0; i < 300; ++i)
        talk.once(i % 3 == 0 ? success : failure);
    EXPECT_EQ(talk.it.state(), breaker_state::closed);
}

TEST(Breaker, TheWindowTakesUpTo32Samples) {
    breaker_talk talk;
    talk.rules.rate_percent = 50;
    talk.rules.samples = 32;
    for (int i = 0; i < 31; ++i)
        talk.once(i % 2 == 0 ? failure : success);
    EXPECT_EQ(talk.it.state(), breaker_state::closed);
    talk.succeed(1);
    talk.fail(1);
    EXPECT_EQ(talk.it.state(), breaker_state::open);
}

// D1: attempts are not failures. 25 healthy beads within half an hour opened the original.
TEST(Breaker, D1HealthyWorkNeverOpensIt) {
    breaker_talk talk;
    for (int i = 0; i < 10'000; ++i)
        talk.once(success);
    EXPECT_TRUE(talk.it.is_fresh());
}

TEST(Breaker, RefusesUntilTheOpenTimeIsOver) {
    breaker_talk talk;
    talk.fail(3);
    const auto no = talk.it.refusal(talk.now);
    ASSERT_TRUE(no);
    EXPECT_EQ(no->retry_at, talk.now + duration{30'000});
    EXPECT_FALSE(no->probing);
    talk.pass(duration{29'999});
    EXPECT_TRUE(talk.it.refusal(talk.now));
    talk.pass(duration{1});
    EXPECT_FALSE(talk.it.refusal(talk.now));
}

TEST(Breaker, OpenTimeDoublesUpToItsCap) {
    breaker_talk talk;
    talk.fail(3);
    for (const int seconds : {30, 60, 120, 240, 480, 600, 600, 600}) {
        EXPECT_EQ(talk.open_for(), std::chrono::seconds{seconds});
        talk.wait_out();
        talk.once(failure);
        EXPECT_EQ(talk.last->rule, trip_rule::probe_failed);
    }
}

TEST(Breaker, JitterSpreadsTheOpenTimeWithinItsShareEvenAtTheCap) {
    for (const auto& [draw, percent] : {std::pair{0.0, 80}, {0.25, 90}, {0.999999, 120}}) {
        breaker_talk talk;
        talk.draw = draw;
        talk.fail(3);
        EXPECT_NEAR(static_cast<double>(talk.open_for().count()), 300.0 * percent, 5.0);
        for (int i = 0; i < 10; ++i) {
            talk.wait_out();
            talk.once(failure);
        }
        EXPECT_NEAR(static_cast<double>(talk.open_for().count()), 6'000.0 * percent, 50.0);
    }
}

// D3, B2: half-open lets one through, counted.
TEST(Breaker, D3HalfOpenLetsExactlyOneProbeOut) {
    breaker_talk talk;
    talk.fail(3);
    talk.wait_out();
    const auto probe = talk.admit();
    EXPECT_NE(probe.probe, 0U);
    EXPECT_EQ(talk.it.state(), breaker_state::half_open);
    ASSERT_TRUE(talk.last);
    EXPECT_EQ(talk.last->to, breaker_state::half_open);
    for (int i = 0; i < 1'000; ++i) {
        const auto no = talk.it.refusal(talk.now + duration{i});
        ASSERT_TRUE(no);
        EXPECT_TRUE(no->probing);
        EXPECT_EQ(no->retry_at, talk.now + talk.rules.probe_timeout);
    }
    talk.say(probe, success);
    EXPECT_EQ(talk.it.state(), breaker_state::closed);
    EXPECT_FALSE(talk.it.refusal(talk.now));
}

// B7: the minimum of samples does not apply to a probe.
TEST(Breaker, B7AFailedProbeReopensAtOnceAndKeepsTheTimeOfTheOutage) {
    breaker_talk talk;
    talk.fail(3);
    const instant opened = talk.now;
    talk.wait_out();
    const auto change = talk.once(failure);
    ASSERT_TRUE(change);
    EXPECT_EQ(change->from, breaker_state::half_open);
    EXPECT_EQ(change->to, breaker_state::open);
    EXPECT_EQ(change->rule, trip_rule::probe_failed);
    EXPECT_EQ(talk.it.opened_at(), opened) << "it is the same outage";
    EXPECT_EQ(talk.open_for(), duration{60'000});
}

TEST(Breaker, WhoPassesByLeaveWhileTheProbeIsOutTakesNoPlace) {
    breaker_talk talk;
    talk.fail(3);
    talk.wait_out();
    const auto probe = talk.admit();
    std::optional<breaker_transition> change;
    // By the fleet's leave: nobody asked this breaker.
    const auto canary = talk.it.admit(talk.now, talk.rules, change);
    EXPECT_EQ(canary.probe, 0U);
    talk.say(canary, neutral);
    EXPECT_TRUE(talk.it.refusal(talk.now)) << "the probe is still out";
    talk.say(probe, success);
    EXPECT_EQ(talk.it.state(), breaker_state::closed);
}

TEST(Breaker, ANeutralProbeFreesTheSlotAndMovesNothing) {
    breaker_talk talk;
    talk.fail(3);
    talk.wait_out();
    const auto level = talk.it.level();
    for (int i = 0; i < 20; ++i) {
        EXPECT_FALSE(talk.once(neutral));
        EXPECT_EQ(talk.it.state(), breaker_state::half_open);
        EXPECT_FALSE(talk.it.probe_in_flight());
        EXPECT_FALSE(talk.it.refusal(talk.now)) << "the next candidate may be the probe";
        EXPECT_FALSE(talk.expire()) << "there is no lease that could run out";
    }
    EXPECT_EQ(talk.it.level(), level);
    talk.once(success);
    EXPECT_EQ(talk.it.state(), breaker_state::closed);
}

// gascity #4841 recorded hangs as successes.
TEST(Breaker, D5AProbeThatHangsHasFailedEveryTime) {
    breaker_talk talk;
    talk.fail(3);
    duration last = talk.open_for();
    for (int round = 0; round < 4; ++round) {
        talk.wait_out();
        talk.admit();
        talk.pass(talk.rules.probe_timeout);
        const auto change = talk.expire();
        ASSERT_TRUE(change);
        EXPECT_EQ(change->to, breaker_state::open);
        EXPECT_GT(talk.open_for(), last);
        last = talk.open_for();
    }
}

// B1: a probe that never reports held the peers' breakers half-open for ever.
TEST(Breaker, B1ProbeThatNeverReportsIsTakenBack) {
    breaker_talk talk;
    talk.fail(3);
    talk.wait_out();
    const auto probe = talk.admit();
    talk.pass(talk.rules.probe_timeout - duration{1});
    EXPECT_FALSE(talk.expire());
    talk.pass(duration{1});
    const auto change = talk.expire();
    ASSERT_TRUE(change);
    EXPECT_EQ(change->to, breaker_state::open);
    EXPECT_EQ(change->rule, trip_rule::lease_expired);
    EXPECT_EQ(talk.open_for(), duration{60'000}) << "counted as a failure: the wait grew";
    // Its result after the lease is stale, whatever it says.
    EXPECT_FALSE(talk.say(probe, success));
    EXPECT_EQ(talk.it.state(), breaker_state::open);
    EXPECT_EQ(talk.it.stale(), 1U);
    talk.wait_out();
    talk.admit();
    EXPECT_FALSE(talk.say(probe, success));
    EXPECT_TRUE(talk.it.probe_in_flight()) << "the new probe is still out";
    EXPECT_EQ(talk.it.stale(), 2U);
}

TEST(Breaker, AnExtendedLeaseEndsLaterAndNeverSooner) {
    breaker_talk talk;
    talk.fail(3);
    talk.wait_out();
    const auto probe = talk.admit();
    const instant first_end = talk.it.lease_ends_at();
    talk.it.extend(probe, first_end - duration{5'000});
    EXPECT_EQ(talk.it.lease_ends_at(), first_end);
    talk.it.extend(probe, first_end + duration{5'000});
    talk.now = first_end + duration{4'999};
    EXPECT_FALSE(talk.expire());
    talk.pass(duration{1});
    EXPECT_TRUE(talk.expire());
}

TEST(Breaker, OnlyTheProbeItselfExtendsItsLease) {
    breaker_talk talk;
    const auto closed_era = talk.admit();
    talk.fail(3);
    talk.wait_out();
    const auto first = talk.admit();
    talk.say(first, neutral);
    const auto second = talk.admit();
    const instant end = talk.it.lease_ends_at();
    talk.it.extend(closed_era, end + duration{1'000});
    talk.it.extend(first, end + duration{1'000});
    talk.it.extend({second.generation, 0}, end + duration{1'000});
    EXPECT_EQ(talk.it.lease_ends_at(), end);
}

// B3: one success that was admitted before the trip must not undo it.
TEST(Breaker, B3LateSuccessOfTheClosedEraIsStaleInOpenAndInHalfOpen) {
    breaker_talk talk;
    const auto early = talk.admit();
    const auto other = talk.admit();
    talk.fail(3);
    EXPECT_FALSE(talk.say(early, success));
    EXPECT_EQ(talk.it.state(), breaker_state::open);
    talk.wait_out();
    const auto probe = talk.admit();
    EXPECT_FALSE(talk.say(other, success));
    EXPECT_EQ(talk.it.state(), breaker_state::half_open);
    EXPECT_EQ(talk.it.stale(), 2U);
    talk.say(probe, success);
    EXPECT_EQ(talk.it.state(), breaker_state::closed);
    EXPECT_FALSE(talk.say(other, failure))
        << "nor does a late failure count in the next closed era";
    EXPECT_EQ(talk.it.consecutive_failures(), 0);
}

TEST(Breaker, AProbeThatReportsTwiceCountsOnce) {
    breaker_talk talk;
    talk.fail(3);
    talk.wait_out();
    const auto probe = talk.admit();
    talk.say(probe, neutral);
    EXPECT_FALSE(talk.say(probe, failure));
    EXPECT_EQ(talk.it.state(), breaker_state::half_open);
    EXPECT_EQ(talk.it.stale(), 1U);
}

TEST(Breaker, RecoveryLowersTheWaitStepByStep) {
    breaker_talk talk;
    talk.open_times(4);
    EXPECT_EQ(talk.it.level(), 4);
    talk.wait_out();
    talk.once(success);
    EXPECT_EQ(talk.it.state(), breaker_state::closed);
    EXPECT_EQ(talk.it.level(), 3) << "not forgotten: A15, a flapping target keeps its wait";
    talk.succeed(50);
    EXPECT_EQ(talk.it.level(), 3) << "many successes in no time are not health";
    talk.pass(talk.rules.max_open);
    talk.succeed(1);
    EXPECT_EQ(talk.it.level(), 2);
    talk.pass(talk.rules.max_open - duration{1});
    talk.succeed(1);
    EXPECT_EQ(talk.it.level(), 2);
    talk.pass(duration{1});
    talk.succeed(1);
    EXPECT_EQ(talk.it.level(), 1);
}

TEST(Breaker, LongHealthClearsTheWait) {
    breaker_talk talk;
    talk.open_times(15);
    talk.wait_out();
    talk.once(success);
    EXPECT_EQ(talk.it.level(), 14);
    talk.pass(2 * talk.rules.max_open);
    talk.succeed(1);
    EXPECT_EQ(talk.it.level(), 0);
    talk.fail(3);
    EXPECT_EQ(talk.open_for(), duration{30'000});
}

// A15: closed, open, closed: each round waits longer although every probe succeeded.
TEST(Breaker, AFlappingTargetDoesNotStartFromNothingEachTime) {
    breaker_talk talk;
    talk.open_times(3);
    talk.wait_out();
    talk.once(success);
    talk.fail(3);
    EXPECT_EQ(talk.open_for(), duration{120'000});
}

// B8 of the field: a sign of life ends the wait early, through the same careful door.
TEST(Breaker, AHintShortensTheWaitAndClearsNothing) {
    breaker_talk talk;
    talk.open_times(6);
    const int level = talk.it.level();
    talk.it.hint(talk.now + duration{500});
    EXPECT_EQ(talk.it.retry_at(), talk.now + duration{500});
    talk.it.hint(talk.now + duration{9'000});
    EXPECT_EQ(talk.it.retry_at(), talk.now + duration{500}) << "never later";
    EXPECT_EQ(talk.it.state(), breaker_state::open);
    EXPECT_EQ(talk.it.level(), level);
    EXPECT_TRUE(talk.it.refusal(talk.now));
    talk.wait_out();
    talk.admit();
    EXPECT_TRUE(talk.it.refusal(talk.now)) << "one probe, not a flood";
}

TEST(Breaker, AChangedPolicyAppliesAtOnceAndForgetsNothing) {
    breaker_talk talk;
    talk.fail(2);
    talk.rules.failures = 5;
    talk.fail(2);
    EXPECT_EQ(talk.it.state(), breaker_state::closed);
    EXPECT_EQ(talk.it.consecutive_failures(), 4);
    talk.rules.failures = 3;
    talk.fail(1);
    EXPECT_EQ(talk.it.state(), breaker_state::open);
}

}  // namespace
}  // namespace townd
