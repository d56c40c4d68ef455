// Troubles of many towns beside the one that townd was made for: agents that die young, one cause
// in many words, sessions that fail late, refusals, a broken part. Each time a stand-in counts what
// the trouble costs, and all work is done after the repair.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <memory>

#include "process/troubled_fleet.hpp"

namespace townd::test {
namespace {

constexpr int of_one_town = 16;  // Failing starts in its first hour, whatever it fails for.
constexpr duration trouble_lasts{8'000};

class FleetTroubles : public testing::Test {
protected:
    troubled_fleet fleet_;
};

standin::options dying_young() {
    auto how = fast_standin();
    how.mode = standin::behaviour::start_then_die;
    how.die_after = duration{100};
    return how;
}

front::fault sent_to(const standin::container& where) {
    return [&where](const std::string& request) { return http_exchange(where.address(), request); };
}

// A 201 is no sign of health: a daemon that takes it for one starts such agents for ever.
TEST_F(FleetTroubles, AgentsThatDieYoungDoNotMakeTheirTownRunAway) {
    constexpr int beads = 6;
    ASSERT_TRUE(fleet_.begin()) << fleet_.told();
    auto& deadly = fleet_.add_container(dying_young());
    const auto& ill = fleet_.add_ill(sent_to(deadly), beads);
    fleet_.add_well();
    ASSERT_TRUE(fleet_.let_go());

    const auto place = [&] {
        for (const auto& one : fleet_.at().breakers(ill.town.id()))
            if (said(one, "scope") == "place" && said(one, "state") != "closed") return one;
        return json{};
    };
    EXPECT_TRUE(wait_until([&] {
        const json now = place();
        return said(now, "state") == "open" && said(now, "stage") == "survived" &&
               said(now, "key").ends_with("place/" + ill.town.rig() + "/polecat");
    })) << dump_json(place())
        << fleet_.told();
    EXPECT_EQ(fleet_.work_beside(trouble_lasts), "") << fleet_.told();
    const auto died = static_cast<int>(deadly.starts_received("polecat"));
    EXPECT_LE(died, of_one_town) << fleet_.told();
    EXPECT_GT(died, 2) << "nobody finds out when it is over: " << fleet_.told();
    EXPECT_EQ(said(place(), "stage"), "survived") << dump_json(place());
    EXPECT_EQ(fleet_.given_up(), "");

    fleet_.heal();
    EXPECT_EQ(fleet_.unfinished(), "") << fleet_.told();
    std::printf("%d agents died young, %d are allowed\n", died, of_one_town);
}

// Names of hosts, and the words around them, differ from town to town; the trouble is one.
TEST_F(FleetTroubles, OneTroubleInEightTextsIsOneOutage) {
    constexpr int towns = 60;
    constexpr std::array texts{
        "connect ECONNREFUSED at HOST:443",
        "getaddrinfo ENOTFOUND HOST",
        "upstream HOST timed out after 30000 ms",
        "socket hang up while talking to HOST",
        "HOST: certificate has expired",
        "no healthy upstream (HOST)",
        "could not reach the model's provider through HOST",
        "Initial prompt failed: HOST answered 500",
    };
    ASSERT_TRUE(fleet_.begin()) << fleet_.told();
    for (int i = 0; i < towns; ++i) {
        std::string text = texts[static_cast<std::size_t>(i) % texts.size()];
        text.replace(text.find("HOST"), 4, "gw-" + std::to_string(i) + ".pool.example");
        fleet_.add_ill(always(answer_of("500 Internal Server Error", dump_json({{"error", text}}))),
                       1);
    }
    fleet_.add_well();
    fleet_.add_well();
    ASSERT_TRUE(fleet_.let_go());
    ASSERT_TRUE(wait_until([&] { return fleet_.opened("answered") >= 1; })) << fleet_.told();
    EXPECT_EQ(fleet_.work_beside(trouble_lasts), "") << fleet_.told();
    ASSERT_TRUE(wait_until([&] { return fleet_.untried() == 0; })) << fleet_.told();
    const json outages = member(fleet_.at().get("/debug/v1/outages"), "items");
    ASSERT_EQ(outages.size(), 1U) << fleet_.told();
    EXPECT_EQ(member(outages[0], "towns"), towns) << fleet_.told();
    const int failed = fleet_.troubled();
    const int allowed = fleet_.allowed(towns);
    EXPECT_LE(failed, allowed) << fleet_.told();
    EXPECT_GT(failed, towns) << "nobody finds out when it is over: " << fleet_.told();

    fleet_.heal();
    EXPECT_EQ(fleet_.unfinished(), "") << fleet_.told();
    EXPECT_EQ(fleet_.opened("answered"), 1) << fleet_.told();
    std::printf("%d failed starts of %d allowed\n", failed, allowed);
}

// Each agent lives for a while, and then its work fails: what beads were charged for is taken back
// when it turns out that nobody's work is done.
class LateTroubles : public FleetTroubles {
protected:
    static constexpr int towns = 20;

    void begin(int beads) {
        ASSERT_TRUE(fleet_.begin()) << fleet_.told();
        auto late = fast_standin();
        late.work_time = duration{1'500};  // Longer than survive_for.
        late.fail_work = true;
        for (int i = 0; i < towns; ++i) {
            auto& failing = fleet_.add_container(late);
            fleet_.add_ill(sent_to(failing), beads, &failing);
        }
        fleet_.add_well();
        fleet_.add_well();
        ASSERT_TRUE(fleet_.let_go());
    }
    // `first`: failing sessions before it can be known whose fault they are.
    void expect_nobody_pays(int first) {
        ASSERT_TRUE(wait_until([&] { return fleet_.opened("done") >= 1; }, duration{60'000}))
            << fleet_.told();
        EXPECT_TRUE(wait_until([&] { return fleet_.charges() == 0; }))
            << fleet_.charges() << " charges are not taken back: " << fleet_.told();
        EXPECT_EQ(fleet_.work_beside(fleet_.stage().since_let_go() + trouble_lasts), "")
            << fleet_.told();
        const int failed = fleet_.troubled();
        const int allowed = fleet_.allowed(first);
        EXPECT_LE(failed, allowed) << fleet_.told();
        EXPECT_EQ(fleet_.charges(), 0) << fleet_.told();
        EXPECT_EQ(fleet_.given_up(), "") << fleet_.told();
        EXPECT_EQ(fleet_.opened("answered") + fleet_.opened("survived"), 0) << fleet_.told();

        fleet_.heal();
        EXPECT_EQ(fleet_.unfinished(), "") << fleet_.told();
        EXPECT_EQ(fleet_.charges(), 0) << fleet_.told();
        std::printf("%d failed sessions of %d allowed\n", failed, allowed);
    }
};

TEST_F(LateTroubles, SessionsThatFailSideBySideCostNoBead) {
    constexpr int beads = 3;
    ASSERT_NO_FATAL_FAILURE(begin(beads));
    expect_nobody_pays(towns * beads);
}

// One bead in each town: it is taken for a bad one until its town's third failure.
TEST_F(LateTroubles, ChargesOfATownsOnlyBeadAreTakenBack) {
    constexpr int to_be_sure = 3;
    ASSERT_NO_FATAL_FAILURE(begin(1));
    EXPECT_TRUE(wait_until([&] { return fleet_.charges() > 0; })) << fleet_.told();
    expect_nobody_pays(towns * to_be_sure);
}

// A 400 looks like a bead's own fault. Where all are refused it is not.
TEST_F(FleetTroubles, BeadsThatAllTownsRefusedForAWhileAreNotParked) {
    constexpr int towns = 20;
    ASSERT_TRUE(fleet_.begin()) << fleet_.told();
    for (int i = 0; i < towns; ++i)
        fleet_.add_ill(always(answer_of("400 Bad Request", R"({"error":"Unknown model"})")), 2);
    fleet_.add_well();
    fleet_.add_well();
    ASSERT_TRUE(fleet_.let_go());
    EXPECT_EQ(fleet_.work_beside(trouble_lasts), "") << fleet_.told();
    const int refused = fleet_.troubled();
    const int allowed = fleet_.allowed(towns);
    EXPECT_LE(refused, allowed) << fleet_.told();
    EXPECT_GT(refused, towns) << "nobody finds out when it is over: " << fleet_.told();
    EXPECT_EQ(fleet_.given_up(), "") << fleet_.told();

    fleet_.heal();
    EXPECT_EQ(fleet_.unfinished(), "") << fleet_.told();
    EXPECT_EQ(fleet_.given_up(), "") << fleet_.told();
    std::printf("%d refused starts of %d allowed\n", refused, allowed);
}

// The healthy rigs neither wait for the broken ones nor pay for them, though two fail at once and
// before work comes to any other.
TEST_F(FleetTroubles, TwoBrokenRigsOfSixDoNotHoldUpTheirTown) {
    constexpr std::size_t rigs = 6;
    constexpr std::size_t broken = 2;
    constexpr int beads = 2;
    // Shared: the front may be asked for as long as the fleet lives.
    struct rig_list {
        std::vector<std::string> ids;
        std::array<std::atomic<int>, broken> failed{};
    };
    const auto shared = std::make_shared<rig_list>();
    auto& all = shared->ids;
    ASSERT_TRUE(fleet_.begin()) << fleet_.told();
    const auto& ill = fleet_.add_ill(
        [shared](const std::string& request) {
            for (std::size_t i = 0; i < broken; ++i) {
                if (request.find("\"rigId\":\"" + shared->ids[i] + "\"") == std::string::npos)
                    continue;
                ++shared->failed[i];
                return answer_of("500 Internal Server Error",
                                 R"({"error":"repository not found","phase":"git_clone"})");
            }
            return std::string{};
        },
        0);
    all.push_back(ill.town.rig());
    while (all.size() < rigs) {
        const json one{{"town_id", ill.town.id()},
                       {"name", "rig " + std::to_string(all.size())},
                       {"git_url", "https://git.example/b.git"}};
        all.push_back(said(http_send(fleet_.stage().daemon().api(), "POST",
                                     "/api/users/tester/rigs", dump_json(one))
                               .data(),
                           "id"));
        ASSERT_FALSE(all.back().empty());
    }
    const auto make = [&](std::size_t first, std::size_t end) {
        std::vector<std::string> out;
        for (auto i = first; i < end; ++i)
            for (int n = 0; n < beads; ++n) {
                const auto made = ill.town.town_call("POST", "/rigs/" + all[i] + "/beads",
                                                     {{"type", "issue"}, {"title", "work"}});
                out.push_back(said(made.data(), "bead_id"));
            }
        return out;
    };
    // What is not closed in time, with the reason.
    const auto unfinished = [&](const std::vector<std::string>& work) {
        std::string out;
        for (const auto& bead : work)
            if (!wait_until([&] {
                    return said(fleet_.at().bead(ill.town.id(), bead), "status") == "closed";
                }))
                out += dump_json(fleet_.at().explain(ill.town.id(), bead)) + "\n";
        return out;
    };
    const auto stuck = make(0, broken);
    ASSERT_TRUE(fleet_.let_go());
    ASSERT_TRUE(wait_until([&] { return shared->failed[0] > 0 && shared->failed[1] > 0; }))
        << fleet_.told();
    EXPECT_EQ(ill.way->passed(), 0);
    // Not as long as the others: the town must have tries left for the repair.
    do {
        ASSERT_EQ(unfinished(make(broken, rigs)), "")
            << ill.way->troubled() << " starts failed: " << fleet_.told();
    } while (fleet_.stage().since_let_go() < duration{5'000});
    const int failed = ill.way->troubled();
    EXPECT_LE(failed, of_one_town) << fleet_.told();

    fleet_.heal();
    EXPECT_EQ(unfinished(stuck), "") << fleet_.told();
    for (const auto& bead : stuck)
        EXPECT_EQ(fleet_.at().bead(ill.town.id(), bead)["dispatch_attempts"], 0);
    std::printf("%d failed starts of %d allowed\n", failed, of_one_town);
}

// The half that is well again is found and let go, though the other half goes on failing with the
// same words.
TEST_F(FleetTroubles, TheRepairedHalfOfAnOutageDispatches) {
    constexpr int towns = 20;
    constexpr int half = towns / 2;
    constexpr int sweeps = 4;  // Quick tries of each town that may fail.
    ASSERT_TRUE(fleet_.begin()) << fleet_.told();
    for (int i = 0; i < towns; ++i)
        fleet_.add_ill(always(answer_of("500 Internal Server Error", R"({"error":"no capacity"})")),
                       1);
    fleet_.add_well();
    fleet_.add_well();
    ASSERT_TRUE(fleet_.let_go());
    ASSERT_TRUE(wait_until([&] { return fleet_.opened("answered") >= 1; })) << fleet_.told();
    ASSERT_TRUE(wait_until([&] { return fleet_.untried() == 0; })) << fleet_.told();

    std::vector<const troubled_fleet::ill_town*> repaired;
    for (std::size_t i = 0; i < towns; i += 2) {
        repaired.push_back(&fleet_.ill()[i]);
        fleet_.ill()[i].way->heal();
    }
    EXPECT_EQ(fleet_.unfinished(repaired), "") << fleet_.told();
    EXPECT_EQ(fleet_.work_beside(trouble_lasts), "") << fleet_.told();
    const int failed = fleet_.troubled();
    const int allowed = fleet_.allowed(towns + half * sweeps);
    EXPECT_LE(failed, allowed) << fleet_.told();
    for (std::size_t i = 1; i < towns; i += 2) {
        EXPECT_EQ(fleet_.ill()[i].way->passed(), 0);
        EXPECT_LE(fleet_.ill()[i].way->troubled(), of_one_town) << fleet_.told();
    }
    fleet_.heal();
    EXPECT_EQ(fleet_.unfinished(), "") << fleet_.told();
    std::printf("%d failed starts of %d allowed\n", failed, allowed);
}

// Who is asked to wait waits, whether the answer says how long or not: without a word for 30 s,
// which are not scaled.
TEST_F(FleetTroubles, RateLimitsOfManyTownsAreWaitedOutAndChargedToNobody) {
    constexpr int towns = 20;
    constexpr std::string_view limited = R"({"error":"rate limit exceeded"})";
    ASSERT_TRUE(fleet_.begin()) << fleet_.told();
    for (int i = 0; i < towns; ++i)
        fleet_.add_ill(
            always(i % 2 == 0 ? answer_of("429 Too Many Requests", limited)
                              : answer_of("429 Too Many Requests", limited,
                                          "Content-Type: application/json\r\nRetry-After: 2\r\n")),
            2);
    fleet_.add_well();
    fleet_.add_well();
    ASSERT_TRUE(fleet_.let_go());
    EXPECT_EQ(fleet_.work_beside(trouble_lasts), "") << fleet_.told();
    const int refused = fleet_.troubled();
    const int allowed = fleet_.allowed(towns);
    EXPECT_LE(refused, allowed) << fleet_.told();
    EXPECT_GT(refused, towns) << "nobody finds out when it is over: " << fleet_.told();

    fleet_.heal();
    EXPECT_EQ(fleet_.unfinished(), "") << fleet_.told();
    for (const auto& one : fleet_.ill())
        for (const auto& bead : one.beads) {
            const json page = fleet_.at().bead(one.town.id(), bead);
            EXPECT_TRUE(member(page, "failures").empty()) << dump_json(page);
        }
    std::printf("%d refused starts of %d allowed\n", refused, allowed);
}

}  // namespace
}  // namespace townd::test
