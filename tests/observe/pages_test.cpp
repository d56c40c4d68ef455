// Pages on error codes, and the journal's catalog.

#include <gtest/gtest.h>

#include "observe/house.hpp"
#include "sys/message_ids.hpp"
#include "townd/words/error.hpp"

namespace townd::test {
namespace {

std::vector<std::string> codes() {
    std::vector<std::string> out;
    for (int i = 0; i < error_code_count; ++i)
        out.emplace_back(to_text(static_cast<error_code>(i)));
    return out;
}

TEST(ErrorPages, ThereIsOneForEachCodeAndNoOther) {
    const auto all = codes();
    EXPECT_EQ(pages_in("docs/errors"), std::set<std::string>(all.begin(), all.end()));
    for (const auto& code : all) {
        const std::string page = text_of("docs/errors/" + code + ".md");
        EXPECT_TRUE(page.starts_with("# " + code + "\n")) << code;
        for (const char* part :
             {"## What it means", "## Who is charged", "## What townd does", "## What to check"})
            EXPECT_NE(page.find(std::string{"\n"} + part + "\n"), std::string::npos)
                << code << " lacks " << part;
    }
}

// The list is made from the code: what it should read is printed when it does not.
TEST(ErrorPages, TheIndexIsTheListOfCodesWithTheirMeaning) {
    std::string wanted;
    for (const auto& code : codes())
        wanted += "- [" + code + "](" + code +
                  ".md): " + std::string{describe(*parse_error_code(code))} + "\n";
    EXPECT_NE(text_of("docs/errors/README.md").find("\n" + wanted), std::string::npos) << wanted;
}

// The form that journalctl --update-catalog takes: `-- ID`, headers, an empty line, a text.
TEST(Catalog, ExplainsEveryEventThatHasAMessageId) {
    const std::string text = text_of("config/systemd/townd.catalog");
    const auto entries = all_matches(text,
                                     "\n-- ([0-9a-f]{32})\nSubject: [^\n]+\nDefined-By: "
                                     "townd\n(?:Documentation: [^\n]+\n)?\n[^\n]+\n");
    EXPECT_EQ(entries.size(), all_matches(text, "\n(-- )").size()) << "an entry has another form";
    std::set<std::string> known;
    for (const auto& each : sys::message_ids()) {
        known.emplace(each.id);
        EXPECT_EQ(each.id.size(), 32U) << each.event;
        EXPECT_EQ(sys::message_id_of(each.event), each.id) << "the table must be sorted";
    }
    EXPECT_EQ(known.size(), sys::message_ids().size()) << "an id is used twice";
    EXPECT_EQ(std::set<std::string>(entries.begin(), entries.end()), known);
}

TEST(Catalog, PointsAtPagesThatExist) {
    const auto pages = all_matches(text_of("config/systemd/townd.catalog"),
                                   "Documentation: file:///usr/share/doc/townd/([^\n]+)\n");
    EXPECT_GE(pages.size(), 10U);
    for (const auto& each : pages)
        EXPECT_TRUE(std::filesystem::exists(house() / "docs" / each)) << each;
}

}  // namespace
}  // namespace townd::test
