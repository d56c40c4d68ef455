// Towns, rigs and their configuration.

#include "api/world.hpp"

namespace townd::api_test {
namespace {

class Towns : public world {
protected:
    std::string config() const { return "/api/towns/" + town + "/config"; }
};

TEST_F(Towns, ATownIsMadeShownListedAndDeleted) {
    const auto made = post("/api/users/eve/towns", {{"name", "Springfield"}});
    ASSERT_EQ(made.status, 201);
    EXPECT_EQ(made.data().at("name"), "Springfield");
    EXPECT_EQ(made.data().at("owner_user_id"), "eve");
    EXPECT_TRUE(parse_time(made.data().at("created_at").get<std::string>()));
    EXPECT_TRUE(made.data().contains("updated_at"));
    const std::string id = made.data().at("id");
    EXPECT_EQ(get("/api/users/eve/towns/" + id).data(), made.data());
    EXPECT_EQ(get("/api/users/eve/towns").data(), json::array({made.data()}));
    EXPECT_EQ(get("/api/users/mallory/towns").data(), json::array());
    EXPECT_EQ(get("/api/users/mallory/towns/" + id).status, 404);
    EXPECT_EQ(erase("/api/users/mallory/towns/" + id).status, 404);
    EXPECT_EQ(erase("/api/users/eve/towns/" + id).data(), json({{"deleted", true}}));
    EXPECT_EQ(get("/api/users/eve/towns/" + id).status, 404);
}

TEST_F(Towns, ANameHasOneTo64Letters) {
    const std::string path = "/api/users/eve/towns";
    EXPECT_EQ(post(path, json::object()).issues(), std::vector<std::string>{"name"});
    EXPECT_EQ(post(path, {{"name", ""}}).status, 400);
    EXPECT_EQ(post(path, {{"name", 7}}).status, 400);
    EXPECT_EQ(post(path, {{"name", std::string(65, 'x')}}).status, 400);
    std::string umlauts;
    for (int i = 0; i < 64; ++i)
        umlauts += "ü";
    EXPECT_EQ(post(path, {{"name", umlauts}}).status, 201);
}

TEST_F(Towns, ABodyThatIsNoObjectIsRefused) {
    const std::string path = "/api/users/eve/towns";
    const auto broken = ask("POST", path, "{\"name\":", operators_token);
    EXPECT_EQ(broken.status, 400);
    EXPECT_NE(broken.error().find("JSON"), std::string::npos);
    EXPECT_EQ(ask("POST", path, "", operators_token).status, 400);
    const auto list = ask("POST", path, "[1]", operators_token);
    EXPECT_EQ(list.status, 400);
    EXPECT_EQ(list.error(), "Invalid request body");
    EXPECT_EQ(list.body.at("issues").at(0).at("path"), json::array());
    EXPECT_EQ(ask("POST", path, std::string(100'000, '['), operators_token).status, 400);
}

TEST_F(Towns, ARigIsMadeShownListedAndDeleted) {
    const auto made = post("/api/users/ada/rigs", {{"town_id", town},
                                                   {"name", "docs"},
                                                   {"git_url", "git@git.example:docs.git"},
                                                   {"platform_integration_id", "p1"},
                                                   {"kilocode_token", "kilo-token-1234"}});
    ASSERT_EQ(made.status, 201) << dump_json(made.body);
    EXPECT_EQ(made.data().at("town_id"), town);
    EXPECT_EQ(made.data().at("default_branch"), "main");
    EXPECT_EQ(made.data().at("platform_integration_id"), "p1");
    const std::string id = made.data().at("id");
    EXPECT_EQ(get("/api/users/ada/rigs/" + id).data(), made.data());
    EXPECT_EQ(get("/api/users/ada/towns/" + town + "/rigs").data().size(), 2U);
    EXPECT_EQ(get(config()).data().at("kilocode_token"), "****1234");
    EXPECT_EQ(get("/api/users/bob/rigs/" + id).status, 404);
    EXPECT_EQ(erase("/api/users/ada/rigs/" + id).status, 200);
    EXPECT_EQ(get("/api/users/ada/rigs/" + id).status, 404);
}

TEST_F(Towns, ARigTellsAllThatIsWrongWithIt) {
    const auto said =
        post("/api/users/ada/rigs", {{"name", std::string(65, 'n')}, {"default_branch", 1}});
    EXPECT_EQ(said.status, 400);
    EXPECT_EQ(said.error(), "Invalid request body");
    EXPECT_EQ(said.issues(),
              (std::vector<std::string>{"town_id", "name", "git_url", "default_branch"}));
    const json option = {{"town_id", town}, {"name", "x"}, {"git_url", "--upload-pack=evil"}};
    EXPECT_EQ(post("/api/users/ada/rigs", option).issues(), std::vector<std::string>{"git_url"});
}

TEST_F(Towns, ARigNeedsItsTownAndAFreeName) {
    const json rig_in = {{"town_id", "nowhere"}, {"name", "x"}, {"git_url", "https://x"}};
    EXPECT_EQ(post("/api/users/ada/rigs", rig_in).status, 404);
    const json taken = {{"town_id", town}, {"name", "engine"}, {"git_url", "https://x"}};
    EXPECT_EQ(post("/api/users/ada/rigs", taken).status, 409);
    const json foreign = {{"town_id", town}, {"name", "y"}, {"git_url", "https://x"}};
    EXPECT_EQ(post("/api/users/bob/rigs", foreign).status, 404);
}

TEST_F(Towns, DeletingARigStopsItsAgentsAndFailsItsBeads) {
    const auto agent = make_polecat(), bead = make_issue();
    start_session(agent, bead, "d1");
    ASSERT_EQ(erase("/api/users/ada/rigs/" + rig).status, 200);
    EXPECT_TRUE(is_stopping(agent));
    in_store([&](store::town_store& db) {
        EXPECT_EQ(db.find_bead(bead).value().status, bead_status::failed);
        EXPECT_FALSE(db.find_agent(agent));
    });
    EXPECT_EQ(get(R + "/beads").status, 404);
}

TEST_F(Towns, SecretsOfTheConfigAreMasked) {
    const auto said = patch(config(), {{"env_vars", {{"API_KEY", "0123456789"}, {"PIN", "1234"}}},
                                       {"git_auth", {{"github_token", "ghp_abcdefgh"}}},
                                       {"github_cli_pat", "pat_12345678"},
                                       {"default_model", "m1"},
                                       {"max_concurrent_dispatches", 3},
                                       {"container_url", "http://127.0.0.1:8080"}});
    ASSERT_EQ(said.status, 200) << dump_json(said.body);
    EXPECT_EQ(said.data().at("env_vars").at("API_KEY"), "****6789");
    EXPECT_EQ(said.data().at("env_vars").at("PIN"), "****");
    EXPECT_EQ(said.data().at("git_auth").at("github_token"), "****efgh");
    EXPECT_EQ(said.data().at("github_cli_pat"), "****5678");
    EXPECT_EQ(said.data().at("max_concurrent_dispatches"), 3);
    EXPECT_EQ(get(config()).data(), said.data());
    EXPECT_EQ(dump_json(get(config()).body).find("0123456789"), std::string::npos);
}

TEST_F(Towns, AMaskedSecretThatComesBackStaysWhatItWas) {
    ASSERT_EQ(patch(config(), {{"env_vars", {{"KEY", "secret-0001"}}},
                               {"git_auth", {{"github_token", "ghp_abcdefgh"}}}})
                  .status,
              200);
    const auto shown = get(config()).data();
    ASSERT_EQ(patch(config(), shown).status, 200);
    ASSERT_EQ(patch(config(), {{"git_auth", {{"gitlab_token", "glpat_12345"}}}}).status, 200);
    in_store([](store::town_store& db) {
        const auto kept = parse_json(db.meta().config_json).value();
        EXPECT_EQ(kept.at("env_vars").at("KEY"), "secret-0001");
        EXPECT_EQ(kept.at("git_auth").at("github_token"), "ghp_abcdefgh");
        EXPECT_EQ(kept.at("git_auth").at("gitlab_token"), "glpat_12345");
    });
    EXPECT_EQ(patch(config(), {{"env_vars", {{"OTHER", "****0001"}}}}).status, 400);
    EXPECT_EQ(patch(config(), {{"env_vars", nullptr}}).data().at("env_vars"), json::object());
}

TEST_F(Towns, ABadConfigTellsAllThatIsWrong) {
    const auto said =
        patch(config(), {{"env_vars", {{"1BAD", "x"}, {"GASTOWN_API_URL", "x"}, {"OK", 1}}},
                         {"git_auth", {{"password", "x"}}},
                         {"max_polecats_per_rig", 51},
                         {"max_concurrent_dispatches", 0},
                         {"merge_strategy", "yolo"},
                         {"refinery", {{"auto_merge", "yes"}}},
                         {"container_url", "http://169.254.169.254/"},
                         {"no_such_key", true}});
    EXPECT_EQ(said.status, 400);
    EXPECT_EQ(said.error(), "Invalid request body");
    const auto issues = said.issues();
    for (const char* path :
         {"env_vars.1BAD", "env_vars.GASTOWN_API_URL", "env_vars.OK", "git_auth.password",
          "max_polecats_per_rig", "max_concurrent_dispatches", "merge_strategy",
          "refinery.auto_merge", "container_url", "no_such_key"})
        EXPECT_NE(std::find(issues.begin(), issues.end(), path), issues.end()) << path;
    EXPECT_EQ(issues.size(), 10U);
    EXPECT_EQ(get(config()).data(),
              json({{"env_vars", json::object()}, {"git_auth", json::object()}}));
}

TEST_F(Towns, AChangeOfTheConfigEndsTheWaitOfParkedBeads) {
    const auto bead = make_issue();
    in_store([&](store::town_store& db) {
        auto b = db.find_bead(bead).value();
        b.parked = true;
        b.next_attempt_at = fleet.now + duration{600'000};
        db.put_bead(b);
    });
    ASSERT_EQ(patch(config(), {{"default_model", "m2"}}).status, 200);
    in_store([&](store::town_store& db) {
        const auto b = db.find_bead(bead).value();
        EXPECT_FALSE(b.parked);
        EXPECT_FALSE(b.next_attempt_at);
    });
}

TEST_F(Towns, ConfigOfAnUnknownTownIs404) {
    EXPECT_EQ(get("/api/towns/nowhere/config").status, 404);
    EXPECT_EQ(patch("/api/towns/nowhere/config", json::object()).status, 404);
}

TEST_F(Towns, DrainStatusSaysThatNothingDrains) {
    EXPECT_EQ(get("/api/towns/" + town + "/drain-status").data(),
              json({{"draining", false}, {"drainNonce", nullptr}}));
}

}  // namespace
}  // namespace townd::api_test
