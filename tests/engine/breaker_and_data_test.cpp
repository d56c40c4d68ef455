// Incident rows D (breaker) and E (data and events).

#include <sys/resource.h>
#include <csignal>

#include <algorithm>

#include "engine/actor_rig.hpp"
#include "town/agents.hpp"

namespace townd::engine::test {
namespace {

// While it lives no file may grow: every commit fails. Works for root too.
class full_disk {
public:
    full_disk() {
        before_ = std::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &limit_);
        rlimit none = limit_;
        none.rlim_cur = 1;
        ::setrlimit(RLIMIT_FSIZE, &none);
    }
    ~full_disk() {
        ::setrlimit(RLIMIT_FSIZE, &limit_);
        std::signal(SIGXFSZ, before_);
    }
    full_disk(const full_disk&) = delete;
    full_disk& operator=(const full_disk&) = delete;

private:
    rlimit limit_{};
    void (*before_)(int) = nullptr;
};

void finish_on_beat(actor_rig& rig) {
    rig.each_beat = [&rig](const agent_id& agent) {
        const auto named = rig.container.running[agent];
        rig.container.running.erase(agent);
        rig.say_done(agent, named);
    };
}

TEST(IncidentD1, TwentyFiveHealthyBeadsOpenNothing) {
    actor_rig rig;
    rig.add_rig();
    finish_on_beat(rig);
    for (int i = 0; i < 25; ++i)
        rig.add_issue("healthy");
    EXPECT_TRUE(
        rig.run_until([&] { return rig.with_status(bead_status::closed) == 25; }, minutes{30}))
        << rig.with_status(bead_status::in_review);
    EXPECT_EQ(rig.journal.count("breaker:"), 0);
    EXPECT_EQ(rig.container_breaker(), breaker_state::closed);
    EXPECT_EQ(rig.with_status(bead_status::failed), 0);
}

TEST(IncidentD6, ARestartWhileOpenIsGatedBeforeItsFirstDispatch) {
    actor_rig rig;
    rig.add_rig();
    rig.container.on_start = [](const http_call&) { return refused_connect(); };
    for (int i = 0; i < 6; ++i)
        rig.add_issue("bead");
    ASSERT_TRUE(
        rig.run_until([&] { return rig.container_breaker() == breaker_state::open; }, minutes{1}));
    const int before = rig.container.starts();
    for (int i = 0; i < 20; ++i) {
        rig.kill_and_restart();
        rig.settle();
        EXPECT_EQ(rig.container_breaker(), breaker_state::open);
    }
    EXPECT_EQ(rig.container.starts(), before);
    rig.run_for(seconds{45});
    EXPECT_LE(rig.container.starts(), before + 3);  // Probes when they were due anyway.
    EXPECT_GE(rig.container.starts(), before + 1);
}

TEST(IncidentD12, TheCauseIsKeptAndShown) {
    actor_rig rig;
    rig.add_rig();
    rig.container.on_start = [](const http_call&) { return refused_connect(); };
    for (int i = 0; i < 6; ++i)
        rig.add_issue("bead");
    rig.run_for(minutes{10});
    ASSERT_NE(rig.summary, nullptr);
    EXPECT_EQ(rig.summary->condition, town_condition::blocked);
    EXPECT_NE(rig.summary->problem.find("connection refused"), std::string::npos)
        << rig.summary->problem;
    const auto found =
        std::find_if(rig.summary->breakers.begin(), rig.summary->breakers.end(),
                     [](const auto& each) { return each.second.scope == breaker_scope::place; });
    ASSERT_NE(found, rig.summary->breakers.end());
    EXPECT_NE(found->second.cause.find("connect_refused"), std::string::npos);
    EXPECT_GT(found->second.state.retry_at(), noon);
    ASSERT_EQ(rig.summary->errors.size(), 1U);
    EXPECT_EQ(rig.summary->errors[0].count, rig.container.starts());
    EXPECT_EQ(rig.summary->errors[0].code, "connect_refused");
}

TEST(IncidentE1, APoisonEventIsSetAsideAndTheOthersAreApplied) {
    actor_rig rig;
    rig.add_rig();
    const auto id = rig.add_issue("done by event");
    const auto d = rig.attempts(id).at(0);
    rig.act([&](town::context& ctx) {
        ctx.store.add_town_event("e1", "agent_done", d.agent, id, "{not json", ctx.now, false);
        ctx.store.add_town_event("e2", "no_such_type", d.agent, id, "{}", ctx.now, false);
        ctx.store.add_town_event("e3", "agent_done", d.agent, id, "{}", ctx.now, false);
    });
    EXPECT_EQ(rig.bead_now(id).status, bead_status::in_review);
    rig.run_for(minutes{2});
    const auto poison = rig.read<std::vector<store::poison_event>>(
        [](town::context& ctx) { return ctx.store.poison_events(); });
    ASSERT_EQ(poison.size(), 2U);
    for (const auto& p : poison) {
        EXPECT_EQ(p.tries, 3);
        EXPECT_FALSE(p.error.empty());
    }
    EXPECT_EQ(rig.journal.count("event_set_aside"), 2);
    EXPECT_EQ(rig.summary->poison_events, 2);
}

TEST(IncidentE1, ThousandsOfEventsWithoutEffectAreWorkedOffWithoutAWake) {
    actor_rig rig;
    rig.add_rig();
    rig.act([&](town::context& ctx) {
        for (int i = 0; i < 3000; ++i)
            ctx.store.add_town_event("e" + std::to_string(i), "bead_created", std::nullopt,
                                     std::nullopt, "{}", ctx.now, false);
    });
    rig.run_for(seconds{1});
    EXPECT_TRUE(rig.read<bool>(
        [](town::context& ctx) { return ctx.store.pending_town_events(1).empty(); }));
}

TEST(IncidentE2, EventsOfWhatWasDeletedAreNothing) {
    actor_rig rig;
    rig.add_rig();
    rig.act([&](town::context& ctx) {
        ctx.store.add_town_event("e1", "bead_cancelled", std::nullopt, "gone", "{}", ctx.now,
                                 false);
        ctx.store.add_town_event("e2", "agent_done", "gone", "gone", "{}", ctx.now, false);
        ctx.store.add_town_event("e3", "agent_completed", "gone", "gone", "{}", ctx.now, false);
        ctx.store.add_town_event("e4", "container_status", "gone", "gone", "{}", ctx.now, false);
    });
    rig.run_for(minutes{1});
    EXPECT_TRUE(rig.read<bool>([](town::context& ctx) {
        return ctx.store.pending_town_events(10).empty() && ctx.store.poison_events().empty();
    }));
    EXPECT_EQ(rig.journal.count("event_set_aside"), 0);
}

TEST(IncidentE7, WhatCannotBeRecordedIsNotSent) {
    actor_rig rig;
    rig.add_rig();
    rig.container.on_start = [](const http_call&) {
        auto out = answer_of(429, R"({"error":"slow down"})");
        out.retry_after = seconds{10};
        return out;
    };
    const auto id = rig.add_issue("waits");
    ASSERT_EQ(rig.container.starts(), 1);
    rig.container.on_start = nullptr;
    result<json> refused = json();
    {
        const full_disk disk;
        rig.run_for(minutes{2});
        refused = rig.in_town([](town::context& ctx) -> result<json> {
            town::new_bead wanted;
            wanted.title = "refused";
            wanted.rig = "rig-1";
            if (auto made = town::create_bead(ctx, wanted); !made) return made.error();
            return json();
        });
    }
    EXPECT_EQ(rig.container.starts(), 1);
    EXPECT_EQ(rig.in_flight->used(), 0);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, errc::storage) << refused.error().what;
    EXPECT_EQ(rig.summary->condition, town_condition::blocked);
    EXPECT_FALSE(rig.summary->problem.empty());
    EXPECT_GE(rig.journal.count("storage_failed"), 1);
    EXPECT_LE(rig.journal.count("storage_failed"), 5);  // Said once for one cause, not each try.
    EXPECT_EQ(rig.journal.count("attempt_started"), 1);

