#include "sim/swarm.hpp"

#include <algorithm>

#include "sim/random.hpp"

namespace townd::sim {
namespace {

bool is_rate(fault what) {
    return what >= fault::crash;
}

// How strong a fault may be at most.
double most_of(fault what) {
    switch (what) {
        case fault::crash:
        case fault::wedged:
        case fault::evicted:
            return 12.0;
        case fault::kill:
            return 40.0;
        case fault::graceful_restart:
        case fault::pause:
        case fault::power_loss:
            return 12.0;
        case fault::commit_error:
            return 40.0;
        case fault::bad_request:
            return 0.05;
        case fault::dies_young:
        case fault::work_fails:
        case fault::vanishes:
        case fault::slow_agent:
        case fault::no_progress:
        case fault::review_fails:
        case fault::pr_closed:
        case fault::pr_silent:
            return 0.6;
        default:
            return 1.0;
    }
}

// What towns are about beside plain work: some of it in each world.
void draw_life(random& draw, world_options& out) {
    out.pull_requests = draw.chance(0.2);
    out.code_review = !draw.chance(0.2);
    out.forge_answers = draw.chance(0.5);
    if (draw.chance(0.4)) {
        out.work.convoys = 1;
        out.work.beads_at_start = 1;
        out.work.convoy_beads = draw.between(1, 5);
    }
    if (draw.chance(0.3)) out.work.mayor_messages = draw.between(1, 3);
    if (draw.chance(0.2)) out.work.meddling = 12.0;
    // A day without work: agents are swept up, tokens renewed, escalations told again.
    if (draw.chance(0.004)) out.rests_for = duration{26 * 3'600'000};
    out.rules.upkeep.restarts = draw.chance(0.4);
    out.rules.upkeep.health_interval = duration{draw.between(10, 60) * 1'000};
    out.rules.progress.nudge_after = duration{draw.between(180, 240) * 1'000};
    out.rules.progress.escalate_after =
        out.rules.progress.nudge_after + duration{draw.between(0, 120) * 1'000};
    out.rules.progress.stop_after =
        out.rules.progress.escalate_after + duration{draw.between(0, 180) * 1'000};
}

}  // namespace

world_options swarm_of(std::uint64_t seed, container_model model) {
    random draw{seed * 2 + (model == container_model::naive ? 1 : 0)};
    world_options out;
    out.seed = seed;
    out.model = model;
    out.towns = draw.between(2, 4);
    out.rigs = draw.between(1, 2);
    out.shuffle_towns = true;
    out.work.beads_at_start = draw.between(1, 2);
    out.work.work_min = duration{20'000};
    out.work.work_max = duration{draw.between(30, 180) * 1'000};
    out.work.review_max = duration{30'000};
    out.work.answer_max = duration{draw.between(1, 30) * 1'000};
    out.work.beads_per_hour = draw.chance(0.3) ? 6.0 : 0.0;
    out.work.arrive_until = swarm_lasts;
    out.rules.dispatch.max_in_flight = draw.chance(0.5) ? draw.between(1, 6) : 200;
    out.rules.dispatch.max_per_town = draw.between(1, 8);
    out.rules.dispatch.max_polecats_per_rig = draw.between(1, 4);
    out.rules.dispatch.max_attempts = draw.chance(0.5) ? draw.between(1, 3) : 5;
    out.rules.dispatch.max_polecats_per_town = draw.between(1, 8);
    out.rules.dispatch.max_refineries_per_town = draw.between(1, 2);
    out.rules.dispatch.max_starting = draw.between(1, 4);
    out.rules.dispatch.starts_per_second = draw.chance(0.5) ? draw.between(1, 3) : 100;
    out.rules.dispatch.starts_per_hour = draw.chance(0.3) ? draw.between(15, 60) : 600;
    out.rules.dispatch.failed_starts_per_hour = draw.chance(0.3) ? draw.between(5, 30) : 120;
    out.rules.outage.min_towns = draw.between(2, 3);
    out.rules.outage.town_share_percent = draw.between(20, 90);
    if (draw.chance(0.2)) out.rules.outage.mode = outage_mode::observe;
    out.outage_policy = draw.chance(0.8);
    draw_life(draw, out);
    // A minority of worlds has no fault at all: their promise is stronger (L2).
    if (seed % 16 == 0) {
        out.work.meddling = 0.0;
        return out;
    }
    const double gentle = draw.chance(0.5) ? 0.3 : 1.0;
    for (int i = 0; i < fault_count; ++i) {
        const auto what = static_cast<fault>(i);
        if (draw.chance(0.5)) continue;
        fault_window w;
        w.what = what;
        // Weak faults are as telling as strong ones: they meet the moments in between.
        const double share = draw.draw();
        w.strength = most_of(what) * share * share * gentle;
        if (is_rate(what)) w.strength = std::max(w.strength, 0.5);
        w.from = draw.between(duration{0}, swarm_lasts / 2);
        w.until = draw.between(w.from + duration{1'000}, swarm_lasts);
        if (draw.chance(0.3)) {
            w.first_town = draw.between(0, out.towns - 1);
            w.towns = 1;
        }
        if (draw.chance(0.2))
            w.role = draw.chance(0.5) ? agent_role::polecat : agent_role::refinery;
        out.faults.push_back(w);
    }
    return out;
}

bool run_swarm(world& w) {
    w.run_for(swarm_lasts);
    if (w.broken()) return false;
    w.end_faults();
    if (!w.run_until_settled(swarm_heals)) return false;
    if (w.options().rests_for == duration{0}) return true;
    w.run_for(w.options().rests_for);
    return !w.broken() && w.run_until_settled(swarm_heals);
}

}  // namespace townd::sim
