#include "ctl/text.hpp"

#include <gtest/gtest.h>

namespace townd::ctl {
namespace {

TEST(CtlText, WidthCountsColumnsNotBytes) {
    EXPECT_EQ(width_of("town"), 4U);
    EXPECT_EQ(width_of("größer"), 6U);
    EXPECT_EQ(width_of("東京"), 4U);
    EXPECT_EQ(width_of("e\u0301"), 1U) << "a mark stands on its letter";
    EXPECT_EQ(width_of("\x1b[31mred\x1b[0m"), 3U);
    EXPECT_EQ(width_of("\xff\xfe"), 2U) << "bad bytes are a column each";
}

TEST(CtlText, ACutLineSaysSoAndFits) {
    EXPECT_EQ(cut_to("abcdef", 0), "abcdef");
    EXPECT_EQ(cut_to("abcdef", 6), "abcdef");
    EXPECT_EQ(cut_to("abcdef", 5), "abcd…");
    EXPECT_EQ(cut_to("東京都", 4), "東…") << "no half of a wide letter";
    EXPECT_EQ(cut_to("\x1b[31mabcdef\x1b[0m", 3), "\x1b[31mab…\x1b[0m");
    for (std::size_t columns = 1; columns < 12; ++columns)
        EXPECT_LE(width_of(cut_to("a東b京c都d", columns)), columns);
}

TEST(CtlText, SpansAreShort) {
    EXPECT_EQ(span_cell(json(0.25)), "250ms");
    EXPECT_EQ(span_cell(json(12)), "12s");
    EXPECT_EQ(span_cell(json(125.4)), "2m5s");
    EXPECT_EQ(span_cell(json(120)), "2m");
    EXPECT_EQ(span_cell(json(3 * 3600 + 12 * 60 + 5)), "3h12m");
    EXPECT_EQ(span_cell(json(4 * 86400 + 7200)), "4d2h");
    EXPECT_EQ(span_cell(json(nullptr)), "-");
    EXPECT_EQ(span_cell(json("soon")), "-");
}

TEST(CtlText, CellsAreOneCleanLine) {
    const json item{{"a", {{"b", "x\n\x1b[2Jy"}}}, {"list", {"p", "q"}}, {"none", nullptr}};
    EXPECT_EQ(cell(item, "a.b").find('\n'), std::string::npos);
    EXPECT_EQ(cell(item, "a.b").find('\x1b'), std::string::npos);
    EXPECT_EQ(cell(item, "list"), "p,q");
    EXPECT_EQ(cell(item, "none"), "-");
    EXPECT_EQ(cell(item, "a.c"), "-");
    EXPECT_EQ(cell(item, "a.b.c"), "-") << "a text has no members";
    EXPECT_EQ(cell(json("")), "-");
}

TEST(CtlText, ColumnsLineUpAndOnlyAScreenCuts) {
    const table what{{"TOWN", "STATE", "WHY"},
                     {{"größe", "ok", "-"}, {"a", "blocked", "a long story"}},
                     {{}, {colour::none, colour::bad}}};
    EXPECT_EQ(aligned(what, {}),
              "TOWN   STATE    WHY\n"
              "größe  ok       -\n"
              "a      blocked  a long story\n");
    EXPECT_EQ(aligned(what, {true, false, 20, 24}),
              "TOWN   STATE    WHY\n"
              "größe  ok       -\n"
              "a      blocked  a l…\n");
    const auto coloured = aligned(what, {true, true, 0, 24});
    EXPECT_NE(coloured.find("\x1b[31mblocked\x1b[0m"), std::string::npos) << coloured;
}

}  // namespace
}  // namespace townd::ctl
