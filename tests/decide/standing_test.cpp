// The evidence of one place under drawn histories: whatever happens in whatever order, no stage is
// proved by another, nothing old proves anything, and no wait is shorter than it may be.

#include "townd/decide/evidence.hpp"

#include <gtest/gtest.h>

#include <random>

namespace townd {
namespace {

const instant standing_began = from_unix_ms(1'795'342'322'000);

std::string stages_in_doubt(const standing& s) {
    std::string out;
    for (const auto at : {stage::answered, stage::survived, stage::done})
        if (s.in_doubt_at(at)) out += std::string{to_text(at)} + " ";
    return out.empty() ? "none" : out;
}

// One place's history, drawn from a seed, and what was told of it.
class standing_walk {
public:
    explicit standing_walk(unsigned seed) : random_(seed) {}

    [[nodiscard]] int upto(int most) {
        return static_cast<int>(random_() % static_cast<unsigned>(most + 1));
    }
    [[nodiscard]] double draw() { return std::uniform_real_distribution<>{0.0, 1.0}(random_); }
    [[nodiscard]] stage any_stage() { return static_cast<stage>(upto(2)); }
    void pass() { now += duration{1 + upto(upto(3) == 0 ? 900'000 : 20'000)}; }

    standing::meaning fail(stage at, instant began, std::optional<instant> not_before = {}) {
        standing::failure f;
        f.at = at;
        f.began = began;
        f.now = now;
        f.bead = "b" + std::to_string(upto(2));
        f.why.code = "http_5xx";
        f.why.words = "http_5xx: no";
        f.not_before = not_before;
        last_draw = draw();
        return it.failed(f, last_draw, rules);
    }

