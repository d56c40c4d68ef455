#include <gtest/gtest.h>

#include "debug/fake_fleet.hpp"

namespace townd::debug {
namespace {

store::error_group group_of(const std::string& fingerprint, const std::string& code,
                            const std::string& role, std::int64_t count, duration ago) {
    return {fingerprint,        code,  "connect",          role,
            "<script>\x1b[31m", count, test_now - ago * 2, test_now - ago};
}

dispatch failed_dispatch(const std::string& id) {
    auto out = test_dispatch(id, test_agent("g1", "r1", "Toast"), "b1", 4);
    out.state = dispatch_state::failed;
    out.outcome = attempt_outcome::failure;
    out.error = refused_error();
    out.ended_at = test_now;
    return out;
}

void expect_fields(const json& item, const std::vector<const char*>& names) {
    for (const char* name : names)
        EXPECT_TRUE(item.contains(name)) << name << " in " << item.dump();
}

TEST(Errors, AreSummedByCodeRoleAndTown) {
    test_face face;
    face.fleet.add("t1").errors = {
        group_of("a", "connect_refused", "polecat", 3, std::chrono::minutes{5}),
        group_of("b", "connect_refused", "mayor", 4, std::chrono::minutes{6})};
    face.fleet.add("t2").errors = {
        group_of("a", "connect_refused", "polecat", 5, std::chrono::minutes{1}),
        group_of("c", "http_5xx", "polecat", 1, std::chrono::hours{3})};
    const auto codes = face.get_json("/debug/v1/errors?group=code");
    ASSERT_EQ(codes["items"].size(), 2U);
    const auto& refused = codes["items"][0];
    EXPECT_EQ(refused["code"], "connect_refused");
    EXPECT_EQ(refused["count"], 12);
    EXPECT_EQ(refused["towns"], 2);
    EXPECT_EQ(refused["causes"], 2);
    EXPECT_EQ(refused["newest_town"], "t2");
    EXPECT_EQ(refused["last_at"], to_rfc3339(test_now - std::chrono::minutes{1}));
    const auto roles = face.get_json("/debug/v1/errors?group=role");
    EXPECT_EQ(roles["items"][0]["role"], "polecat");
    EXPECT_EQ(roles["items"][0]["count"], 9);
    const auto towns = face.get_json("/debug/v1/errors?group=town&role=polecat&since=1h");
    ASSERT_EQ(towns["items"].size(), 2U);
    EXPECT_EQ(towns["items"][0]["town"], "t2");
    EXPECT_EQ(towns["items"][0]["count"], 5);
    EXPECT_EQ(face.get_json("/debug/v1/errors?since=1h")["page"]["total"], 2);
    EXPECT_EQ(face.get("/debug/v1/errors?group=endpoint").status, 400);
}

TEST(OneError, ShowsSamplesTownsTimelineAndTheFirstAttempt) {
    test_face face;
    const auto fingerprint = refused_error().fingerprint("polecat");
    for (const char* town : {"t1", "t2", "t3"}) {
        face.history.attempt_ended(town, failed_dispatch(std::string{"d-"} + town), duration{2});
        face.fleet.add(town).errors = {
            group_of(fingerprint, "connect_refused", "polecat", 1, duration{1'000})};
    }
    const auto body = face.get_json("/debug/v1/errors/" + fingerprint + "?limit=2");
    expect_fields(body, {"fingerprint",
                         "code",
                         "phase",
                         "role",
                         "message",
                         "count",
                         "towns",
                         "newest_town",
                         "sample_towns",
                         "first_at",
                         "first_age_seconds",
                         "last_at",
                         "last_age_seconds",
                         "last_hour",
                         "towns_last_hour",
                         "by_minute",
                         "samples",
                         "first_attempt",
                         "related_config_change",
                         "affected_towns",
                         "page",
                         "as_of"});
    EXPECT_EQ(body["last_hour"], 3);
    EXPECT_EQ(body["towns_last_hour"], 3);
    EXPECT_EQ(body["by_minute"].size(), 60U);
    EXPECT_EQ(body["by_minute"][59], 3);
    EXPECT_EQ(body["first_attempt"]["id"], "d-t1");
    EXPECT_EQ(body["samples"].size(), 3U);
    EXPECT_EQ(body["affected_towns"].size(), 2U);
    EXPECT_EQ(body["page"]["total"], 3);
    EXPECT_EQ(body["page"]["next_cursor"], "2");
    const auto rest = face.get_json("/debug/v1/errors/" + fingerprint + "?limit=2&cursor=2");
    EXPECT_EQ(rest["affected_towns"].size(), 1U);
    EXPECT_EQ(face.get("/debug/v1/errors/nothing").status, 404);
}

TEST(OneAttempt, IsFoundWithoutItsTownWhileItIsASample) {
    test_face face;
    face.fleet.add("t1");
    face.history.attempt_ended("t1", failed_dispatch("d-1"), duration{2});
    const auto body = face.get_json("/debug/v1/attempts/d-1");
    expect_fields(body, {"id", "town", "role", "agent", "bead", "attempt", "outcome", "started_at",
                         "duration_seconds", "phases", "endpoint", "request", "error", "breakers",
                         "next_attempt_at", "next_attempt_in_seconds"});
    EXPECT_EQ(body["town"], "t1");
    EXPECT_EQ(body["endpoint"], "10.20.4.17:8080");
    expect_fields(body["error"], {"code", "phase", "message", "blame", "retryable", "sys", "http",
                                  "body_excerpt", "body_truncated", "stderr_tail", "fingerprint"});
    EXPECT_EQ(body["error"]["sys"]["value"], 111);
    EXPECT_TRUE(body["error"]["http"].is_null());
    EXPECT_EQ(face.get("/debug/v1/attempts/d-2").status, 404);
}

TEST(Summary, CarriesTheFiveNumbersAndWhatIsInTheWay) {
    test_face face;
    auto& town = face.fleet.add("t1");
    town.waiting.by_reason[static_cast<std::size_t>(gate_reason::backing_off)] = 2;
    town.waiting.by_reason[static_cast<std::size_t>(gate_reason::breaker_open)] = 5;
    town.waiting.oldest = test_now - std::chrono::minutes{9};
    town.last_tick = {{"invariantViolations", 2}};
    breaker_entry entry;
    entry.scope = breaker_scope::agent;
    entry.role = agent_role::refinery;
    (void)entry.state.force(breaker_state::forced_open, test_now, never);
    town.breakers["agent/r1/refinery/Rob"] = entry;
    face.fleet.board = std::make_shared<const outage_board>(outage_board{outage_summary{}});
    face.clock.at -= std::chrono::minutes{60};
    face.history.sample(7, 8);
    face.clock.at = test_now - std::chrono::minutes{1};
    face.history.attempt_ended("t1", failed_dispatch("d-1"), duration{2});
    face.history.starts_suppressed("t1", "polecat", "OutageOpen", 6);
    face.clock.at = test_now;
    const auto body = face.get_json("/debug/v1/summary");
    const auto& n = body["numbers"];
    EXPECT_EQ(n["towns_dispatching"]["now"], 1);
    EXPECT_EQ(n["towns_dispatching"]["hour_ago"], 7);
    EXPECT_EQ(n["towns_dispatching"]["hour_ago_total"], 8);
    EXPECT_EQ(n["breakers_by_role"]["refinery"]["forced_open"], 1);
    EXPECT_EQ(n["breakers_by_role"]["polecat"]["forced_open"], 0);
    EXPECT_FALSE(n["breakers_by_role"].contains("container"));
    EXPECT_EQ(n["dispatches_per_minute"]["failed"], 1);
    EXPECT_EQ(n["dispatches_per_minute"]["ok"], 0);
    EXPECT_EQ(n["dispatches_per_minute"]["suppressed"], 6);
    EXPECT_EQ(n["ready_not_started"]["count"], 7);
    EXPECT_EQ(n["ready_not_started"]["oldest_town"], "t1");
    EXPECT_DOUBLE_EQ(n["ready_not_started"]["oldest_age_seconds"].get<double>(), 540.0);
    EXPECT_EQ(n["last_tick"]["violations"], 2);
    EXPECT_DOUBLE_EQ(n["last_tick"]["last_tick_age_seconds"].get<double>(), 1.0);
    EXPECT_EQ(body["top_reasons"][0]["reason"], "BreakerOpen");
    EXPECT_EQ(body["outages"].size(), 1U);
    EXPECT_EQ(body["retry_budget"]["failures_1h"], 0);
    EXPECT_EQ(body["stuck"]["towns"], 0);
    EXPECT_TRUE(body["orders"].is_array());
    EXPECT_TRUE(body["orders_problem"].is_null());
}

}  // namespace
}  // namespace townd::debug
