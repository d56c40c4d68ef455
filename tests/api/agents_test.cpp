// Agents: made, hooked, primed, and the review queue.

#include <set>

#include "api/world.hpp"

namespace townd::api_test {
namespace {

class Agents : public world {
protected:
    std::string P(const std::string& id) const { return R + "/agents/" + id; }
    json agent(const std::string& id) { return get(P(id)).data(); }
    json bead(const std::string& id) { return get(R + "/beads/" + id).data(); }
    answer make(const std::string& role, const std::string& name, const std::string& identity) {
        return post(R + "/agents", {{"role", role}, {"name", name}, {"identity", identity}});
    }
    answer hook(const std::string& id, const std::string& work) {
        return post(P(id) + "/hook", {{"bead_id", work}});
    }
};

TEST_F(Agents, AnAgentHasExactlyTheFieldsOfTheContract) {
    const auto made = make("polecat", "Toast", "toast@town");
    ASSERT_EQ(made.status, 201);
    std::vector<std::string> keys;
    for (const auto& [key, value] : made.data().items())
        keys.push_back(key);
    EXPECT_EQ(keys, (std::vector<std::string>{"id", "bead_id", "rig_id", "role", "name", "identity",
                                              "status", "current_hook_bead_id", "dispatch_attempts",
                                              "last_activity_at", "checkpoint", "created_at",
                                              "agent_status_message", "agent_status_updated_at"}));
    EXPECT_EQ(made.data().at("status"), "idle");
    EXPECT_EQ(made.data().at("id"), made.data().at("bead_id"));
    EXPECT_EQ(agent(made.data().at("id")), made.data());
    EXPECT_EQ(make("witness", "", "").issues(),
              (std::vector<std::string>{"role", "name", "identity"}));
}

TEST_F(Agents, ATakenIdentityOrNameIsAConflict) {  // Incident row E9.
    ASSERT_EQ(make("polecat", "Toast", "one").status, 201);
    const auto before = get(R + "/beads?type=agent").data().size();
    EXPECT_EQ(make("polecat", "Maple", "one").status, 409);
    EXPECT_EQ(make("polecat", "Toast", "two").status, 409);
    EXPECT_EQ(get(R + "/beads?type=agent").data().size(), before) << "no bead without its agent";
}

TEST_F(Agents, AMadeUpNameIsFreeEvenWhereItsIdentityIsTaken) {  // Incident row E9.
    const auto first = make_polecat();
    const std::string identity = agent(first).at("identity");
    ASSERT_EQ(erase(P(first)).status, 200);
    ASSERT_EQ(make("polecat", "Somebody", identity).status, 201);
    ASSERT_EQ(hook(get(R + "/agents").data().at(0).at("id"), make_issue()).status, 200);
    const auto next = make_polecat();
    EXPECT_NE(agent(next).at("identity"), identity);
}

TEST_F(Agents, NamesStayUniqueWhenAgentsGoAndCome) {
    ASSERT_EQ(patch("/api/towns/" + town + "/config", {{"max_polecats_per_rig", 50}}).status, 200);
    std::set<std::string> names, identities;
    std::vector<std::string> ids;
    for (int i = 0; i < dispatch_policy{}.max_polecats_per_rig; ++i) {
        ids.push_back(make_polecat());
        ASSERT_EQ(hook(ids.back(), make_issue()).status, 200);
    }
    ASSERT_EQ(erase(P(ids[1])).status, 200);
    ids[1] = make_polecat();
    for (const auto& id : ids) {
        names.insert(agent(id).at("name").get<std::string>());
        identities.insert(agent(id).at("identity").get<std::string>());
    }
    EXPECT_EQ(names.size(), ids.size());
    EXPECT_EQ(identities.size(), ids.size());
}

TEST_F(Agents, GetOrCreateGivesTheOneThatIsThere) {
    const auto of = [&](const char* role, const std::string& in) {
        return post(in + "/agents/get-or-create", {{"role", role}}).data().at("id");
    };
    const auto other = "/api/towns/" + town + "/rigs/" + make_rig(town, "second");
    EXPECT_EQ(of("mayor", R), of("mayor", other)) << "one per town";
    EXPECT_EQ(of("refinery", R), of("refinery", R)) << "one per rig";
    EXPECT_NE(of("refinery", R), of("refinery", other));
    const auto first = of("polecat", R);
    EXPECT_EQ(of("polecat", R), first) << "idle and unhooked";
    ASSERT_EQ(hook(first, make_issue()).status, 200);
    EXPECT_NE(of("polecat", R), first);
    EXPECT_EQ(post(R + "/agents/get-or-create", {{"role", "king"}}).status, 400);
}

TEST_F(Agents, GetOrCreateStopsAtTheCap) {
    for (int i = 0; i < dispatch_policy{}.max_polecats_per_rig; ++i)
        ASSERT_EQ(hook(make_polecat(), make_issue()).status, 200);
    const auto said = post(R + "/agents/get-or-create", {{"role", "polecat"}});
    EXPECT_EQ(said.status, 503);
    EXPECT_FALSE(said.headers.at("Retry-After").empty());
}

TEST_F(Agents, AHookedAgentStaysIdleAndItsBeadOpen) {
    const auto id = make_polecat(), work = make_issue();
    EXPECT_EQ(hook(id, work).data(), json({{"hooked", true}}));
    EXPECT_EQ(agent(id).at("status"), "idle");
    EXPECT_EQ(agent(id).at("current_hook_bead_id"), work);
    EXPECT_EQ(bead(work).at("status"), "open");
    EXPECT_EQ(bead(work).at("assignee_agent_bead_id"), id);
    EXPECT_EQ(hook(id, work).status, 200) << "the same again is fine";
    EXPECT_EQ(history(work), (std::vector<std::string>{"created", "assigned", "hooked"}));
    EXPECT_FALSE(is_stopping(id));
}

TEST_F(Agents, WhatIsNoWorkCannotBeHooked) {
    const auto id = make_polecat();
    const auto made = [&](json b) { return post(R + "/beads", b).data().at("id"); };
    for (const char* type : {"escalation", "convoy", "message"})
        EXPECT_EQ(hook(id, made({{"type", type}, {"title", "x"}})).status, 409) << type;
    EXPECT_EQ(hook(id, made({{"type", "issue"}, {"title", "x"}, {"labels", {"gt:triage-request"}}}))
                  .status,
              409);
    EXPECT_EQ(hook(id, make_polecat()).status, 409);
    const auto closed = make_issue();
    ASSERT_EQ(post(R + "/beads/" + closed + "/close").status, 200);
    EXPECT_EQ(hook(id, closed).status, 409);
    EXPECT_EQ(hook(id, "nothing").status, 404);
    EXPECT_EQ(hook("nobody", make_issue()).status, 404);
    EXPECT_EQ(post(P(id) + "/hook", json::object()).status, 400);
    const auto mayor = post(R + "/agents/get-or-create", {{"role", "mayor"}}).data().at("id");
    EXPECT_EQ(hook(mayor, made({{"type", "message"}, {"title", "x"}})).status, 200);
}

TEST_F(Agents, AnAgentHoldsOneBead) {
    const auto id = make_polecat();
    ASSERT_EQ(hook(id, make_issue()).status, 200);
    EXPECT_EQ(hook(id, make_issue()).status, 409);
}

TEST_F(Agents, HookingTakesTheBeadFromWhoeverHasIt) {
    const auto first = make_polecat(), work = make_issue();
    start_session(first, work, "d1");
    const auto second = make_polecat();
    ASSERT_NE(first, second);
    ASSERT_EQ(hook(second, work).status, 200);
    EXPECT_EQ(agent(first).at("current_hook_bead_id"), nullptr);
    EXPECT_TRUE(is_stopping(first));
    EXPECT_EQ(agent(second).at("current_hook_bead_id"), work);
    EXPECT_EQ(bead(work).at("assignee_agent_bead_id"), second);
    EXPECT_EQ(bead(work).at("status"), "open");
}

TEST_F(Agents, UnhookingStopsWhoRunsAndGivesTheBeadBack) {
    const auto id = make_polecat(), work = make_issue();
    start_session(id, work, "d1");
    EXPECT_EQ(erase(P(id) + "/hook").data(), json({{"unhooked", true}}));
    EXPECT_TRUE(is_stopping(id));
    EXPECT_EQ(agent(id).at("current_hook_bead_id"), nullptr);
    EXPECT_EQ(bead(work).at("status"), "open");
    EXPECT_EQ(erase(P(id) + "/hook").status, 200) << "without a hook it is fine";
}

TEST_F(Agents, ADeletedAgentGivesItsBeadBackAndIsStopped) {
    const auto id = make_polecat(), work = make_issue();
    start_session(id, work, "d1");
    EXPECT_EQ(erase(P(id)).data(), json({{"deleted", true}}));
    EXPECT_EQ(get(P(id)).status, 404);
    EXPECT_TRUE(is_stopping(id));
    EXPECT_EQ(bead(work).at("status"), "open");
    EXPECT_EQ(bead(work).at("assignee_agent_bead_id"), nullptr);
}

TEST_F(Agents, ADeletedAgentLeavesTerminalBeadsAlone) {  // Incident row E8, Kilo-Org/cloud #2374.
    const auto id = make_polecat(), work = make_issue();
    ASSERT_EQ(hook(id, work).status, 200);
    ASSERT_EQ(post(R + "/beads/" + work + "/close").status, 200);
    ASSERT_EQ(erase(P(id)).status, 200);
    EXPECT_EQ(bead(work).at("status"), "closed");
}

TEST_F(Agents, AnAgentOfAnotherRigDoesNotExist) {
    const auto id = make_polecat();
    const auto other = "/api/towns/" + town + "/rigs/" + make_rig(town, "second") + "/agents/" + id;
    EXPECT_EQ(get(other).status, 404);
    EXPECT_EQ(get(other + "/prime").status, 404);
    EXPECT_EQ(post(other + "/heartbeat").status, 404);
    EXPECT_EQ(post(other + "/done", {{"branch", "b"}}).status, 404);
    EXPECT_EQ(erase(other).status, 404);
}

TEST_F(Agents, TheListIsFiltered) {
    make_polecat();
    post(R + "/agents/get-or-create", {{"role", "refinery"}});
    EXPECT_EQ(get(R + "/agents").data().size(), 2U);
    EXPECT_EQ(get(R + "/agents?role=refinery").data().size(), 1U);
    EXPECT_EQ(get(R + "/agents?status=working").data().size(), 0U);
    EXPECT_EQ(get(R + "/agents?role=king").status, 400);
}

TEST_F(Agents, PrimeTellsAnAgentWhatItIsAbout) {
    const auto id = make_polecat();
    const auto empty = get(P(id) + "/prime");
    ASSERT_EQ(empty.status, 200);
    EXPECT_EQ(empty.data().at("hooked_bead"), nullptr);
    const auto work = make_issue("The work");
    ASSERT_EQ(hook(id, work).status, 200);
    post(R + "/beads", {{"type", "message"}, {"title", "Hello"}, {"assignee_agent_id", id}});
    const auto said = get(P(id) + "/prime").data();
    EXPECT_EQ(said.at("agent").at("id"), id);
    EXPECT_EQ(said.at("hooked_bead").at("title"), "The work");
    ASSERT_EQ(said.at("undelivered_mail").size(), 1U);
    EXPECT_EQ(said.at("undelivered_mail").at(0).at("title"), "Hello");
    ASSERT_EQ(said.at("open_beads").size(), 1U);
    for (const char* key : {"rework_context", "pr_fixup_context", "pr_conflict_context"})
        EXPECT_EQ(said.at(key), nullptr);
}

TEST_F(Agents, PrimeShowsARefineryWhatToReview) {
    const auto polecat = make_polecat(), work = make_issue();
    ASSERT_EQ(
        post(R + "/review-queue", {{"agent_id", polecat}, {"bead_id", work}, {"branch", "gt/x"}})
            .data(),
        json({{"submitted", true}}));
    EXPECT_EQ(bead(work).at("status"), "in_review");
    const auto request = get(R + "/beads?type=merge_request").data().at(0).at("id");
    const auto refinery = post(R + "/agents/get-or-create", {{"role", "refinery"}}).data().at("id");
    ASSERT_EQ(hook(refinery, request).status, 200);
    const auto review = get(P(refinery) + "/prime").data().at("hooked_bead").at("review");
    EXPECT_EQ(review.at("branch"), "gt/x");
    EXPECT_EQ(review.at("target_branch"), "main");
    EXPECT_EQ(review.at("source_bead_id"), work);
}

TEST_F(Agents, AReviewIsSubmittedOnceAndCompleted) {
    const auto polecat = make_polecat(), work = make_issue();
    const json submit = {{"agent_id", polecat}, {"bead_id", work}, {"branch", "gt/x"}};
    ASSERT_EQ(post(R + "/review-queue", submit).status, 201);
    ASSERT_EQ(post(R + "/review-queue", submit).status, 201);
    const auto requests = get(R + "/beads?type=merge_request").data();
    ASSERT_EQ(requests.size(), 1U);
    const std::string entry = requests.at(0).at("id");
    const std::string path = R + "/review-queue/" + entry + "/complete";
    EXPECT_EQ(post(path, {{"entry_id", "other"}, {"status", "merged"}}).status, 400);
    EXPECT_EQ(post(path, {{"status", "great"}}).status, 400);
    EXPECT_EQ(post(R + "/review-queue/nothing/complete", {{"status", "merged"}}).status, 404);
    ASSERT_EQ(post(path, {{"entry_id", entry}, {"status", "merged"}, {"message", "ok"}}).status,
              200);
    EXPECT_EQ(bead(entry).at("status"), "closed");
    EXPECT_EQ(bead(work).at("status"), "closed");
    EXPECT_EQ(post(R + "/review-queue", submit).status, 409) << "the issue is over";
    EXPECT_EQ(post(R + "/review-queue", json::object()).issues(),
              (std::vector<std::string>{"agent_id", "bead_id", "branch"}));
}

}  // namespace
}  // namespace townd::api_test
