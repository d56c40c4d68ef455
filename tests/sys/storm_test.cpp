#include "sys/storm.hpp"

#include <gtest/gtest.h>

namespace townd::sys {
namespace {

constexpr instant start = from_unix_ms(1'000'000);
constexpr duration second{1000};

TEST(Storm, TheFirstOfAKindIsWrittenAndTheRestSummedUpOnceAMinute) {
    storm s;
    EXPECT_TRUE(s.admit("k", "t0", "first", 1, start));
    for (int i = 1; i <= 100; ++i)
        EXPECT_FALSE(s.admit("k", "t" + std::to_string(i % 10), "text " + std::to_string(i), 1,
                             start + i * duration{100}));
    EXPECT_TRUE(s.take_due(start + storm::window - duration{1}).empty());
    const auto due = s.take_due(start + storm::window);
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due[0].key, "k");
    EXPECT_EQ(due[0].count, 100);
    EXPECT_EQ(due[0].towns, 10);
    EXPECT_FALSE(due[0].more_towns);
    EXPECT_EQ(due[0].sample, "text 100");
    EXPECT_EQ(due[0].over, storm::window);
}

TEST(Storm, AnHourOfFailuresIsALineAMinute) {
    storm s;
    int lines = 0;
    int counted = 0;
    for (int i = 0; i < 4075; ++i) {
        const instant now = start + i * duration{883};
        if (s.admit("connect_refused", "t" + std::to_string(i % 151), "x", 1, now)) {
            ++lines;
            ++counted;
        }
        for (const auto& each : s.take_due(now)) {
            ++lines;
            counted += each.count;
            EXPECT_LE(each.towns, 151);
        }
    }
    for (const auto& each : s.take_due(start + duration{7'200'000}, true))
        counted += each.count;
    EXPECT_EQ(counted, 4075);
    EXPECT_LE(lines, 61);
    EXPECT_GE(lines, 55);
}

TEST(Storm, AKindThatWasQuietIsNewAgain) {
    storm s;
    EXPECT_TRUE(s.admit("k", "t", "x", 1, start));
    EXPECT_TRUE(s.take_due(start + 61 * second).empty());
    EXPECT_FALSE(s.admit("k", "t", "x", 1, start + 62 * second));
    EXPECT_EQ(s.take_due(start + 130 * second).size(), 1U);
    EXPECT_TRUE(s.take_due(start + 62 * second + storm::forget_after).empty());
    EXPECT_EQ(s.kinds(), 0U);
    EXPECT_EQ(s.next_due(), never);
    EXPECT_TRUE(s.admit("k", "t", "x", 1, start + 63 * second + storm::forget_after));
}

TEST(Storm, ABurstIsWrittenBeforeTheRestIsHeldBack) {
    storm s;
    int written = 0;
    for (int i = 0; i < 50; ++i)
        written += s.admit("note", "t", "x", 20, start) ? 1 : 0;
    EXPECT_EQ(written, 20);
    const auto due = s.take_due(start + storm::window);
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due[0].count, 30);
}

TEST(Storm, KindsAreBoundedAndNothingGoesUncounted) {
    storm s;
    int counted = 0;
    for (int i = 0; i < 5000; ++i)
        counted += s.admit("kind " + std::to_string(i), "t", "x", 1, start) ? 1 : 0;
    EXPECT_EQ(s.kinds(), storm::kinds_max);
    for (const auto& each : s.take_due(start, true))
        counted += each.count;
    EXPECT_EQ(counted, 5000);
}

TEST(Storm, TownsThatCannotBeToldApartAreSaidToBeMore) {
    storm s;
    for (std::size_t i = 0; i < storm::towns_max + 10; ++i)
        s.admit("k", "t" + std::to_string(i), "x", 1, start);
    const auto due = s.take_due(start, true);
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due[0].towns, static_cast<int>(storm::towns_max));
    EXPECT_TRUE(due[0].more_towns);
    s.admit("k", "t", "x", 1, start);  // The room is given back.
    EXPECT_FALSE(s.take_due(start, true).at(0).more_towns);
}

TEST(Storm, NextDueIsTheEndOfTheEarliestWindow) {
    storm s;
    EXPECT_EQ(s.next_due(), never);
    s.admit("a", "t", "x", 1, start);
    s.admit("b", "t", "x", 1, start + 5 * second);
    EXPECT_EQ(s.next_due(), start + storm::window);
    EXPECT_TRUE(s.take_due(start + storm::window).empty());
    EXPECT_EQ(s.next_due(), start + 5 * second + storm::window);
}

}  // namespace
}  // namespace townd::sys
