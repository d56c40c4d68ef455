// Incident rows B2, B3, B4, B8, B9, B10, B12: what becomes of sessions after their start.

#include "engine/permits.hpp"
#include "town/agents.hpp"

namespace townd::engine::test {
namespace {

void limit_polecats(actor_rig& rig, int most) {
    rig.settings->rules.dispatch.max_polecats_per_rig = most;
}

// The agent's process is gone without a word.
void vanish_at_beat(actor_rig& rig, int beats) {
    leave_at_beat(rig, beats, [](const agent_id&, const dispatch_id&) {});
}

std::vector<bead> beads_of(actor_rig& rig, bead_type type) {
    return rig.read<std::vector<bead>>([&](town::context& ctx) {
        store::bead_filter filter;
        filter.type = type;
        filter.limit = 100;
        return ctx.store.list_beads(filter);
    });
}

TEST(IncidentB2, ACleanExitAfterDoneIsNoFailureHoweverOften) {
    actor_rig rig;
    rig.add_rig();
    limit_polecats(rig, 1);
    leave_at_beat(rig, 1, [&](const agent_id& agent, const dispatch_id& session) {
        rig.say_done(agent, session);
        rig.say_completed(agent, false, "completed", session);
    });
    for (int i = 0; i < 10; ++i)
        rig.add_issue("clean");
    EXPECT_TRUE(
        rig.run_until([&] { return rig.with_status(bead_status::closed) == 10; }, hours{1}));
    EXPECT_EQ(rig.container.starts(), 20) << "one session each, and one review";
    EXPECT_EQ(rig.journal.count("session_failed"), 0);
    EXPECT_EQ(rig.journal.count("breaker:"), 0);
    for (const auto& b : rig.issues()) {
        EXPECT_EQ(b.dispatch_attempts, 0);
        EXPECT_EQ(b.failures_in_row, 0);
        EXPECT_TRUE(failures_of(rig, b.id).empty());
    }
    expect_permits(rig);
}

TEST(IncidentB3, AnAgentThatLivesWithoutProgressThreeTimesIsHeldWithItsCause) {
    for (const int beats : {2, 9}) {  // One minute, and four and a half.
        actor_rig rig;
        rig.add_rig();
        limit_polecats(rig, 1);
        vanish_at_beat(rig, beats);
        const auto id = rig.add_issue("churn");
        ASSERT_TRUE(rig.run_until([&] { return !open_breakers(rig).empty(); }, hours{1}));
        EXPECT_EQ(rig.container.starts(), 1) << beats;
        const auto open = open_breakers(rig);
        ASSERT_EQ(open.size(), 1U);
        const auto key = breaker_set::place_key("rig-1", agent_role::polecat);
        ASSERT_TRUE(open.contains(key)) << open.begin()->first;
        EXPECT_NE(open.at(key).cause.find("agent_no_heartbeat"), std::string::npos)
            << open.at(key).cause;
        EXPECT_EQ(rig.bead_now(id).dispatch_attempts, 0);
        EXPECT_EQ(failures_of(rig, id).size(), 1U);

        // While it is held it has one try each time, and nobody else is blamed.
        const int held = rig.container.starts();
        ASSERT_TRUE(rig.run_until([&] { return rig.container.starts() > held; }, minutes{1}));
        EXPECT_EQ(rig.container.starts(), held + 1);
        expect_permits(rig);
    }
}

TEST(IncidentB3, OtherAgentsFollowAndThenTheRoleIsHeld) {
    actor_rig rig;
    rig.add_rig();
    vanish_at_beat(rig, 2);
    rig.add_issue("churn");
    ASSERT_TRUE(rig.run_until([&] { return !open_breakers(rig).empty(); }, hours{1}));
    const auto open = open_breakers(rig);
    const std::string place = "place/rig-1/polecat";
    ASSERT_TRUE(open.contains(place)) << open.begin()->first;
    EXPECT_NE(open.at(place).cause.find("agent_no_heartbeat"), std::string::npos);
    EXPECT_LE(rig.container.starts(), 3);
    const auto other = rig.add_issue("waits, too");
    EXPECT_EQ(rig.bead_now(other).status, bead_status::open);
    expect_uncharged(rig);
    expect_permits(rig);
}

TEST(IncidentB4, MassDeathIsOneIncidentWithOneProbe) {
    for (const int apart : {0, 6}) {  // Seconds between their starts, and so between their beats.
        actor_rig rig;
        rig.add_rig();
        for (int i = 0; i < 4; ++i) {
            rig.add_issue("at work");
            rig.run_for(seconds{apart});
        }
        rig.run_for(minutes{3});
        ASSERT_EQ(rig.container.running.size(), 4U);
        const int before = rig.container.starts();
        rig.container.running.clear();
        rig.container.on_start = [](const http_call&) { return refused_connect(); };
        ASSERT_TRUE(rig.run_until([&] { return rig.container_breaker() == breaker_state::open; },
                                  minutes{3}));
        rig.run_for(seconds{20});  // All of them are known to be lost.
        EXPECT_LE(rig.container.starts(), before + 4) << "one at a time into a dead container";
        EXPECT_EQ(open_breakers(rig).size(), 1U) << "one incident, not one of each agent";
        rig.run_for(minutes{30});
        EXPECT_LE(rig.container.starts(), before + 4 + 9) << "one probe at a time, further apart";

        rig.container.on_start = nullptr;
        const int dead = rig.container.starts();
        ASSERT_TRUE(rig.run_until([&] { return rig.container.starts() == dead + 1; }, minutes{13}));
        EXPECT_EQ(rig.container.running.size(), 1U);
        EXPECT_TRUE(rig.run_until([&] { return rig.container.running.size() == 4; }, minutes{3}));
        EXPECT_EQ(rig.container.starts(), dead + 4);
        expect_uncharged(rig);
        expect_permits(rig);
    }
}

TEST(IncidentB8, AnEvictionOfAnOlderSessionDoesNotTouchTheOneThatBeats) {
    actor_rig rig;
    rig.add_rig();
    const auto id = rig.add_issue("moved");
    const auto first = rig.attempts(id).at(0);
    rig.run_for(minutes{2});
    rig.container.running.clear();
    rig.say_completed(first.agent, false, "container eviction", first.id);
    ASSERT_TRUE(rig.run_until([&] { return rig.container.running.size() == 1; }, minutes{2}));
    rig.run_for(minutes{1});
    ASSERT_EQ(rig.container.starts(), 2);
    const auto before = rig.bead_now(id);
    ASSERT_EQ(before.status, bead_status::in_progress);
    for (int i = 0; i < 3; ++i)
        rig.say_completed(first.agent, i == 1, "container eviction", first.id);
    rig.run_for(minutes{10});
    EXPECT_EQ(rig.container.starts(), 2) << "no second session beside the live one";
    EXPECT_EQ(rig.container.running.size(), 1U);
    EXPECT_EQ(rig.bead_now(id).status, bead_status::in_progress);
    EXPECT_EQ(rig.bead_now(id).updated_at, before.updated_at) << "it was never opened in between";
    EXPECT_EQ(rig.attempts(id).at(0).state, dispatch_state::started);
    EXPECT_EQ(rig.journal.count("stale_callback"), 3);
    expect_permits(rig);
}

TEST(IncidentB9, AnEvictedSessionFreesItsBeadAtOnceAndIsChargedToNobody) {
    actor_rig rig;
    rig.add_rig();
    const auto id = rig.add_issue("evicted");
    const auto d = rig.attempts(id).at(0);
    rig.run_for(minutes{2});
    rig.container.on_start = [](const http_call&) {
        return answer_of(503, R"({"error":"container is draining"})");
    };
    rig.container.running.clear();
    rig.heartbeats = false;
    rig.run_for(seconds{40});
    rig.say_completed(d.agent, false, "container eviction", d.id);
    const auto b = rig.bead_now(id);
    EXPECT_EQ(b.status, bead_status::open) << "at once, not after five minutes";
    EXPECT_FALSE(b.assignee.has_value());
    EXPECT_EQ(b.dispatch_attempts, 0);
    EXPECT_EQ(b.failures_in_row, 0);
    EXPECT_TRUE(failures_of(rig, id).empty());
    EXPECT_FALSE(rig.agents().at(0).hook.has_value());
    EXPECT_EQ(rig.journal.count("session_failed"), 0);
    rig.container.on_start = nullptr;
    rig.heartbeats = true;
    EXPECT_TRUE(rig.run_until([&] { return rig.container.running.size() == 1; }, minutes{2}));
    expect_permits(rig);
}

TEST(IncidentB10, DoneOfARefineryWithoutAHookMergesNothingInSilence) {
    actor_rig rig;
    rig.add_rig();
    const auto id = rig.add_issue("reviewed");
    const auto polecat = rig.attempts(id).at(0);
    rig.run_for(minutes{1});
    rig.container.running.clear();
    rig.say_done(polecat.agent, polecat.id);
    const auto request = beads_of(rig, bead_type::merge_request).at(0);
    const auto review = rig.attempts(request.id).at(0);
    ASSERT_EQ(review.role, agent_role::refinery);
    rig.run_for(minutes{1});
    rig.container.on_stop = [](const http_call&) { return refused_connect(); };
    rig.act([&](town::context& ctx) { EXPECT_TRUE(town::unhook(ctx, review.agent)); });
    rig.say_done(review.agent, review.id);

    EXPECT_EQ(rig.bead_now(request.id).status, bead_status::failed);
    EXPECT_NE(rig.bead_now(id).status, bead_status::closed) << "never a silent merge";
    const auto told = beads_of(rig, bead_type::escalation);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_NE(told[0].title.find("without a hook"), std::string::npos) << told[0].title;
    EXPECT_NE(told[0].metadata_json.find(request.id), std::string::npos);
    rig.run_for(minutes{1});
    EXPECT_NE(rig.bead_now(id).status, bead_status::closed);
    EXPECT_EQ(rig.bead_now(id).dispatch_attempts, 1) << "a review that failed is a failed session";
    expect_permits(rig);
}

TEST(IncidentB12, AReviewerThatIsKilledIdleBetweenItsTurnsUsesUpItsReview) {
    actor_rig rig;
    rig.add_rig();
    const auto id = rig.add_issue("reviewed");
    const auto polecat = rig.attempts(id).at(0);
    rig.run_for(minutes{1});
    rig.container.running.clear();
    rig.say_done(polecat.agent, polecat.id);
    const auto request = beads_of(rig, bead_type::merge_request).at(0).id;
    leave_at_beat(rig, 3, [&](const agent_id& agent, const dispatch_id& session) {
        rig.say_completed(agent, false, "idle timeout", session);
    });
    ASSERT_TRUE(rig.run_until([&] { return rig.bead_now(request).status == bead_status::failed; },
                              hours{3}));
    const auto tried = rig.attempts(request);
    EXPECT_EQ(tried.size(), 5U) << "and not 52";
    EXPECT_EQ(rig.bead_now(request).dispatch_attempts, 5);
    std::set<std::string> rules;
    for (const auto& d : tried)
        rules.insert(std::string{d.rule});
    EXPECT_TRUE(rules.contains("R5_next_review")) << "the first dispatch counts like the others";
    EXPECT_EQ(rig.bead_now(id).dispatch_attempts, 1);
    rig.run_for(hours{3});
    EXPECT_EQ(rig.attempts(request).size(), 5U);
    expect_permits(rig);
}

}  // namespace
}  // namespace townd::engine::test