    EXPECT_TRUE(rig.run_until([&] { return rig.container.running.size() == 1; }, minutes{2}));
    EXPECT_EQ(rig.container.starts(), 2);
    EXPECT_EQ(rig.bead_now(id).starts, 2);
    EXPECT_EQ(rig.issues().size(), 1U);
    EXPECT_NE(rig.summary->condition, town_condition::blocked);
}

TEST(IncidentE7, AnOutcomeThatCameWhileTheDiskWasFullIsNotLost) {
    actor_rig rig;
    rig.add_rig();
    rig.container.on_start = [](const http_call&) { return std::nullopt; };
    const auto id = rig.add_issue("in flight");
    const auto sent = rig.container.last_start();
    {
        const full_disk disk;
        rig.container.answer(sent, answer_of(201, R"({"status":"running"})"));
        rig.run_for(seconds{20});
    }
    rig.run_for(seconds{40});
    const auto tried = rig.attempts(id);
    ASSERT_EQ(tried.size(), 1U);
    EXPECT_EQ(tried[0].state, dispatch_state::started);
    EXPECT_EQ(rig.in_flight->used(), 0);
}

TEST(IncidentE7, AFirstCycleThatCannotCommitLeavesNothingBehind) {
    actor_rig rig;
    rig.add_rig();
    rig.container.on_start = [&](const http_call& call) -> std::optional<http_answer> {
        rig.container.running[agent_of(call)] = "";
        return std::nullopt;
    };
    const auto id = rig.add_issue("in flight");
    rig.kill_and_restart();
    {
        const full_disk disk;
        rig.settle();
    }
    rig.run_for(minutes{1});
    const auto tried = rig.attempts(id);
    ASSERT_EQ(tried.size(), 1U);
    EXPECT_EQ(tried[0].state, dispatch_state::started);  // Asked for, as after any restart.
    EXPECT_EQ(rig.container.starts(), 1);
}

