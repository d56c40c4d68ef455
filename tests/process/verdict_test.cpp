// Who looks knows within ten seconds what is wrong: the page, townctl and the service manager say
// the same sentence, and one bead's explanation names the same outage.

#include <gtest/gtest.h>

#include <algorithm>

#include "process/fleet_stage.hpp"
#include "process/service_manager.hpp"
#include "townd/words/time.hpp"

namespace townd::test {
namespace {

constexpr int faster = 6;  // Of times; the interval of ticks stays as shipped.
constexpr int shaken_towns = 151;
constexpr int healthy_towns = 9;
constexpr std::size_t tenth = 9;
constexpr duration interval{5'000};
constexpr duration long_patience{60'000};

std::string verdict(const fleet_stage& of) {
    return said(of.at().get("/debug/v1/summary"), "verdict");
}

// Without the time that has gone by, which moves on while one asks: `… since 12:05:10`.
std::string first_part(const std::string& of) {
    return of.substr(0, of.find(" ("));
}

// When each town's first start failed.
std::vector<instant> first_failures(fleet_stage& of) {
    std::vector<instant> out;
    for (const auto& one : of.shaken()) {
        const auto all = of.at().attempts(one.town.id(), one.bead);
        if (all.empty()) continue;
        if (const auto at = parse_time(said(all.back(), "ended_at"))) out.push_back(*at);
    }
    std::sort(out.begin(), out.end());
    return out;
}

std::string townctl(fleet_stage& stage, const std::vector<std::string>& arguments) {
    std::vector<std::string> all{"ctl", "--addr", stage.daemon().pages()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const scratch_dir dir;
    child run{{all, dir.path(), {}}};
    static_cast<void>(run.wait());
    return run.out();
}

TEST(Verdict, NamesTheIncidentWithinTwoTicksOfTheTenthTown) {
    service_manager manager;
    fleet_stage stage(
        faster,
        {{"reconciler.interval", "5s"}, {"reconciler.idle_interval", "5s"}, {"retry.first", "5s"}},
        manager.environment());
    ASSERT_TRUE(stage.begin(shaken_towns, healthy_towns)) << stage.daemon().err();
    stage.shake();
    ASSERT_TRUE(stage.let_go());

    const std::string whole = "polecats cannot be started in " + std::to_string(shaken_towns) +
                              " of " + std::to_string(shaken_towns + healthy_towns) + " towns";
    ASSERT_TRUE(
        wait_until([&] { return verdict(stage).find(whole) != std::string::npos; }, long_patience))
        << verdict(stage);
    const json outages = stage.at().get("/debug/v1/outages");
    ASSERT_EQ(member(outages, "items").size(), 1U) << outages;
    const json outage = outages["items"][0];
    const std::string opened = said(outage, "opened_at");
    const auto opened_at = parse_time(opened);
    const auto failures = first_failures(stage);
    ASSERT_TRUE(opened_at);
    ASSERT_GT(failures.size(), tenth);
    EXPECT_LE(*opened_at, failures[tenth] + 2 * interval) << "by the daemon's own record";

    const std::string now = verdict(stage);
    EXPECT_NE(now.find("since " + opened.substr(11, 8)), std::string::npos) << now;
    EXPECT_NE(now.find("http_5xx"), std::string::npos) << now;
    EXPECT_EQ(now.find("Not affected"), std::string::npos)
        << "nobody has seen the healthy ones start anything yet: " << now;
    EXPECT_NE(townctl(stage, {"status"}).find(first_part(now)), std::string::npos)
        << townctl(stage, {"status"});
    EXPECT_TRUE(wait_until([&] { return first_part(manager.status()) == first_part(now); }))
        << manager.status();

    // One bead of the 151 that waits: the same outage, and when it is tried again.
    const auto& one = stage.shaken().back();
    EXPECT_TRUE(wait_until(
        [&] {
            const json next = member(stage.at().get("/debug/v1/outages"), "items");
            if (next.empty()) return false;
            const std::string probe = said(next[0], "next_probe_at");
            const std::string told =
                townctl(stage, {"explain", one.town.id(), one.bead, "-o", "json"});
            return told.find("OutageOpen") != std::string::npos &&
                   told.find(said(outage, "cause").substr(0, 8)) != std::string::npos &&
                   told.find(probe) != std::string::npos;
        },
        long_patience))
        << townctl(stage, {"explain", one.town.id(), one.bead});
}

}  // namespace
}  // namespace townd::test
