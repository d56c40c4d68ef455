#pragma once
// What a fleet promises while things fail, as numbers of the judge's own, and what became of each
// promise. Nothing here is taken from the code that is judged.

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "townd/words/policy.hpp"
#include "townd/words/time.hpp"

namespace townd::sim {

/// The promises.
enum class bound : std::uint8_t {
    fleet_hour,        ///< Failures of the whole fleet, hours after a fault's beginning.
    fleet_first_hour,  ///< The same, hours that hold one.
    town_hour,         ///< Failures of one town.
    town_first_hour,
    repaired,         ///< Seconds until the last of many repaired towns dispatches.
    repaired_few,     ///< Of less than twenty.
    repaired_part,    ///< Of a part; at any draw.
    repaired_random,  ///< Of a fault that hit a share of the starts only.
    lost,             ///< Beads that failed, are parked or charged for the platform's fault.
    refund,           ///< Seconds from an outage's opening until nothing of it is charged.
    bad_bead,         ///< Sessions that a bad bead may fail.
    starved,          ///< Seconds that ready work of a place waits that nothing is wrong with.
    healthy_wait,     ///< The waits of places that never failed, against a run without faults.
    false_outage,     ///< Towns that were ill when an outage opened: not too few.
    stale_outage,     ///< Seconds that an outage outlives the last fault.
    unclosed,         ///< A breaker that is open though work passed since.
    early,            ///< Seconds that a failing place was tried too early.
    one_try,          ///< Tries at a time in a failing place.
    agent_breaker,    ///< Seconds that a failing agent was tried too early.
    slow_start,       ///< Starts in flight in a place that has not proved itself.
    failed_budget,    ///< Failed starts of a town within an hour, when it makes another.
    start_budget,     ///< Starts of a town within an hour.
    retry_after,      ///< Seconds before the time that a container asked for.
    unsettled,        ///< Seconds that a start without an answer stays unknown.
    restart,          ///< Seconds from the daemon's return to a start of a town that was cut off.
    mayor,            ///< Starts of one mayor within an hour.
    small_fleet,      ///< Failures of a small fleet, against breakers alone.
};
inline constexpr std::size_t bound_count = static_cast<std::size_t>(bound::small_fleet) + 1;
/// As in `fleet-hour`.
[[nodiscard]] std::string_view to_text(bound which) noexcept;

/// The limits. `rules` is the policy that is promised, whatever the daemon does.
struct fleet_bounds {
    policy rules;

    int hour_more = 120;          ///< Failures of the fleet beyond its ill towns.
    int first_hour_more = 149;    ///< The same when a fault begins.
    duration beginning{300'000};  ///< How long a fault, or a town's first failure, is beginning.
    int town_first_hour = 16;
    int town_hour = 12;

    int many = 20;  ///< Repaired together from so many on: `back`.
    duration back{60'000};
    duration back_shared{720'000};  ///< Fewer: so much more, divided by their number.
    duration back_part{60'000};     ///< A part: so much more, divided by its share.
    duration back_max{600'000};     ///< Of a part, and of a fault that hits by chance.

    duration refund_within{60'000};
    duration starved_after{300'000};
    duration well_after{900'000};  ///< A place is well so long after its last fault.
    duration wait_more{60'000};    ///< Of the longest wait of healthy work.
    double wait_ratio = 1.1;       ///< Of its p99 against a calm run.
    double wait_ratio_hang = 2.0;  ///< The same when starts hang.
    duration outage_over_within{600'000};
    duration echo{600'000};  ///< What a fault leaves may be known so late.

    duration first_wait{5'000};  ///< Of a place's own backoff; twice, then:
    duration then_wait{30'000};
    duration max_wait{600'000};
    double spread = 0.75;  ///< Least share of a wait. Jitter is a fifth.
    int sweeps_an_hour = 4;
    duration doubt_kept{3'600'000};  ///< A failure without a try since is forgotten.

    duration settle_slack{30'000};
    duration restart_within{10'000};
    int mayor_starts = 12;

    /// Whether towns share what they know: bounds of the whole fleet hold.
    [[nodiscard]] bool shares() const noexcept { return rules.outage.mode == outage_mode::act; }
};

/// The worst that was seen of a bound.
struct finding {
    bound which = bound::fleet_hour;
    std::string_view name;
    bool seen = false;   ///< Something was measured.
    double worst = 0.0;  ///< Of all measures, the one that is worst against its limit.
    double limit = 0.0;
    bool ok = true;
    instant at{};
    int town = -1;  ///< -1: the fleet.
    std::string sentence;
};

struct fleet_report {
    std::array<finding, bound_count> findings;
    std::uint64_t failures =
        0;              ///< Failed and refused starts, and sessions that the platform lost.
    int ill_towns = 0;  ///< Most within an hour.
    bool hung = false;  ///< A fault left starts without an answer.
    std::uint64_t healthy_waits = 0;
    duration healthy_wait_p99{0};
    duration healthy_wait_max{0};
    /// Repairs of a part that took longer than their share allows: of how many.
    int parts = 0;
    int late_parts = 0;

    [[nodiscard]] bool ok() const noexcept;
    [[nodiscard]] const finding& of(bound which) const noexcept {
        return findings[static_cast<std::size_t>(which)];
    }
    /// Waits of healthy work against those of the same world without faults.
    void compare_calm(const fleet_report& calm, const fleet_bounds& limits);
    /// Failures of a small fleet against those of the same world with breakers alone.
    void compare_alone(const fleet_report& alone);
    /// A line for each bound that was measured.
    [[nodiscard]] std::string table() const;
};

/// Keeps the worst of each bound.
class bound_book {
public:
    /// Is told of everything that is over its limit.
    using alarm = std::function<void(const finding&)>;
    bound_book();
    void on_broken(alarm tell) { alarm_ = std::move(tell); }

    /// A measure. `words` makes the sentence, and is called only when it is the worst so far.
    template <class Words>
    void saw(bound which, double value, double limit, instant at, int town, Words&& words) {
        auto& f = report_.findings[static_cast<std::size_t>(which)];
        const bool ok = value <= limit;
        if (f.seen && excess(value, limit) <= excess(f.worst, f.limit)) return;
        f.seen = true;
        f.worst = value;
        f.limit = limit;
        f.ok = ok;
        f.at = at;
        f.town = town;
        f.sentence = words();
        if (!ok && alarm_) alarm_(f);
    }
    [[nodiscard]] fleet_report& report() noexcept { return report_; }
    [[nodiscard]] const fleet_report& report() const noexcept { return report_; }

private:
    [[nodiscard]] static double excess(double value, double limit) noexcept {
        return (value - limit) / (limit > 1.0 ? limit : 1.0);
    }
    fleet_report report_;
    alarm alarm_;
};

}  // namespace townd::sim
