// Convoys: what they are made of, how they are started, closed and opened again.

#include <algorithm>

#include "api/routes.hpp"

namespace townd::api_test {
namespace {

class Convoys : public world {
protected:
    answer make(const json& beads, const json& more = json::object()) {
        json body{{"title", "Ship the Docks! (2)"}, {"rig_id", rig}, {"beads", beads}};
        for (const auto& [key, value] : more.items())
            body[key] = value;
        return post("/api/towns/" + town + "/convoys", body);
    }
    answer convoy(const std::string& id) { return get("/api/towns/" + town + "/convoys/" + id); }
    json bead(const std::string& id) { return get(R + "/beads/" + id).data(); }
    static json one(const std::string& title, const json& after = json::array()) {
        return {{"title", title}, {"depends_on", after}};
    }
    static json list(std::initializer_list<json> beads) {
        json out = json::array();
        for (const auto& b : beads)
            out.push_back(b);
        return out;
    }
    static std::vector<std::string> ids(const json& beads) {
        std::vector<std::string> out;
        for (const auto& b : beads)
            out.push_back(b.at("id"));
        return out;
    }
};

TEST_F(Convoys, AConvoyIsABeadWithARowAndItsBeadsTrackIt) {
    const auto made = make(list({one("a"), one("b", {0}), one("c", {"a", "b"})}));
    ASSERT_EQ(made.status, 201) << dump_json(made.body);
    const std::string id = made.data().at("convoy").at("id");
    const auto beads = ids(made.data().at("beads"));
    const std::string branch = "convoy/ship-the-docks-2/" + id.substr(0, 8) + "/head";
    EXPECT_EQ(made.data().at("convoy").at("feature_branch"), branch);
    EXPECT_EQ(made.data().at("convoy").at("merge_mode"), "review-then-land");
    EXPECT_EQ(made.data().at("convoy").at("staged"), false);
    EXPECT_EQ(made.data().at("convoy").at("total_beads"), 3);
    in_store([&](store::town_store& db) {
        const auto head = db.find_bead(id).value();
        EXPECT_EQ(head.type, bead_type::convoy);
        EXPECT_TRUE(head.has_label("gt:convoy"));
        EXPECT_EQ(head.rig, rig);
        EXPECT_EQ(db.find_convoy(id)->feature_branch, branch);
        EXPECT_EQ(db.dependents_of(id, "tracks"), beads);
        std::vector<std::string> blockers;
        for (const auto& edge : db.dependencies_of(beads[2]))
            if (edge.type == "blocks") blockers.push_back(edge.on);
        EXPECT_EQ(blockers, (std::vector<std::string>{beads[0], beads[1]}));
    });
    const auto metadata = bead(beads[0]).at("metadata");
    EXPECT_EQ(metadata.at("convoy_id"), id);
    EXPECT_EQ(metadata.at("convoy_feature_branch"), branch);
    EXPECT_FALSE(fleet.told_to_wake.empty());
}

TEST_F(Convoys, BeadsThatLandOneByOneKnowNoBranchToBeMergedInto) {
    const auto made = make(list({one("a")}), {{"merge_mode", "review-and-merge"}});
    const auto metadata = made.data().at("beads").at(0).at("metadata");
    EXPECT_FALSE(metadata.contains("convoy_feature_branch"));
    EXPECT_TRUE(metadata.contains("feature_branch"));
}

TEST_F(Convoys, TheTownSaysWhatAConvoyDoesNot) {
    ASSERT_EQ(patch("/api/towns/" + town + "/config",
                    {{"convoy_merge_mode", "review-and-merge"}, {"staged_convoys_default", true}})
                  .status,
              200);
    const auto by_default = make(list({one("a")})).data().at("convoy");
    EXPECT_EQ(by_default.at("merge_mode"), "review-and-merge");
    EXPECT_EQ(by_default.at("staged"), true);
    const auto own =
        make(list({one("a")}), {{"merge_mode", "review-then-land"}, {"staged", false}});
    EXPECT_EQ(own.data().at("convoy").at("merge_mode"), "review-then-land");
    EXPECT_EQ(own.data().at("convoy").at("staged"), false);
}

TEST_F(Convoys, ALinkThatLeadsNowhereIsNamedByItsPlace) {
    const auto before = get(R + "/beads").data().size();
    const auto said = make(list({one("a", {"b", "nobody"}), one("b", {5}), one("b", {1, true})}));
    EXPECT_EQ(said.status, 400);
    std::vector<std::string> places;
    for (const auto& issue : said.body.at("issues"))
        places.push_back(dump_json(issue.at("path")));
    // What is no link at all is told before what the links mean.
    EXPECT_EQ(places, std::vector<std::string>{R"(["beads",2,"depends_on",1])"});
    const auto meant = make(list({one("a", {"b", "nobody"}), one("b", {5}), one("b", {2})}));
    places.clear();
    std::string texts;
    for (const auto& issue : meant.body.at("issues")) {
        places.push_back(dump_json(issue.at("path")));
        texts += issue.at("message").get<std::string>() + "\n";
    }
    EXPECT_EQ(places, (std::vector<std::string>{
                          R"(["beads",0,"depends_on",0])", R"(["beads",0,"depends_on",1])",
                          R"(["beads",1,"depends_on",0])", R"(["beads",2,"depends_on",0])"}));
    EXPECT_NE(texts.find("several beads have the title \"b\""), std::string::npos) << texts;
    EXPECT_NE(texts.find("no bead of this convoy has the title \"nobody\""), std::string::npos);
    EXPECT_NE(texts.find("there is no bead 5"), std::string::npos);
    EXPECT_NE(texts.find("cannot wait for itself"), std::string::npos);
    EXPECT_EQ(get(R + "/beads").data().size(), before);
}

TEST_F(Convoys, BeadsThatWaitForEachOtherAreRefusedByTheirTitles) {
    const auto said = make(list({one("x"), one("a", {"c"}), one("b", {"a"}), one("c", {"b"})}));
    EXPECT_EQ(said.status, 400);
    EXPECT_EQ(said.issues(), std::vector<std::string>{"beads"});
    EXPECT_EQ(said.body.at("issues").at(0).at("message"),
              "These beads wait for each other: a -> c -> b -> a");
}

TEST_F(Convoys, TwoHundredBeadsAreAConvoyAndOneMoreIsNot) {
    json beads = json::array();
    for (int i = 0; i < 200; ++i)
        beads.push_back(i == 0 ? one("0") : one(std::to_string(i), {i - 1}));
    EXPECT_EQ(make(beads).status, 201);
    beads.push_back(one("200"));
    EXPECT_EQ(make(beads).issues(), std::vector<std::string>{"beads"});
}

TEST_F(Convoys, AStagedConvoyHoldsItsBeadsUntilItIsStarted) {
    const auto made = make(list({one("a")}), {{"staged", true}}).data();
    const std::string id = made.at("convoy").at("id");
    const std::string work = made.at("beads").at(0).at("id");
    in_store([&](store::town_store& db) {
        EXPECT_EQ(db.load_live().staged, std::vector<bead_id>{work});
    });
    const auto path = "/api/towns/" + town + "/convoys/" + id + "/start";
    fleet.told_to_wake.clear();
    EXPECT_EQ(post(path).data().at("staged"), false);
    EXPECT_FALSE(fleet.told_to_wake.empty());
    in_store([&](store::town_store& db) { EXPECT_TRUE(db.load_live().staged.empty()); });
    EXPECT_EQ(post(path).status, 200) << "said twice";
    EXPECT_EQ(history(id), (std::vector<std::string>{"created", "convoy_started"})) << "once";
}

TEST_F(Convoys, ClosingEndsWhatIsNotOver) {
    const auto made = make(list({one("done"), one("at work"), one("waits", {1})})).data();
    const std::string id = made.at("convoy").at("id");
    const auto beads = ids(made.at("beads"));
    ASSERT_EQ(post(R + "/beads/" + beads[0] + "/close").status, 200);
    const auto polecat = make_polecat();
    start_session(polecat, beads[1], "d1");
    const auto closed = post("/api/towns/" + town + "/convoys/" + id + "/close");
    EXPECT_EQ(closed.data().at("status"), "closed");
    EXPECT_EQ(closed.data().at("landed_at"), nullptr);
    EXPECT_EQ(closed.data().at("reason"), "closed by a person or program, not landed");
    for (const auto& b : beads)
        EXPECT_EQ(bead(b).at("status"), "closed");
    EXPECT_TRUE(is_stopping(polecat));
    EXPECT_EQ(get(R + "/agents/" + polecat).data().at("current_hook_bead_id"), nullptr);
}

TEST_F(Convoys, ClosingItsBeadByItselfEndsAConvoyJustTheSame) {
    const auto made = make(list({one("a")}), {{"staged", true}}).data();
    const std::string id = made.at("convoy").at("id");
    const std::string work = made.at("beads").at(0).at("id");
    ASSERT_EQ(post(R + "/beads/" + id + "/close").status, 200);
    EXPECT_EQ(bead(work).at("status"), "closed");
    in_store([&](store::town_store& db) { EXPECT_FALSE(db.find_convoy(id)->staged); });
}

TEST_F(Convoys, WhatIsOfADeletedRigFailsOnce) {
    const auto made = make(list({one("a")})).data();
    const std::string id = made.at("convoy").at("id");
    const std::string work = made.at("beads").at(0).at("id");
    ASSERT_EQ(erase("/api/users/ada/rigs/" + rig).status, 200);
    in_store([&](store::town_store& db) {
        for (const auto& b : {id, work}) {
            EXPECT_EQ(db.find_bead(b)->status, bead_status::failed);
            EXPECT_EQ(db.bead_events({}, b, 100).size(), 2U) << "created, and failed once";
        }
    });
}

TEST_F(Convoys, ClosingMergesNothing) {
    const auto made = make(list({one("in review")})).data();
    const std::string id = made.at("convoy").at("id");
    const std::string work = made.at("beads").at(0).at("id");
    const auto polecat = make_polecat();
    start_session(polecat, work, "d1");
    ASSERT_EQ(post(R + "/agents/" + polecat + "/done", {{"branch", "gt/toast/1"}}).status, 200);
    const std::string request = get(R + "/beads?type=merge_request").data().at(0).at("id");
    ASSERT_EQ(post("/api/towns/" + town + "/convoys/" + id + "/close").status, 200);
    EXPECT_EQ(bead(request).at("status"), "failed") << "closed would say merged";
    EXPECT_EQ(bead(work).at("status"), "closed");
}

TEST_F(Convoys, WorkOfAConvoyIsReviewedAgainstItsBranch) {
    const auto made = make(list({one("a")})).data();
    const auto polecat = make_polecat();
    start_session(polecat, made.at("beads").at(0).at("id"), "d1");
    ASSERT_EQ(post(R + "/agents/" + polecat + "/done", {{"branch", "gt/toast/1"}}).status, 200);
    const std::string request = get(R + "/beads?type=merge_request").data().at(0).at("id");
    in_store([&](store::town_store& db) {
        EXPECT_EQ(db.find_review(request)->target_branch,
                  made.at("convoy").at("feature_branch").get<std::string>());
    });
}

TEST_F(Convoys, AFailedBeadThatIsTriedAgainOpensItsFailedConvoy) {
    const auto made = make(list({one("a")})).data();
    const std::string id = made.at("convoy").at("id");
    const std::string work = made.at("beads").at(0).at("id");
    in_store([&](store::town_store& db) {
        for (const auto& over : {id, work}) {
            auto b = db.find_bead(over).value();
            b.status = bead_status::failed;
            b.metadata_json = R"({"landing_mr_attempts":5,"convoy_id":")" + id + "\"}";
            db.put_bead(b);
        }
    });
    EXPECT_EQ(convoy(id).data().at("failed_beads"), 1);
    ASSERT_EQ(post(R + "/beads/" + work + "/retry").status, 200);
    EXPECT_EQ(convoy(id).data().at("status"), "open");
    EXPECT_EQ(convoy(id).data().at("failed_beads"), 0);
    EXPECT_EQ(history(id).back(), "reopened");
    in_store([&](store::town_store& db) {
        EXPECT_EQ(db.find_bead(id)->metadata_json.find("landing_mr_attempts"), std::string::npos);
    });
}

TEST_F(Convoys, AConvoyThatAPersonClosedStaysClosed) {
    const auto made = make(list({one("a")})).data();
    const std::string id = made.at("convoy").at("id");
    const std::string work = made.at("beads").at(0).at("id");
    ASSERT_EQ(patch(R + "/beads/" + work + "/status", {{"status", "failed"}}).status, 200);
    ASSERT_EQ(post("/api/towns/" + town + "/convoys/" + id + "/close").status, 200);
    ASSERT_EQ(post(R + "/beads/" + work + "/retry").status, 200);
    EXPECT_EQ(convoy(id).data().at("status"), "closed");
}

TEST_F(Convoys, ATownThatIsTooBigTakesNoNewBeads) {
    fleet.file_bytes = fleet.max_town_bytes + 1;
    const auto said = make(list({one("a")}));
    EXPECT_EQ(said.status, 503);
    EXPECT_NE(said.error().find("towns.max_megabytes"), std::string::npos) << said.error();
    EXPECT_EQ(said.headers.count("Retry-After"), 1U);
    EXPECT_EQ(post(R + "/sling", {{"title", "x"}}).status, 503);
    EXPECT_EQ(post(R + "/escalations", {{"title", "x"}}).status, 201) << "a person must know";
    fleet.file_bytes = 0;
    const auto polecat = make_polecat();
    start_session(polecat, make_issue(), "d1");
    fleet.file_bytes = fleet.max_town_bytes + 1;
    EXPECT_EQ(post(R + "/agents/" + polecat + "/done", {{"branch", "b"}}).status, 200);
    EXPECT_EQ(get(R + "/beads?type=merge_request").data().size(), 1U) << "work goes on";
}

}  // namespace
}  // namespace townd::api_test
