// Work through the real binary: the API makes it, a stand-in container does it.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "process/daemon_process.hpp"
#include "process/http_client.hpp"
#include "process/standin_thread.hpp"

namespace townd::test {
namespace {

class Flow : public testing::Test {
protected:
    void begin(const config_keys& changes = {}, standin::options opts = fast_standin()) {
        log_ = daemon_.dir() / "starts.jsonl";
        opts.start_log = log_.string();
        container_ = &stage_.add(std::move(opts));
        daemon_.configure(changes);
        ASSERT_TRUE(daemon_.start_ready()) << daemon_.err();
        town_ = town_caller::make(daemon_.api(), container_->url());
        ASSERT_FALSE(town_.id().empty()) << daemon_.err();
    }
    // Old and new values of a bead's status, oldest first, from the first to the last.
    std::vector<std::string> path_of(const std::string& bead) {
        std::vector<std::string> out;
        const json events = town_.call("GET", "/events?limit=1000&bead_id=" + bead).data();
        for (const auto& e : events) {
            const auto type = text_at(e, "event_type");
            if (type != "status_changed" && type != "closed") continue;
            if (out.empty()) out.push_back(text_at(e, "old_value").value_or("?"));
            out.push_back(text_at(e, "new_value").value_or("?"));
        }
        return out;
    }
    bool has(const std::string& bead, std::string_view status,
             duration patience = duration{20'000}) {
        return wait_until([&] { return town_.status(bead) == status; }, patience);
    }
    std::vector<json> log_lines(std::string_view event) const {
        std::vector<json> out;
        std::istringstream in{read_file(log_)};
        for (std::string line; std::getline(in, line);) {
            auto parsed = parse_json(line);
            if (parsed && text_at(*parsed, "event") == event) out.push_back(*std::move(parsed));
        }
        return out;
    }
    std::string explain(const std::string& bead) {
        return http_get(daemon_.pages(), "/debug/v1/explain?town=" + town_.id() + "&bead=" + bead)
            .body;
    }

    standin_thread stage_;
    daemon_process daemon_;
    standin::container* container_ = nullptr;
    town_caller town_;
    std::filesystem::path log_;
};

using strings = std::vector<std::string>;

TEST_F(Flow, BeadsAreWorkedOnReviewedAndClosedByAgentsAlone) {
    begin();
    strings beads;
    for (int i = 0; i < 3; ++i)
        beads.push_back(town_.make_bead("task " + std::to_string(i)));
    for (const auto& id : beads) {
        ASSERT_FALSE(id.empty());
        EXPECT_TRUE(has(id, "closed")) << town_.bead(id) << daemon_.err();
        EXPECT_EQ(path_of(id), (strings{"open", "in_progress", "in_review", "closed"})) << id;
        EXPECT_FALSE(town_.bead(id)["closed_at"].is_null());
    }
    EXPECT_EQ(container_->starts_received("polecat"), 3U);
    EXPECT_EQ(container_->starts_received("refinery"), 3U);
    // Every attempt ends as a success, none is charged to its bead.
    ASSERT_TRUE(wait_until([&] { return container_->live_agents() == 0; }));
    const bool settled = wait_until([&] {
        const json all = attempts(daemon_.pages(), town_.id());
        return all.size() == 6 && std::all_of(all.begin(), all.end(), [](const json& a) {
                   return text_at(a, "outcome") == "success" && a["charged_bead"] == false;
               });
    });
    EXPECT_TRUE(settled) << attempts(daemon_.pages(), town_.id()).dump(1);
}

TEST_F(Flow, SlungBeadIsHookedAtOnceAndStartedOnce) {
    begin();
    const auto made = town_.call("POST", "/sling", {{"title", "now"}});
    ASSERT_EQ(made.status, 201) << made.body;
    const std::string bead = text_at(made.data()["bead"], "bead_id").value_or("");
    const std::string agent = text_at(made.data()["agent"], "id").value_or("");
    EXPECT_EQ(text_at(made.data()["agent"], "current_hook_bead_id"), bead);
    ASSERT_TRUE(has(bead, "closed")) << town_.bead(bead) << daemon_.err();
    std::vector<std::string> workers;
    for (const auto& start : container_->starts())
        if (start.bead == bead) workers.push_back(start.agent);
    EXPECT_EQ(workers, strings{agent});
}

TEST_F(Flow, CancelWhileRunningStopsTheAgent) {
    auto opts = fast_standin();
    opts.work_time = duration{60'000};
    begin({}, opts);
    const std::string bead = town_.make_bead("to be cancelled");
    ASSERT_TRUE(wait_until([&] { return container_->live_agents() == 1; })) << daemon_.err();
    ASSERT_TRUE(has(bead, "in_progress"));
    EXPECT_EQ(town_.call("POST", "/beads/" + bead + "/close", json::object()).status, 200);
    EXPECT_TRUE(wait_until([&] { return container_->live_agents() == 0; }))
        << "cancelled, and the agent still runs (incident row B11)\n"
        << daemon_.err();
    ASSERT_EQ(log_lines("stop").size(), 1U);
    EXPECT_EQ(text_at(log_lines("stop").front(), "bead"), bead);
    EXPECT_EQ(town_.status(bead), "closed");
    // Nobody begins it again.
    EXPECT_TRUE(has(town_.make_bead("another"), "in_progress"));
    for (const auto& start : log_lines("start")) {
        if (text_at(start, "bead") == bead) {
            EXPECT_EQ(start["attempt"], 1);
        }
    }
}

TEST_F(Flow, TerminalBeadStaysAsItIs) {
    begin();
    const std::string bead = town_.make_bead("task");
    ASSERT_TRUE(has(bead, "closed"));
    const auto moved =
        town_.call("PATCH", "/beads/" + bead + "/status", {{"status", "open"}, {"agent_id", "x"}});
    EXPECT_EQ(moved.status, 409) << moved.body;
    EXPECT_EQ(moved.parsed()["success"], false);
    EXPECT_EQ(town_.status(bead), "closed");
}

TEST_F(Flow, UnconfiguredContainerIsToldAndNothingIsCharged) {
    container_ = &stage_.add();
    daemon_.configure({{"containers.url", "\"http://127.0.0.1:1\""}});
    ASSERT_TRUE(daemon_.start_ready()) << daemon_.err();
    town_ = town_caller::make(daemon_.api(), "http://127.0.0.1:1");
    const std::string bead = town_.make_bead("nowhere to go");
    const bool told =
        wait_until([&] { return explain(bead).find("connect_refused") != std::string::npos; });
    EXPECT_TRUE(told) << explain(bead);
    EXPECT_EQ(town_.status(bead), "open");
    const json all = attempts(daemon_.pages(), town_.id());
    ASSERT_FALSE(all.empty());
    for (const auto& a : all)
        EXPECT_EQ(a["charged_bead"], false) << a;
    // The container comes to be: no other hand is needed.
    EXPECT_EQ(town_.town_call("PATCH", "/config", {{"container_url", container_->url()}}).status,
              200);
    EXPECT_TRUE(has(bead, "closed")) << explain(bead);
}

TEST_F(Flow, NoMorePolecatsLiveThanTheCapAllows) {
    auto opts = fast_standin();
    opts.heartbeat_every = duration{50};
    begin({{"dispatch.max_polecats_per_rig", "2"}}, opts);
    strings beads;
    for (int i = 0; i < 20; ++i)
        beads.push_back(town_.make_bead("task " + std::to_string(i)));
    for (const auto& id : beads)
        ASSERT_TRUE(has(id, "closed", duration{60'000})) << explain(id) << daemon_.err();
    // The stand-in's own record, in the order in which things happened.
    std::set<std::string> live;
    std::size_t most = 0;
    std::istringstream in{read_file(log_)};
    for (std::string line; std::getline(in, line);) {
        const auto e = parse_json(line);
        ASSERT_TRUE(e) << line;
        if (text_at(*e, "role") != "polecat") continue;
        const std::string session = text_at(*e, "dispatch").value_or("");
        if (text_at(*e, "event") == "start") live.insert(session);
        if (text_at(*e, "event") == "exit") live.erase(session);
        most = std::max(most, live.size());
    }
    EXPECT_EQ(most, 2U);
    EXPECT_EQ(container_->starts_received("polecat"), 20U);
}

TEST_F(Flow, FacesForMachinesAnswer) {
    begin();
    EXPECT_EQ(http_get(daemon_.api(), "/health").parsed(), json({{"status", "ok"}}));
    EXPECT_EQ(http_get(daemon_.pages(), "/livez").status, 200);
    EXPECT_EQ(http_get(daemon_.pages(), "/readyz").status, 200);
    EXPECT_EQ(text_at(http_get(daemon_.pages(), "/version").parsed(), "name"), "townd");
    const std::string bead = town_.make_bead("counted");
    ASSERT_TRUE(has(bead, "closed"));
    const auto metrics = http_get(daemon_.pages(), "/metrics");
    EXPECT_EQ(metrics.status, 200);
    for (const char* name : {"townd_build_info", "townd_dispatch", "townd_breaker"})
        EXPECT_NE(metrics.body.find(name), std::string::npos) << name << "\n" << metrics.body;
    EXPECT_NE(http_get(daemon_.pages(), "/debug/").body.find("<html"), std::string::npos);
    EXPECT_EQ(http_get(daemon_.pages(), "/debug/v1/nothing").status, 404);
    EXPECT_EQ(http_get(daemon_.api(), "/nothing").parsed(),
              json({{"success", false}, {"error", "Not found"}}));
}

TEST_F(Flow, RoutesThatPeopleKnowFromTheOriginalAnswer) {
    begin();
    const std::string bead = town_.make_bead("task");
    ASSERT_TRUE(has(bead, "closed"));
    const auto status = http_get(daemon_.pages(), "/debug/towns/" + town_.id() + "/status");
    EXPECT_EQ(status.status, 200) << status.body;
    EXPECT_TRUE(status.parsed().is_object()) << status.body;
    const std::string dry = "/debug/towns/" + town_.id() + "/reconcile-dry-run";
    const auto run = http_send(daemon_.pages(), "POST", dry);
    EXPECT_EQ(run.status, 200) << run.body;
    EXPECT_TRUE(run.parsed().is_object()) << run.body;
}

}  // namespace
}  // namespace townd::test
