// The oracle is worth what it catches: bugs that were made before are planted, each must be seen.

#include <gtest/gtest.h>

#include "sim/planted.hpp"
#include "sim/swarm.hpp"

namespace townd::sim::test {
namespace {

class PlantedBug : public testing::TestWithParam<planted_bug> {};

TEST_P(PlantedBug, IsSeenByTheOracle) {
    const auto& bug = GetParam();
    for (int seed = 1; seed <= bug.seeds; ++seed) {
        auto options = swarm_of(static_cast<std::uint64_t>(seed), bug.model);
        options.planted = bug.plant();
        world w(std::move(options));
        if (run_swarm(w)) continue;
        EXPECT_FALSE(bug.survives) << "no harm was known of it: " << w.broken()->sentence;
        std::printf("%.*s: seed %d, %s at %s: %s\n", static_cast<int>(bug.name.size()),
                    bug.name.data(), seed, w.broken()->invariant.c_str(), w.broken()->town.c_str(),
                    w.broken()->sentence.c_str());
        return;
    }
    EXPECT_TRUE(bug.survives) << "nothing was seen within " << bug.seeds << " seeds";
    EXPECT_EQ(bug.survives, !bug.why.empty());
}

INSTANTIATE_TEST_SUITE_P(All, PlantedBug, testing::ValuesIn(planted_bugs()),
                         [](const auto& each) { return std::string{each.param.name}; });

}  // namespace
}  // namespace townd::sim::test
