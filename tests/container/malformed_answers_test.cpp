#include "client_rig.hpp"

namespace townd::test {
namespace {

struct row {
    std::string name;
    std::string reply;  // Sent after the request was read; the connection is closed then.
    error_code code;
    error_phase phase;
    std::optional<int> status;
    std::string words;  // In the message.
};

void expect_row(const row& want, const http_answer& got) {
    SCOPED_TRACE(want.name);
    ASSERT_TRUE(got.error.has_value());
    EXPECT_EQ(to_text(got.error->code()), to_text(want.code)) << got.error->message();
    EXPECT_EQ(to_text(got.error->phase()), to_text(want.phase)) << got.error->message();
    EXPECT_EQ(got.status, want.status);
    EXPECT_EQ(got.error->http_status, want.status);
    EXPECT_NE(got.error->message().find(want.words), std::string::npos) << got.error->message();
    EXPECT_EQ(got.error->endpoint, got.endpoint);
    EXPECT_TRUE(got.request_sent);
    ASSERT_FALSE(got.phases.empty());
    EXPECT_TRUE(got.phases.back().failed);
    EXPECT_EQ(got.phases.back().name, to_text(want.phase));
}

std::vector<row> malformed_answers() {
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";
    const auto header = error_phase::header;
    const auto body = error_phase::body;
    const auto invalid = error_code::body_invalid;
    return {
        {"closed at once", "", error_code::eof_early, header, {}, "without an answer"},
        {"closed in the status line", "HTTP/1.1 20", error_code::eof_early, header, {}, "header"},
        {"closed in the header", ok + "Content-Le", error_code::eof_early, header, {}, "header"},
        {"closed in the body", ok + "Content-Length: 9\r\n\r\n{\"a\"", error_code::eof_early, body,
         200, "after 4 bytes"},
        {"closed in a chunk", chunked + "9\r\nabc", error_code::eof_early, body, 200, "closed"},
        {"garbage", std::string(300, '\x9c'), invalid, header, {}, "not valid HTTP"},
        {"a little garbage", "hm", invalid, header, {}, "begins \"hm\""},
        {"ssh banner", "SSH-2.0-OpenSSH_9.2p1\r\n", invalid, header, {}, "SSH server"},
        {"http 0.9", "<html>hello, world</html>", invalid, header, {}, "<html>hello"},
        {"tls alert", std::string("\x15\x03\x01\x00\x02\x02\x46", 7), invalid, header, {}, "https"},
        {"http 2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", invalid, header, {}, "PRI"},
        {"status 999", "HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n", invalid, body, 999, "999"},
        {"status 101", "HTTP/1.1 101 Switch\r\nContent-Length: 0\r\n\r\n", invalid, body, 101,
         "101"},
        {"two lengths", ok + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", invalid, body, 200,
         "more than one Content-Length"},
        {"two differing lengths",
         ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
         invalid,
         header,
         {},
         "not valid HTTP"},
        {"length beyond number",
         ok + "Content-Length: 99999999999999999999999\r\n\r\n{}",
         invalid,
         header,
         {},
         "not valid HTTP"},
        {"length over the limit", ok + "Content-Length: 9223372036854775807\r\n\r\n{}",
         error_code::body_too_large, body, 200, "9223372036854775807"},
        {"length too short", ok + "Content-Length: 2\r\n\r\n{}{}", invalid, body, 200,
         "after its end"},
        {"204 with a body", "HTTP/1.1 204 None\r\n\r\n{}", invalid, body, 204, "after its end"},
        {"length and chunked",
         ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}",
         invalid,
         header,
         {},
         "not valid HTTP"},
        {"unknown transfer encoding",
         ok + "Transfer-Encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", invalid, body, 200,
         "xchunked"},
        {"chunked on 1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         invalid, body, 200, "HTTP/1.0"},
        {"bad chunk size", chunked + "zz\r\n{}\r\n", invalid, body, 200, "not valid HTTP"},
        {"no framing", ok + "\r\n{\"status\":\"ok\"}", invalid, body, 200, "no framing"},
        {"gzip", ok + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b", invalid, body,
         200, "gzip"},
        {"header of 20 KB",
         ok + "X-A: " + std::string(20'000, 'a') + "\r\n\r\n",
         error_code::body_too_large,
         header,
         {},
         "header over 8192"},
        {"body of 2 MB", http_reply("200 OK", std::string(2 << 20, 'x')),
         error_code::body_too_large, body, 200, "over the limit"},
        {"chunk of 2 MB", chunked + "200000\r\n" + std::string(2 << 20, 'x') + "\r\n0\r\n\r\n",
         error_code::body_too_large, body, 200, "body over"},
        {"trailer of 70 KB",
         chunked + "2\r\n{}\r\n0\r\nX-T: " + std::string(70'000, 't') + "\r\n\r\n",
         error_code::body_too_large, body, 200, "trailer over 8192"},
        {"chunk extension of 50 MB",
         chunked + "2;" + std::string(50 << 20, 'e') + "\r\n{}\r\n0\r\n\r\n",
         error_code::body_too_large, body, 200, "chunk extension"},
    };
}

TEST(BeastClient, NamesEveryMalformedAnswerAndLives) {
    client_rig rig;
    for (const row& one : malformed_answers()) {
        const raw_server server([&](const raw_peer& peer) {
            peer.read_request();
            peer.send(one.reply);
        });
        expect_row(one, rig.call(client_rig::get(server.url())));
    }
    rig.expect_alive();
}

}  // namespace
}  // namespace townd::test
