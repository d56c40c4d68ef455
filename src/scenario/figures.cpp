#include "scenario/figures.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace townd::scenario {
namespace {

constexpr std::size_t hour = 60;  // In minutes.

double number(std::uint64_t count) {
    return static_cast<double>(count);
}

std::optional<double> seconds(const std::optional<duration>& span) {
    if (!span) return std::nullopt;
    return to_seconds(*span);
}

tally total(const record& r) {
    tally out;
    for (const auto& m : r.minutes)
        out.add(m.starts);
    return out;
}

std::vector<tally> by_hour(const record& r) {
    std::vector<tally> out((r.minutes.size() + hour - 1) / hour);
    for (std::size_t i = 0; i < r.minutes.size(); ++i)
        out[i / hour].add(r.minutes[i].starts);
    return out;
}

double failed_in(const record& r, std::size_t which) {
    const auto hours = by_hour(r);
    return which < hours.size() ? number(sum(hours[which].failed)) : 0.0;
}

double most_failed_later(const record& r) {
    const auto hours = by_hour(r);
    double out = 0.0;
    for (std::size_t h = 1; h < hours.size(); ++h)
        out = std::max(out, number(sum(hours[h].failed)));
    return out;
}

// What the platform made fail in so many minutes.
double troubles_in(const record& r, std::size_t first, std::size_t count) {
    double out = 0.0;
    for (std::size_t m = first; m < first + count && m < r.minutes.size(); ++m)
        out += number(r.minutes[m].troubles);
    return out;
}

// The hour that begins with the first of them.
std::size_t first_trouble(const record& r) {
    std::size_t m = 0;
    while (m < r.minutes.size() && r.minutes[m].troubles == 0)
        ++m;
    return m;
}

double troubles_first(const record& r) {
    return troubles_in(r, first_trouble(r), hour);
}

double most_troubles_later(const record& r) {
    double out = 0.0;
    for (std::size_t m = first_trouble(r) + hour; m < r.minutes.size(); ++m)
        out = std::max(out, troubles_in(r, m, hour));
    return out;
}

// The slowest of all repairs; none when a town never came back, or nothing was repaired.
std::optional<double> slowest_back(const record& r, bool first) {
    std::optional<double> out;
    for (const auto& repair : r.repairs) {
        if (repair.towns == 0) continue;
        const auto took = seconds(first ? repair.first : repair.last);
        if (!took) return std::nullopt;
        out = std::max(out.value_or(0.0), *took);
    }
    return out;
}

double not_back(const record& r) {
    int out = 0;
    for (const auto& repair : r.repairs)
        out += repair.towns - repair.back;
    return out;
}

std::optional<double> ratio_p99(const outcome& o) {
    if (!o.calm) return std::nullopt;
    const auto here = o.run.healthy_waits.quantile(0.99);
    const auto calm = o.calm->healthy_waits.quantile(0.99);
    if (!here || !calm) return std::nullopt;
    // Below a tenth of a second nobody feels a difference.
    constexpr double felt = 0.1;
    return std::max(to_seconds(*here), felt) / std::max(to_seconds(*calm), felt);
}

std::optional<double> detected(const record& r) {
    if (!r.first_failure || r.outages.empty()) return std::nullopt;
    return to_seconds(r.outages.front().opened - *r.first_failure);
}

#define TOWND_OF(value) [](const outcome& o) -> std::optional<double> { return value(o.run); }
#define TOWND_COUNT(member) \
    [](const outcome& o) -> std::optional<double> { return number(o.run.member); }
#define TOWND_TOTAL(member) \
    [](const outcome& o) -> std::optional<double> { return number(total(o.run).member); }
#define TOWND_SUM(member) \
    [](const outcome& o) -> std::optional<double> { return number(sum(total(o.run).member)); }
#define TOWND_WAIT(member, share) \
    [](const outcome& o) -> std::optional<double> { return seconds(o.run.member.quantile(share)); }

const std::array kinds{
    figure_kind{"attempts", "start requests", TOWND_SUM(attempts)},
    figure_kind{"started", "of those, took effect for sure", TOWND_SUM(ok)},
    figure_kind{"failed", "of those, did not take effect", TOWND_SUM(failed)},
    figure_kind{"unknown", "of those, without a sure answer and not known to have failed",
                TOWND_SUM(unknown)},
    figure_kind{"neutral", "of those, sent away: draining, rate limit", TOWND_SUM(neutral)},
    figure_kind{"first_hour_failed", "failed starts in the first hour",
                [](const outcome& o) -> std::optional<double> { return failed_in(o.run, 0); }},
    figure_kind{"max_later_hour_failed", "failed starts in the worst later hour",
                TOWND_OF(most_failed_later)},
    figure_kind{"max_town_hour_failed",
                "failed starts of one town in the worst hour after the first",
                [](const outcome& o) -> std::optional<double> {
                    return o.run.failed_starts_of_a_town_in_an_hour;
                }},
    figure_kind{"refused", "requests refused: 4xx, 429, draining; by the platform's fault",
                TOWND_COUNT(starts_refused)},
    figure_kind{"platform_failed_sessions", "sessions that failed by the platform's fault",
                TOWND_COUNT(sessions_failed_by_platform)},
    figure_kind{"first_hour_troubles",
                "requests failed or refused and sessions failed by the platform, from the first "
                "one on for an hour",
                TOWND_OF(troubles_first)},
    figure_kind{"max_later_hour_troubles", "the same in any hour after that one",
                TOWND_OF(most_troubles_later)},
    figure_kind{"max_town_first_hour_troubles", "the same of one town, in its first hour",
                [](const outcome& o) -> std::optional<double> {
                    return o.run.troubles_of_a_town_first_hour;
                }},
    figure_kind{"max_town_later_hour_troubles", "and in any hour after that one",
                [](const outcome& o) -> std::optional<double> {
                    return o.run.troubles_of_a_town_later_hour;
                }},
    figure_kind{"max_starts_in_a_second", "starts in any one second",
                [](const outcome& o) -> std::optional<double> { return o.run.starts_in_a_second; }},
    figure_kind{"max_town_starts_in_an_hour", "starts of one town in any one hour",
                [](const outcome& o) -> std::optional<double> {
                    return o.run.starts_of_a_town_in_an_hour;
                }},
    figure_kind{
        "max_at_once_in_a_failing_town",
        "most starts without an answer in a town, when one of them fails",
        [](const outcome& o) -> std::optional<double> { return o.run.at_once_when_failing; }},
    figure_kind{"suppressed", "times that a bead was newly held back", TOWND_SUM(suppressed)},
    figure_kind{"suppressed_polecat", "of those, work for polecats", TOWND_TOTAL(suppressed[0])},
    figure_kind{"suppressed_refinery", "reviews", TOWND_TOTAL(suppressed[1])},
    figure_kind{"suppressed_mayor", "messages to mayors", TOWND_TOTAL(suppressed[2])},
    figure_kind{"refinery_started", "refineries that started", TOWND_TOTAL(ok[1])},
    figure_kind{"mayor_started", "mayors that started", TOWND_TOTAL(ok[2])},
    figure_kind{"seconds_to_detect", "from the first failure to the first outage",
                TOWND_OF(detected)},
    figure_kind{"seconds_from_repair_to_first_town", "slowest repair: until a town started again",
                [](const outcome& o) { return slowest_back(o.run, true); }},
    figure_kind{"seconds_from_repair_to_last_town", "slowest repair: until all towns had",
                [](const outcome& o) { return slowest_back(o.run, false); }},
    figure_kind{"towns_not_back", "towns that a repair did not bring back", TOWND_OF(not_back)},
    figure_kind{
        "outages_opened", "outages that opened",
        [](const outcome& o) -> std::optional<double> { return number(o.run.outages.size()); }},
    figure_kind{"outages_closed", "outages that closed", TOWND_COUNT(outages_closed)},
    figure_kind{"false_alarms", "outages that opened over fewer faulty towns than outage.min_towns",
                [](const outcome& o) -> std::optional<double> {
                    return static_cast<double>(
                        std::count_if(o.run.outages.begin(), o.run.outages.end(),
                                      [](const outage_span& s) { return s.false_alarm; }));
                }},
    figure_kind{"place_breakers_opened", "breakers of a role in a rig: times opened",
                TOWND_COUNT(breakers_opened[0])},
    figure_kind{"agent_breakers_opened", "agent breakers: times opened",
                TOWND_COUNT(breakers_opened[1])},
    figure_kind{"breakers_closed", "breakers: times closed",
                [](const outcome& o) -> std::optional<double> {
                    double out = 0.0;
                    for (const auto c : o.run.breakers_closed)
                        out += number(c);
                    return out;
                }},
    figure_kind{"beads_made", "issues created", TOWND_COUNT(beads_made)},
    figure_kind{"beads_closed", "issues closed", TOWND_COUNT(beads_closed)},
    figure_kind{"beads_failed", "issues given up", TOWND_COUNT(beads_failed)},
    figure_kind{"beads_failed_for_others",
                "issues given up with fewer failures of their own than dispatch.max_attempts",
                TOWND_COUNT(beads_failed_for_others)},
    figure_kind{"beads_parked_at_end", "issues that wait for a person at the end",
                TOWND_COUNT(beads_parked)},
    figure_kind{"beads_charged_at_end",
                "issues that are not over and have more attempts on record than own failures",
                TOWND_COUNT(beads_charged)},
    figure_kind{"beads_working", "issues started and not over at the end",
                TOWND_COUNT(beads_working)},
    figure_kind{"beads_waiting", "issues that wait for a start at the end",
                TOWND_COUNT(beads_waiting)},
    figure_kind{"reviews_failed", "merge requests given up", TOWND_COUNT(reviews_failed)},
    figure_kind{"mean_sessions_per_bead", "sessions an issue, on average",
                [](const outcome& o) -> std::optional<double> {
                    if (o.run.beads_made == 0) return std::nullopt;
                    return number(o.run.sessions) / number(o.run.beads_made);
                }},
    figure_kind{"most_sessions_of_a_bead", "most sessions of an issue",
                TOWND_COUNT(most_sessions_of_a_bead)},
    figure_kind{"fewest_sessions_of_a_closed_bead", "fewest sessions of a closed issue",
                TOWND_COUNT(fewest_sessions_of_a_closed_bead)},
    figure_kind{"sessions_failed", "sessions that began and failed", TOWND_COUNT(sessions_failed)},
    figure_kind{"attempts_on_record_of_failed_beads",
                "fewest attempts on record of an issue that was given up",
                TOWND_COUNT(charged_to_failed_bead)},
    figure_kind{"wait_p50", "seconds from an issue to its first request, median",
                TOWND_WAIT(waits, 0.5)},
    figure_kind{"wait_p99", "the same, 99 in 100", TOWND_WAIT(waits, 0.99)},
    figure_kind{"healthy_wait_p50", "the same in towns without any fault, median",
                TOWND_WAIT(healthy_waits, 0.5)},
    figure_kind{"healthy_wait_p99", "in towns without any fault, 99 in 100",
                TOWND_WAIT(healthy_waits, 0.99)},
    figure_kind{"healthy_wait_p99_ratio", "the same, relative to a run without faults", ratio_p99},
    figure_kind{"double_agents", "two live agents on one bead",
                [](const outcome& o) -> std::optional<double> {
                    return o.run.broken && o.run.broken->invariant == "I1" ? 1.0 : 0.0;
                }},
    figure_kind{"invariants_broken", "invariants that did not hold (the run ends with the first)",
                [](const outcome& o) -> std::optional<double> { return o.run.broken ? 1.0 : 0.0; }},
};

#undef TOWND_OF
#undef TOWND_COUNT
#undef TOWND_TOTAL
#undef TOWND_SUM
#undef TOWND_WAIT

}  // namespace

