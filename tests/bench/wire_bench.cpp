// From a bead that is made to the start request that leaves for its container.

#include <benchmark/benchmark.h>

#include <stdexcept>

#include "bench/loopback.hpp"
#include "bench/report.hpp"
#include "bench/wire_fleet.hpp"

namespace townd::bench {
namespace {

using benchmark::State;
using seconds = std::chrono::duration<double>;

constexpr int beads = 300;
constexpr int hung_towns = 50;
constexpr std::chrono::milliseconds patience{3'000};

// Makes beads one after the other and takes the time of each; `make` gives the bead's id. Stops at
// the first start that does not come.
template <class Make>
void measure(State& state, wire_fleet& world, const town_id& town, start_seen& seen, Make make) {
    std::vector<double> samples;
    bool starved = false;
    for (auto _ : state) {
        for (int i = 0; i < beads && !starved; ++i) {
            seen.forget();
            const auto began = wire_clock::now();
            const bead_id work = make();
            const auto came = seen.wait(patience);
            starved = !came;
            const auto until = came.value_or(wire_clock::now());
            samples.push_back(seconds(until - began).count());
            if (!starved) world.finish(town, work);
        }
    }
    state.counters["starved"] = starved ? 1 : 0;
    add_percentiles(state, std::move(samples));
}

// Bead to the call of the container port. Towns of the hanging host never get an answer;
// `hanging_beads` in each of them wait for theirs.
void bead_to_port(State& state, int hanging_beads) {
    start_seen seen;
    std::mutex mutex;
    std::vector<std::function<void(http_answer)>> unanswered;  // As a hung container keeps them.
    std::string healthy;
    scripted_port port([&](const http_call& call, auto& done) {
        if (call.url != healthy) {
            const std::scoped_lock lock(mutex);
            unanswered.push_back(std::move(done));
            return;
        }
        if (is_start(call)) seen.now();
        done(good_answer(call));
    });
    wire_fleet world(port, {.containers_url = "http://{town}.bench"});
    const town_id town = world.make_town();
    healthy = "http://" + town + ".bench";
    for (int i = 0; hanging_beads > 0 && i < hung_towns; ++i) {
        const town_id other = world.make_town();
        for (int each = 0; each < hanging_beads; ++each)
            static_cast<void>(world.make_bead(other));
    }
    state.counters["in_flight"] = world.fleet().total().in_flight;
    measure(state, world, town, seen, [&] { return world.make_bead(town); });
}
BENCHMARK_CAPTURE(bead_to_port, idle, 0)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(bead_to_port, 50_towns_hang, 1)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(bead_to_port, 50_towns_hang_with_5_beads_each, 5)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

// The same through the town API and the real client, over loopback.
void bead_to_socket(State& state) {
    start_seen seen;
    listener container([&](const std::string& request) {
        if (request.starts_with("POST /agents/start")) seen.now();
    });
    client_loop client;
    wire_fleet world(client.port(), {.containers_url = container.url()});
    const town_id town = world.make_town();
    api_server api(world.fleet());
    const std::string path = "/api/towns/" + town + "/rigs/rig/beads";
    keep_alive_client caller(api.port());
    measure(state, world, town, seen, [&]() -> bead_id {
        const json said = caller.post(path, R"({"title":"Oil the gears","type":"issue"})");
        return said.at("data").at("id").get<std::string>();
    });
}
BENCHMARK(bead_to_socket)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace townd::bench
