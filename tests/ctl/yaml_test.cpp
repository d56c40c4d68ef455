#include "ctl/yaml.hpp"

#include <gtest/gtest.h>

namespace townd::ctl {
namespace {

TEST(CtlYaml, NestsListsAndObjects) {
    const json value{
        {"town", "t-1"},
        {"beads", {{"open", 3}, {"failed", 0}}},
        {"items", {{{"id", 1}, {"tags", {"a", "b"}}}, {{"id", 2}, {"tags", json::array()}}}},
        {"none", nullptr}};
    EXPECT_EQ(to_yaml(value),
              "town: t-1\n"
              "beads:\n"
              "  open: 3\n"
              "  failed: 0\n"
              "items:\n"
              "  - id: 1\n"
              "    tags:\n"
              "      - a\n"
              "      - b\n"
              "  - id: 2\n"
              "    tags: []\n"
              "none: null\n");
}

TEST(CtlYaml, TextsThatCouldBeSomethingElseAreQuoted) {
    for (const char* text :
         {"no", "Yes", "null", "12",      "1e3",        "",     " a", "a ",  "a: b", "- a",
          "#a", "~",   "a\nb", "\x1b[2J", "2026-01-31", "0x1f", "y",  "[a]", "{a}",  "a #b"})
        EXPECT_EQ(to_yaml(json(text)).front(), '"') << text;
    EXPECT_EQ(to_yaml(json("connect_refused in t-1")), "connect_refused in t-1\n");
}

}  // namespace
}  // namespace townd::ctl
