// One mistake a sample: the report must name the place, the key and the remedy.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "config/config.hpp"

namespace townd::config {
namespace {

struct sample {
    const char* name;
    std::string yaml;
    const char* place_and_key;  // `line:column: error: key: `
    const char* says;
};

const std::vector<sample> samples{
    {"UnknownTopKey", "dispatches: {}\n",
     "t.yaml:1:1: error: dispatches: ", "did you mean dispatch?"},
    {"UnknownKeyNear", "dispatch:\n  max_atempts: 3\n",
     "t.yaml:2:3: error: dispatch.max_atempts: ", "did you mean dispatch.max_attempts?"},
    {"UnknownKeyFromElsewhere", "max_per_town: 3\n",
     "t.yaml:1:1: error: max_per_town: ", "did you mean dispatch.max_per_town?"},
    {"UnknownKeyFarFromAll", "towns: {colour: red}\n",
     "t.yaml:1:9: error: towns.colour: ", "known here: threads"},
    {"DottedKey", "dispatch.max_attempts: 3\n",
     "t.yaml:1:1: error: dispatch.max_attempts: ", "nested keys"},
    {"DottedSection", "breaker.agent: {failures: 3}\n",
     "t.yaml:1:1: error: breaker.agent: ", "unknown key"},
    {"DuplicateKey", "log:\n  level: info\n  level: warn\n",
     "t.yaml:3:3: error: log.level: ", "first written at t.yaml:2:3"},
    {"DuplicateSection", "log: {level: info}\ntowns: {threads: 2}\nlog: {format: json}\n",
     "t.yaml:3:1: error: log: ", "first written at t.yaml:1:1"},
    {"DurationWithoutUnit", "reconciler: {interval: 30}\n",
     "t.yaml:1:24: error: reconciler.interval: ", "unit missing (write 30s)"},
    {"DurationWithUnknownUnit", "dispatch:\n  start_timeout: 30x\n",
     "t.yaml:2:18: error: dispatch.start_timeout: ", "\"30x\" is not a duration"},
    {"DurationFraction", "dispatch: {start_timeout: 1.5s}\n",
     "t.yaml:1:27: error: dispatch.start_timeout: ", "is not a duration"},
    {"DurationTooShort", "dispatch: {start_timeout: 9ms}\n",
     "t.yaml:1:27: error: dispatch.start_timeout: ", "out of range (write 10ms to 24h)"},
    {"DurationTooLong", "breaker: {agent: {max_open: 25h}}\n",
     "t.yaml:1:29: error: breaker.agent.max_open: ", "out of range (write 10ms to 24h)"},
    {"DurationNull", "dispatch: {start_timeout: null}\n",
     "t.yaml:1:27: error: dispatch.start_timeout: ", "is null"},
    {"NumberOutOfRange", "towns: {threads: 65}\n", "t.yaml:1:18: error: towns.threads: ",
     "65 is out of range (write a whole number from 1 to 64)"},
    {"NumberNegative", "towns: {threads: -1}\n",
     "t.yaml:1:18: error: towns.threads: ", "out of range"},
    {"NumberHuge", "towns: {threads: 99999999999999999999}\n",
     "t.yaml:1:18: error: towns.threads: ", "out of range"},
    {"NumberOctal", "towns: {threads: 010}\n",
     "t.yaml:1:18: error: towns.threads: ", "not a decimal whole number"},
    {"NumberHexadecimal", "towns: {threads: 0x10}\n",
     "t.yaml:1:18: error: towns.threads: ", "not a decimal whole number"},
    {"NumberFraction", "towns: {threads: 2.0}\n",
     "t.yaml:1:18: error: towns.threads: ", "not a decimal whole number"},
    {"NumberQuoted", "towns: {threads: \"8\"}\n",
     "t.yaml:1:18: error: towns.threads: ", "text in quotes, not a number"},
    {"NumberBoolean", "towns: {threads: yes}\n",
     "t.yaml:1:18: error: towns.threads: ", "not a decimal whole number"},
    {"NumberEmpty", "towns:\n  threads:\n", "error: towns.threads: ", "is null"},
    {"RealOutOfRange", "breaker: {agent: {jitter: 0.91}}\n",
     "t.yaml:1:27: error: breaker.agent.jitter: ", "out of range (write a number from 0 to 0.9)"},
    {"RealNotANumber", "breaker: {agent: {jitter: .nan}}\n",
     "t.yaml:1:27: error: breaker.agent.jitter: ", "not a decimal number"},
    {"WordUnknown", "log: {level: verbose}\n",
     "t.yaml:1:14: error: log.level: ", "write trace, debug, info, warn or error"},
    {"DurabilityBoolean", "durability: true\n",
     "t.yaml:1:13: error: durability: ", "write full or normal"},
    {"PathIsNumber", "data_dir: 12\n", "t.yaml:1:11: error: data_dir: ", "not a text"},
    {"PathIsNull", "data_dir: ~\n", "t.yaml:1:11: error: data_dir: ", "is null"},
    {"PathEmpty", "data_dir: \"\"\n", "t.yaml:1:11: error: data_dir: ", "is empty"},
    {"PathWithTilde", "data_dir: ~/towns\n",
     "t.yaml:1:11: error: data_dir: ", "write the whole path"},
    {"PathWithLineBreak", "data_dir: |\n  /a\n  /b\n", "error: data_dir: ", "line break"},
    {"OptionalPathBoolean", "api: {token_file: false}\n",
     "t.yaml:1:19: error: api.token_file: ", "not a text"},
    {"ListenPortOnly", "api: {listen: 8787}\n",
     "t.yaml:1:15: error: api.listen: ", "is not host:port"},
    {"ListenPortTooBig", "debug: {listen: 127.0.0.1:70000}\n",
     "t.yaml:1:17: error: debug.listen: ", "is not host:port"},
    {"ListenBadAddress", "debug: {listen: 127.0.0.999:80}\n",
     "t.yaml:1:17: error: debug.listen: ", "is not host:port"},
    {"ListenEmptyHost", "debug: {listen: \":9191\"}\n",
     "t.yaml:1:17: error: debug.listen: ", "is not host:port"},
    {"ListenOpenToAll", "api:\n  listen: 0.0.0.0:8787\n",
     "t.yaml:2:11: error: api.listen: ", "nothing asks for a credential"},
    {"ListenOpenToAllSix", "api:\n  listen: \"[::]:8787\"\n",
     "t.yaml:2:11: error: api.listen: ", "nothing asks for a credential"},
    {"UrlScheme", "containers: {url: \"ftp://a/\"}\n",
     "t.yaml:1:19: error: containers.url: ", "not an http or https URL"},
    {"UrlPassword", "containers: {url: \"http://a:secret@b/\"}\n",
     "t.yaml:1:19: error: containers.url: ", "user or password"},
    {"UrlUnknownBrace", "containers: {url: \"http://{rig}/\"}\n",
     "t.yaml:1:19: error: containers.url: ", "brace"},
    {"UrlWithoutHost", "api: {public_url: \"http://\"}\n",
     "t.yaml:1:19: error: api.public_url: ", "host and port"},
    {"UrlQuery", "api: {public_url: \"http://a/?b\"}\n",
     "t.yaml:1:19: error: api.public_url: ", "query"},
    {"PublicUrlWithTown", "api: {public_url: \"http://{town}/\"}\n",
     "t.yaml:1:19: error: api.public_url: ", "brace"},
    {"SectionIsScalar", "dispatch: 5\n", "t.yaml:1:11: error: dispatch: ", "is a single value"},
    {"SectionIsList", "breaker:\n  agent: [1, 2]\n",
     "t.yaml:2:10: error: breaker.agent: ", "is a list"},
    {"SectionIsEmpty", "breaker:\nlog: {level: info}\n", "error: breaker: ", "is empty"},
    {"ValueIsMap", "data_dir: {a: b}\n", "t.yaml:1:11: error: data_dir: ", "takes a single value"},
    {"ValueIsList", "log: {level: [info]}\n",
     "t.yaml:1:14: error: log.level: ", "takes a single value"},
    {"RootIsList", "- a\n- b\n", "t.yaml:1:1: error: ", "does not hold keys"},
    {"RootIsScalar", "hello\n", "t.yaml:1:1: error: ", "does not hold keys"},
    {"Anchor", "reconciler: {interval: &x 5s}\n",
     "error: reconciler.interval: ", "anchor is not allowed"},
    {"Alias", "reconciler: {interval: &x 5s}\ndispatch: {start_timeout: *x}\n",
     "t.yaml:2:27: error: dispatch.start_timeout: ", "alias is not allowed"},
    {"MergeKey", "breaker:\n  agent:\n    <<: {failures: 3}\n",
     "t.yaml:3:5: error: breaker.agent: ", "merge keys"},
    {"Tag", "towns: {threads: !!str 8}\n", "error: towns.threads: ", "tag"},
    {"TwoDocuments", "log: {level: info}\n---\nlog: {level: warn}\n",
     "t.yaml:2:1: error: ", "second document"},
    {"TabIndentation", "log:\n\tlevel: info\n", "t.yaml:2:1: error: ", "a tab in the indentation"},
    {"SyntaxError", "log: {level: info\n", "error: ", "not YAML"},
    {"NestedColon", "log: level: info\n", "t.yaml:1:11: error: ", "not YAML"},
    {"ComplexKey", "? [a, b]\n: c\n", "t.yaml:1:3: error: ", "a key must be a plain word"},
    {"KeyMissing", ": 5\n", "t.yaml:1:1: error: ", "a key is missing"},
    {"ControlCharacter", std::string{"log: {level: info}\n\x04", 20},
     "t.yaml:2:1: error: ", "control character"},
    {"Utf16", std::string{"l\0o\0g\0", 6}, "t.yaml:1:2: error: ", "control character"},
    {"DeepNesting", std::string(20000, '['), "t.yaml:", "nested too deeply"},
    {"DeepMaps",
     "a: {b: {c: {d: {e: {f: {g: {h: {i: {j: {k: {l: {m: {n: {o: {p: {q: 1}}}}}}}}}}}}}}}}",
     "error: a.b.c", "nested too deeply"},
    {"TooLarge", std::string(1024 * 1024 + 1, '#'), "t.yaml: error: ", "larger than 1 MiB"},
    {"MaxOpenBelowOpen", "breaker:\n  agent:\n    open: 20m\n",
     "t.yaml:3:11: error: breaker.agent.open: ", "longer than breaker.agent.max_open"},
    {"MaxOpenSetBelowOpen", "breaker: {container: {max_open: 10s}}\n",
     "t.yaml:1:33: error: breaker.container.max_open: ", "shorter than breaker.container.open"},
    {"IdleBelowInterval", "reconciler: {interval: 10s, idle_interval: 5s}\n",
     "t.yaml:1:44: error: reconciler.idle_interval: ", "shorter than reconciler.interval, 10s"},
    {"ConnectOverStart", "dispatch: {connect_timeout: 2m}\n",
     "t.yaml:1:29: error: dispatch.connect_timeout: ", "longer than dispatch.start_timeout"},
    {"WorkBackoffOverMax", "dispatch: {work_backoff: 11m}\n",
     "t.yaml:1:26: error: dispatch.work_backoff: ", "longer than dispatch.max_backoff"},
    {"ProbeNotOverStart", "breaker: {agent: {probe_timeout: 60s}}\n",
     "t.yaml:1:34: error: breaker.agent.probe_timeout: ", "not longer than dispatch.start_timeout"},
};

class BadSample : public testing::TestWithParam<sample> {};

TEST_P(BadSample, IsReportedWithPlaceKeyAndRemedy) {
    const sample& each = GetParam();
    const loaded out = load_text(each.yaml, "t.yaml");
    std::string all;
    bool found = false;
    for (const problem& p : out.problems) {
        const std::string text = p.text();
        all += text + "\n";
        found = found || (text.find(each.place_and_key) != std::string::npos &&
                          text.find(each.says) != std::string::npos);
        EXPECT_NE(text.find('('), std::string::npos) << "no remedy: " << text;
        EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    }
    EXPECT_TRUE(found) << "wanted: " << each.place_and_key << "…" << each.says << "\ngot:\n" << all;
}

TEST_P(BadSample, IsReportedOnce) {
    const loaded out = load_text(GetParam().yaml, "t.yaml");
    std::vector<std::string> texts;
    for (const problem& p : out.problems)
        texts.push_back(p.text());
    std::sort(texts.begin(), texts.end());
    EXPECT_EQ(std::unique(texts.begin(), texts.end()), texts.end());
}

INSTANTIATE_TEST_SUITE_P(All, BadSample, testing::ValuesIn(samples),
                         [](const auto& each) { return std::string{each.param.name}; });

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
