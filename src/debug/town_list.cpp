// The list of towns, from their published summaries.

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "debug/fleet_lists.hpp"
#include "debug/records.hpp"

namespace townd::debug {
namespace {

using town_ptr = std::shared_ptr<const engine::town_summary>;

// A town with what the list is sorted by. The key is of the town alone, never of the clock, so that
// pages fit together; equal keys go by id.
struct sorted_town {
    std::int64_t key;
    town_ptr town;
};

bool comes_before(std::int64_t key, std::string_view id, std::int64_t other_key,
                  std::string_view other_id) {
    return key != other_key ? key > other_key : id < other_id;
}

std::int64_t key_of(const engine::town_summary& town, std::string_view sort, instant now) {
    if (sort == "-failures_1h") return town.failures.within_hour(now);
    if (sort == "-waiting") return town.waiting.total();
    if (sort == "-tick") return town.last_tick_took.count();
    if (sort == "-oldest")
        return town.waiting.oldest ? -unix_ms(*town.waiting.oldest)
                                   : std::numeric_limits<std::int64_t>::min();
    return 0;
}

bool has_breaker_of(const engine::town_summary& town, std::string_view wanted) {
    return std::any_of(town.breakers.begin(), town.breakers.end(), [&](const auto& each) {
        const auto& entry = each.second;
        return entry.state.state() != breaker_state::closed &&
               selected(wanted, to_text(entry.role));
    });
}

bool waits_for(const engine::town_summary& town, std::string_view wanted) {
    for (int i = 0; i < gate_reason_count; ++i)
        if (town.waiting.by_reason[static_cast<std::size_t>(i)] > 0 &&
            selected(wanted, to_text(static_cast<gate_reason>(i))))
            return true;
    return false;
}

bool is_wanted(const engine::town_summary& town, const http::request& call) {
    const auto has = [](const std::string& text, const std::string& part) {
        return text.find(part) != std::string::npos;
    };
    if (!selected(asked(call, "state"), to_text(town.condition))) return false;
    const std::string role = asked(call, "role");
    if (!role.empty() && !has_breaker_of(town, role)) return false;
    const std::string reason = asked(call, "reason");
    if (!reason.empty() && !waits_for(town, reason)) return false;
    const std::string part = asked(call, "q");
    return has(town.id, part) || has(town.name, part) || has(town.problem, part);
}

// `KEY~ID`; for the order by id, ID alone.
struct place {
    std::int64_t key = 0;
    std::string id;
};

result<place> place_of(const std::string& cursor, bool by_id) {
    if (by_id) return place{0, cursor};
    place out;
    const char* const end = cursor.data() + cursor.size();
    const auto read = std::from_chars(cursor.data(), end, out.key);
    if (read.ec != std::errc{} || read.ptr == end || *read.ptr != '~')
        return failure{errc::invalid,
                       "cursor: use page.next_cursor of the answer before, with the same sort"};
    out.id.assign(read.ptr + 1, end);
    return out;
}

json with_fields(json record, const std::string& fields) {
    if (fields.empty()) return record;
    json out = json::object();
    for (auto& [name, value] : record.items())
        if (selected(fields, name)) out[name] = std::move(value);
    return out;
}

std::vector<sorted_town> wanted_towns(const face& f, const http::request& call,
                                      std::string_view sort, instant now) {
    std::vector<sorted_town> out;
    for (auto& town : f.fleet.summaries())
        if (is_wanted(*town, call)) out.push_back({key_of(*town, sort, now), std::move(town)});
    std::sort(out.begin(), out.end(), [](const sorted_town& a, const sorted_town& b) {
        return comes_before(a.key, a.town->id, b.key, b.town->id);
    });
    return out;
}

}  // namespace

std::vector<std::string_view> town_sorts() {
    return {"id", "-failures_1h", "-waiting", "-oldest", "-tick"};
}

std::vector<std::string_view> town_fields() {
    static const json sample = town_record(engine::town_summary{}, instant{});
    std::vector<std::string_view> out;
    for (const auto& [name, value] : sample.items())
        out.emplace_back(sample.find(name).key());
    return out;
}

result<json> town_list(const face& f, const http::request& call) {
    const auto page = page_of(call);
    if (!page.has_value()) return page.error();
    const instant now = f.now();
    const std::string sort = asked(call, "sort");
    const bool by_id = sort.empty() || sort == "id";
    const auto& cursor = page.value().cursor;
    const auto from = cursor.empty() ? result<place>{place{}} : place_of(cursor, by_id);
    if (!from.has_value()) return from.error();
    const std::string fields = asked(call, "fields");
    const auto towns = wanted_towns(f, call, sort, now);
    list_part part;
    part.total = static_cast<std::int64_t>(towns.size());
    const sorted_town* last = nullptr;
    for (const auto& each : towns) {
        const auto& at = from.value();
        if (!cursor.empty() && !comes_before(at.key, at.id, each.key, each.town->id)) continue;
        if (part.items.size() == static_cast<std::size_t>(page.value().limit)) {
            part.next_cursor =
                by_id ? last->town->id : std::to_string(last->key) + "~" + last->town->id;
            break;
        }
        part.items.push_back(with_fields(town_record(*each.town, now), fields));
        last = &each;
    }
    return envelope(f, page.value(), std::move(part));
}

}  // namespace townd::debug
