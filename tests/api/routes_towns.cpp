// Towns, rigs, configuration.

#include "api/routes.hpp"

namespace townd::api_test {
namespace {

const std::string users = "/api/users/ada";

row post_town() {
    return {"POST", "/api/users/:user/towns", "Makes a town with its own database.", [](stage& on) {
                const auto& made = on.good(users + "/towns", {{"name", "Rockville"}});
                EXPECT_EQ(made.at("name"), "Rockville");
                EXPECT_EQ(made.at("owner_user_id"), "ada");
                on.bad(400, users + "/towns", {{"name", ""}}, "Invalid request body");
                on.bad(403, users + "/towns", {{"name", "x"}}, "A container token may only read",
                       stage::container_token(on.town));
            }};
}

row get_towns() {
    return {"GET", "/api/users/:user/towns", "The user's towns.", [](stage& on) {
                EXPECT_EQ(on.good(users + "/towns").size(), 1U);
                EXPECT_EQ(on.good("/api/users/bob/towns").size(), 0U);
                on.bad(403, users + "/towns", nullptr, "A container token may only read",
                       stage::container_token(on.town));
            }};
}

row get_town() {
    return {"GET", "/api/users/:user/towns/:town", "One town.", [](stage& on) {
                EXPECT_EQ(on.good(users + "/towns/" + on.town).at("id"), on.town);
                on.bad(404, users + "/towns/nowhere");
                on.bad(404, "/api/users/bob/towns/" + on.town);
            }};
}

row delete_town() {
    return {"DELETE", "/api/users/:user/towns/:town",
            "Ends a town: nothing is dispatched any more, its file is set aside.", [](stage& on) {
                on.bad(404, "/api/users/bob/towns/" + on.town);
                EXPECT_EQ(on.good(users + "/towns/" + on.town).at("deleted"), true);
                on.bad(404, users + "/towns/" + on.town);
            }};
}

row post_rig() {
    return {"POST", "/api/users/:user/rigs",
            "Makes a rig: a repository of a town. `kilocode_token` goes into the town's "
            "configuration.",
            [](stage& on) {
                const json wanted{{"town_id", on.town},
                                  {"name", "web"},
                                  {"git_url", "https://git.example/web.git"},
                                  {"default_branch", "main"}};
                EXPECT_EQ(on.good(users + "/rigs", wanted).at("name"), "web");
                on.bad(409, users + "/rigs", wanted);
                on.bad(404, users + "/rigs",
                       {{"town_id", "nowhere"}, {"name", "x"}, {"git_url", "https://g.example"}});
                on.bad(400, users + "/rigs",
                       {{"town_id", on.town}, {"name", "x"}, {"git_url", "--upload-pack=x"}},
                       "Invalid request body");
            }};
}

row get_rigs() {
    return {"GET", "/api/users/:user/towns/:town/rigs", "The town's rigs.", [](stage& on) {
                EXPECT_EQ(on.good(users + "/towns/" + on.town + "/rigs").size(), 1U);
                on.bad(404, "/api/users/bob/towns/" + on.town + "/rigs");
            }};
}

row get_rig() {
    return {"GET", "/api/users/:user/rigs/:rig", "One rig.", [](stage& on) {
                EXPECT_EQ(on.good(users + "/rigs/" + on.rig).at("id"), on.rig);
                on.bad(404, users + "/rigs/nowhere");
            }};
}

row delete_rig() {
    return {"DELETE", "/api/users/:user/rigs/:rig",
            "Deletes a rig and its agents; its beads that are not over fail.", [](stage& on) {
                const auto work = on.make_issue();
                on.bad(404, "/api/users/bob/rigs/" + on.rig);
                EXPECT_EQ(on.good(users + "/rigs/" + on.rig).at("deleted"), true);
                on.in_store([&](store::town_store& db) {
                    EXPECT_EQ(db.find_bead(work)->status, bead_status::failed);
                });
                on.bad(404, users + "/rigs/" + on.rig);
            }};
}

row get_config() {
    return {"GET", "/api/towns/:town/config",
            "The town's configuration; secrets as `****` and their last four characters.",
            [](stage& on) {
                ASSERT_EQ(on.patch(on.T() + "/config", {{"kilocode_token", "a-long-secret"},
                                                        {"default_model", "some/model"}})
                              .status,
                          200);
                EXPECT_EQ(on.good(on.T() + "/config").at("kilocode_token"), "****cret");
                on.bad(404, "/api/towns/nowhere/config");
            }};
}

row patch_config() {
    return {"PATCH", "/api/towns/:town/config",
            "Changes the keys that are given; null removes one. What was refused under the old "
            "configuration is tried again.",
            [](stage& on) {
                const auto& now =
                    on.good(on.T() + "/config", {{"convoy_merge_mode", "review-and-merge"},
                                                 {"max_polecats_per_rig", 4},
                                                 {"env_vars", {{"CI", "1"}}}});
                EXPECT_EQ(now.at("max_polecats_per_rig"), 4);
                on.bad(400, on.T() + "/config",
                       {{"env_vars", {{"GASTOWN_X", "1"}}}, {"colour", "red"}},
                       "Invalid request body");
                on.bad(404, "/api/towns/nowhere/config", json::object());
            }};
}

row get_health() {
    return {"GET", "/health", "The API answers.", [](stage& on) { on.good("/health"); }};
}

}  // namespace

std::vector<row> town_rows() {
    return {post_town(), get_towns(),  get_town(),   delete_town(),  post_rig(),  get_rigs(),
            get_rig(),   delete_rig(), get_config(), patch_config(), get_health()};
}

}  // namespace townd::api_test
