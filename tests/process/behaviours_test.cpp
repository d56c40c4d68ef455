// Every way in which a container has failed its callers, against the real daemon: no failure
// without a code, a phase and words, and each charged as designed.

#include <gtest/gtest.h>

#include <set>

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

// One way to fail, and what has to be said about it.
struct failing {
    std::string name;
    std::string url;
    std::string code;
    std::string phase;
    std::optional<int> http_status;
    std::string blame;
    std::string outcome;  // Of the attempt, once it has settled.
    std::string level;    // Whom the settled attempt is charged to.
};

std::string url_of(standin_thread& where, behaviour mode) {
    auto how = fast_standin();
    how.mode = mode;
    how.die_after = duration{50};
    return where.add(how).url();
}

std::set<std::string> closed_list() {
    std::set<std::string> out;
    for (int i = 0; i < error_code_count; ++i)
        out.emplace(to_text(static_cast<error_code>(i)));
    return out;
}

// Nothing of an error may be missing (Kilo-Org/cloud #1850 had all of it empty).
void expect_whole(const json& error, const failing& row) {
    ASSERT_TRUE(error.is_object()) << row.name;
    static const auto codes = closed_list();
    EXPECT_TRUE(codes.contains(said(error, "code"))) << row.name << dump_json(error);
    EXPECT_EQ(said(error, "code"), row.code) << row.name << ": " << dump_json(error);
    EXPECT_EQ(said(error, "phase"), row.phase) << row.name << ": " << dump_json(error);
    EXPECT_EQ(said(error, "blame"), row.blame) << row.name << ": " << dump_json(error);
    EXPECT_NE(said(error, "message").find_first_not_of(' '), std::string::npos) << row.name;
    EXPECT_EQ(said(error, "fingerprint").size(), 12U) << row.name;
    EXPECT_EQ(member(error, "http_status"), row.http_status ? json(*row.http_status) : json())
        << row.name << ": " << dump_json(error);
}

// The newest attempt that is over and says why, or null.
json settled_failure(const pages& at, const std::string& town, const std::string& bead) {
    for (const auto& one : at.attempts(town, bead)) {
        const auto outcome = said(one, "outcome");
        if (member(one, "error").is_object() && outcome != "unknown" && outcome != "in_flight")
            return one;
    }
    return {};
}

struct row_in_town {
    failing row;
    town_caller town;
    std::string bead;
};

void expect_as_designed(const pages& at, const row_in_town& one) {
    const auto& row = one.row;
    json attempt;
    ASSERT_TRUE(wait_until([&] {
        attempt = settled_failure(at, one.town.id(), one.bead);
        return attempt.is_object();
    })) << row.name
        << " has no attempt with an error";
    expect_whole(attempt["error"], row);
    EXPECT_EQ(said(attempt, "outcome"), row.outcome) << row.name << dump_json(attempt);
    EXPECT_EQ(said(attempt["error"], "level"), row.level) << row.name << dump_json(attempt);
    EXPECT_FALSE(said(attempt, "agent").empty()) << row.name;

    const json bead = at.bead(one.town.id(), one.bead);
    expect_whole(member(bead, "last_error"), row);
    EXPECT_EQ(said(member(bead, "last_error"), "fingerprint"),
              said(attempt["error"], "fingerprint"))
        << row.name;
    EXPECT_FALSE(said(bead, "reason").empty()) << row.name << " waits and does not say why";
    EXPECT_NE(said(bead, "status"), "failed") << row.name;
    const json charged = member(bead, "dispatch_attempts");
    EXPECT_EQ(charged, json(row.level == "bead" ? 1 : 0)) << row.name;
    if (row.outcome == "neutral") {
        EXPECT_TRUE(member(bead, "failures").empty()) << row.name << ": nobody's failure";
        return;
    }
    ASSERT_FALSE(member(bead, "failures").empty()) << row.name;
    for (const auto& failure : bead["failures"]) {
        expect_whole(failure, row);
        EXPECT_GT(number_at(failure, "attempt").value_or(0), 0) << row.name;
        EXPECT_FALSE(said(failure, "at").empty()) << row.name;
        EXPECT_FALSE(said(failure, "agent").empty()) << row.name;
    }
}

