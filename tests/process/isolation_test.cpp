// One town's trouble is its own: the others neither wait nor hear of it, and it comes back by
// itself.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "process/daemon_process.hpp"
#include "process/http_client.hpp"
#include "process/pages.hpp"
#include "process/raw_container.hpp"
#include "process/standin_thread.hpp"
#include "sys/system_clock.hpp"

namespace townd::test {
namespace {

using standin::behaviour;

constexpr int failures_to_open = 3;
constexpr int polecats_max = 5;
constexpr duration first_open{1'000};
constexpr duration longest_open{4'000};
constexpr double jitter = 0.2;

config_keys quick() {
    return {{"dispatch.start_timeout", "1500ms"},
            {"dispatch.heartbeat_timeout", "1s"},
            {"dispatch.max_polecats_per_rig", std::to_string(polecats_max)},
            {"retry.first", "1s"},
            {"retry.then", "1s"},
            {"retry.max", "4s"}};
}

standin::options mode_of(behaviour mode) {
    auto how = fast_standin();
    how.mode = mode;
    return how;
}

bool is_held_back(const pages& at, const town_caller& town) {
    const auto state = said(at.container_breaker(town.id()), "state");
    return state == "open" || state == "half_open";
}

std::vector<std::string> make_beads(const town_caller& town, int count) {
    std::vector<std::string> out;
    for (int i = 0; i < count; ++i)
        out.push_back(town.make_bead("bead " + std::to_string(i)));
    return out;
}

// How many starts a container that fails at once can cost in `window`, by the breaker's schedule:
// those that are out, or follow on the first failures, before it opens; then one a round, each
// round as short as the jitter allows.
std::size_t most_starts_in(duration window) {
    auto count = static_cast<std::size_t>(failures_to_open + polecats_max);
    double at = 0;
    for (int round = 0; at <= static_cast<double>(window.count()); ++round) {
        const auto open = std::min(static_cast<double>(first_open.count()) * std::pow(2, round),
                                   static_cast<double>(longest_open.count()));
        at += open * (1 - jitter);
        ++count;
    }
    return count;
}

// Attempts that were let through under a lease of the retry budget, oldest first.
std::vector<json> probes_of(const pages& at, const town_caller& town) {
    std::vector<json> out;
    for (const auto& attempt : at.attempts(town.id()))
        for (const auto& leave : attempt["breakers"])
            if (said(leave, "key") == "lease" && leave["probe"] == true) out.push_back(attempt);
    std::reverse(out.begin(), out.end());
    return out;
}

void expect_one_at_a_time(const std::vector<json>& probes) {
    for (std::size_t i = 1; i < probes.size(); ++i) {
        // RFC 3339 in UTC with milliseconds: sorts as text.
        // The answer that did not come is over; what became of the agent may be open for longer.
        if (said(probes[i - 1], "outcome") == "unknown") continue;
        const auto end_before = said(probes[i - 1], "ended_at");
        ASSERT_FALSE(end_before.empty()) << "a probe began before the last one was over";
        EXPECT_GE(said(probes[i], "started_at"), end_before);
    }
}

// Starts whose answer is awaited and that were sent after that moment; those from before cannot be
// taken back.
int sent_since(const pages& at, const town_caller& town, const std::string& moment) {
    int out = 0;
    for (const auto& attempt : at.attempts(town.id())) {
        const auto outcome = said(attempt, "outcome");
        if (outcome == "in_flight" && said(attempt, "started_at") > moment) ++out;
    }
    return out;
}

instant began(const standin::container& where, const std::string& bead) {
    for (const auto& start : where.starts())
        if (start.bead == bead) return start.at;
    return {};
}

// Makes beads in turn over the towns, and waits until each one's start was seen by its container.
std::vector<duration> dispatch_times(const std::vector<town_caller>& towns,
                                     const std::vector<standin::container*>& containers,
                                     int rounds) {
    std::vector<duration> out;
    for (int round = 0; round < rounds; ++round)
        for (std::size_t i = 0; i < towns.size(); ++i) {
            const instant made = sys::wall_now();
            const auto bead = towns[i].make_bead("healthy work");
            if (!wait_until([&] { return began(*containers[i], bead) != instant{}; })) return {};
            out.push_back(began(*containers[i], bead) - made);
        }
    std::sort(out.begin(), out.end());
    return out;
}

void print_times(const char* what, const std::vector<duration>& times) {
    std::printf("%s: bead created -> start seen, %zu starts: p50 %lld ms, max %lld ms\n", what,
                times.size(), static_cast<long long>(times[times.size() / 2].count()),
                static_cast<long long>(times.back().count()));
}

TEST(Isolation, A1ADeadContainerIsBrakedAndTheOthersGoOn) {
    standin_thread containers;
    auto& dead_one = containers.add(mode_of(behaviour::refuse));
    std::vector<standin::container*> healthy;
    for (int i = 0; i < 3; ++i)
        healthy.push_back(&containers.add());
    daemon_process daemon(quick());
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const pages at(daemon);
    std::vector<town_caller> others;
    for (const auto* one : healthy)
        others.push_back(town_caller::make(daemon.api(), one->url()));

    const auto dead = town_caller::make(daemon.api(), dead_one.url());
    const instant from = sys::wall_now();
    const auto stuck = make_beads(dead, polecats_max);
    ASSERT_TRUE(wait_until([&] { return is_held_back(at, dead); }));
    const auto times = dispatch_times(others, healthy, 7);
    ASSERT_EQ(times.size(), 21U) << "a healthy town waited for the dead one";
    EXPECT_TRUE(is_held_back(at, dead)) << "all of that happened while the breaker was open";
    print_times("beside a dead container", times);

    // Long enough for several waits, so that the schedule shows.
    ASSERT_TRUE(wait_until([&] { return probes_of(at, dead).size() >= 3; }));
    const auto tries = at.attempts(dead.id());
    const duration window = sys::wall_now() - from;
    EXPECT_LE(tries.size(), most_starts_in(window)) << "in " << window.count() << " ms";
    expect_one_at_a_time(probes_of(at, dead));

    dead_one.set_behaviour(behaviour::ok);
    for (const auto& bead : stuck) {
        EXPECT_TRUE(wait_until([&] { return dead.status(bead) == "closed"; }))
            << dump_json(at.explain(dead.id(), bead));
        EXPECT_EQ(at.bead(dead.id(), bead)["dispatch_attempts"], 0);
    }
    EXPECT_TRUE(
        wait_until([&] { return said(at.container_breaker(dead.id()), "state") == "closed"; }));
    EXPECT_TRUE(at.alive());
}

TEST(Isolation, TheWaitingBeadSaysThatItsBreakerIsOpenAndUntilWhen) {
    standin_thread containers;
    auto& dead_one = containers.add(mode_of(behaviour::refuse));
    daemon_process daemon(quick());
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const pages at(daemon);
    const auto town = town_caller::make(daemon.api(), dead_one.url());
    const auto beads = make_beads(town, 4);
    json why;
    ASSERT_TRUE(wait_until([&] {
        why = at.explain(town.id(), beads.front());
        return said(why, "reason") == "BreakerOpen";
    }));
    EXPECT_NE(said(why, "detail").find("next try of this town not before 20"), std::string::npos)
        << dump_json(why);
    EXPECT_NE(said(why, "detail").find("connect_refused"), std::string::npos) << dump_json(why);
    EXPECT_EQ(why["dispatchable"], false);
    json refusing;
    for (const auto& gate : why["gates"])
        if (gate["passed"] == false && refusing.is_null()) refusing = gate;
    EXPECT_EQ(said(refusing, "gate"), "BreakerOpen") << dump_json(refusing);
    EXPECT_FALSE(said(refusing, "since").empty()) << dump_json(refusing);
    const json record = at.container_breaker(town.id());
    EXPECT_FALSE(said(record, "cause").empty());
}

TEST(Isolation, A14AHungContainerHoldsUpNobodyAndComesBack) {
    standin_thread containers;
    auto& hung_one = containers.add(mode_of(behaviour::hang_response));
    const std::vector<standin::container*> healthy{&containers.add(), &containers.add()};
    daemon_process daemon(quick());
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const pages at(daemon);
    std::vector<town_caller> others;
    for (const auto* one : healthy)
        others.push_back(town_caller::make(daemon.api(), one->url()));
    const auto hung = town_caller::make(daemon.api(), hung_one.url());
    const auto stuck = make_beads(hung, 8);
    ASSERT_TRUE(wait_until([&] { return hung_one.starts_received() > 0; }));
    const auto times = dispatch_times(others, healthy, 10);
    ASSERT_EQ(times.size(), 20U) << "a healthy town waited for the hung one";
    print_times("beside a hung container", times);
    ASSERT_TRUE(wait_until([&] { return is_held_back(at, hung); }));
    hung_one.set_behaviour(behaviour::ok);
    for (const auto& bead : stuck) {
        EXPECT_TRUE(wait_until([&] { return hung.status(bead) == "closed"; }))
            << dump_json(at.explain(hung.id(), bead));
        EXPECT_EQ(at.bead(hung.id(), bead)["dispatch_attempts"], 0);
    }
}

TEST(Isolation, D3OneProbeIsInFlightWhileHalfOpen) {
    // Starts are never answered, so that a probe lasts; what else is asked is answered.
    standin_thread containers;
    auto how = mode_of(behaviour::ok);
    how.by_role["polecat"] = behaviour::hang_response;
    auto& hung_one = containers.add(how);
    daemon_process daemon(quick());
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const pages at(daemon);
    const auto town = town_caller::make(daemon.api(), hung_one.url());
    const auto stuck = make_beads(town, 8);
    bool half_open_seen = false;
    const auto two_probes = [&] {
        // Read between two looks at the breaker, so that it was half-open all the while.
        const json before = at.container_breaker(town.id());
        const auto out = sent_since(at, town, said(before, "opened_at"));
        const json after = at.container_breaker(town.id());
        if (said(before, "state") == "half_open" && said(after, "state") == "half_open") {
            half_open_seen = true;
            EXPECT_LE(out, 1);
        }
        return half_open_seen && probes_of(at, town).size() >= 2;
    };
    ASSERT_TRUE(wait_until(two_probes, duration{60'000}))
        << dump_json(at.container_breaker(town.id()));
    expect_one_at_a_time(probes_of(at, town));
    hung_one.clear_roles();
    for (const auto& bead : stuck)
        EXPECT_TRUE(wait_until([&] { return town.status(bead) == "closed"; }))
            << dump_json(at.explain(town.id(), bead));
}

TEST(Isolation, D8ABrokenTownTellsNothingToAHealthyOne) {
    standin_thread containers;
    auto& dead_one = containers.add(mode_of(behaviour::refuse));
    auto& fine_one = containers.add();
    daemon_process daemon(quick());
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const pages at(daemon);
    const auto dead = town_caller::make(daemon.api(), dead_one.url());
    const auto fine = town_caller::make(daemon.api(), fine_one.url());
    make_beads(dead, 3);
    ASSERT_TRUE(wait_until([&] { return is_held_back(at, dead); }));
    const auto bead = fine.make_bead("fine");
    ASSERT_TRUE(wait_until([&] { return fine.status(bead) == "closed"; }));
    EXPECT_TRUE(at.bead(fine.id(), bead)["last_error"].is_null());
    const json page = at.town(fine.id());
    EXPECT_TRUE(page["error_groups"].empty()) << dump_json(page["error_groups"]);
    EXPECT_TRUE(page["problem"].is_null()) << dump_json(page["problem"]);
    EXPECT_EQ(said(at.container_breaker(fine.id()), "state"), "closed");
    EXPECT_EQ(said(at.town(dead.id()), "state"), "blocked");
}

TEST(Isolation, D8ABrokenRigIsBrakedAlone) {
    // The container serves both rigs; the repository of one cannot be cloned.
    std::string broken_rig;
    const raw_container container{[&](const std::string& request) {
        if (!is_start(request)) return unknown_agent();
        if (request.find("\"rigId\":\"" + broken_rig + "\"") != std::string::npos)
            return answer_of("500 Internal Server Error",
                             R"({"error":"repository not found","phase":"git_clone"})");
        const auto id = request.substr(request.find("\"agentId\":\"") + 11, 36);
        return answer_of("201 Created",
                         R"({"status":"running","sessionId":"s","agentId":")" + id + "\"}");
    }};
    daemon_process daemon(quick());
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const pages at(daemon);
    const auto town = town_caller::make(daemon.api(), container.url());
    broken_rig = town.rig();
    const json second{
        {"town_id", town.id()}, {"name", "second"}, {"git_url", "https://git.example/b.git"}};
    const auto fine_rig = said(
        http_send(daemon.api(), "POST", "/api/users/tester/rigs", dump_json(second)).data(), "id");
    ASSERT_FALSE(fine_rig.empty());
    const auto broken = town.make_bead("in the broken rig");
    ASSERT_TRUE(wait_until([&] {
        const auto all = at.breakers(town.id());
        return std::any_of(all.begin(), all.end(), [&](const json& one) {
            return said(one, "rig_id") == broken_rig && said(one, "state") == "open";
        });
    }));
    const auto made = town.town_call("POST", "/rigs/" + fine_rig + "/beads",
                                     {{"type", "issue"}, {"title", "in the fine rig"}});
    const auto fine = said(made.data(), "bead_id");
    ASSERT_TRUE(wait_until([&] {
        const auto tries = at.attempts(town.id(), fine);
        return !tries.empty() && said(tries.front(), "outcome") == "success";
    }));
    for (const auto& one : at.breakers(town.id()))
        EXPECT_TRUE(said(one, "rig_id") != fine_rig || said(one, "state") == "closed");
    EXPECT_EQ(said(at.bead(town.id(), broken)["last_error"], "code"), "git_failed");
    EXPECT_EQ(at.bead(town.id(), broken)["dispatch_attempts"], 0);
}

}  // namespace
}  // namespace townd::test
