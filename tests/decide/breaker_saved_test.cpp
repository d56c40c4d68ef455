// The operator's hand, and what survives the process (D3, D6, C7).

#include "decide/breaker_talk.hpp"

namespace townd {
namespace {

using enum verdict;

TEST(ForcedBreaker, ForcedOpenRefusesUntilItsEndAndThenProbes) {
    breaker_talk talk;
    const instant end = talk.now + duration{3'600'000};
    const auto change = talk.it.force(breaker_state::forced_open, talk.now, end);
    EXPECT_EQ(change.from, breaker_state::closed);
    EXPECT_EQ(change.to, breaker_state::forced_open);
    EXPECT_EQ(change.rule, trip_rule::forced);
    ASSERT_TRUE(talk.it.refusal(talk.now));
    EXPECT_EQ(talk.it.refusal(talk.now)->retry_at, end);
    talk.now = end - duration{1};
    EXPECT_TRUE(talk.it.refusal(talk.now));
    talk.now = end;
    const auto probe = talk.admit();
    EXPECT_NE(probe.probe, 0U) << "after the operator's hand: caution";
    EXPECT_TRUE(talk.it.refusal(talk.now));
    talk.say(probe, success);
    EXPECT_EQ(talk.it.state(), breaker_state::closed);
}

TEST(ForcedBreaker, ForcedClosedLetsEverythingPassAndCountsNothing) {
    breaker_talk talk;
    talk.fail(3);
    talk.it.force(breaker_state::forced_closed, talk.now, talk.now + duration{60'000});
    for (int i = 0; i < 50; ++i)
        EXPECT_FALSE(talk.once(failure));
    EXPECT_EQ(talk.it.state(), breaker_state::forced_closed);
    talk.pass(duration{59'999});
    EXPECT_FALSE(talk.expire());
    talk.pass(duration{1});
    const auto change = talk.expire();
    ASSERT_TRUE(change);
    EXPECT_EQ(change->to, breaker_state::closed);
    talk.fail(2);
    EXPECT_EQ(talk.it.state(), breaker_state::closed) << "it starts to count anew";
    talk.fail(1);
    EXPECT_EQ(talk.it.state(), breaker_state::open);
}

TEST(ForcedBreaker, ResultsFromBeforeTheHandAreStale) {
    breaker_talk talk;
    const auto early = talk.admit();
    talk.it.force(breaker_state::forced_closed, talk.now, never);
    talk.say(early, failure);
    EXPECT_EQ(talk.it.stale(), 1U);
    EXPECT_EQ(talk.it.consecutive_failures(), 0);
}

TEST(ForcedBreaker, AHintDoesNotOverruleTheOperator) {
    breaker_talk talk;
    talk.it.force(breaker_state::forced_open, talk.now, talk.now + duration{60'000});
    talk.it.hint(talk.now);
    EXPECT_TRUE(talk.it.refusal(talk.now));
}

TEST(ForcedBreaker, ResetClosesAndForgets) {
    breaker_talk talk;
    talk.open_times(8);
    const auto change = talk.it.reset(talk.now);
    EXPECT_EQ(change.from, breaker_state::open);
    EXPECT_EQ(change.to, breaker_state::closed);
    EXPECT_TRUE(talk.it.is_fresh());
    talk.fail(3);
    EXPECT_EQ(talk.open_for(), duration{30'000});
}

TEST(ForcedBreaker, ResetTakesTheProbeBack) {
    breaker_talk talk;
    talk.fail(3);
    talk.wait_out();
    const auto probe = talk.admit();
    talk.it.reset(talk.now);
    EXPECT_FALSE(talk.say(probe, failure));
    EXPECT_EQ(talk.it.state(), breaker_state::closed);
    EXPECT_EQ(talk.it.stale(), 1U);
}

// D6: a restart while open.
TEST(SavedBreaker, D6OpenStaysOpenForWhatRemains) {
    breaker_talk talk;
    talk.open_times(3);
    const auto kept = talk.it.saved();
    talk.pass(duration{10'000});
    talk.it = breaker::restored(kept, talk.now, 0.5, talk.rules);
    EXPECT_EQ(talk.it.state(), breaker_state::open);
    EXPECT_EQ(talk.open_for(), duration{110'000});
    EXPECT_EQ(talk.it.level(), 3);
    EXPECT_EQ(talk.it.rule(), trip_rule::probe_failed);
    EXPECT_EQ(talk.it.opened_at(), kept.opened_at);
    talk.wait_out();
    talk.once(failure);
    EXPECT_EQ(talk.open_for(), duration{240'000}) << "the ladder goes on where it was";
}

TEST(SavedBreaker, RemainingTimeIsClampedBothWays) {
    breaker_talk talk;
    talk.fail(3);
    auto kept = talk.it.saved();
    kept.retry_at = talk.now + std::chrono::hours{24 * 365};
    auto back = breaker::restored(kept, talk.now, 0.5, talk.rules);
    EXPECT_EQ(back.retry_at() - talk.now, duration{720'000}) << "longest open time with jitter";
    kept.retry_at = talk.now - std::chrono::hours{24 * 365};
    kept.opened_at = talk.now + std::chrono::hours{1};
    back = breaker::restored(kept, talk.now, 0.5, talk.rules);
    EXPECT_EQ(back.state(), breaker_state::open) << "due, yet through the half-open door";
    EXPECT_EQ(back.retry_at(), talk.now);
    EXPECT_LE(back.opened_at(), talk.now) << "a stamp from the future counts as now";
}

// D3: a probe that was lost in a crash must not leave it half-open for ever.
TEST(SavedBreaker, D3HalfOpenLoadsAsOpenAndDueSoon) {
    breaker_talk talk;
    talk.fail(3);
    talk.wait_out();
    const auto probe = talk.admit();
    const auto kept = talk.it.saved();
    for (const double draw : {0.0, 0.5, 0.999}) {
        auto back = breaker::restored(kept, talk.now, draw, talk.rules);
        EXPECT_EQ(back.state(), breaker_state::open);
        EXPECT_GT(back.retry_at(), talk.now);
        EXPECT_LE(back.retry_at(), talk.now + duration{1'000});
        EXPECT_FALSE(back.record(probe, success, talk.now, draw, talk.rules));
        EXPECT_EQ(back.state(), breaker_state::open) << "the lost probe's result is stale";
    }
}

// C7: the result of an attempt from before the restart still counts.
TEST(SavedBreaker, C7ClosedKeepsItsGenerationAndItsCount) {
    breaker_talk talk;
    talk.fail(3);
    talk.wait_out();
    talk.once(success);
    talk.fail(2);
    const auto early = talk.admit();
    const auto kept = talk.it.saved();
    talk.it = breaker::restored(kept, talk.now, 0.5, talk.rules);
    EXPECT_EQ(talk.it.state(), breaker_state::closed);
    EXPECT_EQ(talk.it.level(), kept.level);
    talk.say(early, failure);
    EXPECT_EQ(talk.it.state(), breaker_state::open);
    EXPECT_EQ(talk.it.stale(), 0U);
}

TEST(SavedBreaker, ForcedStatesOutliveTheProcess) {
    for (const auto forced : {breaker_state::forced_open, breaker_state::forced_closed}) {
        breaker_talk talk;
        const instant end = talk.now + duration{60'000};
        talk.it.force(forced, talk.now, end);
        talk.it = breaker::restored(talk.it.saved(), talk.now, 0.5, talk.rules);
        EXPECT_EQ(talk.it.state(), forced);
        EXPECT_EQ(talk.it.refusal(end - duration{1}).has_value(),
                  forced == breaker_state::forced_open);
        EXPECT_FALSE(talk.it.refusal(end));
    }
}

TEST(SavedBreaker, NonsenseNumbersAreBroughtIntoRange) {
    breaker_talk talk;
    saved_breaker kept;
    kept.state = breaker_state::open;
    kept.generation = 0;
    kept.level = -7;
    kept.consecutive = -1;
    kept.retry_at = never;
    auto back = breaker::restored(kept, talk.now, 0.5, talk.rules);
    EXPECT_GE(back.generation(), 1U);
    EXPECT_EQ(back.level(), 0);
    EXPECT_EQ(back.consecutive_failures(), 0);
    kept.level = 2'000'000'000;
    talk.it = breaker::restored(kept, talk.now, 0.5, talk.rules);
    talk.wait_out();
    talk.once(failure);
    EXPECT_LE(talk.open_for(), duration{720'000});
}

// State that cannot be read is cautious, not forgetful: one probe within a second, no volley.
TEST(SavedBreaker, UnreadableStateProbesSoonAndAlone) {
    for (const double draw : {0.0, 0.3, 0.999}) {
        breaker_talk talk;
        talk.it = breaker::unreadable(talk.now, draw);
        ASSERT_TRUE(talk.it.refusal(talk.now));
        EXPECT_LE(talk.it.retry_at(), talk.now + duration{1'000});
        talk.wait_out();
        const auto probe = talk.admit();
        EXPECT_TRUE(talk.it.refusal(talk.now));
        talk.say(probe, success);
        EXPECT_EQ(talk.it.state(), breaker_state::closed);
    }
}

TEST(BreakerWords, StatesAndRulesHaveTheirTexts) {
    for (int i = 0; i <= static_cast<int>(breaker_state::forced_closed); ++i) {
        const auto state = static_cast<breaker_state>(i);
        EXPECT_EQ(parse_breaker_state(to_text(state)), state);
    }
    EXPECT_EQ(parse_breaker_state("ajar"), std::nullopt);
    for (int i = 0; i <= static_cast<int>(trip_rule::forced); ++i)
        EXPECT_FALSE(to_text(static_cast<trip_rule>(i)).empty());
}

}  // namespace
}  // namespace townd
