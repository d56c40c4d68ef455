// The parts that need no socket.

#include <gtest/gtest.h>

#include "http/reply.hpp"
#include "http/server.hpp"
#include "http/target.hpp"
#include "wire/chunked.hpp"

namespace townd::http::test {
namespace {

using verdict = wire::chunked_decoder::verdict;

struct decoded {
    verdict end = verdict::more;
    std::string body;
    std::string rest;
};

// Feeds `bytes` in pieces of `step` bytes.
decoded decode(std::string_view bytes, std::size_t step, std::size_t body_max = 100) {
    wire::chunked_decoder decoder(body_max, 64);
    decoded out;
    while (!bytes.empty() && out.end == verdict::more) {
        auto piece = bytes.substr(0, step);
        const auto given = piece.size();
        out.end = decoder.take(piece, out.body);
        bytes.remove_prefix(given - piece.size());
        EXPECT_TRUE(piece.empty() || out.end != verdict::more);
    }
    out.rest = bytes;
    return out;
}

TEST(ChunkedDecoder, ReadsTheSameInWhateverPieces) {
    const std::string bytes = "4;a=b\r\nWiki\r\n5\r\npedia\r\n0\r\nT: x\r\n\r\nGET /next";
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
        const auto out = decode(bytes, step);
        EXPECT_EQ(out.end, verdict::done) << step;
        EXPECT_EQ(out.body, "Wikipedia");
        EXPECT_EQ(out.rest, "GET /next");
    }
}

TEST(ChunkedDecoder, RefusesWhatIsNotExactlyChunked) {
    for (const std::string_view bad :
         {"\r\n", "g\r\n", "-1\r\n", "+1\r\n", "0x1\r\n", "1 \r\na\r\n", "1\na\n", "1\r\nab\r\n",
          "1\r\na\n", "1;\r\r\n", "0\r\nno colon\r\n\r\n", "\r\n1\r\n"})
        for (const std::size_t step : {std::size_t{1}, bad.size()})
            EXPECT_EQ(decode(bad, step).end, verdict::malformed) << bad;
}

TEST(ChunkedDecoder, HoldsToItsLimits) {
    const std::string most = "64\r\n" + std::string(100, 'b') + "\r\n";
    EXPECT_EQ(decode(most + "0\r\n\r\n", 7).end, verdict::done);
    EXPECT_EQ(decode("65\r\n", 7).end, verdict::body_too_large);
    EXPECT_EQ(decode(most + "1\r\n", 7).end, verdict::body_too_large);
    EXPECT_EQ(decode("fffffffffffffffff\r\n", 7).end, verdict::body_too_large);
    EXPECT_EQ(decode("1;" + std::string(63, 'e'), 7).end, verdict::overhead_too_large);
    EXPECT_EQ(decode("0\r\nT: " + std::string(62, 't'), 7).end, verdict::overhead_too_large);
    std::string trailers = "0\r\n";
    for (int i = 0; i < 13; ++i)
        trailers += "T: x\r\n";
    EXPECT_EQ(decode(trailers, 7).end, verdict::overhead_too_large);
    std::string tiny;
    for (int i = 0; i < 100; ++i)
        tiny += "1;eeee\r\nb\r\n";
    EXPECT_EQ(decode(tiny, 7).end, verdict::overhead_too_large);
}

TEST(Target, IsTakenApart) {
    const auto plain = parse_target("/a%20b/c%2Fd?x=1&y&x=2&=z&%41=%42+c");
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->path, "/a b/c/d");
    EXPECT_EQ(plain->raw_path, "/a%20b/c%2Fd");
    const std::map<std::string, std::string, std::less<>> query{
        {"x", "1"}, {"y", ""}, {"", "z"}, {"A", "B c"}};
    EXPECT_EQ(plain->query, query);
    EXPECT_EQ(parse_target("/?").value().query.size(), 0U);
    EXPECT_EQ(path_parts("/a%2Fb//c/", true), (std::vector<std::string>{"a/b", "", "c", ""}));
    for (const auto* bad : {"", "a", "*", "http://x/", "/%", "/%4", "/%4g", "/%00", "/ ", "/\x7f",
                            "/\xc3\xa9", "/#x", "/?%", "/?a=%0"})
        EXPECT_FALSE(parse_target(bad)) << bad;
}

TEST(ListenAddress, IsSplit) {
    EXPECT_EQ(parse_listen("127.0.0.1:8787")->host, "127.0.0.1");
    EXPECT_EQ(parse_listen("127.0.0.1:8787")->port, 8787);
    EXPECT_EQ(parse_listen("[::1]:65535")->host, "::1");
    EXPECT_EQ(parse_listen("localhost:0")->port, 0);
    for (const auto* bad : {"", "127.0.0.1", ":80", "::1:80", "[::1]", "[]:80", "a:", "a:65536",
                            "a:-1", "a:+1", "a:8x", "a: 1"}) {
        const auto parsed = parse_listen(bad);
        ASSERT_FALSE(parsed) << bad;
        EXPECT_NE(parsed.error().what.find("write it as 127.0.0.1:8787"), std::string::npos);
    }
}

TEST(ListenAddress, KnowsLoopback) {
    for (const auto* yes : {"localhost", "127.0.0.1", "127.255.0.9", "::1"})
        EXPECT_TRUE(is_loopback(yes)) << yes;
    for (const auto* no : {"", "0.0.0.0", "::", "10.0.0.1", "127.0.0.1.evil.example", "127.1",
                           "localhost.evil.example", "evil.example"})
        EXPECT_FALSE(is_loopback(no)) << no;
}

TEST(Reply, HasNoBodyNorLengthWhereNoneIsAllowed) {
    response empty;
    empty.status = 204;
    const auto head = head_bytes(empty, true);
    EXPECT_TRUE(head.starts_with("HTTP/1.1 204 No Content\r\n"));
    EXPECT_EQ(head.find("Content-"), head.find("Content-Type-Options")) << head;
    EXPECT_FALSE(has_body(204));
    response odd;
    odd.status = 99;
    EXPECT_TRUE(head_bytes(odd, false).starts_with("HTTP/1.1 500 "));
}

TEST(Status, StandsForAKind) {
    EXPECT_EQ(status_of(errc::invalid), 400);
    EXPECT_EQ(status_of(errc::unauthorized), 401);
    EXPECT_EQ(status_of(errc::forbidden), 403);
    EXPECT_EQ(status_of(errc::not_found), 404);
    EXPECT_EQ(status_of(errc::conflict), 409);
    EXPECT_EQ(status_of(errc::too_large), 413);
    EXPECT_EQ(status_of(errc::overloaded), 503);
    EXPECT_EQ(status_of(errc::storage), 503);
    EXPECT_EQ(status_of(errc::internal), 500);
}

}  // namespace
}  // namespace townd::http::test
