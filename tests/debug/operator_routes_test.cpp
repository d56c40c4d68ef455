// What a write must look like, who may send it, and what reaches the fleet of it.

#include <gtest/gtest.h>

#include "debug/fake_fleet.hpp"
#include "http/target.hpp"

namespace townd::debug {
namespace {

class OperatorRoutes : public testing::Test {
protected:
    OperatorRoutes() {
        face.fleet.add("t1");
        options.clock = &face.clock;
        options.user_name = [](std::uint32_t uid) {
            return uid == 1000 ? std::string{"ada"} : std::string{};
        };
    }
    void serve() { add_routes(router, face.fleet, options); }

    http::request call_of(const std::string& target, const std::string& body) {
        const auto parsed = http::parse_target(target);
        http::request call;
        call.method = "POST";
        call.path = parsed.value().path;
        call.raw_path = parsed.value().raw_path;
        call.query = parsed.value().query;
        call.headers["content-type"] = "application/json";
        call.body = body;
        call.peer = "unix";
        call.from_socket = true;
        call.peer_uid = 1000;
        return call;
    }
    http::response send(http::request call) {
        http::response out;
        router.dispatch(std::move(call), [&](http::response answer) { out = std::move(answer); });
        return out;
    }
    int post(const std::string& target, const std::string& body = R"({"reason":"why"})") {
        face.clock.at += duration{1'000};  // Not too many in a second.
        last = send(call_of(target, body));
        return last.status;
    }
    const engine::operator_request& asked() const { return face.fleet.asked_for.back(); }
    std::size_t count() const { return face.fleet.asked_for.size(); }
    bool names(std::string_view field) const {
        return last.body.find("\"detail\":\"" + std::string{field} + ":") != std::string::npos;
    }

    test_face face;
    debug_options options;
    http::router router;
    http::response last;
};

using engine::operator_verb;

TEST_F(OperatorRoutes, EachRouteNamesItsTarget) {
    serve();
    ASSERT_EQ(post("/debug/v1/dispatch:pause"), 200) << last.body;
    EXPECT_EQ(asked().verb, operator_verb::pause);
    EXPECT_EQ(asked().scope, override_scope::daemon);
    EXPECT_EQ(asked().by, "ada");
    EXPECT_EQ(asked().peer, "unix uid=1000");
    EXPECT_EQ(asked().reason, "why");
    EXPECT_EQ(asked().route, "POST /debug/v1/dispatch:pause");
    EXPECT_EQ(asked().ttl, duration{3'600'000});
    ASSERT_EQ(post("/debug/v1/towns/t1:drain"), 200) << last.body;
    EXPECT_EQ(asked().verb, operator_verb::drain);
    EXPECT_EQ(asked().scope, override_scope::town);
    EXPECT_EQ(asked().town, "t1");
    ASSERT_EQ(post("/debug/v1/towns/t1/rigs/r:1:resume"), 200) << last.body;
    EXPECT_EQ(asked().scope, override_scope::rig);
    EXPECT_EQ(asked().rig, "r:1") << "the verb follows the last colon";
    EXPECT_EQ(asked().ttl, std::nullopt);
    ASSERT_EQ(post("/debug/v1/roles/mayor:pause?town=t1"), 200) << last.body;
    EXPECT_EQ(asked().scope, override_scope::role);
    EXPECT_EQ(asked().role, agent_role::mayor);
    EXPECT_EQ(asked().town, "t1");
    ASSERT_EQ(post("/debug/v1/beads/t1/b-7:retry-now"), 200) << last.body;
    EXPECT_EQ(asked().verb, operator_verb::retry_now);
    EXPECT_EQ(asked().bead, "b-7");
}

TEST_F(OperatorRoutes, ABreakersKeyComesPlainEncodedOrInTheBody) {
    serve();
    const std::string key = "agent/r1/polecat/To:ast";
    for (const std::string target :
         {"/debug/v1/breakers/t1/agent/r1/polecat/To:ast:force-open",
          "/debug/v1/breakers/t1/agent%2Fr1%2Fpolecat%2FTo%3Aast:force-open"}) {
        ASSERT_EQ(post(target), 200) << last.body;
        EXPECT_EQ(asked().key, key);
        EXPECT_EQ(asked().town, "t1");
        EXPECT_EQ(asked().verb, operator_verb::force_open);
    }
    ASSERT_EQ(post("/debug/v1/breakers:clear-force",
                   R"({"reason":"x","town":"t1","key":"place/r1/polecat"})"),
              200)
        << last.body;
    EXPECT_EQ(asked().key, "place/r1/polecat");
    EXPECT_EQ(asked().verb, operator_verb::clear);
    EXPECT_EQ(
        post("/debug/v1/breakers/t1/place/r1/polecat:reset", R"({"reason":"x","key":"other"})"),
        400);
    EXPECT_TRUE(names("key")) << last.body;
    EXPECT_EQ(post("/debug/v1/breakers:reset", R"({"reason":"x","town":"t1"})"), 400);
}

TEST_F(OperatorRoutes, ABatchTakesASelectorAndACount) {
    serve();
    ASSERT_EQ(post("/debug/v1/breakers:batch",
                   R"({"reason":"x","action":"reset","expect_count":7,
                       "selector":{"state":["open"],"role":["polecat"],"cause":"refused"}})"),
              200)
        << last.body;
    ASSERT_TRUE(asked().many.has_value());
    EXPECT_EQ(asked().verb, operator_verb::reset);
    EXPECT_EQ(asked().many->states, (std::vector<std::string>{"open"}));
    EXPECT_EQ(asked().many->cause, "refused");
    EXPECT_EQ(asked().expect_count, 7);
    const auto before = count();
    EXPECT_EQ(post("/debug/v1/breakers:batch", R"({"reason":"x","action":"pause"})"), 400);
    EXPECT_EQ(post("/debug/v1/breakers:batch",
                   R"({"reason":"x","action":"reset","selector":{"state":["opne"]}})"),
              400);
    EXPECT_TRUE(names("selector.state")) << last.body;
    EXPECT_EQ(count(), before);
}

TEST_F(OperatorRoutes, EveryMistakeIsNamedWithItsField) {
    serve();
    const std::string path = "/debug/v1/dispatch:pause";
    const std::vector<std::pair<std::string, std::string>> bad{
        {"", "reason"},
        {"[]", "body"},
        {"{", "body"},
        {R"({"reason":""})", "reason"},
        {R"({"reason":5})", "reason"},
        {R"({"reason":")" + std::string(501, 'x') + R"("})", "reason"},
        {R"({"reason":"x","ttl":"25h"})", "ttl"},
        {R"({"reason":"x","ttl":"0s"})", "ttl"},
        {R"({"reason":"x","ttl":"soon"})", "ttl"},
        {R"({"reason":"x","ttl":"none"})", "ttl"},
        {R"({"reason":"x","dry_run":"yes"})", "dry_run"},
        {R"({"reason":"x","town":"t1"})", "town"},
        {R"({"reason":"x","resaon":"y"})", "resaon"},
        {R"({"reason":"x","expect_count":3})", "expect_count"}};
    for (const auto& [body, field] : bad) {
        EXPECT_EQ(post(path, body), 400) << body;
        EXPECT_TRUE(names(field)) << body << last.body;
        EXPECT_EQ(last.content_type, "application/problem+json");
    }
    EXPECT_EQ(count(), 0U);
    EXPECT_EQ(post(path, R"({"reason":"x","ttl":"none","confirm":true})"), 200);
    EXPECT_EQ(asked().ttl, std::nullopt);
    EXPECT_EQ(post("/debug/v1/dispatch:resume", R"({"reason":"x","ttl":"1h"})"), 400);
    EXPECT_EQ(post("/debug/v1/towns/t1:explode"), 404);
    EXPECT_EQ(post("/debug/v1/roles/king:pause"), 404);
}

TEST_F(OperatorRoutes, APageOfAnotherSiteCannotWrite) {
    serve();
    for (const auto& [name, value] :
         {std::pair{"origin", "http://127.0.0.1:9191"}, std::pair{"sec-fetch-site", "cross-site"},
          std::pair{"sec-fetch-site", "same-site"}}) {
        auto call = call_of("/debug/v1/dispatch:pause", R"({"reason":"x"})");
        call.headers[name] = value;
        const auto answer = send(call);
        EXPECT_EQ(answer.status, 403) << name;
        EXPECT_EQ(header_of(answer, "Access-Control-Allow-Origin"), "");
    }
    for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded",
                             "application/jsonp", "application/json, text/plain"}) {
        auto call = call_of("/debug/v1/dispatch:pause", R"({"reason":"x"})");
        call.headers["content-type"] = type;
        EXPECT_EQ(send(call).status, 415) << type;
    }
    EXPECT_EQ(count(), 0U);
}

