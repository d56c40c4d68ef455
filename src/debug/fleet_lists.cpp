#include "debug/fleet_lists.hpp"

#include <algorithm>
#include <utility>

#include "debug/records.hpp"

namespace townd::debug {
namespace {

constexpr std::size_t summary_errors_max = 10;
constexpr std::size_t slowest_max = 10;

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

summary_list by_id(const engine::fleet& fleet) {
    auto towns = fleet.summaries();
    std::sort(towns.begin(), towns.end(),
              [](const auto& a, const auto& b) { return a->id < b->id; });
    return towns;
}

bool has_text(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

json conditions_json(const overview& sum) {
    json out;
    for (std::size_t i = 0; i < sum.by_condition.size(); ++i)
        out[std::string{to_text(static_cast<engine::town_condition>(i))}] = sum.by_condition[i];
    return out;
}

// A breaker before it is shown: most are sorted away by the page.
struct found_breaker {
    std::string key;  // With the town.
    std::string_view own_key;
    const engine::town_summary* town;
    const breaker_entry* entry;
};

bool is_wanted(const http::request& call, const found_breaker& b) {
    const auto role = b.entry->role ? to_text(*b.entry->role) : std::string_view{};
    return selected(asked(call, "state"), to_text(b.entry->state.state())) &&
           selected(asked(call, "scope"), to_text(b.entry->scope)) &&
           selected(asked(call, "role"), role) && selected(asked(call, "key"), b.key) &&
           selected(asked(call, "agent"), b.entry->agent_name) &&
           selected(asked(call, "rig_id"), b.entry->rig.value_or("")) &&
           has_text(b.entry->cause, asked(call, "cause"));
}

// The container's breaker is always there; the others once they remember something.
std::vector<found_breaker> breakers_by_key(const summary_list& towns, const http::request& call) {
    static const breaker_entry closed;
    static const std::string container = breaker_set::container_key();
    const std::string only = asked(call, "town");
    std::vector<found_breaker> out;
    const auto offer = [&](const engine::town_summary& town, std::string_view key,
                           const breaker_entry& entry) {
        found_breaker b{town.id + "/" + std::string{key}, key, &town, &entry};
        if (is_wanted(call, b)) out.push_back(std::move(b));
    };
    for (const auto& town : towns) {
        if (!selected(only, town->id)) continue;
        if (!town->breakers.contains(container)) offer(*town, container, closed);
        for (const auto& [key, entry] : town->breakers)
            offer(*town, key, entry);
    }
    std::sort(out.begin(), out.end(),
              [](const found_breaker& a, const found_breaker& b) { return a.key < b.key; });
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

json error_record(const fleet_error& e, instant now) {
    json out;
    out["fingerprint"] = e.fingerprint;
    out["code"] = e.code;
    out["phase"] = e.phase;
    out["role"] = e.role;
    out["message"] = e.message;
    out["count"] = e.count;
    out["towns"] = e.towns;
    out["newest_town"] = e.newest_town;
    out["sample_towns"] = e.sample_towns;
    put_past(out, "first", e.first_at, now);
    put_past(out, "last", e.last_at, now);
    return out;
}

json summary_json(const face& f, const overview& sum) {
    json out;
    out["verdict"] = sum.verdict;
    auto& towns = out["towns"] = conditions_json(sum);
    towns["total"] = sum.towns;
    auto& breakers = out["breakers"];
    for (std::size_t i = 1; i < sum.by_breaker.size(); ++i)
        breakers[std::string{to_text(static_cast<breaker_state>(i))}] = sum.by_breaker[i];
    put_ahead(breakers, "next_probe", sum.next_probe_at, sum.now);
    out["starts_in_flight"] = sum.total.in_flight;
    out["starts_in_flight_max"] = sum.total.in_flight_max;
    out["agents_working"] = sum.agents_working;
    out["beads"] = {{"open", sum.beads.open},
                    {"in_progress", sum.beads.in_progress},
                    {"in_review", sum.beads.in_review},
                    {"closed", sum.beads.closed},
                    {"failed", sum.beads.failed}};
    out["waiting"] = waiting_record(sum.waiting, sum.now);
    auto& reconciler = out["reconciler"];
    reconciler["ticks"] = sum.total.ticks;
    put_past(reconciler, "last_tick", sum.total.last_tick_at, sum.now);
    reconciler["towns_late"] = sum.total.towns_late;
    reconciler["first_tick_done"] = sum.total.first_tick_done;
    reconciler["stopping"] = sum.total.stopping;
    out["bad_rows"] = sum.bad_rows;
    out["poison_events"] = sum.poison_events;
    auto& errors = out["error_groups"] = json::array();
    for (std::size_t i = 0; i < std::min(sum.errors.size(), summary_errors_max); ++i)
        errors.push_back(error_record(sum.errors[i], sum.now));
    out["error_groups_total"] = sum.errors.size();
    out["version"] = f.options.version;
    out["as_of"] = to_rfc3339(sum.now);
    out["generation"] = sum.total.ticks;
    return out;
}

result<json> town_list(const face& f, const http::request& call) {
    auto page = page_of(call);
    if (!page.has_value()) return page.error();
    const std::string state = asked(call, "state");
    const std::string part = asked(call, "q");
    const instant now = f.now();
    pager list(page.value());
    for (const auto& town : by_id(f.fleet)) {
        if (!selected(state, to_text(town->condition))) continue;
        if (!part.empty() && !has_text(town->id, part) && !has_text(town->name, part) &&
            !has_text(town->problem, part))
            continue;
        list.offer(town->id, [&] { return town_record(*town, now); });
    }
    return list.done(f);
}

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

result<json> error_list(const face& f, const http::request& call) {
    const auto page = page_of(call);
    if (!page.has_value()) return page.error();
    const auto offset = offset_of(page.value());
    if (!offset.has_value()) return offset.error();
    const auto sum = look_over(f, f.fleet.summaries());
    list_part part;
    std::int64_t total = 0;
    const std::int64_t end = std::int64_t{offset.value()} + page.value().limit;
    for (const auto& error : sum.errors) {
        if (!selected(asked(call, "code"), error.code)) continue;
        if (!selected(asked(call, "role"), error.role)) continue;
        if (!selected(asked(call, "fingerprint"), error.fingerprint)) continue;
        if (total >= offset.value() && total < end)
            part.items.push_back(error_record(error, sum.now));
        ++total;
    }
    if (total > end) part.next_cursor = std::to_string(end);
    part.total = total;
    return envelope(f, page.value(), std::move(part));
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
    for (const auto& town : towns) {
        add_numbers(sums, town->last_tick);
        bad_rows += town->bad_rows;
        poison += town->poison_events;
    }
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
    for (const auto& o : *board) {
        json item;
        item["id"] = o.id;
        item["role"] = to_text(o.role);
        item["fingerprint"] = o.fingerprint;
        item["cause"] = o.cause;
        item["phase"] = to_text(o.phase);
        item["observe_only"] = o.observe_only;
        put_past(item, "opened", o.opened_at, now);
        item["towns"] = o.members;
        item["towns_peak"] = o.members_peak;
        put_ahead(item, "next_probe", o.next_probe_at, now);
        item["canaries_sent"] = o.canaries_sent;
        item["canaries_failed"] = o.canaries_failed;
        item["last_canary"] = o.last_canary ? json(*o.last_canary) : json();
        item["ramp_width"] = o.ramp_width;
        items.push_back(std::move(item));
    }
    out["as_of"] = to_rfc3339(now);
    return out;
}

}  // namespace townd::debug
