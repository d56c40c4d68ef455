// Each way to answer a start, over real sockets.

#include <gtest/gtest.h>

#include <sstream>

#include "standin/town.hpp"

namespace townd::standin {
namespace {

using namespace std::chrono_literals;

options quiet(behaviour mode = behaviour::ok) {
    options out;
    out.mode = mode;
    out.work_time = 10min;  // Agents of these tests just live.
    out.review_time = 10min;
    return out;
}

TEST(Start, BeginsAnAgentAndAnswersItsRecord) {
    const town t{quiet()};
    const auto answer = t.start("agent-1");
    EXPECT_EQ(answer.status(), 201) << answer.bytes;
    const json record = answer.body_json();
    EXPECT_EQ(record["agentId"], "agent-1");
    EXPECT_EQ(record["rigId"], "rig-1");
    EXPECT_EQ(record["status"], "running");
    EXPECT_TRUE(record["exitReason"].is_null());
    EXPECT_EQ(answer.bytes.find("secret"), std::string::npos);
    EXPECT_EQ(t.box->live_agents(), 1U);
    const auto status = t.status("agent-1");
    EXPECT_EQ(status.status(), 200);
    EXPECT_EQ(status.body_json()["sessionId"], record["sessionId"]);
    EXPECT_EQ(t.status("agent-2").status(), 404);
}

TEST(Start, RefusesAWrongBodyWithItsIssues) {
    const town t{quiet()};
    json body = start_body("agent-1");
    body.erase("gitUrl");
    const auto answer = t.send("POST", "/agents/start", dump_json(body));
    EXPECT_EQ(answer.status(), 400);
    EXPECT_EQ(answer.body_json()["error"], "Invalid request body");
    EXPECT_EQ(answer.body_json()["issues"][0]["path"], json::array({"gitUrl"}));
    EXPECT_EQ(t.send("POST", "/agents/start", "{nonsense").status(), 400);
    EXPECT_EQ(t.box->live_agents(), 0U);
    EXPECT_EQ(t.box->starts_received(), 2U);
}

TEST(Start, IsRefusedForAnAgentThatLives) {
    const town t{quiet()};
    EXPECT_EQ(t.start("agent-1").status(), 201);
    const auto second = t.start("agent-1");
    EXPECT_EQ(second.status(), 500);
    EXPECT_EQ(second.body_json()["error"], "Agent agent-1 is already running");
    EXPECT_EQ(t.box->live_agents(), 1U);
}

TEST(Start, MadeTwiceAtOnceBeginsOneAgent) {
    const town t{quiet()};
    for (int round = 0; round < 20; ++round) {
        const std::string agent = "agent-" + std::to_string(round);
        int other = 0;
        std::thread rival{[&] { other = t.start(agent).status(); }};
        const int mine = t.start(agent).status();
        rival.join();
        EXPECT_EQ(mine + other, 701) << mine << ' ' << other;
    }
    EXPECT_EQ(t.box->live_agents(), 20U);
    EXPECT_EQ(t.box->starts_received(), 40U);
}

TEST(Start, BeginsASecondSessionWhenNaive) {
    auto opts = quiet();
    opts.naive = true;
    const town t{opts};
    EXPECT_EQ(t.start("agent-1").status(), 201);
    EXPECT_EQ(t.start("agent-1").status(), 201);
    EXPECT_EQ(t.box->live_agents(), 2U);
    EXPECT_EQ(t.send("POST", "/agents/agent-1/stop").status(), 200);
    EXPECT_EQ(t.box->live_agents(), 0U);
}

TEST(Start, IsRememberedWithItsDispatch) {
    town t{quiet()};
    t.box->set_behaviour("refinery", behaviour::http_500);
    EXPECT_EQ(t.start("agent-1").status(), 201);
    EXPECT_EQ(t.start("agent-2", "refinery").status(), 500);
    const auto seen = t.box->starts();
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[0].agent, "agent-1");
    EXPECT_EQ(seen[0].dispatch, "d-agent-1");
    EXPECT_EQ(seen[0].town, "town-1");
    EXPECT_TRUE(seen[0].began);
    EXPECT_EQ(seen[1].role, "refinery");
    EXPECT_FALSE(seen[1].began);
    EXPECT_LE(seen[0].at, seen[1].at);
    EXPECT_EQ(t.box->starts_received("polecat"), 1U);
    EXPECT_EQ(t.box->starts_received("refinery"), 1U);
    EXPECT_EQ(t.box->starts_received("mayor"), 0U);
}

TEST(StandIn, FailsOneRoleAndServesTheOthers) {
    auto opts = quiet();
    opts.by_role = {{"polecat", behaviour::http_500}};
    const town t{opts};
    EXPECT_EQ(t.start("p").status(), 500);
    EXPECT_EQ(t.start("m", "mayor").status(), 201);
    EXPECT_EQ(t.start("r", "refinery").status(), 201);
    t.box->clear_roles();
    EXPECT_EQ(t.start("p").status(), 201);
    EXPECT_EQ(t.box->live_agents(), 3U);
}

TEST(StandIn, CannotRefuseConnectsOfOneRole) {
    const town t{quiet()};
    const auto set = t.box->set_behaviour("polecat", behaviour::refuse);
    ASSERT_FALSE(set);
    EXPECT_EQ(set.error().kind, errc::invalid);
    EXPECT_EQ(t.start("p").status(), 201);
}

TEST(StandIn, AnswersAStructuredError) {
    const town t{quiet(behaviour::http_500)};
    const auto answer = t.start("agent-1");
    EXPECT_EQ(answer.status(), 500);
    const json body = answer.body_json();
    EXPECT_EQ(body["phase"], "initial_prompt");
    EXPECT_EQ(body["status"], 500);
    for (const auto* field : {"error", "error_type", "action"}) {
        EXPECT_FALSE(text_at(body, field).value_or("").empty()) << field;
    }
    EXPECT_EQ(t.box->live_agents(), 0U);
    EXPECT_EQ(t.send("GET", "/health").status(), 200);
}

TEST(StandIn, AnswersAnEmptyError) {
    const auto answer = town{quiet(behaviour::http_500_empty)}.start("agent-1");
    EXPECT_EQ(answer.status(), 500);
    EXPECT_NE(answer.head().find("Content-Length: 0"), std::string::npos);
    EXPECT_EQ(answer.body(), "");
}

TEST(StandIn, AnswersAPage) {
    const auto answer = town{quiet(behaviour::http_500_html)}.start("agent-1");
    EXPECT_EQ(answer.status(), 500);
    EXPECT_NE(answer.head().find("Content-Type: text/html"), std::string::npos);
    EXPECT_TRUE(answer.body().starts_with("<!DOCTYPE html>"));
}

TEST(StandIn, CutsItsAnswerShort) {
    const auto answer = town{quiet(behaviour::http_500_truncated)}.start("agent-1");
    EXPECT_EQ(answer.status(), 500);
    EXPECT_EQ(answer.end, wire_end::closed);
    const auto field = answer.head().find("Content-Length: ");
    ASSERT_NE(field, std::string::npos);
    const auto promised = std::stoul(answer.head().substr(field + 16));
    EXPECT_GT(answer.body().size(), 0U);
    EXPECT_LT(answer.body().size(), promised);
}

TEST(StandIn, RefusesTheBodyWithIssues) {
    const auto answer = town{quiet(behaviour::http_400)}.start("agent-1");
    EXPECT_EQ(answer.status(), 400);
    EXPECT_EQ(answer.body_json()["error"], "Invalid request body");
    EXPECT_EQ(answer.body_json()["issues"].size(), 1U);
}

TEST(StandIn, LimitsTheRateWithAHint) {
    const auto answer = town{quiet(behaviour::http_429)}.start("agent-1");
    EXPECT_EQ(answer.status(), 429);
    EXPECT_NE(answer.head().find("Retry-After: 2"), std::string::npos);
    EXPECT_EQ(answer.body_json()["error_type"], "rate_limit_exceeded");
    EXPECT_EQ(answer.body_json()["phase"], "initial_prompt");
    EXPECT_EQ(answer.body_json()["status"], 429);
}

TEST(StandIn, DrainsAndSaysSo) {
    const town t{quiet(behaviour::draining)};
    const auto answer = t.start("agent-1");
    EXPECT_EQ(answer.status(), 503);
    EXPECT_EQ(answer.body_json()["error"], "Container is draining, cannot start new agents");
    EXPECT_EQ(t.send("GET", "/health").body_json()["draining"], true);
    EXPECT_TRUE(t.box->set_behaviour(behaviour::ok));
    EXPECT_FALSE(t.send("GET", "/health").body_json().contains("draining"));
}

TEST(StandIn, RunsTheAgentThatItSaysIsAlreadyRunning) {
    const town t{quiet(behaviour::already_running)};
    for (int i = 0; i < 2; ++i) {
        const auto answer = t.start("agent-1");
        EXPECT_EQ(answer.status(), 500);
        EXPECT_EQ(answer.body_json()["error"], "Agent agent-1 is already running");
    }
    EXPECT_EQ(t.status("agent-1").body_json()["status"], "running");
    EXPECT_EQ(t.box->live_agents(), 1U);
}

TEST(StandIn, ResetsTheConnection) {
    const town t{quiet(behaviour::reset)};
    const auto answer = t.start("agent-1");
    EXPECT_EQ(answer.end, wire_end::reset);
    EXPECT_TRUE(answer.connected);
    EXPECT_EQ(answer.bytes, "");
    EXPECT_EQ(t.box->starts_received(), 1U);
    EXPECT_EQ(t.send("GET", "/health").end, wire_end::reset);
}

TEST(StandIn, AnswersGarbage) {
    const town t{quiet(behaviour::garbage)};
    const auto answer = t.start("agent-1");
    EXPECT_EQ(answer.bytes.size(), 512U);
    EXPECT_EQ(answer.status(), 0);
    EXPECT_EQ(t.send("GET", "/health").bytes, answer.bytes);
}

TEST(StandIn, HangsBeforeItsAnswer) {
    const town t{quiet(behaviour::hang_response)};
    const auto answer =
        t.send("POST", "/agents/start", dump_json(start_body("agent-1")), {}, 300ms);
    EXPECT_TRUE(answer.connected);
    EXPECT_EQ(answer.end, wire_end::timed_out);
    EXPECT_EQ(answer.bytes, "");
    EXPECT_TRUE(eventually([&] { return t.box->starts_received() == 1; }));
    EXPECT_EQ(t.box->live_agents(), 0U);
    EXPECT_TRUE(t.box->set_behaviour(behaviour::ok));
    EXPECT_EQ(t.status("agent-1").status(), 404);
}

TEST(StandIn, AnswersLateForAnAgentThatLivesAlready) {
    auto opts = quiet(behaviour::late);
    opts.late_by = 400ms;
    const town t{opts};
    const auto before = std::chrono::steady_clock::now();
    wire_answer answer;
    std::thread caller{[&] { answer = t.start("agent-1"); }};
    EXPECT_TRUE(t.api.wait_for("/heartbeat"));
    EXPECT_EQ(t.status("agent-1").body_json()["status"], "running");
    caller.join();
    EXPECT_EQ(answer.status(), 201);
    EXPECT_GE(std::chrono::steady_clock::now() - before, 400ms);
}

TEST(StandIn, AnswersNotFoundAndBadRequests) {
    const town t{quiet()};
    EXPECT_EQ(t.send("GET", "/").status(), 404);
    EXPECT_EQ(t.send("GET", "/nothing").status(), 404);
    EXPECT_EQ(t.send("GET", "/agents/start").status(), 404);
    EXPECT_EQ(t.send("POST", "/agents/a/b/c").status(), 404);
    EXPECT_EQ(exchange_bytes(t.port(), "this is not HTTP\r\n\r\n").status(), 400);
    EXPECT_EQ(exchange_bytes(t.port(), "GET /health HTTP/1.1\r\nHost: x\r\n" +
                                           ("X: " + std::string(70'000, 'x')) + "\r\n\r\n")
                  .status(),
              400);
    EXPECT_EQ(t.send("GET", "/health").status(), 200);
}

TEST(StandIn, TakesOrdersFromSeveralThreadsAtOnce) {
    auto opts = quiet();
    opts.heartbeat_every = 10ms;
    const town t{opts};
    std::vector<std::thread> crowd;
    crowd.emplace_back([&] {
        for (int i = 0; i < 60; ++i)
            static_cast<void>(t.start("agent-" + std::to_string(i % 7)));
    });
    crowd.emplace_back([&] {
        for (int i = 0; i < 30; ++i) {
            EXPECT_TRUE(t.box->set_behaviour(i % 2 == 0 ? behaviour::refuse : behaviour::ok));
            EXPECT_TRUE(t.box->set_behaviour("mayor", behaviour::late));
        }
    });
    crowd.emplace_back([&] {
        for (int i = 0; i < 30; ++i) {
            t.box->kill_all();
            EXPECT_LE(t.box->live_agents(), 7U);
            EXPECT_LE(t.box->starts().size(), 60U);
        }
    });
    for (auto& one : crowd)
        one.join();
    t.box->kill_all();
    EXPECT_TRUE(t.box->set_behaviour(behaviour::ok));
    EXPECT_EQ(t.start("last").status(), 201);
    EXPECT_EQ(t.box->live_agents(), 1U);
}

TEST(StandIn, RefusesOptionsThatMakeNoSense) {
    boost::asio::io_context io{1};
    fake_town_api api;
    const wall_clock clock;
    const auto fails = [&](const options& opts) {
        const auto made = container::start(io, clock, api, opts);
        return made ? std::string{} : made.error().what;
    };
    options opts;
    opts.listen = "nowhere";
    EXPECT_NE(fails(opts).find("'nowhere'"), std::string::npos);
    opts.listen = "127.0.0.1:99999";
    EXPECT_NE(fails(opts), "");
    opts = {};
    opts.by_role = {{"mayor", behaviour::hang_connect}};
    EXPECT_NE(fails(opts).find("mayor"), std::string::npos);
    opts = {};
    opts.heartbeat_every = duration{9};
    EXPECT_NE(fails(opts).find("heartbeat_every"), std::string::npos);
    opts = {};
    opts.start_log = "/nonexistent/dir/log";
    EXPECT_NE(fails(opts).find("/nonexistent/dir/log"), std::string::npos);
    EXPECT_EQ(fails({}), "");
}

}  // namespace
}  // namespace townd::standin
