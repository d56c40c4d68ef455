// Troubles of many towns beside the one that townd was made for: agents that die young, one cause
// in many words, sessions that fail late, refusals, a broken part. Each time a stand-in counts what
// the trouble costs, and all work is done after the repair.

#include <gtest/gtest.h>

#include <array>
#include <cstdio>

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

}  // namespace
}  // namespace townd::test
