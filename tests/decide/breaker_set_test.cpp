#include "townd/decide/breaker_set.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace townd {
namespace {

std::optional<breaker_set::refused> refusal_of(const breaker_set& set, const std::string& key,
                                               instant now) {
    const auto agent = breaker_set::entry_of(key);
    return set.refusal(agent->rig, agent->role, agent->agent_name, now);
}

using enum verdict;

class BreakerSet : public testing::Test {
protected:
    instant now = from_unix_ms(1'000'000'000);
    breaker_policies rules;
    breaker_set set;
    const std::string slot = breaker_set::agent_key("rig-1", agent_role::polecat, "Toast");

    std::vector<admission> admit(std::string_view name = "Toast") {
        return set.admit("rig-1", agent_role::polecat, name, now, rules);
    }
    void say(const std::vector<admission>& leave, verdict agent,
             std::string_view cause = "reset: the peer reset") {
        for (const auto& one : leave)
            set.record(one, agent, cause, now, 0.5, rules);
    }
    void fail_agent(int times) {
        for (int i = 0; i < times; ++i)
            say(admit(), failure);
    }
    void expire() {
        set.expire(now, 0.5, rules, [](agent_role) { return true; });
    }
};

TEST_F(BreakerSet, AStartTakesLeaveOfBothLevels) {
    const auto leave = admit();
    ASSERT_EQ(leave.size(), 2U);
    EXPECT_EQ(leave[0].key, "place/rig-1/polecat");
    EXPECT_EQ(leave[1].key, "agent/rig-1/polecat/Toast");
    EXPECT_EQ(breaker_set::agent_key(std::nullopt, agent_role::mayor, "Mayor"),
              "agent/-/mayor/Mayor");
}

// A tick that is undone goes back to such a copy.
TEST_F(BreakerSet, ACopyStaysWhatItWas) {
    fail_agent(1);
    const breaker_set before = set;
    fail_agent(rules.agent.failures);
    set.force("place/rig-1/polecat", breaker_state::forced_open, "by a test", now, never);
    EXPECT_TRUE(refusal_of(set, slot, now));
    EXPECT_FALSE(refusal_of(before, slot, now));
    const breaker_set after = set;
    set = before;
    EXPECT_FALSE(refusal_of(set, slot, now));
    set.prune([](const std::string&) { return false; }, now + duration{90'000'000});
    EXPECT_EQ(before.entries().size(), 2U);
    EXPECT_EQ(refusal_of(after, slot, now)->scope, breaker_scope::place);
}

TEST_F(BreakerSet, HealthyWorkLeavesNothingToStore) {
    for (int i = 0; i < 100; ++i)
        say(admit(), success);
    EXPECT_TRUE(set.take_changed().empty());
    EXPECT_TRUE(set.take_events().empty());
}

TEST_F(BreakerSet, ChangesAreToldOnce) {
    fail_agent(rules.agent.failures - 1);
    EXPECT_TRUE(set.take_events().empty());
    EXPECT_EQ(set.take_changed(), std::set<std::string>{slot}) << "its count is worth keeping";
    fail_agent(1);
    const auto events = set.take_events();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].key, slot);
    EXPECT_EQ(events[0].change.to, breaker_state::open);
    EXPECT_EQ(set.take_changed(), std::set<std::string>{slot});
    EXPECT_TRUE(set.take_events().empty());
    EXPECT_TRUE(set.take_changed().empty());
}

