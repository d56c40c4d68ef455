// Triage and rework: what reviewers and triage agents decide, and who may.

#include "api/world.hpp"

namespace townd::api_test {
namespace {

class Decisions : public world {
protected:
    std::string P(const std::string& id) const { return R + "/agents/" + id; }
    json bead(const std::string& id) { return get(R + "/beads/" + id).data(); }
    json agent(const std::string& id) { return get(P(id)).data(); }

    // A polecat that works on a bead, a request about both, and the batch that resolves it.
    struct trouble {
        std::string agent, work, request, batch, resolver, stuck, triage;  // The last: dispatches.
    };
    trouble make_trouble() {
        trouble out;
        out.agent = make_polecat();
        out.work = make_issue("Paint");
        out.stuck = fleet.new_id();
        out.triage = fleet.new_id();
        start_session(out.agent, out.work, out.stuck);
        out.request = make({{"type", "issue"},
                            {"title", "Toast makes no progress"},
                            {"labels", {"gt:triage-request"}},
                            {"metadata",
                             {{"triage_type", "stuck_agent"},
                              {"agent_bead_id", out.agent},
                              {"hooked_bead_id", out.work}}}});
        out.batch = make({{"type", "issue"},
                          {"title", "Triage 1 request"},
                          {"labels", {"gt:triage"}},
                          {"metadata", {{"requests", {out.request}}}}},
                         "patrol");
        out.resolver = make_polecat();
        start_session(out.resolver, out.batch, out.triage);
        return out;
    }
    std::string make(const json& body, const std::string& by = "") {
        std::map<std::string, std::string> headers;
        if (!by.empty()) headers["x-gastown-agent-id"] = by;
        const auto made = ask("POST", R + "/beads", dump_json(body), operators_token, headers);
        EXPECT_EQ(made.status, 201) << dump_json(made.body);
        return made.data().at("id");
    }
    answer resolve(const trouble& t, const std::string& action, const std::string& token) {
        return ask("POST", R + "/triage/resolve",
                   dump_json({{"triage_request_bead_id", t.request},
                              {"action", action},
                              {"resolution_notes", "because"}}),
                   token);
    }
    answer resolve(const trouble& t, const std::string& action) {
        return resolve(t, action, agent_token(town, rig, t.resolver, t.triage));
    }
    void charge(const std::string& id, int attempts) {
        in_store([&](store::town_store& db) {
            auto b = db.find_bead(id).value();
            b.dispatch_attempts = attempts;
            db.put_bead(b);
        });
    }