TEST_F(OperatorRoutes, OverTcpOnlyTheTokensBearerWrites) {
    options.write_token = std::string(40, 'k');
    options.write_token_name = "night-shift";
    serve();
    auto call = call_of("/debug/v1/dispatch:pause", R"({"reason":"x"})");
    call.from_socket = false;
    call.peer_uid.reset();
    call.peer = "10.0.0.9";
    const auto unnamed = send(call);
    EXPECT_EQ(unnamed.status, 401);
    EXPECT_EQ(header_of(unnamed, "WWW-Authenticate"), "Bearer");
    call.headers["authorization"] = "Bearer " + std::string(39, 'k');
    EXPECT_EQ(send(call).status, 403);
    call.headers["authorization"] = "Bearer " + std::string(40, 'k');
    EXPECT_EQ(send(call).status, 200);
    EXPECT_EQ(asked().by, "token night-shift");
    EXPECT_EQ(asked().peer, "10.0.0.9");
}

TEST_F(OperatorRoutes, WithoutATokenNobodyWritesOverTcp) {
    serve();
    auto call = call_of("/debug/v1/dispatch:pause", R"({"reason":"x"})");
    call.from_socket = false;
    for (const char* token : {"", "Bearer ", "Bearer x"}) {
        call.headers["authorization"] = token;
        const auto answer = send(call);
        EXPECT_EQ(answer.status, 403);
        EXPECT_NE(answer.body.find("debug.token_file"), std::string::npos);
    }
    EXPECT_EQ(count(), 0U);
}