TEST(Behaviours, A2EmptyErrorNeverHappens) {
    standin_thread containers;
    const auto tls = raw_container::self_signed();
    const raw_container redirecting{[](const std::string&) {
        return answer_of("307 Temporary Redirect", "",
                         "Location: http://169.254.169.254/latest\r\n");
    }};
    const raw_container refusing_in_words{[](const std::string& request) {
        return is_start(request) ? answer_of("200 OK", R"({"started":false})") : unknown_agent();
    }};
    const raw_container silent_end{[](const std::string&) { return std::string{}; }};
    const raw_container blank{[](const std::string& request) {
        return is_start(request) ? answer_of("500 Internal Server Error", "   ", "")
                                 : unknown_agent();
    }};

    const std::string infra = "infrastructure";
    const std::vector<failing> rows{
        {"refuse",
         url_of(containers, behaviour::refuse),
         "connect_refused",
         "connect",
         {},
         infra,
         "failure",
         "container"},
        {"hang-connect",
         url_of(containers, behaviour::hang_connect),
         "connect_timeout",
         "connect",
         {},
         infra,
         "failure",
         "container"},
        {"hang-response",
         url_of(containers, behaviour::hang_response),
         "header_timeout",
         "header",
         {},
         infra,
         "failure",
         "container"},
        {"http-500", url_of(containers, behaviour::http_500), "http_5xx", "start", 500, infra,
         "failure", "agent"},
        {"http-500-empty", url_of(containers, behaviour::http_500_empty), "http_5xx", "start", 500,
         infra, "failure", "agent"},
        {"http-500-html", url_of(containers, behaviour::http_500_html), "http_5xx", "start", 500,
         infra, "failure", "agent"},
        {"http-500-truncated", url_of(containers, behaviour::http_500_truncated), "eof_early",
         "body", 500, infra, "failure", "container"},
        {"http-400", url_of(containers, behaviour::http_400), "http_4xx", "start", 400, "caller",
         "failure", "bead"},
        {"http-429", url_of(containers, behaviour::http_429), "http_429", "start", 429, infra,
         "neutral", "none"},
        {"draining", url_of(containers, behaviour::draining), "http_503_draining", "start", 503,
         infra, "neutral", "none"},
        {"start-then-die",
         url_of(containers, behaviour::start_then_die),
         "agent_exited",
         "agent",
         {},
         "agent",
         "failure",
         "agent"},
        {"reset",
         url_of(containers, behaviour::reset),
         "reset",
         "header",
         {},
         infra,
         "failure",
         "container"},
        {"garbage",
         url_of(containers, behaviour::garbage),
         "body_invalid",
         "header",
         {},
         infra,
         "failure",
         "container"},
        {"no such host",
         "http://no-such-host.invalid:1",
         "resolve_failed",
         "resolve",
         {},
         infra,
         "failure",
         "container"},
        {"certificate of nobody",
         tls.url(),
         "tls_failed",
         "tls",
         {},
         infra,
         "failure",
         "container"},
        {"redirect", redirecting.url(), "start_rejected", "start", 307, "config", "failure",
         "agent"},
        {"started false", refusing_in_words.url(), "start_rejected", "start", 200, infra, "failure",
         "container"},
        {"closed without a word",
         silent_end.url(),
         "eof_early",
         "header",
         {},
         infra,
         "failure",
         "container"},
        {"blanks", blank.url(), "http_5xx", "start", 500, infra, "failure", "agent"},
    };
    daemon_process daemon(quick());
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const pages at(daemon);
    std::vector<row_in_town> all;
    for (const auto& row : rows) {
        auto town = town_caller::make(daemon.api(), row.url);
        ASSERT_FALSE(town.id().empty()) << row.name;
        auto bead = town.make_bead("work for " + row.name);
        ASSERT_FALSE(bead.empty()) << row.name;
        all.push_back({row, std::move(town), std::move(bead)});
    }
    for (const auto& one : all) {
        SCOPED_TRACE(one.row.name);
        expect_as_designed(at, one);
    }
    EXPECT_TRUE(at.alive());
}

// Holds every start and knows no agent.
std::string hold_starts(const std::string& request) {
    return is_start(request) ? std::string{hold_the_answer} : unknown_agent();
}

json newest_attempt(const pages& at, const town_caller& town, const std::string& bead) {
    const auto found = at.attempts(town.id(), bead);
    return found.empty() ? json() : found.front();
}

TEST(Behaviours, A4AStartWithoutAnswerIsSettledByAHeartbeat) {
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
    EXPECT_EQ(container.starts(), 1) << "one session, and not a second beside it";
}

