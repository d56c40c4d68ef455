#include "http/router.hpp"

#include <gtest/gtest.h>

#include "http/target.hpp"

namespace townd::http::test {
namespace {

handler says(std::string text) {
    return [text](const request& call, const responder& reply) {
        std::string all = text;
        for (const auto& [name, value] : call.params)
            all.append(" ").append(name).append("=").append(value);
        reply(text_response(200, all));
    };
}

response ask(const router& routes, std::string method, std::string raw_path) {
    request call;
    call.method = std::move(method);
    call.path = decode_percent(raw_path, false).value_or("");
    call.raw_path = std::move(raw_path);
    response got;
    got.status = 0;
    routes.dispatch(std::move(call), [&](response answer) { got = std::move(answer); });
    return got;
}

TEST(Router, PrefersLiteralPartsInWhateverOrder) {
    router routes;
    routes.add("GET", "/a/*rest", says("rest"));
    routes.add("GET", "/a/:name", says("named"));
    routes.add("GET", "/a/fixed", says("fixed"));
    routes.add("GET", "/:top/fixed", says("top"));
    EXPECT_EQ(ask(routes, "GET", "/a/fixed").body, "fixed");
    EXPECT_EQ(ask(routes, "GET", "/a/b").body, "named name=b");
    EXPECT_EQ(ask(routes, "GET", "/a/b/c").body, "rest rest=b/c");
    EXPECT_EQ(ask(routes, "GET", "/a/").body, "rest rest=");
    EXPECT_EQ(ask(routes, "GET", "/b/fixed").body, "top top=b");
    EXPECT_EQ(ask(routes, "GET", "/a").status, 404);
}

TEST(Router, TellsAPathFromTheSameWithASlash) {
    router routes;
    routes.add("GET", "/debug", says("bare"));
    routes.add("GET", "/debug/", says("slash"));
    routes.add("GET", "/", says("root"));
    EXPECT_EQ(ask(routes, "GET", "/debug").body, "bare");
    EXPECT_EQ(ask(routes, "GET", "/debug/").body, "slash");
    EXPECT_EQ(ask(routes, "GET", "/").body, "root");
    EXPECT_EQ(ask(routes, "GET", "/debug//").status, 404);
}

TEST(Router, KeepsAnEncodedSlashInsideItsPart) {
    router routes;
    routes.add("GET", "/rigs/:rig/beads", says("beads"));
    EXPECT_EQ(ask(routes, "GET", "/rigs/a%2Fbeads").status, 404);
    EXPECT_EQ(ask(routes, "GET", "/rigs/a%2fb/beads").body, "beads rig=a/b");
    EXPECT_EQ(ask(routes, "GET", "/rig%73/x/beads").body, "beads rig=x");
    EXPECT_EQ(ask(routes, "GET", "/rigs//beads").status, 404) << "a name is never empty";
    EXPECT_EQ(ask(routes, "GET", "/rigs/a+b/beads").body, "beads rig=a+b");
}

TEST(Router, ServesARequestThatHasOnlyADecodedPath) {
    router routes;
    routes.add("GET", "/x/:name", says("x"));
    request call;
    call.method = "GET";
    call.path = "/x/100%";
    response got;
    routes.dispatch(call, [&](response answer) { got = std::move(answer); });
    EXPECT_EQ(got.body, "x name=100%");
}

TEST(Router, ServesHeadByGetUnlessThereIsOne) {
    router routes;
    routes.add("GET", "/a", says("get"));
    routes.add("GET", "/b", says("get"));
    routes.add("HEAD", "/b", says("head"));
    routes.add("POST", "/c", says("post"));
    EXPECT_EQ(ask(routes, "HEAD", "/a").body, "get");
    EXPECT_EQ(ask(routes, "HEAD", "/b").body, "head");
    EXPECT_EQ(ask(routes, "HEAD", "/c").status, 405);
}

TEST(Router, NamesTheMethodsOfAKnownPath) {
    router routes;
    routes.add("GET", "/a/:id", says("get"));
    routes.add("DELETE", "/a/:id", says("delete"));
    routes.add("POST", "/a/special", says("post"));
    EXPECT_EQ(ask(routes, "DELETE", "/a/special").body, "delete id=special");
    const auto wrong = ask(routes, "PATCH", "/a/special");
    EXPECT_EQ(wrong.status, 405);
    ASSERT_EQ(wrong.headers.size(), 1U);
    EXPECT_EQ(wrong.headers[0].second, "DELETE, GET, HEAD, POST");
}

TEST(Router, LetsItsOwnerAnswerWhatItDoesNotKnow) {
    router routes;
    routes.add("GET", "/a", says("a"));
    routes.on_unknown([](const request& call, const responder& reply) {
        reply(text_response(404, "no " + call.path));
    });
    routes.on_wrong_method([](const request& call, const std::string& allow) {
        return text_response(405, call.method + " not in " + allow);
    });
    EXPECT_EQ(ask(routes, "GET", "/b").body, "no /b");
    EXPECT_EQ(ask(routes, "PUT", "/a").body, "PUT not in GET, HEAD");
    EXPECT_EQ(ask(routes, "PUT", "/a").headers.front().first, "Allow");
}

TEST(Router, TurnsExceptionsIntoA500) {
    router routes;
    routes.add("GET", "/std",
               [](const request&, const responder&) { throw std::runtime_error("so"); });
    routes.add("GET", "/int", [](const request&, const responder&) { throw 1; });
    EXPECT_EQ(ask(routes, "GET", "/std").status, 500);
    EXPECT_EQ(ask(routes, "GET", "/std").body, R"({"success":false,"error":"internal error: so"})");
    EXPECT_EQ(ask(routes, "GET", "/int").status, 500);
}

TEST(Router, TellsThePatternOfAPath) {
    router routes;
    routes.add("GET", "/towns/:town", says("x"));
    routes.add("POST", "/towns/:town", says("x"));
    request call;
    call.method = "POST";
    call.raw_path = "/towns/abc";
    EXPECT_EQ(routes.pattern_of(call), "/towns/:town");
    call.raw_path = "/nowhere";
    EXPECT_EQ(routes.pattern_of(call), "");
}

}  // namespace
}  // namespace townd::http::test
