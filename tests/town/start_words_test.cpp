// What a start says of the work: its prompt, its branch, where it begins.

#include "town/bench.hpp"
#include "town/start_request.hpp"

namespace townd::town_test {
namespace {

class StartWords : public bench {
protected:
    json body_of(agent_role role, const bead& work) {
        const auto a = known_ ? *known_ : known_.emplace(make_agent(role, "Toast"));
        json out;
        run([&](town::context& ctx) {
            dispatch d;
            d.id = "d1";
            d.role = role;
            d.rig = rig;
            d.agent = a.id;
            d.agent_name = a.name;
            d.bead = work.id;
            const auto call = town::start_call(ctx, d, a, ctx.store.find_bead(work.id).value(),
                                               ctx.store.find_rig(rig));
            ASSERT_TRUE(call) << call.error().what;
            out = parse_json(call->body).value();
        });
        return out;
    }
    static bool says(const json& body, const std::string& words) {
        return body.at("prompt").get<std::string>().find(words) != std::string::npos;
    }

private:
    std::optional<agent> known_;
};

TEST_F(StartWords, PlainWorkBeginsAtTheDefaultBranch) {
    const auto body = body_of(agent_role::polecat, make(bead_type::issue, "Paint"));
    EXPECT_EQ(body.at("prompt"), "Paint");
    EXPECT_EQ(body.at("branch"), "gt/toast/bead-1-o");
    EXPECT_EQ(body.at("defaultBranch"), "trunk");
    EXPECT_FALSE(body.contains("startPoint"));
}

TEST_F(StartWords, AConfigurationThatWasJustChangedIsUsed) {
    run([&](town::context& ctx) {
        const auto model = [&] {
            return text_at(town::town_config(ctx), "default_model").value_or("none");
        };
        auto meta = ctx.store.meta();
        meta.config_json = R"({"default_model": "one"})";
        ctx.store.put_meta(meta);
        EXPECT_EQ(model(), "one");
        ctx.store.savepoint();
        meta.config_json = R"({"default_model": "two"})";
        ctx.store.put_meta(meta);
        EXPECT_EQ(model(), "two");
        ctx.store.rollback_to();
        EXPECT_EQ(model(), "one");
    });
}

TEST_F(StartWords, WorkOfAConvoyThatLandsAsAWholeBeginsAtItsBranch) {
    const json convoy{{"convoy_id", "c"}, {"convoy_feature_branch", "convoy/x/c/head"}};
    const auto body = body_of(agent_role::polecat, make(bead_type::issue, "Paint", convoy));
    EXPECT_EQ(body.at("startPoint"), "origin/convoy/x/c/head");
    EXPECT_EQ(body.at("branch"), "gt/toast/bead-1-o");
}

TEST_F(StartWords, WorkOfAConvoyThatLandsBeadByBeadDoesNot) {
    const json convoy{{"convoy_id", "c"}, {"feature_branch", "convoy/x/c/head"}};
    EXPECT_FALSE(body_of(agent_role::polecat, make(bead_type::issue, "Paint", convoy))
                     .contains("startPoint"));
}

TEST_F(StartWords, ReworkIsDoneOnTheBranchUnderReview) {
    const auto body =
        body_of(agent_role::polecat,
                make(bead_type::issue, "Rework: Paint",
                     {{"branch", "gt/maple/1"}, {"feedback", "The left hinge is missing."}},
                     {"gt:rework"}));
    EXPECT_EQ(body.at("branch"), "gt/maple/1");
    EXPECT_EQ(body.at("startPoint"), "origin/gt/maple/1");
    EXPECT_TRUE(says(body, "The left hinge is missing."));
}

TEST_F(StartWords, ABranchInTheMetadataOfOtherWorkMeansNothing) {
    const auto body =
        body_of(agent_role::polecat, make(bead_type::issue, "Paint", {{"branch", "gt/maple/1"}}));
    EXPECT_EQ(body.at("branch"), "gt/toast/bead-1-o");
}

TEST_F(StartWords, ABranchThatGitWouldTakeForAnOptionIsNone) {
    for (const std::string bad : {"--upload-pack=x", "a b", ""}) {
        const auto body = body_of(agent_role::polecat, make(bead_type::issue, "Rework",
                                                            {{"branch", bad}}, {"gt:rework"}));
        EXPECT_TRUE(body.at("branch").get<std::string>().starts_with("gt/toast/")) << bad;
        EXPECT_FALSE(body.contains("startPoint")) << bad;
    }
}

TEST_F(StartWords, WhatAnEvictedAgentLeftIsGoneOnFrom) {
    const auto body =
        body_of(agent_role::polecat, make(bead_type::issue, "Paint",
                                          {{"eviction_context", {{"branch", "gt/maple/1"}}},
                                           {"checkpoint", {{"done", "sanding"}}},
                                           {"convoy_feature_branch", "convoy/x/c/head"}}));
    EXPECT_EQ(body.at("startPoint"), "origin/gt/maple/1") << "newer than the convoy's";
    EXPECT_TRUE(says(body, "branch gt/maple/1"));
    EXPECT_TRUE(says(body, "sanding"));
}

TEST_F(StartWords, AReviewIsOnItsBranchAndNamesItsTarget) {
    const auto work = make(bead_type::merge_request, "Review: Paint");
    run([&](town::context& ctx) {
        review r;
        r.id = work.id;
        r.branch = "gt/maple/1";
        r.target_branch = "convoy/x/c/head";
        ctx.store.insert_review(r);
    });
    const auto body = body_of(agent_role::refinery, work);
    EXPECT_EQ(body.at("branch"), "gt/maple/1");
    EXPECT_TRUE(says(body, "against convoy/x/c/head"));
}

TEST_F(StartWords, ATriageBatchListsItsRequestsAndHowToResolveThem) {
    const auto request = make(bead_type::issue, "Maple makes no progress",
                              {{"triage_type", "stuck_agent"},
                               {"agent_bead_id", "agent-Maple"},
                               {"hooked_bead_id", "bead-x"}},
                              {"gt:triage-request"});
    const auto over = make(bead_type::issue, "Over", {}, {"gt:triage-request"});
    run([&](town::context& ctx) {
        auto b = ctx.store.find_bead(over.id).value();
        town::set_status(ctx, b, bead_status::closed, "resolved");
    });
    const auto body = body_of(agent_role::polecat,
                              make(bead_type::issue, "Triage 2 requests",
                                   {{"requests", {request.id, over.id, "gone"}}}, {"gt:triage"}));
    for (const std::string& words :
         {request.id + ": Maple makes no progress", std::string{"agent: agent-Maple"},
          std::string{"bead: bead-x"}, std::string{"triage/resolve"}, std::string{"REASSIGN_BEAD"}})
        EXPECT_TRUE(says(body, words)) << words;
    EXPECT_FALSE(says(body, over.id));
}

}  // namespace
}  // namespace townd::town_test
