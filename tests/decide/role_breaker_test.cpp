// Several agents of a role that fail for one cause are the role's trouble, not theirs.

#include <gtest/gtest.h>

#include "townd/decide/attribution.hpp"
#include "townd/decide/breaker_set.hpp"

namespace townd {
namespace {

using std::chrono::minutes;

class RoleBreaker : public testing::Test {
protected:
    instant now = from_unix_ms(1'795'342'322'000);
    breaker_policies rules;
    breaker_set set;

    std::optional<std::string> fails(std::string_view name, std::string_view fingerprint = "f1",
                                     const rig_id& rig = "r", bool several_rigs = false) {
        return set.agent_failed(rig, agent_role::polecat, name, fingerprint, "http_5xx: no",
                                several_rigs, now, 0.5, rules);
    }
    std::optional<breaker_set::refused> refusal(std::string_view name, const rig_id& rig = "r",
                                                agent_role role = agent_role::polecat) {
        return set.refusal(rig, role, name, now);
    }
};

TEST_F(RoleBreaker, OpensWhenASecondAgentFailsForTheSame) {
    EXPECT_FALSE(fails("Toast"));
    EXPECT_FALSE(fails("Toast")) << "one agent again is its own trouble";
    EXPECT_FALSE(fails("Maple", "f2")) << "another cause";
    EXPECT_EQ(fails("Birch"), "role/polecat");
    const auto no = refusal("Sage");
    ASSERT_TRUE(no);
    EXPECT_EQ(no->scope, breaker_scope::role);
    EXPECT_EQ(no->cause, "http_5xx: no");
    EXPECT_FALSE(refusal("Ruth", "r", agent_role::refinery)) << "other roles are untouched";
}

TEST_F(RoleBreaker, WhatWasLongAgoDoesNotCount) {
    fails("Toast");
    now += minutes{11};
    EXPECT_FALSE(fails("Maple"));
}

TEST_F(RoleBreaker, ASuccessOfTheAgentTakesItsFailureBack) {
    const auto leave = set.admit("r", agent_role::polecat, "Toast", now, rules);
    fails("Toast");
    for (const auto& one : leave)
        set.record(one, verdict::success, {}, now, 0.5, rules);
    EXPECT_FALSE(fails("Maple"));
}

TEST_F(RoleBreaker, D8OneRigOfSeveralBrakesItselfAlone) {
    fails("Toast", "f1", "r", true);
    EXPECT_EQ(fails("Maple", "f1", "r", true), "rig/r/polecat");
    ASSERT_TRUE(refusal("Sage", "r"));
    EXPECT_EQ(refusal("Sage", "r")->scope, breaker_scope::rig);
    EXPECT_FALSE(refusal("Sage", "s")) << "the other rig goes on";
    EXPECT_EQ(fails("Birch", "f1", "s", true), "role/polecat") << "and fails for the same";
}

TEST_F(RoleBreaker, ItsProbePassesThroughTheAgentsBreaker) {
    auto leave = set.admit("r", agent_role::polecat, "Toast", now, rules);
    for (int i = 0; i < rules.agent.failures; ++i) {
        set.record(leave.back(), verdict::failure, "x: y", now, 0.5, rules);
        leave = set.admit("r", agent_role::polecat, "Toast", now, rules);
    }
    fails("Toast");
    fails("Maple");
    now = set.entries().at("role/polecat").state.retry_at();
    breaker_entry own = set.entries().at("agent/r/polecat/Toast");
    own.state.force(breaker_state::forced_open, now, now + minutes{5});
    EXPECT_FALSE(refusal("Toast")) << "within the role's probe its agent needs no leave of its own";
    set.put("agent/r/polecat/Toast", own);
    ASSERT_TRUE(refusal("Toast")) << "but for what a person forced";
    EXPECT_EQ(refusal("Toast")->state, breaker_state::forced_open);
}

TEST_F(RoleBreaker, OneProbeAtATimeAndItsSuccessLetsTheAgentsFollow) {
    fails("Toast");
    fails("Maple");
    now = set.entries().at("role/polecat").state.retry_at();
    const auto leave = set.admit("r", agent_role::polecat, "Toast", now, rules);
    const auto mine = std::find_if(leave.begin(), leave.end(),
                                   [](const auto& a) { return a.key == "role/polecat"; });
    ASSERT_NE(mine, leave.end());
    EXPECT_NE(mine->probe, 0U);
    ASSERT_TRUE(refusal("Maple"));
    EXPECT_TRUE(refusal("Maple")->why.probing);
    set.record(*mine, verdict::success, {}, now, 0.5, rules);
    EXPECT_FALSE(refusal("Maple"));
}

TEST_F(RoleBreaker, A10ARigsConfigurationBrakesThatRig) {
    set.rig_failed("r", agent_role::polecat, "config_invalid: no git_url", now, 0.5, rules);
    EXPECT_EQ(refusal("Toast", "r")->key, "rig/r/polecat");
    EXPECT_FALSE(refusal("Toast", "s"));
}

TEST_F(RoleBreaker, B4AgentsLostTogetherOpenTheContainersAndOnlySurvivalProvesIt) {
    set.agents_lost("agent_no_heartbeat: silent", now, 0.5, rules);
    ASSERT_TRUE(refusal("Toast"));
    EXPECT_EQ(refusal("Toast")->scope, breaker_scope::container);
    EXPECT_FALSE(set.wants_survival("container")) << "nothing probes yet";
    now = set.entries().at("container").state.retry_at();
    const auto leave = set.admit("r", agent_role::polecat, "Toast", now, rules);
    EXPECT_TRUE(set.wants_survival("container"));
    EXPECT_NE(leave.front().probe, 0U);
}

TEST_F(RoleBreaker, KeysSayWhatTheyAre) {
    for (const auto* key : {"container", "role/mayor", "rig/r-1/refinery", "agent/r/polecat/T/x",
                            "agent/-/mayor/Mayor"})
        EXPECT_TRUE(breaker_set::entry_of(key)) << key;
    EXPECT_EQ(breaker_set::entry_of("agent/r/polecat/T/x")->agent_name, "T/x");
    for (const auto* key : {"", "role", "role/", "role/cook", "rig/r", "rig/r/polecat/x",
                            "agent/r/polecat", "agent/r/polecat/", "outage/polecat-1"})
        EXPECT_FALSE(breaker_set::entry_of(key)) << key;
}

charge charged(error_code code, const attempt_standing& is) {
    return attribute(dispatch_error{code, error_phase::start, blame::agent, "x"}, is);
}

TEST(Attribution, WhatManyTownsFailForIsChargedToTheOutageAlone) {
    attempt_standing is;
    is.in_outage = true;
    for (const auto code : {error_code::http_5xx, error_code::connect_refused,
                            error_code::header_timeout, error_code::git_failed}) {
        const charge c = charged(code, is);
        EXPECT_EQ(c.level, charge_level::outage) << to_text(code);
        EXPECT_NE(c.container, verdict::failure) << "no breaker needs a repair of its own later";
        EXPECT_EQ(c.agent, verdict::neutral);
    }
    EXPECT_EQ(charged(error_code::http_429, is).level, charge_level::none);
    is.stage = attempt_stage::lived_session;
    EXPECT_EQ(charged(error_code::agent_exited, is).level, charge_level::bead)
        << "work that failed failed by itself";
}

TEST(Attribution, AProbeOfTheRoleIsChargedToTheRole) {
    attempt_standing is;
    is.role_probe = true;
    const charge c = charged(error_code::http_5xx, is);
    EXPECT_EQ(c.level, charge_level::role);
    EXPECT_EQ(c.role, verdict::failure);
    EXPECT_EQ(c.agent, verdict::neutral);
    EXPECT_EQ(charged(error_code::connect_refused, is).level, charge_level::container);
}

TEST(Attribution, B4SessionsLostTogetherAreTheContainers) {
    attempt_standing is;
    is.stage = attempt_stage::lived_session;
    is.lost_together = true;
    const charge c = charged(error_code::agent_no_heartbeat, is);
    EXPECT_EQ(c.level, charge_level::container);
    EXPECT_EQ(c.agent, verdict::neutral);
    is.lost_together = false;
    EXPECT_EQ(charged(error_code::agent_no_heartbeat, is).level, charge_level::agent)
        << "B5: one alone is its own";
}

}  // namespace
}  // namespace townd
