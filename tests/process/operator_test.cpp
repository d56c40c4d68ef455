// The operator's hand on the real binary: rows G8 and C3 over the socket, and townctl.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstdlib>

#include "process/daemon_process.hpp"
#include "process/http_client.hpp"
#include "process/standin_thread.hpp"

namespace townd::test {
namespace {

class Operators : public testing::Test {
protected:
    void begin(const config_keys& changes = {}, standin::options opts = fast_standin()) {
        container_ = &stage_.add(std::move(opts));
        daemon_.configure(changes);
        ASSERT_TRUE(daemon_.start_ready()) << daemon_.err();
        town_ = town_caller::make(daemon_.api(), container_->url());
        ASSERT_FALSE(town_.id().empty()) << daemon_.err();
    }
    std::string socket() const { return "unix:" + (daemon_.data_dir() / "ctl.sock").string(); }
    http_reply order(const std::string& target, const json& body,
                     const std::vector<std::string>& more = {}) const {
        return order_at(socket(), target, body, more);
    }
    static http_reply order_at(const std::string& where, const std::string& target,
                               const json& body, const std::vector<std::string>& more = {}) {
        return http_send(where, "POST", target, dump_json(body), more);
    }
    bool explained(const std::string& bead, std::string_view reason) const {
        return wait_until([&] {
            const auto said =
                http_get(daemon_.pages(), "/debug/v1/explain?town=" + town_.id() + "&bead=" + bead);
            return text_at(said.parsed(), "reason") == reason;
        });
    }
    struct outcome {
        int code = -1;
        std::string out;
        std::string err;
    };
    // townctl is the same binary under its other name.
    outcome townctl(std::vector<std::string> arguments) {
        const scratch_dir dir;
        const auto link = dir.path() / "townctl";
        std::filesystem::create_symlink(townd_binary(), link);
        std::string line = "exec " + link.string();
        for (const auto& each : arguments)
            line += " '" + each + "'";
        line = "TOWND_SOCKET=" + socket().substr(5) + " " + line + " </dev/null >" +
               (dir.path() / "out").string() + " 2>" + (dir.path() / "err").string();
        const int status = std::system(("( " + line + " )").c_str());
        return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(dir.path() / "out"),
                read_file(dir.path() / "err")};
    }

