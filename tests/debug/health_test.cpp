#include <gtest/gtest.h>

#include "debug/fake_fleet.hpp"

namespace townd::debug {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

TEST(Livez, IsAliveWhileTicksAreYoung) {
    test_face face;
    face.fleet.add("t1");
    EXPECT_EQ(face.get("/livez").status, 200);
    EXPECT_NE(face.get("/livez").body.find("last tick 1 s ago"), std::string::npos);
}

TEST(Livez, IsDeadWhenTicksStoppedWhileATownIsDue) {
    test_face face;
    face.fleet.add("t1");
    face.clock.at += seconds{29};
    EXPECT_EQ(face.get("/livez").status, 200);
    face.clock.at += minutes{2};
    const auto answer = face.get("/livez");
    EXPECT_EQ(answer.status, 503);
    EXPECT_NE(answer.body.find("last tick 2 min 30 s ago"), std::string::npos) << answer.body;
}

TEST(Livez, IsDeadWhenNoTickEverCame) {
    test_face face;
    face.fleet.sums.last_tick_at.reset();
    face.fleet.add("t1").next_tick_at = instant{};
    EXPECT_EQ(face.get("/livez").status, 200);
    face.clock.at += seconds{31};
    EXPECT_EQ(face.get("/livez").status, 503);
}

TEST(Livez, IsAliveWhileAllTownsAreIdleAndNotDue) {
    test_face face;
    face.fleet.add("t1").next_tick_at = test_now + minutes{3};
    face.clock.at += minutes{2};
    EXPECT_EQ(face.get("/livez").status, 200);
}

TEST(Livez, IsAliveWithoutTowns) {
    test_face face;
    face.clock.at += minutes{60};
    EXPECT_EQ(face.get("/livez").status, 200);
}

TEST(Livez, DoesNotWaitForASetAsideTown) {
    test_face face;
    face.fleet.add("t1").condition = engine::town_condition::set_aside;
    face.clock.at += minutes{60};
    EXPECT_EQ(face.get("/livez").status, 200);
}

TEST(Readyz, NeedsTheFirstTickTheOtherPartsAndNoShutdown) {
    test_face face;
    EXPECT_EQ(face.get("/readyz").status, 200);
    EXPECT_EQ(face.get("/readyz").body, "ok\n");
    face.ready = false;
    EXPECT_EQ(face.get("/readyz").status, 503);
    EXPECT_NE(face.get("/readyz").body.find("the API does not listen"), std::string::npos);
    face.ready = true;
    face.fleet.sums.stopping = true;
    EXPECT_EQ(face.get("/readyz").status, 503);
    face.fleet.sums.stopping = false;
    face.fleet.sums.first_tick_done = false;
    EXPECT_EQ(face.get("/readyz").status, 503);
}

TEST(Readyz, TellsEveryCheckWhenVerbose) {
    test_face face;
    const auto answer = face.get("/readyz?verbose");
    EXPECT_EQ(answer.status, 200);
    EXPECT_NE(answer.body.find("[+] first_tick ok"), std::string::npos);
    EXPECT_NE(answer.body.find("[+] running ok"), std::string::npos);
}

TEST(Metrics, ArePassedThroughUnchanged) {
    test_face face;
    const auto answer = face.get("/metrics");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "townd_up 1\n");
    EXPECT_EQ(answer.content_type.rfind("text/plain; version=0.0.4", 0), 0U);
}

TEST(Version, NamesTheBuild) {
    test_face face;
    const auto body = face.get_json("/version");
    EXPECT_EQ(body["version"], "1.2.3");
    EXPECT_EQ(body["revision"], "abc");
}

TEST(Root, LeadsToTheFirstPage) {
    test_face face;
    const auto answer = face.get("/");
    EXPECT_EQ(answer.status, 302);
    EXPECT_EQ(header_of(answer, "Location"), "/debug/");
}

TEST(EveryAnswer, CarriesTheSecurityHeaders) {
    test_face face;
    face.fleet.add("t1");
    for (const char* target :
         {"/", "/livez", "/metrics", "/debug", "/debug/", "/debug/v1/summary",
          "/debug/v1/towns/gone", "/debug/v1/nothing", "/nothing", "/debug/towns/t1"}) {
        const auto answer = face.get(target);
        EXPECT_EQ(header_of(answer, "X-Content-Type-Options"), "nosniff") << target;
        EXPECT_EQ(header_of(answer, "X-Frame-Options"), "DENY") << target;
        const bool tagged = std::string_view{target} == "/debug/v1/summary";
        EXPECT_EQ(header_of(answer, "Cache-Control"), tagged ? "private, no-cache" : "no-store")
            << target;
        const auto policy = header_of(answer, "Content-Security-Policy");
        EXPECT_EQ(policy.rfind("default-src 'self';", 0), 0U) << target;
        EXPECT_EQ(policy.find("unsafe"), std::string::npos) << target;
    }
}

TEST(WrongMethod, IsAProblemThatNamesTheRightOne) {
    test_face face;
    const auto answer = face.send("POST", "/debug/v1/towns");
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(header_of(answer, "Allow"), "GET, HEAD");
    EXPECT_EQ(answer.content_type, "application/problem+json");
}

}  // namespace
}  // namespace townd::debug
