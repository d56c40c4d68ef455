// The log, its level and the configuration, over the routes.

#include <gtest/gtest.h>

#include "debug/fake_fleet.hpp"
#include "http/target.hpp"

namespace townd::debug {
namespace {

class ServiceRoutes : public testing::Test {
protected:
    ServiceRoutes() {
        options.clock = &face.clock;
        options.logs = [this](const std::string& level, const std::string& town, int limit) {
            asked = level + "/" + town + "/" + std::to_string(limit);
            return json::array({{{"at", "now"}, {"level", "warn"}, {"event", "e"}}});
        };
        options.set_log_level = [this](const std::string& level, duration ttl) {
            set.emplace_back(level, ttl);
            return true;
        };
        options.reload = [this](bool dry_run) {
            reloads.push_back(dry_run);
            return reload_says;
        };
        options.in_background = [this](const std::function<void()>& work) {
            ++in_background;
            work();
            return true;
        };
        options.config_schema = [] { return std::string{R"({"type":"object"})"}; };
        add_routes(router, face.fleet, options);
    }

    http::response send(const std::string& method, const std::string& target,
                        const std::string& body = {}) {
        const auto parsed = http::parse_target(target);
        http::request call;
        call.method = method;
        call.path = parsed.value().path;
        call.raw_path = parsed.value().raw_path;
        call.query = parsed.value().query;
        call.headers["content-type"] = "application/json";
        call.body = body;
        call.from_socket = true;
        call.peer_uid = 1000;
        face.clock.at += duration{1'000};
        http::response out;
        router.dispatch(std::move(call), [&](http::response answer) { out = std::move(answer); });
        return out;
    }

    test_face face;
    debug_options options;
    http::router router;
    std::string asked;
    std::vector<std::pair<std::string, duration>> set;
    std::vector<bool> reloads;
    json reload_says = {{"ok", true}, {"generation", 4}};
    int in_background = 0;
};

TEST_F(ServiceRoutes, TheLogIsFilteredAndBounded) {
    EXPECT_EQ(send("GET", "/debug/v1/logs").status, 200);
    EXPECT_EQ(asked, "//100");
    EXPECT_EQ(send("GET", "/debug/v1/logs?level=warn&town=t1&limit=7").status, 200);
    EXPECT_EQ(asked, "warn/t1/7");
    EXPECT_EQ(send("GET", "/debug/v1/logs?level=loud").status, 400);
}

TEST_F(ServiceRoutes, TheLogsLevelIsSetForAWhileAndAudited) {
    const auto answer =
        send("PUT", "/debug/v1/loglevel", R"({"level":"debug","ttl":"10m","reason":"why"})");
    ASSERT_EQ(answer.status, 200) << answer.body;
    ASSERT_EQ(set.size(), 1U);
    EXPECT_EQ(set[0].first, "debug");
    EXPECT_EQ(set[0].second, duration{600'000});
    EXPECT_EQ(json::parse(answer.body)["after"]["level"], "debug");
    EXPECT_EQ(face.fleet.asked_for.back().verb, engine::operator_verb::log_level);
    EXPECT_EQ(face.fleet.asked_for.back().by, "uid 1000");
    for (const char* body :
         {R"({"level":"loud","reason":"why"})", R"({"reason":"why"})", R"({"level":"debug"})",
          R"({"level":"debug","ttl":"25h","reason":"why"})",
          R"({"level":"debug","ttl":"none","confirm":true,"reason":"why"})"})
        EXPECT_EQ(send("PUT", "/debug/v1/loglevel", body).status, 400) << body;
    EXPECT_EQ(
        send("PUT", "/debug/v1/loglevel", R"({"level":"debug","reason":"why","dry_run":true})")
            .status,
        200);
    EXPECT_EQ(set.size(), 1U);
}

TEST_F(ServiceRoutes, AReloadRunsInTheBackgroundAndADryRunIsNotAudited) {
    const auto answer = send("POST", "/debug/v1/config:reload", R"({"reason":"why"})");
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(json::parse(answer.body)["applied"], true);
    EXPECT_EQ(json::parse(answer.body)["generation"], 4);
    EXPECT_EQ(json::parse(answer.body)["ok"], true);
    EXPECT_EQ(reloads, std::vector<bool>{false});
    EXPECT_EQ(in_background, 1);
    const auto dry = send("POST", "/debug/v1/config:reload?dry_run=true", R"({"reason":"why"})");
    ASSERT_EQ(dry.status, 200) << dry.body;
    EXPECT_EQ(json::parse(dry.body)["applied"], false);
    EXPECT_EQ(reloads, (std::vector<bool>{false, true}));
    EXPECT_EQ(face.fleet.asked_for.size(), 1U);
    EXPECT_EQ(send("POST", "/debug/v1/config:reload?dry_run=maybe", "{}").status, 400);
}

TEST_F(ServiceRoutes, ARefusedReloadIsAProblemWithItsErrors) {
    reload_says = {{"ok", false}, {"errors", json::array({"townd.yaml:3:1: error: <b>"})}};
    const auto answer = send("POST", "/debug/v1/config:reload", R"({"reason":"why"})");
    EXPECT_EQ(answer.status, 409);
    EXPECT_EQ(answer.content_type, "application/problem+json");
    const auto body = json::parse(answer.body);
    EXPECT_EQ(body["code"], "config_refused");
    EXPECT_EQ(body["ok"], false);
    EXPECT_EQ(body["errors"][0], "townd.yaml:3:1: error: <b>");
}

TEST_F(ServiceRoutes, TheSchemaIsServedAsOne) {
    const auto answer = send("GET", "/debug/v1/config/schema.json");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.content_type, "application/schema+json");
    EXPECT_EQ(face.get("/debug/v1/config/schema.json").status, 404) << "a face without one";
}

}  // namespace
}  // namespace townd::debug
