// Every secret that the daemon can be given is a text that is found nowhere else; then everything
// that it shows, logs and stores is searched for them.

#include <gtest/gtest.h>

#include <fstream>

#include "process/pages.hpp"
#include "process/raw_container.hpp"
#include "process/read_routes.hpp"

namespace townd::test {
namespace {

std::string canary(const std::string& of) {
    return "canary-" + of + "-0123456789abcdef0123456789";
}

// Answers each start with all that it was sent.
std::string echo(const std::string& request) {
    if (!is_start(request)) return unknown_agent();
    const auto body = request.substr(request.find("\r\n\r\n") + 4);
    return answer_of("500 Oops",
                     dump_json({{"success", false}, {"error", "got " + body}}) + request);
}

class Canaries : public testing::Test {
protected:
    std::string secret_file(const std::string& name) {
        planted_.push_back(canary(name));
        write_file(daemon_.dir() / name, canary(name) + "\n");
        return (daemon_.dir() / name).string();
    }
    // What a town's own configuration holds: its file may have it, nothing else.
    std::string of_town(const std::string& name) {
        kept_by_town_.push_back(canary(name));
        return canary(name);
    }
    json api(const std::string& method, const std::string& target, const json& body = json()) {
        return http_send(daemon_.api(), method, target,
                         body.is_null() ? std::string{} : dump_json(body),
                         {"Authorization: Bearer " + canary("api-token")})
            .data();
    }
    void begin() {
        daemon_.configure({{"debug.token_file", secret_file("debug-write")},
                           {"debug.read_token_file", secret_file("debug-read")},
                           {"api.token_file", secret_file("api-token")},
                           {"api.jwt_secret_file", secret_file("jwt-secret")},
                           {"log.level", "trace"}});
        ASSERT_TRUE(daemon_.start()) << daemon_.err();
        names_.town =
            text_at(api("POST", "/api/users/u/towns", {{"name", "t"}}), "id").value_or("");
        json wanted;
        wanted["container_url"] = container_.url();
        wanted["git_auth"] = {{"github_token", of_town("github")},
                              {"gitlab_token", of_town("gitlab")}};
        wanted["kilocode_token"] = of_town("kilocode");
        wanted["github_cli_pat"] = of_town("pat");
        wanted["env_vars"] = {{"DB_PASSWORD", of_town("environment")}};
        ASSERT_FALSE(api("PATCH", "/api/towns/" + names_.town + "/config", wanted).is_null());
        const std::string rig =
            text_at(api("POST", "/api/users/u/rigs",
                        {{"town_id", names_.town},
                         {"name", "r"},
                         {"git_url", "https://me:" + of_town("git-url") + "@git.example/a.git"}}),
                    "id")
                .value_or("");
        names_.bead = text_at(api("POST", "/api/towns/" + names_.town + "/rigs/" + rig + "/beads",
                                  {{"type", "issue"}, {"title", "work"}}),
                              "bead_id")
                          .value_or("");
        ASSERT_FALSE(names_.bead.empty()) << daemon_.err();
    }
    // Requests that carry secrets where none is wanted.
    void send_strays() {
        for (const std::string name : {"stray-header", "stray-query", "stray-body", "stray-cookie"})
            planted_.push_back(canary(name));
        for (const auto& address : {daemon_.pages(), daemon_.api()})
            for (const std::string method : {"GET", "POST", "PUT"})
                for (const std::string& target :
                     {std::string{"/debug/v1/dispatch:pause"}, std::string{"/api/users/u/towns"},
                      "/debug/v1/towns?token=" + canary("stray-query")})
                    std::ignore = http_send(address, method, target,
                                            "{\"token\": \"" + canary("stray-body") + "\"",
                                            {"Authorization: Bearer " + canary("stray-header"),
                                             "Cookie: t=" + canary("stray-cookie")});
    }
    // The first canary in the text, or nothing.
    std::string found_in(const std::string& text, bool of_a_town = false) const {
        for (const auto& each : planted_)
            if (text.find(each) != std::string::npos) return each;
        if (of_a_town) return {};
        for (const auto& each : kept_by_town_)
            if (text.find(each) != std::string::npos) return each;
        // A token that was minted for an agent or its container.
        const auto token = text.find("eyJ");
        return token == std::string::npos ? std::string{} : text.substr(token, 40);
    }
    std::string command_lines() const {
        std::string out;
        for (const auto& each : std::filesystem::directory_iterator("/proc")) {
            const std::string line = read_file(each.path() / "cmdline");
            if (line.find(daemon_.config_file().string()) != std::string::npos) out += line + "\n";
        }
        return out;
    }

    raw_container container_{echo};
    daemon_process daemon_;
    known_names names_;
    std::vector<std::string> planted_;
    std::vector<std::string> kept_by_town_;
};

TEST_F(Canaries, AreFoundNowhere) {
    begin();
    send_strays();
    const std::string socket = "unix:" + (daemon_.data_dir() / "ctl.sock").string();
    const std::string attempts = "/debug/v1/towns/" + names_.town + "/attempts";
    ASSERT_TRUE(wait_until([&] {
        return http_get(socket, attempts).body.find("[secret]") != std::string::npos;
    })) << "the container's echo must be there, cleaned";
    for (const auto& one : read_everything(daemon_, names_))
        EXPECT_EQ(found_in(one.reply.body), "") << one.what;
    for (const std::string arguments : {"status", "towns", "errors", "audit", "events"})
        EXPECT_EQ(found_in(townctl_says(daemon_, arguments)), "") << arguments;
    const json config = api("GET", "/api/towns/" + names_.town + "/config");
    EXPECT_EQ(found_in(dump_json(config)), "") << "secrets are masked for whoever reads them";
    const std::string lines = command_lines();
    EXPECT_FALSE(lines.empty());
    EXPECT_EQ(found_in(lines), "");
    EXPECT_EQ(found_in(daemon_.err()), "");
    ASSERT_EQ(daemon_.stop(), 0);
    EXPECT_EQ(found_in(daemon_.err()), "");
    int files = 0;
    for (const auto& each : std::filesystem::recursive_directory_iterator(daemon_.data_dir())) {
        if (!each.is_regular_file()) continue;
        ++files;
        const bool town = each.path().parent_path().filename() == "towns";
        EXPECT_EQ(found_in(read_file(each.path()), town), "") << each.path();
    }
    EXPECT_GE(files, 2);
}

}  // namespace
}  // namespace townd::test
