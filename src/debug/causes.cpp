#include "debug/causes.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "config/config.hpp"
#include "debug/records.hpp"

namespace townd::debug {
namespace {

std::optional<engine::cause> seen_lately(const face& f, const std::string& fingerprint) {
    if (f.options.history == nullptr) return std::nullopt;
    return f.options.history->find_cause(fingerprint);
}

void put_recent(json& out, const std::optional<engine::cause>& seen) {
    out["last_hour"] = seen ? json(seen->last_hour) : json(nullptr);
    out["towns_last_hour"] = seen ? json(seen->towns_last_hour) : json(nullptr);
    out["by_minute"] = seen ? json(seen->by_minute) : json(nullptr);
}

// What the query takes.
struct wish {
    std::string code;
    std::string role;
    std::string fingerprint;
    std::optional<instant> since;

    template <class Group>
    [[nodiscard]] bool takes(const Group& g) const {
        return selected(code, g.code) && selected(role, g.role) &&
               selected(fingerprint, g.fingerprint) && (!since || g.last_at >= *since);
    }
};

wish wish_of(const http::request& call, instant now) {
    wish out{asked(call, "code"), asked(call, "role"), asked(call, "fingerprint"), std::nullopt};
    if (const auto age = asked(call, "since"); !age.empty())
        out.since = now - config::parse_duration(age).value.value_or(duration{0});
    return out;
}

// ---- Groups that are no cause -------------------------------------------------------------------

struct sum_of_errors {
    std::int64_t count = 0;
    int towns = 0;
    town_id newest_town;
    std::string message;
    instant first_at{};
    instant last_at{};
    std::map<std::string, std::int64_t> causes;
    const engine::town_summary* counted = nullptr;  // The town that was counted last.

    void add(const engine::town_summary& town, const store::error_group& g) {
        const bool first = count == 0;
        if (first || g.last_at > last_at) {
            last_at = g.last_at;
            newest_town = town.id;
            message = g.message;
        }
        if (first || g.first_at < first_at) first_at = g.first_at;
        count += g.count;
        causes[g.fingerprint] += g.count;
        if (std::exchange(counted, &town) != &town) ++towns;
    }
};

json sum_record(std::string_view by, const std::string& key, const sum_of_errors& sum,
                instant now) {
    json out;
    out[std::string{by}] = key;
    out["count"] = sum.count;
    out["causes"] = sum.causes.size();
    out["towns"] = sum.towns;
    out["newest_town"] = sum.newest_town;
    out["message"] = sum.message;
    put_past(out, "first", sum.first_at, now);
    put_past(out, "last", sum.last_at, now);
    return out;
}

std::vector<json> summed(const summary_list& towns, const std::string& by, const wish& wanted,
                         instant now) {
    std::map<std::string, sum_of_errors> sums;
    for (const auto& town : towns)
        for (const auto& g : town->errors)
            if (wanted.takes(g))
                sums[by == "code" ? g.code : by == "role" ? g.role : town->id].add(*town, g);
    std::vector<const std::pair<const std::string, sum_of_errors>*> order;
    for (const auto& each : sums)
        order.push_back(&each);
    std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
        return std::tuple{a->second.towns, a->second.count} >
               std::tuple{b->second.towns, b->second.count};
    });
    std::vector<json> out;
    for (const auto* each : order)
        out.push_back(sum_record(by == "town" ? "town" : by, each->first, each->second, now));
    return out;
}

template <class Make>
result<json> paged_items(const face& f, const http::request& call, std::size_t count, Make make) {
    const auto page = page_of(call);
    if (!page) return page.error();
    const auto offset = offset_of(*page);
    if (!offset) return offset.error();
    const auto from = std::min(static_cast<std::size_t>(*offset), count);
    const auto end = std::min(from + static_cast<std::size_t>(page->limit), count);
    list_part part;
    for (std::size_t i = from; i < end; ++i)
        part.items.push_back(make(i));
    if (end < count) part.next_cursor = std::to_string(end);
    part.total = static_cast<std::int64_t>(count);
    return envelope(f, *page, std::move(part));
}

// ---- One cause ----------------------------------------------------------------------------------

struct hit_town {
    const engine::town_summary* town;
    const store::error_group* group;
};

std::vector<hit_town> hit_towns(const summary_list& towns, const std::string& fingerprint) {
    std::vector<hit_town> out;
    for (const auto& town : towns)
        for (const auto& g : town->errors)
            if (g.fingerprint == fingerprint) out.push_back({town.get(), &g});
    std::stable_sort(out.begin(), out.end(), [](const hit_town& a, const hit_town& b) {
        return a.group->last_at > b.group->last_at;
    });
    return out;
}

