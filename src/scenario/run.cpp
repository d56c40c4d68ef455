#include <utility>

#include "scenario/collector.hpp"
#include "scenario/figures.hpp"
#include "scenario/letters.hpp"

namespace townd::scenario {
namespace {

record run(const scenario& what, bool faulty) {
    auto options = world_of(what, faulty);
    collector watch{what, options.begin};
    options.watch = &watch;
    letters post{what, options.begin};
    const sim::world* clock = nullptr;
    options.planted.before_cycle = [&](int town) { return post.due_in(town, clock->now()); };
    sim::world w{std::move(options)};
    clock = &w;
    w.run_for(what.length);
    record out = watch.finish(w);
    // A judged run goes on for long enough after its last fault.
    if (what.judge_fleet) out.judged = w.judged(true);
    return out;
}

}  // namespace

report simulate(scenario what) {
    outcome came;
    came.run = run(what, true);
    if (what.compare_without_faults) came.calm = run(what, false);
    return report_on(std::move(what), std::move(came));
}

}  // namespace townd::scenario
