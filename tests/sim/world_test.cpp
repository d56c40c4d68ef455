#include <gtest/gtest.h>

#include <map>

#include "sim/schedule.hpp"
#include "sim/stage.hpp"
#include "sim/world.hpp"

namespace townd::sim::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

world_options small_world() {
    world_options out;
    out.towns = 3;
    out.work.beads_at_start = 2;
    return out;
}

TEST(Schedule, GivesWhatIsDueInOrderOfTimeThenOfArrival) {
    schedule s;
    random draw{7};
    for (std::uint64_t i = 0; i < 5000; ++i)
        s.add(instant{duration{static_cast<std::int64_t>(draw.below(300))}}, kind::sweep, 0, i);
    happening last = s.take();
    while (!s.empty()) {
        const happening next = s.take();
        ASSERT_LE(last.at, next.at);
        ASSERT_TRUE(last.at < next.at || last.arg < next.arg);
        last = next;
    }
}

TEST(Random, IsTheSameEverywhere) {
    random draw{42};
    EXPECT_EQ(draw.next(), 1546998764402558742ULL);
    EXPECT_EQ(draw.next(), 6990951692964543102ULL);
}

TEST(FaultPlan, TakesTheStrongestOfItsWindows) {
    fault_plan plan({{fault::connect_refused, 0.2, minutes{0}, minutes{10}, 0, 100, {}},
                     {fault::connect_refused, 0.7, minutes{5}, minutes{6}, 3, 2, {}}},
                    10);
    plan.at(minutes{5});
    EXPECT_EQ(plan.strength(2, fault::connect_refused), 0.2);
    EXPECT_EQ(plan.strength(4, fault::connect_refused), 0.7);
    plan.at(minutes{6});
    EXPECT_EQ(plan.strength(4, fault::connect_refused), 0.2);
    plan.at(minutes{10});
    EXPECT_TRUE(plan.of(4).empty());
}

TEST(FaultPlan, NamesEveryFault) {
    for (int i = 0; i < fault_count; ++i)
        EXPECT_EQ(parse_fault(to_text(static_cast<fault>(i))), static_cast<fault>(i));
}

TEST(World, ClosesEveryBeadWithOneStartEachWhenNothingFails) {
    world w(small_world());
    ASSERT_TRUE(w.run_until_settled(hours{1})) << w.broken()->sentence;
    EXPECT_EQ(w.counts().beads_made, 6U);
    EXPECT_EQ(w.counts().beads_closed, 6U);
    EXPECT_EQ(w.counts().starts_sent, 12U) << "a polecat and a refinery each";
    EXPECT_EQ(w.counts().daemon_starts, 1U);
}

TEST(World, IsTheSameForEqualSeedsAndNoOtherForAnotherSeed) {
    const auto hash_of = [](std::uint64_t seed) {
        auto options = small_world();
        options.seed = seed;
        options.faults = {{fault::http_500, 0.3, {}, minutes{10}, 0, 9, {}},
                          {fault::kill, 30.0, {}, minutes{10}, 0, 9, {}}};
        world w(options);
        w.run_for(minutes{30});
        return w.trace_hash();
    };
    EXPECT_EQ(hash_of(1), hash_of(1));
    EXPECT_NE(hash_of(1), hash_of(2));
}

TEST(World, GoesOnAfterTheDaemonWasKilledManyTimes) {
    auto options = small_world();
    options.faults = {{fault::kill, 120.0, {}, minutes{20}, 0, 9, {}}};
    world w(options);
    w.run_for(minutes{20});
    EXPECT_GT(w.counts().daemon_starts, 5U);
    w.end_faults();
    ASSERT_TRUE(w.run_until_settled(hours{1})) << w.broken()->sentence;
    EXPECT_EQ(w.counts().beads_closed, 6U);
}

class counting final : public observer {
public:
    void start_sent(instant, int, agent_role) override { ++starts; }
    void outage_changed(instant, const outage_event& what) override { ++outages[what.what]; }
    void bead_ended(instant, int, const bead& b) override {
        if (b.type == bead_type::issue) ++ended;
    }
    void breaker_changed(instant, int, std::string_view, std::string_view, std::string_view,
                         std::string_view, std::string_view to, std::string_view) override {
        if (to == "open") ++opened;
    }
    int starts = 0;
    int ended = 0;
    int opened = 0;
    std::map<outage_event::kind, int> outages;
};

TEST(World, ShowsAnOutageOfTheFleetToWhoWatches) {
    counting watch;
    world_options options;
    options.towns = 30;
    options.work.beads_at_start = 1;
    options.watch = &watch;
    options.faults = {{fault::connect_refused, 1.0, {}, minutes{60}, 0, 30, {}}};
    world w(options);
    w.run_for(minutes{60});
    EXPECT_GE(watch.outages[outage_event::kind::opened], 1);
    ASSERT_FALSE(w.outages().empty());
    EXPECT_LT(watch.starts, 300) << "one at a time for all, not all at once";
    w.end_faults();
    ASSERT_TRUE(w.run_until_settled(hours{2})) << w.broken()->sentence;
    EXPECT_EQ(watch.outages[outage_event::kind::closed], watch.outages[outage_event::kind::opened]);
    EXPECT_EQ(watch.ended, 30);
    EXPECT_EQ(static_cast<std::uint64_t>(watch.starts), w.counts().starts_sent);
}

TEST(World, OpensBreakersOfOneTownAloneWhenItsContainerIsAway) {
    counting watch;
    auto options = small_world();
    options.watch = &watch;
    options.faults = {{fault::connect_refused, 1.0, {}, minutes{30}, 1, 1, {}}};
    world w(options);
    w.run_for(minutes{30});
    EXPECT_GE(watch.opened, 1);
    EXPECT_EQ(w.counts().beads_closed, 4U) << "the others do not notice";
    w.end_faults();
    ASSERT_TRUE(w.run_until_settled(hours{1})) << w.broken()->sentence;
}

}  // namespace
}  // namespace townd::sim::test
