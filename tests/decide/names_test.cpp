#include "townd/decide/names.hpp"

#include <gtest/gtest.h>

namespace townd {
namespace {

agent named(std::string name) {
    agent a;
    a.id = "id-" + name;
    a.name = std::move(name);
    return a;
}

TEST(Names, PolecatsGetTwentyNamesAndThenNumbers) {
    std::vector<agent> agents;
    std::set<std::string> names;
    for (int i = 0; i < 30; ++i) {
        const auto name = free_name(agents, agent_role::polecat, {});
        EXPECT_TRUE(names.insert(name).second) << name;
        agents.push_back(named(name));
    }
    EXPECT_EQ(agents.front().name, "Toast");
    EXPECT_EQ(agents[20].name, "Polecat-21");
    EXPECT_EQ(agents[29].name, "Polecat-30");
}

// E9: the original counted agents, and named two alike after one was collected.
TEST(Names, E9TheLowestFreeNameIsUsedAgainAndNoneTwice) {
    std::vector<agent> agents;
    for (int i = 0; i < 25; ++i)
        agents.push_back(named(free_name(agents, agent_role::polecat, {})));
    agents.erase(agents.begin() + 22);
    EXPECT_EQ(free_name(agents, agent_role::polecat, {}), "Polecat-23");
    agents.erase(agents.begin() + 3);
    EXPECT_EQ(free_name(agents, agent_role::polecat, {}), "Shadow");
    EXPECT_EQ(free_name(agents, agent_role::polecat, {"Shadow"}), "Polecat-23");
    EXPECT_EQ(free_name(agents, agent_role::polecat, {"Shadow", "Polecat-23"}), "Polecat-26");
}

TEST(Names, OthersAreCalledByTheirRole) {
    EXPECT_EQ(free_name({}, agent_role::mayor, {}), "Mayor");
    EXPECT_EQ(free_name({named("Refinery")}, agent_role::refinery, {}), "Refinery-2");
}

TEST(Names, IdentitiesAreLowerCaseAndShort) {
    EXPECT_EQ(identity_of("Toast", agent_role::polecat, "RIG-123456789", "TOWN-abcdefgh"),
              "toast-polecat-rig-1234@town-abc");
    EXPECT_EQ(identity_of("Mayor", agent_role::mayor, std::nullopt, "t"), "mayor-mayor-town@t");
}

}  // namespace
}  // namespace townd
