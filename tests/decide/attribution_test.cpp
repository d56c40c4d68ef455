// Who is charged: the whole table. A code added without a line here fails the count at the end.

#include "townd/decide/attribution.hpp"

#include <gtest/gtest.h>

#include <map>

namespace townd {
namespace {

using enum charge_level;

struct line {
    charge_level start;
    charge_level young;
    charge_level lived;
};

// For a blame that says nothing more than the code does.
const std::map<error_code, line>& table() {
    using enum error_code;
    static const std::map<error_code, line> lines{
        {resolve_failed, {container, container, container}},
        {connect_refused, {container, container, container}},
        {connect_timeout, {container, container, container}},
        {connect_unreachable, {container, container, container}},
        {tls_failed, {container, container, container}},
        {write_failed, {container, container, container}},
        {header_timeout, {container, container, container}},
        {body_timeout, {container, container, container}},
        {reset, {container, container, container}},
        {eof_early, {container, container, container}},
        {body_invalid, {container, container, container}},
        {body_too_large, {container, container, container}},
        {http_4xx, {container, agent, bead}},
        {http_429, {none, none, none}},
        {http_5xx, {agent, agent, bead}},
        {http_503_draining, {none, none, none}},
        {start_rejected, {agent, agent, bead}},
        {agent_exited, {agent, agent, bead}},
        {agent_no_heartbeat, {agent, agent, agent}},
        {git_failed, {agent, agent, bead}},
        {credentials_rejected, {container, agent, agent}},
        {config_invalid, {rig, agent, agent}},
        {budget_exceeded, {none, none, none}},
        {storage_error, {none, none, none}},
        {storage_too_big, {none, none, none}},
        {cancelled, {none, none, none}},
        {internal, {none, none, none}},
        {unknown, {container, agent, bead}},
    };
    return lines;
}

charge charged(error_code code, attempt_stage stage, blame who = blame::agent) {
    return attribute(dispatch_error{code, error_phase::start, who, "x"}, {stage});
}

TEST(Attribution, EveryCodeAtEveryStageIsChargedAsTheTableSays) {
    ASSERT_EQ(table().size(), static_cast<std::size_t>(error_code_count));
    for (const auto& [code, want] : table()) {
        EXPECT_EQ(charged(code, attempt_stage::start).level, want.start) << to_text(code);
        EXPECT_EQ(charged(code, attempt_stage::young_session).level, want.young) << to_text(code);
        EXPECT_EQ(charged(code, attempt_stage::lived_session).level, want.lived) << to_text(code);
    }
}

template <class Check>
void for_all(Check check) {
    for (int i = 0; i < error_code_count; ++i)
        for (int who = 0; who <= static_cast<int>(blame::unknown); ++who)
            for (const auto stage : {attempt_stage::start, attempt_stage::young_session,
                                     attempt_stage::lived_session}) {
                const auto code = static_cast<error_code>(i);
                SCOPED_TRACE(std::string{to_text(code)} + " blamed on " +
                             std::string{to_text(static_cast<blame>(who))});
                check(code, static_cast<blame>(who), stage);
            }
}

TEST(Attribution, ChargesExactlyTheLevelThatItNames) {
    for_all([](error_code code, blame who, attempt_stage stage) {
        const charge c = charged(code, stage, who);
        EXPECT_EQ(c.container == verdict::failure, c.level == container);
        EXPECT_EQ(c.agent == verdict::failure, c.level == agent);
        EXPECT_NE(c.level, role) << "no breaker of that level charges by itself";
        if (c.level == none) {
            EXPECT_EQ(c.container, verdict::neutral);
            EXPECT_EQ(c.agent, verdict::neutral);
        }
        EXPECT_TRUE(!c.park || c.level == bead) << "only the work itself is parked";
    });
}

// A1, C2: an outage never costs a bead one of its attempts.
TEST(Attribution, APlatformFaultNeverChargesABead) {
    for_all([](error_code code, blame who, attempt_stage stage) {
        if (who != blame::infrastructure) return;
        EXPECT_NE(charged(code, stage, who).level, bead);
    });
}

// B6 of the traps, gascity #4841.
TEST(Attribution, UnknownIsAFailureAtEveryStage) {
    for (const auto stage :
         {attempt_stage::start, attempt_stage::young_session, attempt_stage::lived_session})
        EXPECT_NE(charged(error_code::unknown, stage, blame::unknown).level, none);
}

TEST(Attribution, A11ARefusedRequestParksItsBeadAndProvesTheContainer) {
    const charge c = charged(error_code::http_4xx, attempt_stage::start, blame::caller);
    EXPECT_EQ(c.level, bead);
    EXPECT_TRUE(c.park);
    EXPECT_EQ(c.container, verdict::success);
    EXPECT_EQ(c.agent, verdict::neutral);
}

// A breaker tracks the target's health: a prompt 500 about one agent is a living container.
TEST(Attribution, AnAnswerAboutTheAgentProvesTheContainer) {
    const charge c = charged(error_code::http_5xx, attempt_stage::start, blame::agent);
    EXPECT_EQ(c.level, agent);
    EXPECT_EQ(c.container, verdict::success);
    // What stands in front of the container answers 502 and 504 for it.
    dispatch_error gateway{error_code::http_5xx, error_phase::start, blame::infrastructure, "bad"};
    for (const int status : {502, 504}) {
        gateway.http_status = status;
        EXPECT_EQ(attribute(gateway, {attempt_stage::start}).level, container) << status;
    }
    gateway.http_status = 500;
    EXPECT_EQ(attribute(gateway, {attempt_stage::start}).level, agent);
}

// A12, A13, C9: waits with their own reasons.
TEST(Attribution, A12RateLimitsDrainingAndOurOwnLimitsChargeNobody) {
    for (const auto code : {error_code::http_429, error_code::http_503_draining,
                            error_code::budget_exceeded, error_code::cancelled})
        for_all([&](error_code, blame who, attempt_stage stage) {
            EXPECT_EQ(charged(code, stage, who).level, none);
        });
}

// B1: each session that lived and failed counts, however well it started.
TEST(Attribution, B1ASessionThatLivedAndFailedCountsAgainstTheBeadAndProvesTheAgent) {
    const charge c = charged(error_code::agent_exited, attempt_stage::lived_session);
    EXPECT_EQ(c.level, bead);
    EXPECT_EQ(c.agent, verdict::success);
    EXPECT_FALSE(c.park) << "it may try again";
}

}  // namespace
}  // namespace townd
