// The pure core: breakers, the gate, the rules.

#include <benchmark/benchmark.h>

#include <optional>

#include "bench/bench_town.hpp"
#include "bench/report.hpp"

namespace townd::bench {
namespace {

using benchmark::DoNotOptimize;
using benchmark::State;

// Counts failures and never opens.
breaker_policy patient() {
    breaker_policy policy;
    policy.failures = 1'000'000'000;
    policy.rate_percent = 101;
    return policy;
}

class allocation_counter {
public:
    explicit allocation_counter(State& state) : state_(state), before_(allocations()) {}
    ~allocation_counter() {
        state_.counters["allocs"] = benchmark::Counter(static_cast<double>(allocations() - before_),
                                                       benchmark::Counter::kAvgIterations);
    }

private:
    State& state_;
    std::uint64_t before_;
};

void breaker_refusal_closed(State& state) {
    breaker door;
    state.counters["bytes"] = sizeof(breaker);
    const allocation_counter count(state);
    for (auto _ : state) {
        DoNotOptimize(door);
        DoNotOptimize(door.refusal(start_of_time));
    }
}
BENCHMARK(breaker_refusal_closed);

void breaker_refusal_open(State& state) {
    breaker door;
    door.force(breaker_state::forced_open, start_of_time, never);
    const allocation_counter count(state);
    for (auto _ : state) {
        DoNotOptimize(door);
        DoNotOptimize(door.refusal(start_of_time));
    }
}
BENCHMARK(breaker_refusal_open);

void breaker_admit_record(State& state, verdict said) {
    breaker door;
    const breaker_policy policy = patient();
    instant now = start_of_time;
    const allocation_counter count(state);
    for (auto _ : state) {
        now += duration{1};
        std::optional<breaker_transition> change;
        DoNotOptimize(door.refusal(now));
        const auto grant = door.admit(now, policy, change);
        DoNotOptimize(door.record(grant, said, now, 0.5, policy));
    }
}
BENCHMARK_CAPTURE(breaker_admit_record, success, verdict::success);
BENCHMARK_CAPTURE(breaker_admit_record, failure, verdict::failure);

void breaker_set_admit_record(State& state) {
    breaker_set doors;
    const breaker_policies policies;
    const std::optional<rig_id> rig{"rig"};
    state.counters["entry_bytes"] = sizeof(breaker_entry);
    const allocation_counter count(state);
    for (auto _ : state) {
        const auto leave = doors.admit(rig, agent_role::polecat, "Toast", start_of_time, policies);
        for (const auto& each : leave)
            doors.record(each, verdict::success, {}, start_of_time, 0.5, policies);
    }
}
BENCHMARK(breaker_set_admit_record);

// A view with all that it borrows.
struct viewed {
    viewed(const shape& of, bool open_limits) : rows(make_rows(of, start_of_time)) {
        facts.daemon_slots = 1'000'000;
        facts.opened_at = start_of_time;
        if (open_limits) rules.dispatch.max_per_town = 1'000'000;
    }
    [[nodiscard]] town_view view() const { return {rows, facts, rules, start_of_time}; }

    live_rows rows;
    town_facts facts;
    policy rules;
};

void gate_admits(State& state) {
    const viewed town({.due = static_cast<int>(state.range(0))}, false);
    const town_view view = town.view();
    const candidate wanted{"R1", agent_role::polecat, &town.rows.beads.front(), "rig", nullptr};
    const allocation_counter count(state);
    for (auto _ : state) {
        breaker_set doors;
        gate door(view, doors);
        DoNotOptimize(door.ask(wanted));
    }
}
BENCHMARK(gate_admits)->RangeMultiplier(10)->Range(10, 10'000);

void gate_refuses(State& state) {
    const viewed town({.blocked = static_cast<int>(state.range(0))}, false);
    const town_view view = town.view();
    const candidate wanted{"R1", agent_role::polecat, &town.rows.beads.front(), "rig", nullptr};
    breaker_set doors;
    gate door(view, doors);
    const allocation_counter count(state);
    for (auto _ : state)
        DoNotOptimize(door.ask(wanted));
}
BENCHMARK(gate_refuses)->RangeMultiplier(10)->Range(10, 10'000);

// Live beads, due beads in percent.
shape part_due(State& state, bool open_limits) {
    const int beads = static_cast<int>(state.range(0));
    const int due = static_cast<int>(beads * state.range(1) / 100);
    shape out{.due = due, .blocked = beads - due};
    if (open_limits) out.polecats_max = 1'000'000;
    return out;
}

void rules_alone(State& state, bool open_limits) {
    const viewed town(part_due(state, open_limits), open_limits);
    const town_view view = town.view();
    int starts = 0;
    const allocation_counter count(state);
    for (auto _ : state) {
        breaker_set doors;
        const plan out = reconcile(view, doors);
        starts = static_cast<int>(out.actions.size());
    }
    state.counters["starts"] = starts;
}
BENCHMARK_CAPTURE(rules_alone, default_limits, false)
    ->ArgsProduct({{10, 100, 1'000, 10'000}, {0, 10, 100}})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(rules_alone, open_limits, true)
    ->ArgsProduct({{100, 1'000}, {10, 100}})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(rules_alone, open_limits, true)
    ->Args({10'000, 10})
    ->Unit(benchmark::kMicrosecond);

// Of a town all of whose beads are closed, and of one where a tenth is due and the rest is closed:
// closed beads are not among the rows that the rules see.
void rules_all_closed(State& state) {
    const viewed town({}, false);
    const town_view view = town.view();
    for (auto _ : state) {
        breaker_set doors;
        DoNotOptimize(reconcile(view, doors));
    }
}
BENCHMARK(rules_all_closed)->Unit(benchmark::kMicrosecond);
void rules_tenth_due(State& state) {
    const viewed town({.due = static_cast<int>(state.range(0)) / 10}, false);
    const town_view view = town.view();
    for (auto _ : state) {
        breaker_set doors;
        DoNotOptimize(reconcile(view, doors));
    }
}
BENCHMARK(rules_tenth_due)->RangeMultiplier(10)->Range(10, 100'000)->Unit(benchmark::kMicrosecond);

void rules_with_view(State& state) {
    const viewed town(part_due(state, false), false);
    const allocation_counter count(state);
    for (auto _ : state) {
        breaker_set doors;
        const town_view view = town.view();
        DoNotOptimize(reconcile(view, doors));
    }
}
BENCHMARK(rules_with_view)
    ->ArgsProduct({{10, 100, 1'000, 10'000}, {0, 10, 100}})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace townd::bench
