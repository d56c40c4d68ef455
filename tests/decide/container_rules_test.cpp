// Drain, watch, token; and what a town sweeps up.

#include <gtest/gtest.h>

#include "decide/town_builder.hpp"
#include "townd/decide/invariants.hpp"

namespace townd {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

template <class Action>
int count_of(const outcome& out) {
    int found = 0;
    for (const auto& p : out.it.actions)
        if (std::holds_alternative<Action>(p.what)) ++found;
    return found;
}

struct draining : town {
    explicit draining(duration since) {
        rig("r").issue("b1");
        facts.drain = town_drain{"nonce", now - since, "old"};
        facts.health.checked_at = now;
    }
};

TEST(ContainerRules, NothingStartsWhileTheContainerIsReplaced) {
    draining t{minutes{1}};
    EXPECT_TRUE(t.tick().is_quiet());
    const auto why = t.why("b1");
    EXPECT_EQ(why.gate, gate_reason::town_draining);
    EXPECT_EQ(why.until, t.now + minutes{6});
}

TEST(ContainerRules, G3ADrainWithoutANewContainerIsOverAfterSevenMinutesAndTheNonceIsOutBefore) {
    draining t{minutes{1}};
    t.facts.health.checked_at = t.now - drain_check_every;
    EXPECT_EQ(count_of<check_container>(t.tick()), 1) << "it carries the nonce";
    draining over{drain_timeout};
    EXPECT_EQ(count_of<end_drain>(over.tick()), 1);
    draining almost{drain_timeout - duration{1}};
    EXPECT_EQ(count_of<end_drain>(almost.tick()), 0);
}

TEST(ContainerRules, SilenceOfAnEvictedSessionIsNobodysFailure) {
    town t;
    t.rig("r").polecat("Toast").hook("b1").working().silent_for(minutes{5});
    t.issue("b1").started();
    auto& d = t.attempt("d1", "Toast", "b1", dispatch_state::started);
    d.created_at = t.now - minutes{20};
    d.started_at = d.created_at;
    const auto code = [&] {
        const auto out = t.tick();
        for (const auto& p : out.it.actions)
            if (const auto* e = std::get_if<end_session>(&p.what)) return e->error.code();
        return error_code::internal;
    };
    EXPECT_EQ(code(), error_code::agent_no_heartbeat);
    t.facts.drain = town_drain{"n", t.now - minutes{4}, std::nullopt};
    EXPECT_EQ(code(), error_code::cancelled);
    t.facts.drain.reset();
    t.facts.drained_since = t.now - minutes{4};
    t.facts.drained_until = t.now - minutes{2};
    EXPECT_EQ(code(), error_code::cancelled) << "put out with its container";
    t.rows.agents[0].last_activity_at = *t.facts.drained_until + seconds{1};
    t.now += minutes{3};
    EXPECT_EQ(code(), error_code::agent_no_heartbeat) << "it outlived the drain";
}

struct watched : town {
    watched() {
        rules.upkeep.restarts = true;
        facts.work_waits = true;
        facts.health.alive_at = now;
    }
};

TEST(ContainerRules, ASilentContainerIsAskedForItsHealthWhereSomebodyCouldRestartIt) {
    watched t;
    EXPECT_TRUE(t.tick().is_quiet());
    t.facts.health.alive_at = t.now - t.rules.upkeep.health_interval;
    EXPECT_EQ(count_of<check_container>(t.tick()), 1);
    t.facts.work_waits = false;
    EXPECT_TRUE(t.tick().is_quiet()) << "nobody waits for it";
    t.facts.work_waits = true;
    t.rules.upkeep.restarts = false;
    EXPECT_TRUE(t.tick().is_quiet()) << "probes of the breakers tell as much";
}

TEST(ContainerRules, A16ThreeFailedChecksAskForARestartWithGraceBetween) {
    watched t;
    t.facts.health.checked_at = t.now;
    t.facts.health.failures = unhealthy_after - 1;
    EXPECT_EQ(count_of<restart_container>(t.tick()), 0);
    t.facts.health.failures = unhealthy_after;
    EXPECT_EQ(count_of<restart_container>(t.tick()), 1);
    t.facts.health.restarts_at = {t.now - cold_start_grace + duration{1}};
    EXPECT_EQ(count_of<restart_container>(t.tick()), 0) << "it may be coming up";
    t.facts.health.restarts_at = {t.now - cold_start_grace};
    EXPECT_EQ(count_of<restart_container>(t.tick()), 1);
}

// Kilo #2932: a token before each start restarted everybody.
TEST(ContainerRules, ATokenIsRenewedOnceBeforeItsEndAndTriedAgainAtGrowingDistance) {
    town t;
    t.rig("r").polecat("Toast").hook("b1").working();
    t.issue("b1").started();
    auto& d = t.attempt("d1", "Toast", "b1", dispatch_state::started);
    d.created_at = t.now - token_renewed_after + duration{1};
    EXPECT_EQ(count_of<renew_token>(t.tick()), 0);
    d.created_at = t.now - token_renewed_after;
    EXPECT_EQ(count_of<renew_token>(t.tick()), 1);
    t.facts.token_failures = 1;
    t.facts.token_tried_at = t.now - token_retry + duration{1};
    EXPECT_EQ(count_of<renew_token>(t.tick()), 0);
    t.facts.token_failures = 0;
    t.facts.token_sent_at = t.now - hours{1};
    EXPECT_EQ(count_of<renew_token>(t.tick()), 0);
}

TEST(UpkeepRules, E10OnlyAnAgentThatNobodyNeedsIsForgotten) {
    town t;
    t.facts.opened_at = t.now - hours{100};
    t.rig("r").polecat("Toast").silent_for(agent_kept);
    t.rows.agents[0].created_at = t.now - hours{90};
    EXPECT_TRUE(t.tick().does<forget_agent>("Toast"));
    t.rows.agents[0].created_at = t.now;
    EXPECT_TRUE(t.tick().is_quiet()) << "just registered (domain 10)";
    t.rows.agents[0].created_at = t.now - hours{90};
    t.rows.agents[0].hook = "gone";
    EXPECT_FALSE(t.tick().does<forget_agent>("Toast")) << "it holds something";
    t.rows.agents[0].hook.reset();
    t.issue("b1").label("gt:held").assigned("Toast");
    EXPECT_FALSE(t.tick().does<forget_agent>("Toast")) << "somebody counts on it";
}

TEST(UpkeepRules, AnUnreadLetterKeepsNobody) {
    town t;
    t.facts.opened_at = t.now - hours{100};
    t.rig("r").polecat("Toast").silent_for(agent_kept);
    t.rows.agents[0].created_at = t.now - hours{90};
    t.work("m1", bead_type::message, "r").assigned("Toast");
    EXPECT_TRUE(t.tick().does<forget_agent>("Toast"));
}

TEST(UpkeepRules, TheMayorStaysAndManyGoAFewATick) {
    town t;
    t.facts.opened_at = t.now - hours{100};
    t.rig("r").mayor().silent_for(hours{90});
    for (int i = 0; i < 50; ++i) {
        t.polecat("p" + std::to_string(i)).silent_for(hours{90});
        t.rows.agents.back().created_at = t.now - hours{95};
    }
    EXPECT_EQ(count_of<forget_agent>(t.tick()), forgotten_per_tick);
    EXPECT_FALSE(t.tick().does<forget_agent>("Mayor"));
}

TEST(UpkeepRules, HistoryIsPrunedOnceADay) {
    town t;
    t.facts.pruned_at = t.now - prune_every + duration{1};
    EXPECT_TRUE(t.tick().is_quiet());
    t.facts.pruned_at = t.now - prune_every;
    EXPECT_EQ(count_of<prune_history>(t.tick()), 1);
}

std::vector<int> broken(const town& t) {
    const town_view view{t.rows, t.facts, t.rules, t.now};
    std::vector<int> out;
    for (const auto& b : check_invariants(view)) {
        out.push_back(b.number);
        EXPECT_FALSE(b.sentence.empty());
        EXPECT_FALSE(b.repaired_by.empty());
    }
    return out;
}

TEST(Invariants, EachIsFoundWhenItIsBrokenAndNoneElse) {
    town well;
    well.rig("r").polecat("Toast").hook("b1").working();
    well.issue("b1").started();
    well.attempt("d1", "Toast", "b1", dispatch_state::started);
    EXPECT_TRUE(broken(well).empty());
    town over = well;
    over.rows.beads.clear();
    EXPECT_EQ(broken(over), std::vector<int>{1});
    town alone;
    alone.rig("r").issue("b1").started();
    EXPECT_EQ(broken(alone), std::vector<int>{2});
    town two_reviews;
    two_reviews.rig("r").merge_request("m1").started();
    two_reviews.merge_request("m2").started();
    EXPECT_EQ(broken(two_reviews), std::vector<int>{3});
    two_reviews.rows.reviews[1].pr_url = "https://x/1";
    EXPECT_TRUE(broken(two_reviews).empty()) << "one that waits for its pull request";
    town reviewed;
    reviewed.rig("r").issue("b1").in_review();
    EXPECT_EQ(broken(reviewed), std::vector<int>{4});
    town convoy;
    convoy.rig("r").work("c1", bead_type::convoy, "r").started();
    EXPECT_EQ(broken(convoy), std::vector<int>{5});
    town shared = well;
    shared.polecat("Maple").hook("b1");
    EXPECT_EQ(broken(shared), std::vector<int>{6});
    town hookless;
    hookless.rig("r").polecat("Toast").working();
    EXPECT_EQ(broken(hookless), std::vector<int>{7});
}

}  // namespace
}  // namespace townd
