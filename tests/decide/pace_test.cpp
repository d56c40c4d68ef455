// How fast a town may start: slow start, the hour's budget, operators' orders, outages at the gate.

#include "decide/town_builder.hpp"

namespace townd {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr auto polecat = index_of(agent_role::polecat);
const instant begin = from_unix_ms(1'795'342'322'000);

TEST(SlowStart, DoublesWithEachSuccessAndFallsBackToOneWithAFailure) {
    const dispatch_policy rules;
    slow_start pace;
    instant now = begin;
    EXPECT_EQ(pace.allowed(now, rules), 1);
    pace.succeeded(now, rules);
    EXPECT_EQ(pace.allowed(now, rules), 2);
    pace.succeeded(now, rules);
    EXPECT_EQ(pace.allowed(now, rules), 4);
    pace.succeeded(now, rules);
    EXPECT_EQ(pace.allowed(now, rules), rules.max_starting) << "at most what the caps allow";
    pace.failed();
    EXPECT_EQ(pace.allowed(now, rules), 1);
    EXPECT_FALSE(pace.proved(now, rules));
    pace.succeeded(now, rules);
    EXPECT_EQ(pace.allowed(now, rules), 2);
    now += rules.slow_start;
    EXPECT_EQ(pace.allowed(now, rules), 1) << "what was proved long ago is not known any more";
}

// A restart makes nobody slow, and nobody faster than the caps; what a clock that was ahead wrote
// proves nothing.
TEST(SlowStart, IsWhatItWasAfterARestart) {
    const dispatch_policy rules;
    slow_start pace;
    pace.succeeded(begin, rules);
    const auto after = slow_start::restored(pace.width(), pace.last_success(), begin + seconds{1});
    for (const auto later : {seconds{1}, seconds{60}, seconds{100'000}})
        EXPECT_EQ(after.allowed(begin + later, rules), pace.allowed(begin + later, rules))
            << later.count() << " s later";
    for (const int width : {-5, 0, 1, 3, 1'000'000}) {
        const auto odd = slow_start::restored(width, begin, begin);
        EXPECT_GE(odd.allowed(begin, rules), 1) << width;
        EXPECT_LE(odd.allowed(begin, rules), rules.max_starting) << width;
    }
    EXPECT_FALSE(slow_start::restored(4, begin + seconds{1}, begin).proved(begin, rules));
    EXPECT_FALSE(slow_start::restored(4, instant{}, begin).proved(begin, rules));
}

class PacedTown : public testing::Test {
protected:
    PacedTown() {
        t.rules.dispatch = {};
        t.rig("r");
        for (int i = 0; i < 10; ++i)
            t.issue("b" + std::to_string(i));
    }
    [[nodiscard]] std::size_t starts() const { return t.tick().started().size(); }
    town t;
};

TEST_F(PacedTown, FirstContactCostsOneStartNotAVolley) {
    EXPECT_EQ(starts(), 1U);
    EXPECT_EQ(t.tick().waiting(gate_reason::slow_start), 9);
    t.facts.pace[polecat].succeeded(t.now, t.rules.dispatch);
    EXPECT_EQ(starts(), 2U);
    for (int i = 0; i < 5; ++i)
        t.facts.pace[polecat].succeeded(t.now, t.rules.dispatch);
    EXPECT_EQ(starts(), 4U) << "a container's starts in flight are bounded, too";
}

// Its agent lives, and its answer is out: the container has not shown that it answers.
TEST_F(PacedTown, AStartWhoseAgentLivesHoldsItsPlaceUntilItIsAnswered) {
    t.polecat("Toast").hook("b0").working();
    auto& d = t.attempt("d0", "Toast", "b0", dispatch_state::started);
    d.deadline_at = t.now + seconds{30};
    EXPECT_EQ(starts(), 0U);
    EXPECT_EQ(t.tick().waiting(gate_reason::slow_start), 9);
    d.answered_at = t.now;
    EXPECT_EQ(starts(), 1U);
    d.answered_at.reset();
    d.deadline_at = t.now;
    EXPECT_EQ(starts(), 1U) << "no answer comes any more";
}

// Alone, as without a fleet: one rig's container asked to wait, and other rigs wait with it.
TEST_F(PacedTown, WhatWaitsForTheContainersWordLooksAgainWhenThatIsOver) {
    standing::failure f;
    f.began = f.now = t.now;
    f.why.code = "http_503_draining";
    f.not_before = t.now + minutes{5};
    t.rig("other");
    t.breakers.failed("other", agent_role::polecat, f, 0.5, t.rules.retry);
    const auto out = t.tick();
    EXPECT_EQ(out.started().size(), 0U);
    EXPECT_GE(out.it.look_again_at, t.now + minutes{5})
        << (out.it.look_again_at - t.now).count() << " ms";
}

class TownInOutage : public PacedTown {
protected:
    TownInOutage() {
        t.facts.asks_fleet = true;
        t.fail_place("r", agent_role::polecat, "http_5xx: no");
        advice().outage = "polecat-1";
        advice().cause = "http_5xx: no";
        advice().opened_at = t.now - minutes{5};
        advice().next_try_at = t.now + seconds{12};
    }
    fleet_advice& advice() { return t.facts.advice[polecat]; }
    void lease() {
        advice().lease = 7;
        advice().lease_ends_at = t.now + t.rules.outage.lease;
    }
};

TEST_F(TownInOutage, AMemberWaitsAndSaysWhyAndForWhat) {
    EXPECT_EQ(starts(), 0U);
    const auto why = t.why("b0");
    EXPECT_EQ(why.gate, gate_reason::outage_open);
    EXPECT_NE(why.detail.find("http_5xx: no"), std::string::npos) << why.detail;
    EXPECT_NE(why.detail.find(to_rfc3339(advice().next_try_at)), std::string::npos);
    EXPECT_EQ(t.tick().it.waiting.suppressed_of(agent_role::polecat), 10);
}

TEST_F(TownInOutage, OtherRolesAreUntouched) {
    t.breakers.succeeded("r", agent_role::refinery, stage::answered, t.now, t.now);
    t.refinery();
    t.merge_request("m1");
    const auto out = t.tick();
    ASSERT_EQ(out.started().size(), 1U);
    EXPECT_EQ(out.it.waiting.suppressed_of(agent_role::refinery), 0);
}

// Not known to be well, it begins with leave, asks for it at once, and uses it at once.
TEST_F(TownInOutage, AnotherRoleThatWasNotTriedLatelyAsksForLeaveAtOnce) {
    t.refinery();
    t.merge_request("m1");
    const auto out = t.tick();
    EXPECT_EQ(out.started().size(), 0U);
    const auto refinery = index_of(agent_role::refinery);
    EXPECT_TRUE(out.it.wants_leave[refinery]);
    EXPECT_TRUE(out.it.wants_fresh[refinery]);
    EXPECT_LE(out.it.leave_from[refinery], t.now);
    EXPECT_FALSE(out.it.wants_fresh[polecat]) << "this one failed itself";
    EXPECT_GT(out.it.leave_from[polecat], t.now);
    t.facts.advice[refinery].lease = 8;
    t.facts.advice[refinery].lease_ends_at = t.now + t.rules.outage.lease;
    EXPECT_EQ(starts(), 1U);
}

// A paced lease waits for the place's own wait, a sweep's does not.
TEST_F(TownInOutage, ALeaseIsUsedWhenThePlacesOwnWaitIsOver) {
    lease();
    ASSERT_GT(t.next_try("r", agent_role::polecat), t.now);
    EXPECT_EQ(starts(), 0U);
    advice().sweep = true;
    EXPECT_EQ(starts(), 1U);
    advice().sweep = false;
    t.now = t.next_try("r", agent_role::polecat);
    EXPECT_EQ(starts(), 1U);
}

TEST_F(TownInOutage, ALeaseIsGoodForOneStartPastEveryBreakerButAForcedOne) {
    t.now = t.next_try("r", agent_role::polecat);
    lease();
    t.open_breaker("agent/r/polecat/Toast", breaker_scope::agent, "x: y");
    const auto out = t.tick();
    ASSERT_EQ(out.started().size(), 1U);
    const auto& start = std::get<start_agent>(out.it.actions.back().what);
    const auto& leave = start.leave.admissions();
    const auto mine = std::find_if(leave.begin(), leave.end(),
                                   [](const admission& a) { return a.key == lease_admission_key; });
    ASSERT_NE(mine, leave.end());
    EXPECT_EQ(mine->probe, 7U);
    advice().lease_used = true;
    EXPECT_EQ(starts(), 0U);
    advice().lease_used = false;
    t.breakers.force("place/r/polecat", breaker_state::forced_open, "a test", t.now,
                     t.now + minutes{5});
    EXPECT_EQ(t.why("b0").gate, gate_reason::breaker_forced_open);
}

TEST_F(TownInOutage, ALeaseThatIsTooOldForAnAnswerIsNotUsed) {
    t.now = t.next_try("r", agent_role::polecat);
    lease();
    ASSERT_EQ(starts(), 1U);
    advice().lease_ends_at = t.now + t.rules.dispatch.start_timeout;
    EXPECT_EQ(starts(), 0U);
}

TEST(HourCount, CountsASlidingHourAndSaysWhenThereIsRoom) {
    hour_count c;
    const instant start = begin - begin.time_since_epoch() % minutes{1};
    for (int i = 0; i < 10; ++i)
        c.add(start + i * minutes{1});
    const instant now = start + minutes{10};
    EXPECT_EQ(c.within_hour(now), 10);
    EXPECT_EQ(c.below(11, now), now);
    const instant room = c.below(8, now);
    EXPECT_LT(c.within_hour(room), 8);
    EXPECT_GE(c.within_hour(room - duration{1}), 8) << "not before";
    EXPECT_GE(room, start + minutes{62}) << "three of them are an hour old";
    EXPECT_EQ(c.within_hour(start + minutes{75}), 0);
}

TEST(HourCount, IsWhatItWasAfterARestartAndNeverLongerThanAnHour) {
    hour_count c;
    for (int i = 0; i < 500; ++i)
        c.add(begin + i * seconds{7});
    const instant now = begin + minutes{59};
    const auto back = hour_count::restored(c.saved(), now);
    for (int m = 0; m < 70; ++m)
        EXPECT_EQ(back.within_hour(now + m * minutes{1}), c.within_hour(now + m * minutes{1})) << m;
    const auto ahead = hour_count::restored(c.saved(), begin - minutes{600});
    EXPECT_EQ(ahead.within_hour(begin - minutes{530}), 0) << "written by a clock that was ahead";
    for (const auto* bad : {"", "x", "12 x", "99999999999999999999", "5 1:", "5 1:2 999:4"})
        EXPECT_LE(hour_count::restored(bad, now).within_hour(now), 2) << bad;
}

TEST_F(PacedTown, G9BudgetUsedUpHoldsStartsAndSparesTheMayor) {
    for (int i = 0; i < t.rules.dispatch.failed_starts_per_hour; ++i)
        t.facts.budget.failures.add(t.now);
    EXPECT_EQ(starts(), 0U);
    const auto why = t.why("b0");
    EXPECT_EQ(why.gate, gate_reason::budget_exceeded);
    EXPECT_NE(why.detail.find("120 of 120 failed starts"), std::string::npos) << why.detail;
    ASSERT_TRUE(why.until);
    EXPECT_LE(*why.until - t.now, minutes{62});
    t.mayor().hook("m");
    t.work("m", bead_type::message, std::nullopt);
    ASSERT_EQ(starts(), 1U);
    EXPECT_EQ(t.tick().started(), (std::vector<std::string>{"m"}));
    t.now = *why.until;
    EXPECT_EQ(starts(), 2U) << "it refills by itself";
}

TEST_F(PacedTown, ATicksOwnStartsCountTowardsTheBudget) {
    t.rules.dispatch.slow_start = duration{0};
    for (int i = 0; i < t.rules.dispatch.starts_per_hour - 2; ++i)
        t.facts.budget.starts.add(t.now);
    EXPECT_EQ(starts(), 2U);
}

class OrderedTown : public PacedTown {
protected:
    void order(override_order o) {
        o.by = "ann";
        o.reason = "the registry moves";
        t.facts.town = "t1";
        t.facts.overrides = std::make_shared<const override_list>(override_list{std::move(o)});
    }
    static override_order at(override_scope scope, override_kind kind = override_kind::pause) {
        override_order o;
        o.scope = scope;
        o.kind = kind;
        return o;
    }
};

TEST_F(OrderedTown, G8PauseHoldsEveryScopeUntilItsEnd) {
    auto o = at(override_scope::daemon);
    o.until = t.now + minutes{10};
    order(o);
    auto why = t.why("b0");
    EXPECT_EQ(why.gate, gate_reason::daemon_paused);
    EXPECT_NE(why.detail.find("by ann"), std::string::npos) << why.detail;
    EXPECT_NE(why.detail.find("the registry moves"), std::string::npos);
    EXPECT_EQ(t.tick().it.look_again_at, *o.until);
    t.now = *o.until;
    EXPECT_EQ(starts(), 1U);

    o = at(override_scope::town);
    o.town = "t1";
    order(o);
    EXPECT_EQ(t.why("b0").gate, gate_reason::town_paused);
    o.kind = override_kind::drain;
    order(o);
    EXPECT_EQ(t.why("b0").gate, gate_reason::town_draining);
    o.town = "t2";
    order(o);
    EXPECT_EQ(starts(), 1U) << "another town";
}

TEST_F(OrderedTown, ARigAndARoleArePausedWithoutTheOthers) {
    t.rig("s").issue("other", "s");
    auto o = at(override_scope::rig);
    o.town = "t1";
    o.rig = "r";
    order(o);
    EXPECT_EQ(t.why("b0").gate, gate_reason::rig_paused);
    EXPECT_EQ(t.tick().started(), (std::vector<std::string>{"other"}));
    o = at(override_scope::role);
    o.role = agent_role::polecat;
    order(o);
    EXPECT_EQ(t.why("b0").gate, gate_reason::role_paused) << "a role without a town: in all";
    o.role = agent_role::refinery;
    order(o);
    EXPECT_EQ(starts(), 1U);
}

TEST_F(OrderedTown, WhatAPersonDecidedComesBeforeWhatIsBroken) {
    order(at(override_scope::daemon, override_kind::drain));
    t.fail_place("r", agent_role::polecat, "reset: gone");
    EXPECT_EQ(t.why("b0").gate, gate_reason::daemon_draining);
}

}  // namespace
}  // namespace townd
