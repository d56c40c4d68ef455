#include "sim/fleet_worlds.hpp"

#include <algorithm>
#include <stdexcept>

namespace townd::sim::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

world_options fleet_of(int towns, double beads_per_hour = 4.0) {
    world_options out;
    out.towns = towns;
    out.work.beads_at_start = 3;
    out.work.beads_per_hour = beads_per_hour;
    out.work.arrive_until = hours{2};
    out.fleet_judge = true;
    out.oracle = false;
    return out;
}

fault_window trouble_of(fault what, int towns, duration from, duration until) {
    fault_window w;
    w.what = what;
    w.towns = towns;
    w.from = from;
    w.until = until;
    w.role = agent_role::polecat;
    w.whose = culprit::platform;
    return w;
}

world_options calm_fleet() {
    return fleet_of(10);
}

world_options busy_fleet() {
    auto out = fleet_of(4, 40.0);
    out.work.beads_at_start = 12;
    return out;
}

world_options one_refuses() {
    auto out = fleet_of(8);
    out.faults.push_back(trouble_of(fault::http_500, 1, minutes{2}, minutes{100}));
    return out;
}

// Half of its starts: successes in between keep everything but the budget open.
world_options one_flaky() {
    auto out = fleet_of(3, 60.0);
    auto w = trouble_of(fault::http_500, 1, minutes{1}, minutes{100});
    w.strength = 0.5;
    out.faults.push_back(w);
    out.rules.dispatch.failed_starts_per_hour = 4;
    return out;
}

world_options one_limited() {
    auto out = fleet_of(6);
    auto w = trouble_of(fault::rate_limited, 1, minutes{2}, minutes{100});
    w.retry_after = minutes{9};
    out.faults.push_back(w);
    return out;
}

world_options limited_without_times() {
    auto out = fleet_of(6);
    auto w = trouble_of(fault::rate_limited, 1, minutes{2}, minutes{100});
    w.retry_after = duration{0};
    out.faults.push_back(w);
    return out;
}

world_options most_refuse() {
    auto out = fleet_of(80);
    out.faults.push_back(trouble_of(fault::http_500, 76, minutes{2}, minutes{90}));
    return out;
}

// Some get through all the time: each success is a reason to try all others.
world_options most_at_random() {
    auto out = fleet_of(14, 20.0);
    auto w = trouble_of(fault::http_500, 12, minutes{2}, minutes{100});
    w.strength = 0.9;
    out.faults.push_back(w);
    return out;
}

// One of two rigs is well again long before the other one.
world_options one_rig_repaired() {
    auto out = fleet_of(3, 40.0);
    out.rigs = 2;
    for (int rig = 0; rig < 2; ++rig) {
        auto w = trouble_of(fault::http_500, 3, minutes{2}, minutes{rig == 0 ? 130 : 8});
        w.first_rig = rig;
        w.rigs = 1;
        out.faults.push_back(w);
    }
    return out;
}

// No other work tells a town that a bead's failures are not its own.
world_options one_bead_each() {
    auto out = fleet_of(12, 0.0);
    out.work.beads_at_start = 1;
    out.work.work_min = minutes{2};
    out.faults.push_back(trouble_of(fault::work_fails, 10, duration{0}, minutes{65}));
    return out;
}

world_options half_repaired() {
    auto out = most_refuse();
    out.faults[0].until = minutes{110};
    out.faults[0].repairs = {{minutes{60}, 0.5}};
    return out;
}

world_options die_young_in_one() {
    auto out = fleet_of(6);
    out.faults.push_back(trouble_of(fault::dies_young, 1, minutes{2}, minutes{70}));
    return out;
}

world_options die_young_in_most() {
    auto out = fleet_of(44);
    out.faults.push_back(trouble_of(fault::dies_young, 40, minutes{2}, minutes{40}));
    return out;
}

world_options work_fails_in_most() {
    auto out = fleet_of(44);
    out.faults.push_back(trouble_of(fault::work_fails, 40, minutes{5}, minutes{65}));
    return out;
}

world_options schema_too_strict() {
    auto out = fleet_of(40);
    out.faults.push_back(trouble_of(fault::bad_request, 36, minutes{2}, minutes{50}));
    return out;
}

world_options processes_vanish() {
    auto out = fleet_of(44);
    out.faults.push_back(trouble_of(fault::vanishes, 40, minutes{5}, minutes{65}));
    return out;
}

world_options five_of_five() {
    auto out = fleet_of(5);
    out.faults.push_back(trouble_of(fault::connect_refused, 5, minutes{2}, minutes{100}));
    return out;
}

world_options two_rigs_of_six() {
    auto out = fleet_of(3, 30.0);
    out.rigs = 6;
    auto w = trouble_of(fault::http_500, 3, minutes{2}, minutes{100});
    w.rigs = 2;
    out.faults.push_back(w);
    return out;
}

