#include "townd/decide/backoff.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace townd {
namespace {

TEST(Backoff, DoublesUpToTheCap) {
    const duration base{5'000};
    const duration cap{60'000};
    EXPECT_EQ(grown(base, 0, cap), duration{5'000});
    EXPECT_EQ(grown(base, 1, cap), duration{10'000});
    EXPECT_EQ(grown(base, 3, cap), duration{40'000});
    EXPECT_EQ(grown(base, 4, cap), cap);
    EXPECT_EQ(grown(base, 1'000'000, cap), cap);
}

TEST(Backoff, NeverOverflowsAndNeverRunsOverTheCap) {
    const int most = std::numeric_limits<int>::max();
    EXPECT_EQ(grown(duration{3}, most, duration::max()), duration::max());
    EXPECT_EQ(grown(duration{0}, most, duration{10}), duration{0});
    EXPECT_EQ(grown(duration{100}, 0, duration{10}), duration{10});
    EXPECT_EQ(grown(duration{100}, -5, duration{1'000}), duration{100});
}

TEST(Backoff, JitterStaysWithinItsShare) {
    EXPECT_EQ(jittered(duration{1'000}, 0.2, 0.0), duration{800});
    EXPECT_EQ(jittered(duration{1'000}, 0.2, 0.5), duration{1'000});
    EXPECT_EQ(jittered(duration{1'000}, 0.2, 1.0), duration{1'200});
    EXPECT_EQ(jittered(duration{1'000}, 0.0, 0.9), duration{1'000});
    EXPECT_EQ(jittered(duration{0}, 0.9, 0.0), duration{1}) << "a wait of nothing is a busy loop";
}

}  // namespace
}  // namespace townd
