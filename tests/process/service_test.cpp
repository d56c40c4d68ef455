// townd as a service: what it tells the service manager, signals, exit codes, configuration.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "process/daemon_process.hpp"
#include "process/http_client.hpp"
#include "process/service_manager.hpp"
#include "process/standin_thread.hpp"

namespace townd::test {
namespace {

namespace fs = std::filesystem;

using strings = std::vector<std::string>;

struct outcome {
    int code = -1;
    std::string out;
    std::string err;
};

// Runs to its end.
outcome run(const std::vector<std::string>& arguments) {
    const scratch_dir dir;
    child townd{{arguments, dir.path(), {}}};
    const auto code = townd.wait();
    return {code.value_or(-1), townd.out(), townd.err()};
}

bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

json config_status(const daemon_process& of) {
    return http_get(of.pages(), "/debug/v1/config/status").parsed();
}

TEST(Service, TellsTheManagerOfItsLife) {
    service_manager manager;
    standin_thread stage;
    daemon_process daemon({}, manager.environment());
    ASSERT_TRUE(daemon.start()) << daemon.err();
    ASSERT_TRUE(manager.hears("READY=1")) << daemon.err();
    EXPECT_EQ(http_get(daemon.pages(), "/readyz").status, 200) << "ready before the first tick";
    EXPECT_EQ(manager.count("WATCHDOG=1\n"), 0U) << "a ping must not carry other news";
    const json summary = http_get(daemon.pages(), "/debug/v1/summary").parsed();
    EXPECT_EQ(manager.status(), text_at(summary, "verdict"));
    EXPECT_TRUE(manager.hears("WATCHDOG=1", 3));
    // What is wrong with the fleet is what the status says.
    auto opts = fast_standin();
    opts.mode = standin::behaviour::refuse;
    const auto town = town_caller::make(daemon.api(), stage.add(opts).url());
    ASSERT_FALSE(town.make_bead("nowhere to go").empty());
    EXPECT_TRUE(wait_until([&] { return says(manager.status(), "connect_refused"); }))
        << manager.status();
    EXPECT_EQ(daemon.stop(), 0) << daemon.err();
    EXPECT_EQ(manager.count("STOPPING=1"), 1U);
    EXPECT_EQ(manager.count("READY=1"), 1U);
}

TEST(Service, StopWithStartsInFlightIsPromptAndLosesNoOutcome) {
    standin_thread stage;
    auto opts = fast_standin();
    opts.mode = standin::behaviour::hang_response;
    auto& container = stage.add(opts);
    daemon_process daemon({{"api.listen", "127.0.0.1:" + std::to_string(free_port())},
                           {"dispatch.start_timeout", "7s"},
                           {"breaker.agent.probe_timeout", "60s"},
                           {"retry.max", "2s"}});
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const auto town = town_caller::make(daemon.api(), container.url());
    const auto bead = town.make_bead("task");
    ASSERT_TRUE(wait_until([&] { return container.starts_received() == 1; })) << daemon.err();
    EXPECT_EQ(daemon.stop(duration{10'000}), 0) << daemon.err();
    ASSERT_TRUE(container.set_behaviour(standin::behaviour::ok));
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    // No agent was begun, so the first attempt is settled, and a later one does the work.
    const bool done = wait_until([&] { return town.status(bead) == "closed"; }, duration{60'000});
    EXPECT_TRUE(done) << attempts(daemon.pages(), town.id()).dump(1);
    const bool settled = wait_until([&] {
        const json all = attempts(daemon.pages(), town.id());
        return all.is_array() && all.size() == 3 &&
               std::none_of(all.begin(), all.end(), [](const json& a) {
                   return text_at(a, "outcome") == "unknown" || a["ended_at"].is_null();
               });
    });
    EXPECT_TRUE(settled) << attempts(daemon.pages(), town.id()).dump(1);
}

TEST(Service, ReloadTakesAGoodFile) {
    service_manager manager;
    standin_thread stage;
    auto opts = fast_standin();
    opts.work_time = duration{60'000};
    auto& container = stage.add(opts);
    daemon_process daemon(config_keys{{"dispatch.max_polecats_per_rig", "1"}},
                          manager.environment());
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const auto town = town_caller::make(daemon.api(), container.url());
    for (int i = 0; i < 5; ++i)
        ASSERT_FALSE(town.make_bead("task").empty());
    ASSERT_TRUE(wait_until([&] { return container.live_agents() == 1; }));
    daemon.configure({{"dispatch.max_polecats_per_rig", "3"}, {"towns.threads", "4"}});
    daemon.signal(SIGHUP);
    EXPECT_TRUE(wait_until([&] { return container.live_agents() == 3; })) << daemon.err();
    const json status = config_status(daemon);
    EXPECT_EQ(status["generation"], 2) << status;
    EXPECT_EQ(status["last_reload"]["ok"], true) << status;
    EXPECT_EQ(status["pending_restart"], json::array({"towns.threads"})) << status;
    // The manager waits for READY after RELOADING.
    EXPECT_TRUE(manager.hears("RELOADING=1\nMONOTONIC_USEC="));
    EXPECT_TRUE(manager.hears("READY=1", 2));
}

TEST(Service, ReloadOfABadFileKeepsTheOldAndSaysSo) {
    service_manager manager;
    standin_thread stage;
    daemon_process daemon(config_keys{}, manager.environment());
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    ASSERT_TRUE(manager.hears("READY=1"));
    daemon.configure({{"dispatch.start_timeout", "soon"}});
    daemon.signal(SIGHUP);
    ASSERT_TRUE(wait_until([&] { return config_status(daemon)["last_reload"]["ok"] == false; }))
        << daemon.err();
    const json status = config_status(daemon);
    EXPECT_EQ(status["generation"], 1);
    EXPECT_EQ(status["differs_from_disk"], true);
    EXPECT_TRUE(says(status["last_reload"]["error"].dump(), "dispatch.start_timeout")) << status;
    EXPECT_TRUE(manager.hears("READY=1", 2));
    EXPECT_TRUE(says(manager.status(), "refused")) << manager.status();
    EXPECT_TRUE(says(manager.status(), "dispatch.start_timeout")) << manager.status();
    // It stays said while the verdict changes.
    auto opts = fast_standin();
    opts.mode = standin::behaviour::refuse;
    const auto town = town_caller::make(daemon.api(), stage.add(opts).url());
    ASSERT_FALSE(town.make_bead("nowhere to go").empty());
    ASSERT_TRUE(wait_until([&] { return says(manager.status(), "connect_refused"); }))
        << manager.status();
    EXPECT_TRUE(says(manager.status(), "reload refused")) << manager.status();
    daemon.configure({{"dispatch.start_timeout", "3s"}});
    daemon.signal(SIGHUP);
    EXPECT_TRUE(wait_until([&] { return config_status(daemon)["last_reload"]["ok"] == true; }));
    EXPECT_TRUE(wait_until([&] { return !says(manager.status(), "reload refused"); }));
}

TEST(Service, SecondDaemonOnTheDirectoryIsRefused) {
    daemon_process first;
    ASSERT_TRUE(first.start_ready()) << first.err();
    daemon_process second(config_keys{{"data_dir", first.data_dir().string()}});
    EXPECT_FALSE(second.start());
    EXPECT_EQ(second.wait(), 75) << second.err();
    EXPECT_TRUE(says(second.err(), first.data_dir().string())) << second.err();
    EXPECT_EQ(http_get(first.pages(), "/readyz").status, 200);
    // The lock ends with its holder, however that ends.
    first.kill();
    EXPECT_TRUE(second.start_ready()) << second.err();
}

TEST(Service, BusyPortIsNamedWithItsKey) {
    daemon_process first;
    ASSERT_TRUE(first.start_ready()) << first.err();
    for (const auto& [key, address] :
         config_keys{{"api.listen", first.api()}, {"debug.listen", first.pages()}}) {
        daemon_process second(config_keys{{key, address}});
        EXPECT_FALSE(second.start());
        EXPECT_EQ(second.wait(), 69) << second.err();
        EXPECT_TRUE(says(second.err(), key)) << second.err();
        EXPECT_TRUE(says(second.err(), address)) << second.err();
    }
}

TEST(Service, BadConfigurationIsToldWhole) {
    const scratch_dir dir;
    const auto file = dir.path() / "bad.yaml";
    write_file(file,
               "api:\n  listen: nowhere\ndispatch:\n  start_timeout: soon\n  max_attempts: 0\n"
               "unheard_of: 1\n");
    for (const strings& command : {strings{"serve", "--config", file},
                                   strings{"check-config", file}, strings{"print-config", file}}) {
        const auto ended = run(command);
        EXPECT_EQ(ended.code, 78) << command[0] << ended.err;
        for (const char* key : {"api.listen", "dispatch.start_timeout", "dispatch.max_attempts",
                                "unheard_of", "bad.yaml:2:"})
            EXPECT_TRUE(says(ended.err, key)) << command[0] << " " << key << "\n" << ended.err;
    }
    const auto missing = run({"serve", "--config", dir.path() / "none.yaml"});
    EXPECT_EQ(missing.code, 78) << missing.err;
    EXPECT_TRUE(says(missing.err, "none.yaml")) << missing.err;
}

TEST(Service, PrintedConfigurationLoadsAgain) {
    const scratch_dir dir;
    const auto file = dir.path() / "a.yaml";
    write_file(file, to_yaml(fast_config(dir.path() / "data")));
    EXPECT_EQ(run({"check-config", file}).code, 0);
    const auto first = run({"print-config", file});
    ASSERT_EQ(first.code, 0) << first.err;
    EXPECT_TRUE(says(first.out, "200ms")) << first.out;
    const auto again = dir.path() / "b.yaml";
    write_file(again, first.out);
    EXPECT_EQ(run({"check-config", again}).code, 0);
    // The same values; only where they came from differs.
    const auto values = [](const std::string& text) {
        std::string out;
        for (std::size_t at = 0; at < text.size();) {
            const auto end = std::min(text.find('\n', at), text.size());
            const auto line = text.substr(at, end - at);
            out += line.substr(0, line.find('#')) + "\n";
            at = end + 1;
        }
        out.erase(std::remove(out.begin(), out.end(), ' '), out.end());
        return out;
    };
    EXPECT_EQ(values(run({"print-config", again}).out), values(first.out));
}

TEST(Service, UnknownCommandIsAUsageError) {
    EXPECT_EQ(run({"no-such-command"}).code, 64);
    EXPECT_EQ(run({"serve", "--no-such-flag"}).code, 64);
    EXPECT_EQ(run({"--help"}).code, 0);
    EXPECT_TRUE(says(run({"--version"}).out, "townd "));
}

TEST(Service, RunsWithoutAFileOnDefaults) {
    const scratch_dir dir;
    child townd{{{"serve"}, dir.path(), {}}};
    // The default ports may be another's on this machine: then it says which.
    ASSERT_TRUE(wait_until([&] {
        return says(townd.err(), "started") || says(townd.err(), "listen") || !townd.runs();
    }));
    EXPECT_TRUE(says(townd.err(), "127.0.0.1:8787") || says(townd.err(), "127.0.0.1:9191"))
        << townd.err();
    EXPECT_TRUE(fs::is_directory(dir.path() / "townd-data" / "towns"));
    townd.signal(SIGTERM);
    const auto code = townd.wait();
    EXPECT_TRUE(code == 0 || code == 69) << code.value_or(-1) << townd.err();
}

TEST(Service, UnixSocketServesTheApi) {
    daemon_process daemon;
    const auto socket = daemon.dir() / "api.sock";
    const auto token = daemon.dir() / "token";
    write_file(token, "0123456789abcdef0123456789abcdef\n");
    ::chmod(token.c_str(), 0600);
    daemon.configure({{"api.socket", socket.string()}, {"api.token_file", token.string()}});
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const std::string local = "unix:" + socket.string();
    EXPECT_EQ(http_get(local, "/health").status, 200);
    // The file's permissions stand in for a token.
    EXPECT_EQ(http_send(local, "POST", "/api/users/u/towns", R"({"name":"t"})").status, 201);
    EXPECT_EQ(http_send(daemon.api(), "POST", "/api/users/u/towns", R"({"name":"t"})").status, 401);
    struct stat mode {};
    ASSERT_EQ(::stat(socket.c_str(), &mode), 0);
    EXPECT_EQ(mode.st_mode & 0007U, 0U) << "anybody may connect";
    daemon.kill();
    // A socket file that a dead daemon left is no obstacle.
    EXPECT_TRUE(daemon.start_ready()) << daemon.err();
    EXPECT_EQ(http_get(local, "/health").status, 200);
}

TEST(Service, CallersNeedTheirOwnToken) {
    daemon_process daemon;
    const std::string secret = "0123456789abcdef0123456789abcdef";
    write_file(daemon.dir() / "token", secret);
    ::chmod((daemon.dir() / "token").c_str(), 0600);
    daemon.configure({{"api.token_file", (daemon.dir() / "token").string()}});
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const strings operator_token{"Authorization: Bearer " + secret};
    const auto made =
        http_send(daemon.api(), "POST", "/api/users/u/towns", R"({"name":"t"})", operator_token);
    ASSERT_EQ(made.status, 201) << made.body;
    const std::string town = "/api/towns/" + text_at(made.data(), "id").value_or("");
    EXPECT_EQ(http_send(daemon.api(), "GET", town + "/config").status, 401);
    EXPECT_EQ(http_send(daemon.api(), "GET", town + "/config", "",
                        {"Authorization: Bearer wrong-but-as-long-as-0123456"})
                  .status,
              401);
    EXPECT_EQ(http_send(daemon.api(), "GET", town + "/config", "", operator_token).status, 200);
    // A container's token opens its own town and no other.
    const auto fresh =
        http_send(daemon.api(), "POST", town + "/refresh-container-token", "", operator_token);
    const strings own{"Authorization: Bearer " + text_at(fresh.data(), "token").value_or("")};
    EXPECT_EQ(http_send(daemon.api(), "GET", town + "/config", "", own).status, 200) << fresh.body;
    const auto other =
        http_send(daemon.api(), "POST", "/api/users/u/towns", R"({"name":"o"})", operator_token);
    const std::string elsewhere = "/api/towns/" + text_at(other.data(), "id").value_or("");
    EXPECT_EQ(http_send(daemon.api(), "GET", elsewhere + "/config", "", own).status, 403);
    EXPECT_FALSE(says(daemon.err(), secret));
}

}  // namespace
}  // namespace townd::test
