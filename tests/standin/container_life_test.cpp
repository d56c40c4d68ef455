// What a container does beside starting agents: it is replaced, takes tokens, and its agents get
// on, or do not.

#include <gtest/gtest.h>

#include <set>

#include "standin/town.hpp"

namespace townd::standin {
namespace {

using namespace std::chrono_literals;
using strings = std::vector<std::string>;

options busy() {
    options out;
    out.work_time = 10min;
    out.review_time = 10min;
    out.heartbeat_every = 10ms;
    out.callback_backoff = 5ms;
    out.drain_time = 20ms;
    out.replace_time = 20ms;
    return out;
}

options quick() {
    options out = busy();
    out.work_time = 20ms;
    out.review_time = 20ms;
    return out;
}

json body_of(const http_call& call) {
    const auto parsed = parse_json(call.body);
    return parsed ? *parsed : json(nullptr);
}

strings targets_without_heartbeats(const fake_town_api& api) {
    strings out;
    for (const auto& call : api.calls())
        if (!call.target.ends_with("/heartbeat")) out.push_back(call.target);
    return out;
}

wire_answer health(const town& t, std::string_view nonce) {
    return t.send("GET", "/health", {},
                  "X-Town-Id: town-1\r\nX-Drain-Nonce: " + std::string{nonce} + "\r\n");
}

TEST(Drain, PutsTheAgentsOutAndAnotherContainerFollows) {
    const town t{busy()};
    const auto before = t.box->instance();
    EXPECT_EQ(t.start("agent-1").status(), 201);
    ASSERT_TRUE(t.api.wait_for("/heartbeat"));
    EXPECT_EQ(t.send("POST", "/standin/drain").status(), 202);
    ASSERT_TRUE(t.api.wait_for("/completed"));
    const std::string path = "/api/towns/town-1/rigs/rig-1/agents/agent-1";
    EXPECT_EQ(targets_without_heartbeats(t.api),
              (strings{"/api/towns/town-1/container-eviction", path + "/eviction-context",
                       path + "/completed"}));
    const json left = body_of(t.api.calls_to("/eviction-context")[0]);
    EXPECT_EQ(left["branch"], "gt/toast/12345678");
    EXPECT_EQ(left["agent_name"], "Toast");
    EXPECT_TRUE(parse_time(text_at(left, "saved_at").value_or("")));
    EXPECT_EQ(body_of(t.api.calls_to("/completed")[0])["reason"], "container eviction");
    EXPECT_EQ(header_of(t.api.calls_to("/container-eviction")[0], "Authorization"),
              "Bearer container-secret");
    ASSERT_TRUE(eventually([&] { return !t.box->draining(); }));
    EXPECT_NE(t.box->instance(), before);
    EXPECT_EQ(t.status("agent-1").status(), 404) << "the next container knows nothing of it";
    EXPECT_EQ(t.start("agent-1").status(), 201);
    ASSERT_TRUE(eventually([&] {
        return text_at(body_of(t.api.calls_to("/heartbeat").back()), "containerInstanceId") ==
               t.box->instance();
    }));
}

TEST(Drain, RefusesStartsAndSaysSo) {
    auto opts = busy();
    opts.drain_time = 10min;
    const town t{opts};
    EXPECT_EQ(t.start("agent-1").status(), 201);
    t.box->drain();
    EXPECT_TRUE(t.box->draining());
    const auto refused = t.start("agent-2");
    EXPECT_EQ(refused.status(), 503);
    EXPECT_EQ(refused.body_json()["error"], "Container is draining, cannot start new agents");
    EXPECT_EQ(health(t, "n-1").body_json()["draining"], true);
    EXPECT_EQ(t.box->live_agents(), 1U) << "those that live may finish";
    EXPECT_TRUE(t.api.calls_to("/container-ready").empty()) << "it is not the next container";
    t.box->kill_all();
    EXPECT_FALSE(t.box->draining());
}

TEST(Drain, TheNextContainerIsReadyWhenItHearsTheNonce) {
    town t{busy()};
    EXPECT_EQ(t.start("agent-1").status(), 201);
    const auto before = t.box->instance();
    t.box->drain();
    ASSERT_TRUE(eventually([&] { return t.box->instance() != before; }));
    EXPECT_TRUE(t.api.calls_to("/container-ready").empty());
    EXPECT_EQ(health(t, "n-1").status(), 200);
    ASSERT_TRUE(t.api.wait_for("/container-ready"));
    EXPECT_EQ(t.api.calls_to("/container-ready")[0].target, "/api/towns/town-1/container-ready");
    EXPECT_EQ(body_of(t.api.calls_to("/container-ready")[0])["nonce"], "n-1");
    EXPECT_EQ(health(t, "n-1").status(), 200);
    EXPECT_EQ(health(t, "n-2").status(), 200);
    ASSERT_TRUE(t.api.wait_for("/container-ready", 2));
    EXPECT_EQ(body_of(t.api.calls_to("/container-ready")[1])["nonce"], "n-2") << "each said once";
}

TEST(Drain, SaysAgainAtTheNextHealthCheckThatItIsReady) {
    auto opts = busy();
    opts.callback_tries = 1;
    town t{opts};
    t.api.answer_with([](const http_call& call) {
        return call.target.ends_with("/container-ready") ? api_away() : api_answer(200);
    });
    EXPECT_EQ(t.start("agent-1").status(), 201);
    EXPECT_TRUE(eventually([&] {
        static_cast<void>(health(t, "n-1"));
        return t.api.calls_to("/container-ready").size() >= 2;
    }));
}

TEST(Drain, EndsAlsoWhenNobodyListens) {
    auto opts = busy();
    opts.callback_tries = 2;
    town t{opts};
    t.api.answer_with([](const http_call&) { return api_away(); });
    EXPECT_EQ(t.start("agent-1").status(), 201);
    const auto before = t.box->instance();
    t.box->drain();
    EXPECT_TRUE(eventually([&] { return t.box->instance() != before && !t.box->draining(); }));
    EXPECT_EQ(t.box->live_agents(), 0U);
}

TEST(Token, IsTakenWithoutRestartingAnybody) {
    const town t{busy()};
    EXPECT_EQ(t.start("agent-1").status(), 201);
    EXPECT_EQ(t.send("POST", "/refresh-token", "{}").status(), 400);
    const auto taken =
        t.send("POST", "/refresh-token", R"({"token":"fresh-secret","townId":"town-1"})");
    EXPECT_EQ(taken.status(), 200);
    EXPECT_EQ(taken.body_json()["agentsRestarted"], 0);
    EXPECT_EQ(t.box->tokens_received(), 1U);
    EXPECT_EQ(t.box->live_agents(), 1U);
    t.box->drain();
    ASSERT_TRUE(t.api.wait_for("/container-eviction"));
    EXPECT_EQ(header_of(t.api.calls_to("/container-eviction")[0], "Authorization"),
              "Bearer fresh-secret");
}

std::set<std::string> event_times(const fake_town_api& api) {
    std::set<std::string> out;
    for (const auto& call : api.calls_to("/heartbeat"))
        out.insert(text_at(body_of(call), "lastEventAt").value_or("none"));
    return out;
}

TEST(Progress, ShowsInTheHeartbeatsOfAnAgentAtWork) {
    const town t{busy()};
    EXPECT_EQ(t.start("agent-1").status(), 201);
    ASSERT_TRUE(t.api.wait_for("/heartbeat", 5));
    EXPECT_GT(event_times(t.api).size(), 1U);
}

TEST(Progress, IsMissingInOneThatStandsStillUntilItIsStopped) {
    auto opts = quick();
    opts.mode = behaviour::no_progress;
    const town t{opts};
    EXPECT_EQ(t.start("agent-1").status(), 201);
    EXPECT_EQ(t.send("POST", "/agents/agent-1/message", R"({"prompt":"Go on"})").status(), 200);
    ASSERT_TRUE(t.api.wait_for("/heartbeat", 10)) << "longer than its work time";
    EXPECT_EQ(event_times(t.api).size(), 1U);
    EXPECT_EQ(t.box->live_agents(), 1U);
    EXPECT_EQ(t.send("POST", "/agents/agent-1/stop").status(), 200);
    ASSERT_TRUE(t.api.wait_for("/completed"));
    EXPECT_EQ(body_of(t.api.calls_to("/completed")[0])["reason"], "stopped");
    EXPECT_EQ(t.send("POST", "/agents/agent-1/message", R"({"prompt":"x"})").status(), 404);
}

TEST(Refinery, AsksForChangesAtTheFirstReviewAndMergesAtTheNext) {
    auto opts = quick();
    opts.by_role = {{"refinery", behaviour::ask_changes}};
    town t{opts};
    t.api.answer_with(api_with_hook("mr-9"));
    EXPECT_EQ(t.start("agent-1", "refinery").status(), 201);
    ASSERT_TRUE(t.api.wait_for("/completed"));
    const json asked = body_of(t.api.calls_to("/agent-1/request-changes").at(0));
    EXPECT_FALSE(text_at(asked, "feedback").value_or("").empty());
    EXPECT_TRUE(asked["files"].is_array());
    EXPECT_TRUE(t.api.calls_to("/done").empty());
    EXPECT_EQ(t.start("agent-1", "refinery").status(), 201);
    ASSERT_TRUE(t.api.wait_for("/completed", 2));
    EXPECT_EQ(t.api.calls_to("/request-changes").size(), 1U);
    const json merged = body_of(t.api.calls_to("/done").at(0));
    EXPECT_FALSE(merged.contains("pr_url"));
}

fake_town_api::script api_with_batch(const strings& requests) {
    return [requests](const http_call& call) {
        if (!call.target.ends_with("/prime")) return api_answer(200);
        return api_answer(200, {{"hooked_bead",
                                 {{"bead_id", "batch-1"},
                                  {"labels", json::array({"gt:triage"})},
                                  {"metadata", {{"requests", requests}}}}}});
    };
}

TEST(Triage, ResolvesEachRequestOfItsBatchAsTold) {
    auto opts = quick();
    opts.triage_action = "CLOSE_BEAD";
    town t{opts};
    t.api.answer_with(api_with_batch({"r-1", "r-2"}));
    EXPECT_EQ(t.start("agent-1").status(), 201);
    ASSERT_TRUE(t.api.wait_for("/completed"));
    std::set<std::string> resolved;
    for (const auto& call : t.api.calls_to("/triage/resolve")) {
        EXPECT_EQ(call.target, "/api/towns/town-1/rigs/rig-1/triage/resolve");
        EXPECT_EQ(body_of(call)["action"], "CLOSE_BEAD");
        EXPECT_EQ(header_of(call, "X-Dispatch-Id"), "d-agent-1");
        resolved.insert(text_at(body_of(call), "triage_request_bead_id").value_or(""));
    }
    EXPECT_EQ(resolved, (std::set<std::string>{"r-1", "r-2"}));
    EXPECT_EQ(t.api.calls_to("/done").size(), 1U);
}

TEST(Starts, KeepTheirBodies) {
    const town t{busy()};
    EXPECT_EQ(t.start("agent-1").status(), 201);
    const auto kept = parse_json(t.box->starts().front().body);
    ASSERT_TRUE(kept);
    EXPECT_EQ((*kept)["branch"], "gt/toast/12345678");
}

}  // namespace
}  // namespace townd::standin
