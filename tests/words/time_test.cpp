#include "townd/words/time.hpp"

#include <gtest/gtest.h>

#include <random>
#include <utility>
#include <vector>

namespace townd {
namespace {

std::optional<std::int64_t> read(std::string_view text) {
    const auto at = parse_time(text);
    if (!at) return std::nullopt;
    return unix_ms(*at);
}

TEST(Time, BothFormatsOfATownDatabaseAreOneMoment) {
    const std::int64_t want = 1'795'342'322'000;
    EXPECT_EQ(read("2026-11-22T10:12:02Z"), want);
    EXPECT_EQ(read("2026-11-22 10:12:02"), want);
    EXPECT_EQ(read("2026-11-22t10:12:02z"), want);
    EXPECT_EQ(read("2026-11-22T10:12:02.155Z"), want + 155);
    EXPECT_EQ(read("2026-11-22 10:12:02.155"), want + 155);
}

TEST(Time, OffsetsAreTakenAway) {
    const auto utc = read("2026-11-22T10:12:02Z");
    EXPECT_EQ(read("2026-11-22T12:12:02+02:00"), utc);
    EXPECT_EQ(read("2026-11-22T04:42:02-05:30"), utc);
    EXPECT_EQ(read("2026-11-23T00:02:02.000+13:50"), utc);
}

TEST(Time, FractionsOfAnyLengthAreCutToMilliseconds) {
    const auto base = read("2026-11-22T10:12:02Z").value();
    EXPECT_EQ(read("2026-11-22T10:12:02.1Z"), base + 100);
    EXPECT_EQ(read("2026-11-22T10:12:02.12Z"), base + 120);
    EXPECT_EQ(read("2026-11-22T10:12:02.123999999Z"), base + 123);
    EXPECT_EQ(read("2026-11-22T10:12:02." + std::string(5000, '9') + "Z"), base + 999);
}

TEST(Time, NonsenseIsNoTime) {
    for (const char* text : {"",
                             "now",
                             "2026",
                             "2026-11-22",
                             "2026-11-22T10:12",
                             "2026-11-22T10:12:0",
                             "2026-13-01T00:00:00Z",
                             "2026-00-10T00:00:00Z",
                             "2026-02-29T00:00:00Z",
                             "2026-04-31 00:00:00",
                             "2026-11-22T24:00:00Z",
                             "2026-11-22T10:60:00Z",
                             "2026-11-22T10:12:61Z",
                             "2026-11-22X10:12:02Z",
                             "2026/11/22 10:12:02",
                             "2026-11-22T10:12:02.",
                             "2026-11-22T10:12:02.Z",
                             "2026-11-22T10:12:02ZZ",
                             "2026-11-22T10:12:02Z ",
                             "2026-11-22T10:12:02+2:00",
                             "2026-11-22T10:12:02+0200",
                             "2026-11-22T10:12:02+24:00",
                             "2026-11-22T10:12:02+02:60",
                             "2026-11-22T10:12:02+",
                             "-026-11-22T10:12:02Z",
                             "2026-11-2\xC3T10:12:02Z",
                             "20261-1-22 10:12:02"})
        EXPECT_EQ(read(text), std::nullopt) << text;
    EXPECT_TRUE(read("2028-02-29T00:00:00Z")) << "2028 is a leap year";
}

TEST(Time, WhatIsWrittenIsReadBackTheSame) {
    std::mt19937_64 random{20261122};
    std::uniform_int_distribution<std::int64_t> any{-62'167'219'200'000, 253'402'300'799'999};
    for (int i = 0; i < 20'000; ++i) {
        const instant at = from_unix_ms(any(random));
        const std::string text = to_rfc3339(at);
        ASSERT_EQ(text.size(), 24U) << text;
        ASSERT_EQ(parse_time(text), at) << text;
    }
}

TEST(Time, MomentsOutsideFourDigitYearsShowAsTheLastAndTheFirst) {
    EXPECT_EQ(to_rfc3339(never), "9999-12-31T23:59:59.999Z");
    EXPECT_EQ(to_rfc3339(instant::max()), "9999-12-31T23:59:59.999Z");
    EXPECT_EQ(to_rfc3339(instant::min()), "0000-01-01T00:00:00.000Z");
    EXPECT_EQ(to_rfc3339(from_unix_ms(-1)), "1969-12-31T23:59:59.999Z");
    EXPECT_EQ(to_rfc3339(instant{}), "1970-01-01T00:00:00.000Z");
}

TEST(Time, SpansAreToldInTwoUnitsAtMost) {
    const std::vector<std::pair<std::int64_t, std::string>> spans{{0, "0 ms"},
                                                                  {850, "850 ms"},
                                                                  {999, "999 ms"},
                                                                  {1'000, "1 s"},
                                                                  {12'345, "12 s"},
                                                                  {59'999, "59 s"},
                                                                  {60'000, "1 min"},
                                                                  {125'000, "2 min 5 s"},
                                                                  {3'599'999, "59 min 59 s"},
                                                                  {3'600'000, "1 h"},
                                                                  {10'440'000, "2 h 54 min"},
                                                                  {86'400'000, "1 d"},
                                                                  {273'600'000, "3 d 4 h"},
                                                                  {-850, "-850 ms"},
                                                                  {-125'000, "-2 min 5 s"}};
    for (const auto& [ms, words] : spans)
        EXPECT_EQ(to_words(duration{ms}), words);
    EXPECT_EQ(to_words(duration::min()).substr(0, 2), "-1");
    EXPECT_FALSE(to_words(duration::max()).empty());
}

TEST(Time, SecondsKeepTheirFraction) {
    EXPECT_DOUBLE_EQ(to_seconds(duration{1'500}), 1.5);
    EXPECT_DOUBLE_EQ(to_seconds(duration{-250}), -0.25);
}

}  // namespace
}  // namespace townd
