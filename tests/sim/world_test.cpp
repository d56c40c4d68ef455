#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

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

// What the world says of each failure, as one sees it from outside.
class truths final : public observer {
public:
    void start_answered(instant at, int town, agent_role, const bead_id& bead, const start_end& end,
                        truth why) override {
        if (end.how == start_outcome::took_effect) return;
        failed.push_back({at, town, bead, why, end});
    }
    void session_broke(instant at, int town, agent_role, const bead_id& bead, truth why) override {
        broke.push_back({at, town, bead, why, {}});
    }
    void attempt_ended(instant, int, const dispatch& d, duration) override {
        if (d.error) texts.insert(d.error->message());
    }
    void session_failed(instant, int, const dispatch& d) override {
        if (d.error) texts.insert(d.error->message());
    }
    void town_deleted(instant, int town) override { gone.insert(town); }
    void start_sent(instant at, int town, agent_role) override { last[town] = at; }
    struct event {
        instant at;
        int town;
        bead_id bead;
        truth why;
        start_end end;
    };
    std::vector<event> failed;
    std::vector<event> broke;
    std::set<std::string> texts;
    std::set<int> gone;
    std::map<int, instant> last;
};

fault_window all_of(fault what) {
    fault_window w;
    w.what = what;
    w.until = hours{1};
    w.role = agent_role::polecat;
    return w;
}

truths played(const fault_window& w, int towns = 6, int rigs = 1) {
    truths watch;
    world_options options;
    options.towns = towns;
    options.rigs = rigs;
    options.oracle = false;
    options.watch = &watch;
    options.faults = {w};
    world played(options);
    played.run_for(hours{1});
    watch.texts.erase("");
    return watch;
}

TEST(Fault, TellsWhoseFaultAFailedStartIs) {
    auto w = all_of(fault::http_500);
    w.towns = 2;
    const auto seen = played(w);
    ASSERT_FALSE(seen.failed.empty());
    for (const auto& e : seen.failed) {
        EXPECT_EQ(e.why.whose, culprit::platform);
        EXPECT_EQ(e.why.cause, 0);
        EXPECT_LT(e.town, 2);
        EXPECT_EQ(e.end.how, start_outcome::failed);
        EXPECT_FALSE(e.end.began);
    }
}

TEST(Fault, TellsARefusedRequestFromAFailedOneAndFromNoAnswer) {
    auto w = all_of(fault::bad_request);
    w.status = 422;
    w.whose = culprit::platform;
    for (const auto& e : played(w).failed) {
        EXPECT_EQ(e.end.how, start_outcome::refused);
        EXPECT_EQ(e.end.status, 422);
    }
    w = all_of(fault::rate_limited);
    w.retry_after = minutes{5};
    const auto limited = played(w).failed;
    ASSERT_FALSE(limited.empty());
    EXPECT_EQ(limited[0].end.how, start_outcome::refused);
    EXPECT_EQ(limited[0].end.retry_after, minutes{5});
    w.retry_after = duration{0};
    EXPECT_EQ(played(w).failed.at(0).end.retry_after, std::nullopt);
    const auto hung = played(all_of(fault::hang_after_effect)).failed;
    ASSERT_FALSE(hung.empty());
    EXPECT_EQ(hung[0].end.how, start_outcome::unanswered);
    EXPECT_TRUE(hung[0].end.began);
}

TEST(Fault, IsOfEveryKthTownAndOfSomeRigs) {
    auto w = all_of(fault::http_500);
    w.every = 3;
    w.offset = 1;
    std::set<int> towns;
    for (const auto& e : played(w, 9).failed)
        towns.insert(e.town);
    EXPECT_EQ(towns, (std::set<int>{1, 4, 7}));
    auto one_rig = all_of(fault::http_500);
    one_rig.first_rig = 1;
    one_rig.rigs = 1;
    fault_plan plan({one_rig}, 2);
    plan.at(duration{0});
    const auto& level = plan.of(0).at(0);
    EXPECT_FALSE(level.concerns(agent_role::polecat, 0, "Toast"));
    EXPECT_TRUE(level.concerns(agent_role::polecat, 1, "Toast"));
    EXPECT_FALSE(level.concerns(agent_role::refinery, 1, "Toast"));
    EXPECT_FALSE(level.concerns(std::nullopt, -1, ""));
}

