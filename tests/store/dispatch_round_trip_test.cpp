// Dispatches, stop orders, breakers and nudges: what is written is what is read.

#include "store/town_on_disk.hpp"

namespace townd::store::test {
namespace {

class DispatchRoundTrip : public town_on_disk {};

TEST_F(DispatchRoundTrip, ADispatchKeepsEveryField) {
    dispatch d = start_of("d1", "b1", noon);
    d.role = agent_role::mayor;
    d.rig = "rig-1";
    d.attempt = 5;
    d.rule = "bead_ready";
    d.state = dispatch_state::unknown;
    d.outcome = attempt_outcome::unknown;
    d.answered_at = noon + duration{1};
    d.started_at = noon + duration{2};
    d.heartbeat_at = noon + duration{3};
    d.survived_at = noon + duration{4};
    d.ended_at = noon + duration{5};
    d.end_reason = "exited";
    d.charged_bead = true;
    d.phases = {{"connect", std::chrono::microseconds{1500}, false},
                {"header", std::chrono::microseconds{60'000'000}, true}};
    d.error.emplace(error_code::header_timeout, error_phase::header, blame::infrastructure, "slow");
    d.error->retry_after = duration{1500};
    d.admissions = {{"container/t1", 18'000'000'000'000'000'000U, 4}, {"agent/x", 1, 0}};
    store->insert_dispatch(start_of("d1", "b1", noon));
    d.rig.reset();
    d.attempt = 1;
    d.rule = "";
    d.role = agent_role::polecat;
    store->put_dispatch(d);
    commit_and_reopen();
    const auto read = store->find_dispatch("d1");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->state, d.state);
    EXPECT_EQ(read->outcome, d.outcome);
    EXPECT_EQ(read->created_at, noon);
    EXPECT_EQ(read->deadline_at, d.deadline_at);
    EXPECT_EQ(read->grace_at, d.grace_at);
    EXPECT_EQ(read->answered_at, d.answered_at);
    EXPECT_EQ(read->started_at, d.started_at);
    EXPECT_EQ(read->heartbeat_at, d.heartbeat_at);
    EXPECT_EQ(read->survived_at, d.survived_at);
    EXPECT_EQ(read->ended_at, d.ended_at);
    EXPECT_EQ(read->end_reason, "exited");
    EXPECT_TRUE(read->charged_bead);
    ASSERT_EQ(read->phases.size(), 2U);
    EXPECT_EQ(read->phases[1].name, "header");
    EXPECT_EQ(read->phases[1].took, d.phases[1].took);
    EXPECT_TRUE(read->phases[1].failed);
    ASSERT_TRUE(read->error);
    EXPECT_EQ(read->error->code(), error_code::header_timeout);
    EXPECT_EQ(read->error->message(), "slow");
    EXPECT_EQ(read->error->retry_after, duration{1500});
    ASSERT_EQ(read->admissions.size(), 2U);
    EXPECT_EQ(read->admissions[0].key, "container/t1");
    EXPECT_EQ(read->admissions[0].generation, 18'000'000'000'000'000'000U);
    EXPECT_EQ(read->admissions[0].probe, 4U);
}

TEST_F(DispatchRoundTrip, AnInsertedDispatchKeepsWhatNeverChanges) {
    dispatch d = start_of("d1", "b1", noon);
    d.role = agent_role::refinery;
    d.rig = "rig-7";
    d.attempt = 9;
    d.rule = "review_pending";
    store->insert_dispatch(d);
    store->insert_dispatch(start_of("d2", "b1", noon + duration{1}));
    dispatch other = start_of("d3", "b2", noon + duration{2});
    other.agent = "agent-2";
    store->insert_dispatch(other);
    const auto read = store->find_dispatch("d1");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->role, agent_role::refinery);
    EXPECT_EQ(read->rig, "rig-7");
    EXPECT_EQ(read->agent, "agent-1");
    EXPECT_EQ(read->agent_name, "toast");
    EXPECT_EQ(read->bead, "b1");
    EXPECT_EQ(read->attempt, 9);
    EXPECT_EQ(read->rule, "review_pending");
    const auto ids = [&](const dispatch_filter& f) {
        std::string out;
        for (const auto& each : store->list_dispatches(f))
            out += each.id + " ";
        return out;
    };
    EXPECT_EQ(ids({}), "d3 d2 d1 ");
    EXPECT_EQ(ids({"b1", std::nullopt, 100}), "d2 d1 ");
    EXPECT_EQ(ids({std::nullopt, "agent-2", 100}), "d3 ");
    EXPECT_EQ(ids({"b1", "agent-2", 100}), "");
    EXPECT_EQ(ids({std::nullopt, std::nullopt, 1}), "d3 ");
}

TEST_F(DispatchRoundTrip, StopsBreakersAndNudgesAreKept) {
    store->put_stop({"a1", "stale", noon, 1, noon + duration{1}});
    store->put_stop({"a1", "gone", noon, 2, noon + duration{2}});
    store->put_stop({"a2", "x", noon, 0, noon});
    store->delete_stop("a2");
    store->put_breaker({"container", "{}"});
    store->put_breaker({"container", R"({"open":true})"});
    store->put_breaker({"old", "{}"});
    store->delete_breaker("old");
    store->add_nudge({"n1", "a1", "wake", "immediate", "urgent", "mayor", noon, std::nullopt});
    store->add_nudge({"n2", "a1", "late", "queue", "normal", "x", noon, noon - duration{1}});
    store->add_nudge({"n3", "a1", "told", "queue", "normal", "x", noon, std::nullopt});
    store->nudge_delivered("n3", noon);
    commit_and_reopen();
    const auto live = store->load_live();
    ASSERT_EQ(live.stops.size(), 1U);
    EXPECT_EQ(live.stops[0].reason, "gone");
    EXPECT_EQ(live.stops[0].tries, 2);
    EXPECT_EQ(live.stops[0].next_try_at, noon + duration{2});
    ASSERT_EQ(store->breakers().size(), 1U);
    EXPECT_EQ(store->breakers()[0].state_json, R"({"open":true})");
    const auto nudges = store->pending_nudges("a1", noon);
    ASSERT_EQ(nudges.size(), 1U);
    EXPECT_EQ(nudges[0].message, "wake");
    EXPECT_EQ(nudges[0].mode, "immediate");
}

}  // namespace
}  // namespace townd::store::test
