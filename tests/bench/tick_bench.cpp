// A whole tick of one town on a real file: what the original took 1.4 ms to 5.4 s for.

#include <benchmark/benchmark.h>

#include <chrono>
#include <stdexcept>

#include "bench/bench_town.hpp"
#include "bench/report.hpp"
#include "engine/town_actor.hpp"
#include "store/data_dir.hpp"
#include "sys/ids.hpp"

namespace townd::bench {
namespace {

using benchmark::State;
using seconds = std::chrono::duration<double>;

constexpr auto steady_now = [] { return std::chrono::steady_clock::now(); };

enum class limits { none, usual };

// An actor that is driven by hand.
class one_town {
public:
    one_town(const shape& of, store::durability sync, bool answers, limits held = limits::none)
        : files_(*store::data_dir::take(dir_.path())),
          port_([this, answers](auto& call, auto& done) {
              if (is_start(call)) ++starts;
              if (answers) done(good_answer(call));
          }),
          env_(clock, port_, journal_) {
        env_.from = {sys::random_uuid, [] { return 0.5; }, [this] { return clock.wall_seconds(); }};
        env_.durability = sync;
        env_.open_store = [this](const town_id& town, const store::open_options& how, instant now) {
            return store::town_store::open(files_.town_file(town), how, now);
        };
        env_.post = [this](const town_id&, engine::town_work work) {
            inbox.push_back({std::move(work), {}, false});
        };
        env_.publish = [](const auto&) {};
        auto with = std::make_shared<town::settings>();
        with->containers_url = "http://{town}.bench";
        with->api_url = "http://127.0.0.1:8787";
        with->jwt_secret = "a secret of thirty-two bytes, or so it seems";
        if (held == limits::none) {
            // Nothing but the work bounds the starts.
            auto& rules = with->rules.dispatch;
            rules.max_per_town = rules.max_polecats_per_town = rules.max_starting = 100'000;
            rules.max_in_flight = rules.starts_per_hour = 100'000;
            rules.slow_start = duration{0};
        }
        env_.set_settings(with);
        store::open_options create;
        create.create = true;
        create.create_id = id_;
        create.sync = store::durability::normal;
        auto made = store::town_store::open(files_.town_file(id_), create, clock.at);
        if (!made) throw std::runtime_error(made.error().what);
        fill(**made, of, clock.at);
        made->reset();
        std::filesystem::copy_file(files_.town_file(id_), template_);
        reset();
    }

    /// The town as it was made, opened and settled; nothing was started.
    void reset() {
        actor_.reset();
        slots_ = std::make_unique<engine::slots>([this](const town_id&) { wake(); });
        slots_->set_limit(100'000);
        env_.in_flight = slots_.get();
        inbox.clear();
        for (const char* suffix : {"", "-wal", "-shm"})
            std::filesystem::remove(files_.town_file(id_).string() + suffix);
        std::filesystem::copy_file(template_, files_.town_file(id_));
        actor_ = std::make_unique<engine::town_actor>(env_, id_, std::nullopt);
        env_.stopping.store(true);
        settle();
        clock.at += duration{1'100};  // Past the pace of counting.
        settle();
        env_.stopping.store(false);
        starts = 0;
    }
    void settle() {
        do
            cycle();
        while (!inbox.empty() || actor_->due_at() <= clock.at);
    }
    void wake() {
        inbox.push_back({[](town::context& ctx) -> result<json> {
                             ctx.out.wake = true;
                             return json();
                         },
                         {},
                         false});
    }
    void cycle() { actor_->cycle(inbox); }

    manual_clock clock;
    std::deque<engine::message> inbox;
    int starts = 0;

private:
    const town_id id_ = "town";
    temp_dir dir_;
    const std::filesystem::path template_ = dir_.path() / "template.db";
    store::data_dir files_;
    scripted_port port_;
    silent_journal journal_;
    engine::environment env_;
    std::unique_ptr<engine::slots> slots_;
    std::unique_ptr<engine::town_actor> actor_;
};

// The timer came and nothing changed since the last tick.
void tick_unchanged(State& state) {
    one_town town({.closed = static_cast<int>(state.range(0))}, store::durability::full, true);
    const auto before = allocations();
    for (auto _ : state) {
        town.clock.at += duration{60'000};
        town.cycle();
    }
    state.counters["allocs"] = benchmark::Counter(static_cast<double>(allocations() - before),
                                                  benchmark::Counter::kAvgIterations);
}
BENCHMARK(tick_unchanged)->Arg(10)->Arg(10'000)->Unit(benchmark::kMicrosecond);

// Someone woke the town: it is read and planned anew, and there is nothing to do.
void woken_tick(State& state, const shape& of) {
    one_town town(of, store::durability::full, true);
    const auto before = allocations();
    for (auto _ : state) {
        town.clock.at += duration{10};
        town.wake();
        town.cycle();
    }
    state.counters["allocs"] = benchmark::Counter(static_cast<double>(allocations() - before),
                                                  benchmark::Counter::kAvgIterations);
}
void tick_woken_closed(State& state) {
    woken_tick(state, {.closed = static_cast<int>(state.range(0))});
}
void tick_woken_blocked(State& state) {
    woken_tick(state, {.blocked = static_cast<int>(state.range(0))});
}
BENCHMARK(tick_woken_closed)
    ->RangeMultiplier(10)
    ->Range(10, 100'000)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(tick_woken_blocked)
    ->RangeMultiplier(10)
    ->Range(10, 10'000)
    ->Unit(benchmark::kMicrosecond);

// A tenth of the town is due, and the container never answers: as many starts as the usual limits
// allow are on their way, and the rest waits.
void tick_woken_tenth_due(State& state) {
    const int beads = static_cast<int>(state.range(0));
    const int due = beads / 10;
    one_town town({.due = due, .closed = beads - due}, store::durability::full, false,
                  limits::usual);
    town.wake();
    town.settle();
    for (auto _ : state) {
        // So little that no start comes to its deadline.
        town.clock.at += duration{1};
        town.wake();
        town.cycle();
    }
    state.counters["starts"] = town.starts;
}
BENCHMARK(tick_woken_tenth_due)
    ->RangeMultiplier(10)
    ->Range(10, 100'000)
    ->Unit(benchmark::kMicrosecond);

// All that is due starts, in as many cycles as that takes: state, intents and requests. With
// `answers`, also the containers' answers and what follows from them.
void tick_starts(State& state, store::durability sync, bool answers) {
    const int beads = static_cast<int>(state.range(0));
    const int due = static_cast<int>(state.range(1));
    one_town town({.due = due, .blocked = beads - due, .polecats_max = 100'000}, sync, answers);
    int cycles = 0;
    for (auto _ : state) {
        town.reset();
        cycles = 0;
        const auto began = steady_now();
        town.wake();
        while (town.starts < due || !town.inbox.empty()) {
            if (town.inbox.empty()) town.wake();
            town.cycle();
            if (++cycles > 10'000) throw std::runtime_error("the starts do not come");
        }
        state.SetIterationTime(seconds(steady_now() - began).count());
    }
    state.counters["starts"] = town.starts;
    state.counters["cycles"] = cycles;
}
BENCHMARK_CAPTURE(tick_starts, full, store::durability::full, false)
    ->Args({100, 10})
    ->Args({1'000, 10})
    ->Args({1'000, 100})
    ->Args({10'000, 1'000})
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(tick_starts, normal, store::durability::normal, false)
    ->Args({1'000, 100})
    ->Args({10'000, 1'000})
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(tick_starts, with_answers, store::durability::full, true)
    ->Args({1'000, 100})
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace townd::bench
