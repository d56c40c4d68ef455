#include <gtest/gtest.h>

#include "debug/fake_fleet.hpp"

namespace townd::debug {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// A town with a bead that failed to start twice and waits, one that is over, and an agent.
void fill(store::town_store& store) {
    store.insert_rig(test_rig("r1"));
    const auto toast = test_agent("agent-1", "r1", "Toast");
    store.insert_agent(toast);
    auto waiting = test_bead("b1", "r1");
    waiting.starts = 2;
    waiting.failures_in_row = 2;
    waiting.next_attempt_at = test_now + seconds{90};
    store.insert_bead(waiting);
    store.put_bead(waiting);
    auto over = test_bead("b2", "r1");
    over.status = bead_status::failed;
    over.reason = "max dispatch attempts exceeded (5)";
    over.closed_at = test_now - minutes{30};
    store.insert_bead(over);
    store.put_bead(over);
    store.insert_bead(test_bead("b3", "r1"));
    for (int attempt = 1; attempt <= 2; ++attempt) {
        auto d = test_dispatch("d" + std::to_string(attempt), toast, "b1", attempt);
        d.state = dispatch_state::failed;
        d.outcome = attempt_outcome::failure;
        d.answered_at = d.created_at + duration{250};
        d.ended_at = d.answered_at;
        d.error = refused_error();
        d.phases = {{"resolve", std::chrono::microseconds{400}, false},
                    {"connect", std::chrono::microseconds{1600}, true}};
        store.insert_dispatch(d);
        store.put_dispatch(d);
        store.add_failure("b1", agent_role::polecat,
                          {d.id, attempt, *d.ended_at, toast.id, *d.error});
    }
}

struct filled_face : test_face {
    filled_face() { fleet.open("t1", fill); }
};

TEST(BeadJson, CarriesTheContractsFields) {
    filled_face face;
    const auto bead = face.get_json("/debug/v1/beads/t1/b1");
    EXPECT_EQ(bead["bead_id"], "b1");
    EXPECT_EQ(bead["status"], "open");
    EXPECT_EQ(bead["type"], "issue");
    EXPECT_EQ(bead["title"], "Fix b1");
    EXPECT_EQ(bead["priority"], "medium");
    EXPECT_EQ(bead["rig_id"], "r1");
    EXPECT_TRUE(bead["assignee"].is_null());
    EXPECT_EQ(bead["dispatch_attempts"], 0);
    EXPECT_EQ(bead["starts"], 2);
    EXPECT_EQ(bead["max_attempts"], 5);
    EXPECT_EQ(bead["next_attempt_at"], to_rfc3339(test_now + seconds{90}));
    EXPECT_DOUBLE_EQ(bead["next_attempt_in_seconds"].get<double>(), 90.0);
    EXPECT_EQ(bead["created_at"], to_rfc3339(test_now - std::chrono::hours{2}));
    EXPECT_EQ(bead["reason"].get<std::string>().rfind("BackingOff: next attempt at ", 0), 0U)
        << bead["reason"];
    ASSERT_EQ(bead["failures"].size(), 2U);
    for (const auto& failure : bead["failures"]) {
        for (const char* name :
             {"attempt", "at", "agent", "code", "phase", "message", "blame", "retryable",
              "http_status", "errno", "body_excerpt", "fingerprint"})
            EXPECT_TRUE(failure.contains(name)) << name;
        EXPECT_EQ(failure["code"], "connect_refused");
        EXPECT_EQ(failure["agent"], "Toast");
        EXPECT_EQ(failure["errno"], 111);
        EXPECT_EQ(failure["fingerprint"], refused_error().fingerprint("polecat"));
    }
    EXPECT_EQ(bead["failures"][0]["attempt"], 2);
    EXPECT_EQ(bead["last_error"]["attempt"], 2);
    EXPECT_EQ(bead["last_error"]["message"], refused_error().message());
}

TEST(BeadJson, ShowsTheErrorOfANewerNeutralAttemptAsItsLast) {
    test_face face;
    face.fleet.open("t1", [](store::town_store& store) {
        fill(store);
        auto d = test_dispatch("d3", test_agent("agent-1", "r1", "Toast"), "b1", 3);
        d.state = dispatch_state::neutral;
        d.outcome = attempt_outcome::neutral;
        d.answered_at = d.ended_at = d.created_at + seconds{1};
        d.error = dispatch_error{error_code::http_429, error_phase::start, blame::infrastructure,
                                 "429 Too Many Requests"};
        store.insert_dispatch(d);
        store.put_dispatch(d);
    });
    const auto bead = face.get_json("/debug/v1/beads/t1/b1");
    EXPECT_EQ(bead["last_error"]["code"], "http_429");
    EXPECT_EQ(bead["last_error"]["attempt"], 3);
    EXPECT_EQ(bead["failures"].size(), 2U);
}

TEST(BeadJson, KeepsTheStoredReasonOfABeadThatIsOver) {
    filled_face face;
    const auto bead = face.get_json("/debug/v1/beads/t1/b2");
    EXPECT_EQ(bead["reason"], "max dispatch attempts exceeded (5)");
    EXPECT_TRUE(bead["last_error"].is_null());
    EXPECT_TRUE(bead["failures"].is_array());
}

TEST(BeadJson, HasNoReasonWhenNothingIsInTheWay) {
    filled_face face;
    const auto bead = face.get_json("/debug/v1/beads/t1/b3");
    EXPECT_TRUE(bead["reason"].is_null()) << bead["reason"];
    EXPECT_EQ(bead["explain"]["reason"], "Dispatchable");
}

TEST(Explain, NamesTheFirstGateThatRefusesAndShowsAll) {
    filled_face face;
    const auto why = face.get_json("/debug/v1/explain?town=t1&bead=b1");
    EXPECT_EQ(why["dispatchable"], false);
    EXPECT_EQ(why["reason"], "BackingOff");
    ASSERT_GE(why["gates"].size(), 10U);
    bool seen = false;
    for (const auto& gate : why["gates"]) {
        for (const char* name : {"gate", "passed", "detail", "since", "source", "until"})
            EXPECT_TRUE(gate.contains(name)) << name;
        EXPECT_FALSE(gate["detail"].get<std::string>().empty());
        if (gate["gate"] != "BackingOff") continue;
        seen = true;
        EXPECT_EQ(gate["passed"], false);
        EXPECT_EQ(gate["until"], to_rfc3339(test_now + seconds{90}));
        EXPECT_FALSE(gate["since"].is_null());
    }
    EXPECT_TRUE(seen);
}

TEST(Explain, SaysDispatchableWhenEveryGatePasses) {
    filled_face face;
    const auto why = face.get_json("/debug/v1/explain?town=t1&bead=b3");
    EXPECT_EQ(why["dispatchable"], true);
    EXPECT_EQ(why["reason"], "Dispatchable");
    for (const auto& gate : why["gates"])
        EXPECT_EQ(gate["passed"], true) << gate;
}

TEST(Explain, RefusesABeadThatIsOverAndDoesNotKnowAnother) {
    filled_face face;
    const auto over = face.get_json("/debug/v1/explain?town=t1&bead=b2");
    EXPECT_EQ(over["reason"], "BeadNotReady");
    EXPECT_EQ(over["gates"][0]["passed"], false);
    EXPECT_EQ(face.get("/debug/v1/explain?town=t1&bead=b99").status, 404);
    EXPECT_EQ(face.get("/debug/v1/beads/t1/b99").status, 404);
    EXPECT_EQ(face.get("/debug/v1/attempts?town=t1&bead=b99").status, 404);
}

TEST(Explain, AgreesWithTheDryRun) {
    filled_face face;
    const auto plan = json::parse(face.send("POST", "/debug/towns/t1/reconcile-dry-run").body);
    std::vector<std::string> started;
    for (const auto& action : plan["actions"])
        if (action["type"] == "start_agent") started.push_back(action["bead_id"]);
    EXPECT_EQ(started, std::vector<std::string>{"b3"});
    EXPECT_EQ(plan["metrics"]["actionsEmitted"], plan["actions"].size());
    EXPECT_EQ(plan["metrics"]["actionsByType"]["start_agent"], 1);
    EXPECT_EQ(plan["metrics"]["pendingEventCount"], 0);
    EXPECT_EQ(plan["metrics"]["eventsDrained"], 0);
}

TEST(AttemptList, CarriesTheContractsFields) {
    filled_face face;
    const auto body = face.get_json("/debug/v1/attempts?town=t1&bead=b1");
    ASSERT_EQ(body["items"].size(), 2U);
    const auto& newest = body["items"][0];
    EXPECT_EQ(newest["id"], "d2");
    EXPECT_EQ(newest["town"], "t1");
    EXPECT_EQ(newest["role"], "polecat");
    EXPECT_EQ(newest["agent"], "Toast");
    EXPECT_EQ(newest["bead"], "b1");
    EXPECT_EQ(newest["attempt"], 2);
    EXPECT_EQ(newest["outcome"], "failure");
    EXPECT_EQ(newest["state"], "failed");
    EXPECT_EQ(newest["rule"], "R1_unassigned_bead");
    EXPECT_EQ(newest["started_at"], to_rfc3339(test_now - minutes{8}));
    EXPECT_DOUBLE_EQ(newest["duration_seconds"].get<double>(), 0.25);
    EXPECT_EQ(newest["phases"][1]["name"], "connect");
    EXPECT_EQ(newest["phases"][1]["failed"], true);
    EXPECT_EQ(newest["error"]["code"], "connect_refused");
    EXPECT_EQ(face.get_json("/debug/v1/attempts/d1?town=t1")["attempt"], 1);
    EXPECT_EQ(face.get("/debug/v1/attempts/d9?town=t1").status, 404);
    EXPECT_TRUE(face.get_json("/debug/v1/attempts?town=t1&bead=b3")["items"].empty());
}

TEST(AttemptList, PagesByCursor) {
    filled_face face;
    const auto first = face.get_json("/debug/v1/attempts?town=t1&limit=1");
    EXPECT_EQ(first["items"][0]["id"], "d2");
    const auto cursor = first["page"]["next_cursor"].get<std::string>();
    const auto second = face.get_json("/debug/v1/attempts?town=t1&limit=1&cursor=" + cursor);
    EXPECT_EQ(second["items"][0]["id"], "d1");
    EXPECT_TRUE(second["page"]["next_cursor"].is_null());
}

TEST(EventList, WalksEventsOfOneMillisecondByCursor) {
    test_face face;
    face.fleet.open("t1", [](store::town_store& store) {
        store.insert_bead(test_bead("b1", "r1"));
        for (int i = 0; i < 5; ++i) {
            store::bead_event e;
            e.id = "e" + std::to_string(i);
            e.bead = "b1";
            e.type = "status_changed";
            e.at = test_now;
            store.add_bead_event(e);
        }
    });
    std::string ids;
    std::string cursor;
    for (int page = 0; page < 5; ++page) {
        const auto body = face.get_json("/debug/v1/towns/t1/events?limit=2&cursor=" + cursor);
        for (const auto& item : body["items"])
            ids += item["id"].get<std::string>();
        if (body["page"]["next_cursor"].is_null()) break;
        cursor = body["page"]["next_cursor"].get<std::string>();
    }
    EXPECT_EQ(ids, "e0e1e2e3e4");
}

TEST(TownJson, ShowsAgentsBeadsBreakersAndAttempts) {
    filled_face face;
    const auto town = face.get_json("/debug/v1/towns/t1");
    EXPECT_EQ(town["town"], "t1");
    const auto& detail = town["detail"];
    ASSERT_EQ(detail["agents"].size(), 1U);
    EXPECT_EQ(detail["agents"][0]["name"], "Toast");
    EXPECT_EQ(detail["agents"][0]["breaker"], "agent/r1/polecat/Toast");
    EXPECT_EQ(detail["agents"][0]["breaker_state"], "closed");
    EXPECT_EQ(detail["beads_live"], 2);
    EXPECT_EQ(detail["beads"].size(), 3U);
    EXPECT_TRUE(detail["breakers"].empty()) << "none has anything to remember";
    EXPECT_EQ(detail["attempts"].size(), 2U);
    EXPECT_EQ(face.get_json("/debug/v1/agents?town=t1")["items"].size(), 1U);
    EXPECT_EQ(face.get_json("/debug/v1/beads?town=t1&status=failed")["items"].size(), 1U);
    EXPECT_EQ(face.get("/debug/v1/beads?town=t1&status=nonsense").status, 400);
}

TEST(OriginalStatus, HasTheOriginalsShape) {
    filled_face face;
    const auto body = face.get_json("/debug/towns/t1/status");
    const auto& status = body["alarmStatus"];
    EXPECT_EQ(status["alarm"]["intervalMs"], 60'000);  // The town is idle.
    EXPECT_TRUE(status["alarm"]["nextFireAt"].is_string());
    EXPECT_EQ(status["agents"]["total"], 1);
    EXPECT_EQ(status["agents"]["idle"], 1);
    EXPECT_EQ(status["beads"]["open"], 2);
    EXPECT_EQ(status["beads"]["failed"], 1);
    EXPECT_TRUE(status.contains("reconciler"));
    EXPECT_TRUE(status["recentEvents"].is_array());
    EXPECT_EQ(body["agentMeta"][0]["bead_id"], "agent-1");
    EXPECT_EQ(body["beadSummary"].size(), 2U);
}

TEST(Json, SurvivesBytesThatAreNoText) {
    test_face face;
    face.fleet.open("t1", [](store::town_store& store) {
        auto b = test_bead("b1", "r1");
        b.title = "bad \xff\xfe bytes \x1b[31m";
        store.insert_bead(b);
    });
    const auto answer = face.get("/debug/v1/beads/t1/b1");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body.find('\x1b'), std::string::npos);
    EXPECT_EQ(answer.body.find('\xff'), std::string::npos);
    EXPECT_EQ(json::parse(answer.body)["bead_id"], "b1");
}

}  // namespace
}  // namespace townd::debug
