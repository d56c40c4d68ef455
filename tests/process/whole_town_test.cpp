// Convoys, rework, triage, letters and replaced containers through the real binary and a stand-in
// container that knows nothing of how it is tested.

#include <gtest/gtest.h>

#include <algorithm>

#include "process/daemon_process.hpp"
#include "process/http_client.hpp"
#include "process/standin_thread.hpp"

namespace townd::test {
namespace {

class WholeTown : public testing::Test {
protected:
    void begin(standin::options opts = fast_standin()) {
        container_ = &stage_.add(std::move(opts));
        daemon_.configure({});
        ASSERT_TRUE(daemon_.start_ready()) << daemon_.err();
        town_ = town_caller::make(daemon_.api(), container_->url());
        ASSERT_FALSE(town_.id().empty()) << daemon_.err();
    }
    bool has(const std::string& bead, std::string_view status) {
        return wait_until([&] { return town_.status(bead) == status; });
    }
    json make_convoy(bool staged) {
        const auto made =
            town_.town_call("POST", "/convoys",
                            {{"title", "Ship the docks"},
                             {"rig_id", town_.rig()},
                             {"staged", staged},
                             {"beads",
                              {{{"title", "Lay the planks"}},
                               {{"title", "Paint"}, {"depends_on", {"Lay the planks"}}}}}});
        EXPECT_EQ(made.status, 201) << made.body;
        return made.data();
    }
    json convoy(const std::string& id) { return town_.town_call("GET", "/convoys/" + id).data(); }
    std::vector<json> start_bodies(std::string_view role) {
        std::vector<json> out;
        for (const auto& start : container_->starts())
            if (start.role == role)
                if (auto body = parse_json(start.body)) out.push_back(*std::move(body));
        return out;
    }
    json beads(const std::string& query) { return town_.call("GET", "/beads?" + query).data(); }

