#include <netinet/in.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>

#include "client_rig.hpp"

namespace townd::test {
namespace {

using namespace std::chrono_literals;

TEST(BeastClient, NamesAnswersThatComeByteByByte) {
    client_rig rig;
    const raw_server server([](const raw_peer& peer) {
        peer.read_request();
        for (const char c : http_reply("503 Busy", "{\"error\":\"x\"}", "Retry-After: 7\r\n"))
            peer.send(std::string(1, c));
    });
    const http_answer answer = rig.call(client_rig::get(server.url()));
    EXPECT_FALSE(answer.error.has_value());
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.body, "{\"error\":\"x\"}");
    EXPECT_EQ(answer.retry_after, duration{7s});
}

TEST(BeastClient, ReadsWhatIsSound) {
    struct sound {
        std::string reply;
        int status;
        std::string body;
    };
    const std::string big(1024 * 1024, 'b');
    const std::vector<sound> rows{
        {http_reply("200 OK", "{}"), 200, "{}"},
        {http_reply("500 No", ""), 500, ""},
        {"HTTP/1.1 204 None\r\n\r\n", 204, ""},
        {"HTTP/1.1 100 Continue\r\n\r\n" + http_reply("200 OK", "{}"), 200, "{}"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a=b\r\n{\r\n1\r\n}\r\n0\r\nX: "
         "y\r\n\r\n",
         200, "{}"},
        {http_reply("200 OK", "\xff\xfe\x01"), 200, "\xff\xfe\x01"},
        {http_reply("200 OK", std::string(100'000, '[')), 200, std::string(100'000, '[')},
        {http_reply("200 OK", "{}", "Content-Encoding: identity\r\n"), 200, "{}"},
        {http_reply("200 OK", big), 200, big},
    };
    client_rig rig;
    for (const sound& one : rows) {
        SCOPED_TRACE(one.reply.substr(0, 120));
        const raw_server server([&](const raw_peer& peer) {
            peer.read_request();
            peer.send(one.reply);
        });
        const http_answer answer = rig.call(client_rig::get(server.url()));
        EXPECT_FALSE(answer.error.has_value()) << answer.error->message();
        EXPECT_EQ(answer.status, one.status);
        EXPECT_TRUE(answer.body == one.body);
        ASSERT_EQ(answer.phases.size(), 5U);
        EXPECT_EQ(answer.phases[0].name, "resolve");
        EXPECT_EQ(answer.phases[4].name, "body");
    }
}

TEST(BeastClient, SendsTheRequestAsAsked) {
    client_rig rig;
    std::promise<std::string> seen;
    const raw_server server([&](const raw_peer& peer) {
        seen.set_value(peer.read_request());
        peer.send(http_reply("201 Created", "{}"));
    });
    http_call request = client_rig::get(server.url() + "/base/");
    request.method = "POST";
    request.target = "/agents/start";
    request.headers = {{"X-Dispatch-Id", "d-1"}};
    request.body = "{\"agentId\":\"a\"}";
    EXPECT_EQ(rig.call(request).status, 201);
    const std::string text = seen.get_future().get();
    EXPECT_EQ(text.substr(0, text.find("\r\n")), "POST /base/agents/start HTTP/1.1");
    for (const std::string& line :
         {"Host: 127.0.0.1:" + std::to_string(server.port()), std::string("User-Agent: townd"),
          std::string("Accept-Encoding: identity"), std::string("Connection: close"),
          std::string("Content-Type: application/json"), std::string("Content-Length: 15"),
          std::string("X-Dispatch-Id: d-1")})
        EXPECT_NE(text.find("\r\n" + line + "\r\n"), std::string::npos) << line;
    EXPECT_EQ(text.substr(text.find("\r\n\r\n") + 4), request.body);
}

TEST(BeastClient, RefusesHeadersThatWouldForgeARequest) {
    client_rig rig;
    http_call request = client_rig::get("http://127.0.0.1:9");
    request.headers = {{"X-A", "b\r\nX-Evil: 1"}};
    const http_answer answer = rig.call(request);
    ASSERT_TRUE(answer.error.has_value());
    EXPECT_EQ(answer.error->code(), error_code::internal);
    EXPECT_FALSE(answer.request_sent);
}

TEST(BeastClient, FollowsNoRedirect) {
    client_rig rig;
    const raw_server server([](const raw_peer& peer) {
        peer.read_request();
        peer.send(http_reply("307 Go", "", "Location: http://169.254.169.254/latest\r\n"));
    });
    const http_answer answer = rig.call(client_rig::get(server.url()));
    EXPECT_EQ(answer.status, 307);
    EXPECT_EQ(answer.location, "http://169.254.169.254/latest");
    EXPECT_EQ(server.accepted(), 1);
}

TEST(BeastClient, NamesARefusedConnection) {
    client_rig rig;
    std::string url;
    {
        const raw_server gone([](const raw_peer&) {});
        url = gone.url();
    }
    const http_answer answer = rig.call(client_rig::get(url));
    ASSERT_TRUE(answer.error.has_value());
    EXPECT_EQ(answer.error->code(), error_code::connect_refused);
    EXPECT_EQ(answer.error->phase(), error_phase::connect);
    EXPECT_EQ(answer.error->sys_errno, ECONNREFUSED);
    EXPECT_EQ(answer.error->message(), "connect " + url.substr(7) + ": Connection refused");
    EXPECT_FALSE(answer.request_sent);
    EXPECT_FALSE(answer.status.has_value());
}

TEST(BeastClient, BoundsAConnectThatHangs) {
    // A backlog that is full swallows further connects.
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* generic = reinterpret_cast<sockaddr*>(&at);
    ASSERT_EQ(::bind(listener, generic, size), 0);
    ASSERT_EQ(::listen(listener, 0), 0);
    ASSERT_EQ(::getsockname(listener, generic, &size), 0);
    std::vector<int> fillers;
    for (int i = 0; i < 8; ++i) {
        fillers.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
        (void)::connect(fillers.back(), generic, size);
    }
    client_rig rig;
    http_call request = client_rig::get("http://127.0.0.1:" + std::to_string(ntohs(at.sin_port)));
    request.connect_timeout = 200ms;
    const http_answer answer = rig.call(request);
    ASSERT_TRUE(answer.error.has_value());
    EXPECT_EQ(answer.error->code(), error_code::connect_timeout) << answer.error->message();
    EXPECT_EQ(answer.error->phase(), error_phase::connect);
    EXPECT_NE(answer.error->message().find("no answer within 200 ms"), std::string::npos);
    EXPECT_FALSE(answer.request_sent);
    for (const int fd : fillers)
        ::close(fd);
    ::close(listener);
    rig.expect_alive();
}

TEST(BeastClient, BoundsAnAnswerThatNeverComes) {
    client_rig rig;
    const raw_server server([](const raw_peer& peer) { peer.wait_for_close(); });
    http_call request = client_rig::get(server.url());
    request.total_timeout = 300ms;
    const http_answer answer = rig.call(request);
    ASSERT_TRUE(answer.error.has_value());
    EXPECT_EQ(answer.error->code(), error_code::header_timeout);
    EXPECT_EQ(answer.error->message(),
              "no answer from " + answer.endpoint + " within 300 ms (header)");
    EXPECT_TRUE(answer.request_sent);
}

TEST(BeastClient, BoundsABodyThatNeverEnds) {
    client_rig rig;
    const raw_server server([](const raw_peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{");
        peer.wait_for_close();
    });
    http_call request = client_rig::get(server.url());
    request.total_timeout = 300ms;
    const http_answer answer = rig.call(request);
    ASSERT_TRUE(answer.error.has_value());
    EXPECT_EQ(answer.error->code(), error_code::body_timeout);
    EXPECT_EQ(answer.error->phase(), error_phase::body);
    EXPECT_EQ(answer.status, 200);
}

TEST(BeastClient, BoundsARequestThatNobodyReads) {
    client_rig rig;
    std::promise<void> over;
    const auto until = over.get_future().share();
    const raw_server server([until](const raw_peer&) { until.wait(); });
    http_call request = client_rig::get(server.url());
    request.method = "POST";
    request.body = std::string(64 << 20, 'x');
    request.total_timeout = 500ms;
    const http_answer answer = rig.call(request);
    over.set_value();
    ASSERT_TRUE(answer.error.has_value());
    EXPECT_EQ(answer.error->code(), error_code::write_failed) << answer.error->message();
    EXPECT_EQ(answer.error->phase(), error_phase::write);
    EXPECT_TRUE(answer.request_sent);
}

TEST(BeastClient, NamesAReset) {
    client_rig rig;
    const raw_server server([](const raw_peer& peer) {
        peer.read_request();
        peer.reset_on_close();
    });
    const http_answer answer = rig.call(client_rig::get(server.url()));
    ASSERT_TRUE(answer.error.has_value());
    EXPECT_EQ(answer.error->code(), error_code::reset);
    EXPECT_EQ(answer.error->phase(), error_phase::header);
    EXPECT_EQ(answer.error->sys_errno, ECONNRESET);
    EXPECT_TRUE(answer.request_sent);
}

TEST(BeastClient, NamesAHostWithoutAddress) {
    client_rig rig;
    const http_answer answer = rig.call(client_rig::get("http://no-such-host.invalid:8080"));
    ASSERT_TRUE(answer.error.has_value());
    EXPECT_EQ(answer.error->code(), error_code::resolve_failed);
    EXPECT_EQ(answer.error->phase(), error_phase::resolve);
    EXPECT_NE(answer.error->message().find("resolve no-such-host.invalid: "), std::string::npos);
    EXPECT_FALSE(answer.request_sent);
    rig.expect_alive();
}

TEST(BeastClient, CallsAHostByName) {
    client_rig rig;
    const raw_server server([](const raw_peer& peer) {
        peer.read_request();
        peer.send(http_reply("200 OK", "{}"));
    });
    const http_answer answer = rig.call(client_rig::get(server.url("http", "localhost")));
    EXPECT_EQ(answer.status, 200) << answer.error->message();
    EXPECT_EQ(answer.endpoint, "localhost:" + std::to_string(server.port()));
}

TEST(BeastClient, RefusesAForbiddenAddressBehindANumberThatNoParserCatches) {
    client_rig rig;
    // 2852039166 is 169.254.169.254: only what it resolves to tells.
    const http_answer answer = rig.call(client_rig::get("http://2852039166"));
    ASSERT_TRUE(answer.error.has_value());
    EXPECT_EQ(answer.error->code(), error_code::config_invalid) << answer.error->message();
    EXPECT_EQ(answer.error->phase(), error_phase::connect);
    EXPECT_EQ(answer.error->who, blame::config);
    EXPECT_NE(answer.error->message().find("169.254.169.254"), std::string::npos);
}

TEST(BeastClient, ServesManyCallsAtOnceEachUnderItsDeadline) {
    client_rig rig;
    const raw_server silent([](const raw_peer& peer) { peer.wait_for_close(); });
    const raw_server good([](const raw_peer& peer) {
        peer.read_request();
        peer.send(http_reply("200 OK", "{}"));
    });
    constexpr int calls = 500;
    std::mutex mutex;
    std::condition_variable changed;
    int timeouts = 0;
    int fine = 0;
    int ended = 0;
    for (int i = 0; i < calls; ++i) {
        http_call request = client_rig::get(i % 2 == 0 ? silent.url() : good.url());
        request.connect_timeout = 20s;
        request.total_timeout = i % 2 == 0 ? duration{2s} : duration{20s};
        rig.port().call(request, [&](const http_answer& answer) {
            const std::lock_guard lock(mutex);
            ++ended;
            if (answer.error && answer.error->code() == error_code::header_timeout) ++timeouts;
            if (answer.status == 200) ++fine;
            changed.notify_one();
        });
    }
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, 60s, [&] { return ended == calls; })) << ended;
    EXPECT_EQ(fine, calls / 2);
    EXPECT_EQ(timeouts, calls / 2);
}

TEST(BeastClient, OutlivesACallbackThatThrows) {
    client_rig rig;
    const raw_server server([](const raw_peer& peer) { peer.read_request(); });
    rig.port().call(client_rig::get(server.url()),
                    [](const http_answer&) { throw std::runtime_error("of the caller"); });
    rig.expect_alive();
}

TEST(BeastClient, MayBeDestroyedWithCallsInFlight) {
    std::atomic<int> called = 0;
    const raw_server silent([](const raw_peer& peer) { peer.wait_for_close(); });
    std::promise<void> reached;
    std::atomic<bool> told = false;
    const raw_server first([&](const raw_peer& peer) {
        if (!told.exchange(true)) reached.set_value();
        peer.wait_for_close();
    });
    {
        client_rig rig;
        http_call at_first = client_rig::get(first.url());
        http_call later = client_rig::get(silent.url());
        at_first.total_timeout = later.total_timeout = 1h;
        rig.port().call(at_first, [&](const http_answer&) { ++called; });
        ASSERT_EQ(reached.get_future().wait_for(20s), std::future_status::ready);
        for (int i = 0; i < 300; ++i)
            rig.port().call(later, [&](const http_answer&) { ++called; });
        rig.destroy_port();
    }  // Joins the io thread long before any deadline, or the test times out.
    EXPECT_EQ(called, 0);
}

}  // namespace
}  // namespace townd::test
