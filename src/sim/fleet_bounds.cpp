#include "sim/fleet_bounds.hpp"

#include <algorithm>
#include <cstdio>

namespace townd::sim {
namespace {

constexpr std::array<std::string_view, bound_count> bound_names{"fleet-hour",    "fleet-first-hour",
                                                                "town-hour",     "town-first-hour",
                                                                "repaired",      "repaired-few",
                                                                "repaired-part", "repaired-random",
                                                                "lost",          "refund",
                                                                "bad-bead",      "starved",
                                                                "healthy-wait",  "false-outage",
                                                                "stale-outage",  "unclosed",
                                                                "early",         "one-try",
                                                                "agent-breaker", "slow-start",
                                                                "failed-budget", "start-budget",
                                                                "retry-after",   "unsettled",
                                                                "restart",       "mayor",
                                                                "small-fleet"};

std::string number_text(double value) {
    std::array<char, 32> out{};
    std::snprintf(out.data(), out.size(), "%.6g", value);
    return out.data();
}

}  // namespace

std::string_view to_text(bound which) noexcept {
    return bound_names[static_cast<std::size_t>(which)];
}

bound_book::bound_book() {
    for (std::size_t i = 0; i < bound_count; ++i) {
        report_.findings[i].which = static_cast<bound>(i);
        report_.findings[i].name = bound_names[i];
    }
}

bool fleet_report::ok() const noexcept {
    return std::all_of(findings.begin(), findings.end(), [](const finding& f) { return f.ok; });
}

void fleet_report::compare_calm(const fleet_report& calm, const fleet_bounds& limits) {
    if (healthy_waits == 0 || calm.healthy_waits == 0) return;
    bound_book book;
    const double ratio = hung ? limits.wait_ratio_hang : limits.wait_ratio;
    // Waits of less than a second are one look at the town more or less.
    const double p99 = to_seconds(healthy_wait_p99);
    const double most = std::max(to_seconds(calm.healthy_wait_p99) * ratio, 1.0);
    book.saw(bound::healthy_wait, p99, most, {}, -1, [&] {
        return "of a hundred healthy beads one waits " + number_text(p99) +
               " s, without faults it is " + number_text(to_seconds(calm.healthy_wait_p99)) + " s";
    });
    const double longest = to_seconds(healthy_wait_max);
    book.saw(bound::healthy_wait, longest, to_seconds(calm.healthy_wait_max + limits.wait_more), {},
             -1, [&] {
                 return "a healthy bead waited " + number_text(longest) +
                        " s, without faults the longest wait is " +
                        number_text(to_seconds(calm.healthy_wait_max)) + " s";
             });
    findings[static_cast<std::size_t>(bound::healthy_wait)] = book.report().of(bound::healthy_wait);
}

void fleet_report::compare_alone(const fleet_report& alone) {
    bound_book book;
    book.saw(bound::small_fleet, static_cast<double>(failures), static_cast<double>(alone.failures),
             {}, -1, [&] {
                 return std::to_string(failures) + " failures, with breakers alone " +
                        std::to_string(alone.failures);
             });
    findings[static_cast<std::size_t>(bound::small_fleet)] = book.report().of(bound::small_fleet);
}

std::string fleet_report::table() const {
    std::string out;
    for (const auto& f : findings) {
        if (!f.seen) continue;
        std::string line = f.ok ? "  ok   " : "  OVER ";
        line += f.name;
        line.resize(std::max<std::size_t>(line.size() + 1, 25), ' ');
        line += number_text(f.worst) + " of " + number_text(f.limit);
        line.resize(std::max<std::size_t>(line.size() + 2, 45), ' ');
        out += line + f.sentence + "\n";
    }
    return out;
}

}  // namespace townd::sim
