#pragma once
// What a run of a scenario leaves behind: counts in bounded memory, whatever its length in events.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/world.hpp"
#include "townd/words/time.hpp"
#include "townd/words/town.hpp"

namespace townd::scenario {

using by_role = std::array<std::uint64_t, agent_role_count>;
[[nodiscard]] std::uint64_t sum(const by_role& counts) noexcept;

inline constexpr std::size_t scope_count = 2;
/// As the journal names them.
inline constexpr std::array<std::string_view, scope_count> scopes{"place", "agent"};

/// Attempts belong to the moment when they were made, whenever their outcome is known.
struct tally {
    by_role attempts{};
    by_role ok{};
    by_role failed{};      ///< Did not take effect, those included that first were unknown.
    by_role unknown{};     ///< Without a sure answer, and not known to have failed since.
    by_role neutral{};     ///< Nobody's failure: draining, rate limit.
    by_role suppressed{};  ///< Beads newly held back.
    void add(const tally& more) noexcept;
};

/// A minute of the run.
struct minute {
    tally starts;
    std::uint64_t troubles = 0;  ///< Requests and sessions that failed by the platform.
    std::array<int, scope_count> open_breakers{};  ///< Most at once, not closed.
};

/// Counts of spans in steps of 1 %: quantiles in bounded memory.
class span_counts {
public:
    void add(duration span);
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    /// At most 1 % too high; none when nothing was counted. `share`: 0..1.
    [[nodiscard]] std::optional<duration> quantile(double share) const;

private:
    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0;
};

struct outage_span {
    std::string id;
    agent_role role = agent_role::polecat;
    std::string cause;
    duration opened{0};               ///< Since the beginning, as all of these.
    std::optional<duration> healing;  ///< First probe that succeeded, the last time.
    std::optional<duration> closed;
    int members_peak = 0;
    bool false_alarm = false;  ///< Fewer towns than `outage.min_towns` were under a fault.
};

/// The end of a fault for towns that no other fault holds.
struct repair {
    duration at{0};
    std::string names;              ///< Of the faults that ended.
    int towns = 0;                  ///< With work that waited, and whose need is met by a start.
    int back = 0;                   ///< Of those, with a successful start made since.
    std::optional<duration> first;  ///< Until the first of them was back.
    std::optional<duration> last;   ///< Until all of them were.
};

struct record {
    std::vector<minute> minutes;
    std::vector<outage_span> outages;
    std::vector<repair> repairs;
    std::uint64_t outages_closed = 0;
    std::array<std::uint64_t, scope_count> breakers_opened{};
    std::array<std::uint64_t, scope_count> breakers_closed{};
    std::array<std::uint64_t, scope_count> breakers_open_at_end{};

    std::optional<duration> first_failure;       ///< Since the beginning.
    span_counts healthy_waits;                   ///< Towns that no fault ever touches.
    span_counts waits;                           ///< All towns: issue made until its first request.
    int starts_in_a_second = 0;                  ///< Most requests in any second.
    int starts_of_a_town_in_an_hour = 0;         ///< Most in any hour.
    int failed_starts_of_a_town_in_an_hour = 0;  ///< Most in an hour of the run, after its first.

    int at_once_when_failing = 0;  ///< Most starts in flight in a town when one of them fails.

    std::uint64_t beads_made = 0;  ///< Issues.
    std::uint64_t beads_closed = 0;
    std::uint64_t beads_failed = 0;
    std::uint64_t reviews_failed = 0;
    std::uint64_t beads_working = 0;  ///< At the end: started and not over.
    std::uint64_t beads_waiting = 0;  ///< At the end: neither started nor over.
    std::uint64_t sessions = 0;       ///< Of issues.
    std::uint64_t sessions_failed = 0;
    std::uint64_t most_sessions_of_a_bead = 0;
    std::uint64_t fewest_sessions_of_a_closed_bead = 0;  ///< 0 when none closed.
    std::uint64_t charged_to_failed_bead = 0;  ///< Fewest attempts on record of a failed bead.

    // As the world knows them.
    std::uint64_t starts_refused = 0;  ///< 4xx, 429, draining.
    std::uint64_t sessions_failed_by_platform = 0;
    int troubles_of_a_town_first_hour = 0;      ///< Most, from its first on.
    int troubles_of_a_town_later_hour = 0;      ///< Most in any hour after that one.
    std::uint64_t beads_failed_for_others = 0;  ///< Issues with too few failures of their own.
    std::uint64_t beads_parked = 0;             ///< Issues, at the end.
    std::uint64_t beads_charged = 0;            ///< At the end: with more charges than failures.

    std::optional<sim::fleet_report> judged;  ///< When the scenario asks for it.
    sim::totals world;
    std::optional<sim::violation> broken;
};

}  // namespace townd::scenario
