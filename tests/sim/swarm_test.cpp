// Twenty thousand small worlds in each container model, each with faults of its own.
//
//   TOWND_SIM_SEEDS=2000                      how many, of each model
//   TOWND_SIM_SEED=4711 TOWND_SIM_MODEL=naive  replays one, with its trace
//     sim_swarm_test --gtest_filter=Swarm.ReplaysOneSeed

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "sim/swarm.hpp"

namespace townd::sim::test {
namespace {

constexpr long shards = 10;
constexpr long compared_every = 100;  // One seed in so many is run twice.

long number_of(const char* variable, long otherwise) {
    const char* text = std::getenv(variable);
    return text == nullptr || *text == '\0' ? otherwise : std::strtol(text, nullptr, 10);
}

std::string name_of(container_model model) {
    return model == container_model::naive ? "naive" : "contract";
}

std::string told(const violation& v, container_model model) {
    return "seed " + std::to_string(v.seed) + ": " + v.invariant + " at " + to_rfc3339(v.at) +
           " in " + v.town + ": " + v.sentence + "\n  TOWND_SIM_SEED=" + std::to_string(v.seed) +
           " TOWND_SIM_MODEL=" + name_of(model) +
           " sim_swarm_test --gtest_filter=Swarm.ReplaysOneSeed";
}

void add_life(totals& sum, const totals& of) {
    sum.convoys_landed += of.convoys_landed;
    sum.convoys_failed += of.convoys_failed;
    sum.triaged += of.triaged;
    sum.reworks += of.reworks;
    sum.nudges += of.nudges;
    sum.drains += of.drains;
    sum.restarts += of.restarts;
    sum.swept += of.swept;
}

struct shard {
    container_model model;
    long number;
};
class SwarmShard : public testing::TestWithParam<shard> {};

TEST_P(SwarmShard, BreaksNoPromise) {
    const auto [model, number] = GetParam();
    const long seeds = number_of("TOWND_SIM_SEEDS", 20'000);
    const long first = seeds * number / shards;
    const long end = seeds * (number + 1) / shards;
    totals sum;
    for (long seed = first; seed < end; ++seed) {
        const auto options = swarm_of(static_cast<std::uint64_t>(seed), model);
        world w(options);
        if (!run_swarm(w)) {
            ADD_FAILURE() << told(*w.broken(), model);
            if (testing::Test::HasFailure() && ++sum.daemon_starts >= 5) break;
        }
        for (std::size_t i = 0; i < sum.faults.size(); ++i)
            sum.faults[i] += w.counts().faults[i];
        sum.outage_events += w.counts().outage_events;
        sum.beads_failed += w.counts().beads_failed;
        add_life(sum, w.counts());
        if (seed % compared_every != 0) continue;
        world again(options);
        static_cast<void>(run_swarm(again));
        ASSERT_EQ(w.trace_hash(), again.trace_hash()) << "seed " << seed << " has two outcomes";
    }
    if (end - first < 1000) return;
    // What never happened was never tested.
    for (int i = 0; i < fault_count; ++i)
        EXPECT_GT(sum.faults[static_cast<std::size_t>(i)], 0U) << to_text(static_cast<fault>(i));
    EXPECT_GT(sum.outage_events, 0U);
    EXPECT_GT(sum.beads_failed, 0U);
    for (const auto count : {sum.convoys_landed, sum.convoys_failed, sum.triaged, sum.reworks,
                             sum.nudges, sum.drains, sum.restarts, sum.swept})
        EXPECT_GT(count, 0U);
}

std::array<shard, 2 * shards> all_shards() {
    std::array<shard, 2 * shards> out{};
    for (long i = 0; i < shards; ++i) {
        out[static_cast<std::size_t>(i)] = {container_model::contract, i};
        out[static_cast<std::size_t>(shards + i)] = {container_model::naive, i};
    }
    return out;
}

INSTANTIATE_TEST_SUITE_P(Seeds, SwarmShard, testing::ValuesIn(all_shards()), [](const auto& each) {
    return (each.param.model == container_model::naive ? "Naive" : "Contract") +
           std::to_string(each.param.number);
});

TEST(Swarm, ReplaysOneSeed) {
    const char* wanted = std::getenv("TOWND_SIM_SEED");
    const char* model_text = std::getenv("TOWND_SIM_MODEL");
    const auto model = model_text != nullptr && std::string{model_text} == "naive"
                           ? container_model::naive
                           : container_model::contract;
    auto options = swarm_of(static_cast<std::uint64_t>(number_of("TOWND_SIM_SEED", 1)), model);
    const std::uint64_t hash = [&] {
        world silent(options);
        static_cast<void>(run_swarm(silent));
        return silent.trace_hash();
    }();
    options.trace = true;
    world w(options);
    const bool good = run_swarm(w);
    if (wanted != nullptr)
        for (const auto& line : w.trace())
            std::printf("%s\n", line.c_str());
    EXPECT_TRUE(good) << told(*w.broken(), model);
    EXPECT_EQ(w.trace_hash(), hash) << "watching changes what happens";
    EXPECT_FALSE(w.trace().empty());
}

}  // namespace
}  // namespace townd::sim::test
