#include <gtest/gtest.h>

#include "debug/fake_fleet.hpp"

namespace townd::debug {
namespace {

TEST(OneBreaker, ShowsItsWindowItsCauseAndItsTransitions) {
    test_face face;
    auto& town = face.fleet.add("t1");
    breaker_policy policy;
    policy.failures = 2;
    breaker_entry entry;
    entry.scope = breaker_scope::agent;
    entry.role = agent_role::polecat;
    entry.rig = "r1";
    entry.agent_name = "Toast";
    entry.cause = "connect_refused: <b>no</b>";
    for (int i = 0; i < 2; ++i) {
        std::optional<breaker_transition> change;
        const auto grant = entry.state.admit(test_now, policy, change);
        (void)entry.state.record(grant, verdict::failure, test_now, 0.5, policy);
    }
    const auto key = breaker_set::agent_key("r1", agent_role::polecat, "Toast");
    town.breakers[key] = entry;
    face.history.breaker_changed("t1", key, "agent", "polecat", "closed", "open", entry.cause);
    const auto body = face.get_json("/debug/v1/breakers/t1/" + key);
    EXPECT_EQ(body["key"], "t1/" + key);
    EXPECT_EQ(body["state"], "open");
    EXPECT_EQ(body["window"]["failures"], 2);
    EXPECT_EQ(body["window"]["results"], 2);
    EXPECT_EQ(body["opened_by"]["code"], "connect_refused");
    EXPECT_EQ(body["opened_by"]["message"], "<b>no</b>");
    EXPECT_EQ(body["next_probe_at"], body["retry_at"]);
    EXPECT_EQ(body["probe_in_flight"], false);
    ASSERT_EQ(body["transitions"].size(), 1U);
    EXPECT_EQ(body["transitions"][0]["to"], "open");
    const auto closed = face.get_json("/debug/v1/breakers/t1/place/-/mayor");
    EXPECT_EQ(closed["state"], "closed");
    EXPECT_TRUE(closed["opened_by"].is_null());
    EXPECT_EQ(face.get("/debug/v1/breakers/t1/nonsense").status, 404);
    EXPECT_EQ(face.get("/debug/v1/breakers/t9/place/-/mayor").status, 404);
}

TEST(OneBreaker, OfAPlaceShowsItsStageAndWhenEachSucceededLast) {
    test_face face;
    auto& town = face.fleet.add("t1");
    const instant before = test_now - std::chrono::minutes{9};
    breaker_set set;
    set.succeeded("r1", agent_role::polecat, stage::survived, before, before);
    standing::failure died;
    died.at = stage::survived;
    died.began = died.now = test_now - std::chrono::minutes{1};
    died.why = {"agent_exited", 0, "agent", false, false, "agent_exited: code 1"};
    set.failed("r1", agent_role::polecat, died, 0.5, {});
    town.breakers = set.entries();
    const auto body = face.get_json("/debug/v1/breakers/t1/place/r1/polecat");
    EXPECT_EQ(body["scope"], "place");
    EXPECT_EQ(body["state"], "open");
    EXPECT_EQ(body["role"], "polecat");
    EXPECT_EQ(body["rig_id"], "r1");
    EXPECT_EQ(body["stage"], "survived");
    EXPECT_EQ(body["stage_words"], "do not survive their start");
    EXPECT_EQ(body["rule"], "survived");
    EXPECT_EQ(body["failures"], 1);
    EXPECT_EQ(body["last_success"]["survived_at"], to_rfc3339(before));
    EXPECT_TRUE(body["last_success"]["done_at"].is_null());
    EXPECT_EQ(body["opened_by"]["code"], "agent_exited");
}

waiting_bead held(const std::string& id, gate_reason reason, int age) {
    return {id, agent_role::polecat, "r1", reason, test_now - std::chrono::minutes{age}};
}

TEST(WaitingBeads, AreListedOverAllTownsTheOldestFirst) {
    test_face face;
    auto& t1 = face.fleet.add("t1");
    t1.waiting.beads = {held("b1", gate_reason::breaker_open, 50),
                        held("b2", gate_reason::backing_off, 5)};
    t1.waiting.by_reason[static_cast<std::size_t>(gate_reason::breaker_open)] = 2;
    face.fleet.add("t2").waiting.beads = {held("b3", gate_reason::breaker_open, 40)};
    const auto all = face.get_json("/debug/v1/beads?limit=2");
    ASSERT_EQ(all["items"].size(), 2U);
    EXPECT_EQ(all["items"][0]["bead_id"], "b1");
    EXPECT_EQ(all["items"][0]["reason"], "BreakerOpen");
    EXPECT_EQ(all["items"][0]["town"], "t1");
    EXPECT_EQ(all["items"][1]["bead_id"], "b3");
    EXPECT_EQ(all["page"]["total"], 3);
    EXPECT_EQ(face.get_json("/debug/v1/beads?limit=2&cursor=2")["items"][0]["bead_id"], "b2");
    const auto some = face.get_json("/debug/v1/beads?reason=BreakerOpen&older_than=45m");
    ASSERT_EQ(some["items"].size(), 1U);
    EXPECT_EQ(some["items"][0]["bead_id"], "b1");
    EXPECT_EQ(face.get_json("/debug/v1/beads?town=t2&older_than=1m")["items"].size(), 1U);
    EXPECT_EQ(face.get("/debug/v1/beads?status=open").status, 400);
    t1.waiting.by_reason[static_cast<std::size_t>(gate_reason::breaker_open)] = 30;
    EXPECT_EQ(face.get_json("/debug/v1/beads")["page"]["total_is_exact"], false);
}

TEST(OneOutage, NamesItsTowns) {
    test_face face;
    outage_summary o;
    o.id = "polecat-answered-1";
    o.fingerprint = "polecat/answered/http_5xx/500/";
    o.cause = "http_5xx: no image";
    face.fleet.board = std::make_shared<const outage_board>(outage_board{o});
    breaker_set set;
    standing::failure refused;
    refused.began = refused.now = test_now;
    refused.why = {"http_5xx", 500, "", false, false, o.cause};
    set.failed("r1", agent_role::polecat, refused, 0.5, {});
    face.fleet.add("t1").breakers = set.entries();
    face.fleet.add("t2").waiting.beads = {held("b1", gate_reason::outage_open, 1)};
    face.fleet.add("t3");
    const auto body = face.get_json("/debug/v1/outages/polecat-answered-1");
    EXPECT_EQ(body["stage"], "answered");
    EXPECT_EQ(body["stage_words"], "cannot be started");
    EXPECT_EQ(body["cause"], "http_5xx: no image");
    ASSERT_EQ(body["affected_towns"].size(), 2U);
    EXPECT_EQ(body["affected_towns"][0]["town"], "t1");
    EXPECT_EQ(body["page"]["total"], 2);
    EXPECT_EQ(face.get("/debug/v1/outages/none").status, 404);
}

TEST(OneAgent, IsFoundByIdAndByName) {
    test_face face;
    const auto toast = test_agent("g1", "r1", "Toast");
    face.fleet.open("t1", [&](store::town_store& in) {
        in.insert_rig(test_rig("r1"));
        in.insert_agent(toast);
    });
    for (const char* name : {"g1", "Toast"}) {
        const auto body = face.get_json(std::string{"/debug/v1/agents/"} + name + "?town=t1");
        EXPECT_EQ(body["agent_id"], "g1");
        EXPECT_EQ(body["breaker_record"]["state"], "closed");
        EXPECT_TRUE(body["current_bead"].is_null());
        EXPECT_TRUE(body["attempts"].is_array());
    }
    EXPECT_EQ(face.get("/debug/v1/agents/nobody?town=t1").status, 404);
    EXPECT_EQ(face.get("/debug/v1/agents/g1").status, 400);
}

TEST(DryRun, OfATownIsAnsweredToAnybodyWhoReads) {
    test_face face;
    face.fleet.open("t1", [](store::town_store&) {});
    const auto answer = face.send("POST", "/debug/v1/towns/t1:dry-run");
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_TRUE(json::parse(answer.body).contains("actions"));
    EXPECT_EQ(face.send("POST", "/debug/v1/towns/t1:pause").status, 415);
    EXPECT_EQ(face.get_json("/debug/towns/t1/drain-status")["draining"], false);
}

}  // namespace
}  // namespace townd::debug
