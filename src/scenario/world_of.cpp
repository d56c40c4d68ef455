// The world that a scenario describes.

#include "scenario/scenario.hpp"

namespace townd::scenario {

std::vector<std::optional<duration>> ends_of(const scenario& what, std::size_t place) {
    sim::fault_window w = what.faults[place];
    w.lot = static_cast<std::uint32_t>(place) + 1;
    return sim::ends_of(w, 0, all_towns_of(what), what.seed);
}

int all_towns_of(const scenario& what) noexcept {
    int out = what.towns;
    for (const auto& c : what.changes)
        if (c.what == sim::fleet_change::kind::add_towns) out += c.count;
    return out;
}

sim::world_options world_of(const scenario& what, bool faulty) {
    sim::world_options out;
    out.seed = what.seed;
    out.towns = all_towns_of(what);
    out.rigs = what.rigs;
    out.rules = what.policy;
    out.model = what.containers;
    out.work = what.work;
    out.groups = what.groups;
    // Mayors are written to by `letters`, all through the run.
    out.work.mayor_messages = 0;
    for (auto& g : out.groups)
        g.work.mayor_messages = 0;
    out.oracle = what.check_invariants;
    out.fleet_judge = what.judge_fleet;
    out.lean_history = what.towns >= 1'000;
    if (!faulty) return out;
    out.kills = what.restarts;
    out.changes = what.changes;
    for (std::size_t i = 0; i < what.faults.size(); ++i) {
        sim::fault_window w = what.faults[i];
        w.lot = static_cast<std::uint32_t>(i) + 1;
        if (what.faults[i].roles.empty()) out.faults.push_back(w);
        for (const auto role : what.faults[i].roles) {
            w.role = role;
            out.faults.push_back(w);
        }
    }
    return out;
}

}  // namespace townd::scenario