TEST(Behaviours, A4ALateAnswerMakesNoSecondSession) {
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

TEST(Behaviours, A5AStartThatNeverHappenedIsOneFailureOnceItsGraceIsOver) {
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

TEST(Behaviours, A7AlreadyRunningIsASuccessOfTheSameSession) {
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

TEST(Behaviours, A11ARefusedRequestIsParkedAndNotRepeated) {
    standin_thread containers;
    auto how = fast_standin();
    how.mode = behaviour::http_400;
    auto& container = containers.add(how);
    daemon_process daemon(quick());
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const pages at(daemon);
    const auto town = town_caller::make(daemon.api(), container.url());
    const auto bead = town.make_bead("bad request");
    ASSERT_TRUE(
        wait_until([&] { return said(at.explain(town.id(), bead), "reason") == "Parked"; }));
    EXPECT_NE(said(at.explain(town.id(), bead), "detail").find("Unknown model"), std::string::npos)
        << dump_json(at.explain(town.id(), bead));
    // Many ticks and every wait of the configuration later it is still the only one.
    const auto ticks = number_at(at.town(town.id()), "ticks").value_or(0);
    ASSERT_TRUE(
        wait_until([&] { return number_at(at.town(town.id()), "ticks").value_or(0) > ticks + 3; }));
    EXPECT_EQ(container.starts_received(), 1U);
    container.set_behaviour(behaviour::ok);
    const auto second = town.make_bead("good request");
    ASSERT_TRUE(wait_until([&] { return town.status(second) == "closed"; }))
        << "the town goes on beside it";
    EXPECT_EQ(container.starts_received("polecat"), 2U);
    EXPECT_EQ(said(at.bead(town.id(), bead), "status"), "open");
}

TEST(Behaviours, A12ARateLimitIsWaitedOutAndChargedToNobody) {
    standin_thread containers;
    auto how = fast_standin();
    how.mode = behaviour::http_429;
    auto& container = containers.add(how);
    daemon_process daemon(quick());
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const pages at(daemon);
    const auto town = town_caller::make(daemon.api(), container.url());
    const auto bead = town.make_bead("too many");
    ASSERT_TRUE(wait_until(
        [&] { return said(at.explain(town.id(), bead), "reason") == "ContainerNotReady"; }));
    ASSERT_TRUE(wait_until([&] { return container.starts_received() >= 3; }));
    const auto seen = container.starts();
    for (std::size_t i = 1; i < seen.size(); ++i)
        EXPECT_GE(seen[i].at - seen[i - 1].at, duration{1'900}) << "Retry-After was 2 s";
    EXPECT_EQ(said(at.container_breaker(town.id()), "state"), "closed");
    container.set_behaviour(behaviour::ok);
    ASSERT_TRUE(wait_until([&] { return town.status(bead) == "closed"; }));
    const json after = at.bead(town.id(), bead);
    EXPECT_EQ(after["dispatch_attempts"], 0);
    EXPECT_TRUE(after["failures"].empty());
}

TEST(Behaviours, A13DrainingDefersAndChargesNobody) {
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
            [&] { return said(at.explain(town.id(), bead), "reason") == "ContainerNotReady"; }));
    EXPECT_LE(container.starts_received(), 2U) << "the first answer speaks for the container";
    for (const auto& bead : beads) {
        const json now = at.bead(town.id(), bead);
        EXPECT_EQ(now["dispatch_attempts"], 0);
        EXPECT_TRUE(now["failures"].empty());
    }
    EXPECT_EQ(said(at.container_breaker(town.id()), "state"), "closed");
    EXPECT_FALSE(member(at.explain(town.id(), beads[0])["gates"].back(), "until").is_null());
}

TEST(Behaviours, A2AnAgentThatCannotBeStartedBrakesItselfAndCostsTheBeadNothing) {
    standin_thread containers;
    auto how = fast_standin();
    how.mode = behaviour::http_500;
    auto& container = containers.add(how);
    daemon_process daemon(quick());
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const pages at(daemon);
    const auto town = town_caller::make(daemon.api(), container.url());
    const auto bead = town.make_bead("prefill error");
    json open;
    ASSERT_TRUE(wait_until([&] {
        for (const auto& one : at.breakers(town.id()))
            if (said(one, "scope") == "agent" && said(one, "state") == "open") open = one;
        return open.is_object();
    }));
    EXPECT_NE(said(open, "cause").find("prefill error"), std::string::npos) << dump_json(open);
    EXPECT_EQ(said(at.container_breaker(town.id()), "state"), "closed") << "it answers";
    EXPECT_EQ(at.bead(town.id(), bead)["dispatch_attempts"], 0);
    EXPECT_GE(at.bead(town.id(), bead)["failures"].size(), 3U);
    container.set_behaviour(behaviour::ok);
    ASSERT_TRUE(wait_until([&] { return town.status(bead) == "closed"; }));
}

}  // namespace
}  // namespace townd::test
