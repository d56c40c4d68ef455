// The alerts: they are told at the right time, and each has a page that says what to do.

#include <gtest/gtest.h>

#include "observe/house.hpp"

namespace townd::test {
namespace {

const std::string rules_file = "config/prometheus/townd.rules.yaml";

std::vector<std::string> alerts() {
    return all_matches(text_of(rules_file), "- alert: (\\w+)");
}

TEST(Alerts, HoldWhatPromtoolChecks) {
    const auto checked = promtool("check rules '" + (house() / rules_file).string() + "'");
    EXPECT_EQ(checked.code, 0) << checked.output;
    EXPECT_NE(checked.output.find(std::to_string(alerts().size()) + " rules found"),
              std::string::npos)
        << checked.output;
}

TEST(Alerts, AreToldWhenTheyShouldBeAndNotBefore) {
    const auto played = promtool(
        "test rules '" + (house() / "config/prometheus/townd.rules.test.yaml").string() + "'");
    EXPECT_EQ(played.code, 0) << played.output;
}

TEST(Alerts, AreEachPlayedInATest) {
    const std::string played = text_of("config/prometheus/townd.rules.test.yaml");
    ASSERT_GE(alerts().size(), 14U);
    for (const auto& each : alerts())
        EXPECT_NE(played.find("alertname: " + each + "\n        exp_alerts:\n"), std::string::npos)
            << each << " is never expected to be told: add a case";
}

TEST(Alerts, CarryASeverityASummaryADescriptionAndTheirRunbook) {
    const std::string text = text_of(rules_file);
    for (const auto& each : alerts()) {
        const auto from = text.find("- alert: " + each + "\n");
        const std::string one = text.substr(from, text.find("- alert: ", from + 1) - from);
        EXPECT_EQ(all_matches(one, "severity: (critical|warning)\n").size(), 1U) << each;
        EXPECT_EQ(all_matches(one, "summary: '(.+)'").size(), 1U) << each;
        EXPECT_NE(one.find("description: >-"), std::string::npos) << each;
        EXPECT_NE(one.find("/runbooks/" + each + ".md\n"), std::string::npos) << each;
    }
}

TEST(Alerts, HaveARunbookEachAndNoRunbookIsWithoutItsAlert) {
    const auto names = alerts();
    EXPECT_EQ(pages_in("docs/runbooks"), std::set<std::string>(names.begin(), names.end()));
    const std::string index = text_of("docs/runbooks/README.md");
    for (const auto& each : names) {
        const std::string page = text_of("docs/runbooks/" + each + ".md");
        EXPECT_TRUE(page.starts_with("# " + each + "\n")) << each;
        for (const char* part :
             {"## Meaning", "## First look", "## Likely causes", "## Actions", "## When to stop"})
            EXPECT_NE(page.find(std::string{"\n"} + part + "\n"), std::string::npos)
                << each << " lacks " << part;
        EXPECT_NE(index.find("(" + each + ".md)"), std::string::npos)
            << each << " is not in docs/runbooks/README.md";
    }
}

}  // namespace
}  // namespace townd::test