TEST(IncidentE8, NothingChangesATerminalBead) {
    for (const auto over : {bead_status::closed, bead_status::failed}) {
        actor_rig rig;
        rig.add_rig();
        const auto id = rig.add_issue("over");
        const auto d = rig.attempts(id).at(0);
        rig.run_for(minutes{1});
        rig.act([&](town::context& ctx) {
            EXPECT_TRUE(town::change_status(ctx, id, over, std::nullopt));
        });
        const auto before = rig.bead_now(id);
        rig.say_done(d.agent, d.id);
        rig.say_completed(d.agent, true, "late", d.id);
        rig.beat(d.agent, d.id);
        rig.act([&](town::context& ctx) {
            EXPECT_FALSE(town::change_status(ctx, id, bead_status::open, std::nullopt));
            EXPECT_FALSE(town::hook(ctx, d.agent, id));
            ctx.store.add_town_event("e1", "bead_cancelled", std::nullopt, id,
                                     R"({"cancel_status":"failed"})", ctx.now, false);
            ctx.store.add_town_event("e2", "agent_done", d.agent, id, "{}", ctx.now, false);
        });
        rig.kill_and_restart();
        rig.run_for(hours{3});
        const auto after = rig.bead_now(id);
        EXPECT_EQ(after.status, over);
        EXPECT_EQ(after.updated_at, before.updated_at);
        EXPECT_EQ(after.dispatch_attempts, before.dispatch_attempts);
        EXPECT_EQ(rig.container.starts(), 1);
    }
}

TEST(IncidentE9, AnIdentityThatIsTakenDoesNotHoldUpTheDispatch) {
    actor_rig rig;
    rig.add_rig();
    // As an adopted town may have it: another agent's row holds the identity of the next name.
    rig.act([](town::context& ctx) {
        const auto a = town::create_agent(ctx, agent_role::polecat, "toast",
                                          "toast-polecat-rig-1@t1", std::string{"rig-1"});
        ASSERT_TRUE(a.has_value());
        auto busy = *a;
        busy.status = agent_status::stalled;
        busy.status_text = "stalled";
        busy.stalled_at = ctx.now;
        busy.hook = "agent-work";
        bead work;
        work.id = "agent-work";
        work.rig = "rig-1";
        work.title = "stalled";
        work.status = bead_status::in_progress;
        work.created_at = work.updated_at = ctx.now;
        ctx.store.insert_bead(work);
        ctx.store.put_agent(busy);
    });
    const auto id = rig.add_issue("next");
    EXPECT_EQ(rig.container.starts(), 1);
    EXPECT_EQ(rig.bead_now(id).status, bead_status::in_progress);
    EXPECT_EQ(rig.journal.count("action_failed"), 0);
}

TEST(IncidentE13, DoneTwiceAndCompletedComeToTheSameInAnyOrder) {
    std::vector<int> order{0, 0, 1};  // done, done, completed
    do {
        actor_rig rig;
        rig.add_rig();
        const auto id = rig.add_issue("finished");
        const auto d = rig.attempts(id).at(0);
        rig.run_for(minutes{2});
        rig.container.running.clear();
        for (const int one : order) {
            if (one == 0)
                rig.say_done(d.agent, d.id);
            else
                rig.say_completed(d.agent, false, "completed", d.id);
        }
        const auto b = rig.bead_now(id);
        EXPECT_EQ(b.status, bead_status::in_review);
        EXPECT_EQ(b.dispatch_attempts, 0);
        EXPECT_EQ(b.failures_in_row, 0);
        EXPECT_FALSE(b.next_attempt_at.has_value());
        const auto reviews = rig.read<std::vector<review_link>>(
            [&](town::context& ctx) { return ctx.store.reviews_of(id); });
        EXPECT_EQ(reviews.size(), 1U);
        for (const auto& a : rig.agents()) {
            if (a.role != agent_role::polecat) continue;
            EXPECT_EQ(a.status, agent_status::idle);
            EXPECT_FALSE(a.hook.has_value());
        }
        EXPECT_EQ(rig.attempts(id).size(), 1U);
    } while (std::next_permutation(order.begin(), order.end()));
}

}  // namespace
}  // namespace townd::engine::test
