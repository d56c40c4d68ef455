// Who is to blame, as a table: every code of a start, of a session that died young, and of one that
// lived. A code that is added must be given a row.

#include "townd/decide/blame.hpp"

#include <gtest/gtest.h>

#include <map>

namespace townd {
namespace {

// What is not said is false, or neutral.
std::string told_of(const attributed& is) {
    if (!is.failure) return "nobody";
    std::string out{to_text(is.at)};
    if (is.agent == verdict::failure) out += " agent-failed";
    if (is.agent == verdict::success) out += " agent-well";
    if (is.whole) out += " whole";
    if (is.refused) out += " refused";
    if (is.asks_to_wait) out += " waits";
    if (is.local) out += " local";
    if (is.work) out += " work";
    return out;
}

dispatch_error error_of(error_code code, blame who = blame::unknown) {
    return {code, error_phase::start, who, "x"};
}

struct blame_row {
    std::string start;
    std::string young;  ///< A session, before it survived.
    std::string late;   ///< A session that survived.
};

const std::map<error_code, blame_row>& blame_table() {
    const blame_row gone{"answered whole", "survived whole", "survived whole"};
    const blame_row broke{"answered", "survived agent-failed", "done agent-well work"};
    const blame_row its_own{"answered agent-failed", "survived agent-failed",
                            "done agent-well work"};
    const blame_row asks{"answered waits", "survived waits", "done waits"};
    const blame_row ours{"nobody", "nobody", "nobody"};
    static const std::map<error_code, blame_row> table{
        {error_code::resolve_failed, gone},
        {error_code::connect_refused, gone},
        {error_code::connect_timeout, gone},
        {error_code::connect_unreachable, gone},
        {error_code::tls_failed, gone},
        {error_code::write_failed, broke},
        {error_code::header_timeout, broke},
        {error_code::body_timeout, broke},
        {error_code::reset, broke},
        {error_code::eof_early, broke},
        {error_code::http_4xx, broke},
        {error_code::http_429, asks},
        {error_code::http_5xx, its_own},
        {error_code::http_503_draining, asks},
        {error_code::body_invalid, broke},
        {error_code::body_too_large, broke},
        {error_code::start_rejected, its_own},
        {error_code::agent_exited, its_own},
        // Silence is the platform's, however late it comes: it costs no bead an attempt.
        {error_code::agent_no_heartbeat,
         {"answered agent-failed", "survived agent-failed", "survived agent-failed"}},
        {error_code::git_failed, its_own},
        {error_code::credentials_rejected,
         {"answered", "survived agent-failed", "survived agent-failed"}},
        {error_code::config_invalid,
         {"answered local", "survived agent-failed", "survived agent-failed"}},
        {error_code::budget_exceeded, ours},
        {error_code::storage_error, ours},
        {error_code::storage_too_big, ours},
        {error_code::cancelled, ours},
        {error_code::internal, ours},
        {error_code::unknown, broke},
    };
    return table;
}

TEST(BlameTable, EveryCodeHasItsRow) {
    ASSERT_EQ(blame_table().size(), static_cast<std::size_t>(error_code_count));
    for (const auto& [code, want] : blame_table()) {
        SCOPED_TRACE(to_text(code));
        EXPECT_EQ(told_of(blame_start(error_of(code))), want.start);
        EXPECT_EQ(told_of(blame_session(error_of(code), false, false)), want.young);
        EXPECT_EQ(told_of(blame_session(error_of(code), true, false)), want.late);
    }
}

// Whoever is named as the one to blame, and whatever the code: a start charges no bead, nor does
// a session that died young, or that the platform ended, or that was lost with others.
TEST(BlameTable, OnlyTheLateFailureOfOneSessionMayChargeABead) {
    for (int i = 0; i < error_code_count; ++i)
        for (const auto who :
             {blame::infrastructure, blame::agent, blame::config, blame::caller, blame::unknown}) {
            const auto code = static_cast<error_code>(i);
            const auto error = error_of(code, who);
            SCOPED_TRACE(std::string{to_text(code)} + " by " + std::string{to_text(who)});
            EXPECT_FALSE(blame_start(error).work);
            EXPECT_EQ(to_text(blame_start(error).at), "answered");
            const auto young = blame_session(error, false, false);
            EXPECT_FALSE(young.work);
            EXPECT_TRUE(!young.failure || young.at == stage::survived) << told_of(young);
            EXPECT_FALSE(blame_session(error, true, true).work);
            if (who == blame::infrastructure) {
                EXPECT_FALSE(blame_session(error, true, false).work);
            }
            const auto late = blame_session(error, true, false);
            EXPECT_TRUE(!late.work || late.at == stage::done) << told_of(late);
        }
}

TEST(BlameTable, LostTogetherIsTheContainersAtOnce) {
    const auto error = error_of(error_code::agent_no_heartbeat);
    for (const bool survived : {false, true})
        EXPECT_EQ(told_of(blame_session(error, survived, true)), "survived whole") << survived;
    EXPECT_EQ(told_of(blame_session(error_of(error_code::cancelled), true, true)), "nobody")
        << "what we stopped ourselves is lost to nobody";
}

TEST(BlameTable, WhatStandsInFrontOfTheContainerIsWholeAndItsOwnWordIsNot) {
    auto error = error_of(error_code::http_5xx);
    for (const int status : {502, 504}) {
        error.http_status = status;
        EXPECT_EQ(told_of(blame_start(error)), "answered whole") << status;
    }
    for (const int status : {500, 501, 503, 599}) {
        error.http_status = status;
        EXPECT_EQ(told_of(blame_start(error)), "answered agent-failed") << status;
    }
}

TEST(BlameTable, A4xxIsARefusedRequestOnlyWhereTheCallerIsToBlame) {
    EXPECT_EQ(told_of(blame_start(error_of(error_code::http_4xx, blame::caller))),
              "answered refused");
    EXPECT_EQ(told_of(blame_start(error_of(error_code::http_4xx, blame::infrastructure))),
              "answered");
}

TEST(BlameTable, TheKindOfACauseIsTheSameHoweverItIsWorded) {
    auto error = error_of(error_code::http_5xx);
    error.http_status = 500;
    error.container_phase = "initial_prompt";
    dispatch_error other{error_code::http_5xx, error_phase::start, blame::unknown,
                         "host 17 said no to agent 9 at 12:31"};
    other.http_status = 500;
    other.container_phase = "initial_prompt";
    const auto a = cause_of(error, blame_start(error));
    const auto b = cause_of(other, blame_start(other));
    EXPECT_EQ(a.kind(), b.kind());
    EXPECT_NE(a.words, b.words);
    other.http_status = 501;
    EXPECT_NE(cause_of(other, blame_start(other)).kind(), a.kind());
    other.http_status = 500;
    other.container_phase = std::string(10'000, 'x');
    const auto wild = cause_of(other, blame_start(other));
    EXPECT_NE(wild.kind(), a.kind());
    EXPECT_LE(wild.kind().size(), 100U) << "a container's word is no key without end";
    EXPECT_LE(wild.words.size(), 256U);
}

}  // namespace
}  // namespace townd
