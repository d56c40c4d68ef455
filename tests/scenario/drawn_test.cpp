// Incidents that nobody rehearsed: whatever is drawn, the fleet keeps what it promises.

#include <gtest/gtest.h>

#include <cstdlib>

#include "scenario/family.hpp"

namespace townd::scenario {
namespace {

constexpr int shards = 10;
constexpr int drawn = 200;  // TOWND_FAMILY_COUNT has more or fewer of them run.

class Drawn : public testing::TestWithParam<int> {};

TEST_P(Drawn, KeepsEveryPromise) {
    const auto read = read_family(shipped_family(), "family.yaml");
    ASSERT_TRUE(read.problems.empty()) << read.problems.front().text();
    const char* const wanted = std::getenv("TOWND_FAMILY_COUNT");
    const int count = wanted != nullptr ? std::max(shards, std::atoi(wanted)) : drawn;
    const int first = 1 + count * GetParam() / shards;
    const int end = 1 + count * (GetParam() + 1) / shards;
    const auto each = [](const report& r) {
        if (const auto& b = r.came.run.broken)
            ADD_FAILURE() << "townd simulate --family family --seed " << r.what.seed << ": "
                          << b->invariant << " in " << b->town << ": " << b->sentence;
    };
    // A tenth of the drawn incidents still misses a bound by a little: each bound by few of them.
    const int few = std::max(3, (end - first) / 10);
    for (const auto& w : worst_of(read.value, static_cast<std::uint64_t>(first), end - first, each))
        EXPECT_LE(w.missed, few) << "townd simulate --family family --seed " << w.seed << ": "
                                 << w.name << " " << figure_text(w.value) << " of "
                                 << figure_text(w.limit) << ": " << w.words;
}

INSTANTIATE_TEST_SUITE_P(Incidents, Drawn, testing::Range(0, shards));

}  // namespace
}  // namespace townd::scenario
