// Durable commits against the disk itself, in the same directory and the same run.

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "bench/bench_town.hpp"
#include "bench/report.hpp"

namespace townd::bench {
namespace {

using benchmark::State;
using seconds = std::chrono::duration<double>;

constexpr int workers = 8;
constexpr int commits_each = 200;

temp_dir& directory() {
    static temp_dir dir;
    return dir;
}

std::unique_ptr<store::town_store> open_store(store::durability sync) {
    static int number = 0;
    store::open_options options;
    options.create = true;
    options.create_id = "t" + std::to_string(++number);
    options.sync = sync;
    auto opened = store::town_store::open(directory().path() / (options.create_id + ".db"), options,
                                          start_of_time);
    if (!opened) throw std::runtime_error(opened.error().what);
    return std::move(*opened);
}

void commit_row(store::town_store& store, int number) {
    store.begin();
    store.put_value("bench", std::to_string(number));
    if (const auto done = store.commit(); !done) throw std::runtime_error(done.error().what);
}

// 4 KiB in place.
class raw_file {
public:
    raw_file() {
        static int number = 0;
        const auto name = directory().path() / ("raw" + std::to_string(++number));
        fd_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd_ < 0) throw std::runtime_error("no raw file");
        write(0);
    }
    ~raw_file() { ::close(fd_); }
    raw_file(const raw_file&) = delete;
    raw_file& operator=(const raw_file&) = delete;
    void write(int number) {
        page_.fill(static_cast<char>(number));
        if (::pwrite(fd_, page_.data(), page_.size(), 0) != static_cast<ssize_t>(page_.size()) ||
            ::fdatasync(fd_) != 0)
            throw std::runtime_error("the disk refuses");
    }

private:
    int fd_ = -1;
    std::array<char, 4096> page_{};
};

template <class Step>
void one_by_one(State& state, Step step) {
    std::vector<double> samples;
    int number = 0;
    for (auto _ : state) {
        const auto began = std::chrono::steady_clock::now();
        step(++number);
        const double took = seconds(std::chrono::steady_clock::now() - began).count();
        state.SetIterationTime(took);
        samples.push_back(took);
    }
    add_percentiles(state, std::move(samples));
}

void raw_fdatasync(State& state) {
    raw_file file;
    one_by_one(state, [&](int number) { file.write(number); });
}
void commit_full(State& state) {
    const auto store = open_store(store::durability::full);
    one_by_one(state, [&](int number) { commit_row(*store, number); });
}
void commit_normal(State& state) {
    const auto store = open_store(store::durability::normal);
    one_by_one(state, [&](int number) { commit_row(*store, number); });
}
// One transaction that wrote nothing: what a tick without effect costs.
void commit_nothing(State& state) {
    const auto store = open_store(store::durability::full);
    for (auto _ : state) {
        store->begin();
        if (const auto done = store->commit(); !done) throw std::runtime_error(done.error().what);
    }
}
BENCHMARK(raw_fdatasync)->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(commit_full)->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(commit_normal)->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(commit_nothing)->Unit(benchmark::kMicrosecond);

// Each worker has a file of its own; the time is that of one commit of the group.
template <class Thing, class Step>
void in_parallel(State& state, std::vector<Thing>& things, Step step) {
    for (auto _ : state) {
        std::vector<std::thread> threads;
        const auto began = std::chrono::steady_clock::now();
        for (auto& thing : things)
            threads.emplace_back([&thing, step] {
                for (int i = 0; i < commits_each; ++i)
                    step(*thing, i);
            });
        for (auto& each : threads)
            each.join();
        state.SetIterationTime(seconds(std::chrono::steady_clock::now() - began).count());
    }
    state.counters["per_second"] =
        benchmark::Counter(static_cast<double>(state.iterations()) * workers * commits_each,
                           benchmark::Counter::kIsRate);
}

void raw_fdatasync_by_8(State& state) {
    std::vector<std::unique_ptr<raw_file>> files;
    for (int i = 0; i < workers; ++i)
        files.push_back(std::make_unique<raw_file>());
    in_parallel(state, files, [](raw_file& file, int i) { file.write(i); });
}
void commit_by_8(State& state, store::durability sync) {
    std::vector<std::unique_ptr<store::town_store>> stores;
    for (int i = 0; i < workers; ++i)
        stores.push_back(open_store(sync));
    in_parallel(state, stores, [](store::town_store& store, int i) { commit_row(store, i); });
}
BENCHMARK(raw_fdatasync_by_8)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(commit_by_8, full, store::durability::full)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(commit_by_8, normal, store::durability::normal)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace townd::bench
