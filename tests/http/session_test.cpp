#include <gtest/gtest.h>

#include <mutex>

#include "http/running_server.hpp"

namespace townd::http::test {
namespace {

TEST(Session, KeepsAConnectionForManyRequests) {
    const running_server server;
    raw_client client(server.port());
    for (int i = 0; i < 5; ++i) {
        client.send(server.get("/hello"));
        const auto answer = client.read_reply();
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, "hi");
        EXPECT_TRUE(answer.has("Connection: keep-alive"));
    }
}

TEST(Session, ClosesAfterItsLastRequest) {
    auto options = local_options();
    options.limits.requests_per_connection_max = 2;
    const running_server server(options);
    raw_client client(server.port());
    client.send(server.get("/hello"));
    EXPECT_TRUE(client.read_reply().has("Connection: keep-alive"));
    client.send(server.get("/hello"));
    EXPECT_TRUE(client.read_reply().has("Connection: close"));
    EXPECT_TRUE(client.closes());
}

TEST(Session, ClosesWhenAskedTo) {
    const running_server server;
    raw_client client(server.port());
    client.send(server.get("/hello", "Connection: close\r\n"));
    EXPECT_TRUE(client.read_reply().has("Connection: close"));
    EXPECT_TRUE(client.closes());

    raw_client old(server.port());
    old.send("GET /hello HTTP/1.0\r\n\r\n");
    EXPECT_EQ(old.read_reply().status, 200);
    EXPECT_TRUE(old.closes());
}

TEST(Session, AnswersPipelinedRequestsInTheirOrder) {
    const running_server server;
    raw_client client(server.port());
    client.send(server.line("POST", "/echo", "Content-Length: 3\r\n\r\n") + "one" +
                server.line("POST", "/echo", "Transfer-Encoding: chunked\r\n\r\n") +
                "3\r\ntwo\r\n0\r\n\r\n" + server.get("/hello"));
    EXPECT_EQ(client.read_reply().body, "one");
    EXPECT_EQ(client.read_reply().body, "two");
    EXPECT_EQ(client.read_reply().body, "hi");
}

TEST(Session, TellsTheUsualFields) {
    const running_server server(local_options(), [](router& routes) {
        routes.add("GET", "/fields", [](request, responder reply) {
            auto answer = text_response(200, "x");
            answer.headers = {{"Cache-Control", "max-age=60"},
                              {"X-Split", "a\r\nSet-Cookie: b"},
                              {"Content-Length", "99"},
                              {"X-Own", "yes"}};
            reply(answer);
        });
    });
    const auto plain = server.ask(server.get("/hello"));
    EXPECT_TRUE(plain.has("Server: townd"));
    EXPECT_TRUE(plain.has("Content-Length: 2"));
    EXPECT_TRUE(plain.has("Content-Type: text/plain; charset=utf-8"));
    EXPECT_TRUE(plain.has("X-Content-Type-Options: nosniff"));
    EXPECT_TRUE(plain.has("Cache-Control: no-store"));
    const auto own = server.ask(server.get("/fields"));
    EXPECT_TRUE(own.has("Cache-Control: max-age=60"));
    EXPECT_FALSE(own.has("Cache-Control: no-store"));
    EXPECT_TRUE(own.has("Content-Length: 1"));
    EXPECT_FALSE(own.has("Content-Length: 99"));
    EXPECT_TRUE(own.has("X-Own: yes"));
    EXPECT_EQ(own.head.find("Set-Cookie"), std::string::npos);
}

TEST(Session, AnswersHeadWithoutABody) {
    const running_server server;
    raw_client client(server.port());
    client.send(server.line("HEAD", "/hello") + "\r\n" + server.get("/hello"));
    const auto head = client.read_reply(false);
    EXPECT_EQ(head.status, 200);
    EXPECT_TRUE(head.has("Content-Length: 2"));
    EXPECT_EQ(client.read_reply().body, "hi") << "the next answer must follow at once";
}

TEST(Session, AnswersUnknownPathsAndMethodsInJson) {
    const running_server server;
    const auto unknown = server.ask(server.get("/nowhere"));
    EXPECT_EQ(unknown.status, 404);
    EXPECT_EQ(unknown.body, R"({"success":false,"error":"Not found"})");
    EXPECT_TRUE(unknown.has("Content-Type: application/json"));
    const auto wrong = server.ask(server.line("DELETE", "/hello") + "\r\n");
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(wrong.body, R"({"success":false,"error":"Method not allowed"})");
    EXPECT_TRUE(wrong.has("Allow: GET, HEAD"));
}

TEST(Session, TurnsAnExceptionIntoA500) {
    const running_server server;
    raw_client client(server.port());
    client.send(server.get("/throw"));
    const auto answer = client.read_reply();
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.body, R"({"success":false,"error":"internal error: on purpose"})");
    client.send(server.get("/hello"));
    EXPECT_EQ(client.read_reply().status, 200);
}

