#include "bench/report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace townd::bench {
namespace {

constexpr double us = 1e-6;
constexpr double ms = 1e-3;

// The original's whole tick, 100 of 1,000 beads due, all of them started.
constexpr double original_100_of_1000 = 0.181;
constexpr double original_1000_of_10000 = 5.4;

using measure = std::optional<double>;

measure over(measure a, measure b) {
    if (!a || !b || *b == 0) return std::nullopt;
    return *a / *b;
}

void line(const char* goal, measure value, double unit, const char* unit_name, const char* bound,
          bool meets) {
    if (!value) return;  // Left out by the filter.
    std::printf("%-62s %11.2f %-4s %-14s %s\n", goal, *value / unit, unit_name, bound,
                meets ? "meets" : "misses");
}

void at_most(const char* goal, measure value, double limit, double unit, const char* unit_name,
             const char* bound) {
    line(goal, value, unit, unit_name, bound, value && *value <= limit);
}

void at_least(const char* goal, measure value, double limit, const char* bound,
              const char* unit_name = "x") {
    line(goal, value, 1, unit_name, bound, value && *value >= limit);
}

void print_breakers(const remembering_reporter& of) {
    const auto permit = of.seconds("breaker_admit_record/success");
    const auto failure = of.seconds("breaker_admit_record/failure");
    at_most("breaker: permit and record a success", permit, 30e-9, 1e-9, "ns", "<= 30 ns");
    at_most("breaker: permit and record a failure", failure, 30e-9, 1e-9, "ns", "<= 30 ns");
    at_most("breaker: allocations of that", of.counter("breaker_admit_record/success", "allocs"), 0,
            1, "", "none");
    at_most("breaker: refusal when open", of.seconds("breaker_refusal_open"), 10e-9, 1e-9, "ns",
            "<= 10 ns");
    at_most("breaker: size", of.counter("breaker_refusal_closed", "bytes"), 256, 1, "B",
            "<= 256 B");
}

void print_ticks(const remembering_reporter& of) {
    const auto few = of.seconds("tick_unchanged/10");
    const auto many = of.seconds("tick_unchanged/10000");
    at_most("tick, nothing due, 10 closed beads", few, 30 * us, us, "us", "<= 30 us");
    at_most("tick, nothing due, 10,000 closed beads", many, 30 * us, us, "us", "<= 30 us");
    at_most("  one over the other", over(many, few), 1.2, 1, "x", "<= 1.2 x");
    const auto woken_few = of.seconds("tick_woken_closed/10");
    const auto woken_many = of.seconds("tick_woken_closed/10000");
    at_most("tick after a wake, nothing due, 10,000 closed beads", woken_many, 30 * us, us, "us",
            "<= 30 us");
    at_most("  over that with 10", over(woken_many, woken_few), 1.2, 1, "x", "<= 1.2 x");
    const auto full = of.seconds("tick_starts/full/1000/100/manual_time");
    const auto normal = of.seconds("tick_starts/normal/1000/100/manual_time");
    at_most("tick, 100 of 1,000 due and started, durable", full, original_100_of_1000 / 20, ms,
            "ms", "<= 9.05 ms");
    at_least("  the original's 181 ms over it", over(original_100_of_1000, full), 20, ">= 20 x");
    at_least("  the same with durability: normal", over(original_100_of_1000, normal), 20,
             ">= 20 x");
    const auto thousand = of.seconds("tick_starts/full/10000/1000/manual_time");
    at_least("tick, 1,000 of 10,000 due: the original's 5.4 s over it",
             over(original_1000_of_10000, thousand), 20, ">= 20 x");
}

void print_commits(const remembering_reporter& of) {
    const auto raw = of.seconds("raw_fdatasync/manual_time");
    const auto full = of.seconds("commit_full/manual_time");
    at_least("commits, full, over raw fdatasync of 4 KiB (rates)", over(raw, full), 0.5,
             ">= 0.5 x");
    const auto raw8 = of.counter("raw_fdatasync_by_8/manual_time", "per_second");
    const auto full8 = of.counter("commit_by_8/full/manual_time", "per_second");
    at_least("  8 threads, 8 files", over(full8, raw8), 0.5, ">= 0.5 x");
    const auto normal = of.seconds("commit_normal/manual_time");
    at_least("commits a second, normal", over(1.0, normal), 20'000, ">= 20,000 /s", "/s");
}

void print_wire(const remembering_reporter& of) {
    const auto p99 = [&](const char* run) -> measure {
        const auto found = of.counter(run, "p99_us");
        if (!found) return std::nullopt;
        return *found * us;
    };
    const auto idle = p99("bead_to_port/idle/iterations:1");
    const auto socket = p99("bead_to_socket/iterations:1");
    at_most("bead made -> call of the port, p99", idle, 20 * ms, ms, "ms", "<= 20 ms");
    at_most("bead made -> request on the wire, HTTP both ways, p99", socket, 20 * ms, ms, "ms",
            "<= 20 ms");
    const auto hang = p99("bead_to_port/50_towns_hang/iterations:1");
    const auto hang5 = p99("bead_to_port/50_towns_hang_with_5_beads_each/iterations:1");
    at_most("  p99 while 50 towns hang, over idle", over(hang, idle), 2, 1, "x", "<= 2 x");
    at_most("  p99 while 50 towns hang with 5 beads each, over idle", over(hang5, idle), 2, 1, "x",
            "<= 2 x");
}

void print_hangs(const remembering_reporter& of) {
    const auto counter = [&](const std::string& run, const char* name) -> measure {
        const auto found = of.counter("healthy_towns_beside/" + run + "/iterations:1", name);
        if (!found) return std::nullopt;
        return *found;
    };
    const auto alone = counter("none", "p99_us");
    for (const std::string pace : {"", "_12_times_faster"}) {
        for (const char* count : {"151", "1000", "10000"}) {
            const std::string run = std::string{count} + "_hung" + pace;
            const auto p99 = counter(run, "p99_us");
            const std::string words = "20 towns, p99 beside " + std::string{count} + " hung ones" +
                                      (pace.empty() ? "" : ", deadlines / 12");
            at_most((words + ", over alone").c_str(), over(p99, alone), 2, 1, "x", "<= 2 x");
            at_most("  of the starts, never made within 10 s", counter(run, "starved"), 0, 1, "",
                    "none");
            at_most("  descriptors over their bound",
                    over(counter(run, "fds"), counter(run, "fds_bound")), 1, 1, "x", "<= 1 x");
            at_most("  a hung call ends later than its deadline by", counter(run, "late_ms"), 500,
                    1, "ms", "<= 500 ms");
        }
    }
}

void print_pages(const remembering_reporter& of) {
    const std::string now = "page_of_10000_towns/now";
    at_most("first page of 10,000 towns", of.seconds(now), 20 * ms, ms, "ms", "<= 20 ms");
    at_most("  its size", of.counter(now, "KB"), 150, 1, "KB", "<= 150 KB");
    at_most("/debug/v1/towns?limit=100 of 10,000", of.seconds("page_of_10000_towns/towns"), 20 * ms,
            ms, "ms", "<= 20 ms");
    at_most("a tick while 64 clients read and 32 follow, p50, over alone",
            of.counter("ticks_while_64_read_and_32_follow/iterations:1", "ratio_p50"), 1.05, 1, "x",
            "<= 1.05 x");
}

}  // namespace

void remembering_reporter::ReportRuns(const std::vector<Run>& runs) {
    for (const auto& run : runs) {
        kept one;
        if (run.iterations > 0) {
            one.seconds = run.real_accumulated_time / static_cast<double>(run.iterations);
            one.cpu_seconds = run.cpu_accumulated_time / static_cast<double>(run.iterations);
        }
        for (const auto& [name, counter] : run.counters)
            one.counters[name] = counter.value;
        runs_[run.benchmark_name()] = std::move(one);
    }
    ConsoleReporter::ReportRuns(runs);
}

std::optional<double> remembering_reporter::seconds(std::string_view run) const {
    const auto found = runs_.find(run);
    if (found == runs_.end()) return std::nullopt;
    return found->second.seconds;
}

std::optional<double> remembering_reporter::cpu_seconds(std::string_view run) const {
    const auto found = runs_.find(run);
    if (found == runs_.end()) return std::nullopt;
    return found->second.cpu_seconds;
}

std::optional<double> remembering_reporter::counter(std::string_view run,
                                                    const std::string& of) const {
    const auto found = runs_.find(run);
    if (found == runs_.end()) return std::nullopt;
    const auto value = found->second.counters.find(of);
    if (value == found->second.counters.end()) return std::nullopt;
    return value->second;
}

void add_percentiles(benchmark::State& state, std::vector<double> samples) {
    if (samples.empty()) return;
    std::sort(samples.begin(), samples.end());
    const auto at = [&](double share) {
        const auto place = std::ceil(share * static_cast<double>(samples.size())) - 1;
        return samples[static_cast<std::size_t>(std::max(0.0, place))] / us;
    };
    state.counters["p50_us"] = at(0.50);
    state.counters["p99_us"] = at(0.99);
    state.counters["max_us"] = samples.back() / us;
}

namespace {

// One line a size: what a town costs the processor, and how much more than a town of 10 beads.
void print_sizes(const remembering_reporter& of) {
    const std::array series{"tick_woken_closed/", "tick_woken_tenth_due/", "rules_tenth_due/"};
    const auto cell = [&](const char* run, int beads) {
        const auto base = of.cpu_seconds(run + std::string{"10"});
        const auto value = of.cpu_seconds(run + std::to_string(beads));
        if (!value || !base)
            std::printf(" %22s", "-");
        else
            std::printf(" %12.1f %7.2f x", *value / us, *value / *base);
    };
    if (!of.cpu_seconds("tick_woken_closed/10") && !of.cpu_seconds("tick_woken_tenth_due/10"))
        return;
    std::printf("\n%-9s %22s %22s %22s %12s\n%-9s %22s %22s %22s %12s\n", "beads",
                "tick, all closed", "tick, a tenth due", "rules, a tenth due", "of the tick",
                "of a town", "us, over 10 beads", "us, over 10 beads", "us, over 10 beads",
                "us a due bead");
    for (int beads = 10; beads <= 100'000; beads *= 10) {
        std::printf("%-9d", beads);
        for (const char* run : series)
            cell(run, beads);
        const auto tick = of.cpu_seconds("tick_woken_tenth_due/" + std::to_string(beads));
        if (tick) std::printf(" %12.2f", *tick / us / (beads / 10));
        std::printf("\n");
    }
    if (const auto closed = of.cpu_seconds("rules_all_closed"))
        std::printf("rules, all closed, any size: %.2f us\n", *closed / us);
}

}  // namespace

void print_goals(const remembering_reporter& measured) {
    std::printf("\n%-62s %11s %-4s %-14s\n", "goal", "measured", "", "wanted");
    print_breakers(measured);
    print_ticks(measured);
    print_commits(measured);
    print_wire(measured);
    print_hangs(measured);
    print_pages(measured);
    print_sizes(measured);
}

}  // namespace townd::bench