TEST(Fault, SaysItInManyWords) {
    auto w = all_of(fault::http_500);
    EXPECT_EQ(played(w).texts.size(), 1U);
    w.texts = text_kind::hosts;
    w.text_count = 4;
    EXPECT_EQ(played(w).texts.size(), 4U);
    w.texts = text_kind::town;
    EXPECT_EQ(played(w).texts.size(), 6U);
    w = all_of(fault::work_fails);
    w.says = "quota of {who} is used up until {reset}";
    w.texts = text_kind::town;
    bool found = false;
    for (const auto& text : played(w).texts)
        found = found ||
                text.find("quota of db-beta.internal is used up until 2026-") != std::string::npos;
    EXPECT_TRUE(found);
}

TEST(Fault, OfTheBeadsStrikesTheSameOnesEachTime) {
    auto w = all_of(fault::work_fails);
    w.whose = culprit::bead;
    w.strength = 0.3;
    w.lives_min = w.lives_max = duration{5'000};
    const auto seen = played(w, 20);
    std::map<bead_id, int> times;
    for (const auto& e : seen.broke) {
        EXPECT_EQ(e.why.whose, culprit::bead);
        ++times[e.bead];
    }
    EXPECT_GT(times.size(), 8U);
    EXPECT_LT(times.size(), 30U) << "of sixty";
    for (const auto& [bead, count] : times)
        EXPECT_GT(count, 1) << bead;
}

TEST(Fault, OfThePlatformEndsSessionsYoungAndOld) {
    for (const auto what : {fault::dies_young, fault::work_fails, fault::vanishes}) {
        auto w = all_of(what);
        w.whose = culprit::platform;
        const auto seen = played(w);
        EXPECT_GT(seen.broke.size(), 6U) << to_text(what);
        for (const auto& e : seen.broke)
            EXPECT_EQ(e.why.whose, culprit::platform);
    }
}

TEST(Fault, IsRepairedInStepsTownByTown) {
    auto w = all_of(fault::http_500);
    w.repairs = {{minutes{20}, 0.25}, {minutes{40}, 0.75}};
    const auto ends = ends_of(w, 0, 8, 7);
    const auto count = [&](duration at) {
        return std::count(ends.begin(), ends.end(), std::optional{at});
    };
    EXPECT_EQ(count(minutes{20}), 2);
    EXPECT_EQ(count(minutes{40}), 4);
    EXPECT_EQ(count(hours{1}), 2);
    EXPECT_EQ(ends, ends_of(w, 0, 8, 7));
    EXPECT_NE(ends, ends_of(w, 0, 8, 8)) << "the seed says which";
    fault_plan plan({w}, 8, 7);
    plan.at(minutes{30});
    for (int town = 0; town < 8; ++town)
        EXPECT_EQ(plan.of(town).empty(), ends[static_cast<std::size_t>(town)] <= minutes{30});
}

TEST(Fleet, ChangesWhileItRuns) {
    truths watch;
    world_options options;
    options.towns = 8;
    options.work.beads_per_hour = 12;
    options.work.arrive_until = hours{2};
    options.watch = &watch;
    using kind = fleet_change::kind;
    options.changes = {{kind::add_towns, minutes{20}, 2},
                       {kind::delete_towns, minutes{40}, 3},
                       {kind::add_rigs, minutes{50}, 2},
                       {kind::delete_agents, minutes{60}, 2},
                       {kind::delete_rigs, minutes{70}, 1}};
    options.kills = {minutes{65}};
    world w(options);
    w.run_for(minutes{10});
    EXPECT_EQ(watch.last.count(6), 0U) << "the last two come later";
    w.run_for(minutes{110});
    EXPECT_FALSE(w.broken()) << w.broken()->sentence;
    EXPECT_EQ(watch.gone.size(), 3U);
    EXPECT_EQ(w.counts().daemon_starts, 2U);
    for (int town = 0; town < 8; ++town) {
        const bool gone = watch.gone.contains(town);
        EXPECT_EQ(watch.last[town] > w.began() + minutes{41}, !gone) << town;
    }
}

}  // namespace
}  // namespace townd::sim::test