TEST_F(OperatorRoutes, OverTcpSixtyWritesAMinuteAreTakenOfAnAddress) {
    options.write_token = std::string(40, 'k');
    serve();
    auto call = call_of("/debug/v1/dispatch:pause", R"({"reason":"x"})");
    call.from_socket = false;
    call.peer = "10.0.0.9";
    call.headers["authorization"] = "Bearer " + *options.write_token;
    for (int i = 0; i < 60; ++i)
        ASSERT_EQ(send(call).status, 200);
    const auto refused = send(call);
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(header_of(refused, "Retry-After"), "1");
    auto other = call;
    other.peer = "10.0.0.10";
    EXPECT_EQ(send(other).status, 200);
    face.clock.at += duration{1'000};
    EXPECT_EQ(send(call).status, 200);
    EXPECT_EQ(send(call).status, 429);
}

TEST_F(OperatorRoutes, TheSocketIsNotHeldBack) {
    serve();
    auto call = call_of("/debug/v1/dispatch:pause", R"({"reason":"x"})");
    for (int i = 0; i < 200; ++i)
        ASSERT_EQ(send(call).status, 200);
}

TEST_F(OperatorRoutes, TheFleetsRefusalIsAProblemWithItsStatus) {
    face.fleet.operator_answer = failure{errc::conflict, "expect_count: look again"};
    serve();
    EXPECT_EQ(post("/debug/v1/dispatch:pause"), 409);
    EXPECT_TRUE(names("expect_count")) << last.body;
}

TEST_F(OperatorRoutes, OrdersInForceAreOnThePageAndInTheList) {
    engine::order_in_force drain;
    drain.order.id = "a-3";
    drain.order.kind = override_kind::drain;
    drain.order.scope = override_scope::town;
    drain.order.town = "t1";
    drain.order.by = "ada";
    drain.order.reason = "<script>alert(1)</script>";
    drain.order.set_at = face.clock.at - duration{60'000};
    drain.order.until = face.clock.at + duration{600'000};
    drain.agents_running = 2;
    face.fleet.orders = {{drain}, "fleet.db: it is damaged"};
    const json list = face.get_json("/debug/v1/overrides");
    const json& item = list["items"][0];
    EXPECT_EQ(item["kind"], "drain");
    EXPECT_EQ(item["expires_in_seconds"], 600.0);
    EXPECT_EQ(item["set_age_seconds"], 60.0);
    EXPECT_EQ(item["agents_running"], 2);
    EXPECT_EQ(item["drained"], false);
    EXPECT_EQ(list["problem"], "fleet.db: it is damaged");
    const auto page = face.get("/debug/", "text/html").body;
    EXPECT_NE(page.find("Orders in force"), std::string::npos);
    EXPECT_NE(page.find("fleet.db: it is damaged"), std::string::npos);
    EXPECT_EQ(page.find("<script>"), std::string::npos);
}

TEST_F(OperatorRoutes, TheAuditLogIsPagedByItsIds) {
    face.fleet.audit = json{{"items", json::array({{{"id", "a-9"}}})}, {"next", "9"}};
    const json list = face.get_json("/debug/v1/audit?limit=1&cursor=12");
    EXPECT_EQ(list["items"][0]["id"], "a-9");
    EXPECT_EQ(list["page"]["next_cursor"], "9");
    EXPECT_EQ(face.fleet.audit_asked.back().limit, 1);
    EXPECT_EQ(face.fleet.audit_asked.back().before, 12);
    EXPECT_EQ(face.get("/debug/v1/audit?cursor=x").status, 400);
}

}  // namespace
}  // namespace townd::debug
