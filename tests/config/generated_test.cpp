// What is made from the option table is what is in the tree.

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "config/config.hpp"
#include "config/option_table.hpp"

namespace townd::config {
namespace {

const std::filesystem::path house{TOWND_SOURCE_DIR};

std::string read_text(const std::filesystem::path& file) {
    std::ifstream in{file, std::ios::binary};
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

// Everything that the command printed, and how it ended.
std::pair<std::string, int> run(const std::string& command) {
    std::string out;
    FILE* const pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) return {"cannot run " + command, -1};
    char part[4096];
    while (const std::size_t n = std::fread(part, 1, sizeof part, pipe))
        out.append(part, n);
    return {out, ::pclose(pipe)};
}

TEST(Generated, TheSampleIsTheCommittedFile) {
    EXPECT_EQ(sample(), read_text(house / "config/townd.yaml")) << "townd config sample";
    EXPECT_EQ(sample().find("# yaml-language-server: $schema="), 0U);
}

TEST(Generated, TheSampleHasNoLineThatIsTooLong) {
    std::istringstream lines(sample());
    for (std::string line; std::getline(lines, line);)
        EXPECT_LE(line.size(), 100U) << line;
}

TEST(Generated, TheReferenceIsTheCommittedPage) {
    EXPECT_EQ(reference(), read_text(house / "docs/config.md")) << "townd config reference";
    for (const option& each : option_table())
        EXPECT_NE(reference().find("| `" + std::string{each.key} + "` |"), std::string::npos);
}

TEST(Generated, TheManualIsTheCommittedPage) {
    EXPECT_EQ(manual(), read_text(house / "docs/man/townd.yaml.5")) << "townd man townd.yaml";
}

TEST(Generated, ManualPagesAreReadWithoutAWord) {
    for (const char* page : {"townd.8", "townd.yaml.5"}) {
        const auto file = (house / "docs/man" / page).string();
        const auto [said, code] =
            run("LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l '" + file + "' 2>&1 >/dev/null");
        EXPECT_EQ(said, "") << page;
        EXPECT_EQ(code, 0) << page;
        EXPECT_GT(run("LC_ALL=C.UTF-8 MANWIDTH=80 man -l '" + file + "'").first.size(), 2000U);
    }
}

TEST(Generated, PrintedJsonHoldsEveryKey) {
    const auto listed = print_json(defaults(), true);
    for (const option& each : option_table())
        EXPECT_NE(listed.find("{\"key\": \"" + std::string{each.key} + "\""), std::string::npos);
}

}  // namespace
}  // namespace townd::config