json hit_record(const hit_town& hit, instant now) {
    json out;
    out["town"] = hit.town->id;
    out["state"] = to_text(hit.town->condition);
    out["count"] = hit.group->count;
    put_past(out, "first", hit.group->first_at, now);
    put_past(out, "last", hit.group->last_at, now);
    return out;
}

json sample_record(const engine::seen_failure& seen, instant now) {
    json out = attempt_record(seen.town, seen.what, now);
    out["seen_at"] = to_rfc3339(seen.at);
    return out;
}

// A configuration that came into force shortly before the first failure may be why.
json config_before(const face& f, instant first_at) {
    if (!f.options.config_status) return nullptr;
    const auto status = f.options.config_status();
    const auto loaded = parse_time(text_at(status, "loaded_at").value_or(""));
    const bool near =
        loaded && *loaded <= first_at && first_at - *loaded < std::chrono::minutes{10};
    if (!near) return nullptr;
    return {{"generation", status.value("generation", json(nullptr))},
            {"loaded_at", to_rfc3339(*loaded)}};
}

// One that only the history knows: its towns have forgotten it, or are gone.
fleet_error from_history(const engine::cause& seen) {
    fleet_error out;
    out.fingerprint = seen.fingerprint;
    out.code = seen.code;
    out.phase = seen.phase;
    out.role = seen.role;
    out.message = seen.message;
    out.count = seen.count;
    out.towns = static_cast<int>(seen.towns.size());
    out.first_at = seen.first_at;
    out.last_at = seen.last_at;
    if (!seen.towns.empty()) out.newest_town = seen.towns.front();
    return out;
}

void put_samples(json& out, const std::optional<engine::cause>& seen, instant now) {
    auto& samples = out["samples"] = json::array();
    out["first_attempt"] = nullptr;
    if (!seen || seen->samples.empty()) return;
    out["first_attempt"] = sample_record(seen->samples.front(), now);
    for (const auto& each : seen->samples)
        samples.push_back(sample_record(each, now));
}

}  // namespace

json error_record(const face& f, const fleet_error& e, instant now) {
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
    put_recent(out, seen_lately(f, e.fingerprint));
    return out;
}

result<json> error_list(const face& f, const http::request& call) {
    const auto towns = f.fleet.summaries();
    const instant now = f.now();
    const auto wanted = wish_of(call, now);
    const auto by = asked(call, "group");
    if (!by.empty() && by != "fingerprint") {
        const auto rows = summed(towns, by, wanted, now);
        return paged_items(f, call, rows.size(), [&](std::size_t i) { return rows[i]; });
    }
    const auto sum = look_over(f, towns);
    std::vector<const fleet_error*> rows;
    for (const auto& error : sum.errors)
        if (wanted.takes(error)) rows.push_back(&error);
    return paged_items(f, call, rows.size(),
                       [&](std::size_t i) { return error_record(f, *rows[i], now); });
}

result<json> error_detail(const face& f, const http::request& call) {
    const std::string fingerprint = call.param("fingerprint");
    const auto towns = f.fleet.summaries();
    const auto sum = look_over(f, towns);
    const auto known = std::find_if(sum.errors.begin(), sum.errors.end(),
                                    [&](const auto& e) { return e.fingerprint == fingerprint; });
    const auto seen = seen_lately(f, fingerprint);
    if (known == sum.errors.end() && !seen)
        return failure{errc::not_found, "no error has the fingerprint " +
                                            clean_text(fingerprint, 80) + ": see /debug/v1/errors"};
    const auto error = known == sum.errors.end() ? from_history(*seen) : *known;
    const auto hits = hit_towns(towns, fingerprint);
    auto list = paged_items(f, call, hits.size(),
                            [&](std::size_t i) { return hit_record(hits[i], sum.now); });
    if (!list) return list.error();
    json out = error_record(f, error, sum.now);
    put_samples(out, seen, sum.now);
    out["related_config_change"] = config_before(f, error.first_at);
    out["affected_towns"] = std::move((*list)["items"]);
    out["page"] = std::move((*list)["page"]);
    out["as_of"] = to_rfc3339(sum.now);
    return out;
}

std::optional<json> sampled_attempt(const face& f, const dispatch_id& id) {
    if (f.options.history == nullptr) return std::nullopt;
    for (const auto& cause : f.options.history->causes())
        for (const auto& each : cause.samples)
            if (each.what.id == id) return attempt_record(each.town, each.what, f.now());
    return std::nullopt;
}

}  // namespace townd::debug
