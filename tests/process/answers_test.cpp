// What follows an answer, or its absence: what is tried again, when, and who is charged.

#include <gtest/gtest.h>

#include "process/daemon_process.hpp"
#include "process/http_client.hpp"
#include "process/pages.hpp"
#include "process/raw_container.hpp"
#include "process/standin_thread.hpp"

namespace townd::test {
namespace {

using standin::behaviour;

config_keys quick() {
    return {{"dispatch.start_timeout", "1500ms"}, {"dispatch.heartbeat_timeout", "1s"}};
}

// Holds every start and knows no agent.
std::string hold_starts(const std::string& request) {
    return is_start(request) ? std::string{hold_the_answer} : unknown_agent();
}

json newest_attempt(const pages& at, const town_caller& town, const std::string& bead) {
    const auto found = at.attempts(town.id(), bead);
    return found.empty() ? json() : found.front();
}

TEST(Answers, A4AStartWithoutAnswerIsSettledByAHeartbeat) {
    const raw_container container{hold_starts};
    daemon_process daemon(config_keys{{"dispatch.start_timeout", "1500ms"}});
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const pages at(daemon);
    const auto town = town_caller::make(daemon.api(), container.url());
    const auto bead = town.make_bead("slow start");
    ASSERT_TRUE(
        wait_until([&] { return said(newest_attempt(at, town, bead), "outcome") == "unknown"; }));
    json attempt = newest_attempt(at, town, bead);
    EXPECT_EQ(said(attempt["error"], "code"), "header_timeout");
    EXPECT_EQ(town.status(bead), "in_progress") << "the agent may well run";
    EXPECT_EQ(said(at.bead(town.id(), bead)["explain"], "reason"), "AlreadyRunning");

    const std::string agent = "/agents/" + said(attempt, "agent_id");
    EXPECT_EQ(town.call("POST", agent + "/heartbeat", json::object()).status, 200);
    attempt = newest_attempt(at, town, bead);
    EXPECT_EQ(said(attempt, "outcome"), "success") << dump_json(attempt);
    EXPECT_TRUE(attempt["error"].is_null());
    EXPECT_TRUE(member(at.bead(town.id(), bead), "failures").empty());
    EXPECT_EQ(town.call("POST", agent + "/done", {{"branch", "b"}}).status, 200);
    EXPECT_EQ(town.status(bead), "in_review");
    EXPECT_EQ(at.attempts(town.id(), bead).size(), 1U) << "one session, and not a second beside it";
}

TEST(Answers, A4ALateAnswerMakesNoSecondSession) {
    standin_thread containers;
    auto how = fast_standin();
    how.mode = behaviour::late;
    how.late_by = duration{2'500};
    how.work_time = duration{3'500};
    auto& late = containers.add(how);
    daemon_process daemon(quick());
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const pages at(daemon);
    const auto town = town_caller::make(daemon.api(), late.url());
    const auto bead = town.make_bead("late answer");
    ASSERT_TRUE(wait_until([&] { return town.status(bead) == "in_review"; }));
    int sessions = 0;
    for (const auto& start : late.starts())
        sessions += start.bead == bead && start.began ? 1 : 0;
    EXPECT_EQ(sessions, 1);
    EXPECT_EQ(late.starts_received("polecat"), 1U);
    EXPECT_TRUE(member(at.bead(town.id(), bead), "failures").empty());
}

TEST(Answers, A5AStartThatNeverHappenedIsOneFailureOnceItsGraceIsOver) {
    const raw_container container{hold_starts};
    daemon_process daemon(quick());
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const pages at(daemon);
    const auto town = town_caller::make(daemon.api(), container.url());
    const auto bead = town.make_bead("lost start");
    ASSERT_TRUE(
        wait_until([&] { return said(newest_attempt(at, town, bead), "outcome") == "unknown"; }));
    EXPECT_TRUE(member(at.bead(town.id(), bead), "failures").empty())
        << "it is nobody's failure before its grace is over";
    ASSERT_TRUE(wait_until([&] { return at.attempts(town.id(), bead).size() >= 2; }))
        << "the slot is free again and the bead is tried again";
    const auto tries = at.attempts(town.id(), bead);
    const json& first = tries.back();
    EXPECT_EQ(said(first, "outcome"), "failure");
    EXPECT_GE(member(first, "ended_at"), member(first, "grace_at"));
    int charged = 0;
    for (const auto& failure : member(at.bead(town.id(), bead), "failures"))
        charged += failure["dispatch_id"] == first["id"] ? 1 : 0;
    EXPECT_EQ(charged, 1);
    EXPECT_EQ(at.bead(town.id(), bead)["dispatch_attempts"], 0);
}

TEST(Answers, A7AlreadyRunningIsASuccessOfTheSameSession) {
    standin_thread containers;
    auto how = fast_standin();
    how.mode = behaviour::already_running;
    auto& container = containers.add(how);
    daemon_process daemon(quick());
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const pages at(daemon);
    const auto town = town_caller::make(daemon.api(), container.url());
    const auto bead = town.make_bead("twice");
    ASSERT_TRUE(wait_until([&] { return town.status(bead) == "closed"; }));
    const auto tries = at.attempts(town.id(), bead);
    ASSERT_EQ(tries.size(), 1U);
    EXPECT_EQ(said(tries[0], "outcome"), "success");
    EXPECT_EQ(container.starts_received("polecat"), 1U);
    EXPECT_TRUE(member(at.bead(town.id(), bead), "failures").empty());
}

// Refused alone, while the place takes others: it is the bead's own fault. What is refused with all
// others may as well be the container's.
TEST(Answers, A11ABeadThatIsRefusedWhileOthersAreTakenIsParked) {
    const raw_container container{[](const std::string& request) {
        if (!is_start(request)) return unknown_agent();
        if (request.find("bad request") != std::string::npos)
            return answer_of("400 Bad Request", R"({"error":"Unknown model"})");
        const auto id = request.substr(request.find("\"agentId\":\"") + 11, 36);
        return answer_of("201 Created",
                         R"({"status":"running","sessionId":"s","agentId":")" + id + "\"}");
    }};
    daemon_process daemon(quick());
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const pages at(daemon);
    const auto town = town_caller::make(daemon.api(), container.url());
    const auto bead = town.make_bead("bad request");
    ASSERT_TRUE(
        wait_until([&] { return said(at.explain(town.id(), bead), "reason") == "BreakerOpen"; }));
    ASSERT_FALSE(town.make_bead("good request").empty());
    ASSERT_TRUE(wait_until([&] { return said(at.explain(town.id(), bead), "reason") == "Parked"; }))
        << dump_json(at.explain(town.id(), bead));
    EXPECT_NE(said(at.explain(town.id(), bead), "detail").find("Unknown model"), std::string::npos)
        << dump_json(at.explain(town.id(), bead));
    EXPECT_EQ(said(at.bead(town.id(), bead), "status"), "open");
    const json summary = at.get("/debug/v1/summary");
    EXPECT_EQ(member(member(summary, "stuck"), "parked"), json(1));
    EXPECT_EQ(said(summary, "verdict").find("Dispatch is well"), std::string::npos);
}

TEST(Answers, A12ARateLimitIsWaitedOutAndChargedToNobody) {
    standin_thread containers;
    auto how = fast_standin();
    how.mode = behaviour::http_429;
    auto& container = containers.add(how);
    daemon_process daemon(quick());
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const pages at(daemon);
    const auto town = town_caller::make(daemon.api(), container.url());
    const auto bead = town.make_bead("too many");
    ASSERT_TRUE(
        wait_until([&] { return said(at.explain(town.id(), bead), "reason") == "BreakerOpen"; }));
    ASSERT_TRUE(wait_until([&] { return container.starts_received() >= 3; }));
    const auto seen = container.starts();
    for (std::size_t i = 1; i < seen.size(); ++i)
        EXPECT_GE(seen[i].at - seen[i - 1].at, duration{1'900}) << "Retry-After was 2 s";
    EXPECT_EQ(said(at.container_breaker(town.id()), "stage"), "answered");
    container.set_behaviour(behaviour::ok);
    ASSERT_TRUE(wait_until([&] { return town.status(bead) == "closed"; }));
    const json after = at.bead(town.id(), bead);
    EXPECT_EQ(after["dispatch_attempts"], 0);
    EXPECT_TRUE(after["failures"].empty());
}

TEST(Answers, A13DrainingDefersAndChargesNobody) {
    standin_thread containers;
    auto how = fast_standin();
    how.mode = behaviour::draining;
    auto& container = containers.add(how);
    daemon_process daemon(quick());
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const pages at(daemon);
    const auto town = town_caller::make(daemon.api(), container.url());
    const auto beads = std::vector{town.make_bead("one"), town.make_bead("two")};
    for (const auto& bead : beads)
        ASSERT_TRUE(wait_until(
            [&] { return said(at.explain(town.id(), bead), "reason") == "BreakerOpen"; }));
    EXPECT_LE(container.starts_received(), 2U) << "the first answer speaks for the container";
    for (const auto& bead : beads) {
        const json now = at.bead(town.id(), bead);
        EXPECT_EQ(now["dispatch_attempts"], 0);
        EXPECT_TRUE(now["failures"].empty());
    }
    EXPECT_EQ(said(at.container_breaker(town.id()), "stage"), "answered");
    EXPECT_NE(said(at.explain(town.id(), beads[0]), "detail").find("not before 20"),
              std::string::npos);
}

TEST(Answers, A2AgentsThatCannotBeStartedBrakeTheirPlaceAndCostTheBeadNothing) {
    standin_thread containers;
    auto how = fast_standin();
    how.mode = behaviour::http_500;
    auto& container = containers.add(how);
    auto keys = quick();
    daemon_process daemon(keys);
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const pages at(daemon);
    const auto town = town_caller::make(daemon.api(), container.url());
    const auto bead = town.make_bead("prefill error");
    json open;
    ASSERT_TRUE(wait_until([&] {
        for (const auto& one : at.breakers(town.id()))
            if (said(one, "scope") == "place" && said(one, "state") == "open") open = one;
        return open.is_object();
    }));
    EXPECT_NE(said(open, "cause").find("prefill error"), std::string::npos) << dump_json(open);
    EXPECT_EQ(said(open, "stage_words"), "cannot be started");
    EXPECT_EQ(at.bead(town.id(), bead)["dispatch_attempts"], 0);
    EXPECT_GE(at.bead(town.id(), bead)["failures"].size(), 1U);
    container.set_behaviour(behaviour::ok);
    ASSERT_TRUE(wait_until([&] { return town.status(bead) == "closed"; }));
}

}  // namespace
}  // namespace townd::test
