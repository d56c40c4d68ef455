// Row R13: what a fleet of hung containers costs those that are well, with the real client over
// real sockets.

#include <benchmark/benchmark.h>

#include <filesystem>
#include <stdexcept>
#include <thread>

#include "bench/loopback.hpp"
#include "bench/mixed_container.hpp"
#include "bench/report.hpp"
#include "bench/wire_fleet.hpp"

namespace townd::bench {
namespace {

using benchmark::State;
using seconds = std::chrono::duration<double>;

constexpr int healthy_towns = 20;
constexpr int beads_each = 30;
constexpr std::chrono::milliseconds patience{10'000};
constexpr int few = 64;  // Listeners, pipes, the daemon's own file.

// The shipped policy with every deadline so many times shorter.
policy faster(int factor) {
    policy out;
    const auto cut = [factor](duration& span) { span /= factor; };
    auto& d = out.dispatch;
    for (auto* span : {&d.start_timeout, &d.status_timeout, &d.survive_for, &d.heartbeat_timeout,
                       &d.retry_backoff, &d.work_backoff, &d.max_backoff, &d.slow_start})
        cut(*span);
    auto& b = out.breaker.agent;
    auto& r = out.retry;
    for (auto* span : {&b.open, &b.max_open, &b.probe_timeout, &r.first, &r.then, &r.max,
                       &r.slow_after, &r.relapse_within})
        cut(*span);
    r.per_hour *= factor;
    cut(out.outage.lease);
    return out;
}

int open_descriptors() {
    int out = 0;
    for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) {
        static_cast<void>(each);
        ++out;
    }
    return out;
}

template <class Condition>
void wait_for(const char* what, Condition condition) {
    const auto until = wire_clock::now() + std::chrono::seconds{120};
    while (!condition()) {
        if (wire_clock::now() > until) throw std::runtime_error(what);
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
}

std::vector<town_id> make_town_files(const std::filesystem::path& dir, int count) {
    scripted_port nobody([](const http_call&, auto&) {});
    wire_fleet world(nobody, {.durability = store::durability::normal, .dir = dir});
    return world.make_towns(count);
}

// Beads of the healthy towns, one after the other, each town in turn; the descriptors meanwhile.
// Ends at a start that does not come.
struct measured {
    std::vector<double> samples;
    int starved = 0;
    int descriptors = 0;
};
measured starts_of(wire_fleet& world, const std::vector<town_id>& towns, int rounds,
                   start_seen& seen, const mixed_container& container) {
    measured out;
    for (int round = 0; round < rounds && out.starved == 0; ++round) {
        for (const auto& town : towns) {
            seen.forget();
            const auto began = wire_clock::now();
            const bead_id work = world.make_bead(town);
            const auto came = seen.wait(patience);
            out.samples.push_back(seconds(came.value_or(wire_clock::now()) - began).count());
            if (came)
                world.finish(town, work);
            else
                ++out.starved;
        }
        out.descriptors = std::max(out.descriptors, open_descriptors() - container.connections());
    }
    return out;
}

void healthy_towns_beside(State& state, int hung, int factor) {
    const temp_dir dir;
    const auto all = make_town_files(dir.path(), healthy_towns + hung);
    const std::vector<town_id> healthy(all.begin(), all.begin() + healthy_towns);
    const std::vector<town_id> dead(all.begin() + healthy_towns, all.end());
    start_seen seen;
    mixed_container container({healthy.begin(), healthy.end()}, [&] { seen.now(); });
    client_loop client;
    const policy rules = faster(factor);
    wire_fleet world(client.port(),
                     {.containers_url = container.url(), .rules = rules, .dir = dir.path()});
    wait_for("not every town had its first tick", [&] {
        const auto towns = world.fleet().summaries();
        return towns.size() == all.size() &&
               std::all_of(towns.begin(), towns.end(), [](const auto& t) { return t->ticks > 0; });
    });
    // They are known to be well before the others hang: it is their work that must go on.
    static_cast<void>(starts_of(world, healthy, 2, seen, container));
    world.make_beads(dead);
    if (hung > 0) wait_for("no container hangs", [&] { return container.hung_starts() > 0; });
    measured got;
    const auto began = wire_clock::now();
    for (auto _ : state)
        got = starts_of(world, healthy, beads_each, seen, container);
    state.counters["took_s"] = seconds(wire_clock::now() - began).count();
    state.counters["starved"] = got.starved;
    state.counters["hung_starts"] = container.hung_starts();
    state.counters["in_flight"] = world.fleet().total().in_flight;
    state.counters["fds"] = got.descriptors;
    // Three for each file that is open, and no more files than so many.
    const int files =
        std::min(static_cast<int>(all.size()), engine::fleet_options{}.open_files_max);
    state.counters["fds_bound"] = rules.dispatch.max_in_flight + 3 * files + few;
    state.counters["late_ms"] = static_cast<double>(std::max<std::int64_t>(
        0, (container.longest_wait() - rules.dispatch.start_timeout).count()));
    add_percentiles(state, std::move(got.samples));
    client.end();  // No answer may come once the fleet is gone.
}

#define TOWND_HANG(name, hung, factor)                          \
    BENCHMARK_CAPTURE(healthy_towns_beside, name, hung, factor) \
        ->Iterations(1)                                         \
        ->Unit(benchmark::kMillisecond)
TOWND_HANG(none, 0, 1);
TOWND_HANG(151_hung, 151, 1);
TOWND_HANG(1000_hung, 1'000, 1);
TOWND_HANG(10000_hung, 10'000, 1);
// With deadlines of 5 s instead of 60: calls end and others take their place all the while.
TOWND_HANG(151_hung_12_times_faster, 151, 12);
TOWND_HANG(1000_hung_12_times_faster, 1'000, 12);
TOWND_HANG(10000_hung_12_times_faster, 10'000, 12);
#undef TOWND_HANG

}  // namespace
}  // namespace townd::bench
