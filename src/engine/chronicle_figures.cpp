// Attempts by minute, and failures by cause.

#include <algorithm>
#include <utility>

#include "engine/chronicle_parts.hpp"

namespace townd::engine {
namespace {

constexpr duration one_minute{60'000};
constexpr duration one_hour{3'600'000};

std::int64_t minute_of(instant at) {
    return unix_ms(at) / one_minute.count();
}

void add_to(minute_counts& sum, const minute_counts& more) {
    sum.ok += more.ok;
    sum.failed += more.failed;
    sum.neutral += more.neutral;
    sum.unknown += more.unknown;
    sum.suppressed += more.suppressed;
}

}  // namespace

minute_ring::slot& minute_ring::at(std::int64_t minute) {
    auto& place = slots_[static_cast<std::size_t>(minute) % slots_.size()];
    if (place.minute == minute) return place;
    place = slot{};
    place.minute = minute;
    return place;
}

void minute_ring::count(instant now, std::size_t role, int minute_counts::*figure, int by) {
    at(minute_of(now)).by_role.at(role).*figure += by;
}

void minute_ring::sample(instant now, int dispatching, int towns) {
    auto& place = at(minute_of(now));
    place.dispatching = dispatching;
    place.towns = towns;
}

std::vector<minute_counts> minute_ring::newest(instant now, int count,
                                               std::optional<std::size_t> role) const {
    std::vector<minute_counts> out;
    const std::int64_t last = minute_of(now);
    for (std::int64_t minute = last - std::clamp(count, 1, chronicle::minutes_max) + 1;
         minute <= last; ++minute) {
        auto& sum = out.emplace_back();
        sum.begins = from_unix_ms(minute * one_minute.count());
        const auto& place = slots_[static_cast<std::size_t>(minute) % slots_.size()];
        if (place.minute != minute) continue;
        for (std::size_t i = 0; i < place.by_role.size(); ++i)
            if (!role || *role == i) add_to(sum, place.by_role[i]);
        sum.dispatching = place.dispatching;
        sum.towns = place.towns;
    }
    return out;
}

// Makes the newest place of the ring the one of `minute`.
void cause_table::turn(entry& e, std::int64_t minute) {
    const auto places = static_cast<std::int64_t>(e.ring.size());
    const std::int64_t steps = std::min(minute - e.minute, places);
    for (std::int64_t i = 1; i <= steps; ++i)
        e.ring[static_cast<std::size_t>((minute - steps + i) % places)] = 0;
    e.minute = std::max(e.minute, minute);
}

void cause_table::saw(entry& e, const town_id& town, instant at) {
    const auto known = e.towns.find(town);
    if (known != e.towns.end()) {
        known->second = at;
        return;
    }
    if (towns_held_ >= towns_max)
        towns_held_ -=
            std::erase_if(e.towns, [&](const auto& seen) { return seen.second <= at - one_hour; });
    if (towns_held_ >= towns_max) return;
    e.towns.emplace(town, at);
    ++towns_held_;
}

void cause_table::forget_quietest() {
    const auto quietest = std::min_element(
        causes_.begin(), causes_.end(),
        [](const auto& a, const auto& b) { return a.second.last_at < b.second.last_at; });
    towns_held_ -= quietest->second.towns.size();
    causes_.erase(quietest);
}

void cause_table::add(const std::string& fingerprint, std::shared_ptr<const seen_failure> what) {
    if (causes_.size() >= chronicle::causes_max && !causes_.contains(fingerprint))
        forget_quietest();
    const instant at = what->at;
    entry& e = causes_[fingerprint];
    if (e.count++ == 0) {
        e.first_at = at;
        e.minute = minute_of(at);
        e.first = what;
    }
    e.last_at = std::max(e.last_at, at);
    turn(e, minute_of(at));
    ++e.ring[static_cast<std::size_t>(e.minute) % e.ring.size()];
    saw(e, what->town, at);
    e.newest.push_front(std::move(what));
    if (e.newest.size() > newest_max) e.newest.pop_back();
}

cause cause_table::shown(const std::string& fingerprint, const entry& e, instant now) {
    cause out;
    const seen_failure& newest = *e.newest.front();
    out.fingerprint = fingerprint;
    out.role = to_text(newest.what.role);
    if (newest.what.error) {
        out.code = to_text(newest.what.error->code());
        out.phase = to_text(newest.what.error->phase());
        out.message = newest.what.error->message();
    }
    out.first_at = e.first_at;
    out.last_at = e.last_at;
    out.count = e.count;
    const std::int64_t last = minute_of(now);
    const auto places = static_cast<std::int64_t>(e.ring.size());
    for (std::int64_t i = 0; i < places; ++i) {
        const std::int64_t minute = last - places + 1 + i;
        if (minute > e.minute || minute <= e.minute - places) continue;
        const int count = e.ring[static_cast<std::size_t>(minute % places)];
        out.by_minute[static_cast<std::size_t>(i)] = count;
        out.last_hour += count;
    }
    std::vector<std::pair<instant, const town_id*>> seen;
    for (const auto& [town, at] : e.towns) {
        if (at > now - one_hour) ++out.towns_last_hour;
        seen.emplace_back(at, &town);
    }
    const auto shown = static_cast<std::ptrdiff_t>(std::min(seen.size(), towns_shown_max));
    std::partial_sort(seen.begin(), seen.begin() + shown, seen.end(),
                      [](const auto& a, const auto& b) {
                          return a.first != b.first ? a.first > b.first : *a.second < *b.second;
                      });
    for (auto at = seen.begin(); at != seen.begin() + shown; ++at)
        out.towns.push_back(*at->second);
    out.samples.push_back(*e.first);
    for (const auto& each : e.newest)
        if (each != e.first) out.samples.push_back(*each);
    return out;
}

std::vector<cause> cause_table::all(instant now) const {
    std::vector<cause> out;
    for (const auto& [fingerprint, e] : causes_)
        out.push_back(shown(fingerprint, e, now));
    std::stable_sort(out.begin(), out.end(), [](const cause& a, const cause& b) {
        const bool recent = a.last_hour > 0;
        if (recent != (b.last_hour > 0)) return recent;
        if (a.towns_last_hour != b.towns_last_hour) return a.towns_last_hour > b.towns_last_hour;
        return recent ? a.last_hour > b.last_hour : a.last_at > b.last_at;
    });
    return out;
}

std::optional<cause> cause_table::find(const std::string& fingerprint, instant now) const {
    const auto found = causes_.find(fingerprint);
    if (found == causes_.end()) return std::nullopt;
    return shown(fingerprint, found->second, now);
}

}  // namespace townd::engine
