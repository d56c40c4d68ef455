// Incident rows G: the loop and the life of the scheduler, on one actor.

#include <algorithm>

#include "engine/actor_rig.hpp"

namespace townd::engine::test {
namespace {

// A bead that waits for the end of a rate limit of ten seconds.
bead_id add_waiting(actor_rig& rig) {
    rig.add_rig();
    rig.container.on_start = [](const http_call&) {
        auto out = answer_of(429, R"({"error":"slow down"})");
        out.retry_after = seconds{10};
        return out;
    };
    const auto id = rig.add_issue("waits");
    rig.container.on_start = nullptr;
    return id;
}

TEST(IncidentG1, WorkThatThrowsIsAnsweredAndUndoneAndTheNextGoesOn) {
    actor_rig rig;
    rig.add_rig();
    const auto said = rig.in_town([](town::context& ctx) -> result<json> {
        ctx.store.put_value("half", "done");
        ctx.out.wake = true;
        ctx.note("lie", "told of what was undone");
        throw std::runtime_error("boom");
    });
    ASSERT_FALSE(said.has_value());
    EXPECT_EQ(said.error().kind, errc::internal);
    EXPECT_NE(said.error().what.find("boom"), std::string::npos);
    EXPECT_FALSE(
        rig.read<bool>([](town::context& ctx) { return ctx.store.value("half").has_value(); }));
    EXPECT_EQ(rig.journal.count("lie"), 0);
    const auto id = rig.add_issue("next");
    EXPECT_EQ(rig.bead_now(id).status, bead_status::in_progress);
}

TEST(IncidentG1, AnActionThatThrowsIsUndoneAloneAndKeepsNoSlot) {
    actor_rig rig;
    const auto id = add_waiting(rig);
    const auto ids = rig.env->from.new_id;
    rig.env->from.new_id = []() -> std::string { throw std::runtime_error("no ids today"); };
    rig.run_for(minutes{2});
    EXPECT_EQ(rig.container.starts(), 1);
    EXPECT_EQ(rig.in_flight->used(), 0);
    EXPECT_GE(rig.journal.count("action_failed"), 1);
    EXPECT_LE(rig.journal.count("action_failed"), 60);  // Not in a hot loop.
    EXPECT_EQ(rig.bead_now(id).starts, 1);
    rig.env->from.new_id = ids;
    EXPECT_TRUE(rig.run_until([&] { return rig.container.starts() == 2; }, minutes{1}));
}

TEST(IncidentG1, ATickThatBreaksOffIsSeenAndFollowedByAnother) {
    actor_rig rig;
    const auto id = add_waiting(rig);
    const auto draw = rig.env->from.draw;
    rig.env->from.draw = []() -> double { throw std::runtime_error("no luck today"); };
    rig.run_for(minutes{1});
    const auto said = rig.in_town([&](town::context& ctx) -> result<json> {
        auto b = ctx.store.find_bead(id);
        b->title = "never durable";
        ctx.store.put_bead(*b);
        return json();
    });
    EXPECT_FALSE(said.has_value());
    EXPECT_EQ(rig.in_flight->used(), 0);
    EXPECT_EQ(rig.container.starts(), 1);
    ASSERT_NE(rig.summary, nullptr);
    EXPECT_NE(rig.summary->problem.find("no luck today"), std::string::npos)
        << rig.summary->problem;
    EXPECT_EQ(rig.journal.count("storage_failed"), 1);
    rig.env->from.draw = draw;
    EXPECT_TRUE(rig.run_until([&] { return rig.container.starts() == 2; }, minutes{1}));
    EXPECT_EQ(rig.bead_now(id).title, "waits");
    EXPECT_TRUE(rig.summary->problem.empty()) << rig.summary->problem;
}

TEST(IncidentG2, ANewBeadInAnIdleTownStartsAtOnce) {
    actor_rig rig;
    rig.add_rig();
    rig.run_for(minutes{10});
    const instant before = rig.clock.now();
    const int ticks = rig.journal.ticks;
    rig.run_for(minutes{10});
    EXPECT_LE(rig.journal.ticks - ticks, 11);  // It was idle.
    rig.add_issue("new");
    EXPECT_EQ(rig.container.starts(), 1);
    EXPECT_EQ(rig.clock.now(), before + minutes{10});
}

TEST(IncidentG2, ReadingATownNeitherTicksItNorPutsItsTickOff) {
    actor_rig rig;
    rig.add_rig();
    rig.run_for(minutes{5});
    const int before = rig.journal.ticks;
    const instant due = rig.actor->due_at();
    for (int i = 0; i < 10; ++i) {
        rig.clock.set(rig.clock.now() + seconds{1});
        static_cast<void>(rig.issues());
    }
    EXPECT_EQ(rig.journal.ticks, before);
    EXPECT_EQ(rig.actor->due_at(), due);
}

TEST(IncidentG5, TheCapCountsStartsOfUnknownOutcome) {
    actor_rig rig;
    rig.settings->rules.dispatch.max_polecats_per_rig = 3;
    rig.add_rig();
    int n = 0;
    rig.container.on_start = [&](const http_call& call) -> std::optional<http_answer> {
        if (++n % 2 == 0) {
            rig.container.running[agent_of(call)] = "";
            return answer_of(201, R"({"status":"running"})");
        }
        return std::nullopt;
    };
    rig.act([](town::context& ctx) {
        for (int i = 0; i < 200; ++i) {
            town::new_bead wanted;
            wanted.title = "one of many";
            wanted.rig = "rig-1";
            EXPECT_TRUE(town::create_bead(ctx, wanted));
        }
    });
    for (int i = 0; i < 60; ++i) {
        rig.run_for(seconds{10});
        const auto live =
            rig.read<live_rows>([](town::context& ctx) { return ctx.store.load_live(); });
        EXPECT_LE(live.dispatches.size(), 3U);
        EXPECT_LE(rig.container.running.size(), 3U);
        EXPECT_GE(rig.summary->waiting.total(), 190);
    }
    EXPECT_GT(rig.container.starts(), 3);
}

TEST(IncidentG6, OneSlowStartHoldsUpNobodyAndItsSlotComesBack) {
    actor_rig rig;
    rig.add_rig();
    bool first = true;
    rig.container.on_start = [&](const http_call& call) -> std::optional<http_answer> {
        if (std::exchange(first, false)) return std::nullopt;
        rig.container.running[agent_of(call)] = "";
        return answer_of(201, R"({"status":"running"})");
    };
    const auto slow = rig.add_issue("slow");
    for (int i = 0; i < 3; ++i)
        rig.add_issue("quick");
    EXPECT_EQ(rig.container.running.size(), 3U);
    EXPECT_EQ(rig.in_flight->used(), 1);
    EXPECT_TRUE(rig.run_until([&] { return rig.container.running.size() == 4; }, minutes{4}));
    EXPECT_EQ(rig.bead_now(slow).status, bead_status::in_progress);
    EXPECT_EQ(rig.bead_now(slow).starts, 2);
}

TEST(IncidentG10, AStopRecordsWhatIsInFlightAndTheRestartSettlesIt) {
    actor_rig rig;
    rig.add_rig();
    rig.container.on_start = [&](const http_call& call) -> std::optional<http_answer> {
        rig.container.running[agent_of(call)] = "";
        return std::nullopt;
    };
    rig.heartbeats = false;
    const auto id = rig.add_issue("in flight");
    rig.env->stopping.store(true);
    const auto late = rig.add_issue("too late");
    EXPECT_EQ(rig.container.starts(), 1);
    rig.actor->record_in_flight();
    const auto recorded = rig.attempts(id).at(0);
    EXPECT_EQ(recorded.state, dispatch_state::unknown);
    ASSERT_TRUE(recorded.error.has_value());
    EXPECT_EQ(recorded.error->code(), error_code::cancelled);
    rig.container.on_start = nullptr;
    rig.kill_and_restart();
    rig.run_for(seconds{2});
    EXPECT_EQ(rig.attempts(id).at(0).state, dispatch_state::started);
    EXPECT_EQ(rig.attempts(id).size(), 1U);
    EXPECT_EQ(rig.bead_now(late).status, bead_status::in_progress);
    EXPECT_EQ(rig.container.starts(), 2);
}

class Slots : public ::testing::Test {
protected:
    Slots() { pool.set_limit(2); }
    int ask(const std::string& town, instant at = instant{duration{1'000}}) {
        return pool.reserve(town, 64, as, at);
    }
    instant wait(const std::string& town) { return pool.wait(town, as, now); }

    std::vector<std::string> woken;
    slots pool{[this](const town_id& town) { woken.push_back(town); }};
    static constexpr auto as = start_class::proved;
    const instant now{duration{1'000}};
};

TEST_F(Slots, ASlotThatCameFreeBeforeTheWaitWakesAtOnce) {
    ASSERT_EQ(ask("early"), 2);
    ASSERT_EQ(ask("late"), 0);
    pool.release(2, as);
    EXPECT_EQ(wait("late"), never);
    EXPECT_EQ(woken, std::vector<std::string>{"late"});
    ASSERT_EQ(ask("late"), 2);
    EXPECT_EQ(wait("a"), never);
    EXPECT_EQ(wait("b"), never);
    EXPECT_EQ(wait("a"), never);
    pool.release(1, as);
    EXPECT_EQ(woken, (std::vector<std::string>{"late", "a"}));
    pool.release(1, as);
    EXPECT_EQ(woken, (std::vector<std::string>{"late", "a", "b"}));
    EXPECT_EQ(pool.used(), 0);
}

// The town whose start was answered ticks at once, often before the one that was woken.
TEST_F(Slots, WhatCameFreeIsForTheTownThatWaitedForIt) {
    ASSERT_EQ(ask("big"), 2);
    EXPECT_EQ(wait("small"), never);
    pool.release(1, as);
    EXPECT_EQ(woken, std::vector<std::string>{"small"});
    EXPECT_EQ(ask("big"), 0) << "it is another's turn";
    EXPECT_NE(wait("big"), never) << "the other may never ask";
    EXPECT_EQ(ask("small"), 1);
    pool.release(2, as);
    EXPECT_EQ(woken, (std::vector<std::string>{"small", "big"})) << "each in turn";
    EXPECT_EQ(ask("other"), 1) << "one slot was for the town in line, the other for anybody";
}

TEST_F(Slots, ATownThatWasWokenAndNeverAsksHoldsNothingForLong) {
    ASSERT_EQ(ask("big"), 2);
    EXPECT_EQ(wait("deleted"), never);
    pool.release(2, as);
    EXPECT_EQ(ask("big"), 1);
    const instant again = wait("big");
    ASSERT_NE(again, never);
    EXPECT_EQ(ask("big", again), 1);
}

TEST_F(Slots, AnEighthOfWhatIsFreeIsOneTurnsShare) {
    pool.set_limit(200);
    EXPECT_EQ(pool.share(), 25);
    ASSERT_EQ(pool.reserve("big", 160, as, now), 160);
    EXPECT_EQ(pool.share(), 16) << "few small turns would read the town again and again";
    pool.release(160, as);
    EXPECT_EQ(pool.share(), 25);
    pool.set_limit(2);
    EXPECT_EQ(pool.share(), 1);
}

}  // namespace
}  // namespace townd::engine::test
