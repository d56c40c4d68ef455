#include "ctl/command_line.hpp"

#include <gtest/gtest.h>

namespace townd::ctl {
namespace {

std::string objection_to(std::vector<std::string> words) {
    command_line line("1");
    std::vector<std::string> reversed(words.rbegin(), words.rend());
    try {
        line.app().parse(reversed);
    } catch (const CLI::ParseError& e) {
        return line.objection(words, e.what());
    }
    return {};
}

TEST(CtlCommandLine, AMistypedWordIsNamedWithWhatWasMeant) {
    EXPECT_EQ(objection_to({"staus"}), "unknown command 'staus'; did you mean 'status'?");
    EXPECT_EQ(objection_to({"--socket", "x", "tows"}),
              "unknown command 'tows'; did you mean 'towns'?");
    EXPECT_EQ(objection_to({"breaker", "rest"}), "unknown command 'rest'; did you mean 'reset'?");
    EXPECT_EQ(objection_to({"pause", "t", "--reson", "x"}),
              "unknown option '--reson'; did you mean '--reason'?");
    EXPECT_NE(objection_to({"breaker"}).find("force-open"), std::string::npos);
    EXPECT_NE(objection_to({}).find("status"), std::string::npos);
    EXPECT_NE(objection_to({"status", "-o", "xml"}), "");
}

TEST(CtlCommandLine, OptionsOfAllCommandsStandAnywhere) {
    for (std::vector<std::string> words : {std::vector<std::string>{"-o", "yaml", "towns"},
                                           std::vector<std::string>{"towns", "-o", "yaml"},
                                           std::vector<std::string>{"towns", "--output=yaml"}}) {
        command_line line("1");
        std::reverse(words.begin(), words.end());
        line.app().parse(words);
        line.settle();
        EXPECT_EQ(line.given().out.as, form::yaml);
        EXPECT_NE(line.chosen(), nullptr);
    }
}

TEST(CtlCommandLine, HelpBeginsWithExamples) {
    command_line line("1");
    EXPECT_TRUE(line.app().help().starts_with("Examples:\n")) << line.app().help();
    EXPECT_TRUE(line.app().get_subcommand("pause")->help().starts_with("Examples:\n"));
}

}  // namespace
}  // namespace townd::ctl
