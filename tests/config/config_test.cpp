#include "config/config.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <random>
#include <set>
#include <sstream>

#include "config/option_table.hpp"

namespace townd::config {
namespace {

std::string problems_of(const loaded& out) {
    std::string text;
    for (const problem& each : out.problems)
        text += each.text() + "\n";
    return text;
}

// Every value, without origins.
std::string values_of(const settings& s) {
    std::string text;
    for (const printed_key& each : list(s))
        text += each.key + "=" + each.value + "\n";
    return text;
}

class TempDir {
public:
    TempDir() {
        std::string name = testing::TempDir() + "townd-config-XXXXXX";
        path_ = mkdtemp(name.data());
    }
    ~TempDir() { std::filesystem::remove_all(path_); }
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    [[nodiscard]] std::filesystem::path operator/(const char* name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

TEST(Config, TheTableHoldsEveryKeyOfTheContract) {
    std::set<std::string, std::less<>> wanted;
    const auto section = [&](const std::string& name, const std::string& keys) {
        std::istringstream words(keys);
        for (std::string key; words >> key;)
            wanted.insert(name.empty() ? key : name + "." + key);
    };
    section("", "data_dir durability");
    section("api", "listen public_url token_file jwt_secret_file socket");
    section("debug", "listen token_file read_token_file allow_insecure");
    section("ctl", "socket");
    section("reconciler", "interval idle_interval");
    section("containers", "url ca_file health_interval restart_program restart_url");
    section("towns", "threads keep_history max_megabytes");
    section("progress", "nudge_after escalate_after stop_after");
    section("dispatch",
            "connect_timeout start_timeout status_timeout survive_for heartbeat_timeout "
            "max_in_flight max_per_town max_polecats_per_rig max_polecats_per_town "
            "max_refineries_per_town max_starting starts_per_second slow_start starts_per_hour "
            "failed_starts_per_hour max_attempts retry_backoff work_backoff max_backoff");
    section("breaker.agent", "failures open max_open jitter probe_timeout rate_percent samples");
    section("retry", "per_hour burst first then max sweeps_per_town slow_after relapse_within");
    section("outage", "mode min_towns town_share_percent many_towns lease");
    section("metrics", "per_town per_town_limit");
    section("log", "level format");
    std::set<std::string, std::less<>> found;
    for (const option& each : option_table()) {
        EXPECT_TRUE(found.insert(std::string{each.key}).second) << each.key << " twice";
        EXPECT_FALSE(each.help.empty()) << each.key;
    }
    EXPECT_EQ(found, wanted);
}

TEST(Config, EveryDefaultIsWithinItsOwnRange) {
    for (const option& each : option_table()) {
        const std::string text = option_text(each, settings{});
        const loaded out = load_text(print(settings{}), "t.yaml");
        EXPECT_TRUE(out.problems.empty()) << each.key << ": " << text << "\n" << problems_of(out);
    }
}

TEST(Config, ValuesLandWhereTheyBelong) {
    const loaded out = load_text(
        "data_dir: /srv/towns\n"
        "durability: normal\n"
        "api: {listen: 127.0.0.1:0, public_url: \"https://api.example.org/t\", token_file: tok,\n"
        "      jwt_secret_file: /s, socket: /run/t.sock}\n"
        "debug: {listen: \"[::1]:9\", token_file: /d, read_token_file: /e}\n"
        "ctl: {socket: /run/c.sock}\n"
        "reconciler: {interval: 20ms, idle_interval: 1h30m}\n"
        "containers: {url: \"https://{town}.example.org:8443/base\", ca_file: /ca}\n"
        "towns: {threads: 3}\n"
        "dispatch: {connect_timeout: 11ms, start_timeout: 50ms, status_timeout: 12ms,\n"
        "  survive_for: 13ms, heartbeat_timeout: 14ms, max_in_flight: 1, max_per_town: 2,\n"
        "  max_polecats_per_rig: 3, max_attempts: 4, retry_backoff: 15ms, work_backoff: 16ms,\n"
        "  max_backoff: 17ms}\n"
        "breaker:\n"
        "  agent: {failures: 7, open: 18ms, max_open: 19ms, jitter: 0, probe_timeout: 51ms,\n"
        "          rate_percent: 8, samples: 9}\n"
        "log: {level: error, format: logfmt}\n",
        "t.yaml");
    ASSERT_TRUE(out.problems.empty()) << problems_of(out);
    const settings& s = out.values;
    EXPECT_EQ(s.data_dir, "/srv/towns");
    EXPECT_FALSE(s.durable_full);
    EXPECT_EQ(s.api.listen, "127.0.0.1:0");
    EXPECT_EQ(s.api.public_url, "https://api.example.org/t");
    EXPECT_EQ(s.api.token_file, "tok");
    EXPECT_EQ(s.api.jwt_secret_file, "/s");
    EXPECT_EQ(s.api.socket, "/run/t.sock");
    EXPECT_EQ(s.debug.listen, "[::1]:9");
    EXPECT_EQ(s.debug.token_file, "/d");
    EXPECT_EQ(s.debug.read_token_file, "/e");
    EXPECT_EQ(s.ctl.socket, "/run/c.sock");
    EXPECT_EQ(s.policy.reconciler.interval, duration{20});
    EXPECT_EQ(s.policy.reconciler.idle_interval, duration{5'400'000});
    EXPECT_EQ(s.containers.url, "https://{town}.example.org:8443/base");
    EXPECT_EQ(s.containers.ca_file, "/ca");
    EXPECT_EQ(s.towns.threads, 3);
    const dispatch_policy& d = s.policy.dispatch;
    EXPECT_EQ(d.connect_timeout, duration{11});
    EXPECT_EQ(d.start_timeout, duration{50});
    EXPECT_EQ(d.status_timeout, duration{12});
    EXPECT_EQ(d.survive_for, duration{13});
    EXPECT_EQ(d.heartbeat_timeout, duration{14});
    EXPECT_EQ(d.max_in_flight, 1);
    EXPECT_EQ(d.max_per_town, 2);
    EXPECT_EQ(d.max_polecats_per_rig, 3);
    EXPECT_EQ(d.max_attempts, 4);
    EXPECT_EQ(d.retry_backoff, duration{15});
    EXPECT_EQ(d.work_backoff, duration{16});
    EXPECT_EQ(d.max_backoff, duration{17});
    const breaker_policy& a = s.policy.breaker.agent;
    EXPECT_EQ(a.failures, 7);
    EXPECT_EQ(a.open, duration{18});
    EXPECT_EQ(a.max_open, duration{19});
    EXPECT_EQ(a.jitter, 0.0);
    EXPECT_EQ(a.probe_timeout, duration{51});
    EXPECT_EQ(a.rate_percent, 8);
    EXPECT_EQ(a.samples, 9);
    EXPECT_EQ(s.log.level, "error");
    EXPECT_EQ(s.log.format, "logfmt");
}

TEST(Config, AnEmptyFileIsTheDefaults) {
    for (const char* yaml : {"", "# nothing\n", "---\n", "{}\n", "\xEF\xBB\xBF# BOM\n"}) {
        const loaded out = load_text(yaml, "t.yaml");
        EXPECT_TRUE(out.problems.empty()) << yaml << problems_of(out);
        EXPECT_EQ(values_of(out.values), values_of(defaults())) << yaml;
    }
}

TEST(Config, OriginsNameTheDefaultOrThePlaceInTheFile) {
    const loaded out = load_text("log:\n  level: warn\n", "t.yaml");
    EXPECT_EQ(out.values.origins.at("log.level"), "t.yaml:2:10");
    EXPECT_EQ(out.values.origins.at("log.format"), "default");
    EXPECT_EQ(out.values.origins.size(), option_table().size());
}

TEST(Config, ARaisedStartTimeoutTakesTheDefaultProbeTimeoutAlong) {
    const loaded out = load_text("dispatch: {start_timeout: 2m}\n", "t.yaml");
    ASSERT_TRUE(out.problems.empty()) << problems_of(out);
    EXPECT_EQ(out.values.policy.breaker.agent.probe_timeout, duration{130'000});
    EXPECT_EQ(out.values.origins.at("breaker.agent.probe_timeout"),
              "derived from dispatch.start_timeout");
    const loaded again = load_text(print(out.values), "again.yaml");
    EXPECT_TRUE(again.problems.empty()) << problems_of(again);
    EXPECT_EQ(values_of(again.values), values_of(out.values));
}

TEST(Config, TheLongestStartTimeoutStillHasAProbeTimeoutThatLoads) {
    const loaded out = load_text("dispatch: {start_timeout: 24h}\n", "t.yaml");
    ASSERT_TRUE(out.problems.empty()) << problems_of(out);
    EXPECT_TRUE(load_text(print(out.values), "again.yaml").problems.empty());
}

TEST(Config, ALoweredStartTimeoutLeavesTheProbeTimeout) {
    const loaded out =
        load_text("dispatch: {start_timeout: 50ms, connect_timeout: 20ms}\n", "t.yaml");
    ASSERT_TRUE(out.problems.empty()) << problems_of(out);
    EXPECT_EQ(out.values.policy.breaker.agent.probe_timeout, duration{70'000});
    EXPECT_EQ(out.values.origins.at("breaker.agent.probe_timeout"), "default");
}

TEST(Config, EitherCredentialOpensTheApiToOtherMachines) {
    for (const char* key : {"token_file", "jwt_secret_file"}) {
        const loaded out =
            load_text(std::string{"api: {listen: 0.0.0.0:8787, "} + key + ": /secret}\n", "t.yaml");
        EXPECT_TRUE(out.problems.empty()) << problems_of(out);
    }
}

TEST(Config, LoopbackNeedsNoCredential) {
    for (const char* listen : {"127.0.0.1:0", "127.9.8.7:1", "localhost:80", "\"[::1]:80\""}) {
        const loaded out = load_text(std::string{"api:\n  listen: "} + listen + "\n", "t.yaml");
        EXPECT_TRUE(out.problems.empty()) << problems_of(out);
    }
    EXPECT_FALSE(load_text("api: {listen: 127.example.org:80}\n", "t.yaml").problems.empty());
}

TEST(Config, ANoInQuotesIsAText) {
    const loaded out = load_text("data_dir: 'no'\n", "t.yaml");
    ASSERT_TRUE(out.problems.empty()) << problems_of(out);
    EXPECT_EQ(out.values.data_dir, "no");
    EXPECT_EQ(load_text(print(out.values), "a").values.data_dir, "no");
}

TEST(Config, WhatIsPrintedLoadsAgainAsTheSame) {
    std::mt19937 random{7};
    const auto pick = [&](int low, int high) {
        return std::uniform_int_distribution<int>{low, high}(random);
    };
    const std::vector<std::string> names{"/a b/c", "no",    "12",   "a: b", "# x", "ü/\"q\"",
                                         "b\\s",   "./x",   "null", "- x",  "'q'", "{x}",
                                         "1e3",    "0x10",  "*a",   "&a",   "!t",  "a #b",
                                         " lead",  "tail ", "[l]",  "%p",   "@at", "5s"};
    const auto name = [&] { return names[static_cast<std::size_t>(pick(0, 23))]; };
    for (int round = 0; round < 300; ++round) {
        settings s = defaults();
        s.data_dir = name();
        s.durable_full = pick(0, 1) == 1;
        if (pick(0, 1) == 1) s.api.token_file = name();
        if (pick(0, 1) == 1) s.api.socket = name();
        if (pick(0, 1) == 1) s.api.public_url = "https://[::1]:8/p";
        s.containers.url = "http://{town}.x:1/";
        s.towns.threads = pick(1, 64);
        s.policy.dispatch.start_timeout = duration{pick(3000, 60'000)};
        s.policy.dispatch.retry_backoff = duration{pick(10, 86'400'000)};
        s.policy.breaker.agent.open = duration{pick(10, 600'000)};
        s.policy.breaker.agent.jitter = pick(0, 900) / 1000.0;
        s.log.format = "json";
        const std::string text = print(s);
        const loaded again = load_text(text, "again.yaml");
        ASSERT_TRUE(again.problems.empty()) << problems_of(again) << text;
        ASSERT_EQ(values_of(again.values), values_of(s)) << text;
        ASSERT_EQ(again.values.data_dir, s.data_dir);
    }
}

TEST(Config, AnOriginCannotBreakOutOfItsComment) {
    const loaded out = load_text("log: {level: warn}\n", "a\nlog: {level: trace}\n");
    EXPECT_EQ(load_text(print(out.values), "again").values.log.level, "warn");
}

TEST(Config, OnlyKeysThatDifferAndNeedItAskForARestart) {
    const settings running = defaults();
    settings wanted = running;
    EXPECT_TRUE(needs_restart(running, wanted).empty());
    wanted.policy.dispatch.max_attempts = 9;
    wanted.log.level = "debug";
    EXPECT_TRUE(needs_restart(running, wanted).empty());
    wanted.data_dir = "/elsewhere";
    wanted.debug.listen = "127.0.0.1:1";
    wanted.towns.threads = 9;
    EXPECT_EQ(needs_restart(running, wanted),
              (std::vector<std::string>{"data_dir", "debug.listen", "towns.threads"}));
}

TEST(Config, TheShippedSampleIsTheDefaultsButForTheDataDirectory) {
    const loaded out = load_file(std::filesystem::path{TOWND_SOURCE_DIR} / "config/townd.yaml");
    ASSERT_TRUE(out.problems.empty()) << problems_of(out);
    for (const auto& [key, origin] : out.values.origins)
        EXPECT_NE(origin, "default") << "the sample leaves out " << key;
    settings expected = defaults();
    expected.data_dir = "/var/lib/townd";
    EXPECT_EQ(values_of(out.values), values_of(expected));
}

TEST(Config, AFileIsReadUnderItsName) {
    const TempDir dir;
    std::ofstream{dir / "t.yaml"} << "towns: {threads: 4, colour: red}\n";
    const loaded out = load_file(dir / "t.yaml");
    ASSERT_EQ(out.problems.size(), 1U);
    EXPECT_EQ(out.problems[0].file, (dir / "t.yaml").native());
    EXPECT_EQ(out.values.towns.threads, 4);
}

TEST(Config, AFileThatCannotBeReadIsAProblemOfTheWholeFile) {
    const TempDir dir;
    for (const char* name : {"missing.yaml", "."}) {
        const loaded out = load_file(dir / name);
        ASSERT_EQ(out.problems.size(), 1U) << name;
        EXPECT_EQ(out.problems[0].line, 0);
        EXPECT_EQ(out.problems[0].text().find((dir / name).native() + ": error: "), 0U);
    }
}

TEST(Config, AFileOverTheLimitIsRefused) {
    const TempDir dir;
    std::ofstream{dir / "t.yaml"} << std::string(3 * 1024 * 1024, '\n');
    const loaded out = load_file(dir / "t.yaml");
    ASSERT_EQ(out.problems.size(), 1U);
    EXPECT_NE(out.problems[0].what.find("1 MiB"), std::string::npos);
}

}  // namespace
}  // namespace townd::config
