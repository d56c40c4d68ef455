#include "debug/recent.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

namespace townd::debug {
namespace {

constexpr int minutes_shown_min = 30;

known_cause on_record(const fleet_error& e) {
    known_cause out;
    out.what.fingerprint = e.fingerprint;
    out.what.code = e.code;
    out.what.phase = e.phase;
    out.what.role = e.role;
    out.what.message = e.message;
    out.what.first_at = e.first_at;
    out.what.last_at = e.last_at;
    out.what.count = e.count;
    out.what.towns = e.sample_towns;
    out.towns_on_record = e.towns;
    return out;
}

}  // namespace

std::vector<known_cause> causes_of(const face& f, const overview& sum) {
    std::vector<known_cause> out;
    std::set<std::string, std::less<>> seen;
    if (f.options.history != nullptr)
        for (auto& each : f.options.history->causes()) {
            seen.insert(each.fingerprint);
            out.push_back({std::move(each), true, 0});
        }
    for (const auto& e : sum.errors) {
        if (!seen.contains(e.fingerprint)) {
            out.push_back(on_record(e));
            continue;
        }
        // What began before this start began then.
        for (auto& known : out)
            if (known.what.fingerprint == e.fingerprint) {
                known.what.first_at = std::min(known.what.first_at, e.first_at);
                known.what.count = std::max(known.what.count, e.count);
                known.towns_on_record = e.towns;
            }
    }
    const auto recent = [&](const known_cause& c) {
        return sum.now - c.what.last_at <= std::chrono::hours{1};
    };
    std::stable_sort(out.begin(), out.end(), [&](const known_cause& a, const known_cause& b) {
        return std::tuple{!recent(a), -a.towns(), -a.what.count} <
               std::tuple{!recent(b), -b.towns(), -b.what.count};
    });
    return out;
}

std::optional<known_cause> cause_of(const face& f, const overview& sum,
                                    const std::string& fingerprint) {
    for (auto& each : causes_of(f, sum))
        if (each.what.fingerprint == fingerprint) return std::move(each);
    return std::nullopt;
}

std::vector<engine::minute_counts> minutes_of(const face& f, int count) {
    if (f.options.history == nullptr) return {};
    auto all = f.options.history->minutes(count);
    const auto something = [](const engine::minute_counts& m) {
        return m.ok + m.failed + m.neutral + m.unknown + m.suppressed > 0;
    };
    const auto first = std::find_if(all.begin(), all.end(), something);
    const auto kept = std::max<std::ptrdiff_t>(minutes_shown_min, all.end() - first + 2);
    if (kept < std::ssize(all)) all.erase(all.begin(), all.end() - kept);
    return all;
}

std::optional<engine::minute_counts> minute_before(const face& f, int minutes) {
    if (f.options.history == nullptr) return std::nullopt;
    const auto all = f.options.history->minutes(minutes + 1);
    if (std::ssize(all) <= minutes || all.front().dispatching < 0) return std::nullopt;
    return all.front();
}

engine::event_page events_of(const face& f, const engine::event_query& which) {
    return f.options.history == nullptr ? engine::event_page{} : f.options.history->events(which);
}

std::vector<engine::breaker_transition> transitions_of(const face& f, const town_id& town,
                                                       const std::string& key) {
    if (f.options.history == nullptr) return {};
    return f.options.history->transitions(town, key);
}

}  // namespace townd::debug
