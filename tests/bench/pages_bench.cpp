// What a page costs whoever renders it: the incident in a fleet of 10,000 towns.

#include <benchmark/benchmark.h>

#include <stdexcept>

#include "debug/fake_fleet.hpp"

namespace townd::bench {
namespace {

using benchmark::State;
using debug::test_now;

constexpr int fleet_size = 10'000;
constexpr int failing_of_16 = 15;  // 151 of 160.
constexpr const char* said =
    "http_5xx: (500) initial_prompt failed: api_error: upstream 500: model api: prefill error";

breaker_entry opened_role() {
    breaker_policy policy;
    policy.failures = 1;
    breaker_entry out;
    out.scope = breaker_scope::place;
    out.role = agent_role::polecat;
    out.cause = said;
    out.changed_at = test_now;
    std::optional<breaker_transition> change;
    const auto grant = out.state.admit(test_now, policy, change);
    static_cast<void>(out.state.record(grant, verdict::failure, test_now, 0.5, policy));
    return out;
}

void add_failing_town(debug::test_face& face, const town_id& id) {
    auto& town = face.fleet.add(id);
    town.name = "The town of number " + id;
    town.condition = engine::town_condition::degraded;
    town.problem = said;
    town.problem_since = test_now - duration{600'000};
    town.breakers["role/polecat"] = opened_role();
    town.waiting.by_reason[static_cast<std::size_t>(gate_reason::outage_open)] = 5;
    town.waiting.oldest = test_now - duration{600'000};
    store::error_group group;
    group.fingerprint = "35d8ab45238e";
    group.code = "http_5xx";
    group.phase = "start";
    group.role = "polecat";
    group.message = said;
    group.count = 3;
    group.first_at = group.last_at = test_now;
    town.errors.push_back(std::move(group));
    town.beads.open = 5;
}

void page_of_10000_towns(State& state, const char* target) {
    debug::test_face face;
    for (int i = 0; i < fleet_size; ++i) {
        const town_id id = "3f1c9a52-7d0b-4c1e-9f00-" + std::to_string(100'000'000'000 + i);
        if (i % 16 < failing_of_16)
            add_failing_town(face, id);
        else
            face.fleet.add(id);
    }
    std::size_t bytes = 0;
    for (auto _ : state) {
        const auto answer = face.get(target);
        if (answer.status != 200) throw std::runtime_error(target);
        bytes = answer.body.size();
    }
    state.counters["KB"] = static_cast<double>(bytes) / 1e3;
}
#define TOWND_PAGE(name, target) \
    BENCHMARK_CAPTURE(page_of_10000_towns, name, target)->Unit(benchmark::kMillisecond)
TOWND_PAGE(now, "/debug/");
TOWND_PAGE(summary, "/debug/v1/summary");
TOWND_PAGE(towns, "/debug/v1/towns?limit=100");
TOWND_PAGE(breakers, "/debug/v1/breakers?limit=100");
TOWND_PAGE(errors, "/debug/v1/errors");
#undef TOWND_PAGE

}  // namespace
}  // namespace townd::bench
