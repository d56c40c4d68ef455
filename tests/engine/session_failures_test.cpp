// Incident rows B (failures after start) and C (counters, caps, latches).

#include "engine/actor_rig.hpp"
#include "engine/explain.hpp"
#include "town/agents.hpp"

namespace townd::engine::test {
namespace {

std::vector<kept_failure> failures_of(actor_rig& rig, const bead_id& id) {
    return rig.read<std::vector<kept_failure>>(
        [&](town::context& ctx) { return ctx.store.failures(id); });
}

// Every agent ends badly after it lived for three minutes.
void fail_after_three_minutes(actor_rig& rig) {
    auto beats = std::make_shared<std::map<agent_id, int>>();
    rig.each_beat = [&rig, beats](const agent_id& agent) {
        if (++(*beats)[agent] < 6) return;
        (*beats)[agent] = 0;
        const std::string named = rig.container.running[agent];
        rig.container.running.erase(agent);
        rig.say_completed(agent, true, "merge conflict in main.cpp", named);
    };
}

TEST(IncidentB1, SessionsThatFailAreCappedAndAllTheirReasonsKept) {
    actor_rig rig;
    rig.add_rig();
    fail_after_three_minutes(rig);
    const auto id = rig.add_issue("hopeless");
    EXPECT_TRUE(
        rig.run_until([&] { return rig.bead_now(id).status == bead_status::failed; }, hours{2}));
    EXPECT_EQ(rig.container.starts(), 5);
    rig.run_for(hours{3});
    EXPECT_EQ(rig.container.starts(), 5);
    const auto b = rig.bead_now(id);
    EXPECT_EQ(b.dispatch_attempts, 5);
    EXPECT_NE(b.reason.find("merge conflict in main.cpp"), std::string::npos) << b.reason;
    const auto kept = failures_of(rig, id);
    ASSERT_EQ(kept.size(), 5U);
    for (const auto& f : kept) {
        EXPECT_EQ(f.error.code(), error_code::agent_exited);
        EXPECT_NE(f.error.message().find("merge conflict in main.cpp"), std::string::npos);
    }
    EXPECT_EQ(rig.container_breaker(), breaker_state::closed);
    EXPECT_EQ(rig.in_flight->used(), 0);
}

TEST(IncidentB6, AWordOfAnOlderSessionChangesNothing) {
    actor_rig rig;
    rig.add_rig();
    const auto id = rig.add_issue("twice");
    const auto first = rig.attempts(id).at(0);
    rig.run_for(minutes{2});
    rig.container.running.clear();
    rig.say_completed(first.agent, false, "container eviction", first.id);
    EXPECT_TRUE(rig.run_until([&] { return rig.container.starts() == 2; }, minutes{2}));
    rig.run_for(minutes{1});
    const auto before = rig.bead_now(id);
    const auto second = rig.attempts(id).at(0);
    ASSERT_EQ(second.state, dispatch_state::started);
    ASSERT_EQ(second.agent, first.agent);

    rig.say_completed(first.agent, true, "late word", first.id);
    rig.say_done(first.agent, first.id);
    rig.beat(first.agent, first.id);
    rig.run_for(minutes{1});
    const auto after = rig.bead_now(id);
    EXPECT_EQ(after.status, bead_status::in_progress);
    EXPECT_EQ(after.dispatch_attempts, before.dispatch_attempts);
    EXPECT_EQ(rig.attempts(id).at(0).state, dispatch_state::started);
    EXPECT_EQ(rig.agents().at(0).hook, id);
    EXPECT_EQ(rig.container.calls_to("/stop"), 0);
    EXPECT_EQ(rig.journal.count("stale_callback"), 3);
}

TEST(IncidentB7, AnUnhookedAgentThatBeatsIsStoppedAndNothingOscillates) {
    actor_rig rig;
    rig.add_rig();
    const auto id = rig.add_issue("gone");
    const auto d = rig.attempts(id).at(0);
    rig.run_for(minutes{1});
    rig.container.on_stop = [](const http_call&) { return answer_of(500, ""); };
    rig.act([&](town::context& ctx) {
        EXPECT_TRUE(town::change_status(ctx, id, bead_status::closed, std::nullopt));
    });
    for (int i = 0; i < 10; ++i) {
        rig.run_for(seconds{30});  // It still runs and beats.
        const auto a = rig.agents().at(0);
        EXPECT_EQ(a.status, agent_status::idle);
        EXPECT_FALSE(a.hook.has_value());
    }
    rig.container.on_stop = nullptr;
    EXPECT_TRUE(rig.run_until([&] { return rig.container.running.empty(); }, seconds{30}));
    // A confirmed one that beats all the same is stopped again.
    rig.container.running[d.agent] = d.id;
    EXPECT_TRUE(rig.run_until([&] { return rig.container.running.empty(); }, seconds{60}));
    EXPECT_EQ(rig.agents().at(0).status, agent_status::idle);
}

TEST(IncidentB11, AStopIsSentUntilTheContainerConfirms) {
    actor_rig rig;
    rig.add_rig();
    const auto id = rig.add_issue("cancelled");
    rig.run_for(minutes{2});
    int refused = 0;
    rig.container.on_stop = [&](const http_call&) -> std::optional<http_answer> {
        if (++refused % 2 == 0) return std::nullopt;
        return answer_of(503, "busy");
    };
    rig.act([&](town::context& ctx) {
        EXPECT_TRUE(town::change_status(ctx, id, bead_status::closed, std::nullopt));
    });
    EXPECT_EQ(rig.container.calls_to("/stop"), 1);  // At once.
    rig.run_for(minutes{5});
    EXPECT_GE(refused, 15);
    EXPECT_LE(refused, 120);
    rig.container.on_stop = nullptr;
    rig.run_for(seconds{40});
    EXPECT_TRUE(rig.container.running.empty());
    const int confirmed = rig.container.calls_to("/stop");
    rig.run_for(hours{1});
    EXPECT_EQ(rig.container.calls_to("/stop"), confirmed);
    EXPECT_EQ(rig.container.starts(), 1);
}

// One of an older make knows neither stop nor status; its slots must come free all the same.
TEST(IncidentB11, AContainerThatConfirmsNothingHoldsNoSilentSlotForEver) {
    actor_rig rig;
    rig.add_rig();
    const auto id = rig.add_issue("cancelled");
    rig.run_for(minutes{1});
    const auto unknown_route = [](const http_call&) { return answer_of(501, "not here"); };
    rig.container.on_stop = unknown_route;
    rig.container.on_status = unknown_route;
    rig.act([&](town::context& ctx) {
        EXPECT_TRUE(town::change_status(ctx, id, bead_status::closed, std::nullopt));
    });
    rig.container.running.clear();
    std::size_t waiting = 0;
    const auto count = [&](town::context& ctx) { waiting = ctx.store.load_live().stops.size(); };
    rig.run_for(seconds{30});
    rig.act(count);
    EXPECT_EQ(waiting, 1U);  // It may only be slow.
    rig.run_for(minutes{5});
    rig.act(count);
    EXPECT_EQ(waiting, 0U);
}

TEST(IncidentB11, AStopSurvivesARestart) {
    actor_rig rig;
    rig.add_rig();
    const auto id = rig.add_issue("cancelled");
    rig.run_for(minutes{1});
    rig.container.on_stop = [](const http_call&) { return refused_connect(); };
    rig.act([&](town::context& ctx) {
        EXPECT_TRUE(town::change_status(ctx, id, bead_status::closed, std::nullopt));
    });
    rig.kill_and_restart();
    rig.container.on_stop = nullptr;
    rig.run_for(seconds{30});
    EXPECT_TRUE(rig.container.running.empty());
}

TEST(IncidentB13, AnAgentThatDiesAfterItsBeadWasClosedIsNotStartedAgain) {
    actor_rig rig;
    rig.add_rig();
    const auto id = rig.add_issue("closed");
    const auto d = rig.attempts(id).at(0);
    rig.run_for(minutes{1});
    rig.act([&](town::context& ctx) {
        EXPECT_TRUE(town::change_status(ctx, id, bead_status::closed, std::nullopt));
    });
    rig.say_completed(d.agent, true, "killed", d.id);
    rig.run_for(hours{1});
    EXPECT_EQ(rig.container.starts(), 1);
    EXPECT_EQ(rig.bead_now(id).status, bead_status::closed);
    EXPECT_EQ(rig.bead_now(id).dispatch_attempts, 0);
}

TEST(IncidentC1, NeitherHooksNorHeartbeatsNorStartsClearTheCount) {
    actor_rig rig;
    rig.add_rig();
    fail_after_three_minutes(rig);
    const auto id = rig.add_issue("looping");
    int last = 0;
    for (int i = 0; i < 400 && rig.bead_now(id).status != bead_status::failed; ++i) {
        rig.run_for(seconds{20});
        const int count = rig.bead_now(id).dispatch_attempts;
        EXPECT_GE(count, last);
        last = count;
        // Somebody unhooks and hooks it again whenever the agent rests.
        rig.act([&](town::context& ctx) {
            for (const auto& a : ctx.store.agents())
                if (a.status == agent_status::idle && !a.hook)
                    static_cast<void>(town::hook(ctx, a.id, id));
        });
    }
    EXPECT_EQ(rig.bead_now(id).status, bead_status::failed);
    EXPECT_EQ(rig.container.starts(), 5);
}

TEST(IncidentC2, AnOutageOfTwoHoursHealsWithoutAnybody) {
    actor_rig rig;
    rig.add_rig();
    rig.container.on_start = [](const http_call&) {
        return answer_of(500, R"({"error":"server start timeout"})");
    };
    for (int i = 0; i < 7; ++i)
        rig.add_issue("bead");
    rig.run_for(hours{2});
    EXPECT_EQ(rig.with_status(bead_status::open), 7);
    rig.container.on_start = nullptr;
    EXPECT_TRUE(rig.run_until([&] { return rig.container.running.size() == 5; }, minutes{13}));
    // Those that are done make room for the rest.
    rig.each_beat = [&](const agent_id& agent) {
        const auto named = rig.container.running[agent];
        rig.container.running.erase(agent);
        rig.say_done(agent, named);
    };
    EXPECT_TRUE(
        rig.run_until([&] { return rig.with_status(bead_status::closed) == 7; }, minutes{20}));
    EXPECT_EQ(rig.with_status(bead_status::failed), 0);
}

TEST(IncidentC3, ARetryOpensAFailedBeadOnceWithClearedCounters) {
    actor_rig rig;
    rig.add_rig();
    fail_after_three_minutes(rig);
    const auto id = rig.add_issue("retried");
    ASSERT_TRUE(
        rig.run_until([&] { return rig.bead_now(id).status == bead_status::failed; }, hours{2}));
    rig.act([&](town::context& ctx) { EXPECT_TRUE(town::retry_bead(ctx, id, "fixed main")); });
    EXPECT_EQ(rig.container.starts(), 6);
    EXPECT_EQ(rig.bead_now(id).dispatch_attempts, 0);
    const auto again = rig.in_town([&](town::context& ctx) -> result<json> {
        if (auto r = town::retry_bead(ctx, id, ""); !r) return r.error();
        return json();
    });
    ASSERT_FALSE(again.has_value());
    EXPECT_EQ(again.error().kind, errc::conflict);
    const auto events = rig.read<std::vector<store::bead_event>>(
        [&](town::context& ctx) { return ctx.store.bead_events(std::nullopt, id, 1000); });
    EXPECT_EQ(std::count_if(events.begin(), events.end(),
                            [](const auto& e) { return e.type == "reopened"; }),
              1);
    EXPECT_TRUE(
        rig.run_until([&] { return rig.bead_now(id).status == bead_status::failed; }, hours{2}));
    EXPECT_EQ(rig.container.starts(), 10);
}

TEST(IncidentC4, AResetAndAChargeInOneCycleLoseNothing) {
    actor_rig rig;
    rig.add_rig();
    const auto id = rig.add_issue("raced");
    const auto d = rig.attempts(id).at(0);
    rig.run_for(minutes{2});
    rig.act([&](town::context& ctx) {
        auto b = ctx.store.find_bead(id);
        b->dispatch_attempts = 4;
        ctx.store.put_bead(*b);
    });
    // The charge that fails the bead and the retry that takes it back, in this order.
    rig.container.running.clear();
    bool retried = false;
    rig.inbox.push_back({[&](town::context& ctx) -> result<json> {
                             EXPECT_TRUE(town::completed(ctx, d.agent, d.id, true, "broken"));
                             auto b = ctx.store.find_bead(id);
                             EXPECT_EQ(b->dispatch_attempts, 5);
                             town::set_status(ctx, *b, bead_status::failed, "cap");
                             return json();
                         },
                         [](const result<json>&) {}, false});
    rig.inbox.push_back({[&](town::context& ctx) -> result<json> {
                             retried = town::retry_bead(ctx, id, "now").has_value();
                             return json();
                         },
                         [](const result<json>&) {}, false});
    rig.settle();
    EXPECT_TRUE(retried);
    EXPECT_EQ(rig.bead_now(id).dispatch_attempts, 0);
    EXPECT_EQ(rig.container.starts(), 2);
    // A late word of the session that was reset changes nothing either.
    rig.say_completed(d.agent, true, "late", d.id);
    EXPECT_EQ(rig.bead_now(id).dispatch_attempts, 0);
    EXPECT_EQ(rig.bead_now(id).status, bead_status::in_progress);
}

TEST(IncidentC5, AFreshAgentRecordGivesNoFreshStart) {
    actor_rig rig;
    rig.add_rig();
    rig.container.on_start = [](const http_call&) {
        return answer_of(500, R"({"error":"git clone failed","phase":"clone"})");
    };
    const auto id = rig.add_issue("re-minted");
    for (int i = 0; i < 600; ++i) {
        rig.run_for(seconds{5});
        rig.act([&](town::context& ctx) {
            for (const auto& a : ctx.store.agents())
                static_cast<void>(town::delete_agent(ctx, a.id));
        });
    }
    // 50 minutes: the slot's breaker holds however often the record is new.
    EXPECT_LE(rig.container.starts(), 14);
    EXPECT_GE(rig.container.starts(), 5);
    EXPECT_EQ(rig.bead_now(id).starts, rig.container.starts());
    EXPECT_EQ(rig.bead_now(id).failures_in_row, rig.container.starts());
}

TEST(IncidentC7, AKillBeforeTheReplyIsSettledByAskingTheContainer) {
    for (const auto away : {seconds{1}, seconds{100}, seconds{3600}}) {
        actor_rig rig;
        rig.add_rig();
        rig.container.on_start = [&](const http_call& call) -> std::optional<http_answer> {
            rig.container.running[agent_of(call)] = "";
            return std::nullopt;
        };
        const auto id = rig.add_issue("in flight");
        rig.kill_and_restart();
        rig.clock.set(rig.clock.now() + away);
        rig.settle();
        rig.run_for(minutes{10});
        const auto tried = rig.attempts(id);
        ASSERT_EQ(tried.size(), 1U) << away.count();
        EXPECT_EQ(tried[0].state, dispatch_state::started);
        EXPECT_EQ(rig.container.starts(), 1);
        EXPECT_EQ(rig.container.calls_to("/stop"), 0);
        EXPECT_EQ(rig.bead_now(id).starts, 1);
        EXPECT_EQ(rig.bead_now(id).dispatch_attempts, 0);
    }
}

TEST(IncidentC8, AKillBeforeTheRequestWasSentCostsOneAttemptAtMost) {
    actor_rig rig;
    rig.add_rig();
    rig.container.on_start = [](const http_call&) { return std::nullopt; };
    const auto id = rig.add_issue("never sent");
    rig.kill_and_restart();
    rig.container.on_start = nullptr;
    rig.run_for(seconds{60});
    EXPECT_EQ(rig.container.starts(), 1);  // Not known yet.
    EXPECT_TRUE(rig.run_until([&] { return rig.container.running.size() == 1; }, minutes{3}));
    EXPECT_EQ(rig.container.starts(), 2);
    EXPECT_EQ(rig.bead_now(id).starts, 2);
    EXPECT_EQ(rig.bead_now(id).dispatch_attempts, 0);
    EXPECT_EQ(rig.container_breaker(), breaker_state::closed);
}

TEST(IncidentC9, OurOwnLimitsAreNeverCharged) {
    actor_rig rig;
    rig.add_rig();
    rig.in_flight->set_limit(2);
    rig.container.on_start = [](const http_call&) { return std::nullopt; };
    for (int i = 0; i < 20; ++i)
        rig.add_issue("waits");
    EXPECT_EQ(rig.container.starts(), 2);
    const auto next = rig.read<plan>([](town::context& ctx) { return plan_for(ctx); });
    EXPECT_EQ(next.waiting.by_reason[static_cast<std::size_t>(gate_reason::concurrency_limit)], 18);
    int charged = 0;
    for (const auto& b : rig.issues())
        charged += b.dispatch_attempts + b.failures_in_row;
    EXPECT_EQ(charged, 0);
    EXPECT_EQ(rig.container_breaker(), breaker_state::closed);
    // A slot that is free again is used at once, without waiting for a tick.
    rig.container.running["x"] = "";
    const auto first = rig.container.last_start();
    rig.container.answer(first, answer_of(201, R"({"status":"running"})"));
    rig.settle();
    EXPECT_EQ(rig.container.starts(), 3);
}

TEST(IncidentC11, TheCapHoldsOnReviewsHoweverTheyCameToBeOpen) {
    actor_rig rig;
    rig.add_rig();
    const auto id = rig.add_issue("reviewed");
    const auto d = rig.attempts(id).at(0);
    rig.run_for(seconds{40});
    rig.container.running.clear();
    rig.say_done(d.agent, d.id);
    ASSERT_EQ(rig.bead_now(id).status, bead_status::in_review);
    fail_after_three_minutes(rig);
    const auto reviews = [&] {
        int count = 0;
        for (const auto& one : rig.attempts())
            count += one.role == agent_role::refinery ? 1 : 0;
        return count;
    };
    // Five sessions a merge request; each that is used up is one session of its issue.
    rig.run_for(hours{24});
    EXPECT_LE(reviews(), 25);
    EXPECT_GE(reviews(), 5);
    EXPECT_EQ(rig.bead_now(id).status, bead_status::failed);
    const int total = rig.container.starts();
    rig.run_for(hours{24});
    EXPECT_EQ(rig.container.starts(), total);
}

}  // namespace
}  // namespace townd::engine::test