TEST(Session, TakesABodyOfTheLimitAndNotOneByteMore) {
    auto options = local_options();
    options.limits.body_bytes_max = 100'000;
    const running_server server(options);
    const std::string most(100'000, 'b');
    const auto post = [&](std::string_view fields) { return server.line("POST", "/echo", fields); };
    EXPECT_EQ(server.ask(post("Content-Length: 100000\r\n\r\n") + most).body, most);
    EXPECT_EQ(server.ask(post("Content-Length: 100001\r\n\r\n") + most + "b").status, 413);
    const auto chunked = post("Transfer-Encoding: chunked\r\n\r\n") + "186a0\r\n" + most + "\r\n";
    EXPECT_EQ(server.ask(chunked + "0\r\n\r\n").body, most);
    EXPECT_EQ(server.ask(chunked + "1\r\nb\r\n0\r\n\r\n").status, 413);
    EXPECT_TRUE(server.is_well());
}

TEST(Session, TakesAHeaderOfTheLimit) {
    const running_server server;
    const std::string start = server.line("GET", "/hello") + "X: ";
    const auto padded = [&](std::size_t total) {
        return start + std::string(total - start.size() - 4, 'x') + "\r\n\r\n";
    };
    EXPECT_EQ(server.ask(padded(16 * 1024)).status, 200);
    EXPECT_EQ(server.ask(padded(16 * 1024 + 1)).status, 431);
}

TEST(Session, SaysContinueWhenTheClientWaitsForIt) {
    const running_server server;
    raw_client client(server.port());
    client.send(server.line("POST", "/echo", "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n"));
    EXPECT_EQ(client.read_reply().status, 100);
    client.send("body");
    const auto answer = client.read_reply();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "body");

    raw_client large(server.port());
    large.send(
        server.line("POST", "/echo", "Content-Length: 9999999\r\nExpect: 100-continue\r\n\r\n"));
    EXPECT_EQ(large.read_reply().status, 413) << "refused before the body is sent";
}

TEST(Session, TellsTheHandlerWhatWasAsked) {
    std::promise<request> seen;
    const running_server server(local_options(), [&](router& routes) {
        routes.add("POST", "/towns/:town/*rest", [&](request call, responder reply) {
            seen.set_value(call);
            reply(text_response(200, ""));
        });
    });
    std::ignore = server.ask(server.line("POST", "/towns/a%2Fb/c/d%20e?q=x+y%26z&q=2&empty",
                                         "X-Twice: 1\r\nx-twice: 2\r\nContent-Length: 2\r\n\r\n") +
                             "{}");
    const auto call = seen.get_future().get();
    EXPECT_EQ(call.method, "POST");
    EXPECT_EQ(call.path, "/towns/a/b/c/d e");
    EXPECT_EQ(call.param("town"), "a/b");
    EXPECT_EQ(call.param("rest"), "c/d e");
    EXPECT_EQ(call.query_text("q"), "x y&z");
    EXPECT_EQ(call.query_text("empty"), "");
    EXPECT_EQ(call.query_text("none"), std::nullopt);
    EXPECT_EQ(call.header("x-twice"), "1, 2");
    EXPECT_EQ(call.body, "{}");
    EXPECT_EQ(call.peer, "127.0.0.1");
    EXPECT_FALSE(call.from_socket);
}

TEST(Session, AllowsItsOwnHostsAndThoseOfTheList) {
    auto options = local_options();
    options.hosts = {"Townd.example", "alias.example:1234"};
    const running_server server(options);
    const auto status = [&](const std::string& host) {
        return server.ask("GET /hello HTTP/1.1\r\nHost: " + host + "\r\n\r\n").status;
    };
    const auto port = ":" + std::to_string(server.port());
    for (const auto& good :
         {"localhost" + port, "LOCALHOST" + port, "127.0.0.1" + port, "127.0.0.2" + port,
          "[::1]" + port, std::string{"townd.example"}, std::string{"alias.example:1234"}})
        EXPECT_EQ(status(good), 200) << good;
    for (const auto& bad :
         {"localhost.evil.example" + port, "evil.example" + port, std::string{"localhost"},
          std::string{"localhost:1"}, "townd.example" + port, "alias.example" + port,
          "127.0.0.1.evil.example" + port, "user@localhost" + port, "0.0.0.0" + port, "::1" + port,
          std::string{}})
        EXPECT_EQ(status(bad), 421) << bad;
}

TEST(Session, AllowsEveryHostWhenToldSo) {
    auto options = local_options();
    options.any_host = true;
    const running_server server(options);
    EXPECT_EQ(server.ask("GET /hello HTTP/1.1\r\nHost: any.example\r\n\r\n").status, 200);
    EXPECT_EQ(server.ask("GET /hello HTTP/1.1\r\n\r\n").status, 400) << "but one there must be";
}

TEST(Session, ReportsEveryResponse) {
    struct seen {
        std::string method, path, peer;
        int status;
    };
    std::mutex gate;
    std::vector<seen> all;
    auto options = local_options();
    options.on_done = [&](const request& call, int status, std::chrono::microseconds took) {
        const std::lock_guard lock(gate);
        EXPECT_GE(took.count(), 0);
        all.push_back({call.method, call.path, call.peer, status});
        throw std::runtime_error("must not hurt");
    };
    const running_server server(options);
    EXPECT_EQ(server.ask(server.get("/hello")).status, 200);
    EXPECT_EQ(server.ask(server.get("/throw")).status, 500);
    EXPECT_EQ(server.ask("GET /rebound HTTP/1.1\r\nHost: evil.example\r\n\r\n").status, 421);
    ASSERT_TRUE(eventually([&] {
        const std::lock_guard lock(gate);
        return all.size() == 3;
    }));
    EXPECT_EQ(all[0].path, "/hello");
    EXPECT_EQ(all[0].status, 200);
    EXPECT_EQ(all[1].status, 500);
    EXPECT_EQ(all[2].path, "/rebound");
    EXPECT_EQ(all[2].status, 421);
    EXPECT_EQ(all[2].peer, "127.0.0.1");
}

}  // namespace
}  // namespace townd::http::test
