// What all routes of /debug/v1 have in common: the table, its checks, the OpenAPI document.

#include <gtest/gtest.h>

#include <set>

#include "debug/fake_fleet.hpp"
#include "debug/route_table.hpp"
#include "http/target.hpp"

namespace townd::debug {
namespace {

using pairs = std::set<std::pair<std::string, std::string>>;

pairs served(const http::router& router) {
    pairs out;
    for (const auto& each : router.routes())
        if (each.second.starts_with("/debug/v1")) out.insert(each);
    return out;
}

TEST(RouteTable, HasEveryRouteThatIsServedAndNoOther) {
    test_face face;
    pairs known;
    for (const auto& route : route_table())
        EXPECT_TRUE(known.emplace(std::string{route.method}, std::string{route.pattern}).second)
            << route.pattern;
    EXPECT_EQ(served(face.router), known);
}

TEST(RouteTable, NamesEachParameterOnceAndSaysWhatItIs) {
    for (const auto& route : route_table()) {
        std::set<std::string_view> names;
        EXPECT_TRUE(route.says.ends_with(".")) << route.pattern;
        for (const auto& p : route.query) {
            EXPECT_TRUE(names.insert(p.name).second) << route.pattern << " " << p.name;
            EXPECT_TRUE(p.says.ends_with(".")) << route.pattern << " " << p.name;
        }
    }
}

// Every `$ref` leads somewhere, every `type` is one of JSON Schema's.
void expect_well_formed(const json& part, const json& whole, const std::string& at) {
    if (part.is_array()) {
        for (const auto& each : part)
            expect_well_formed(each, whole, at);
        return;
    }
    if (!part.is_object()) return;
    static const std::set<std::string> types{"string", "integer", "number", "boolean",
                                             "object", "array",   "null"};
    for (const auto& [name, value] : part.items()) {
        const std::string here = at + "/" + name;
        if (name == "$ref") {
            const auto ref = value.get<std::string>();
            ASSERT_TRUE(ref.starts_with("#/")) << here;
            EXPECT_TRUE(whole.contains(json::json_pointer(ref.substr(1)))) << here << " " << ref;
        }
        if (name == "schema" && value.contains("type") && value["type"].is_string()) {
            EXPECT_TRUE(types.contains(value["type"].get<std::string>())) << here;
        }
        if (name == "enum") {
            EXPECT_FALSE(value.empty()) << here;
        }
        expect_well_formed(value, whole, here);
    }
}

TEST(OpenApi, DescribesEveryRouteAndIsWellFormed) {
    test_face face;
    const auto answer = face.get("/debug/v1/openapi.json");
    ASSERT_EQ(answer.status, 200);
    EXPECT_EQ(answer.content_type, "application/openapi+json");
    const auto doc = json::parse(answer.body);
    EXPECT_EQ(doc["openapi"], "3.1.0");
    EXPECT_EQ(doc["info"]["version"], "1.2.3");
    expect_well_formed(doc, doc, "");
    std::size_t operations = 0;
    std::set<std::string> ids;
    for (const auto& [path, methods] : doc["paths"].items()) {
        EXPECT_TRUE(path.starts_with("/debug/v1/")) << path;
        for (const auto& [method, operation] : methods.items()) {
            ++operations;
            EXPECT_TRUE(ids.insert(operation["operationId"].get<std::string>()).second) << path;
            EXPECT_FALSE(operation["summary"].get<std::string>().empty()) << path;
            EXPECT_TRUE(operation["responses"].contains("200")) << path;
            std::set<std::string> names;
            for (const auto& p : operation["parameters"]) {
                names.insert(p["name"].get<std::string>());
                const bool in_path = p["in"] == "path";
                EXPECT_EQ(p["required"], in_path) << path;
                const std::string placed = "{" + p["name"].get<std::string>() + "}";
                if (in_path) {
                    EXPECT_NE(path.find(placed), std::string::npos) << path;
                }
            }
            EXPECT_EQ(names.size(), operation["parameters"].size()) << path;
        }
    }
    std::size_t expected = 0;
    for (const auto& route : route_table())
        expected += std::max<std::size_t>(1, route.verbs.size());
    EXPECT_EQ(operations, expected);
    EXPECT_TRUE(doc["paths"].contains("/debug/v1/towns/{town}:pause"));
    EXPECT_TRUE(doc["paths"].contains("/debug/v1/breakers/{town}/{key}:probe"));
}

TEST(Queries, ThatNameWhatIsNotKnownAreRefusedOnEveryRoute) {
    test_face face;
    face.fleet.add("t1");
    for (const auto& route : route_table()) {
        if (route.method != "GET") continue;
        std::string path{route.pattern};
        for (const auto& [part, value] :
             {std::pair{":town", "t1"}, std::pair{":bead", "b1"}, std::pair{":attempt", "a1"},
              std::pair{":agent", "g1"}, std::pair{":outage", "o1"},
              std::pair{":fingerprint", "f1"}, std::pair{"*key", "place/r1/polecat"}})
            if (const auto at = path.find(part); at != std::string::npos)
                path.replace(at, std::string_view{part}.size(), value);
        const auto answer = face.get(path + "?town=t1&nonsense=%3Cscript%3E");
        EXPECT_EQ(answer.status, 400) << path;
        EXPECT_EQ(answer.content_type, "application/problem+json") << path;
        EXPECT_NE(answer.body.find("is not known here"), std::string::npos) << answer.body;
    }
}

TEST(Queries, WithAValueOutsideOfAClosedListSayWhatIsInIt) {
    test_face face;
    face.fleet.add("t1");
    const std::vector<std::pair<std::string, std::string>> wrong{
        {"/debug/v1/towns?state=broken", "dispatching, idle, degraded, blocked, set_aside"},
        {"/debug/v1/towns?state=blocked,broken", "broken is not known"},
        {"/debug/v1/towns?sort=size", "-failures_1h"},
        {"/debug/v1/towns?fields=town,nope", "nope is not known"},
        {"/debug/v1/towns?reason=BreakerOpened", "BreakerOpen"},
        {"/debug/v1/towns?role=pole", "polecat, refinery, mayor"},
        {"/debug/v1/breakers?scope=town", "place, agent"},
        {"/debug/v1/errors?code=oops", "connect_refused"},
        {"/debug/v1/errors?since=yesterday", "30m"},
        {"/debug/v1/towns/t1/beads?status=odd", "in_progress"},
        {"/debug/v1/towns/t1/events?since=noon", "2026-01-31T12:00:00Z"},
        {"/debug/v1/logs?limit=2001", "2000"}};
    for (const auto& [target, part] : wrong) {
        const auto answer = face.get(target);
        EXPECT_EQ(answer.status, 400) << target;
        EXPECT_NE(answer.body.find(part), std::string::npos) << target << ": " << answer.body;
    }
    EXPECT_EQ(face.get("/debug/v1/towns?state=&q=").status, 200) << "a form sends empty fields";
}

TEST(Accept, OfSomethingElseIsRefused) {
    test_face face;
    for (const char* accept : {"text/csv", "text/html", "application/json;q=0", "image/*"}) {
        const auto answer = face.get("/debug/v1/towns", accept);
        EXPECT_EQ(answer.status, 406) << accept;
        EXPECT_EQ(answer.content_type, "application/problem+json");
    }
    for (const char* accept :
         {"", "*/*", "application/*", "application/json; charset=utf-8", "text/html, */*;q=0.8"})
        EXPECT_EQ(face.get("/debug/v1/towns", accept).status, 200) << accept;
}

http::response conditional(test_face& face, const std::string& target, const std::string& tag) {
    const auto parsed = http::parse_target(target);
    http::request call;
    call.method = "GET";
    call.path = parsed.value().path;
    call.raw_path = parsed.value().raw_path;
    call.query = parsed.value().query;
    call.headers["if-none-match"] = tag;
    http::response out;
    face.router.dispatch(std::move(call), [&](http::response answer) { out = std::move(answer); });
    return out;
}

TEST(Tags, ChangeWithTheGenerationTheQueryTheOrdersAndTheMinute) {
    test_face face;
    face.fleet.add("t1");
    const auto first = face.get("/debug/v1/towns?limit=1");
    const auto tag = header_of(first, "ETag");
    ASSERT_TRUE(tag.starts_with("W/\"41-")) << tag;
    EXPECT_EQ(header_of(first, "Cache-Control"), "private, no-cache");
    const auto same = conditional(face, "/debug/v1/towns?limit=1", "\"other\", " + tag);
    EXPECT_EQ(same.status, 304);
    EXPECT_TRUE(same.body.empty());
    EXPECT_EQ(header_of(same, "ETag"), tag);
    EXPECT_EQ(conditional(face, "/debug/v1/towns?limit=2", tag).status, 200);
    EXPECT_EQ(conditional(face, "/debug/v1/summary", tag).status, 200);
    face.fleet.orders.orders.push_back({});
    face.fleet.orders.orders.back().order.id = "a-1";
    EXPECT_EQ(conditional(face, "/debug/v1/towns?limit=1", tag).status, 200);
    face.fleet.orders.orders.clear();
    EXPECT_EQ(conditional(face, "/debug/v1/towns?limit=1", tag).status, 304);
    face.clock.at += std::chrono::minutes{1};
    EXPECT_EQ(conditional(face, "/debug/v1/towns?limit=1", tag).status, 200)
        << "a fleet that stands still must not look fresh for long";
    face.clock.at = test_now;
    face.fleet.sums.ticks = 42;
    EXPECT_EQ(conditional(face, "/debug/v1/towns?limit=1", tag).status, 200);
    EXPECT_EQ(header_of(face.get("/debug/v1/runtime"), "Cache-Control"), "no-store");
}

TEST(WrongMethods, AreProblemsThatNameTheRightOnes) {
    test_face face;
    const auto answer = face.send("DELETE", "/debug/v1/towns");
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(answer.content_type, "application/problem+json");
    EXPECT_EQ(header_of(answer, "Allow"), "GET, HEAD");
    EXPECT_EQ(face.send("GET", "/debug/v1/nothing").status, 404);
    EXPECT_EQ(face.send("POST", "/debug/v1/nothing").status, 415)
        << "what is no JSON is turned away before anybody looks what it is for";
    EXPECT_EQ(face.send("HEAD", "/debug/v1/towns").status, 200);
}

}  // namespace
}  // namespace townd::debug
