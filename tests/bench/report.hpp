#pragma once
// What the benchmarks measured, and the table at the end that holds it against the goals.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace townd::bench {

/// The usual console report that also remembers every run by its full name.
class remembering_reporter final : public benchmark::ConsoleReporter {
public:
    remembering_reporter() : ConsoleReporter(OO_Tabular) {}
    void ReportRuns(const std::vector<Run>& runs) override;

    /// Seconds of one iteration.
    [[nodiscard]] std::optional<double> seconds(std::string_view run) const;
    /// Those of the processor, which others on the machine change less.
    [[nodiscard]] std::optional<double> cpu_seconds(std::string_view run) const;
    [[nodiscard]] std::optional<double> counter(std::string_view run, const std::string& of) const;

private:
    struct kept {
        double seconds = 0;
        double cpu_seconds = 0;
        std::map<std::string, double> counters;
    };
    std::map<std::string, kept, std::less<>> runs_;
};

/// Prints the goals that were measured. Says `meets` or `misses`; nothing depends on it.
void print_goals(const remembering_reporter& measured);

/// Allocations of this thread so far.
[[nodiscard]] std::uint64_t allocations() noexcept;

/// Adds the counters p50_us, p99_us and max_us. Seconds, in any order.
void add_percentiles(benchmark::State& state, std::vector<double> samples);

}  // namespace townd::bench