    retry_policy rules;
    standing it;
    instant now = standing_began;
    double last_draw = 0;

private:
    std::mt19937 random_;
};

template <class Check>
void for_many_standings(Check check) {
    for (unsigned seed = 1; seed <= 400; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        standing_walk w{seed};
        check(w);
        if (testing::Test::HasFailure()) return;
    }
}

// Doubt at a stage ends only by a success of that stage (work that is done stands for survival),
// of an attempt that began no earlier than the newest failure of the stage.
TEST(Standing, OnlyANewerSuccessOfTheStageItselfEndsADoubt) {
    int ended = 0;
    for_many_standings([&](standing_walk& w) {
        std::array<instant, stage_count> newest_failure{};
        for (int step = 0; step < 120; ++step) {
            w.pass();
            const stage at = w.any_stage();
            const instant began = w.now - duration{w.upto(120'000)};
            if (w.upto(2) == 0) {
                if (w.fail(at, began) != standing::meaning::stale)
                    newest_failure[static_cast<std::size_t>(at)] = w.now;
                continue;
            }
            const standing before = w.it;
            const bool free = w.it.succeeded(at, began, w.now);
            EXPECT_EQ(free, before.in_doubt() && !w.it.in_doubt()) << "step " << step;
            for (const auto each : {stage::answered, stage::survived, stage::done}) {
                if (!before.in_doubt_at(each) || w.it.in_doubt_at(each)) continue;
                ++ended;
                EXPECT_TRUE(each == at || (each == stage::survived && at == stage::done))
                    << "step " << step << ": a success of " << to_text(at) << " ended the doubt of "
                    << to_text(each);
                EXPECT_GE(began, newest_failure[static_cast<std::size_t>(each)])
                    << "step " << step << ": it began "
                    << (newest_failure[static_cast<std::size_t>(each)] - began).count()
                    << " ms before the failure that it is to disprove";
            }
        }
    });
    EXPECT_GT(ended, 1'000) << "the histories prove nothing";
}

TEST(Standing, NoWaitIsShorterOrLongerThanThePolicysOfSoManyFailures) {
    for_many_standings([](standing_walk& w) {
        for (int step = 0; step < 80; ++step) {
            w.pass();
            if (w.upto(4) == 0) w.it.succeeded(w.any_stage(), w.now, w.now);
            if (w.fail(w.any_stage(), w.now) != standing::meaning::doubted) continue;
            const auto wait = w.it.next_try() - w.now;
            EXPECT_EQ(wait, retry_wait(w.it.failures(), w.last_draw, w.rules))
                << "after " << w.it.failures() << " failures in a row, draw " << w.last_draw;
            EXPECT_GE(wait, w.rules.first * 3 / 4) << w.it.failures();
            EXPECT_LE(wait, w.rules.max * 95 / 100) << w.it.failures();
        }
    });
}

TEST(Standing, TheWaitsAreFiveFiveThirtyAndDoubleToTenMinutesSpreadDownwards) {
    const retry_policy rules;
    const std::vector<int> nominal{5, 5, 30, 60, 120, 240, 480, 600, 600, 600};
    for (std::size_t i = 0; i < nominal.size(); ++i) {
        const int failures = static_cast<int>(i) + 1;
        EXPECT_EQ(retry_wait(failures, 0.0, rules), duration{nominal[i] * 750}) << failures;
        EXPECT_EQ(retry_wait(failures, 1.0, rules), duration{nominal[i] * 950}) << failures;
    }
    for (const int failures : {-3, 0, 1'000, 2'000'000'000}) {
        EXPECT_GE(retry_wait(failures, -7.0, rules), rules.first * 3 / 4) << failures;
        EXPECT_LE(retry_wait(failures, 7.0, rules), rules.max) << failures;
    }
}

// What a container asked for is a floor: no order, no sweep, no other place's success passes it.
TEST(Standing, NothingHastensWhatTheContainerAskedFor) {
    for_many_standings([](standing_walk& w) {
        w.pass();
        const instant asked = w.now + duration{30'000 + w.upto(500'000)};
        ASSERT_EQ(w.fail(stage::answered, w.now, asked), standing::meaning::doubted);
        for (int step = 0; step < 20; ++step) {
            const instant when = w.now + duration{w.upto(30'000)};
            switch (w.upto(3)) {
                case 0:
                    w.it.due(when);
                    break;
                case 1:
                    w.it.order(when);
                    break;
                case 2:
                    w.it.tried(when);
                    break;
                default:
                    w.fail(stage::answered, w.now, w.now + duration{w.upto(60'000)});
            }
            EXPECT_GE(w.it.next_try(), asked)
                << "step " << step << ": " << (asked - w.it.next_try()).count() << " ms too soon";
            EXPECT_GE(w.it.asked_until(), asked) << step;
        }
    });
}

TEST(Standing, AFailureOfBeforeTheNewestSuccessIsStaleAndChangesNothing) {
    for_many_standings([](standing_walk& w) {
        w.pass();
        const stage at = w.any_stage();
        w.it.succeeded(at, w.now, w.now);
        const instant before = w.now - duration{1 + w.upto(100'000)};
        w.pass();
        EXPECT_EQ(w.fail(at, before), standing::meaning::stale) << to_text(at);
        EXPECT_FALSE(w.it.in_doubt()) << stages_in_doubt(w.it);
        EXPECT_EQ(w.it.failures(), 0);
    });
}

// A bad bead that fails again and again must not slow its rig; a second bead's failure is the
// rig's.
TEST(Standing, OneBeadsWorkIsNeverThePlacesDoubtHoweverOftenItFails) {
    const retry_policy rules;
    standing place;
    standing::failure f;
    f.at = stage::done;
    f.bead = "bad";
    for (int i = 0; i < 30; ++i) {
        f.now = f.began = standing_began + duration{i * 60'000};
        const auto said = place.failed(f, 0.5, rules);
        EXPECT_EQ(said, i == 0 ? standing::meaning::suspected : standing::meaning::soft) << i;
        EXPECT_FALSE(place.in_doubt()) << i << ": " << stages_in_doubt(place);
        EXPECT_TRUE(place.is_soft()) << i;
    }
    f.bead = "other";
    f.now = f.began = f.now + duration{60'000};
    EXPECT_EQ(place.failed(f, 0.5, rules), standing::meaning::doubted);
    EXPECT_TRUE(place.in_doubt_at(stage::done)) << stages_in_doubt(place);
}

// One bead failed; other work that was done since ends the suspicion, so that the next bead that
// fails is the first again.
TEST(Standing, WorkThatIsDoneBetweenTwoBeadsFailuresKeepsThePlaceWell) {
    const retry_policy rules;
    standing place;
    for (int i = 0; i < 20; ++i) {
        const instant now = standing_began + duration{i * 60'000};
        standing::failure f;
        f.at = stage::done;
        f.bead = "b" + std::to_string(i);
        f.began = f.now = now;
        EXPECT_EQ(place.failed(f, 0.5, rules), standing::meaning::suspected) << i;
        place.succeeded(stage::done, now + duration{1'000}, now + duration{30'000});
        EXPECT_FALSE(place.is_soft()) << i;
    }
    EXPECT_FALSE(place.in_doubt()) << stages_in_doubt(place);
}

TEST(Standing, AnOutageMakesADoubtOfASuspicionAndOfNothingElse) {
    const retry_policy rules;
    standing well;
    EXPECT_FALSE(well.outage_opened(stage::done, standing_began, rules));
    EXPECT_FALSE(well.in_doubt());
    standing soft;
    standing::failure f;
    f.at = stage::done;
    f.bead = "b1";
    f.began = f.now = standing_began;
    soft.failed(f, 0.5, rules);
    EXPECT_FALSE(soft.outage_opened(stage::answered, standing_began, rules)) << "of another stage";
    EXPECT_TRUE(soft.outage_opened(stage::done, standing_began + duration{5'000}, rules));
    EXPECT_TRUE(soft.in_doubt_at(stage::done)) << stages_in_doubt(soft);
    EXPECT_EQ(soft.next_try(), standing_began + duration{5'000}) << "its first wait is over";
    standing fresh;
    fresh.failed(f, 0.5, rules);
    EXPECT_TRUE(fresh.outage_opened(stage::done, standing_began + duration{1'000}, rules));
    EXPECT_EQ(fresh.next_try(), standing_began + retry_wait(1, 1.0, rules))
        << "what is made sure waits as after any failure";
    EXPECT_FALSE(soft.outage_opened(stage::done, standing_began + duration{6'000}, rules))
        << "twice";
}

// The relapses that come within `relapse_within` of a repair cost 1, 2, 4, 8, 8 successes; after an
// hour without any, one again.
TEST(Standing, ARelapseIsForgottenAfterAnHourOfHealth) {
    const retry_policy rules;
    standing place;
    instant now = standing_began;
    const auto successes_until_free = [&] {
        for (int i = 1; i < 100; ++i) {
            now += duration{10'000};
            if (place.succeeded(stage::answered, now, now)) return i;
        }
        return 100;
    };
    const auto fail = [&] {
        standing::failure f;
        f.began = f.now = now;
        place.failed(f, 0.5, rules);
    };
    std::vector<int> wanted;
    for (int i = 0; i < 6; ++i) {
        now += duration{30'000};
        fail();
        wanted.push_back(successes_until_free());
    }
    EXPECT_EQ(wanted, (std::vector<int>{1, 2, 4, 8, 8, 8}));
    now += duration{3'700'000};
    fail();
    EXPECT_EQ(successes_until_free(), 1);
}

// A relapse goes on where the waits had stopped, so that what flaps does not begin with 5 s again.
TEST(Standing, WhatFlapsWaitsLongerWithEachRelapse) {
    const retry_policy rules;
    standing place;
    instant now = standing_began;
    duration before{0};
    for (int i = 0; i < 5; ++i) {
        standing::failure f;
        f.began = f.now = now;
        place.failed(f, 1.0, rules);
        const duration wait = place.next_try() - now;
        if (i > 0) {
            EXPECT_GE(wait, duration{28'000}) << "relapse " << i;
        }
        EXPECT_GE(wait, before) << "relapse " << i;
        before = wait;
        for (int k = 0; k < 8 && place.in_doubt(); ++k) {
            now += duration{1'000};
            place.succeeded(stage::answered, now, now);
        }
        ASSERT_FALSE(place.in_doubt()) << i;
        now += duration{60'000};
    }
}

void expect_same(const standing& a, const standing& b, instant now) {
    for (const auto at : {stage::answered, stage::survived, stage::done}) {
        EXPECT_EQ(a.in_doubt_at(at), b.in_doubt_at(at)) << to_text(at);
        EXPECT_EQ(a.last_success(at), b.last_success(at)) << to_text(at);
    }
    EXPECT_EQ(a.is_soft(), b.is_soft());
    EXPECT_EQ(a.failures(), b.failures());
    EXPECT_EQ(a.next_try(), b.next_try()) << "at " << unix_ms(now);
    EXPECT_EQ(a.asked_until(), b.asked_until());
    EXPECT_EQ(a.generation(), b.generation());
    EXPECT_EQ(a.has_charges(), b.has_charges());
    EXPECT_EQ(a.earning(), b.earning());
    if (a.in_doubt()) {
        EXPECT_EQ(a.doubted(), b.doubted());
        EXPECT_EQ(a.since(), b.since());
        EXPECT_EQ(a.in_row(), b.in_row());
        EXPECT_EQ(a.why().words, b.why().words);
    }
}

TEST(Standing, IsWhatItWasAfterARestartAtAnyMomentOfItsHistory) {
    for_many_standings([](standing_walk& w) {
        for (int step = 0; step < 60; ++step) {
            w.pass();
            if (w.upto(1) == 0)
                w.fail(w.any_stage(), w.now - duration{w.upto(60'000)},
                       w.upto(5) == 0 ? std::optional{w.now + duration{w.upto(600'000)}}
                                      : std::nullopt);
            else
                w.it.succeeded(w.any_stage(), w.now - duration{w.upto(60'000)}, w.now);
            if (w.upto(6) == 0) w.it.charged({"d" + std::to_string(step), "b1", w.now});
            const standing after = standing::restored(w.it.save(), w.now, w.rules);
            SCOPED_TRACE("step " + std::to_string(step));
            expect_same(w.it, after, w.now);
            if (testing::Test::HasFailure()) return;
        }
    });
}

// The clock went back by any span, or the file holds nonsense: no time lies further ahead than one
// could have been asked to wait.
TEST(Standing, TimesThatLieAheadAreClampedToWhatCouldHaveBeenAskedFor) {
    for_many_standings([](standing_walk& w) {
        w.fail(stage::answered, w.now, w.now + duration{w.upto(600'000)});
        w.it.succeeded(stage::survived, w.now, w.now);
        const instant then = w.now - duration{std::int64_t{w.upto(1'000'000)} * 1'000};
        auto kept = w.it.save();
        if (w.upto(3) == 0) kept.next_try = never;
        if (w.upto(3) == 0) kept.asked_until = never;
        const standing after = standing::restored(kept, then, w.rules);
        EXPECT_TRUE(after.in_doubt_at(stage::answered));
        EXPECT_LE(after.asked_until() - then, retry_after_max);
        EXPECT_LE(after.next_try() - then, std::max(w.rules.max, retry_after_max));
        EXPECT_LE(after.last_failure(), then);
        EXPECT_LE(after.last_try(), then);
        EXPECT_LE(after.since(), then);
        for (const auto at : {stage::answered, stage::survived, stage::done})
            EXPECT_LE(after.last_success(at), then) << to_text(at);
    });
}

TEST(Standing, NonsenseCountsAreBroughtIntoRange) {
    const retry_policy rules;
    standing::saved bad;
    for (auto& d : bad.doubts) {
        d.failures = 2'000'000'000;
        d.unlike = -5;
        d.successes = 1'000'000;
        d.soft = true;
    }
    bad.failures = -7;
    bad.relapses = 2'000'000'000;
    bad.generation = 0;
    bad.charges.resize(10'000);
    standing after = standing::restored(bad, standing_began, rules);
    EXPECT_GE(after.failures(), 0);
    EXPECT_GE(after.in_row(), 0);
    EXPECT_GE(after.generation(), 1U);
    EXPECT_LE(after.take_charges().size(), 64U);
    int successes = 0;
    for (instant now = standing_began; after.in_doubt() && successes < 100; ++successes) {
        now += duration{1'000};
        after.succeeded(stage::answered, now, now);
        after.succeeded(stage::done, now, now);
    }
    EXPECT_LE(successes, 8) << stages_in_doubt(after);
}

// Refused as wrong: the bead's own only when the place accepts others between its refusals, and
// then soon; never while every bead is refused.
TEST(Standing, ABeadIsWrongOnlyWhenOthersAreTakenBetweenItsRefusals) {
    standing all_refuse;
    instant now = standing_began;
    for (int round = 0; round < 20; ++round)
        for (int b = 0; b < 5; ++b) {
            now += duration{30'000};
            EXPECT_FALSE(all_refuse.refused("b" + std::to_string(b), now))
                << "round " << round << ", bead " << b << ": nothing was taken";
        }
    standing others_taken;
    int refusals = 0;
    bool parked = false;
    while (!parked && refusals < 20) {
        now += duration{30'000};
        others_taken.succeeded(stage::answered, now, now);
        now += duration{30'000};
        parked = others_taken.refused("bad", now);
        ++refusals;
    }
    EXPECT_TRUE(parked) << "after " << refusals << " refusals with others taken between them";
    EXPECT_EQ(refusals, 2);
}

TEST(Standing, ChargesAreBoundedTakenOnceAndClearedByWorkThatIsDone) {
    standing place;
    for (int i = 0; i < 1'000; ++i)
        place.charged({"d" + std::to_string(i), "b", standing_began + duration{i}});
    const auto taken = place.take_charges();
    ASSERT_EQ(taken.size(), 64U);
    EXPECT_EQ(taken.back().attempt, "d999") << "the newest are kept";
    EXPECT_TRUE(place.take_charges().empty());
    place.charged({"d", "b", standing_began});
    place.succeeded(stage::survived, standing_began, standing_began);
    EXPECT_TRUE(place.has_charges()) << "an agent that lives clears no charge";
    place.succeeded(stage::done, standing_began, standing_began);
    EXPECT_FALSE(place.has_charges());
}

}  // namespace
}  // namespace townd