    standin_thread stage_;
    daemon_process daemon_;
    standin::container* container_ = nullptr;
    town_caller town_;
};

TEST_F(Operators, IncidentG8PauseSurvivesRestart) {
    begin();
    const auto paused = order("/debug/v1/dispatch:pause", {{"reason", "an incident"}});
    ASSERT_EQ(paused.status, 200) << paused.body;
    EXPECT_TRUE(paused.parsed()["applied"].get<bool>());
    const auto bead = town_.make_bead("work");
    EXPECT_TRUE(explained(bead, "DaemonPaused"));
    daemon_.kill();
    ASSERT_TRUE(daemon_.start_ready()) << daemon_.err();
    town_.move_to(daemon_.api());
    EXPECT_TRUE(explained(bead, "DaemonPaused"));
    EXPECT_EQ(container_->starts_received("polecat"), 0U);
    const auto summary = http_get(daemon_.pages(), "/debug/v1/summary").parsed();
    EXPECT_NE(text_at(summary, "verdict").value_or("").find("an incident"), std::string::npos);
    ASSERT_EQ(order("/debug/v1/dispatch:resume", {{"reason", "over"}}).status, 200);
    EXPECT_TRUE(wait_until([&] { return town_.status(bead) == "closed"; }));
    const auto audit = http_get(daemon_.pages(), "/debug/v1/audit").parsed();
    ASSERT_EQ(audit["items"].size(), 2U) << audit;
    EXPECT_EQ(audit["items"][1]["verb"], "pause");
    EXPECT_FALSE(audit["items"][1]["by"].get<std::string>().empty());
}

TEST_F(Operators, AnOrderEndsWithItsTimeAndTheWorkGoesOn) {
    begin();
    ASSERT_EQ(
        order("/debug/v1/towns/" + town_.id() + ":pause", {{"reason", "a moment"}, {"ttl", "2s"}})
            .status,
        200);
    const auto bead = town_.make_bead("work");
    EXPECT_TRUE(wait_until([&] { return town_.status(bead) == "closed"; }));
    EXPECT_EQ(http_get(daemon_.pages(), "/debug/v1/overrides").parsed()["items"].size(), 0U);
}

TEST_F(Operators, AForcedBreakerStopsStartsAndShowsInExplain) {
    begin();
    ASSERT_EQ(
        order("/debug/v1/breakers/" + town_.id() + "/place/" + town_.rig() + "/polecat:force-open",
              {{"reason", "do not touch it"}})
            .status,
        200);
    const auto bead = town_.make_bead("work");
    EXPECT_TRUE(explained(bead, "BreakerForcedOpen"));
    EXPECT_EQ(container_->starts_received("polecat"), 0U);
    ASSERT_EQ(order("/debug/v1/breakers:clear", {{"reason", "it is well"},
                                                 {"town", town_.id()},
                                                 {"key", "place/" + town_.rig() + "/polecat"}})
                  .status,
              200);
    EXPECT_TRUE(wait_until([&] { return town_.status(bead) == "closed"; }));
}

TEST_F(Operators, IncidentC3FailedByInfraOperatorRetry) {
    begin();
    ASSERT_EQ(order("/debug/v1/dispatch:pause", {{"reason", "look first"}}).status, 200);
    const auto bead = town_.make_bead("work");
    ASSERT_EQ(town_.call("PATCH", "/beads/" + bead + "/status", {{"status", "failed"}}).status,
              200);
    ASSERT_EQ(town_.status(bead), "failed");
    const auto said = townctl({"bead", "retry", town_.id(), bead, "--reason", "it was the host"});
    EXPECT_EQ(said.code, 0) << said.out << said.err;
    EXPECT_EQ(town_.status(bead), "open");
    EXPECT_TRUE(explained(bead, "DaemonPaused"));
    EXPECT_EQ(townctl({"bead", "retry", town_.id(), "none", "--reason", "x"}).code, 3);
}

TEST_F(Operators, OverTcpAWriteNeedsTheToken) {
    begin();
    const json body{{"reason", "x"}};
    const auto closed = order_at(daemon_.pages(), "/debug/v1/dispatch:pause", body);
    EXPECT_EQ(closed.status, 403);
    EXPECT_NE(closed.body.find("debug.token_file"), std::string::npos);
    ASSERT_EQ(daemon_.stop(), 0);
    const auto file = daemon_.dir() / "night-shift";
    const std::string token(40, 'k');
    write_file(file, "short\n");
    daemon_.configure({{"debug.token_file", file.string()}});
    EXPECT_FALSE(daemon_.start());
    EXPECT_EQ(daemon_.wait(), 78) << daemon_.err();
    write_file(file, token + "\n");
    ASSERT_TRUE(daemon_.start_ready()) << daemon_.err();
    const auto status = [&](const std::vector<std::string>& headers) {
        return order_at(daemon_.pages(), "/debug/v1/dispatch:pause", body, headers).status;
    };
    EXPECT_EQ(status({}), 401);
    EXPECT_EQ(status({"Authorization: Bearer " + std::string(40, 'x')}), 403);
    EXPECT_EQ(status({"Authorization: Bearer " + token, "Origin: http://evil.example"}), 403);
    EXPECT_EQ(status({"Authorization: Bearer " + token}), 200);
    const auto audit = http_get(daemon_.pages(), "/debug/v1/audit").parsed();
    EXPECT_EQ(audit["items"][0]["by"], "token night-shift");
    EXPECT_EQ(daemon_.err().find(token), std::string::npos);
}

TEST_F(Operators, TheSocketIsForItsOwnerAndGroup) {
    begin();
    struct stat found {};
    ASSERT_EQ(::stat(socket().substr(5).c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0660U);
    const std::vector<std::string> plain{"Content-Type: text/plain"};
    EXPECT_EQ(
        http_send(socket(), "POST", "/debug/v1/dispatch:pause", R"({"reason":"x"})", plain).status,
        415);
    EXPECT_EQ(
        order("/debug/v1/dispatch:pause", {{"reason", "x"}}, {"Sec-Fetch-Site: cross-site"}).status,
        403);
    EXPECT_EQ(http_get(daemon_.pages(), "/debug/v1/overrides").parsed()["items"].size(), 0U);
}

TEST_F(Operators, TownctlSaysWhatHappenedByItsExitCode) {
    begin();
    const auto dry = townctl({"pause", "--all", "--reason", "try", "--dry-run"});
    EXPECT_EQ(dry.code, 2) << dry.err;
    EXPECT_NE(townctl({"overrides"}).err.find("No orders"), std::string::npos);
    EXPECT_EQ(townctl({"pause", "--town", town_.id(), "--reason", "now", "--ttl", "10m"}).code, 0);
    const auto orders = townctl({"overrides"});
    EXPECT_NE(orders.out.find(town_.id()), std::string::npos) << orders.out;
    EXPECT_NE(townctl({"status"}).out.find("is paused by"), std::string::npos);
    EXPECT_NE(townctl({"audit"}).out.find("now"), std::string::npos);
    EXPECT_EQ(townctl({"pause", "--town", "nope", "--reason", "x"}).code, 3);
    EXPECT_EQ(townctl({"pause", "--all"}).code, 64) << "no reason, no terminal";
    EXPECT_EQ(townctl({"pause", "--reason", "x"}).code, 64) << "nowhere";
    EXPECT_EQ(townctl({"pause", "--all", "--reason", "x", "--ttl", "25h"}).code, 64);
    EXPECT_EQ(townctl({"breaker", "reset", "--state", "open", "--expect-count", "9", "--reason",
                       "x", "--yes"})
                  .code,
              5);
    ASSERT_EQ(daemon_.stop(), 0);
    EXPECT_EQ(townctl({"overrides"}).code, 69);
}

}  // namespace
}  // namespace townd::test
