// Responses without an end, over real sockets.

#include "http/stream.hpp"

#include <gtest/gtest.h>

#include <mutex>

#include "http/running_server.hpp"

namespace townd::http::test {
namespace {

// GET /stream answers a stream whose queue the test holds.
class streams {
public:
    void add_to(router& routes) {
        routes.add("GET", "/stream", [this](request, responder reply) {
            auto made = std::make_shared<stream>(plan());
            made->send("first\n");
            response out;
            out.content_type = "text/event-stream";
            out.stream = made;
            {
                const std::lock_guard lock(gate_);
                open_.push_back(made);
            }
            reply(std::move(out));
        });
    }
    std::shared_ptr<stream> newest() {
        const std::lock_guard lock(gate_);
        return open_.empty() ? nullptr : open_.back();
    }
    std::atomic<int> looks{0};
    std::atomic<std::size_t> dropped{0};

private:
    stream::plan plan() {
        stream::plan out;
        out.parting = "too slow\n";
        out.on_time = [this] { ++looks; };
        out.on_dropped = [this](std::size_t frames) { dropped += frames; };
        return out;
    }
    std::mutex gate_;
    std::vector<std::shared_ptr<stream>> open_;
};

class Stream : public testing::Test {
protected:
    static server_options few_streams() {
        auto options = local_options();
        options.limits.streams_max = 2;
        return options;
    }
    // Attached, and past its first frame.
    void begin(raw_client& client) {
        client.send(server.get("/stream"));
        ASSERT_TRUE(client.reads("first\n"));
    }
    streams made;
    running_server server{few_streams(), [this](router& routes) { made.add_to(routes); }};
};

TEST_F(Stream, FramesComeAsTheyAreSentAndNoLengthIsPromised) {
    raw_client client(server.port());
    begin(client);
    const auto head = client.rest();
    EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_NE(head.find("\r\nContent-Type: text/event-stream\r\n"), std::string::npos);
    EXPECT_NE(head.find("\r\nConnection: close\r\n"), std::string::npos);
    EXPECT_EQ(head.find("Content-Length"), std::string::npos);
    for (int i = 0; i < 1'000; ++i) {
        ASSERT_TRUE(eventually([&] { return made.newest()->room() > 0; }));
        ASSERT_TRUE(made.newest()->send("frame " + std::to_string(i) + "\n"));
    }
    EXPECT_TRUE(client.reads("\nframe 998\nframe 999\n"));
    made.newest()->end();
    EXPECT_TRUE(client.closes());
    EXPECT_EQ(made.dropped, 0U);
    EXPECT_TRUE(eventually([&] { return server.it().streams() == 0; }));
}

TEST_F(Stream, WhatWasSentBeforeTheEndIsDelivered) {
    raw_client client(server.port());
    begin(client);
    made.newest()->send("the last\n");
    made.newest()->end();
    EXPECT_FALSE(made.newest()->send("after the end\n"));
    EXPECT_TRUE(client.closes());
    EXPECT_TRUE(client.rest().ends_with("the last\n")) << client.rest();
}

TEST_F(Stream, ASlowClientIsToldAndClosedAndTheSenderNeverWaits) {
    raw_client client;
    client.take_little();
    client.connect(server.port());
    begin(client);
    const auto slow = made.newest();
    const std::string frame(64 * 1024, 'x');
    int sent = 0;
    while (slow->send(frame) && sent < 5'000)
        ++sent;
    EXPECT_GE(sent, static_cast<int>(stream::frames_max));
    EXPECT_LT(sent, 5'000);
    EXPECT_EQ(made.dropped, stream::frames_max + 1);
    EXPECT_TRUE(slow->over());
    EXPECT_TRUE(server.is_well()) << "others are served meanwhile";
    EXPECT_TRUE(client.closes());
    EXPECT_TRUE(client.rest().ends_with("too slow\n"));
}

TEST_F(Stream, AClientThatGoesIsNoticed) {
    auto client = std::make_unique<raw_client>(server.port());
    begin(*client);
    EXPECT_EQ(server.it().streams(), 1);
    client.reset();
    EXPECT_TRUE(eventually([&] { return made.newest()->over(); }));
    EXPECT_TRUE(eventually([&] { return server.it().streams() == 0; }));
    EXPECT_TRUE(eventually([&] { return server.it().connections() == 0; }));
}

TEST_F(Stream, StoppingTheServerClosesIt) {
    raw_client client(server.port());
    begin(client);
    server.it().stop();
    EXPECT_TRUE(client.closes());
    EXPECT_TRUE(eventually([&] { return made.newest()->over(); }));
    EXPECT_FALSE(made.newest()->send("nobody\n"));
}

TEST_F(Stream, MoreThanTheBoundAreRefusedForNow) {
    raw_client one(server.port());
    raw_client two(server.port());
    begin(one);
    begin(two);
    const auto refused = server.ask(server.get("/stream"));
    EXPECT_EQ(refused.status, 503);
    EXPECT_NE(refused.head.find("\r\nRetry-After: "), std::string::npos);
    EXPECT_TRUE(made.newest()->over());
    two.close();
    EXPECT_TRUE(eventually([&] { return server.it().streams() == 1; }));
    raw_client three(server.port());
    begin(three);
}

TEST_F(Stream, HeadHasItsHeadAlone) {
    raw_client client(server.port());
    client.send(server.line("HEAD", "/stream") + "\r\n");
    EXPECT_TRUE(client.closes());
    EXPECT_TRUE(client.rest().starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_TRUE(client.rest().ends_with("\r\n\r\n"));
    EXPECT_EQ(server.it().streams(), 0);
}

TEST_F(Stream, ItIsLookedAtWhileItIsOpen) {
    raw_client client(server.port());
    begin(client);
    EXPECT_TRUE(eventually([&] { return made.looks > 3; }));
    client.send("what nobody asked for");
    EXPECT_TRUE(made.newest()->send("still here\n"));
    EXPECT_TRUE(client.reads("still here\n"));
}

TEST_F(Stream, FramesMayComeFromManyThreads) {
    raw_client client(server.port());
    begin(client);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 50; ++i)
                EXPECT_TRUE(made.newest()->send("frame\n"));
        });
    for (auto& each : threads)
        each.join();
    made.newest()->end();
    EXPECT_TRUE(client.closes());
    std::size_t count = 0;
    for (auto at = client.rest().find("frame\n"); at != std::string::npos;
         at = client.rest().find("frame\n", at + 1))
        ++count;
    EXPECT_EQ(count, 200U);
}

}  // namespace
}  // namespace townd::http::test