    standin_thread stage_;
    daemon_process daemon_;
    standin::container* container_ = nullptr;
    town_caller town_;
};

TEST_F(WholeTown, AConvoyIsWorkedOffInItsOrderAndLandsByItsBranch) {
    begin();
    const json made = make_convoy(true);
    const std::string id = made["convoy"]["id"];
    const std::string first = made["beads"][0]["id"], second = made["beads"][1]["id"];
    const std::string branch = made["convoy"]["feature_branch"];
    // Other work of the town goes on beside a staged convoy, and the convoy waits.
    ASSERT_TRUE(has(town_.make_bead("beside it"), "closed")) << daemon_.err();
    EXPECT_EQ(town_.status(first), "open");
    ASSERT_EQ(town_.town_call("POST", "/convoys/" + id + "/start").status, 200);
    ASSERT_TRUE(wait_until([&] { return convoy(id)["status"] == "closed"; }))
        << convoy(id).dump(1) << daemon_.err();
    EXPECT_FALSE(convoy(id)["landed_at"].is_null());
    EXPECT_EQ(convoy(id)["closed_beads"], 2);
    EXPECT_EQ(town_.status(second), "closed");
    std::vector<std::string> order;
    for (const auto& start : container_->starts())
        if (start.role == "polecat" && (start.bead == first || start.bead == second))
            order.push_back(*start.bead);
    EXPECT_EQ(order, (std::vector<std::string>{first, second}));
    for (const auto& body : start_bodies("polecat"))
        if (body["beadId"] == first) {
            EXPECT_EQ(body["startPoint"], "origin/" + branch);
        }
    const auto reviews = start_bodies("refinery");
    ASSERT_EQ(reviews.size(), 4U);
    EXPECT_EQ(reviews.back()["branch"], branch) << "the landing is the last";
}

TEST_F(WholeTown, ARetriedBeadOfAFailedConvoyStillLandsIt) {
    auto opts = fast_standin();
    opts.fail_work = true;
    begin(opts);
    const json made = make_convoy(false);
    const std::string id = made["convoy"]["id"];
    const std::string first = made["beads"][0]["id"], second = made["beads"][1]["id"];
    ASSERT_EQ(town_.call("PATCH", "/beads/" + first + "/status", {{"status", "failed"}}).status,
              200);
    ASSERT_EQ(town_.call("PATCH", "/beads/" + second + "/status", {{"status", "failed"}}).status,
              200);
    ASSERT_TRUE(wait_until([&] { return convoy(id)["status"] == "failed"; })) << convoy(id).dump(1);
    EXPECT_TRUE(convoy(id)["landed_at"].is_null());
    EXPECT_FALSE(convoy(id)["reason"].is_null());
    auto& healthy = stage_.add(fast_standin());
    ASSERT_EQ(town_.town_call("PATCH", "/config", {{"container_url", healthy.url()}}).status, 200);
    for (const auto& bead : {first, second})
        ASSERT_EQ(town_.call("POST", "/beads/" + bead + "/retry").status, 200);
    EXPECT_TRUE(wait_until([&] { return convoy(id)["status"] == "closed"; }))
        << convoy(id).dump(1) << daemon_.err();
}

TEST_F(WholeTown, AReviewerThatAsksForChangesGetsThem) {
    auto opts = fast_standin();
    opts.by_role["refinery"] = standin::behaviour::ask_changes;
    begin(opts);
    const std::string work = town_.make_bead("Paint");
    ASSERT_TRUE(has(work, "closed")) << town_.bead(work) << daemon_.err();
    const json all = beads("type=issue");
    ASSERT_EQ(all.size(), 2U) << all.dump(1);
    const json& rework = all[0]["bead_id"] == work ? all[1] : all[0];
    EXPECT_EQ(rework["labels"], json::array({"gt:rework"}));
    EXPECT_EQ(rework["status"], "closed");
    const json requests = beads("type=merge_request");
    ASSERT_EQ(requests.size(), 1U) << "rework is done within its review";
    EXPECT_EQ(container_->starts_received("refinery"), 2U);
    const auto starts = start_bodies("polecat");
    ASSERT_EQ(starts.size(), 2U);
    EXPECT_EQ(starts[1]["branch"], starts[0]["branch"]);
    EXPECT_EQ(starts[1]["startPoint"], "origin/" + starts[0]["branch"].get<std::string>());
}

TEST_F(WholeTown, OneBatchResolvesARequestAndNoMoreFollow) {
    begin();
    const std::string request = town_.make_bead(
        "Toast makes no progress",
        {{"labels", {"gt:triage-request"}}, {"metadata", {{"triage_type", "stuck_agent"}}}});
    ASSERT_TRUE(has(request, "closed")) << town_.bead(request) << daemon_.err();
    EXPECT_EQ(town_.bead(request)["metadata"]["resolution_action"], "RESTART");
    ASSERT_TRUE(wait_until([&] { return container_->live_agents() == 0; }));
    // Work that comes after it is done, and nothing else was started meanwhile.
    ASSERT_TRUE(has(town_.make_bead("after it"), "closed"));
    EXPECT_EQ(container_->starts_received("polecat"), 2U);
    const auto starts = start_bodies("polecat");
    EXPECT_NE(starts[0]["prompt"].get<std::string>().find(request), std::string::npos);
}

TEST_F(WholeTown, ALetterReachesTheMayorOnce) {
    begin();
    const std::string mayor =
        town_.call("POST", "/agents/get-or-create", {{"role", "mayor"}}).data()["id"];
    const auto write_to_mayor = [&](const std::string& subject) {
        const auto sent = town_.call("POST", "/mail",
                                     {{"from_agent_id", mayor},
                                      {"to_agent_id", mayor},
                                      {"subject", subject},
                                      {"body", "Look at the pump."}});
        EXPECT_EQ(sent.status, 201) << sent.body;
    };
    const auto unread = [&] {
        return town_.call("GET", "/agents/" + mayor + "/prime").data()["undelivered_mail"].size();
    };
    write_to_mayor("The pump");
    ASSERT_TRUE(wait_until([&] { return unread() == 0; })) << daemon_.err();
    ASSERT_EQ(container_->starts_received("mayor"), 1U);
    const auto prompt = start_bodies("mayor")[0]["prompt"].get<std::string>();
    EXPECT_NE(prompt.find("Look at the pump."), std::string::npos);
    EXPECT_EQ(town_.call("GET", "/agents/" + mayor + "/mail").data().size(), 0U);
    // A mayor that runs is told, not started anew.
    write_to_mayor("The gate");
    EXPECT_TRUE(wait_until([&] { return unread() == 0; })) << daemon_.err();
    EXPECT_EQ(container_->starts_received("mayor"), 1U);
}

TEST_F(WholeTown, WorkGoesOnWhereAReplacedContainerLeftIt) {
    auto opts = fast_standin();
    opts.work_time = duration{60'000};
    begin(opts);
    const std::string work = town_.make_bead("Paint");
    ASSERT_TRUE(has(work, "in_progress"));
    ASSERT_TRUE(wait_until([&] { return container_->live_agents() == 1; }));
    container_->drain();
    ASSERT_TRUE(
        wait_until([&] { return container_->starts_received("polecat") == 2; }, duration{60'000}))
        << town_.bead(work) << daemon_.err();
    const auto starts = start_bodies("polecat");
    EXPECT_EQ(starts[1]["beadId"], work);
    EXPECT_EQ(starts[1]["startPoint"], "origin/" + starts[0]["branch"].get<std::string>());
    EXPECT_NE(starts[1]["prompt"].get<std::string>().find("its container was replaced"),
              std::string::npos);
    EXPECT_EQ(town_.bead(work)["dispatch_attempts"], 0) << "a deploy costs nobody an attempt";
    EXPECT_EQ(town_.town_call("GET", "/drain-status").data()["draining"], false);
}

}  // namespace
}  // namespace townd::test
