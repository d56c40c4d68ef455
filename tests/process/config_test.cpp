// The configuration of the real binary: where it comes from, and how a running one is changed.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>

#include "process/daemon_process.hpp"
#include "process/http_client.hpp"

namespace townd::test {
namespace {

namespace fs = std::filesystem;

json status_of(const daemon_process& of) {
    return http_get(of.pages(), "/debug/v1/config/status").parsed();
}

std::string value_of(const daemon_process& of, const std::string& key) {
    const json all = http_get(of.pages(), "/debug/v1/config").parsed();
    for (const auto& each : all["items"])
        if (each["key"] == key) return each["value"].get<std::string>();
    return {};
}

bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

struct outcome {
    int code = -1;
    std::string out;
    std::string err;
};
outcome run(const std::vector<std::string>& arguments,
            const std::map<std::string, std::string>& environment = {}) {
    const scratch_dir dir;
    child townd{{arguments, dir.path(), environment}};
    const auto code = townd.wait();
    return {code.value_or(-1), townd.out(), townd.err()};
}

TEST(Configuration, FragmentsAndVariablesGoOverTheFileAndAreReadAgain) {
    daemon_process daemon(config_keys{{"dispatch.max_per_town", "2"}},
                          {{"TOWND_DISPATCH__MAX_ATTEMPTS", "9"}});
    fs::create_directory(daemon.dir() / "conf.d");
    write_file(daemon.dir() / "conf.d/10-x.yaml", "dispatch: {max_per_town: 3, max_attempts: 4}\n");
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    EXPECT_EQ(value_of(daemon, "dispatch.max_per_town"), "3");
    EXPECT_EQ(value_of(daemon, "dispatch.max_attempts"), "9");
    write_file(daemon.dir() / "conf.d/20-y.yaml", "dispatch: {max_per_town: 5, max_attempts: 6}\n");
    daemon.signal(SIGHUP);
    EXPECT_TRUE(wait_until([&] { return value_of(daemon, "dispatch.max_per_town") == "5"; }));
    EXPECT_EQ(value_of(daemon, "dispatch.max_attempts"), "9") << "the variable still wins";
}

TEST(Configuration, ABadReloadKeepsTheOldAndAGoodOneApplies) {
    daemon_process daemon(config_keys{{"dispatch.max_per_town", "2"}});
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    EXPECT_EQ(status_of(daemon)["differs_from_disk"], false);
    daemon.configure({{"dispatch.max_per_town", "none"}, {"log.level", "warn"}});
    daemon.signal(SIGHUP);
    ASSERT_TRUE(wait_until([&] { return status_of(daemon)["last_reload"]["ok"] == false; }));
    EXPECT_EQ(value_of(daemon, "dispatch.max_per_town"), "2");
    EXPECT_EQ(value_of(daemon, "log.level"), "info") << "half of it is in force";
    EXPECT_EQ(status_of(daemon)["differs_from_disk"], true);
    EXPECT_TRUE(says(status_of(daemon)["last_reload"]["error"].dump(), "townd.yaml:"));
    EXPECT_TRUE(says(daemon.err(), "reload_refused")) << daemon.err();
    daemon.configure(
        {{"dispatch.max_per_town", "4"}, {"towns.threads", "3"}, {"log.level", "info"}});
    daemon.signal(SIGHUP);
    ASSERT_TRUE(wait_until([&] { return status_of(daemon)["last_reload"]["ok"] == true; }));
    EXPECT_EQ(value_of(daemon, "dispatch.max_per_town"), "4");
    EXPECT_EQ(value_of(daemon, "towns.threads"), "2") << "it is not in force before a restart";
    EXPECT_EQ(status_of(daemon)["pending_restart"], json::array({"towns.threads"}));
    EXPECT_EQ(status_of(daemon)["differs_from_disk"], true);
    daemon.configure({{"towns.threads", "2"}});
    daemon.signal(SIGHUP);
    EXPECT_TRUE(wait_until([&] { return status_of(daemon)["differs_from_disk"] == false; }));
    EXPECT_EQ(status_of(daemon)["pending_restart"], json::array());
}

TEST(Configuration, AChangedFileIsSeenWithoutAReload) {
    daemon_process daemon;
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    EXPECT_EQ(status_of(daemon)["differs_from_disk"], false);
    daemon.configure({{"dispatch.max_per_town", "7"}});
    EXPECT_TRUE(wait_until([&] { return status_of(daemon)["differs_from_disk"] == true; },
                           duration{40'000}));
    EXPECT_EQ(status_of(daemon)["generation"], 1);
    EXPECT_EQ(status_of(daemon)["last_reload"]["ok"], true);
}

TEST(Configuration, TheEnvironmentCheckNamesWhatTheMachineLacks) {
    daemon_process holder;
    ASSERT_TRUE(holder.start_ready()) << holder.err();
    const scratch_dir dir;
    const auto token = dir.path() / "token";
    write_file(token, std::string(40, 'x') + "\n");
    ::chmod(token.c_str(), 0644);
    const auto file = dir.path() / "t.yaml";
    write_file(file, to_yaml(fast_config(dir.path() / "data",
                                         {{"api.listen", holder.api()},
                                          {"api.token_file", token.string()},
                                          {"debug.token_file", (dir.path() / "none").string()}})));
    EXPECT_EQ(run({"check-config", file}).code, 0);
    const auto checked = run({"check-config", file, "--environment"});
    EXPECT_EQ(checked.code, 78) << checked.err;
    EXPECT_TRUE(says(checked.err, "error: api.listen: " + holder.api())) << checked.err;
    EXPECT_TRUE(says(checked.err, "warning: api.token_file: ")) << checked.err;
    EXPECT_TRUE(says(checked.err, "mode 0644")) << checked.err;
    EXPECT_TRUE(says(checked.err, "error: debug.token_file: ")) << checked.err;
    const auto listed = run({"check-config", file, "--environment", "--format", "json"});
    const auto report = parse_json(listed.out);
    ASSERT_TRUE(report) << listed.out;
    EXPECT_EQ((*report)["ok"], false);
    EXPECT_EQ((*report)["problems"].size(), 3U) << listed.out;
}

TEST(Configuration, AVariableThatIsNoKeyKeepsItFromStarting) {
    const auto ended = run({"--check-config"}, {{"TOWND_DISPATCH_MAX_IN_FLIGHT", "20"}});
    EXPECT_EQ(ended.code, 78);
    EXPECT_TRUE(says(ended.err, "TOWND_DISPATCH__MAX_IN_FLIGHT?")) << ended.err;
    EXPECT_EQ(run({"--check-config", "--set", "log.level"}).code, 64);
    EXPECT_EQ(run({"--check-config", "--set", "log.level=loud"}).code, 78);
    EXPECT_EQ(run({"--check-config", "--log-level", "warn"}).code, 0);
}

}  // namespace
}  // namespace townd::test
