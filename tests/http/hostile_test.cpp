// What a peer may send, and what becomes of it. After each, the server still serves.

#include <gtest/gtest.h>

#include "http/running_server.hpp"

namespace townd::http::test {
namespace {

struct hostile {
    const char* name;
    std::string bytes;
    int status;  // 0: closed without an answer.
};

std::string repeated(std::string_view text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i)
        out += text;
    return out;
}

std::string many_fields(int count) {
    std::string out;
    for (int i = 0; i < count; ++i)
        out += "X-F" + std::to_string(i) + ": v\r\n";
    return out;
}

// `HOST` stands for the Host line that the server accepts.
std::vector<hostile> lines_and_targets() {
    using namespace std::string_literals;
    return {
        {"garbage", "\x01\x02\x03\x04garbage\r\n\r\n", 400},
        {"tls hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s + std::string(64, 'r'), 400},
        {"http2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
        {"ssh banner", "SSH-2.0-OpenSSH_9.2\r\n\r\n", 400},
        {"bare lf", "GET /hello HTTP/1.1\nHost: localhost\n\n", 400},
        {"leading crlf", "\r\nGET /hello HTTP/1.1\r\nHOST\r\n", 400},
        {"nul in target", "GET /he\0llo HTTP/1.1\r\nHOST\r\n"s, 400},
        {"nul in value", "GET /hello HTTP/1.1\r\nHOSTX: a\0b\r\n\r\n"s, 400},
        {"version 1.2", "GET /hello HTTP/1.2\r\nHOST\r\n", 400},
        {"lower-case method", "get /hello HTTP/1.1\r\nHOST\r\n", 400},
        {"absolute form", "GET http://localhost/hello HTTP/1.1\r\nHOST\r\n", 400},
        {"asterisk form", "OPTIONS * HTTP/1.1\r\nHOST\r\n", 400},
        {"connect", "CONNECT localhost:80 HTTP/1.1\r\nHOST\r\n", 405},
        {"trace", "TRACE /hello HTTP/1.1\r\nHOST\r\n", 405},
        {"non-ascii target", "GET /h\xC3\xA9llo HTTP/1.1\r\nHOST\r\n", 400},
        {"fragment", "GET /hello#x HTTP/1.1\r\nHOST\r\n", 400},
        {"bad percent escape", "GET /hel%zzlo HTTP/1.1\r\nHOST\r\n", 400},
        {"cut percent escape", "GET /hello% HTTP/1.1\r\nHOST\r\n", 400},
        {"encoded nul", "GET /hello%00 HTTP/1.1\r\nHOST\r\n", 400},
        {"bad escape in query", "GET /hello?a=%g1 HTTP/1.1\r\nHOST\r\n", 400},
        {"deep path", "GET " + repeated("/a", 7000) + " HTTP/1.1\r\nHOST\r\n", 404},
        {"blank in target", "GET /hel lo HTTP/1.1\r\nHOST\r\n", 400},
        {"no request line", "Host: localhost\r\n\r\n", 400},
    };
}

std::vector<hostile> headers() {
    return {
        {"no host", "GET /hello HTTP/1.1\r\n\r\n", 400},
        {"two hosts", "GET /hello HTTP/1.1\r\nHOSTHOST\r\n", 400},
        {"foreign host", "GET /hello HTTP/1.1\r\nHost: rebound.example\r\n\r\n", 421},
        {"folded field", "GET /hello HTTP/1.1\r\nHOSTX: a\r\n b\r\n\r\n", 400},
        {"space before colon", "GET /hello HTTP/1.1\r\nHOSTX : a\r\n\r\n", 400},
        {"no colon", "GET /hello HTTP/1.1\r\nHOSTnonsense\r\n\r\n", 400},
        {"65 fields", "GET /hello HTTP/1.1\r\nHOST" + many_fields(64) + "\r\n", 431},
        {"huge header", "GET /hello HTTP/1.1\r\nHOSTX: " + std::string(100'000, 'x') + "\r\n\r\n",
         431},
        {"huge target", "GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\nHOST\r\n", 431},
        {"unknown expectation",
         "POST /echo HTTP/1.1\r\nHOSTExpect: tea\r\nContent-Length: 1\r\n\r\nx", 417},
    };
}

std::vector<hostile> framings() {
    using namespace std::string_literals;
    const std::string post = "POST /echo HTTP/1.1\r\nHOST";
    const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
    return {
        {"xchunked", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400},
        {"chunked, identity", post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400},
        {"gzip, chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400},
        {"two codings",
         post + "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"chunked on 1.0", "POST /echo HTTP/1.0\r\nHOSTTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         400},
        {"length then coding",
         post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"coding then length",
         post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
        {"unknown coding and length",
         post + "Transfer-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", 400},
        {"equal lengths", post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400},
        {"list of lengths", post + "Content-Length: 1, 1\r\n\r\nx", 400},
        {"signed length", post + "Content-Length: +1\r\n\r\nx", 400},
        {"negative length", post + "Content-Length: -1\r\n\r\n", 400},
        {"overflowing length", post + "Content-Length: 99999999999999999999999\r\n\r\n", 400},
        {"too long", post + "Content-Length: 1048577\r\n\r\n", 413},
        {"chunk too large", chunked + "200000\r\n", 413},
        {"chunk size overflow", chunked + "fffffffffffffffff\r\n", 413},
        {"0x chunk size", chunked + "0x1\r\na\r\n0\r\n\r\n", 400},
        {"chunk without crlf", chunked + "1\r\nab\r\n0\r\n\r\n", 400},
        {"chunk with bare lf", chunked + "1\na\r\n0\r\n\r\n", 400},
        {"nul in extension", chunked + "1;\0=a\r\na\r\n0\r\n\r\n"s, 400},
        {"70 KB trailer", chunked + "0\r\nX: " + std::string(70'000, 't') + "\r\n\r\n", 431},
        {"70 KB of small trailers", chunked + "0\r\n" + repeated("X: y\r\n", 12'000) + "\r\n", 431},
    };
}

std::string with_host(std::string bytes, std::uint16_t port) {
    const std::string host = "Host: localhost:" + std::to_string(port) + "\r\n";
    for (auto at = bytes.find("HOST"); at != std::string::npos; at = bytes.find("HOST", at))
        bytes.replace(at, 4, host);
    return bytes;
}

void expect_refused(const std::vector<hostile>& cases) {
    const running_server server;
    for (const auto& attack : cases) {
        SCOPED_TRACE(attack.name);
        raw_client client(server.port());
        client.send(with_host(attack.bytes, server.port()));
        const auto answer = client.read_reply();
        EXPECT_EQ(answer.status, attack.status) << answer.body;
        if (attack.status != 404) {
            EXPECT_TRUE(answer.has("Connection: close"));
            EXPECT_TRUE(client.closes());
            EXPECT_EQ(client.rest(), "") << "what follows must not be taken for a request";
        }
        EXPECT_TRUE(server.is_well());
    }
}

TEST(HostileRequest, IsRefusedByItsFirstLine) {
    expect_refused(lines_and_targets());
}
TEST(HostileRequest, IsRefusedByItsHeader) {
    expect_refused(headers());
}
TEST(HostileRequest, IsRefusedByItsFraming) {
    expect_refused(framings());
}

TEST(HostileRequest, CannotSendAChunkExtensionWithoutEnd) {
    const running_server server;
    raw_client client(server.port());
    client.send(server.line("POST", "/echo", "Transfer-Encoding: chunked\r\n\r\n1;x="));
    const std::string piece(1'000'000, 'e');
    int sent = 0;
    while (sent < 50 && client.send(piece))
        ++sent;
    EXPECT_LT(sent, 50) << "50 MB of extension were taken";
    EXPECT_TRUE(server.is_well());
}

TEST(HostileRequest, MayComeByteByByte) {
    const running_server server;
    raw_client client(server.port());
    // Beast's own chunk parser aborts the process on the last part of this.
    const auto bytes =
        server.line("POST", "/echo", "Transfer-Encoding: chunked\r\n\r\n") + "0\r\n\r\n";
    for (const char one : bytes)
        ASSERT_TRUE(client.send({&one, 1}));
    const auto answer = client.read_reply();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "");
}

TEST(HostileRequest, CannotPutTrailersIntoTheHeader) {
    std::promise<std::string> seen;
    const running_server server(local_options(), [&](router& routes) {
        routes.add("POST", "/look", [&](request call, responder reply) {
            seen.set_value(std::string{call.header("authorization")} + "|" + call.body);
            reply(text_response(200, ""));
        });
    });
    const auto answer = server.ask(
        server.line("POST", "/look", "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n") +
        "3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nAuthorization: Bearer stolen\r\n\r\n");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(seen.get_future().get(), "|abcde");
}

TEST(HostileRequest, ThatDripsIsEndedWhileOthersAreServed) {
    auto options = local_options();
    options.limits.header_timeout = duration{200};
    const running_server server(options);
    raw_client slow(server.port());
    const auto began = steady::now();
    std::thread drip([&] {
        // The limit is for the whole header: a byte now and then must not move it.
        while (slow.send("G") && steady::now() - began < patience)
            if (slow.closes(std::chrono::milliseconds{20})) return;
    });
    EXPECT_TRUE(server.is_well());
    drip.join();
    const auto took = steady::now() - began;
    EXPECT_GE(took, std::chrono::milliseconds{150});
    EXPECT_LT(took, std::chrono::seconds{5});
    EXPECT_TRUE(slow.rest().empty() || slow.rest().starts_with("HTTP/1.1 408 ") ||
                slow.rest().starts_with("HTTP/1.1 400 "))
        << slow.rest();
    EXPECT_TRUE(server.is_well());
}

TEST(HostileRequest, ThatSaysNothingIsEnded) {
    auto options = local_options();
    options.limits.header_timeout = duration{100};
    options.limits.idle_timeout = duration{100};
    const running_server server(options);
    raw_client silent(server.port());
    EXPECT_TRUE(silent.closes());
    EXPECT_EQ(silent.rest(), "");

    raw_client idle(server.port());
    idle.send(server.get("/hello"));
    EXPECT_EQ(idle.read_reply().status, 200);
    EXPECT_TRUE(idle.closes());
    EXPECT_EQ(idle.rest(), "");
}

TEST(HostileRequest, WithASlowBodyIsEndedWith408) {
    auto options = local_options();
    options.limits.body_timeout = duration{100};
    const running_server server(options);
    raw_client slow(server.port());
    slow.send(server.line("POST", "/echo", "Content-Length: 10\r\n\r\n") + "abc");
    EXPECT_EQ(slow.read_reply().status, 408);
    EXPECT_TRUE(slow.closes());
    EXPECT_TRUE(server.is_well());
}

TEST(HostileRequest, ThatNeverReadsItsAnswerIsEnded) {
    auto options = local_options();
    options.limits.write_timeout = duration{200};
    running_server server(options, [](router& routes) {
        routes.add("GET", "/huge", [](request, responder reply) {
            reply(text_response(200, std::string(64'000'000, 'h')));
        });
    });
    raw_client deaf(server.port());
    deaf.send(server.get("/huge"));
    EXPECT_TRUE(eventually([&] { return server.it().connections() == 1; }));
    EXPECT_TRUE(eventually([&] { return server.it().connections() == 0; }));
    EXPECT_TRUE(server.is_well());
}

}  // namespace
}  // namespace townd::http::test
