// Each promise, just kept and just broken, told to the judge by hand.

#include "sim/fleet_judge.hpp"

#include <gtest/gtest.h>

namespace townd::sim::test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr instant begin = from_unix_ms(1'795'000'000'000);

class FleetJudge : public testing::Test {
protected:
    // What happens, at so much since the beginning.
    fleet_facts facts;
    fleet_bounds limits;
    std::unique_ptr<fleet_judge> made;
    int ids = 0;

    FleetJudge() {
        facts.towns = 40;
        facts.begin = begin;
    }

    void ill(std::uint32_t first, std::uint32_t towns, duration from, duration until,
             ill_stage stage = ill_stage::answered, int cause = 0) {
        for (std::uint32_t town = first; town < first + towns; ++town) {
            illness one;
            one.town = town;
            one.cause = cause;
            one.from = begin + from;
            one.until = begin + until;
            one.stage = stage;
            facts.illnesses.push_back(one);
        }
    }
    fleet_judge& judge() {
        if (!made) made = std::make_unique<fleet_judge>(limits, facts);
        return *made;
    }
    [[nodiscard]] const finding& of(bound which) { return judge().so_far().of(which); }

    static bead bead_of(std::uint32_t town, const std::string& id, duration at) {
        bead out;
        out.id = id;
        out.rig = town_name(static_cast<int>(town)) + "-rig-0";
        out.created_at = begin + at;
        return out;
    }
    void put(duration at, std::uint32_t town, const bead& b) {
        judge().committed(begin + at, town, {bead_put{b}});
    }
    void work(duration at, std::uint32_t town, const std::string& id = "b") {
        put(at, town, bead_of(town, id, at));
    }
    start_seen start_of(std::uint32_t town, const std::string& bead_id = "b",
                        const std::string& name = "Toast") {
        start_seen out;
        out.town = town;
        out.rig = town_name(static_cast<int>(town)) + "-rig-0";
        out.name = name;
        out.agent = name;
        out.bead = bead_id;
        out.dispatch = "d" + std::to_string(++ids);
        return out;
    }
    // A start that is answered after `takes`.
    start_seen start(duration at, std::uint32_t town, start_outcome how,
                     duration takes = seconds{1}, const std::string& name = "Toast") {
        auto what = start_of(town, "b", name);
        judge().sent(begin + at, what);
        if (how != start_outcome::took_effect) what.fault = {culprit::platform, 0};
        judge().answered(begin + at + takes, what, {how, false, 500, {}});
        return what;
    }
    void fails(duration at, std::uint32_t town) { start(at, town, start_outcome::failed); }
    void succeeds(duration at, std::uint32_t town) { start(at, town, start_outcome::took_effect); }
};

TEST_F(FleetJudge, FleetMayFailByItsIllTownsAndTwoPerMinute) {
    ill(0, 10, minutes{0}, minutes{600});
    limits.town_hour = limits.town_first_hour = 1'000;
    for (std::uint32_t town = 0; town < 10; ++town)
        work(seconds{1}, town);
    // An hour without a beginning: 10 + 120.
    for (int i = 0; i < 130; ++i)
        fails(minutes{120} + seconds{20 * i}, static_cast<std::uint32_t>(i % 10));
    EXPECT_TRUE(of(bound::fleet_hour).ok) << of(bound::fleet_hour).sentence;
    fails(minutes{120} + seconds{20 * 131}, 0);
    EXPECT_FALSE(of(bound::fleet_hour).ok);
    EXPECT_EQ(of(bound::fleet_hour).worst, 131);
    EXPECT_EQ(of(bound::fleet_hour).limit, 130);
}

