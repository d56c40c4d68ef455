// The table "Authentication": who reaches what, and how the others are told.

#include "api/world.hpp"

namespace townd::api_test {
namespace {

class Auth : public world {
protected:
    Auth() {
        other_town = make_town("bob");
        agent = make_polecat();
        other_agent =
            post(R + "/agents", {{"role", "polecat"}, {"name", "Zed"}, {"identity", "zed"}})
                .data()
                .at("id");
        other_rig = make_rig(town, "second");
        beads = R + "/beads";
        config = "/api/towns/" + town + "/config";
    }
    answer as(const std::string& token, const std::string& path, const std::string& method = "GET",
              const std::string& body = "") {
        return ask(method, path, body, token);
    }

    std::string other_town, agent, other_agent, other_rig, beads, config;
};

TEST_F(Auth, WithoutCredentialIs401) {
    const auto said = as("", beads);
    EXPECT_EQ(said.status, 401);
    EXPECT_EQ(said.headers.at("WWW-Authenticate"), "Bearer");
}

TEST_F(Auth, MalformedCredentialIs401) {
    EXPECT_EQ(ask("GET", beads, "", "", {{"authorization", "Basic eDp5"}}).status, 401);
    EXPECT_EQ(ask("GET", beads, "", "", {{"authorization", "Bearer "}}).status, 401);
    EXPECT_EQ(ask("GET", beads, "", "", {{"authorization", "Bearer     "}}).status, 401);
    EXPECT_EQ(as("no.jwt", beads).status, 401);
    EXPECT_EQ(as("operators-toke", beads).status, 401);
}

TEST_F(Auth, TheWordBearerMayBeInAnyCase) {
    EXPECT_EQ(ask("GET", beads, "", "", {{"authorization", "bearer " + operators_token}}).status,
              200);
}

TEST_F(Auth, ExpiredTokenIsNamedSo) {
    const auto said = as(container_token(town, -1), beads);
    EXPECT_EQ(said.status, 401);
    EXPECT_EQ(said.error(), "Token expired");
}

TEST_F(Auth, ForeignSignatureIsNamedSo) {
    container::claims who;
    who.town = town;
    who.container_scope = true;
    who.expires_at = wall_now + 60;
    const auto said = as(container::mint(who, "another secret").value(), beads);
    EXPECT_EQ(said.status, 401);
    EXPECT_EQ(said.error(), "Invalid token signature");
}

TEST_F(Auth, ContainerReachesItsOwnTownOnly) {
    const auto token = container_token(town);
    EXPECT_EQ(as(token, beads).status, 200);
    EXPECT_EQ(as(token, config).status, 200);
    EXPECT_EQ(as(token, R + "/agents/" + agent).status, 200);
    EXPECT_EQ(as(token, "/api/towns/" + other_town + "/config").status, 403);
    EXPECT_EQ(as(container_token(other_town), beads).status, 403);
    EXPECT_EQ(as(token, "/api/users/ada/towns").status, 403);
    EXPECT_EQ(as(token, "/api/users/ada/towns/" + town).status, 200);
    EXPECT_EQ(as(token, "/api/users/ada/towns/" + town, "DELETE").status, 403);
    EXPECT_EQ(as(token, "/api/users/ada/rigs/" + rig).status, 200);
    EXPECT_EQ(as(token, "/api/users/ada/rigs/" + rig, "DELETE").status, 403);
}

TEST_F(Auth, ContainerThatNamesAnAgentSpeaksForThatAgent) {
    const auto token = container_token(town);
    const auto path = R + "/agents/" + agent + "/prime";
    EXPECT_EQ(ask("GET", path, "", token, {{"x-gastown-agent-id", agent}}).status, 200);
    EXPECT_EQ(ask("GET", path, "", token, {{"x-gastown-agent-id", other_agent}}).status, 403);
    EXPECT_EQ(ask("GET", path, "", token, {{"x-gastown-rig-id", other_rig}}).status, 403);
}

TEST_F(Auth, AgentReachesItsOwnRoutesOnly) {
    const auto token = agent_token(town, rig, agent);
    EXPECT_EQ(as(token, R + "/agents/" + agent + "/prime").status, 200);
    EXPECT_EQ(as(token, R + "/agents/" + agent + "/heartbeat", "POST").status, 200);
    EXPECT_EQ(as(token, R + "/agents/" + other_agent + "/prime").status, 403);
    EXPECT_EQ(as(token, beads).status, 403);
    EXPECT_EQ(as(token, beads, "POST", R"({"type":"issue","title":"x"})").status, 403);
    EXPECT_EQ(as(token, config).status, 403);
    EXPECT_EQ(as(token, R + "/agents/" + agent, "DELETE").status, 403);
    EXPECT_EQ(as(agent_token(town, other_rig, agent), R + "/agents/" + agent + "/prime").status,
              403);
    EXPECT_EQ(as(agent_token(other_town, rig, agent), R + "/agents/" + agent + "/prime").status,
              403);
}

TEST_F(Auth, AgentReportsInItsOwnNameOnly) {
    const auto token = agent_token(town, rig, agent);
    const auto event = [&](const std::string& id) {
        return as(token, R + "/agent-events", "POST",
                  R"({"event_type":"tool","data":{},"agent_id":")" + id + R"("})")
            .status;
    };
    EXPECT_EQ(event(agent), 201);
    EXPECT_EQ(event(other_agent), 403);
    EXPECT_EQ(as(token, R + "/escalations", "POST", R"({"title":"Help"})").status, 201);
    EXPECT_EQ(as(token, "/api/towns/" + town + "/rigs/" + other_rig + "/escalations", "POST",
                 R"({"title":"Help"})")
                  .status,
              403);
}

TEST_F(Auth, AgentClosesItsOwnBeadOnly) {
    const auto own = make_issue(), foreign = make_issue();
    ASSERT_EQ(post(R + "/agents/" + agent + "/hook", {{"bead_id", own}}).status, 200);
    const auto token = agent_token(town, rig, agent);
    EXPECT_EQ(as(token, beads + "/" + foreign + "/close", "POST").status, 403);
    EXPECT_EQ(get(beads + "/" + foreign).data().at("status"), "open");
    EXPECT_EQ(as(token, beads + "/" + own + "/close", "POST").status, 200);
}

TEST_F(Auth, UnixSocketReachesEverything) {
    for (const auto& path : {beads, config, std::string{"/api/users/ada/towns"}}) {
        http::request request;
        request.method = "GET";
        request.path = path;
        request.from_socket = true;
        EXPECT_EQ(ask(std::move(request)).status, 200) << path;
    }
}

TEST_F(Auth, HealthNeedsNoCredential) {
    const auto said = as("", "/health");
    EXPECT_EQ(said.status, 200);
    EXPECT_EQ(said.body, json({{"status", "ok"}}));
}

TEST_F(Auth, UnknownRouteIs404AndWrongMethodIs405) {
    const auto unknown = get("/api/nothing");
    EXPECT_EQ(unknown.status, 404);
    EXPECT_EQ(unknown.error(), "Not found");
    const auto wrong = ask("PUT", beads, "{}", operators_token);
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(wrong.headers.at("Allow"), "GET, HEAD, POST");
}

TEST_F(Auth, AnExpiredContainerTokenIsRefreshed) {
    const auto path = "/api/towns/" + town + "/refresh-container-token";
    const auto said = as(container_token(town, -100), path, "POST");
    ASSERT_EQ(said.status, 200);
    const std::string fresh = said.data().at("token");
    const auto claims = container::verify(fresh, secret, wall_now);
    ASSERT_TRUE(claims);
    EXPECT_EQ(claims->town, town);
    EXPECT_EQ(claims->user, "ada");
    EXPECT_TRUE(claims->container_scope);
    EXPECT_EQ(claims->expires_at, wall_now + container::token_lifetime_seconds);
    EXPECT_EQ(as(fresh, beads).status, 200);
}

TEST_F(Auth, OthersTokensAreNotRefreshed) {
    const auto path = "/api/towns/" + town + "/refresh-container-token";
    EXPECT_EQ(as(container_token(other_town, -100), path, "POST").status, 403);
    EXPECT_EQ(as(agent_token(town, rig, agent), path, "POST").status, 403);
    auto forged = container_token(town);
    forged.back() = forged.back() == 'A' ? 'B' : 'A';
    forged[forged.size() - 5] = forged[forged.size() - 5] == 'A' ? 'B' : 'A';
    EXPECT_EQ(as(forged, path, "POST").status, 401);
    EXPECT_EQ(as("", path, "POST").status, 401);
}

TEST_F(Auth, WithoutAnySecretEveryCallerIsTrusted) {
    api::api_options open;
    open.accept_all = true;
    open.jwt_secret = secret;
    serve(open);
    EXPECT_EQ(as("", beads).status, 200);
    EXPECT_EQ(as("whatever", config).status, 200);
    EXPECT_EQ(as(agent_token(other_town, rig, agent), beads).status, 200);
}

TEST_F(Auth, WithoutAnySecretPagesOfOtherSitesMayNotWrite) {
    api::api_options open;
    open.accept_all = true;
    serve(open);
    const std::string body = R"({"type":"issue","title":"x"})";
    EXPECT_EQ(ask("POST", beads, body, "", {{"sec-fetch-site", "cross-site"}}).status, 403);
    EXPECT_EQ(ask("POST", beads, body, "",
                  {{"origin", "http://evil.example"}, {"host", "127.0.0.1:8787"}})
                  .status,
              403);
    EXPECT_EQ(ask("POST", beads, body, "",
                  {{"origin", "http://127.0.0.1:8787"}, {"host", "127.0.0.1:8787"}})
                  .status,
              201);
}

TEST_F(Auth, ATownThatCannotServeSaysWhenToComeBack) {
    fleet.refuse_with = failure{errc::overloaded, "the town's queue is full"};
    const auto said = get(beads);
    EXPECT_EQ(said.status, 503);
    EXPECT_EQ(said.error(), "the town's queue is full");
    EXPECT_FALSE(said.headers.at("Retry-After").empty());
    fleet.refuse_with = failure{errc::storage, "disk full"};
    EXPECT_EQ(get(beads).status, 503);
}

}  // namespace
}  // namespace townd::api_test
