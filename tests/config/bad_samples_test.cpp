// One mistake a sample: the report must name the place, the key and the remedy.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "config/config.hpp"

namespace townd::config {
namespace {

namespace fs = std::filesystem;

std::string read_text(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

// As `townd check-config` prints it.
std::string report_of(const loaded& out) {
    std::string text;
    for (const auto* list : {&out.problems, &out.warnings})
        for (const problem& each : *list)
            text += each.text() + "\n" + each.excerpt();
    return text;
}

std::vector<std::string> sample_names() {
    std::vector<std::string> out;
    for (const auto& entry :
         fs::directory_iterator{fs::path{TOWND_SOURCE_DIR} / "tests/config/bad"})
        if (entry.path().extension() == ".yaml") out.push_back(entry.path().stem().string());
    std::sort(out.begin(), out.end());
    return out;
}

// tests/config/bad: NN-name.yaml, and beside it NN-name.txt with what is said of it, to the letter.
class BadSample : public testing::TestWithParam<std::string> {
protected:
    const fs::path file = fs::path{TOWND_SOURCE_DIR} / "tests/config/bad" / (GetParam() + ".yaml");
    const loaded out = load_text(read_text(file), file.filename().string());
};

TEST_P(BadSample, IsReportedToTheLetter) {
    const fs::path golden = fs::path{file}.replace_extension(".txt");
    ASSERT_FALSE(out.problems.empty());
    EXPECT_EQ(report_of(out), read_text(golden));
}

TEST_P(BadSample, HasARemedyAndOneLineForEachProblem) {
    std::vector<std::string> texts;
    for (const problem& p : out.problems) {
        texts.push_back(p.text());
        EXPECT_NE(texts.back().find('('), std::string::npos) << "no remedy: " << texts.back();
        EXPECT_EQ(texts.back().find('\n'), std::string::npos) << texts.back();
    }
    std::sort(texts.begin(), texts.end());
    EXPECT_EQ(std::unique(texts.begin(), texts.end()), texts.end()) << "said twice";
}

TEST_P(BadSample, SaysNothingOfASecret) {
    EXPECT_EQ(report_of(out).find("hunter2"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(All, BadSample, testing::ValuesIn(sample_names()), [](const auto& each) {
    std::string name = each.param;
    std::replace(name.begin(), name.end(), '-', 'x');
    return name;
});

TEST(BadSamples, AreFortyOrMore) {
    EXPECT_GE(sample_names().size(), 40U);
}

TEST(BadSamples, WhatNoTextFileHoldsIsRefusedToo) {
    const std::vector<std::pair<std::string, std::string>> samples{
        {std::string{"log: {level: info}\n\x04", 20}, "t.yaml:2:1: error: a control character"},
        {std::string{"l\0o\0g\0", 6}, "t.yaml:1:2: error: a control character"},
        {std::string(20000, '['), "nested too deeply"},
        {"a: {b: {c: {d: {e: {f: {g: {h: {i: {j: {k: {l: {m: {n: {o: {p: {q: 1}}}}}}}}}}}}}}}}",
         "error: a.b.c"},
        {std::string(1024 * 1024 + 1, '#'), "t.yaml: error: larger than 1 MiB"},
    };
    for (const auto& [yaml, says] : samples)
        EXPECT_NE(report_of(load_text(yaml, "t.yaml")).find(says), std::string::npos) << says;
}

TEST(BadSamples, EveryProblemOfAFileIsReportedInOneRunInItsOrder) {
    const loaded out = load_text(
        "data_dir: 5\n"
        "dispach: {}\n"
        "reconciler:\n"
        "  interval: 30\n"
        "  interval: 5s\n"
        "breaker:\n"
        "  agent: {failures: 0, open: 20m}\n",
        "t.yaml");
    std::vector<int> lines;
    for (const problem& p : out.problems)
        lines.push_back(p.line);
    EXPECT_EQ(lines, (std::vector<int>{1, 2, 4, 5, 7, 7}));
}

TEST(BadSamples, ASyntaxErrorDoesNotHideWhatStandsBeforeIt) {
    const loaded out = load_text("towns: {threads: 99}\nlog: level: info\n", "t.yaml");
    ASSERT_EQ(out.problems.size(), 2U);
    EXPECT_EQ(out.problems[0].key, "towns.threads");
    EXPECT_NE(out.problems[1].what.find("not YAML"), std::string::npos);
}

TEST(BadSamples, ASecretInAUrlIsNotRepeated) {
    const loaded out = load_text("containers: {url: \"http://u:hunter2@b/\"}\n", "t.yaml");
    ASSERT_EQ(out.problems.size(), 1U);
    EXPECT_EQ(out.problems[0].text().find("hunter2"), std::string::npos);
}

TEST(BadSamples, TheNumberOfReportedProblemsIsBounded) {
    std::string yaml;
    for (int i = 0; i < 1000; ++i)
        yaml += "k" + std::to_string(i) + ": 1\n";
    const loaded out = load_text(yaml, "t.yaml");
    EXPECT_EQ(out.problems.size(), 101U);
    EXPECT_NE(out.problems.back().what.find("900 more"), std::string::npos);
}

TEST(BadSamples, AFileFullOfUnknownKeysIsReadInBoundedTime) {
    std::string yaml;
    for (int i = 0; yaml.size() < 1'000'000; ++i)
        yaml += "k" + std::to_string(i) + ": 1\n";
    const auto begin = std::chrono::steady_clock::now();
    const loaded out = load_text(yaml, "t.yaml");
    EXPECT_EQ(out.problems.size(), 101U);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{60});
}

TEST(BadSamples, AnAliasBombIsRefusedQuickly) {
    std::string yaml = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
    for (char c = 'b'; c < 'j'; ++c) {
        const std::string before{static_cast<char>(c - 1)};
        yaml += std::string{c} + ": &" + c + " [";
        for (int i = 0; i < 10; ++i)
            yaml += (i > 0 ? ", *" : "*") + before;
        yaml += "]\n";
    }
    const loaded out = load_text(yaml, "t.yaml");
    EXPECT_FALSE(out.problems.empty());
    EXPECT_LE(out.problems.size(), 101U);
}

}  // namespace
}  // namespace townd::config
