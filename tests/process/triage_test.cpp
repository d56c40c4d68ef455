// Agents that live and get nowhere, through the real binary: they are asked, then triage decides
// (incident rows F1, F2).

#include "process/whole_town.hpp"

namespace townd::test {
namespace {

using standin::behaviour;

class Triage : public whole_town {
protected:
    // Tokens are checked: what an agent may do is what its own token lets it.
    void begin_with_tokens(standin::options opts) {
        const auto secret = daemon_.dir() / "jwt-secret";
        write_file(secret, "0123456789abcdef0123456789abcdef\n");
        std::filesystem::permissions(secret, std::filesystem::perms::owner_read);
        begin({{"api.jwt_secret_file", secret.string()},
               {"progress.nudge_after", "500ms"},
               {"progress.escalate_after", "1s"},
               {"progress.stop_after", "10m"}},
              std::move(opts), daemon_.dir() / "api.sock");
    }
    static std::string token_of(const standin::start_seen& start) {
        return said(member(body_of(start), "envVars"), "GASTOWN_SESSION_TOKEN");
    }
    http_reply resolve(const std::string& request, const std::string& action,
                       const std::string& token) const {
        return http_send(daemon_.api(), "POST", town_.rig_path() + "/triage/resolve",
                         dump_json({{"triage_request_bead_id", request},
                                    {"action", action},
                                    {"resolution_notes", "looked at it"}}),
                         {"Authorization: Bearer " + token});
    }
    // A polecat that stands still on a bead; all later ones work.
    void begin_stuck() {
        ASSERT_TRUE(container_->set_behaviour("polecat", behaviour::no_progress));
        bead_ = town_.make_bead("hard work");
        ASSERT_TRUE(begins(bead_)) << explain(bead_);
        container_->clear_roles();
    }

    std::string bead_;
};

TEST_F(Triage, F2AResolverThatLostItsHookMayStillResolve) {
    auto opts = fast_standin();
    opts.work_time = duration{600'000};
    ASSERT_NO_FATAL_FAILURE(begin_with_tokens(opts));
    ASSERT_NO_FATAL_FAILURE(begin_stuck());
    const auto stuck = begun(bead_).front();

    const auto request = wait_for_labelled("gt:triage-request");
    ASSERT_FALSE(request.empty()) << explain(bead_);
    EXPECT_EQ(town_.bead(request)["metadata"]["agent_bead_id"], stuck.agent);
    EXPECT_EQ(town_.bead(request)["metadata"]["hooked_bead_id"], bead_);
    const auto nudges = town_.call("GET", "/agents/" + stuck.agent + "/pending-nudges").data();
    ASSERT_FALSE(nudges.empty());
    EXPECT_EQ(said(nudges.back(), "priority"), "urgent") << nudges;
    const auto batch = wait_for_labelled("gt:triage");
    ASSERT_TRUE(begins(batch)) << explain(batch);
    const auto resolver = begun(batch).front();
    EXPECT_NE(said(body_of(resolver), "prompt").find(request), std::string::npos);

    EXPECT_EQ(resolve(request, "RESTART", token_of(stuck)).status, 403) << "it is no resolver";
    EXPECT_EQ(town_.status(request), "open");
    const auto unhooked = town_.call("DELETE", "/agents/" + resolver.agent + "/hook");
    ASSERT_EQ(member(unhooked.data(), "unhooked"), true) << unhooked.body;
    EXPECT_EQ(resolve(request, "CLOSE", "nonsense").status, 401);
    const auto done = resolve(request, "RESTART", token_of(resolver));
    EXPECT_EQ(done.status, 200) << done.body;
    EXPECT_EQ(town_.status(request), "closed");
    EXPECT_EQ(town_.bead(request)["metadata"]["resolution_action"], "RESTART");
    EXPECT_EQ(resolve(request, "RESTART", token_of(resolver)).status, 200) << "said twice";
    ASSERT_TRUE(begins(bead_, 2)) << explain(bead_);
    EXPECT_EQ(begun(bead_).size(), 2U) << "restarted once";
    EXPECT_EQ(labelled("gt:triage-request").size(), 1U);
}

TEST_F(Triage, IsDoneByAgentsAlone) {
    ASSERT_NO_FATAL_FAILURE(begin_with_tokens(fast_standin()));
    ASSERT_NO_FATAL_FAILURE(begin_stuck());
    EXPECT_TRUE(has(bead_, "closed")) << explain(bead_);
    const auto requests = labelled("gt:triage-request");
    ASSERT_EQ(requests.size(), 1U);
    EXPECT_EQ(said(requests.front(), "status"), "closed");
    const auto batches = labelled("gt:triage");
    ASSERT_EQ(batches.size(), 1U) << "one trouble, one triage (incident row F1)";
    const auto batch = said(batches.front(), "bead_id");
    EXPECT_TRUE(has(batch, "closed")) << explain(batch);
    EXPECT_EQ(begun(batch).size(), 1U);
    EXPECT_TRUE(wait_until([&] { return container_->live_agents() == 0; })) << daemon_.err();
}

}  // namespace
}  // namespace townd::test
