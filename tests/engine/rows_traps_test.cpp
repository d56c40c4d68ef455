// Traps B5, B6, B10, B11, B12, B13, B14 of breakers in other projects (operators 9).

#include "engine/explain.hpp"
#include "engine/permits.hpp"

namespace townd::engine::test {
namespace {

instant retry_of_container(actor_rig& rig) {
    return rig.read<instant>([](town::context& ctx) { return first_place(ctx)->state.retry_at(); });
}

void open_container(actor_rig& rig, int beads) {
    rig.container.on_start = refuse;
    for (int i = 0; i < beads; ++i)
        rig.add_issue("bead");
    ASSERT_TRUE(
        rig.run_until([&] { return rig.container_breaker() == breaker_state::open; }, minutes{1}));
}

TEST(TrapB5, ARefusedBeadWaitsForItsTimeHoweverOftenItIsAskedFor) {
    actor_rig rig;
    rig.add_rig();
    open_container(rig, 6);
    rig.run_for(seconds{6});  // Nobody is backing off any more.
    const auto id = rig.add_issue("refused");
    const instant due = retry_of_container(rig);
    const auto next = rig.read<plan>([&](town::context& ctx) { return plan_for(ctx, id); });
    EXPECT_EQ(next.look_again_at, due) << "the refusal names the time of the next try";
    const int before = rig.container.starts();
    const std::size_t calls = rig.container.log.size();
    for (int i = 0; i < 500; ++i)  // Everybody asks again and again.
        rig.act([](town::context& ctx) { ctx.out.wake = true; });
    EXPECT_EQ(rig.container.starts(), before);
    const int ticks = rig.journal.ticks;
    rig.run_for(due - rig.clock.now() - duration{1});
    EXPECT_EQ(rig.container.starts(), before);
    EXPECT_EQ(rig.container.log.size(), calls) << "no call of any other kind either";
    EXPECT_LE(rig.journal.ticks - ticks, 8) << "and no tick but the regular ones";
    rig.run_for(duration{1});
    EXPECT_EQ(rig.container.starts(), before + 1);
    expect_permits(rig);
}

TEST(TrapB6, WhatNobodyCanClassifyIsAFailure) {
    http_answer nameless;
    nameless.error = dispatch_error{error_code::unknown, error_phase::connect, blame::unknown,
                                    "system:9999 no such error"};
    http_answer later = nameless;
    later.request_sent = true;
    const std::vector<http_answer> answers{nameless,
                                           later,
                                           answer_of(700, "?"),
                                           answer_of(299, "?"),
                                           answer_of(200, "[]"),
                                           answer_of(418, R"({"error":"a teapot"})")};
    for (const auto& answer : answers) {
        actor_rig rig;
        rig.add_rig();
        rig.container.on_start = [&](const http_call&) { return answer; };
        for (int i = 0; i < 6; ++i)
            rig.add_issue("bead");
        SCOPED_TRACE(answer.status ? std::to_string(*answer.status) : "no status");
        EXPECT_TRUE(rig.run_until([&] { return rig.container_breaker() == breaker_state::open; },
                                  minutes{10}));
        rig.run_for(hours{10});
        EXPECT_LE(rig.container.starts(), 10 + 10 * 8);
        for (const auto& d : rig.attempts()) {
            EXPECT_NE(d.outcome, attempt_outcome::success);
            EXPECT_NE(d.outcome, attempt_outcome::neutral);
        }
        expect_uncharged(rig);
        expect_permits(rig);
    }
}

TEST(TrapB10, TimeAloneProbesWithoutAnyTraffic) {
    actor_rig rig;
    rig.settings->rules.reconciler.interval = hours{2};  // Nor does the regular tick.
    rig.settings->rules.reconciler.idle_interval = hours{2};
    rig.add_rig();
    open_container(rig, 6);
    for (int probe = 0; probe < 8; ++probe) {
        const instant due = retry_of_container(rig);
        const int before = rig.container.starts();
        ASSERT_TRUE(rig.run_until([&] { return rig.container.starts() > before; }, minutes{13}));
        EXPECT_EQ(rig.container.starts(), before + 1);
        EXPECT_GE(start_times(rig).back(), due);
        EXPECT_LE(start_times(rig).back(), due + seconds{1}) << "probe " << probe;
    }
    rig.container.on_start = nullptr;
    EXPECT_TRUE(rig.run_until([&] { return rig.container.running.size() == 5; }, minutes{13}));
    expect_permits(rig);
}

struct history {
    std::vector<std::string> calls;
    std::string last_body;
};

// A day of trouble in which the wall clock jumps by `jump` there and back.
history lived_with(std::int64_t jump) {
    actor_rig rig;
    rig.add_rig();
    std::int64_t off = 0;
    rig.env->from.wall_seconds = [&] { return rig.clock.wall_seconds() + off; };
    for (int i = 0; i < 3; ++i)
        rig.add_issue("at work");
    rig.run_for(minutes{2});
    off = jump;
    rig.run_for(minutes{10});  // Heartbeats go on.
    rig.container.on_start = refuse;
    rig.container.running.clear();
    for (int i = 0; i < 3; ++i)
        rig.add_issue("refused");
    rig.run_for(minutes{20});
    off = -jump;  // In the middle of the breaker's wait.
    rig.run_for(minutes{20});
    rig.container.on_start = nullptr;
    off = jump;
    rig.run_for(minutes{30});
    EXPECT_EQ(rig.container.running.size(), 5U);
    history out;
    for (const auto& one : rig.container.log) {
        out.calls.push_back(std::to_string(unix_ms(one.at)) + " " + one.call.target);
        if (one.is_start()) out.last_body = one.call.body;
    }
    return out;
}

TEST(TrapB11, AWallClockThatJumpsChangesNothingButTheTokens) {
    const history still = lived_with(0);
    for (const std::int64_t jump : {3'600, -86'400}) {
        const history jumped = lived_with(jump);
        EXPECT_EQ(jumped.calls, still.calls) << jump;
        EXPECT_NE(jumped.last_body, still.last_body) << "the jump was seen where it matters";
    }
    EXPECT_GT(still.calls.size(), 20U);
}

TEST(TrapB12, AGoodStatusWithAFailingBodyIsAFailure) {
    const std::vector<http_answer> answers{
        answer_of(200, R"({"started":false})"),
        answer_of(201, R"({"success":false,"error":"no worktree"})"),
        answer_of(200, R"({"ok":false,"error":"no worktree"})"),
        answer_of(201, R"({"status":"failed","exitReason":"no worktree"})")};
    for (const auto& answer : answers) {
        actor_rig rig;
        rig.add_rig();
        rig.container.on_start = [&](const http_call&) { return answer; };
        const auto id = rig.add_issue("not started");
        SCOPED_TRACE(answer.body);
        const auto d = rig.attempts(id).at(0);
        EXPECT_EQ(d.state, dispatch_state::failed);
        EXPECT_EQ(d.outcome, attempt_outcome::failure);
        ASSERT_TRUE(d.error.has_value());
        EXPECT_EQ(d.error->code(), error_code::start_rejected);
        EXPECT_EQ(rig.bead_now(id).status, bead_status::open);
        EXPECT_EQ(rig.agents().at(0).status, agent_status::idle);
        rig.add_issue("another");
        EXPECT_TRUE(rig.run_until([&] { return !open_breakers(rig).empty(); }, minutes{5}));
        const auto open = open_breakers(rig);
        EXPECT_NE(open.begin()->second.cause.find("start_rejected"), std::string::npos);
        rig.run_for(hours{5});
        EXPECT_LE(rig.container.starts(), 10 + 5 * 8);
        expect_uncharged(rig);
        expect_permits(rig);
    }
}

TEST(TrapB13, OnlyTheEndOfASessionProvesItsWork) {
    actor_rig rig;
    rig.add_rig();
    const auto id = rig.add_issue("hard");
    leave_at_beat(rig, 6, [&](const agent_id& agent, const dispatch_id& session) {
        rig.say_completed(agent, true, "gave up", session);
    });
    ASSERT_TRUE(rig.run_until([&] { return rig.bead_now(id).dispatch_attempts == 2; }, hours{1}));
    rig.each_beat = nullptr;
    ASSERT_TRUE(rig.run_until([&] { return rig.container.running.size() == 1; }, minutes{5}));
    rig.run_for(minutes{40});  // It starts, survives and beats: none of it is work done.
    const auto d = rig.attempts(id).at(0);
    ASSERT_TRUE(d.survived_at.has_value());
    EXPECT_EQ(rig.bead_now(id).dispatch_attempts, 2);
    EXPECT_EQ(rig.bead_now(id).failures_in_row, 2);
    EXPECT_EQ(failures_of(rig, id).size(), 2U);
    rig.container.running.clear();
    rig.say_done(d.agent, d.id);
    EXPECT_EQ(rig.bead_now(id).status, bead_status::in_review);
    EXPECT_EQ(rig.bead_now(id).failures_in_row, 0);
    expect_permits(rig);
}

TEST(TrapB14, BreakersThatOpenedInOneSecondDoNotProbeInOneSecond) {
    std::map<std::int64_t, int> by_second;
    for (std::uint64_t town = 1; town <= 24; ++town) {
        actor_rig rig(true, town);
        rig.add_rig();
        open_container(rig, 6);
        ASSERT_TRUE(rig.run_until([&] { return rig.container.starts() == 6; }, minutes{20}));
        ++by_second[(start_times(rig).back() - noon) / seconds{1}];
    }
    EXPECT_GE(by_second.size(), 7U) << "spread over the jitter of twelve seconds";
    for (const auto& [second, probes] : by_second)
        EXPECT_LE(probes, 6) << "in second " << second;
}

}  // namespace
}  // namespace townd::engine::test
