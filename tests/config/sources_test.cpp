// Where values come from, and what wins.

#include "config/sources.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "config/unknown_keys.hpp"

namespace townd::config {
namespace {

namespace fs = std::filesystem;

class place_for_files {
public:
    place_for_files() {
        std::string name = testing::TempDir() + "townd-sources-XXXXXX";
        path_ = mkdtemp(name.data());
    }
    ~place_for_files() { fs::remove_all(path_); }
    place_for_files(const place_for_files&) = delete;
    place_for_files& operator=(const place_for_files&) = delete;

    fs::path put(const std::string& name, const std::string& text) const {
        const fs::path file = path_ / name;
        fs::create_directories(file.parent_path());
        std::ofstream{file} << text;
        return file;
    }
    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

std::vector<std::string> names(const place_for_files& dir, const std::vector<fs::path>& asked) {
    std::vector<std::string> out;
    for (const auto& each : find_files(asked))
        out.push_back((each.problem.empty() ? "" : "bad ") +
                      fs::relative(each.path, dir.path()).string());
    return out;
}

std::string texts(const loaded& out) {
    std::string all;
    for (const auto& each : out.problems)
        all += each.text() + "\n";
    return all;
}

sources::assignment variable(const std::string& name, const std::string& value) {
    return {name, key_of_variable(name), value};
}

using strings = std::vector<std::string>;

TEST(Sources, AFileIsFollowedByTheConfDBesideItInNameOrder) {
    const place_for_files dir;
    const auto file = dir.put("townd.yaml", "");
    dir.put("conf.d/20-b.yaml", "");
    dir.put("conf.d/10-a.yaml", "");
    dir.put("conf.d/.#10-a.yaml", "");
    dir.put("conf.d/README", "");
    EXPECT_EQ(names(dir, {file}), (strings{"townd.yaml", "conf.d/10-a.yaml", "conf.d/20-b.yaml"}));
    EXPECT_EQ(names(dir, {dir.path()}), names(dir, {file}));
    const auto other = dir.put("other.yaml", "");
    EXPECT_EQ(names(dir, {file, other}),
              (strings{"townd.yaml", "conf.d/10-a.yaml", "conf.d/20-b.yaml", "other.yaml"}));
}

TEST(Sources, ADirectoryWithoutAMainFileIsReadWhole) {
    const place_for_files dir;
    dir.put("b.yaml", "");
    dir.put("a.yaml", "");
    EXPECT_EQ(names(dir, {dir.path()}), (strings{"a.yaml", "b.yaml"}));
    const place_for_files empty;
    EXPECT_EQ(names(empty, {empty.path()}), strings{"bad ."});
}

TEST(Sources, MoreFilesThanAnybodyWritesAreAProblem) {
    const place_for_files dir;
    for (int i = 0; i < 150; ++i)
        dir.put("f" + std::to_string(i) + ".yaml", "");
    const auto found = find_files({dir.path()});
    EXPECT_EQ(found.size(), files_max + 1);
    EXPECT_NE(found.back().problem.find("one file too many"), std::string::npos);
}

TEST(Sources, TheLaterSourceWinsAndTheLosersAreKept) {
    const place_for_files dir;
    sources from;
    from.files = {dir.put("townd.yaml", "dispatch:\n  max_in_flight: 1\n  max_attempts: 7\n")};
    const auto more = dir.put("conf.d/10-x.yaml", "dispatch: {max_in_flight: 2}\n");
    from.variables = {variable("TOWND_DISPATCH__MAX_IN_FLIGHT", "3")};
    from.flags = {flag("--set", "dispatch.max_in_flight=4"), {"--log-level", "log.level", "warn"}};
    const loaded out = load(from);
    ASSERT_TRUE(out.problems.empty()) << texts(out);
    EXPECT_EQ(out.values.policy.dispatch.max_in_flight, 4);
    EXPECT_EQ(out.values.policy.dispatch.max_attempts, 7) << "sections merge";
    EXPECT_EQ(out.values.log.level, "warn");
    EXPECT_EQ(out.values.origins.at("log.level"), "--log-level");
    EXPECT_EQ(out.values.origins.at("dispatch.max_in_flight"), "--set");
    const auto& lost = out.values.replaced.at("dispatch.max_in_flight");
    ASSERT_EQ(lost.size(), 3U);
    EXPECT_EQ(lost[0].origin, "env:TOWND_DISPATCH__MAX_IN_FLIGHT");
    EXPECT_EQ(lost[0].value, "3");
    EXPECT_EQ(lost[1].origin, more.native() + ":1:27");
    EXPECT_EQ(lost[2].origin, from.files[0].native() + ":2:18");
    EXPECT_NE(print(out.values, true).find("4  # --set; over 3 from env:"), std::string::npos);
    EXPECT_EQ(print(out.values, false).find('#'), std::string::npos);
}

TEST(Sources, RulesSeeTheOutcomeAndBlameThePlaceThatWon) {
    const place_for_files dir;
    sources from;
    from.files = {dir.put("townd.yaml", "dispatch: {connect_timeout: 2m}\n")};
    EXPECT_EQ(load(from).problems.size(), 1U);
    from.flags = {flag("--set", "dispatch.start_timeout=3m")};
    EXPECT_TRUE(load(from).problems.empty()) << texts(load(from));
    from.flags = {flag("--set", "dispatch.connect_timeout=4m")};
    EXPECT_EQ(load(from).problems.at(0).file, "--set");
}

TEST(Sources, EveryFileIsCheckedInOneRunInItsOrder) {
    const place_for_files dir;
    dir.put("conf.d/10-a.yaml", "nonsense: 1\n");
    sources from;
    from.files = {dir.put("townd.yaml", "towns: {threads: 99}\n"), dir.path() / "missing.yaml"};
    from.variables = {variable("TOWND_LOG__LEVEL", "loud")};
    from.flags = {flag("--set", "log.format=x")};
    const loaded out = load(from);
    ASSERT_EQ(out.problems.size(), 5U) << texts(out);
    EXPECT_EQ(out.problems[0].key, "towns.threads");
    EXPECT_EQ(out.problems[1].key, "nonsense");
    EXPECT_NE(out.problems[2].text().find("missing.yaml: error: cannot be read"),
              std::string::npos);
    EXPECT_EQ(out.problems[3].text().find("env:TOWND_LOG__LEVEL: error: log.level: "), 0U);
    EXPECT_EQ(out.problems[4].text().find("--set: error: log.format: "), 0U);
}

TEST(Sources, AVariableNeedsNoQuotes) {
    sources from;
    from.variables = {variable("TOWND_DATA_DIR", "no"), variable("TOWND_DURABILITY", "normal"),
                      variable("TOWND_DEBUG__ALLOW_INSECURE", "true"),
                      variable("TOWND_API__TOKEN_FILE", "null")};
    const loaded out = load(from);
    ASSERT_TRUE(out.problems.empty()) << texts(out);
    EXPECT_EQ(out.values.data_dir, "no");
    EXPECT_FALSE(out.values.durable_full);
    EXPECT_TRUE(out.values.debug.allow_insecure);
    EXPECT_FALSE(out.values.api.token_file);
}

TEST(Sources, AnUnknownVariableIsAnErrorWithASuggestion) {
    const auto said = [](const std::string& name) {
        sources from;
        from.variables = {variable(name, "hunter2")};
        return texts(load(from));
    };
    EXPECT_NE(said("TOWND_DISPATCH_MAX_IN_FLIGHT").find("TOWND_DISPATCH__MAX_IN_FLIGHT?"),
              std::string::npos);
    EXPECT_NE(said("TOWND_LOG__LEVEI").find("TOWND_LOG__LEVEL?"), std::string::npos);
    EXPECT_NE(said("TOWND_XYZ").find("unknown variable"), std::string::npos);
    EXPECT_NE(said("TOWND_LOG").find("log.level"), std::string::npos) << said("TOWND_LOG");
    EXPECT_NE(said("TOWND_API__TOKEN").find("api.token_file"), std::string::npos);
    EXPECT_EQ(said("TOWND_API__TOKEN").find("hunter2"), std::string::npos);
}

TEST(Sources, VariablesOfTheControlProgramAreLeftAlone) {
    ::setenv("TOWND_ADDR", "127.0.0.1:1", 1);
    ::setenv("TOWND_TOWNS__THREADS", "3", 1);
    strings found;
    for (const auto& each : variables())
        found.push_back(each.key + "=" + each.value);
    ::unsetenv("TOWND_ADDR");
    ::unsetenv("TOWND_TOWNS__THREADS");
    EXPECT_EQ(found, strings{"towns.threads=3"});
}

TEST(Sources, AnUnknownFlagKeyIsAnErrorWithASuggestion) {
    sources from;
    from.flags = {flag("--set", "log.levle=debug"), flag("--set", "api.token=hunter2")};
    const std::string said = texts(load(from));
    EXPECT_NE(said.find("--set: error: log.levle: unknown key (did you mean log.level?)"),
              std::string::npos)
        << said;
    EXPECT_NE(said.find("api.token_file"), std::string::npos);
    EXPECT_EQ(said.find("hunter2"), std::string::npos);
}

TEST(Sources, ALineThatMayHoldASecretIsNotShown) {
    for (const char* yaml :
         {"api: {token: hunter2, listen: x}\n",
          "# password: hunter2\nlog: {a: \"password=hunter2\"}\n",
          "containers: {url: \"http://u:hunter2@b/\"}\n", "log: {levl: x}  # Token hunter2\n"}) {
        const loaded out = load_text(yaml, "t.yaml");
        ASSERT_FALSE(out.problems.empty()) << yaml;
        for (const auto& each : out.problems)
            EXPECT_EQ((each.text() + each.excerpt()).find("hunter2"), std::string::npos) << yaml;
    }
}

TEST(Sources, AllowedDangerIsAWarning) {
    const loaded out = load_text(
        "debug:\n  listen: 0.0.0.0:9191\n  allow_insecure: true\n"
        "api: {listen: 0.0.0.0:1, token_file: /t}\n",
        "t.yaml");
    ASSERT_TRUE(out.problems.empty()) << texts(out);
    ASSERT_EQ(out.warnings.size(), 2U);
    EXPECT_EQ(out.warnings[0].text().find("t.yaml:3:19: warning: debug.allow_insecure: "), 0U)
        << out.warnings[0].text();
    EXPECT_EQ(out.warnings[1].key, "api.listen");
    EXPECT_TRUE(load_text("debug: {allow_insecure: true}\n", "t.yaml").warnings.empty());
}

TEST(Sources, AKeyOfTheVersionBeforeIsAWarningAndMeansNothing) {
    const loaded out = load_text(
        "breaker: {role: {open: whatever}, container: null}\n"
        "outage:\n  ramp_max: 3\n  min_towns: 7\n",
        "t.yaml");
    ASSERT_TRUE(out.problems.empty()) << texts(out);
    EXPECT_EQ(out.values.policy.outage.min_towns, 7);
    ASSERT_EQ(out.warnings.size(), 3U);
    EXPECT_EQ(out.warnings[0].text(),
              "t.yaml:1:11: warning: breaker.role: means nothing any more: a role in a rig is "
              "tried again by retry.first, retry.then and retry.max (remove it; the next version "
              "refuses it)");
    EXPECT_EQ(out.warnings[1].key, "breaker.container");
    EXPECT_EQ(out.warnings[2].key, "outage.ramp_max");
}

TEST(Sources, AVariableOfTheVersionBeforeIsAWarning) {
    sources from;
    from.variables = {variable("TOWND_OUTAGE__PROBE_EVERY", "30s"),
                      variable("TOWND_BREAKER__ROLE__FAILURES", "3")};
    const loaded out = load(from);
    EXPECT_TRUE(out.problems.empty()) << texts(out);
    ASSERT_EQ(out.warnings.size(), 2U);
    EXPECT_EQ(out.warnings[0].file, "env:TOWND_OUTAGE__PROBE_EVERY");
    EXPECT_EQ(out.warnings[1].key, "breaker.role.failures");
}

TEST(Changes, NameTheKeyItsValuesAndWhatTheyNeed) {
    const settings running = defaults();
    settings wanted = running;
    EXPECT_TRUE(changes(running, wanted).empty());
    wanted.policy.dispatch.max_attempts = 9;
    wanted.towns.threads = 9;
    const auto found = changes(running, wanted);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].key, "towns.threads");
    EXPECT_EQ(found[0].from, "8");
    EXPECT_EQ(found[0].to, "9");
    EXPECT_TRUE(found[0].restart);
    EXPECT_EQ(found[1].key, "dispatch.max_attempts");
    EXPECT_FALSE(found[1].restart);
}

TEST(Changes, WhatNeedsARestartKeepsItsValueAndOrigin) {
    const settings running = defaults();
    const loaded wanted = load_text("towns: {threads: 9}\ndispatch: {max_attempts: 9}\n", "t.yaml");
    const settings out = adopted(running, wanted.values);
    EXPECT_EQ(out.towns.threads, 8);
    EXPECT_EQ(out.origins.at("towns.threads"), "default");
    EXPECT_EQ(out.policy.dispatch.max_attempts, 9);
    EXPECT_EQ(out.origins.at("dispatch.max_attempts"), "t.yaml:2:26");
}

}  // namespace
}  // namespace townd::config