TEST_F(FleetJudge, HourOfABeginningMayFailMore) {
    ill(0, 2, minutes{10}, minutes{600});
    limits.town_hour = limits.town_first_hour = 1'000;
    work(seconds{1}, 0);
    work(seconds{1}, 1);
    for (int i = 0; i < 151; ++i)
        fails(minutes{11} + seconds{10 * i}, 0);
    EXPECT_TRUE(of(bound::fleet_first_hour).ok);
    fails(minutes{11} + seconds{1'520}, 0);
    EXPECT_FALSE(of(bound::fleet_first_hour).ok);
    EXPECT_FALSE(of(bound::fleet_hour).seen);
}

TEST_F(FleetJudge, TownsWithoutWorkDoNotCount) {
    ill(0, 30, minutes{0}, minutes{600});
    limits.town_hour = limits.town_first_hour = 1'000;
    work(seconds{1}, 0);
    for (int i = 0; i < 122; ++i)
        fails(minutes{120} + seconds{10 * i}, 0);
    EXPECT_FALSE(of(bound::fleet_hour).ok);
    EXPECT_EQ(of(bound::fleet_hour).limit, 121);
}

TEST_F(FleetJudge, ATownFailsSixteenTimesAtMostAndTwelveLater) {
    ill(0, 1, minutes{0}, minutes{600});
    work(seconds{1}, 0);
    for (int i = 0; i < 16; ++i)
        fails(minutes{1 + 3 * i}, 0);
    EXPECT_TRUE(of(bound::town_first_hour).ok);
    fails(minutes{50}, 0);
    EXPECT_FALSE(of(bound::town_first_hour).ok);
    made.reset();
    for (int i = 0; i < 60; ++i)
        fails(minutes{1 + 5 * i}, 0);  // Twelve an hour.
    EXPECT_TRUE(of(bound::town_hour).ok);
    fails(minutes{297}, 0);
    EXPECT_FALSE(of(bound::town_hour).ok);
}

TEST_F(FleetJudge, WaitsGrowWithFailures) {
    ill(0, 1, minutes{0}, minutes{600});
    work(seconds{1}, 0);
    fails(seconds{10}, 0);  // Known at 11.
    fails(seconds{15}, 0);
    EXPECT_TRUE(of(bound::early).ok);
    fails(seconds{21}, 0);  // Three in a row, known at 22: 30 s now, 22.5 at least.
    EXPECT_TRUE(of(bound::early).ok);
    fails(seconds{45}, 0);
    EXPECT_TRUE(of(bound::early).ok) << of(bound::early).sentence;
    fails(seconds{80}, 0);  // Four: a minute.
    EXPECT_FALSE(of(bound::early).ok);
}

TEST_F(FleetJudge, ASuccessElsewhereAllowsFourQuickTries) {
    ill(0, 2, minutes{0}, minutes{600});
    work(seconds{1}, 0);
    work(seconds{1}, 1);
    for (int i = 0; i < 4; ++i)
        fails(seconds{10 + 70 * i}, 0);
    // The first of these is its own turn.
    for (int i = 0; i < 5; ++i) {
        succeeds(seconds{300 + 10 * i}, 1);
        fails(seconds{302 + 10 * i}, 0);
    }
    EXPECT_TRUE(of(bound::early).ok) << of(bound::early).sentence;
    succeeds(seconds{360}, 1);
    fails(seconds{362}, 0);
    EXPECT_FALSE(of(bound::early).ok);
}

TEST_F(FleetJudge, APlaceThatFailsHasOneTryAtATime) {
    ill(0, 1, minutes{0}, minutes{600});
    work(seconds{1}, 0);
    fails(seconds{10}, 0);
    const auto first = start_of(0);
    const auto second = start_of(0, "c", "Nux");
    judge().sent(begin + minutes{5}, first);
    EXPECT_TRUE(of(bound::one_try).ok);
    judge().sent(begin + minutes{5} + seconds{1}, second);
    EXPECT_FALSE(of(bound::one_try).ok);
}

TEST_F(FleetJudge, AnAnswerDoesNotEndADoubtAboutSurvival) {
    ill(0, 1, minutes{0}, minutes{600}, ill_stage::survived);
    work(seconds{1}, 0);
    for (int i = 0; i < 4; ++i) {
        const instant at = begin + seconds{10 + 6 * i};
        dispatch d;
        session s;
        s.what = start_of(0);
        d.id = s.what.dispatch;
        d.bead = "b";
        d.rig = s.what.rig;
        d.created_at = at;
        judge().committed(at, 0, {dispatch_put{d}});
        judge().sent(at, s.what);
        s.began = at;
        judge().session_began(at, s);
        judge().answered(at + seconds{1}, s.what, {start_outcome::took_effect, true, 201, {}});
        s.fault = {culprit::platform, 0};
        judge().session_failed(at + seconds{2}, s);
        s.fails = true;
        judge().session_ended(at + seconds{2}, s);
        d.state = dispatch_state::ended;
        d.outcome = attempt_outcome::failure;
        judge().committed(at + seconds{2}, 0, {dispatch_put{d}});
        EXPECT_EQ(of(bound::early).seen, i > 2) << i;
    }
    EXPECT_FALSE(of(bound::early).ok);
}

TEST_F(FleetJudge, WhatFailedBesideAnotherIsNoFurtherTry) {
    ill(0, 1, minutes{0}, minutes{600});
    work(seconds{1}, 0);
    auto one = start_of(0);
    auto two = start_of(0, "c", "Nux");
    auto three = start_of(0, "e", "Slit");
    for (const auto* each : {&one, &two, &three})
        judge().sent(begin + seconds{5}, *each);
    for (auto* each : {&one, &two, &three}) {
        each->fault = {culprit::platform, 0};
        judge().answered(begin + seconds{6}, *each, {start_outcome::failed, false, 500, {}});
    }
    fails(seconds{11}, 0);
    EXPECT_FALSE(of(bound::early).seen);
}

TEST_F(FleetJudge, RetryAfterIsKept) {
    ill(0, 1, minutes{0}, minutes{600});
    work(seconds{1}, 0);
    auto what = start_of(0);
    judge().sent(begin + seconds{5}, what);
    what.fault = {culprit::platform, 0};
    judge().answered(begin + seconds{6}, what, {start_outcome::refused, false, 429, minutes{5}});
    fails(minutes{6}, 0);
    EXPECT_FALSE(of(bound::retry_after).seen);
    made.reset();
    judge().sent(begin + seconds{5}, what);
    judge().answered(begin + seconds{6}, what, {start_outcome::refused, false, 429, minutes{5}});
    fails(minutes{5}, 0);
    EXPECT_FALSE(of(bound::retry_after).ok);
}

TEST_F(FleetJudge, AColdPlaceStartsOneThenTwoThenFour) {
    work(seconds{1}, 0);
    const auto first = start_of(0);
    judge().sent(begin + seconds{5}, first);
    judge().answered(begin + seconds{6}, first, {start_outcome::took_effect, true, 201, {}});
    judge().sent(begin + seconds{7}, start_of(0, "c", "A"));
    judge().sent(begin + seconds{7}, start_of(0, "e", "B"));
    EXPECT_TRUE(of(bound::slow_start).ok);
    judge().sent(begin + seconds{7}, start_of(0, "f", "C"));
    EXPECT_FALSE(of(bound::slow_start).ok);
}

TEST_F(FleetJudge, HoursOfATownHaveTheirBudgets) {
    ill(0, 1, minutes{0}, minutes{600});
    limits.rules.dispatch.failed_starts_per_hour = 3;
    limits.rules.dispatch.starts_per_hour = 5;
    for (int i = 0; i < 3; ++i)
        fails(minutes{1 + 5 * i}, 0);
    EXPECT_TRUE(of(bound::failed_budget).ok);
    succeeds(minutes{20}, 0);
    EXPECT_FALSE(of(bound::failed_budget).ok);
    EXPECT_TRUE(of(bound::start_budget).ok);
    succeeds(minutes{25}, 0);
    succeeds(minutes{30}, 0);
    EXPECT_FALSE(of(bound::start_budget).ok);
}

TEST_F(FleetJudge, ManyRepairedTownsDispatchWithinAMinute) {
    ill(0, 20, minutes{1}, minutes{30});
    for (std::uint32_t town = 0; town < 20; ++town)
        work(seconds{1}, town);
    for (std::uint32_t town = 0; town < 20; ++town)
        succeeds(minutes{30} + seconds{town < 19 ? 20 : 58}, town);
    EXPECT_TRUE(of(bound::repaired).seen);
    EXPECT_TRUE(of(bound::repaired).ok) << of(bound::repaired).sentence;
}

TEST_F(FleetJudge, ATownThatStaysBehindIsFound) {
    ill(0, 20, minutes{1}, minutes{30});
    for (std::uint32_t town = 0; town < 20; ++town)
        work(seconds{1}, town);
    for (std::uint32_t town = 0; town < 19; ++town)
        succeeds(minutes{30} + seconds{20}, town);
    judge().pass(begin + minutes{33});
    EXPECT_FALSE(of(bound::repaired).ok);
    EXPECT_EQ(of(bound::repaired).town, 19);
}

TEST_F(FleetJudge, FewRepairedTownsMayTakeTheirShareOfTheTries) {
    ill(0, 4, minutes{1}, minutes{30});
    for (std::uint32_t town = 0; town < 4; ++town)
        work(seconds{1}, town);
    for (std::uint32_t town = 0; town < 4; ++town)
        succeeds(minutes{30} + seconds{238}, town);  // 60 + 720 / 4.
    EXPECT_TRUE(of(bound::repaired_few).ok);
    EXPECT_EQ(of(bound::repaired_few).limit, 240);
}

TEST_F(FleetJudge, APartMayTakeTenMinutes) {
    ill(0, 15, minutes{1}, minutes{60});
    ill(15, 25, minutes{1}, minutes{120});
    for (std::uint32_t town = 0; town < 40; ++town)
        work(seconds{1}, town);
    for (std::uint32_t town = 0; town < 15; ++town)
        succeeds(minutes{60} + seconds{300}, town);
    EXPECT_TRUE(of(bound::repaired_part).ok);
    const auto told = judge().finish(begin + minutes{66}, false);
    EXPECT_EQ(told.parts, 1);
    EXPECT_EQ(told.late_parts, 1);  // 60 + 60 / 0.375 + 720 / 15.
}

TEST_F(FleetJudge, AChargeThatStaysIsFound) {
    ill(0, 1, minutes{1}, minutes{30}, ill_stage::done);
    auto b = bead_of(0, "b", seconds{1});
    b.dispatch_attempts = 1;
    put(minutes{5}, 0, b);
    b.dispatch_attempts = 0;
    put(minutes{6}, 0, b);
    EXPECT_TRUE(judge().finish(begin + minutes{90}, true).of(bound::lost).ok);
    b.dispatch_attempts = 1;
    put(minutes{91}, 0, b);
    EXPECT_FALSE(judge().finish(begin + minutes{120}, true).of(bound::lost).ok);
}

TEST_F(FleetJudge, RefundsComeWithinAMinuteOfTheOutage) {
    ill(0, 6, minutes{1}, minutes{300}, ill_stage::done);
    auto b = bead_of(0, "b", seconds{1});
    b.dispatch_attempts = 1;
    put(minutes{5}, 0, b);
    judge().outage_opened(begin + minutes{20}, "o", agent_role::polecat, 3);
    EXPECT_TRUE(of(bound::false_outage).ok);
    judge().pass(begin + minutes{20} + seconds{59});
    EXPECT_FALSE(of(bound::refund).seen);
    judge().pass(begin + minutes{22});
    EXPECT_FALSE(of(bound::refund).ok);
}

TEST_F(FleetJudge, ABadBeadFailsAfterExactlyItsAttempts) {
    for (const int own : {5, 6, 4}) {
        made.reset();
        auto b = bead_of(0, "b", seconds{1});
        put(seconds{1}, 0, b);
        session s;
        s.what = start_of(0);
        s.fault = {culprit::bead, 0};
        for (int i = 0; i < own; ++i)
            judge().session_failed(begin + minutes{1 + i}, s);
        b.status = bead_status::failed;
        put(minutes{30}, 0, b);
        EXPECT_EQ(of(bound::bad_bead).ok, own <= 5) << own;
        EXPECT_EQ(of(bound::lost).ok, own >= 5) << own;
    }
}

TEST_F(FleetJudge, ReadyWorkOfAHealthyPlaceIsStartedWithinFiveMinutes) {
    work(seconds{1}, 0);
    judge().pass(begin + minutes{5});
    EXPECT_TRUE(of(bound::starved).ok);
    judge().pass(begin + minutes{7});
    EXPECT_FALSE(of(bound::starved).ok);
}

TEST_F(FleetJudge, FalseAndStaleOutages) {
    ill(0, 6, minutes{1}, minutes{30});
    work(seconds{1}, 0);
    judge().outage_opened(begin + minutes{5}, "o", agent_role::polecat);
    EXPECT_TRUE(of(bound::false_outage).ok);
    judge().pass(begin + minutes{39});
    EXPECT_TRUE(of(bound::stale_outage).ok);
    judge().pass(begin + minutes{43});
    EXPECT_FALSE(of(bound::stale_outage).ok);
    judge().outage_opened(begin + minutes{90}, "p", agent_role::polecat);
    EXPECT_FALSE(of(bound::false_outage).ok);
}

TEST_F(FleetJudge, AnAgentThatFailsAloneWaits) {
    for (int i = 0; i < 3; ++i) {
        succeeds(minutes{1 + i}, 0);
        start(minutes{1 + i} + seconds{20}, 0, start_outcome::failed, seconds{1}, "Nux");
        start(minutes{1 + i} + seconds{40}, 0, start_outcome::took_effect, seconds{1}, "Rictus");
    }
    start(minutes{3} + seconds{43}, 0, start_outcome::took_effect, seconds{1}, "Nux");
    EXPECT_FALSE(of(bound::agent_breaker).ok);
}

TEST_F(FleetJudge, UnknownStartsAreSettled) {
    ill(0, 1, minutes{0}, minutes{600});
    dispatch d;
    auto what = start_of(0);
    d.id = what.dispatch;
    d.bead = "b";
    d.rig = what.rig;
    judge().committed(begin + seconds{5}, 0, {dispatch_put{d}});
    judge().sent(begin + seconds{5}, what);
    what.fault = {culprit::platform, 0};
    judge().answered(begin + seconds{65}, what, {start_outcome::unanswered, false, {}, {}});
    judge().pass(begin + seconds{180});
    EXPECT_FALSE(of(bound::unsettled).seen);
    judge().pass(begin + seconds{190});
    EXPECT_FALSE(of(bound::unsettled).ok);
}

TEST_F(FleetJudge, AfterAKillOtherBeadsStartWithinTenSeconds) {
    work(seconds{1}, 0);
    work(seconds{2}, 0, "c");
    dispatch d;
    const auto what = start_of(0);
    d.id = what.dispatch;
    d.bead = "b";
    d.rig = what.rig;
    judge().committed(begin + seconds{5}, 0, {dispatch_put{d}});
    judge().sent(begin + seconds{5}, what);
    judge().daemon_gone(begin + seconds{6});
    judge().daemon_back(begin + seconds{20});
    judge().pass(begin + seconds{31});
    EXPECT_FALSE(of(bound::restart).ok);
}

TEST_F(FleetJudge, AMayorIsNotStartedWithoutEnd) {
    auto what = start_of(0);
    what.role = agent_role::mayor;
    what.rig.clear();
    for (int i = 0; i < 12; ++i) {
        what.dispatch = "m" + std::to_string(i);
        judge().sent(begin + minutes{1 + 4 * i}, what);
        judge().answered(begin + minutes{1 + 4 * i}, what, {});
    }
    EXPECT_TRUE(of(bound::mayor).ok);
    what.dispatch = "m";
    judge().sent(begin + minutes{50}, what);
    judge().answered(begin + minutes{50}, what, {});
    EXPECT_FALSE(of(bound::mayor).ok);
}

}  // namespace
}  // namespace townd::sim::test