    // A merge request that its refinery reviews.
    struct under_review {
        std::string work, request, refinery;
    };
    under_review make_review() {
        under_review out;
        const auto polecat = make_polecat();
        out.work = make_issue("Paint");
        start_session(polecat, out.work, "d-work");
        EXPECT_EQ(post(P(polecat) + "/done", {{"branch", "gt/toast/1"}}).status, 200);
        out.request = get(R + "/beads?type=merge_request").data().at(0).at("id");
        out.refinery = post(R + "/agents/get-or-create", {{"role", "refinery"}}).data().at("id");
        start_session(out.refinery, out.request, "d-review");
        return out;
    }
    answer want_changes(const under_review& r, const std::string& dispatch) {
        return ask("POST", P(r.refinery) + "/request-changes",
                   R"({"feedback":"The left hinge is missing.","files":["gate.c"]})",
                   agent_token(town, rig, r.refinery, dispatch));
    }
};

TEST_F(Decisions, AResolvedRequestSaysByWhomAndHow) {
    const auto t = make_trouble();
    ASSERT_EQ(resolve(t, "DISCARD").status, 200);
    const auto request = bead(t.request);
    EXPECT_EQ(request.at("status"), "closed");
    EXPECT_EQ(request.at("metadata").at("resolution_action"), "DISCARD");
    EXPECT_EQ(request.at("metadata").at("resolution_notes"), "because");
    EXPECT_EQ(request.at("metadata").at("resolved_by"), t.resolver);
    const auto told = history(t.request);
    EXPECT_NE(std::find(told.begin(), told.end(), "triage_resolved"), told.end());
    EXPECT_EQ(agent(t.agent).at("status"), "working") << "nothing is done";
    EXPECT_EQ(resolve(t, "CLOSE_BEAD").status, 200) << "again";
    EXPECT_EQ(bead(t.work).at("status"), "in_progress") << "and nothing happens";
}

TEST_F(Decisions, F2ASessionMayResolveWhenItsHookIsGone) {
    const auto t = make_trouble();
    ASSERT_EQ(erase(P(t.resolver) + "/hook").status, 200);
    EXPECT_EQ(resolve(t, "DISCARD").status, 200) << "by its token";
    const auto other = make_trouble();
    ASSERT_EQ(erase(P(other.resolver) + "/hook").status, 200);
    const auto said =
        ask("POST", R + "/triage/resolve",
            dump_json({{"triage_request_bead_id", other.request}, {"action", "DISCARD"}}),
            container_token(town), {{"x-dispatch-id", other.triage}});
    EXPECT_EQ(said.status, 200) << "by the dispatch that its container names";
}

TEST_F(Decisions, NobodyElseMayResolve) {
    const auto t = make_trouble();
    EXPECT_EQ(resolve(t, "DISCARD", agent_token(town, rig, t.agent, t.stuck)).status, 403);
    EXPECT_EQ(resolve(t, "DISCARD", agent_token(town, rig, t.agent, t.triage)).status, 403)
        << "a dispatch of somebody else";
    EXPECT_EQ(resolve(t, "DISCARD", container_token(town)).status, 403);
    const auto fake = make({{"type", "issue"}, {"title", "x"}, {"labels", {"gt:triage"}}});
    const auto polecat = make_polecat();
    start_session(polecat, fake, "d-fake");
    EXPECT_EQ(resolve(t, "DISCARD", agent_token(town, rig, polecat, "d-fake")).status, 403)
        << "a batch is made by the patrol";
    EXPECT_EQ(bead(t.request).at("status"), "open");
    EXPECT_EQ(resolve(t, "DISCARD", operators_token).status, 200);
    EXPECT_EQ(bead(t.request).at("metadata").at("resolved_by"), "operator");
}

TEST_F(Decisions, RestartStopsTheAgentAndForgetsNoAttempt) {
    const auto t = make_trouble();
    charge(t.work, 4);
    ASSERT_EQ(resolve(t, "RESTART").status, 200);
    EXPECT_TRUE(is_stopping(t.agent));
    EXPECT_EQ(agent(t.agent).at("current_hook_bead_id"), nullptr);
    EXPECT_EQ(bead(t.work).at("status"), "open");
    in_store([&](store::town_store& db) {
        const auto b = db.find_bead(t.work).value();
        EXPECT_EQ(b.dispatch_attempts, 4);
        EXPECT_FALSE(b.next_attempt_at) << "at once";
    });
}

TEST_F(Decisions, RestartWithBackoffWaits) {
    const auto t = make_trouble();
    charge(t.work, 2);
    ASSERT_EQ(resolve(t, "restart_with_backoff").status, 200);
    in_store([&](store::town_store& db) {
        const auto b = db.find_bead(t.work).value();
        ASSERT_TRUE(b.next_attempt_at);
        EXPECT_GT(*b.next_attempt_at, fleet.now);
        EXPECT_EQ(b.dispatch_attempts, 2);
    });
}

TEST_F(Decisions, CloseEndsTheWorkAndItsAgent) {
    const auto t = make_trouble();
    ASSERT_EQ(resolve(t, "CLOSE").status, 200) << "the reconciler's own word for it";
    EXPECT_EQ(bead(t.work).at("status"), "closed");
    EXPECT_TRUE(is_stopping(t.agent));
    EXPECT_EQ(bead(t.request).at("metadata").at("resolution_action"), "CLOSE_BEAD");
}

TEST_F(Decisions, ReassignTakesTheWorkOffItsAgent) {
    const auto t = make_trouble();
    ASSERT_EQ(resolve(t, "REASSIGN_BEAD").status, 200);
    EXPECT_EQ(bead(t.work).at("status"), "open");
    EXPECT_EQ(bead(t.work).at("assignee_agent_bead_id"), nullptr);
    EXPECT_EQ(agent(t.agent).at("current_hook_bead_id"), nullptr);
}

TEST_F(Decisions, NudgeAndGuidanceReachTheAgent) {
    auto t = make_trouble();
    ASSERT_EQ(resolve(t, "NUDGE").status, 200);
    EXPECT_EQ(get(P(t.agent) + "/pending-nudges").data().size(), 1U);
    const auto other = make_trouble();
    ASSERT_EQ(resolve(other, "PROVIDE_GUIDANCE").status, 200);
    const auto mail = get(P(other.agent) + "/mail").data();
    ASSERT_EQ(mail.size(), 1U);
    EXPECT_EQ(mail.at(0).at("body"), "because");
    EXPECT_EQ(get(P(other.agent) + "/pending-nudges").data().size(), 1U);
}

TEST_F(Decisions, EscalationsReachAPersonOrTheMayor) {
    const std::string mayor =
        post(R + "/agents/get-or-create", {{"role", "mayor"}}).data().at("id");
    ASSERT_EQ(resolve(make_trouble(), "ESCALATE_TO_MAYOR").status, 200);
    EXPECT_EQ(get(P(mayor) + "/mail").data().size(), 1U);
    ASSERT_EQ(resolve(make_trouble(), "ESCALATE").status, 200);
    EXPECT_EQ(get("/api/towns/" + town + "/escalations").data().size(), 1U);
}

TEST_F(Decisions, WithoutAMayorAPersonIsAsked) {
    ASSERT_EQ(resolve(make_trouble(), "ESCALATE_TO_MAYOR").status, 200);
    EXPECT_EQ(get("/api/towns/" + town + "/escalations").data().size(), 1U);
}

TEST_F(Decisions, ARequestAboutWhatIsGoneIsResolvedAllTheSame) {
    const auto t = make_trouble();
    ASSERT_EQ(erase(R + "/beads/" + t.work).status, 200);
    ASSERT_EQ(erase(P(t.agent)).status, 200);
    EXPECT_EQ(resolve(t, "RESTART").status, 200);
    EXPECT_EQ(bead(t.request).at("status"), "closed");
}

TEST_F(Decisions, ReworkIsABeadThatTheReviewWaitsFor) {
    const auto r = make_review();
    const auto said = want_changes(r, "d-review");
    ASSERT_EQ(said.status, 201) << dump_json(said.body);
    const std::string id = said.data().at("rework_bead_id");
    const auto rework = bead(id);
    EXPECT_EQ(rework.at("labels"), json::array({"gt:rework"}));
    EXPECT_EQ(rework.at("title"), "Rework: Paint");
    EXPECT_EQ(rework.at("metadata").at("source_bead_id"), r.request);
    EXPECT_EQ(rework.at("metadata").at("branch"), "gt/toast/1");
    EXPECT_EQ(rework.at("metadata").at("files"), json::array({"gate.c"}));
    EXPECT_NE(rework.at("body").get<std::string>().find("hinge"), std::string::npos);
    EXPECT_EQ(bead(r.request).at("status"), "open");
    EXPECT_EQ(bead(r.work).at("status"), "in_review");
    EXPECT_EQ(agent(r.refinery).at("current_hook_bead_id"), nullptr);
    in_store([&](store::town_store& db) {
        EXPECT_EQ(db.find_review(r.request)->rework_rounds, 1);
        const auto d = db.find_dispatch("d-review").value();
        EXPECT_FALSE(d.is_live());
        EXPECT_EQ(d.end_reason, "changes requested");
        EXPECT_EQ(d.outcome, attempt_outcome::success);
        bool waits = false;
        for (const auto& edge : db.dependencies_of(r.request))
            waits = waits || (edge.type == "blocks" && edge.on == id);
        EXPECT_TRUE(waits);
    });
}

TEST_F(Decisions, ReworkThatIsAskedForTwiceIsOne) {
    const auto r = make_review();
    const auto first = want_changes(r, "d-review").data();
    EXPECT_EQ(want_changes(r, "d-review").data(), first);
    in_store(
        [&](store::town_store& db) { EXPECT_EQ(db.find_review(r.request)->rework_rounds, 1); });
}

TEST_F(Decisions, ALateRepeatFindsItsReworkWhenTheReviewerHasOtherWork) {
    const auto r = make_review();
    const auto first = want_changes(r, "d-review").data();
    const auto other = make({{"type", "merge_request"},
                             {"title", "Review: another"},
                             {"metadata", {{"branch", "gt/maple/2"}}}});
    start_session(r.refinery, other, "d-other");
    EXPECT_EQ(want_changes(r, "d-review").data(), first);
    EXPECT_EQ(bead(other).at("status"), "in_progress");
    EXPECT_EQ(agent(r.refinery).at("current_hook_bead_id"), other);
}

TEST_F(Decisions, DoneAfterChangesWereRequestedSaysNothingMore) {
    const auto r = make_review();
    ASSERT_EQ(want_changes(r, "d-review").status, 201);
    for (const auto& token : {agent_token(town, rig, r.refinery, "d-review"), operators_token}) {
        EXPECT_EQ(ask("POST", P(r.refinery) + "/done", R"({"branch":"gt/toast/1"})", token).status,
                  200);
        EXPECT_EQ(bead(r.request).at("status"), "open") << "neither merged nor failed (B10)";
        EXPECT_EQ(bead(r.work).at("status"), "in_review");
    }
    EXPECT_EQ(get("/api/towns/" + town + "/escalations").data().size(), 0U);
}

TEST_F(Decisions, DoneOnReworkClosesIt) {
    const auto r = make_review();
    const std::string id = want_changes(r, "d-review").data().at("rework_bead_id");
    const auto polecat = make_polecat();
    start_session(polecat, id, "d-rework");
    ASSERT_EQ(post(P(polecat) + "/done", {{"branch", "gt/toast/1"}}).status, 200);
    EXPECT_EQ(bead(id).at("status"), "closed");
    EXPECT_EQ(get(R + "/beads?type=merge_request").data().size(), 1U);
}

TEST_F(Decisions, RoundsOfReworkHaveAnEnd) {
    const auto r = make_review();
    in_store([&](store::town_store& db) {
        auto known = db.find_review(r.request).value();
        known.rework_rounds = 5;  // The default cap of attempts.
        db.put_review(known);
    });
    const auto said = want_changes(r, "d-review");
    EXPECT_EQ(said.status, 409);
    EXPECT_NE(said.error().find("changes were requested 5 times"), std::string::npos);
    EXPECT_EQ(bead(r.request).at("status"), "failed");
    EXPECT_EQ(bead(r.work).at("status"), "open");
    EXPECT_EQ(bead(r.work).at("dispatch_attempts"), 1) << "charged as by a failed review";
    EXPECT_EQ(agent(r.refinery).at("current_hook_bead_id"), nullptr);
    EXPECT_EQ(get(R + "/beads?type=issue").data().size(), 1U) << "no further rework";
}

TEST_F(Decisions, AnOlderSessionOfTheReviewerRequestsNothing) {
    const auto r = make_review();
    in_store([&](store::town_store& db) {
        auto d = db.find_dispatch("d-review").value();
        d.state = dispatch_state::ended;
        db.put_dispatch(d);
    });
    start_session(r.refinery, r.request, "d-newer");
    EXPECT_EQ(want_changes(r, "d-review").status, 409);
    EXPECT_EQ(bead(r.request).at("status"), "in_progress");
}

}  // namespace
}  // namespace townd::api_test
