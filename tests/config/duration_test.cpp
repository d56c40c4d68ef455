#include <gtest/gtest.h>

#include "config/config.hpp"
#include "config/text_checks.hpp"

namespace townd::config {
namespace {

TEST(Duration, TheWrittenFormsAreRead) {
    const std::vector<std::pair<const char*, std::int64_t>> forms{{"250ms", 250},
                                                                  {"30s", 30'000},
                                                                  {"5m", 300'000},
                                                                  {"1h30m", 5'400'000},
                                                                  {"2d", 172'800'000},
                                                                  {"1d2h3m4s5ms", 93'784'005},
                                                                  {"0s", 0},
                                                                  {"90s", 90'000},
                                                                  {"3650d", 315'360'000'000}};
    for (const auto& [text, ms] : forms) {
        const parsed_duration out = parse_duration(text);
        ASSERT_TRUE(out.value) << text << ": " << out.problem;
        EXPECT_EQ(out.value->count(), ms) << text;
    }
}

TEST(Duration, AnythingElseIsRefusedWithAText) {
    for (const char* text : {"",      " ",
                             "s",     "-5s",
                             "+5s",   "5 s",
                             "5S",    "1.5s",
                             "5s5s",  "1m1h",
                             "05s",   "5sec",
                             "5s ",   "1h-3m",
                             "3651d", "99999999999999999999s",
                             "1e3s",  "999999999999999d",
                             "ms",    "5msx",
                             "٣s"}) {
        const parsed_duration out = parse_duration(text);
        EXPECT_FALSE(out.value) << text;
        EXPECT_NE(out.problem.find('('), std::string::npos) << text << ": " << out.problem;
    }
}

TEST(Duration, ABareNumberIsToldItsUnit) {
    EXPECT_EQ(parse_duration("30").problem, "\"30\": unit missing (write 30s)");
}

TEST(Duration, TheTextOfADurationReadsBackAsTheSame) {
    for (const std::int64_t ms : {0LL,           1LL,           10LL,
                                  999LL,         1000LL,        1001LL,
                                  59'999LL,      60'000LL,      60'001LL,
                                  90'000LL,      119'999LL,     120'000LL,
                                  120'001LL,     300'000LL,     3'600'000LL,
                                  5'400'000LL,   86'400'000LL,  100'000'000LL,
                                  172'800'000LL, 172'800'001LL, 315'360'000'000LL}) {
        const std::string text = duration_text(duration{ms});
        const parsed_duration back = parse_duration(text);
        ASSERT_TRUE(back.value) << text;
        EXPECT_EQ(back.value->count(), ms) << text;
    }
}

TEST(Duration, IsWrittenAsAPersonWould) {
    EXPECT_EQ(duration_text(duration{60'000}), "60s");
    EXPECT_EQ(duration_text(duration{90'000}), "90s");
    EXPECT_EQ(duration_text(duration{600'000}), "10m");
    EXPECT_EQ(duration_text(duration{5'400'000}), "1h30m");
    EXPECT_EQ(duration_text(duration{86'400'000}), "24h");
    EXPECT_EQ(duration_text(duration{172'800'000}), "2d");
}

TEST(Listen, AnAddressIsTakenApart) {
    const auto four = parse_listen("127.0.0.1:8787");
    ASSERT_TRUE(four);
    EXPECT_EQ(four->host, "127.0.0.1");
    EXPECT_EQ(four->port, 8787);
    const auto six = parse_listen("[fe80::1%eth0]:0");
    ASSERT_TRUE(six);
    EXPECT_EQ(six->host, "fe80::1%eth0");
    EXPECT_EQ(six->port, 0);
    for (const char* text :
         {"", ":", "a", "a:", ":1", "::1:80", "[::1]80", "[]:1", "[a]:1", "a b:1", "a:01",
          "a:65536", "a:-1", "1.2.3:4", "256.0.0.1:4", "http://a:1"})
        EXPECT_FALSE(parse_listen(text)) << text;
}

}  // namespace
}  // namespace townd::config
