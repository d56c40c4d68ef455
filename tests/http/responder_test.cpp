// Who answers, when, and from where.

#include <gtest/gtest.h>

#include <mutex>

#include "http/running_server.hpp"

namespace townd::http::test {
namespace {

// Keeps the responders of GET /held for the test to call or to drop.
class holder {
public:
    void add_to(router& routes) {
        routes.add("GET", "/held", [this](request, responder reply) {
            const std::lock_guard lock(gate_);
            held_.push_back(std::move(reply));
        });
    }
    [[nodiscard]] responder take() {
        EXPECT_TRUE(eventually([&] { return count() > 0; }));
        const std::lock_guard lock(gate_);
        auto first = std::move(held_.front());
        held_.erase(held_.begin());
        return first;
    }
    [[nodiscard]] std::size_t count() {
        const std::lock_guard lock(gate_);
        return held_.size();
    }

private:
    std::mutex gate_;
    std::vector<responder> held_;
};

TEST(Responder, MayBeCalledByAnotherThread) {
    holder held;
    const running_server server(local_options(), [&](router& routes) { held.add_to(routes); });
    raw_client client(server.port());
    for (int i = 0; i < 3; ++i) {
        client.send(server.get("/held"));
        const auto reply = held.take();
        std::thread([&] { reply(text_response(200, "late" + std::to_string(i))); }).join();
        EXPECT_EQ(client.read_reply().body, "late" + std::to_string(i));
    }
}

TEST(Responder, CountsOnceOnly) {
    holder held;
    const running_server server(local_options(), [&](router& routes) { held.add_to(routes); });
    raw_client client(server.port());
    client.send(server.get("/held") + server.get("/hello"));
    const auto reply = held.take();
    std::thread a([&] { reply(text_response(200, "same")); });
    std::thread b([&] { reply(text_response(200, "same")); });
    a.join();
    b.join();
    reply(text_response(500, "again"));
    EXPECT_EQ(client.read_reply().body, "same");
    EXPECT_EQ(client.read_reply().body, "hi");
    EXPECT_TRUE(server.is_well());
}

TEST(Responder, ThatIsDroppedAnswers503AtOnce) {
    holder held;
    const running_server server(local_options(), [&](router& routes) { held.add_to(routes); });
    raw_client client(server.port());
    client.send(server.get("/held"));
    std::ignore = held.take();
    const auto answer = client.read_reply();
    EXPECT_EQ(answer.status, 503);
    EXPECT_TRUE(answer.has("Retry-After: 1"));
    EXPECT_NE(answer.body.find("dropped"), std::string::npos) << answer.body;
}

TEST(Responder, ThatIsNeverCalledAnswers503AtTheDeadline) {
    holder held;
    auto options = local_options();
    options.limits.answer_timeout = duration{100};
    const running_server server(options, [&](router& routes) { held.add_to(routes); });
    raw_client client(server.port());
    client.send(server.get("/held"));
    const auto reply = held.take();
    const auto answer = client.read_reply();
    EXPECT_EQ(answer.status, 503);
    EXPECT_NE(answer.body.find("no answer within 100 ms"), std::string::npos) << answer.body;
    // A late answer must not be taken for that of the next request.
    client.send(server.get("/held"));
    const auto next = held.take();
    reply(text_response(200, "too late"));
    next(text_response(200, "in time"));
    EXPECT_EQ(client.read_reply().body, "in time");
}

TEST(Responder, OutlivesItsClient) {
    holder held;
    running_server server(local_options(), [&](router& routes) { held.add_to(routes); });
    raw_client client(server.port());
    client.send(server.get("/held"));
    const auto reply = held.take();
    client.close();
    EXPECT_TRUE(server.is_well());
    reply(text_response(200, std::string(1'000'000, 'x')));
    EXPECT_TRUE(server.is_well());
    EXPECT_TRUE(eventually([&] { return server.it().connections() == 0; }));
}

TEST(Responder, OutlivesItsServer) {
    holder held;
    responder dropped, called;
    {
        running_server server(local_options(), [&](router& routes) { held.add_to(routes); });
        raw_client first(server.port());
        raw_client second(server.port());
        first.send(server.get("/held"));
        dropped = held.take();
        second.send(server.get("/held"));
        called = held.take();
        server.end();
        EXPECT_TRUE(first.connected());
    }
    called(text_response(200, "nobody is there"));
    called = {};
    dropped = {};
    EXPECT_EQ(held.count(), 0U);
}

TEST(Responder, MayRaceWithTheEndOfTheServer) {
    for (int round = 0; round < 20; ++round) {
        holder held;
        std::vector<std::unique_ptr<raw_client>> clients;
        std::thread answering;
        {
            running_server server(local_options(), [&](router& routes) { held.add_to(routes); });
            for (int i = 0; i < 8; ++i) {
                clients.push_back(std::make_unique<raw_client>(server.port()));
                clients.back()->send(server.get("/held"));
            }
            ASSERT_TRUE(eventually([&] { return held.count() == 8; }));
            answering = std::thread([&] {
                for (int i = 0; i < 8; ++i)
                    held.take()(text_response(200, "x"));
            });
            if (round % 2 == 0) server.it().stop();
        }
        answering.join();
        EXPECT_EQ(held.count(), 0U);
    }
}

}  // namespace
}  // namespace townd::http::test
