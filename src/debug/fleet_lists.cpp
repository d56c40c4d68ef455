#include "debug/fleet_lists.hpp"

#include <algorithm>
#include <utility>

#include "debug/fleet_details.hpp"
#include "debug/records.hpp"

namespace townd::debug {
namespace {

constexpr std::size_t slowest_max = 10;
constexpr std::size_t skipped_max = 100;

// Collects the part of a sorted list that comes after the cursor, and counts the whole.
class pager {
public:
    explicit pager(page_request page) : page_(std::move(page)) {}

    /// `make` is called only when the item is shown. Keys must come in rising order.
    template <class Make>
    void offer(const std::string& key, Make make) {
        ++total_;
        if (!page_.cursor.empty() && key <= page_.cursor) return;
        if (part_.items.size() == static_cast<std::size_t>(page_.limit)) {
            part_.next_cursor = last_;
            return;
        }
        part_.items.push_back(make());
        last_ = key;
    }

    [[nodiscard]] json done(const face& f) {
        part_.total = total_;
        return envelope(f, page_, std::move(part_));
    }

private:
    page_request page_;
    list_part part_;
    std::string last_;
    std::int64_t total_ = 0;
};

bool has_text(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// A breaker before it is shown: most are sorted away by the page.
struct found_breaker {
    std::string key;  // With the town.
    std::string_view own_key;
    const engine::town_summary* town;
    const breaker_entry* entry;
};

bool is_wanted(const http::request& call, const found_breaker& b) {
    const auto role = to_text(b.entry->role);
    return selected(asked(call, "state"), to_text(b.entry->state.state())) &&
           selected(asked(call, "scope"), to_text(b.entry->scope)) &&
           selected(asked(call, "role"), role) && selected(asked(call, "key"), b.key) &&
           selected(asked(call, "agent"), b.entry->agent_name) &&
           selected(asked(call, "rig_id"), b.entry->rig.value_or("")) &&
           has_text(b.entry->cause, asked(call, "cause"));
}

// Those that remember something.
std::vector<found_breaker> breakers_by_key(const summary_list& towns, const http::request& call) {
    const std::string only = asked(call, "town");
    std::vector<found_breaker> out;
    const auto offer = [&](const engine::town_summary& town, std::string_view key,
                           const breaker_entry& entry) {
        found_breaker b{town.id + "/" + std::string{key}, key, &town, &entry};
        if (is_wanted(call, b)) out.push_back(std::move(b));
    };
    for (const auto& town : towns) {
        if (!selected(only, town->id)) continue;
        for (const auto& [key, entry] : town->breakers)
            offer(*town, key, entry);
    }
    std::sort(out.begin(), out.end(),
              [](const found_breaker& a, const found_breaker& b) { return a.key < b.key; });
    return out;
}

// A town whose file cannot be used has no tick.
json skipped_town(const engine::town_summary& town, instant now) {
    json out;
    out["town"] = town.id;
    out["problem"] = town.problem;
    put_past(out, "problem", town.problem_since, now);
    return out;
}

// Adds up the numbers of the towns' last ticks.
void add_numbers(json& sum, const json& tick) {
    if (!tick.is_object()) return;
    for (const auto& [name, value] : tick.items()) {
        if (value.is_number_integer())
            sum[name] = sum.value(name, std::int64_t{0}) + value.get<std::int64_t>();
    }
}

}  // namespace

result<json> breaker_list(const face& f, const http::request& call) {
    auto page = page_of(call);
    if (!page.has_value()) return page.error();
    const instant now = f.now();
    const auto towns = f.fleet.summaries();
    pager list(page.value());
    for (const auto& b : breakers_by_key(towns, call))
        list.offer(b.key, [&] { return breaker_record(b.town->id, b.own_key, *b.entry, now); });
    return list.done(f);
}

json reconciler_json(const face& f) {
    auto towns = f.fleet.summaries();
    const auto total = f.fleet.total();
    const instant now = f.now();
    json out;
    out["ticks"] = total.ticks;
    put_past(out, "last_tick", total.last_tick_at, now);
    out["interval_seconds"] = to_seconds(f.tick_interval());
    out["towns"] = towns.size();
    out["towns_late"] = total.towns_late;
    out["starts_in_flight"] = total.in_flight;
    out["starts_in_flight_max"] = total.in_flight_max;
    out["first_tick_done"] = total.first_tick_done;
    out["stopping"] = total.stopping;
    auto& sums = out["last_ticks"] = json::object();
    int bad_rows = 0;
    int poison = 0;
    json skipped = json::array();
    for (const auto& town : towns) {
        add_numbers(sums, town->last_tick);
        bad_rows += town->bad_rows;
        poison += town->poison_events;
        if (town->condition == engine::town_condition::set_aside)
            skipped.push_back(skipped_town(*town, now));
    }
    out["violations"] = number_at(sums, "invariantViolations").value_or(0);
    out["skipped_towns_total"] = skipped.size();
    if (skipped.size() > skipped_max)
        skipped.erase(skipped.begin() + std::ptrdiff_t{skipped_max}, skipped.end());
    out["skipped_towns"] = std::move(skipped);
    out["bad_rows"] = bad_rows;
    out["poison_events"] = poison;
    const auto shown = static_cast<std::ptrdiff_t>(std::min(towns.size(), slowest_max));
    std::partial_sort(
        towns.begin(), towns.begin() + shown, towns.end(),
        [](const auto& a, const auto& b) { return a->last_tick_took > b->last_tick_took; });
    auto& slowest = out["slowest_towns"] = json::array();
    for (auto at = towns.begin(); at != towns.begin() + shown; ++at) {
        json item;
        item["town"] = (*at)->id;
        item["last_tick_seconds"] = to_seconds((*at)->last_tick_took);
        put_past(item, "last_tick", (*at)->last_tick_at, now);
        put_ahead(item, "next_tick", (*at)->next_tick_at, now);
        item["last_tick"] = (*at)->last_tick;
        slowest.push_back(std::move(item));
    }
    out["as_of"] = to_rfc3339(now);
    return out;
}

json outage_list(const face& f) {
    const instant now = f.now();
    json out;
    auto& items = out["items"] = json::array();
    const auto board = f.fleet.outages();
    for (const auto& o : *board)
        items.push_back(outage_record(o, now));
    out["retry_budget"] = retry_budget_record(f);
    out["as_of"] = to_rfc3339(now);
    return out;
}

}  // namespace townd::debug
