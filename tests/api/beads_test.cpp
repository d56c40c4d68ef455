// Beads: what can be done to them, and what no longer can.

#include "api/world.hpp"

namespace townd::api_test {
namespace {

class Beads : public world {
protected:
    answer bead(const std::string& id) { return get(R + "/beads/" + id); }
    std::string status(const std::string& id) { return bead(id).data().at("status"); }
    answer set(const std::string& id, const std::string& to) {
        return patch(R + "/beads/" + id + "/status", {{"status", to}, {"agent_id", "someone"}});
    }
    answer retry(const std::string& id) {
        return post(R + "/beads/" + id + "/retry", {{"reason", "the outage is over"}});
    }
};

TEST_F(Beads, ABeadHasExactlyTheFieldsOfTheContract) {
    const auto blocker = make_issue();
    const auto made = post(R + "/beads", {{"type", "issue"},
                                          {"title", "Paint it"},
                                          {"body", "red"},
                                          {"priority", "high"},
                                          {"labels", {"a", "b"}},
                                          {"metadata", {{"k", {{"deep", 1}}}}},
                                          {"blocked_by", {blocker}}});
    ASSERT_EQ(made.status, 201) << dump_json(made.body);
    const auto& b = made.data();
    std::vector<std::string> keys;
    for (const auto& [key, value] : b.items())
        keys.push_back(key);
    EXPECT_EQ(keys, (std::vector<std::string>{"bead_id", "id", "type", "status", "title", "body",
                                              "rig_id", "parent_bead_id", "assignee_agent_bead_id",
                                              "priority", "labels", "metadata", "dispatch_attempts",
                                              "last_dispatch_attempt_at", "created_by",
                                              "created_at", "updated_at", "closed_at"}));
    EXPECT_EQ(b.at("id"), b.at("bead_id"));
    EXPECT_EQ(b.at("status"), "open");
    EXPECT_EQ(b.at("priority"), "high");
    EXPECT_EQ(b.at("labels"), json::array({"a", "b"}));
    EXPECT_EQ(b.at("metadata").at("k").at("deep"), 1);
    EXPECT_EQ(b.at("rig_id"), rig);
    EXPECT_EQ(b.at("closed_at"), nullptr);
    EXPECT_EQ(b.at("created_at").get<std::string>().size(), 24U);
    EXPECT_EQ(bead(b.at("id")).data(), b);
    in_store([&](store::town_store& db) {
        const auto edges = db.dependencies_of(b.at("id").get<std::string>());
        ASSERT_EQ(edges.size(), 1U);
        EXPECT_EQ(edges[0].on, blocker);
        EXPECT_EQ(edges[0].type, "blocks");
    });
    EXPECT_EQ(history(b.at("id")), std::vector<std::string>{"created"});
    EXPECT_FALSE(fleet.told_to_wake.empty());
}

TEST_F(Beads, ABadBeadTellsAllThatIsWrong) {
    const auto said = post(R + "/beads", {{"type", "isue"},
                                          {"title", ""},
                                          {"body", 5},
                                          {"priority", "urgent"},
                                          {"labels", {"a", 1}},
                                          {"metadata", "x"},
                                          {"blocked_by", "x"}});
    EXPECT_EQ(said.status, 400);
    EXPECT_EQ(said.issues(), (std::vector<std::string>{"type", "title", "body", "priority",
                                                       "labels", "metadata", "blocked_by"}));
    EXPECT_EQ(post(R + "/beads", {{"type", "agent"}, {"title", "x"}}).status, 400);
    EXPECT_EQ(post(R + "/beads", {{"type", "merge_request"}, {"title", "x"}}).status, 400);
}

TEST_F(Beads, AnUnknownBlockerOrAssigneeLeavesNothingBehind) {
    const auto before = get(R + "/beads").data().size();
    EXPECT_EQ(
        post(R + "/beads", {{"type", "issue"}, {"title", "x"}, {"blocked_by", {"no"}}}).status,
        400);
    EXPECT_EQ(
        post(R + "/beads", {{"type", "issue"}, {"title", "x"}, {"assignee_agent_id", "no"}}).status,
        400);
    EXPECT_EQ(get(R + "/beads").data().size(), before);
}

TEST_F(Beads, AFreeAssigneeIsHookedAtOnce) {
    const auto agent = make_polecat();
    const auto made =
        post(R + "/beads", {{"type", "issue"}, {"title", "x"}, {"assignee_agent_id", agent}});
    EXPECT_EQ(made.data().at("assignee_agent_bead_id"), agent);
    EXPECT_EQ(get(R + "/agents/" + agent).data().at("current_hook_bead_id"), made.data().at("id"));
}

TEST_F(Beads, TheListIsFilteredAndPaged) {
    for (int i = 0; i < 5; ++i)
        make_issue("bead " + std::to_string(i));
    const auto closed = make_issue();
    ASSERT_EQ(post(R + "/beads/" + closed + "/close").status, 200);
    EXPECT_EQ(get(R + "/beads?type=issue").data().size(), 6U);
    EXPECT_EQ(get(R + "/beads?type=issue&status=closed").data().size(), 1U);
    EXPECT_EQ(get(R + "/beads?type=issue&limit=2&offset=5").data().size(), 1U);
    EXPECT_EQ(get(R + "/beads?limit=0").data().size(), 0U);
    EXPECT_EQ(get(R + "/beads?assignee_agent_id=nobody").data().size(), 0U);
    EXPECT_EQ(get(R + "/beads?status=weird").status, 400);
    for (const char* bad : {"limit=-1", "limit=x", "offset=1.5", "limit=", "offset=+1"}) {
        const auto said = get(R + "/beads?" + bad);
        EXPECT_EQ(said.status, 400) << bad;
        EXPECT_EQ(said.error(), "limit and offset must be non-negative integers");
    }
}

TEST_F(Beads, ABeadOfAnotherRigDoesNotExist) {
    const auto id = make_issue();
    const auto other = "/api/towns/" + town + "/rigs/" + make_rig(town, "second");
    EXPECT_EQ(get(other + "/beads/" + id).status, 404);
    EXPECT_EQ(erase(other + "/beads/" + id).status, 404);
    EXPECT_EQ(post(other + "/beads/" + id + "/close").status, 404);
    EXPECT_EQ(post(other + "/beads/" + id + "/retry").status, 404);
    EXPECT_EQ(patch(other + "/beads/" + id + "/status", {{"status", "closed"}}).status, 404);
    EXPECT_EQ(get("/api/towns/" + town + "/rigs/nowhere/beads").status, 404);
    EXPECT_EQ(get(R + "/beads/nothing").status, 404);
    EXPECT_EQ(status(id), "open");
}

TEST_F(Beads, TerminalBeadsStayAsTheyAre) {  // Incident row E8.
    for (const std::string end : {"closed", "failed"}) {
        const auto id = make_issue();
        ASSERT_EQ(set(id, end).data().at("status"), end);
        for (const char* to : {"open", "in_progress", "in_review", "closed", "failed"})
            EXPECT_EQ(set(id, to).status, 409) << end << " to " << to;
        EXPECT_EQ(post(R + "/beads/" + id + "/close").status, 409);
        EXPECT_EQ(status(id), end);
    }
}

TEST_F(Beads, AStatusIsOneOfTheKnownOnes) {
    const auto id = make_issue();
    EXPECT_EQ(set(id, "done").status, 400);
    EXPECT_EQ(patch(R + "/beads/" + id + "/status", json::object()).status, 400);
}

TEST_F(Beads, ClosingStopsTheAgentOnIt) {  // Incident row B11.
    const auto agent = make_polecat(), id = make_issue();
    start_session(agent, id, "d1");
    const auto said = post(R + "/beads/" + id + "/close", {{"agent_id", "someone"}});
    ASSERT_EQ(said.status, 200);
    EXPECT_EQ(said.data().at("status"), "closed");
    EXPECT_NE(said.data().at("closed_at"), nullptr);
    EXPECT_TRUE(is_stopping(agent));
    EXPECT_EQ(get(R + "/agents/" + agent).data().at("current_hook_bead_id"), nullptr);
    EXPECT_EQ(said.data().at("dispatch_attempts"), 0) << "nobody's failure";
}

TEST_F(Beads, GivingABeadBackFreesAndStopsItsAgent) {
    const auto agent = make_polecat(), id = make_issue();
    start_session(agent, id, "d1");
    const auto said = set(id, "open");
    ASSERT_EQ(said.status, 200);
    EXPECT_EQ(said.data().at("status"), "open");
    EXPECT_EQ(said.data().at("assignee_agent_bead_id"), nullptr);
    EXPECT_EQ(said.data().at("dispatch_attempts"), 0);
    EXPECT_TRUE(is_stopping(agent));
    EXPECT_EQ(get(R + "/agents/" + agent).data().at("status"), "idle");
    in_store([&](store::town_store& db) {
        EXPECT_EQ(db.find_dispatch("d1").value().state, dispatch_state::ended);
    });
}

TEST_F(Beads, AStartWithoutAnOutcomeKeepsItsSlotWhenItsBeadIsGivenBack) {
    const auto agent = make_polecat(), id = make_issue();
    start_session(agent, id, "d1", dispatch_state::intent);
    ASSERT_EQ(set(id, "open").status, 200);
    EXPECT_TRUE(is_stopping(agent));
    in_store([&](store::town_store& db) {
        EXPECT_EQ(db.find_dispatch("d1").value().state, dispatch_state::intent);
    });
    EXPECT_EQ(erase(R + "/agents/" + agent).status, 409) << "nobody else would settle it";
}

TEST_F(Beads, AFailedBeadIsRetriedOnce) {  // Incident row C3, Kilo-Org/cloud #2085.
    const auto id = make_issue();
    in_store([&](store::town_store& db) {
        auto b = db.find_bead(id).value();
        b.status = bead_status::failed;
        b.dispatch_attempts = 5;
        b.starts = 7;
        b.failures_in_row = 4;
        b.last_dispatch_attempt_at = fleet.now;
        b.next_attempt_at = fleet.now + duration{600'000};
        b.assignee = "long-gone";
        b.reason = "connect_refused: nothing listens";
        b.metadata_json = R"({"failureReason":"x","keep":1})";
        db.put_bead(b);
    });
    const auto said = retry(id);
    ASSERT_EQ(said.status, 200) << dump_json(said.body);
    EXPECT_EQ(said.data().at("status"), "open");
    EXPECT_EQ(said.data().at("dispatch_attempts"), 0);
    EXPECT_EQ(said.data().at("last_dispatch_attempt_at"), nullptr);
    EXPECT_EQ(said.data().at("assignee_agent_bead_id"), nullptr);
    EXPECT_EQ(said.data().at("metadata"), json({{"keep", 1}}));
    in_store([&](store::town_store& db) {
        const auto b = db.find_bead(id).value();
        EXPECT_EQ(b.starts, 7) << "attempt numbers go on";
        EXPECT_EQ(b.failures_in_row, 0);
        EXPECT_FALSE(b.next_attempt_at);
        EXPECT_EQ(b.reason, "");
    });
    EXPECT_EQ(retry(id).status, 409);
    const auto events = history(id);
    EXPECT_EQ(std::count(events.begin(), events.end(), "reopened"), 1);
}

TEST_F(Beads, OnlyFailedAndParkedBeadsAreRetried) {
    const auto id = make_issue();
    EXPECT_EQ(retry(id).status, 409);
    ASSERT_EQ(post(R + "/beads/" + id + "/close").status, 200);
    EXPECT_EQ(retry(id).status, 409);
    EXPECT_EQ(retry("nothing").status, 404);
    const auto parked = make_issue();
    in_store([&](store::town_store& db) {
        auto b = db.find_bead(parked).value();
        b.parked = true;
        b.reason = "http_4xx: refused";
        db.put_bead(b);
    });
    EXPECT_EQ(post(R + "/beads/" + parked + "/retry").status, 200);
    EXPECT_EQ(retry(parked).status, 409);
}

TEST_F(Beads, ADeletedBeadIsGoneAndItsAgentStopped) {
    const auto agent = make_polecat(), id = make_issue();
    start_session(agent, id, "d1");
    EXPECT_EQ(erase(R + "/beads/" + id).data(), json({{"deleted", true}}));
    EXPECT_EQ(bead(id).status, 404);
    EXPECT_EQ(erase(R + "/beads/" + id).status, 404);
    EXPECT_TRUE(is_stopping(agent));
}

TEST_F(Beads, AgentsAreNotDeletedOrClosedAsBeads) {
    const auto agent = make_polecat();
    EXPECT_EQ(erase(R + "/beads/" + agent).status, 409);
    EXPECT_EQ(post(R + "/beads/" + agent + "/close").status, 409);
}

TEST_F(Beads, SlingMakesABeadAndHooksAPolecat) {
    const auto said = post(R + "/sling", {{"title", "Go"}, {"metadata", {{"x", 1}}}});
    ASSERT_EQ(said.status, 201) << dump_json(said.body);
    const auto& b = said.data().at("bead");
    const auto& a = said.data().at("agent");
    EXPECT_EQ(a.at("current_hook_bead_id"), b.at("id"));
    EXPECT_EQ(b.at("assignee_agent_bead_id"), a.at("id"));
    EXPECT_EQ(a.at("status"), "idle");
    EXPECT_EQ(b.at("status"), "open");
    EXPECT_EQ(a.at("role"), "polecat");
    EXPECT_EQ(post(R + "/sling", json::object()).status, 400);
    EXPECT_EQ(post("/api/towns/" + town + "/rigs/no/sling", {{"title", "x"}}).status, 404);
}

TEST_F(Beads, SlingAtTheCapKeepsTheWorkAndMakesNoAgent) {
    const int cap = dispatch_policy{}.max_polecats_per_rig;
    for (int i = 0; i < cap; ++i)
        ASSERT_TRUE(post(R + "/sling", {{"title", "Go"}}).data().at("agent").is_object());
    const auto said = post(R + "/sling", {{"title", "One more"}});
    ASSERT_EQ(said.status, 201);
    EXPECT_EQ(said.data().at("agent"), nullptr);
    EXPECT_EQ(bead(said.data().at("bead").at("id")).data().at("title"), "One more");
    EXPECT_EQ(get(R + "/agents?role=polecat").data().size(), static_cast<std::size_t>(cap));
}

TEST_F(Beads, EventsAreOfTheRigAndInOrder) {
    const auto id = make_issue();
    const auto other_rig = make_rig(town, "second");
    const auto other = "/api/towns/" + town + "/rigs/" + other_rig;
    ASSERT_EQ(post(other + "/beads", {{"type", "issue"}, {"title", "x"}}).status, 201);
    set(id, "in_progress");
    set(id, "closed");
    const auto all = get(R + "/events");
    ASSERT_EQ(all.status, 200);
    for (const auto& e : all.data())
        EXPECT_EQ(e.at("bead_id"), id);
    EXPECT_EQ(history(id), (std::vector<std::string>{"created", "status_changed", "closed"}));
    const auto& second = all.data().at(1);
    EXPECT_EQ(second.at("old_value"), "open");
    EXPECT_EQ(second.at("new_value"), "in_progress");
    EXPECT_EQ(second.at("agent_id"), "someone");
    EXPECT_TRUE(second.at("metadata").is_object());
    const std::string since = second.at("created_at");
    EXPECT_EQ(get(R + "/events?since=" + since).data().size(), 1U);
    EXPECT_EQ(get(R + "/events?limit=1").data().size(), 1U);
    EXPECT_EQ(get(other + "/events?bead_id=" + id).status, 404);
    EXPECT_EQ(get(R + "/events?since=yesterday").status, 400);
    EXPECT_EQ(get(R + "/events?limit=x").status, 400);
}

TEST_F(Beads, ATitleOfTwoMegabytesIsCutWithItsLength) {  // Incident row E5.
    const auto made =
        post(R + "/beads", {{"type", "issue"}, {"title", std::string(2 * 1024 * 1024, 'x')}});
    ASSERT_EQ(made.status, 201);
    const std::string title = made.data().at("title");
    EXPECT_LE(title.size(), store::title_bytes_max);
    EXPECT_NE(title.find("2097152 bytes"), std::string::npos);
    EXPECT_EQ(bead(made.data().at("id")).data().at("title"), title);
}

TEST_F(Beads, MetadataThatIsTooLongIsRefusedAndLeavesNothing) {
    const auto before = get(R + "/beads").data().size();
    EXPECT_EQ(
        post(R + "/beads",
             {{"type", "issue"}, {"title", "x"}, {"metadata", {{"k", std::string(100'000, 'x')}}}})
            .status,
        413);
    EXPECT_EQ(get(R + "/beads").data().size(), before);
}

TEST_F(Beads, EscalationsAreMadeListedAndAcknowledged) {
    const auto made = post(R + "/escalations", {{"title", "Help"}, {"priority", "critical"}});
    ASSERT_EQ(made.status, 201);
    EXPECT_EQ(made.data().at("type"), "escalation");
    EXPECT_EQ(made.data().at("severity"), "critical");
    EXPECT_EQ(made.data().at("acknowledged"), false);
    const std::string all = "/api/towns/" + town + "/escalations";
    ASSERT_EQ(get(all).data().size(), 1U);
    const std::string ack = all + "/" + made.data().at("id").get<std::string>() + "/acknowledge";
    const auto first = post(ack);
    EXPECT_EQ(first.data().at("acknowledged"), true);
    EXPECT_EQ(post(ack).data(), first.data()) << "said twice it is the same";
    EXPECT_EQ(get(all).data().at(0).at("acknowledged"), true);
    EXPECT_EQ(post(all + "/nothing/acknowledge").status, 404);
    EXPECT_EQ(post(all + "/" + make_issue() + "/acknowledge").status, 404);
    EXPECT_EQ(post(R + "/escalations", json::object()).status, 400);
}

}  // namespace
}  // namespace townd::api_test