std::span<const figure_kind> figure_table() noexcept {
    return kinds;
}

bool report::reached() const noexcept {
    return !came.run.broken &&
           std::all_of(verdicts.begin(), verdicts.end(), [](const verdict& v) { return v.ok; });
}

report report_on(scenario what, outcome came) {
    report out;
    for (const auto& kind : figure_table())
        out.figures.push_back({kind.name, kind.words, kind.of(came)});
    for (const auto& wanted : what.must) {
        verdict v{wanted, {}, false};
        for (const auto& f : out.figures)
            if (f.name == wanted.figure) v.reached = f.value;
        v.ok = v.reached && *v.reached >= wanted.at_least.value_or(*v.reached) &&
               *v.reached <= wanted.at_most.value_or(*v.reached);
        out.verdicts.push_back(std::move(v));
    }
    out.hours = by_hour(came.run);
    out.what = std::move(what);
    out.came = std::move(came);
    return out;
}

std::string figure_text(const std::optional<double>& value) {
    if (!value) return "none";
    // Thousandths are enough, and no trailing zeros.
    const double shown = std::round(*value * 1000.0) / 1000.0;
    std::array<char, 48> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), shown,
                                   std::chars_format::fixed);
    return {buffer.data(), end.ptr};
}

std::string bound_text(const bound& wanted) {
    if (wanted.at_least && wanted.at_most)
        return *wanted.at_least == *wanted.at_most
                   ? "exactly " + figure_text(wanted.at_least)
                   : "from " + figure_text(wanted.at_least) + " to " + figure_text(wanted.at_most);
    return wanted.at_most ? "at most " + figure_text(wanted.at_most)
                          : "at least " + figure_text(wanted.at_least);
}

}  // namespace townd::scenario
