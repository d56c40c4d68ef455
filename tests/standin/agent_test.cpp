// The life of an agent, as the town API sees it.

#include <gtest/gtest.h>

#include "standin/town.hpp"

namespace townd::standin {
namespace {

using namespace std::chrono_literals;

constexpr auto agent_path = "/api/towns/town-1/rigs/rig-1/agents/agent-1";

options quick() {
    options out;
    out.work_time = 30ms;
    out.review_time = 30ms;
    out.heartbeat_every = 10ms;
    out.callback_backoff = 5ms;
    out.die_after = 30ms;
    return out;
}

json body_of(const http_call& call) {
    const auto parsed = parse_json(call.body);
    return parsed ? *parsed : json(nullptr);
}

std::vector<std::string> targets_without_heartbeats(const fake_town_api& api) {
    std::vector<std::string> out;
    for (const auto& call : api.calls()) {
        if (!call.target.ends_with("/heartbeat")) out.push_back(call.method + " " + call.target);
    }
    return out;
}

TEST(Agent, SendsHeartbeatsAtOnceAndAgain) {
    auto opts = quick();
    opts.work_time = 10min;
    const town t{opts};
    EXPECT_EQ(t.start("agent-1").status(), 201);
    ASSERT_TRUE(t.api.wait_for("/heartbeat", 3));
    const auto call = t.api.calls().front();
    EXPECT_EQ(call.method, "POST");
    EXPECT_EQ(call.url, "http://town.example:1234");
    EXPECT_EQ(call.target, std::string{agent_path} + "/heartbeat");
    EXPECT_EQ(header_of(call, "Authorization"), "Bearer session-secret");
    EXPECT_EQ(header_of(call, "X-Gastown-Agent-Id"), "agent-1");
    EXPECT_EQ(header_of(call, "X-Gastown-Rig-Id"), "rig-1");
    EXPECT_EQ(header_of(call, "X-Dispatch-Id"), "d-agent-1");
    const json body = body_of(call);
    for (const auto* field : {"agentId", "rigId", "townId", "status", "timestamp", "lastEventType",
                              "lastEventAt", "activeTools", "messageCount"}) {
        EXPECT_TRUE(body.contains(field)) << field;
    }
    EXPECT_FALSE(text_at(body, "containerInstanceId").value_or("").empty());
    EXPECT_TRUE(parse_time(text_at(body, "timestamp").value_or("")));
}

TEST(Polecat, HandsItsWorkInAndEnds) {
    town t{quick()};
    t.api.answer_with(api_with_hook("bead-7"));
    EXPECT_EQ(t.start("agent-1").status(), 201);
    ASSERT_TRUE(t.api.wait_for("/completed"));
    const std::string path = agent_path;
    EXPECT_EQ(targets_without_heartbeats(t.api),
              (std::vector<std::string>{"GET " + path + "/prime", "POST " + path + "/done",
                                        "POST " + path + "/completed"}));
    EXPECT_EQ(body_of(t.api.calls_to("/done")[0])["branch"], "gt/toast/12345678");
    EXPECT_NE(body_of(t.api.calls_to("/done")[0])["summary"], "");
    EXPECT_EQ(body_of(t.api.calls_to("/completed")[0])["status"], "completed");
    EXPECT_EQ(header_of(t.api.calls_to("/completed")[0], "X-Dispatch-Id"), "d-agent-1");
    EXPECT_EQ(t.box->live_agents(), 0U);
    EXPECT_EQ(t.status("agent-1").body_json()["status"], "exited");
    EXPECT_EQ(t.start("agent-1").status(), 201) << "an ended agent can be started again";
}

TEST(Polecat, HasNothingToHandInWithoutAHook) {
    const town t{quick()};
    EXPECT_EQ(t.start("agent-1").status(), 201);
    ASSERT_TRUE(t.api.wait_for("/completed"));
    EXPECT_TRUE(t.api.calls_to("/done").empty());
}

TEST(Polecat, ReportsThatItFailed) {
    auto opts = quick();
    opts.fail_work = true;
    const town t{opts};
    EXPECT_EQ(t.start("agent-1").status(), 201);
    ASSERT_TRUE(t.api.wait_for("/completed"));
    const json body = body_of(t.api.calls_to("/completed")[0]);
    EXPECT_EQ(body["status"], "failed");
    EXPECT_NE(body["reason"], "");
    EXPECT_TRUE(t.api.calls_to("/done").empty());
    EXPECT_EQ(t.status("agent-1").body_json()["status"], "failed");
}

TEST(Refinery, MergesWhatItIsHookedTo) {
    town t{quick()};
    t.api.answer_with(api_with_hook("mr/9"));
    EXPECT_EQ(t.start("agent-1", "refinery").status(), 201);
    ASSERT_TRUE(t.api.wait_for("/completed"));
    const std::string path = agent_path;
    const std::string verdict = "/api/towns/town-1/rigs/rig-1/review-queue/mr%2F9/complete";
    EXPECT_EQ(targets_without_heartbeats(t.api),
              (std::vector<std::string>{"GET " + path + "/prime", "POST " + verdict,
                                        "POST " + path + "/completed"}));
    const json body = body_of(t.api.calls_to("/complete")[0]);
    EXPECT_EQ(body["entry_id"], "mr/9");
    EXPECT_EQ(body["status"], "merged");
    EXPECT_EQ(text_at(body, "commit_sha").value_or("").size(), 40U);
}

TEST(Mayor, WaitsAndStaysAndListens) {
    const town t{quick()};
    EXPECT_EQ(t.start("agent-1", "mayor").status(), 201);
    ASSERT_TRUE(t.api.wait_for("/waiting"));
    EXPECT_EQ(body_of(t.api.calls_to("/waiting")[0])["agentId"], "agent-1");
    const auto beats = t.api.calls_to("/heartbeat").size();
    EXPECT_TRUE(t.api.wait_for("/heartbeat", beats + 3));
    EXPECT_EQ(t.box->live_agents(), 1U);
    EXPECT_EQ(t.send("POST", "/agents/agent-1/message", "{}").status(), 400);
    const auto told = t.send("POST", "/agents/agent-1/message", R"({"prompt":"Hello"})");
    EXPECT_EQ(told.body_json()["sent"], true);
    EXPECT_TRUE(t.api.wait_for("/waiting", 2));
    EXPECT_EQ(t.status("agent-1").body_json()["messageCount"], 2);
    EXPECT_EQ(t.send("POST", "/agents/agent-2/message", R"({"prompt":"x"})").status(), 404);
}

TEST(Agent, StopsWhenAskedAndReportsIt) {
    auto opts = quick();
    opts.work_time = 10min;
    const town t{opts};
    EXPECT_EQ(t.start("agent-1").status(), 201);
    EXPECT_EQ(t.send("POST", "/agents/agent-1/stop").body_json()["stopped"], true);
    EXPECT_EQ(t.box->live_agents(), 0U);
    ASSERT_TRUE(t.api.wait_for("/completed"));
    const json body = body_of(t.api.calls_to("/completed")[0]);
    EXPECT_EQ(body["status"], "completed");
    EXPECT_EQ(body["reason"], "stopped");
    EXPECT_EQ(t.status("agent-1").body_json()["exitReason"], "stopped");
    EXPECT_EQ(t.send("POST", "/agents/agent-1/stop").status(), 200);
    EXPECT_EQ(t.api.calls_to("/completed").size(), 1U);
    EXPECT_EQ(t.send("POST", "/agents/agent-2/stop").status(), 404);
}

TEST(Agent, DiesAfterItsStartWithoutAHeartbeat) {
    auto opts = quick();
    opts.mode = behaviour::start_then_die;
    const town t{opts};
    EXPECT_EQ(t.start("agent-1").status(), 201);
    ASSERT_TRUE(t.api.wait_for("/completed"));
    const json body = body_of(t.api.calls_to("/completed")[0]);
    EXPECT_EQ(body["status"], "failed");
    EXPECT_EQ(body["reason"], "model api: prefill error");
    EXPECT_EQ(t.api.calls().size(), 1U);
    EXPECT_EQ(t.status("agent-1").body_json()["status"], "failed");
    EXPECT_EQ(t.status("agent-1").body_json()["exitReason"], "model api: prefill error");
}

TEST(Agent, TriesAgainWhileTheApiIsAway) {
    town t{quick()};
    int failures = 4;
    t.api.answer_with([&failures](const http_call& call) {
        if (call.target.ends_with("/done") && failures > 0) {
            return --failures % 2 == 0 ? api_away() : api_answer(503);
        }
        return api_with_hook("bead-7")(call);
    });
    EXPECT_EQ(t.start("agent-1").status(), 201);
    ASSERT_TRUE(t.api.wait_for("/completed"));
    EXPECT_EQ(t.api.calls_to("/done").size(), 5U);
    EXPECT_EQ(body_of(t.api.calls_to("/completed")[0])["status"], "completed");
}

TEST(Agent, GivesUpAfterItsLastTry) {
    town t{quick()};
    t.api.answer_with([](const http_call& call) {
        if (call.target.ends_with("/done")) return api_away();
        return api_with_hook("bead-7")(call);
    });
    EXPECT_EQ(t.start("agent-1").status(), 201);
    EXPECT_TRUE(eventually([&] { return t.box->live_agents() == 0; }));
    EXPECT_EQ(t.api.calls_to("/done").size(), 5U);
    EXPECT_TRUE(t.api.calls_to("/completed").empty());
    EXPECT_EQ(t.status("agent-1").body_json()["exitReason"], "the town API cannot be reached");
}

TEST(Agent, GoesOnBeatingWhileTheApiIsAway) {
    auto opts = quick();
    opts.work_time = 10min;
    opts.callback_tries = 2;
    town t{opts};
    t.api.answer_with([](const http_call&) { return api_away(); });
    EXPECT_EQ(t.start("agent-1").status(), 201);
    EXPECT_TRUE(t.api.wait_for("/heartbeat", 7));
    EXPECT_EQ(t.box->live_agents(), 1U);
}

TEST(Agent, LeavesWhenItIsNotWanted) {
    town t{quick()};
    t.api.answer_with([](const http_call&) { return api_answer(403); });
    EXPECT_EQ(t.start("agent-1").status(), 201);
    EXPECT_TRUE(eventually([&] { return t.box->live_agents() == 0; }));
    EXPECT_EQ(t.api.calls().size(), 1U);
}

TEST(StartLog, HasTheStartBeforeTheAnswer) {
    const temp_dir dir;
    auto opts = quick();
    opts.work_time = 10min;
    opts.start_log = dir.file("log");
    const town t{opts};
    for (std::size_t i = 1; i <= 20; ++i) {
        const std::string agent = "agent-" + std::to_string(i);
        EXPECT_EQ(t.start(agent).status(), 201);
        const auto lines = read_lines(opts.start_log);
        ASSERT_EQ(lines.size(), i);
        EXPECT_EQ(lines.back()["event"], "start");
        EXPECT_EQ(lines.back()["agent"], agent);
        EXPECT_EQ(lines.back()["dispatch"], "d-" + agent);
        EXPECT_EQ(lines.back()["town"], "town-1");
        EXPECT_TRUE(lines.back()["bead"].is_null());
        EXPECT_TRUE(lines.back()["attempt"].is_null());
        EXPECT_GT(lines.back()["t"].get<std::int64_t>(), 0);
    }
}

TEST(StartLog, TellsTheWholeLife) {
    const temp_dir dir;
    auto opts = quick();
    opts.start_log = dir.file("log");
    {
        town t{opts};
        t.api.answer_with(api_with_hook("bead-7"));
        EXPECT_EQ(t.start("agent-1").status(), 201);
        ASSERT_TRUE(t.api.wait_for("/agent-1/completed"));
        EXPECT_TRUE(t.box->set_behaviour(behaviour::http_500));
        EXPECT_EQ(t.start("agent-2").status(), 500);
        EXPECT_TRUE(t.box->set_behaviour(behaviour::ok));
        EXPECT_EQ(t.start("agent-3", "mayor").status(), 201);
        EXPECT_EQ(t.send("POST", "/agents/agent-3/stop").status(), 200);
        EXPECT_EQ(t.start("agent-4", "mayor").status(), 201);
        t.box->kill_all();
    }
    std::vector<std::string> told;
    for (const auto& line : read_lines(opts.start_log)) {
        told.push_back(line["event"].get<std::string>() + " " + line["agent"].get<std::string>() +
                       " " + (line["bead"].is_null() ? "-" : line["bead"].get<std::string>()) +
                       " " + (line["reason"].is_null() ? "-" : line["reason"].get<std::string>()));
    }
    EXPECT_EQ(told,
              (std::vector<std::string>{
                  "start agent-1 - -", "done agent-1 bead-7 -", "exit agent-1 bead-7 finished",
                  "refused agent-2 - http-500", "start agent-3 - -", "stop agent-3 - -",
                  "exit agent-3 - stopped", "start agent-4 - -", "exit agent-4 - killed"}));
}

TEST(StartLog, RefusesAStartThatItCannotRecord) {
    auto opts = quick();
    opts.start_log = "/dev/full";
    const town t{opts};
    const auto answer = t.start("agent-1");
    EXPECT_EQ(answer.status(), 500);
    EXPECT_NE(answer.body().find("/dev/full"), std::string::npos);
    EXPECT_EQ(t.box->live_agents(), 0U);
    EXPECT_EQ(t.status("agent-1").status(), 404);
    EXPECT_TRUE(t.api.calls().empty());
}

}  // namespace
}  // namespace townd::standin
