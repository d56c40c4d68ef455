#include "debug/overview.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <tuple>
#include <utility>

namespace townd::debug {
namespace {

constexpr std::size_t sample_towns_max = 5;

using error_map = std::map<std::string, fleet_error, std::less<>>;

void merge(error_map& into, const town_id& town, const store::error_group& group) {
    auto& sum = into[group.fingerprint];
    const bool first = sum.towns == 0;
    if (first || group.last_at > sum.last_at) {
        sum.fingerprint = group.fingerprint;
        sum.code = group.code;
        sum.phase = group.phase;
        sum.role = group.role;
        sum.message = group.message;
        sum.newest_town = town;
        sum.last_at = group.last_at;
    }
    if (first || group.first_at < sum.first_at) sum.first_at = group.first_at;
    sum.count += group.count;
    ++sum.towns;
    if (sum.sample_towns.size() < sample_towns_max) sum.sample_towns.push_back(town);
}

void add_breakers(overview& sum, const engine::town_summary& town) {
    for (const auto& [key, entry] : town.breakers) {
        const auto state = entry.state.state();
        ++sum.by_breaker[static_cast<std::size_t>(state)];
        ++sum.by_role_breaker[index_of(entry.role)][static_cast<std::size_t>(state)];
        if (entry.scope == breaker_scope::place && state != breaker_state::closed)
            ++sum.places_open;
        if (state != breaker_state::open) continue;
        const instant retry = entry.state.retry_at();
        if (!sum.next_probe_at || retry < *sum.next_probe_at) sum.next_probe_at = retry;
    }
}

void add_town(overview& sum, const engine::town_summary& town) {
    ++sum.by_condition[static_cast<std::size_t>(town.condition)];
    sum.beads.open += town.beads.open;
    sum.beads.in_progress += town.beads.in_progress;
    sum.beads.in_review += town.beads.in_review;
    sum.beads.closed += town.beads.closed;
    sum.beads.failed += town.beads.failed;
    sum.agents_working += town.agents_working;
    sum.violations +=
        static_cast<int>(number_at(town.last_tick, "invariantViolations").value_or(0));
    sum.stuck.parked += town.stuck.parked;
    sum.stuck.held += town.stuck.held;
    sum.stuck.exhausted += town.stuck.exhausted;
    sum.stuck.unanswered += town.stuck.unanswered;
    sum.stuck_towns += town.stuck.total() > 0 ? 1 : 0;
    if (town.stuck.since)
        sum.stuck.since = std::min(sum.stuck.since.value_or(*town.stuck.since), *town.stuck.since);
    sum.bad_rows += town.bad_rows;
    sum.poison_events += town.poison_events;
    for (std::size_t i = 0; i < sum.waiting.by_reason.size(); ++i)
        sum.waiting.by_reason[i] += town.waiting.by_reason[i];
    const auto& oldest = town.waiting.oldest;
    if (oldest && (!sum.waiting.oldest || *oldest < *sum.waiting.oldest)) {
        sum.waiting.oldest = oldest;
        sum.oldest_waiting_town = town.id;
    }
}

int badness(engine::town_condition c) {
    using enum engine::town_condition;
    switch (c) {
        case set_aside:
            return 0;
        case blocked:
            return 1;
        case degraded:
            return 2;
        case dispatching:
            return 3;
        case idle:
            return 4;
    }
    return 5;
}

}  // namespace

bool overview::is_recent(const fleet_error& e) const {
    return now - e.last_at <= std::chrono::hours{1};
}

overview look_over(const face& f, const summary_list& towns) {
    overview sum;
    sum.now = f.now();
    sum.verdict = f.fleet.verdict(sum.now);
    sum.total = f.fleet.total();
    sum.towns = static_cast<int>(towns.size());
    error_map errors;
    for (const auto& town : towns) {
        add_town(sum, *town);
        add_breakers(sum, *town);
        for (const auto& group : town->errors)
            merge(errors, town->id, group);
    }
    for (auto& [fingerprint, error] : errors)
        sum.errors.push_back(std::move(error));
    std::stable_sort(sum.errors.begin(), sum.errors.end(),
                     [&](const fleet_error& a, const fleet_error& b) {
                         return std::tuple{!sum.is_recent(a), -a.towns, -a.count} <
                                std::tuple{!sum.is_recent(b), -b.towns, -b.count};
                     });
    return sum;
}

void sort_worst_first(summary_list& towns) {
    std::stable_sort(towns.begin(), towns.end(), [](const auto& a, const auto& b) {
        return std::tuple{badness(a->condition), -a->waiting.total(), std::string_view{a->id}} <
               std::tuple{badness(b->condition), -b->waiting.total(), std::string_view{b->id}};
    });
}

std::string_view meaning_of(gate_reason reason) noexcept {
    switch (reason) {
        case gate_reason::daemon_draining:
            return "townd is shutting down";
        case gate_reason::daemon_paused:
            return "an operator paused the daemon";
        case gate_reason::town_paused:
            return "an operator paused the town";
        case gate_reason::town_draining:
            return "an operator drains the town";
        case gate_reason::rig_paused:
            return "an operator paused its rig";
        case gate_reason::role_paused:
            return "an operator paused the role";
        case gate_reason::town_unreadable:
            return "the town's database cannot be used";
        case gate_reason::bead_not_ready:
            return "waits for another bead, or for its convoy";
        case gate_reason::bead_not_dispatchable:
            return "held by a label, or no work for an agent";
        case gate_reason::rig_not_configured:
            return "its rig is missing, or has no repository";
        case gate_reason::already_running:
            return "an attempt is in flight, or an agent holds it";
        case gate_reason::attempts_exhausted:
            return "the work itself failed too often";
        case gate_reason::parked:
            return "refused as it is: change something, or retry it";
        case gate_reason::backing_off:
            return "waits after a failure, then goes on by itself";
        case gate_reason::breaker_forced_open:
            return "an operator holds the breaker open";
        case gate_reason::outage_open:
            return "many towns fail for one cause; probed from the retry budget";
        case gate_reason::budget_exceeded:
            return "the town's starts of this hour are used up";
        case gate_reason::slow_start:
            return "one at a time until the role has proved itself";
        case gate_reason::breaker_open:
            return "starts there fail; probed again when it is its turn";
        case gate_reason::probe_in_flight:
            return "one probe is out; its outcome decides for the rest";
        case gate_reason::no_free_agent:
            return "every agent that could take it is busy";
        case gate_reason::concurrency_limit:
            return "a limit on agents at work is reached";
        case gate_reason::dispatchable:
            return "starts with the next tick";
    }
    return "";
}

}  // namespace townd::debug
