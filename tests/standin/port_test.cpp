// What happens to the port itself: refusing, hanging, coming back; and the container's end.

#include <gtest/gtest.h>

#include "standin/town.hpp"

namespace townd::standin {
namespace {

using namespace std::chrono_literals;

TEST(Port, RefusesAndComesBackAsTheSamePort) {
    const town t;
    const auto port = t.port();
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(t.box->set_behaviour(behaviour::refuse));
        EXPECT_EQ(t.send("GET", "/health").end, wire_end::refused);
        ASSERT_TRUE(t.box->set_behaviour(behaviour::ok));
        EXPECT_EQ(t.send("GET", "/health").status(), 200);
        EXPECT_EQ(t.port(), port);
    }
    EXPECT_EQ(t.box->url(), "http://127.0.0.1:" + std::to_string(port));
}

TEST(Port, IsNobodyElsesWhileItRefuses) {
    const town t;
    ASSERT_TRUE(t.box->set_behaviour(behaviour::refuse));
    boost::asio::io_context io{1};
    fake_town_api api;
    const wall_clock clock;
    options opts;
    opts.listen = t.box->address();
    const town other;  // Takes some port, not this one.
    EXPECT_NE(other.port(), t.port());
    ASSERT_TRUE(t.box->set_behaviour(behaviour::ok));
    const auto made = container::start(io, clock, api, opts);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, errc::unavailable);
    EXPECT_NE(made.error().what.find(std::to_string(t.port())), std::string::npos);
}

TEST(Port, CanRefuseFromTheBeginning) {
    options opts;
    opts.mode = behaviour::refuse;
    const town t{opts};
    EXPECT_NE(t.port(), 0);
    EXPECT_EQ(t.send("GET", "/health").end, wire_end::refused);
    ASSERT_TRUE(t.box->set_behaviour(behaviour::ok));
    EXPECT_EQ(t.send("GET", "/health").status(), 200);
}

TEST(Port, HangsConnectsAndComesBack) {
    options opts;
    opts.mode = behaviour::hang_connect;
    const town t{opts};
    for (int i = 0; i < 3; ++i) {
        const auto answer = t.send("GET", "/health", {}, {}, 200ms);
        EXPECT_FALSE(answer.connected);
        EXPECT_EQ(answer.end, wire_end::timed_out);
    }
    ASSERT_TRUE(t.box->set_behaviour(behaviour::ok));
    EXPECT_EQ(t.send("GET", "/health").status(), 200);
    ASSERT_TRUE(t.box->set_behaviour(behaviour::hang_connect));
    EXPECT_FALSE(t.send("GET", "/health", {}, {}, 200ms).connected);
    ASSERT_TRUE(t.box->set_behaviour(behaviour::refuse));
    EXPECT_EQ(t.send("GET", "/health").end, wire_end::refused);
}

TEST(Port, KeepsAgentsAliveWhileItRefuses) {
    options opts;
    opts.work_time = 10min;
    opts.heartbeat_every = 10ms;
    const town t{opts};
    EXPECT_EQ(t.start("agent-1").status(), 201);
    ASSERT_TRUE(t.box->set_behaviour(behaviour::refuse));
    const auto so_far = t.api.calls_to("/heartbeat").size();
    EXPECT_TRUE(t.api.wait_for("/heartbeat", so_far + 3));
    EXPECT_EQ(t.box->live_agents(), 1U);
}

TEST(Crash, TakesAllAgentsWithoutAWord) {
    options opts;
    opts.work_time = 10min;
    opts.heartbeat_every = 10ms;
    const town t{opts};
    EXPECT_EQ(t.start("agent-1").status(), 201);
    EXPECT_EQ(t.start("agent-2").status(), 201);
    EXPECT_TRUE(t.api.wait_for("/agent-2/heartbeat"));
    const auto before = parse_json(t.api.calls_to("/agent-2/heartbeat").front().body);
    t.box->kill_all();
    const auto beats = t.api.calls().size();
    EXPECT_EQ(t.box->live_agents(), 0U);
    EXPECT_EQ(t.status("agent-1").status(), 404);
    EXPECT_EQ(t.start("agent-3").status(), 201);
    EXPECT_TRUE(t.api.wait_for("/agent-3/heartbeat", 5));
    EXPECT_EQ(t.api.calls_to("/agent-3/heartbeat").size(), t.api.calls().size() - beats);
    EXPECT_TRUE(t.api.calls_to("/completed").empty());
    const auto after = parse_json(t.api.calls_to("/agent-3/heartbeat").front().body);
    EXPECT_NE((*before)["containerInstanceId"], (*after)["containerInstanceId"]);
}

TEST(Crash, SilencesAReportThatIsUnderWay) {
    options opts;
    opts.work_time = 1ms;
    opts.callback_backoff = 5ms;
    opts.callback_tries = 1'000'000;
    town t{opts};
    t.api.answer_with([](const http_call& call) {
        if (call.target.ends_with("/completed")) return api_away();
        return api_with_hook("bead-1")(call);
    });
    EXPECT_EQ(t.start("agent-1").status(), 201);
    EXPECT_TRUE(t.api.wait_for("/agent-1/completed", 2));
    t.box->kill_all();
    const auto reports = t.api.calls_to("/agent-1/completed").size();
    EXPECT_EQ(t.start("agent-2").status(), 201);
    EXPECT_TRUE(t.api.wait_for("/agent-2/completed", 3));
    EXPECT_EQ(t.api.calls_to("/agent-1/completed").size(), reports);
}

TEST(Stop, EndsEverythingWhileRequestsHang) {
    options opts;
    opts.mode = behaviour::hang_response;
    auto t = std::make_unique<town>(opts);
    wire_answer answer;
    const auto port = t->port();
    std::thread caller{[&answer, port] {
        answer = exchange_bytes(
            port, "POST /agents/start HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
    }};
    EXPECT_TRUE(eventually([&] { return t->box->starts_received() == 1; }));
    t->box->stop();
    t->box->stop();
    EXPECT_FALSE(t->box->set_behaviour(behaviour::ok));
    t.reset();  // Joins: nothing is left that could keep it.
    caller.join();
    EXPECT_TRUE(answer.connected);
    EXPECT_NE(answer.end, wire_end::timed_out);
    EXPECT_EQ(exchange_bytes(port, "").end, wire_end::refused);
}

}  // namespace
}  // namespace townd::standin