world_options six_causes() {
    auto out = fleet_of(80);
    const std::vector<fault> kinds{fault::http_500,        fault::connect_refused, fault::garbage,
                                   fault::payload_says_no, fault::resolve_failed,  fault::reset};
    int first = 0;
    for (const auto what : kinds) {
        auto w = trouble_of(what, 12, minutes{2}, minutes{90});
        w.first_town = first;
        first += 12;
        out.faults.push_back(w);
    }
    return out;
}

world_options eight_texts() {
    auto out = most_refuse();
    out.faults[0].texts = text_kind::hosts;
    out.faults[0].text_count = 8;
    return out;
}

// One after another fails for a minute, has no more work, and is well; then one more fails.
world_options stale_failures() {
    auto out = fleet_of(25, 0.0);
    for (int town = 0; town < 4; ++town) {
        work_group g;
        g.first_town = town;
        g.towns = 1;
        g.work = out.work;
        g.work.beads_at_start = 0;
        out.groups.push_back(g);
    }
    out.work.beads_per_hour = 4.0;
    for (int town = 0; town < 5; ++town) {
        const auto from = minutes{town < 4 ? 5 + 15 * town : 110};
        auto w = trouble_of(fault::http_500, 1, from, from + minutes{town < 4 ? 3 : 30});
        w.first_town = town;
        out.faults.push_back(w);
    }
    for (auto& g : out.groups)
        g.work.beads_per_hour = 60.0;
    for (std::size_t town = 0; town < out.groups.size(); ++town)
        out.groups[town].work.arrive_until = minutes{8 + 15 * static_cast<int>(town)};
    return out;
}

world_options bad_beads() {
    auto out = fleet_of(12);
    fault_window w;
    w.what = fault::work_fails;
    w.whose = culprit::bead;
    w.strength = 0.06;
    w.until = hours{20};
    w.role = agent_role::polecat;
    out.faults.push_back(w);
    return out;
}

world_options killed_daemon() {
    auto out = fleet_of(6, 30.0);
    fault_window w;
    w.what = fault::kill;
    w.strength = 20.0;
    w.until = hours{2};
    out.faults.push_back(w);
    return out;
}

world_options few_an_hour() {
    auto out = fleet_of(3, 60.0);
    out.rules.dispatch.starts_per_hour = 20;
    return out;
}

world_options three_refuse() {
    auto out = fleet_of(30);
    out.faults.push_back(trouble_of(fault::http_500, 3, minutes{2}, minutes{100}));
    return out;
}

world_options letters_for_mayors() {
    auto out = fleet_of(4);
    out.work.mayor_messages = 3;
    return out;
}

}  // namespace

const std::vector<judged_world>& judged_worlds() {
    static const std::vector<judged_world> all{
        {"calm", calm_fleet},
        {"busy", busy_fleet},
        {"one-refuses", one_refuses},
        {"one-flaky", one_flaky},
        {"one-limited", one_limited},
        {"limited-without-times", limited_without_times},
        {"most-refuse", most_refuse},
        {"most-at-random", most_at_random},
        {"one-rig-repaired", one_rig_repaired, minutes{130}},
        {"one-bead-each", one_bead_each},
        {"half-repaired", half_repaired},
        {"die-young-in-one", die_young_in_one},
        {"die-young-in-most", die_young_in_most, hours{1}},
        {"work-fails-in-most", work_fails_in_most},
        {"schema-too-strict", schema_too_strict},
        {"processes-vanish", processes_vanish},
        {"five-of-five", five_of_five},
        {"two-rigs-of-six", two_rigs_of_six},
        {"six-causes", six_causes},
        {"eight-texts", eight_texts},
        {"stale-failures", stale_failures, minutes{140}},
        {"bad-beads", bad_beads, hours{6}},
        {"killed-daemon", killed_daemon},
        {"few-an-hour", few_an_hour},
        {"three-refuse", three_refuse},
        {"letters", letters_for_mayors},
    };
    return all;
}

const judged_world& judged_world_named(std::string_view name) {
    const auto& all = judged_worlds();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.name == name; });
    if (found == all.end()) throw std::invalid_argument("no world " + std::string{name});
    return *found;
}

fleet_report judge_world(const judged_world& which, plants plant, std::uint64_t seed) {
    auto options = which.make();
    options.seed = seed;
    options.planted = std::move(plant);
    world w(std::move(options));
    w.run_for(which.runs);
    w.end_faults();
    const bool settled = which.heals > duration{0} && w.run_until_settled(which.heals);
    // Two runs of one seed may not differ by whether they settle in time: bounds are asked always.
    static_cast<void>(settled);
    return w.judged(true);
}

}  // namespace townd::sim::test
