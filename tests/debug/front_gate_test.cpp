// What a request passes before any route is looked for, and how many reads of towns it may start.

#include "debug/front_gate.hpp"

#include <gtest/gtest.h>

#include "debug/fake_fleet.hpp"
#include "debug/read_slots.hpp"

namespace townd::debug {
namespace {

class FrontGate : public testing::Test {
protected:
    FrontGate() {
        options.clock = &world.clock;
        options.read_token = std::string(40, 'r');
        options.write_token = std::string(40, 'w');
    }
    int status(const std::string& method, const std::string& path,
               std::map<std::string, std::string, std::less<>> headers = {}, bool local = false) {
        http::request call;
        call.method = method;
        call.path = path;
        call.headers = std::move(headers);
        call.from_socket = local;
        const face f{world.fleet, options, world.clock.at};
        const auto no = turned_away(f, call);
        return no ? no->status : 0;
    }
    std::string reader() const { return "Bearer " + *options.read_token; }
    std::string writer() const { return "Bearer " + *options.write_token; }

    test_face world;
    debug_options options;
};

TEST_F(FrontGate, TheReadTokenReadsAndDoesNotWrite) {
    EXPECT_EQ(status("GET", "/debug/"), 401);
    EXPECT_EQ(status("HEAD", "/debug/"), 401);
    EXPECT_EQ(status("GET", "/debug/", {{"authorization", reader()}}), 0);
    const std::string json_type = "application/json; charset=utf-8";
    EXPECT_EQ(status("POST", "/x", {{"authorization", reader()}, {"content-type", json_type}}),
              403);
    EXPECT_EQ(status("POST", "/x", {{"authorization", writer()}, {"content-type", json_type}}), 0);
}

TEST_F(FrontGate, ADryRunIsARead) {
    EXPECT_EQ(status("POST", "/debug/v1/towns/t:dry-run"), 401);
    EXPECT_EQ(status("POST", "/debug/v1/towns/t:dry-run", {{"authorization", reader()}}), 0);
    EXPECT_EQ(status("POST", "/debug/v1/towns/t:dry-run",
                     {{"authorization", reader()}, {"origin", "null"}}),
              403);
    EXPECT_EQ(status("PUT", "/debug/v1/towns/t:dry-run", {{"authorization", reader()}}), 415);
}

TEST_F(FrontGate, PasswordsOpenReadsAlone) {
    // `:` and the tokens, as base64.
    const std::string read = "Basic OnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI=";
    const std::string write = "Basic Ond3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3c=";
    EXPECT_EQ(status("GET", "/metrics", {{"authorization", read}}), 0);
    EXPECT_EQ(status("GET", "/metrics", {{"authorization", write}}), 401);
    EXPECT_EQ(
        status("POST", "/x", {{"authorization", write}, {"content-type", "application/json"}}),
        401);
    for (const char* bad : {"Basic", "Basic ", "Basic *", "Basic OnI", "basic", "Bearer"})
        EXPECT_EQ(status("GET", "/metrics", {{"authorization", bad}}), 401) << bad;
}

TEST_F(FrontGate, TheSocketNeedsNoTokenButIsClosedToPages) {
    EXPECT_EQ(status("GET", "/debug/", {}, true), 0);
    EXPECT_EQ(status("POST", "/x", {{"content-type", "application/json"}}, true), 0);
    EXPECT_EQ(status("POST", "/x", {}, true), 415);
    EXPECT_EQ(
        status("POST", "/x",
               {{"content-type", "application/json"}, {"sec-fetch-site", "cross-site"}}, true),
        403);
}

TEST(ReadSlots, ATownGivesTwoAndAllTogetherThirtyTwo) {
    const auto slots = std::make_shared<read_slots>();
    auto first = slots->take("t");
    const auto second = slots->take("t");
    ASSERT_TRUE(first && second);
    EXPECT_FALSE(slots->take("t"));
    first.reset();
    EXPECT_TRUE(slots->take("t")) << "and that one is given back at once";
    std::vector<std::shared_ptr<read_slots::slot>> held;
    for (int i = 0; i < reads_max - 1; ++i)
        held.push_back(slots->take("other" + std::to_string(i)));
    ASSERT_TRUE(held.back());
    EXPECT_FALSE(slots->take("one more"));
    held.clear();
    EXPECT_TRUE(slots->take("one more"));
}

}  // namespace
}  // namespace townd::debug