TEST_F(BreakerSet, AProbesLeaseIsStored) {
    fail_agent(rules.agent.failures);
    static_cast<void>(set.take_changed());
    static_cast<void>(set.take_events());
    now += duration{60'000};
    admit();
    EXPECT_EQ(set.take_changed(), std::set<std::string>{slot});
    ASSERT_EQ(set.take_events().size(), 1U);
}

// C5: the agent's record was deleted and made again, with a new id: same slot, same breaker.
TEST_F(BreakerSet, C5TheKeySurvivesReplacementOfTheAgent) {
    fail_agent(rules.agent.failures - 1);
    say(admit("Toast"), failure);
    EXPECT_TRUE(
        refusal_of(set, breaker_set::agent_key("rig-1", agent_role::polecat, "Toast"), now));
    EXPECT_FALSE(
        refusal_of(set, breaker_set::agent_key("rig-2", agent_role::polecat, "Toast"), now));
    EXPECT_FALSE(
        refusal_of(set, breaker_set::agent_key("rig-1", agent_role::refinery, "Toast"), now));
}

// D12: what opened it is told with every refusal, and updated by the probe that failed.
TEST_F(BreakerSet, D12TheCauseIsKeptAndBounded) {
    for (int i = 0; i < rules.agent.failures; ++i)
        say(admit(), failure, "http_5xx: start failed, code 17");
    EXPECT_EQ(refusal_of(set, slot, now)->cause, "http_5xx: start failed, code 17");
    now = refusal_of(set, slot, now)->why.retry_at;
    say(admit(), failure, "git_failed: " + std::string(5'000, 'x'));
    const auto no = refusal_of(set, slot, now);
    ASSERT_TRUE(no);
    EXPECT_EQ(no->cause.size(), 256U);
    EXPECT_TRUE(no->cause.starts_with("git_failed: "));
    now = no->why.retry_at;
    admit();
    now += rules.agent.probe_timeout;
    expire();
    ASSERT_TRUE(refusal_of(set, slot, now));
    EXPECT_TRUE(refusal_of(set, slot, now)->cause.starts_with("git_failed: "));
}

TEST_F(BreakerSet, ALeaseThatRanOutIsTold) {
    fail_agent(rules.agent.failures);
    now = refusal_of(set, slot, now)->why.retry_at;
    admit();
    static_cast<void>(set.take_events());
    now += rules.agent.probe_timeout;
    expire();
    const auto events = set.take_events();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].change.rule, trip_rule::lease_expired);
}

TEST_F(BreakerSet, AnExtendedLeaseHoldsLonger) {
    fail_agent(rules.agent.failures);
    now = refusal_of(set, slot, now)->why.retry_at;
    const auto leave = admit();
    for (const auto& one : leave)
        set.extend(one, now + duration{300'000});
    now += duration{299'999};
    expire();
    EXPECT_TRUE(refusal_of(set, slot, now)->why.probing);
    now += duration{1};
    expire();
    EXPECT_FALSE(refusal_of(set, slot, now)->why.probing);
}

// C7: an attempt was in flight when the daemon was killed; its breaker had nothing to remember and
// was not stored. Its failure counts all the same.
TEST_F(BreakerSet, C7AFailureOfBeforeTheRestartCountsForABreakerThatWasNotStored) {
    const auto leave = admit();
    breaker_set after;
    for (const auto& one : leave)
        after.record(one, failure, "reset: gone", now, 0.5, rules);
    EXPECT_EQ(after.take_changed(), std::set<std::string>{slot});
    const auto& entry = after.entries().at(slot);
    EXPECT_EQ(entry.scope, breaker_scope::agent);
    EXPECT_EQ(entry.role, agent_role::polecat);
    EXPECT_EQ(entry.rig, "rig-1");
    EXPECT_EQ(entry.agent_name, "Toast");
    EXPECT_EQ(entry.state.consecutive_failures(), 1);
    breaker_set healthy;
    for (const auto& one : leave)
        healthy.record(one, success, {}, now, 0.5, rules);
    EXPECT_TRUE(healthy.entries().empty()) << "a success leaves nothing to remember";
}

TEST_F(BreakerSet, ACopyIsASnapshot) {
    const breaker_set before = set;
    fail_agent(rules.agent.failures);
    EXPECT_FALSE(refusal_of(before, slot, now));
    EXPECT_TRUE(refusal_of(set, slot, now));
}

TEST_F(BreakerSet, AStoredBreakerIsPutBack) {
    fail_agent(rules.agent.failures);
    breaker_entry kept = set.entries().at(slot);
    kept.state = breaker::restored(kept.state.saved(), now, 0.5, rules.agent);
    breaker_set after;
    after.put(slot, kept);
    ASSERT_TRUE(refusal_of(after, slot, now));
    EXPECT_EQ(refusal_of(after, slot, now)->why.retry_at, refusal_of(set, slot, now)->why.retry_at);
    EXPECT_TRUE(after.take_events().empty()) << "loading is no news";
    EXPECT_TRUE(after.take_changed().empty());
}

TEST(BreakerScope, HasItsText) {
    EXPECT_EQ(to_text(breaker_scope::place), "place");
    EXPECT_EQ(to_text(breaker_scope::agent), "agent");
}

}  // namespace
}  // namespace townd
