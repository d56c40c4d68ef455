// What agents report: heartbeats, outcomes, notes.

#include "api/world.hpp"

namespace townd::api_test {
namespace {

class Reports : public world {
protected:
    std::string P(const std::string& id) const { return R + "/agents/" + id; }
    json agent(const std::string& id) { return get(P(id)).data(); }
    json bead(const std::string& id) { return get(R + "/beads/" + id).data(); }
};

TEST_F(Reports, AHeartbeatIsASignOfLifeWhateverElseItSays) {
    const auto id = make_polecat(), work = make_issue();
    start_session(id, work, "d1");
    const auto path = P(id) + "/heartbeat";
    EXPECT_EQ(post(path).data(), json({{"heartbeat", true}}));
    EXPECT_NE(agent(id).at("last_activity_at"), nullptr);
    EXPECT_EQ(post(path, {{"lastEventAt", 5}, {"activeTools", "x"}, {"messageCount", {}}}).status,
              200);
    EXPECT_EQ(ask("POST", path, "{no", operators_token).status, 400);
    EXPECT_EQ(ask("POST", path, "[]", operators_token).status, 400);
    in_store([&](store::town_store& db) { EXPECT_TRUE(db.find_dispatch("d1")->heartbeat_at); });
}

TEST_F(Reports, TheOlderHeartbeatFindsItsTown) {
    const auto id = make_polecat(), work = make_issue();
    start_session(id, work, "d1");
    const auto path = "/api/rigs/" + rig + "/agents/" + id + "/heartbeat";
    EXPECT_EQ(ask("POST", path, "", container_token(town)).status, 200);
    EXPECT_EQ(ask("POST", path, "", agent_token(town, rig, id)).status, 200);
    EXPECT_EQ(post(path).status, 200) << "by the rig";
    EXPECT_EQ(ask("POST", path, "", container_token(make_town("bob"))).status, 403);
    EXPECT_EQ(ask("POST", path, "", agent_token(town, rig, "other")).status, 403);
    EXPECT_EQ(post("/api/rigs/nowhere/agents/" + id + "/heartbeat").status, 404);
}

TEST_F(Reports, TheMayorIsReachedByItsStandInForARig) {
    const std::string mayor =
        post(R + "/agents/get-or-create", {{"role", "mayor"}}).data().at("id");
    const auto stand_in = "mayor-" + town;
    EXPECT_EQ(
        ask("POST", "/api/towns/" + town + "/rigs/" + stand_in + "/agents/" + mayor + "/waiting",
            "", agent_token(town, stand_in, mayor))
            .status,
        200);
    EXPECT_EQ(post("/api/rigs/" + stand_in + "/agents/" + mayor + "/heartbeat").status, 200);
}

TEST_F(Reports, DoneIsAppliedBeforeItIsAnswered) {
    const auto id = make_polecat(), work = make_issue();
    start_session(id, work, "d1");
    EXPECT_EQ(post(P(id) + "/done", {{"branch", "gt/toast/1"}, {"pr_url", nullptr}}).data(),
              json({{"done", true}}));
    EXPECT_EQ(agent(id).at("status"), "idle");
    EXPECT_EQ(agent(id).at("current_hook_bead_id"), nullptr);
    EXPECT_EQ(bead(work).at("status"), "in_review");
    EXPECT_EQ(get(R + "/beads?type=merge_request").data().size(), 1U);
    EXPECT_EQ(post(P(id) + "/done", {{"branch", "gt/toast/1"}}).status, 200);
    EXPECT_EQ(get(R + "/beads?type=merge_request").data().size(), 1U) << "said twice (E13)";
    EXPECT_EQ(post(P(id) + "/done", json::object()).issues(), std::vector<std::string>{"branch"});
}

TEST_F(Reports, ACallOfAnOlderDispatchIsAnsweredAndIgnored) {  // Incident row B6.
    const auto id = make_polecat(), work = make_issue();
    start_session(id, work, "d-old");
    in_store([&](store::town_store& db) {
        auto d = db.find_dispatch("d-old").value();
        d.state = dispatch_state::ended;
        db.put_dispatch(d);
    });
    start_session(id, work, "d-new");
    const std::string body = R"({"status":"failed","reason":"late"})";
    const auto path = P(id) + "/completed";
    EXPECT_EQ(ask("POST", path, body, agent_token(town, rig, id, "d-old")).status, 200);
    EXPECT_EQ(bead(work).at("status"), "in_progress") << "named by the token";
    EXPECT_EQ(ask("POST", path, body, container_token(town), {{"x-dispatch-id", "d-old"}}).status,
              200);
    EXPECT_EQ(bead(work).at("status"), "in_progress") << "named by the header";
    EXPECT_EQ(ask("POST", path, body, agent_token(town, rig, id, "d-new")).data(),
              json({{"completed", true}}));
    EXPECT_EQ(bead(work).at("status"), "open");
}

TEST_F(Reports, WithoutAnySecretATokenStillNamesItsDispatch) {
    const auto id = make_polecat(), work = make_issue();
    start_session(id, work, "d-new");
    api::api_options open;
    open.accept_all = true;
    open.jwt_secret = secret;
    serve(open);
    const auto late = agent_token(town, rig, id, "d-old", -3600);
    EXPECT_EQ(ask("POST", P(id) + "/completed", R"({"status":"failed"})", late).status, 200);
    EXPECT_EQ(ask("GET", R + "/beads/" + work, "", "").data().at("status"), "in_progress");
}

TEST_F(Reports, ARetryAndALateFailureBothCount) {  // Incident row C4, gascity #6357.
    const auto id = make_polecat(), work = make_issue();
    start_session(id, work, "d1");
    in_store([&](store::town_store& db) {
        auto b = db.find_bead(work).value();
        b.status = bead_status::failed;
        b.dispatch_attempts = 5;
        db.put_bead(b);
    });
    ASSERT_EQ(post(R + "/beads/" + work + "/retry").status, 200);
    EXPECT_TRUE(is_stopping(id));
    ASSERT_EQ(post(P(id) + "/completed", {{"status", "failed"}, {"reason", "late"}}).status, 200);
    EXPECT_LE(bead(work).at("dispatch_attempts").get<int>(), 1) << "never back to the cap";
    EXPECT_EQ(bead(work).at("status"), "open");
}

TEST_F(Reports, CompletedSaysHow) {
    const auto id = make_polecat();
    EXPECT_EQ(post(P(id) + "/completed", {{"status", "finished"}}).status, 400);
    EXPECT_EQ(post(P(id) + "/completed").status, 400);
    EXPECT_EQ(post(P(id) + "/completed", {{"status", "completed"}}).status, 200);
}

TEST_F(Reports, StatusCheckpointAndEvictionAreKept) {
    const auto id = make_polecat();
    EXPECT_EQ(post(P(id) + "/status", {{"message", "compiling"}}).status, 200);
    EXPECT_EQ(agent(id).at("agent_status_message"), "compiling");
    EXPECT_NE(agent(id).at("agent_status_updated_at"), nullptr);
    EXPECT_EQ(post(P(id) + "/status", {{"message", std::string(281, 'x')}}).status, 400);
    EXPECT_EQ(post(P(id) + "/checkpoint", {{"data", {{"step", 3}}}}).status, 200);
    EXPECT_EQ(agent(id).at("checkpoint").at("step"), 3);
    EXPECT_EQ(post(P(id) + "/checkpoint", json::object()).status, 400);
    EXPECT_EQ(post(P(id) + "/eviction-context",
                   {{"branch", "gt/wip"}, {"agent_name", "Toast"}, {"saved_at", "now"}})
                  .status,
              200);
    EXPECT_EQ(agent(id).at("checkpoint").at("step"), 3);
    EXPECT_EQ(agent(id).at("checkpoint").at("eviction_context").at("branch"), "gt/wip");
    EXPECT_EQ(post(P(id) + "/checkpoint", {{"data", std::string(300 * 1024, 'x')}}).status, 413);
}

TEST_F(Reports, AnEventOfFiveMegabytesIsCutWithAMarker) {  // Incident row E5.
    const auto id = make_polecat();
    for (const char fill : {'x', '\x01', '"'}) {
        const auto said =
            post(R + "/agent-events", {{"agent_id", id},
                                       {"event_type", "tool_output"},
                                       {"data", {{"text", std::string(5 * 1024 * 1024, fill)}}}});
        ASSERT_EQ(said.status, 201);
        in_store([&](store::town_store& db) {
            const auto kept = db.agent_events(id, 1);
            ASSERT_EQ(kept.size(), 1U);
            EXPECT_LE(kept[0].data_json.size(), store::event_data_bytes_max);
            const auto data = parse_json(kept[0].data_json);
            ASSERT_TRUE(data) << "what is kept is JSON";
            EXPECT_EQ(data->at("truncated"), true);
            EXPECT_GT(data->at("bytes").get<std::size_t>(), 5U * 1024 * 1024);
            EXPECT_TRUE(data->at("head").get<std::string>().starts_with(R"({"text":")"));
        });
    }
    EXPECT_EQ(post(R + "/agent-events", {{"agent_id", "nobody"}, {"event_type", "x"}}).status, 404);
    EXPECT_EQ(post(R + "/agent-events", json::object()).issues(),
              (std::vector<std::string>{"agent_id", "event_type"}));
}

}  // namespace
}  // namespace townd::api_test
