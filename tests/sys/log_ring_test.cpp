#include <gtest/gtest.h>

#include <array>

#include "sys/log_ring.hpp"
#include "sys/machine.hpp"

namespace townd::sys {
namespace {

constexpr instant at = from_unix_ms(1'795'342'322'155);

std::vector<std::string> events_of(const std::vector<kept_line>& lines) {
    std::vector<std::string> out;
    for (const auto& each : lines)
        out.push_back(each.event);
    return out;
}

TEST(LogRing, KeepsTheNewestLinesByLevelAndTown) {
    const std::array<log_field, 1> of_town{{{"town", "t1"}}};
    keep_line(at, log_level::info, "one", "first", of_town);
    keep_line(at, log_level::warn, "two", "second\n\x1b[31m\xff", {});
    keep_line(at, log_level::error, "three", "third", of_town);
    using strings = std::vector<std::string>;
    EXPECT_EQ(events_of(newest_lines(log_level::trace, "", 2)), (strings{"three", "two"}));
    EXPECT_EQ(events_of(newest_lines(log_level::trace, "t1", 9)), (strings{"three", "one"}));
    EXPECT_EQ(events_of(newest_lines(log_level::error, "", 1)), strings{"three"});
    const auto line = newest_lines(log_level::warn, "", 2)[1];
    EXPECT_EQ(line.text.find('\n'), std::string::npos);
    EXPECT_EQ(line.text.find('\x1b'), std::string::npos);
}

TEST(LogRing, IsBoundedInLinesAndBytesAndCountsWhatWent) {
    const auto before = how_much_is_kept().dropped;
    for (std::size_t i = 0; i < kept_lines_max + 10; ++i)
        keep_line(at, log_level::info, "small", "x", {});
    EXPECT_EQ(how_much_is_kept().lines, kept_lines_max);
    EXPECT_GE(how_much_is_kept().dropped - before, 10U);
    const std::string big(100'000, 'x');
    std::array<log_field, 3> fields{{{"a", big}, {"b", big}, {"c", big}}};
    for (int i = 0; i < 1'500; ++i)
        keep_line(at, log_level::info, "big", big, fields);
    EXPECT_LE(how_much_is_kept().bytes, kept_bytes_max);
    EXPECT_LT(how_much_is_kept().lines, 1'500U);
    EXPECT_EQ(newest_lines(log_level::trace, "", 1)[0].text.size(), 1024U);
}

TEST(LogRing, HoldsWhatTheLogWrites) {
    log_line(log_level::error, "written_here", "to be found");
    EXPECT_EQ(newest_lines(log_level::error, "", 1)[0].event, "written_here");
}

TEST(Machine, TellsTheSpaceOfADirectory) {
    const auto space = read_disk_space(testing::TempDir());
    ASSERT_TRUE(space.has_value());
    EXPECT_GT(space->total_bytes, space->free_bytes / 2);
    EXPECT_FALSE(read_disk_space("/nothing/is/here").has_value());
}

}  // namespace
}  // namespace townd::sys
