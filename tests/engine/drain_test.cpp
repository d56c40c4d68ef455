// A container that is being replaced. Incident rows G3 and G4, and what they cost nobody.

#include "town/drain.hpp"
#include "engine/actor_rig.hpp"
#include "engine/permits.hpp"
#include "townd/decide/reconcile.hpp"

namespace townd::engine::test {
namespace {

struct drained_rig : actor_rig {
    drained_rig() {
        instance = "old";
        add_rig();
        for (int i = 0; i < 3; ++i)
            add_issue("work");
        run_for(minutes{2});
        EXPECT_EQ(container.running.size(), 3U);
        act([&](town::context& ctx) { nonce = town::begin_drain(ctx); });
        container.on_start = [](const http_call&) {
            return answer_of(503, R"({"error":"Container is draining, cannot start new agents"})");
        };
    }
    // Its agents are put out, as its last act.
    void evict() {
        const auto all = container.running;
        container.running.clear();
        for (const auto& [agent, dispatch] : all) {
            act([&](town::context& ctx) {
                auto a = ctx.store.find_agent(agent);
                a->checkpoint_json =
                    R"({"step":3,"eviction_context":{"branch":"gt/x","agent_name":"n"}})";
                ctx.store.put_agent(*a);
            });
            say_completed(agent, false, "container eviction", dispatch);
        }
    }
    [[nodiscard]] bool draining() {
        return read<bool>([](town::context& ctx) { return ctx.facts.drain.has_value(); });
    }
    void expect_work_goes_on() {
        container.on_start = nullptr;
        EXPECT_TRUE(run_until([&] { return container.running.size() == 3; }, minutes{5}));
        for (const auto& b : issues()) {
            EXPECT_EQ(b.dispatch_attempts, 0) << "charged for an eviction";
            EXPECT_EQ(b.failures_in_row, 0);
        }
        EXPECT_TRUE(open_breakers(*this).empty());
        expect_permits(*this);
    }
    std::string nonce;
};

TEST(IncidentG3, TheNewContainersHeartbeatEndsTheDrain) {
    drained_rig rig;
    rig.evict();
    rig.run_for(minutes{2});
    EXPECT_EQ(rig.with_status(bead_status::open), 3);
    EXPECT_TRUE(rig.draining());
    // The mayor of the new container, say, is the first to beat.
    rig.act([](town::context& ctx) { town::heard_instance(ctx, "new"); });
    EXPECT_FALSE(rig.draining());
    rig.instance = "new";
    rig.expect_work_goes_on();
}

TEST(IncidentG3, WithoutAnyWordItIsOverAfterSevenMinutes) {
    drained_rig rig;
    rig.evict();
    const int starts = rig.container.starts();
    rig.run_for(drain_timeout - seconds{30});
    EXPECT_TRUE(rig.draining());
    EXPECT_EQ(rig.container.starts(), starts) << "nothing starts meanwhile";
    rig.run_for(minutes{1});
    EXPECT_FALSE(rig.draining());
    rig.instance.reset();
    rig.expect_work_goes_on();
}

TEST(IncidentG3, TheNonceReachesTheNewContainerLongBeforeTheTimeout) {
    drained_rig rig;
    std::string given;
    rig.container.on_other = [&](const http_call& call) {
        for (const auto& [name, value] : call.headers)
            if (name == "X-Drain-Nonce") given = value;
        return answer_of(200, R"({"status":"ok"})");
    };
    rig.run_for(minutes{1});
    EXPECT_EQ(given, rig.nonce);
    rig.evict();
    rig.act(
        [&](town::context& ctx) { EXPECT_TRUE(town::container_ready(ctx, given, std::nullopt)); });
    EXPECT_FALSE(rig.draining());
    rig.expect_work_goes_on();
}

TEST(IncidentG3, ADrainOutlivesARestartAndStillEnds) {
    drained_rig rig;
    rig.evict();
    rig.kill_and_restart();
    rig.run_for(minutes{1});
    EXPECT_TRUE(rig.draining());
    rig.run_for(minutes{7});
    EXPECT_FALSE(rig.draining());
    rig.expect_work_goes_on();
}

TEST(IncidentG4, AStaleOrForeignAcknowledgementLiftsNothing) {
    drained_rig rig;
    const std::string first = rig.nonce;
    rig.act([&](town::context& ctx) {
        EXPECT_FALSE(town::container_ready(ctx, "made-up", std::nullopt));
        EXPECT_FALSE(town::container_ready(ctx, first, "old")) << "the one that goes";
        EXPECT_EQ(town::begin_drain(ctx), first) << "said twice, one drain";
        EXPECT_TRUE(town::container_ready(ctx, first, "new"));
        EXPECT_FALSE(town::container_ready(ctx, first, "new")) << "over";
        EXPECT_NE(town::begin_drain(ctx), first);
        EXPECT_FALSE(town::container_ready(ctx, first, std::nullopt)) << "of the drain before";
    });
    EXPECT_TRUE(rig.draining());
}

TEST(IncidentG4, TheNextContainerInheritsTheRestartsThatWereAskedFor) {
    drained_rig rig;
    rig.act([&](town::context& ctx) {
        ctx.facts.health.restarts_at = {ctx.now, ctx.now, ctx.now};
        ctx.facts.health.failures = 3;
        EXPECT_TRUE(town::container_ready(ctx, rig.nonce, "new"));
        EXPECT_EQ(ctx.facts.health.restarts_at.size(), 3U) << "or each restart allows the next";
        EXPECT_EQ(ctx.facts.health.failures, 0);
    });
}

TEST(IncidentG4, HeartbeatsOfTheContainerThatGoesLiftNothing) {
    drained_rig rig;
    rig.run_for(minutes{5});
    EXPECT_TRUE(rig.draining());
    EXPECT_EQ(rig.container.running.size(), 3U) << "its agents work on to their end";
}

TEST(Drain, WhatAnEvictedAgentLeftIsWithItsBead) {
    drained_rig rig;
    rig.evict();
    for (const auto& b : rig.issues()) {
        const auto metadata = parse_json(b.metadata_json);
        ASSERT_TRUE(metadata);
        EXPECT_EQ((*metadata)["eviction_context"]["branch"], "gt/x");
        EXPECT_EQ((*metadata)["checkpoint"]["step"], 3);
    }
}

TEST(Drain, AgentsThatVanishWithTheirContainerCostNobodyAnything) {
    drained_rig rig;
    rig.container.running.clear();  // No word at all.
    rig.run_for(minutes{3});
    EXPECT_EQ(rig.with_status(bead_status::open), 3) << "silent for longer than a heartbeat";
    rig.act([&](town::context& ctx) {
        EXPECT_TRUE(town::container_ready(ctx, rig.nonce, std::nullopt));
    });
    rig.expect_work_goes_on();
}

}  // namespace
}  // namespace townd::engine::test
