// Incident rows A, failures to start (domain 1.4).

#include "engine/actor_rig.hpp"
#include "engine/explain.hpp"
#include "town/agents.hpp"

namespace townd::engine::test {
namespace {

TEST(IncidentA1, SeventyHoursOfRefusedConnectsCostProbesAndNoBead) {
    actor_rig rig;
    rig.settings->rules.reconciler.interval = seconds{30};
    rig.add_rig();
    rig.container.on_start = refuse;
    for (int i = 0; i < 5; ++i)
        rig.add_issue("bead " + std::to_string(i));

    rig.run_for(hours{1});
    const int first_hour = rig.container.starts();
    rig.run_for(hours{69});
    const int starts = rig.container.starts();

    EXPECT_LE(first_hour, 5 + 5 + 12);       // To the trip, the doublings, then one in ten min.
    EXPECT_LE(starts - first_hour, 69 * 8);  // 480 s is the shortest capped wait.
    EXPECT_GE(starts - first_hour, 69 * 4);  // And it never gives up.
    EXPECT_EQ(rig.with_status(bead_status::open), 5);
    for (const auto& b : rig.issues())
        EXPECT_EQ(b.dispatch_attempts, 0) << b.title;
    EXPECT_LE(rig.in_flight->used(), 0);

    // The waits grow and are capped.
    std::vector<instant> at;
    for (const auto& one : rig.container.log)
        if (one.is_start()) at.push_back(one.at);
    for (std::size_t i = at.size() / 2; i + 1 < at.size(); ++i) {
        EXPECT_GE(at[i + 1] - at[i], seconds{450});
        EXPECT_LE(at[i + 1] - at[i], seconds{725});
    }

    rig.container.on_start = nullptr;
    EXPECT_TRUE(rig.run_until([&] { return rig.container.running.size() == 5; }, minutes{13}))
        << rig.container.running.size();
    EXPECT_EQ(rig.with_status(bead_status::in_progress), 5);
    EXPECT_EQ(rig.container_breaker(), breaker_state::closed);
}

TEST(IncidentA4, ATimedOutStartIsSettledByItsHeartbeat) {
    for (const auto first_beat : {seconds{40}, seconds{70}}) {
        actor_rig rig;
        rig.add_rig();
        rig.container.on_start = [&](const http_call& call) {
            rig.container.running[agent_of(call)] = "";
            return hang(call);
        };
        rig.container.on_status = [](const http_call&) { return answer_of(502, "bad gateway"); };
        rig.heartbeats = false;
        const auto id = rig.add_issue("slow");
        ASSERT_EQ(rig.container.starts(), 1);
        const auto d = rig.attempts(id).at(0);
        EXPECT_EQ(d.state, dispatch_state::intent);

        rig.run_for(first_beat);
        if (first_beat > seconds{60}) {
            EXPECT_EQ(rig.attempts(id).at(0).state, dispatch_state::unknown);
            EXPECT_EQ(rig.attempts(id).at(0).outcome, attempt_outcome::unknown);
        }
        rig.heartbeats = true;
        rig.beat(d.agent, d.id);
        rig.run_for(minutes{20});

        const auto after = rig.attempts(id);
        ASSERT_EQ(after.size(), 1U);
        EXPECT_EQ(after[0].state, dispatch_state::started);
        EXPECT_FALSE(after[0].error.has_value());
        EXPECT_EQ(rig.container.starts(), 1);
        EXPECT_EQ(rig.container.calls_to("/stop"), 0);
        EXPECT_EQ(rig.bead_now(id).status, bead_status::in_progress);
        // An agent that lives says nothing of answers that do not come.
        EXPECT_EQ(rig.container_breaker(),
                  first_beat > seconds{60} ? breaker_state::open : rig.container_breaker());
        rig.say_done(d.agent, d.id);
        EXPECT_EQ(rig.bead_now(id).status, bead_status::in_review);
    }
}

// A role that is not known to answer has one start in flight, also when its agent beat the answer.
TEST(IncidentA4, AHungStartWhoseAgentLivesHoldsSlowStart) {
    actor_rig rig;
    rig.settings->rules.dispatch.slow_start = minutes{10};
    rig.add_rig();
    rig.container.on_start = [&](const http_call& call) {
        rig.container.running[agent_of(call)] = "";
        return hang(call);
    };
    const auto id = rig.add_issue("slow");
    ASSERT_EQ(rig.container.starts(), 1);
    const auto d = rig.attempts(id).at(0);
    rig.run_for(seconds{5});
    rig.beat(d.agent, d.id);
    ASSERT_EQ(rig.attempts(id).at(0).state, dispatch_state::started);
    rig.add_issue("next");
    rig.run_for(seconds{50});
    EXPECT_EQ(rig.container.starts(), 1) << "the first one's answer is out";
    rig.container.on_start = nullptr;
    EXPECT_TRUE(rig.run_until([&] { return rig.container.starts() == 2; }, minutes{2}));
    EXPECT_EQ(rig.bead_now(id).status, bead_status::in_progress) << "its agent works on";
}

TEST(IncidentA5, AStartThatNeverHappenedCountsOnceWhenItsGraceIsOver) {
    actor_rig rig;
    rig.add_rig();
    rig.container.on_start = hang;
    const auto id = rig.add_issue("lost");
    const auto first = rig.attempts(id).at(0);
    rig.run_for(seconds{149});
    EXPECT_EQ(rig.container.starts(), 1);
    EXPECT_EQ(rig.attempts(id).at(0).state, dispatch_state::unknown);
    EXPECT_EQ(rig.in_flight->used(), 0);  // The request is over, the town's slot is not free.
    EXPECT_GE(rig.container.calls_to("/status"), 3);

    rig.container.on_start = nullptr;
    rig.run_for(seconds{2});
    const auto settled = rig.read<std::optional<dispatch>>(
        [&](town::context& ctx) { return ctx.store.find_dispatch(first.id); });
    ASSERT_TRUE(settled.has_value());
    EXPECT_EQ(settled->state, dispatch_state::failed);
    ASSERT_TRUE(settled->error.has_value());
    EXPECT_EQ(settled->error->code(), error_code::header_timeout);
    EXPECT_EQ(settled->error->level, charge_level::place);
    EXPECT_FALSE(settled->error->message().empty());
    const auto kept = rig.read<std::vector<kept_failure>>(
        [&](town::context& ctx) { return ctx.store.failures(id); });
    EXPECT_EQ(kept.size(), 1U);

    EXPECT_TRUE(rig.run_until([&] { return rig.container.starts() == 2; }, seconds{30}));
    EXPECT_EQ(rig.bead_now(id).dispatch_attempts, 0);
    EXPECT_EQ(rig.container.running.size(), 1U);
}

TEST(IncidentA6, ASessionOfAHydratingContainerKeepsItsHookAndItsDone) {
    actor_rig rig;
    rig.add_rig();
    rig.heartbeats = false;
    rig.container.on_start = hang;
    const auto id = rig.add_issue("hydrating");
    const auto d = rig.attempts(id).at(0);
    rig.run_for(seconds{100});  // The start timed out, and status says "not found" all the time.
    EXPECT_GE(rig.container.calls_to("/status"), 2);
    EXPECT_EQ(rig.container.calls_to("/stop"), 0);
    rig.container.running[d.agent] = d.id;
    rig.heartbeats = true;
    rig.beat(d.agent, d.id);
    rig.run_for(minutes{5});
    const auto agents = rig.agents();
    ASSERT_EQ(agents.size(), 1U);
    EXPECT_EQ(agents[0].hook, id);
    EXPECT_EQ(agents[0].status, agent_status::working);
    EXPECT_EQ(rig.container.starts(), 1);
    rig.say_done(d.agent, d.id);
    EXPECT_EQ(rig.bead_now(id).status, bead_status::in_review);
    EXPECT_EQ(rig.bead_now(id).dispatch_attempts, 0);
}

TEST(IncidentA7, AnAgentThatRunsAlreadyIsTheSameSession) {
    const std::vector<http_answer> answers{
        answer_of(500, R"({"error":"Agent a is already running"})"),
        answer_of(409, R"({"error":"conflict"})"),
        answer_of(201, R"({"status":"running","startedAt":"2020-01-01T00:00:00Z"})")};
    for (const auto& answer : answers) {
        actor_rig rig;
        rig.add_rig();
        rig.container.on_start = [&](const http_call& call) {
            rig.container.running[agent_of(call)] = "";
            return answer;
        };
        const auto id = rig.add_issue("running");
        rig.run_for(minutes{5});
        const auto tried = rig.attempts(id);
        ASSERT_EQ(tried.size(), 1U);
        EXPECT_EQ(tried[0].state, dispatch_state::started) << *answer.status;
        EXPECT_TRUE(tried[0].survived_at.has_value());
        EXPECT_EQ(rig.container.starts(), 1);
        EXPECT_EQ(rig.container.calls_to("/stop"), 0);
        EXPECT_EQ(rig.bead_now(id).failures_in_row, 0);
    }
}

TEST(IncidentA7, ClaimingToRunIsNotEnoughWhenStatusSaysNo) {
    actor_rig rig;
    rig.add_rig();
    rig.container.on_start = [](const http_call&) {
        return answer_of(409, R"({"error":"already running"})");
    };
    const auto id = rig.add_issue("not running");
    rig.run_for(seconds{2});
    const auto tried = rig.attempts(id);
    ASSERT_GE(tried.size(), 1U);
    EXPECT_EQ(tried.back().state, dispatch_state::failed);
    EXPECT_TRUE(tried.back().error.has_value());
}

TEST(IncidentA8, SeveralWaysToOneBeadInOneCycleMakeOneStart) {
    actor_rig rig;
    rig.add_rig();
    agent_id on;
    rig.act([&](town::context& ctx) {
        const auto a = town::get_or_create(ctx, agent_role::polecat, "rig-1");
        ASSERT_TRUE(a.has_value());
        on = a->id;
    });
    rig.container.on_start = hang;
    bead_id id;
    rig.inbox.push_back({[&](town::context& ctx) -> result<json> {
                             town::new_bead wanted;
                             wanted.title = "twice";
                             wanted.rig = "rig-1";
                             id = town::create_bead(ctx, wanted)->id;
                             return json();
                         },
                         [](const result<json>& r) { EXPECT_TRUE(r.has_value()); }, false});
    for (int i = 0; i < 2; ++i) {
        rig.inbox.push_back({[&](town::context& ctx) -> result<json> {
                                 if (auto hooked = town::hook(ctx, on, id); !hooked)
                                     return hooked.error();
                                 return json();
                             },
                             [](const result<json>& r) { EXPECT_TRUE(r.has_value()); }, false});
        rig.inbox.push_back({[](town::context& ctx) -> result<json> {
                                 ctx.out.wake = true;
                                 return json();
                             },
                             {},
                             false});
    }
    rig.cycle();
    EXPECT_EQ(rig.container.starts(), 1);
    rig.settle();
    rig.run_for(seconds{50});
    EXPECT_EQ(rig.container.starts(), 1);
    ASSERT_EQ(rig.attempts(id).size(), 1U);
    EXPECT_EQ(rig.attempts(id)[0].agent, on);
}

TEST(IncidentA12, ARateLimitIsWaitedForAndChargedToNobody) {
    actor_rig rig;
    rig.add_rig();
    rig.container.on_start = [](const http_call&) {
        auto out = answer_of(429, R"({"error":"slow down","error_type":"rate_limit_exceeded"})");
        out.retry_after = seconds{120};
        return out;
    };
    const auto id = rig.add_issue("limited");
    EXPECT_EQ(rig.container.starts(), 1);
    rig.container.on_start = nullptr;
    rig.run_for(seconds{119});
    EXPECT_EQ(rig.container.starts(), 1);
    const auto b = rig.bead_now(id);
    EXPECT_EQ(b.status, bead_status::open);
    EXPECT_EQ(b.dispatch_attempts, 0);
    EXPECT_NE(b.reason.find("http_429"), std::string::npos) << b.reason;
    EXPECT_EQ(rig.attempts(id).at(0).outcome, attempt_outcome::neutral);
    EXPECT_EQ(rig.container_breaker(), breaker_state::open);
    const auto next = rig.read<plan>([&](town::context& ctx) { return plan_for(ctx, id); });
    EXPECT_EQ(next.waiting.by_reason[static_cast<std::size_t>(gate_reason::breaker_open)], 1);
    EXPECT_TRUE(rig.run_until([&] { return rig.container.running.size() == 1; }, seconds{40}));
}

TEST(IncidentA13, DrainingDefersAndCostsNoAttempt) {
    actor_rig rig;
    rig.add_rig();
    rig.container.on_start = [](const http_call&) {
        return answer_of(503, R"({"error":"container is draining"})");
    };
    const auto id = rig.add_issue("drained");
    rig.run_for(minutes{15});
    const int asked = rig.container.starts();
    EXPECT_GE(asked, 6);
    EXPECT_LE(asked, 16);  // Ever more rarely: a refused request is load, too.
    EXPECT_EQ(rig.bead_now(id).dispatch_attempts, 0);
    EXPECT_EQ(rig.bead_now(id).status, bead_status::open);
    EXPECT_EQ(rig.container_breaker(), breaker_state::open);
    rig.container.on_start = nullptr;
    EXPECT_TRUE(rig.run_until([&] { return rig.container.running.size() == 1; }, minutes{10}));
}

TEST(IncidentA14, HungCallsAreBoundedAndTheCycleComesBack) {
    actor_rig rig;
    rig.add_rig();
    rig.container.on_start = hang;
    for (int i = 0; i < 40; ++i)
        rig.add_issue("hung");
    EXPECT_EQ(rig.container.starts(), 5);  // max_polecats_per_rig
    EXPECT_EQ(rig.in_flight->used(), 5);
    rig.run_for(seconds{55});
    EXPECT_EQ(rig.container.starts(), 5);
    // The town still answers while all its calls hang.
    const auto id = rig.add_issue("asked meanwhile");
    EXPECT_EQ(rig.bead_now(id).status, bead_status::open);
    rig.run_for(minutes{10});
    EXPECT_EQ(rig.with_status(bead_status::failed), 0);
}

}  // namespace
}  // namespace townd::engine::test
