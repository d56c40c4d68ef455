// Letters, nudges, molecules, drains: what waits for agents and containers.

#include "api/world.hpp"

namespace townd::api_test {
namespace {

class Inbox : public world {
protected:
    std::string P(const std::string& id) const { return R + "/agents/" + id; }
    std::string T() const { return "/api/towns/" + town; }
    std::string tools() const { return "/api/mayor/" + town + "/tools"; }
    json bead(const std::string& id) { return get(R + "/beads/" + id).data(); }
    std::string mayor() {
        return post(R + "/agents/get-or-create", {{"role", "mayor"}}).data().at("id");
    }
    answer write_to(const std::string& to, const std::string& subject) {
        return post(tools() + "/mail",
                    {{"to_agent_id", to}, {"subject", subject}, {"body", "text"}});
    }
    std::string make_molecule(const std::string& work) {
        const auto made =
            post(R + "/beads",
                 {{"type", "molecule"},
                  {"title", "Steps"},
                  {"metadata",
                   {{"work_bead_id", work}, {"steps", {{{"title", "one"}}, {{"title", "two"}}}}}}});
        EXPECT_EQ(made.status, 201) << dump_json(made.body);
        return made.data().at("id");
    }
};

TEST_F(Inbox, LettersAreReadOnceAndTheOldestFirst) {
    const auto to = make_polecat();
    for (const std::string subject : {"first", "second", "third"})
        ASSERT_EQ(write_to(to, subject).status, 201);
    EXPECT_EQ(get(P(to) + "/prime").data().at("undelivered_mail").size(), 3U);
    const auto mail = get(P(to) + "/mail").data();
    ASSERT_EQ(mail.size(), 3U);
    EXPECT_EQ(mail.at(0).at("subject"), "first");
    EXPECT_EQ(mail.at(2).at("subject"), "third");
    EXPECT_NE(mail.at(0).at("delivered_at"), nullptr);
    EXPECT_EQ(get(P(to) + "/mail").data().size(), 0U);
    EXPECT_EQ(bead(mail.at(0).at("id")).at("status"), "closed");
}

TEST_F(Inbox, AHeadRequestReadsNoLetter) {
    const auto to = make_polecat();
    ASSERT_EQ(write_to(to, "first").status, 201);
    EXPECT_EQ(ask("HEAD", P(to) + "/mail", "", operators_token).status, 200);
    EXPECT_EQ(get(P(to) + "/mail").data().size(), 1U);
}

TEST_F(Inbox, AFullBoxTakesNoMore) {
    const auto to = make_polecat();
    for (int i = 0; i < 200; ++i)
        ASSERT_EQ(write_to(to, std::to_string(i)).status, 201);
    const auto said = write_to(to, "one too many");
    EXPECT_EQ(said.status, 503);
    EXPECT_NE(said.error().find("unread"), std::string::npos);
    EXPECT_EQ(get(P(to) + "/mail").data().size(), 100U);
    EXPECT_EQ(write_to(to, "now").status, 201);
}

TEST_F(Inbox, LettersStayInTheRigButForTheMayor) {
    const auto from = make_polecat();
    const auto other = "/api/towns/" + town + "/rigs/" + make_rig(town, "second");
    const std::string far =
        post(other + "/agents/get-or-create", {{"role", "polecat"}}).data().at("id");
    const auto letter = [&](const std::string& to) {
        return post(
            R + "/mail",
            {{"from_agent_id", from}, {"to_agent_id", to}, {"subject", "x"}, {"body", "y"}});
    };
    EXPECT_EQ(letter(far).status, 404);
    EXPECT_EQ(letter(mayor()).status, 201);
}

TEST_F(Inbox, AMayorWritesAndEscalatesByItsStandInForARig) {
    const auto from = mayor(), to = make_polecat();
    const auto stand_in = "mayor-" + town;
    const auto path = "/api/towns/" + town + "/rigs/" + stand_in;
    const auto token = agent_token(town, stand_in, from);
    const auto letter = [&](const std::string& by) {
        return dump_json(
            {{"from_agent_id", by}, {"to_agent_id", to}, {"subject", "x"}, {"body", "y"}});
    };
    EXPECT_EQ(ask("POST", path + "/mail", letter(from), token).status, 201);
    EXPECT_EQ(get(P(to) + "/mail").data().size(), 1U);
    EXPECT_EQ(ask("POST", path + "/mail", letter(to), operators_token).status, 404)
        << "a polecat is of its rig";
    const auto asked = ask("POST", path + "/escalations", R"({"title":"Money"})", token);
    EXPECT_EQ(asked.status, 201);
    EXPECT_EQ(asked.data().at("rig_id"), nullptr);
    EXPECT_EQ(post("/api/towns/" + town + "/rigs/mayor-x/escalations", {{"title", "x"}}).status,
              404);
}

TEST_F(Inbox, ANudgeThatNobodyTookEnds) {
    const auto to = make_polecat();
    const json said{{"agent_id", to}, {"message", "Hm?"}, {"priority", "urgent"}};
    ASSERT_EQ(post(tools() + "/nudge", said).status, 201);
    const auto waiting = get(P(to) + "/pending-nudges").data();
    ASSERT_EQ(waiting.size(), 1U);
    EXPECT_EQ(waiting.at(0).at("message"), "Hm?");
    EXPECT_EQ(waiting.at(0).at("mode"), "wait-idle");
    EXPECT_EQ(waiting.at(0).at("priority"), "urgent");
    fleet.now += duration{25 * 3'600'000};
    EXPECT_EQ(get(P(to) + "/pending-nudges").data().size(), 0U);
}

TEST_F(Inbox, ANudgeIsDeliveredByItsOwnAgentOnly) {
    const auto to = make_polecat();
    const std::string nudge =
        post(tools() + "/nudge", {{"agent_id", to}, {"message", "Hm?"}}).data().at("nudge_id");
    const auto other = mayor();
    EXPECT_EQ(post(P(other) + "/nudge-delivered", {{"nudge_id", nudge}}).data().at("delivered"),
              false);
    EXPECT_EQ(get(P(to) + "/pending-nudges").data().size(), 1U);
}

TEST_F(Inbox, TooManyNudgesAreRefused) {
    const auto to = make_polecat();
    for (int i = 0; i < 100; ++i)
        ASSERT_EQ(post(tools() + "/nudge", {{"agent_id", to}, {"message", "Hm?"}}).status, 201);
    EXPECT_EQ(post(tools() + "/nudge", {{"agent_id", to}, {"message", "Hm?"}}).status, 503);
}

TEST_F(Inbox, TheLastStepClosesTheMolecule) {
    const auto id = make_polecat(), work = make_issue();
    start_session(id, work, "d1");
    const auto molecule = make_molecule(work);
    EXPECT_EQ(bead(molecule).at("parent_bead_id"), work);
    auto now = get(P(id) + "/molecule/current").data();
    EXPECT_EQ(now.at("bead_id"), work);
    EXPECT_EQ(now.at("current_step"), 0);
    EXPECT_EQ(now.at("total_steps"), 2);
    EXPECT_EQ(now.at("step").at("title"), "one");
    const auto path = P(id) + "/molecule/advance";
    now = post(path, {{"summary", "did one"}}).data();
    EXPECT_EQ(now.at("current_step"), 1);
    EXPECT_EQ(post(path, {{"step", 0}}).data(), now) << "told twice";
    now = post(path, {{"step", 1}}).data();
    EXPECT_EQ(now.at("status"), "closed");
    EXPECT_EQ(now.at("step"), nullptr);
    EXPECT_EQ(post(path, {{"step", 1}}).data(), now) << "the last one told twice";
    EXPECT_EQ(post(path).status, 404);
    EXPECT_EQ(get(P(id) + "/molecule/current").data(), nullptr);
    const auto events = get(R + "/events?bead_id=" + molecule).data();
    bool kept = false;
    for (const auto& e : events)
        kept = kept || e.at("metadata").value("summary", "") == "did one";
    EXPECT_TRUE(kept);
}

TEST_F(Inbox, AMoleculeEndsWithItsWork) {
    const auto work = make_issue();
    const auto molecule = make_molecule(work);
    ASSERT_EQ(post(R + "/beads/" + work + "/close").status, 200);
    EXPECT_EQ(bead(molecule).at("status"), "closed");
}

TEST_F(Inbox, AMoleculeNeedsWorkAndSteps) {
    const auto work = make_issue();
    const auto make = [&](const json& metadata) {
        return post(R + "/beads", {{"type", "molecule"}, {"title", "x"}, {"metadata", metadata}});
    };
    const json steps = json::array({{{"title", "one"}}});
    EXPECT_EQ(make({{"work_bead_id", "nothing"}, {"steps", steps}}).status, 400);
    EXPECT_EQ(make({{"work_bead_id", work}}).status, 400);
    EXPECT_EQ(make({{"work_bead_id", work}, {"steps", json::array({5})}}).status, 400);
    EXPECT_EQ(make({{"work_bead_id", work}, {"steps", json::array({{{"title", ""}}})}}).status,
              400);
    json many = json::array();
    for (int i = 0; i < 101; ++i)
        many.push_back({{"title", "step"}});
    EXPECT_EQ(make({{"work_bead_id", work}, {"steps", many}}).status, 400);
    ASSERT_EQ(post(R + "/beads/" + work + "/close").status, 200);
    EXPECT_EQ(make({{"work_bead_id", work}, {"steps", steps}}).status, 409);
}

TEST_F(Inbox, AHeartbeatTellsOfTheDrain) {
    const auto id = make_polecat();
    start_session(id, make_issue(), "d1");
    const std::string nonce = post(T() + "/container-eviction").data().at("drainNonce");
    EXPECT_EQ(post(P(id) + "/heartbeat").data(),
              json({{"heartbeat", true}, {"drainNonce", nonce}}));
    EXPECT_EQ(get(T() + "/drain-status").data(), json({{"draining", true}, {"drainNonce", nonce}}));
    EXPECT_EQ(post(T() + "/container-ready", {{"nonce", "another"}}).data().at("cleared"), false);
    EXPECT_EQ(post(T() + "/container-ready", {{"nonce", nonce}}).data().at("cleared"), true);
    EXPECT_EQ(post(P(id) + "/heartbeat").data(), json({{"heartbeat", true}}));
}

TEST_F(Inbox, WhoTakesUpEvictedWorkIsToldWhereItIs) {
    const auto id = make_polecat(), work = make_issue();
    start_session(id, work, "d1");
    ASSERT_EQ(post(T() + "/container-eviction").status, 200);
    ASSERT_EQ(post(P(id) + "/eviction-context", {{"branch", "gt/toast/1"}}).status, 200);
    ASSERT_EQ(
        post(P(id) + "/completed", {{"status", "completed"}, {"reason", "container eviction"}})
            .status,
        200);
    EXPECT_EQ(bead(work).at("status"), "open");
    EXPECT_EQ(get(P(id) + "/prime").data().at("eviction_context"), nullptr);
    start_session(id, work, "d2");
    EXPECT_EQ(get(P(id) + "/prime").data().at("eviction_context").at("branch"), "gt/toast/1");
}

TEST_F(Inbox, AnEventOfAContainerIsKeptWithItsAgent) {
    const auto id = make_polecat();
    const json told{{"event", std::string(500, 'e')},
                    {"agentId", id},
                    {"label", std::string(500, 'l')},
                    {"durationMs", 12},
                    {"role", 5}};
    EXPECT_EQ(post(T() + "/container-events", told).status, 200);
    in_store([&](store::town_store& db) {
        const auto events = db.agent_events(id, 10);
        ASSERT_EQ(events.size(), 1U);
        EXPECT_LE(events[0].type.size(), 100U);
        EXPECT_LE(events[0].data_json.size(), 300U);
        EXPECT_NE(events[0].data_json.find("\"durationMs\":12"), std::string::npos);
    });
}

TEST_F(Inbox, TheContainerMayUseTheToolsInTheMayorsName) {
    const auto token = container_token(town);
    const auto rigs = [&](const std::string& name) {
        std::map<std::string, std::string> headers;
        if (!name.empty()) headers["x-gastown-agent-id"] = name;
        return ask("GET", tools() + "/rigs", "", token, headers).status;
    };
    EXPECT_EQ(rigs(""), 403);
    EXPECT_EQ(rigs(make_polecat()), 403);
    EXPECT_EQ(rigs("nobody"), 403);
    EXPECT_EQ(rigs(mayor()), 200);
}

TEST_F(Inbox, TheMayorOfAnotherTownIsNoMayorHere) {
    const auto other = make_town();
    const auto there = "/api/towns/" + other + "/rigs/" + make_rig(other);
    const std::string theirs =
        post(there + "/agents/get-or-create", {{"role", "mayor"}}).data().at("id");
    EXPECT_EQ(
        ask("GET", tools() + "/rigs", "", agent_token(other, "mayor-" + other, theirs)).status,
        403);
    EXPECT_EQ(ask("GET", tools() + "/rigs", "", agent_token(town, "mayor-" + town, theirs)).status,
              403);
}

}  // namespace
}  // namespace townd::api_test
