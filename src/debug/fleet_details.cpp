#include "debug/fleet_details.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <tuple>
#include <utility>

#include "config/config.hpp"
#include "debug/records.hpp"

namespace townd::debug {
namespace {

// ---- Breakers -----------------------------------------------------------------------------------

const store::error_group* newest_error(const engine::town_summary& town,
                                       const breaker_entry& entry) {
    const auto code = entry.cause.substr(0, entry.cause.find(':'));
    for (const auto& group : town.errors) {
        if (group.role == to_text(entry.role) && group.code == code) return &group;
    }
    return nullptr;
}

json opened_by(const engine::town_summary& town, const breaker_entry& entry) {
    if (entry.state.state() == breaker_state::closed || entry.cause.empty()) return nullptr;
    const auto* group = newest_error(town, entry);
    const auto colon = entry.cause.find(": ");
    json out;
    out["code"] = entry.cause.substr(0, entry.cause.find(':'));
    out["message"] = colon == std::string::npos ? entry.cause : entry.cause.substr(colon + 2);
    out["fingerprint"] = group == nullptr ? json(nullptr) : json(group->fingerprint);
    return out;
}

json window_of(const breaker& b) {
    json out;
    out["results"] = b.samples();
    out["failures"] = b.failed_samples();
    out["successes"] = b.samples() - b.failed_samples();
    return out;
}

json transitions_of(const face& f, const town_id& town, const std::string& key) {
    json out = json::array();
    if (f.options.history == nullptr) return out;
    for (const auto& each : f.options.history->transitions(town, key))
        out.push_back({{"at", time_or_null(each.at)},
                       {"from", each.from},
                       {"to", each.to},
                       {"cause", text_or_null(std::string_view{each.cause})}});
    return out;
}

// ---- Beads --------------------------------------------------------------------------------------

struct held_bead {
    const engine::town_summary* town;
    const waiting_bead* bead;
    [[nodiscard]] std::tuple<std::int64_t, std::string_view, std::string_view> place() const {
        return {unix_ms(bead->created_at), town->id, bead->bead};
    }
};

json held_record(const held_bead& b, instant now) {
    json out;
    out["town"] = b.town->id;
    out["bead_id"] = b.bead->bead;
    out["role"] = to_text(b.bead->role);
    out["rig_id"] = text_or_null(b.bead->rig);
    out["reason"] = to_text(b.bead->reason);
    put_past(out, "created", b.bead->created_at, now);
    return out;
}

struct bead_wish {
    std::string reason;
    std::string town;
    std::optional<instant> before;
};

bool is_wanted(const held_bead& b, const bead_wish& wish) {
    return selected(wish.reason, to_text(b.bead->reason)) &&
           (!wish.before || b.bead->created_at <= *wish.before);
}

// ---- Pages of a list in memory ------------------------------------------------------------------

template <class Make>
result<json> paged_part(const face& f, const page_request& page, std::size_t count, bool counted,
                        Make make) {
    const auto offset = offset_of(page);
    if (!offset) return offset.error();
    const auto from = std::min(static_cast<std::size_t>(*offset), count);
    const auto end = std::min(from + static_cast<std::size_t>(page.limit), count);
    list_part part;
    for (std::size_t i = from; i < end; ++i)
        part.items.push_back(make(i));
    if (end < count) part.next_cursor = std::to_string(end);
    if (counted) part.total = static_cast<std::int64_t>(count);
    return envelope(f, page, std::move(part));
}

// It fails alike, or waits for the outage's end.
bool is_held_by(const engine::town_summary& town, const outage_summary& outage) {
    if (town.outages[index_of(outage.role)] == outage.id) return true;
    for (const auto& [key, e] : town.breakers) {
        if (e.scope != breaker_scope::place || e.role != outage.role) continue;
        if (!e.known.in_doubt() && !e.known.is_soft()) continue;
        if (e.known.doubted() == outage.at && outage.fingerprint.ends_with(e.known.why().kind()))
            return true;
    }
    return std::any_of(town.waiting.beads.begin(), town.waiting.beads.end(), [&](const auto& b) {
        return b.reason == gate_reason::outage_open && b.role == outage.role;
    });
}

}  // namespace

result<json> breaker_detail(const face& f, const town_id& town, const std::string& key) {
    const auto found = f.fleet.summary(town);
    if (!found) return failure{errc::not_found, "town " + clean_text(town, 80) + " does not exist"};
    const auto at = found->breakers.find(key);
    const auto closed = breaker_set::entry_of(key);
    if (at == found->breakers.end() && !closed)
        return failure{errc::not_found, "breaker " + clean_text(key, 200) +
                                            " cannot be: a key is place/RIG/ROLE or "
                                            "agent/RIG/ROLE/NAME, with - as the mayor's RIG"};
    const auto& entry = at == found->breakers.end() ? *closed : at->second;
    const instant now = f.now();
    json out = breaker_record(town, key, entry, now);
    const auto& b = entry.state;
    const bool open = b.state() == breaker_state::open;
    put_ahead(out, "next_probe", open ? std::optional{b.retry_at()} : std::nullopt, now);
    put_ahead(out, "probe_lease_ends",
              b.probe_in_flight() ? std::optional{b.lease_ends_at()} : std::nullopt, now);
    out["window"] = window_of(b);
    out["opened_by"] = opened_by(*found, entry);
    out["transitions"] = transitions_of(f, town, key);
    out["as_of"] = to_rfc3339(now);
    return out;
}

result<json> waiting_list(const face& f, const http::request& call) {
    const auto page = page_of(call);
    if (!page) return page.error();
    for (const char* name : {"status", "type", "rig_id"})
        if (!asked(call, name).empty())
            return failure{errc::invalid, std::string{name} +
                                              ": goes with town alone; without it, or with "
                                              "reason or older_than, this lists waiting beads"};
    const instant now = f.now();
    bead_wish wish{asked(call, "reason"), asked(call, "town"), std::nullopt};
    if (const auto age = asked(call, "older_than"); !age.empty())
        wish.before = now - config::parse_duration(age).value.value_or(duration{0});
    bool whole = true;
    std::vector<held_bead> beads;
    const auto towns = f.fleet.summaries();
    for (const auto& town : towns) {
        if (!wish.town.empty() && town->id != wish.town) continue;
        whole = whole && town->waiting.total() <= static_cast<int>(town->waiting.beads.size());
        for (const auto& bead : town->waiting.beads)
            if (const held_bead b{town.get(), &bead}; is_wanted(b, wish)) beads.push_back(b);
    }
    std::sort(beads.begin(), beads.end(),
              [](const auto& a, const auto& b) { return a.place() < b.place(); });
    return paged_part(f, *page, beads.size(), whole,
                      [&](std::size_t i) { return held_record(beads[i], now); });
}

json outage_record(const outage_summary& o, instant now) {
    json item;
    item["id"] = o.id;
    item["role"] = to_text(o.role);
    item["fingerprint"] = o.fingerprint;
    item["stage"] = to_text(o.at);
    item["stage_words"] = failing_words(o.at);
    item["cause"] = o.cause;
    item["other_cause"] = text_or_null(std::string_view{o.other_cause});
    item["phase"] = to_text(o.phase);
    item["observe_only"] = o.observe_only;
    put_past(item, "opened", o.opened_at, now);
    item["towns"] = o.members;
    item["towns_peak"] = o.members_peak;
    put_ahead(item, "next_probe", o.next_probe_at, now);
    item["probes_sent"] = o.probes_sent;
    item["probes_failed"] = o.probes_failed;
    item["last_probe"] = o.last_probe ? json(*o.last_probe) : json();
    put_past(item, "last_success", o.last_success, now);
    item["swept"] = o.swept;
    return item;
}

json retry_budget_record(const face& f) {
    const auto now_there = f.fleet.figures();
    json out;
    out["tokens"] = std::round(now_there.tokens * 100) / 100;
    out["tries_left"] = now_there.left;
    out["failures_1h"] = now_there.failures;
    out["leases_out"] = now_there.leases;
    out["failing_roles"] = now_there.members;
    out["causes"] = now_there.groups;
    return out;
}

result<json> outage_detail(const face& f, const http::request& call) {
    const auto page = page_of(call);
    if (!page) return page.error();
    const std::string id = call.param("outage");
    const auto board = f.fleet.outages();
    const auto found =
        std::find_if(board->begin(), board->end(), [&](const auto& o) { return o.id == id; });
    if (found == board->end())
        return failure{errc::not_found, "outage " + clean_text(id, 80) +
                                            " is not open: see /debug/v1/outages, and "
                                            "/debug/v1/events for those that are over"};
    summary_list held;
    for (auto& town : f.fleet.summaries())
        if (is_held_by(*town, *found)) held.push_back(std::move(town));
    const instant now = f.now();
    auto towns = paged_part(f, *page, held.size(), true, [&](std::size_t i) {
        json item;
        item["town"] = held[i]->id;
        item["state"] = to_text(held[i]->condition);
        item["waiting"] = held[i]->waiting.total();
        return item;
    });
    if (!towns) return towns.error();
    json out = outage_record(*found, now);
    out["affected_towns"] = std::move((*towns)["items"]);
    out["page"] = std::move((*towns)["page"]);
    out["as_of"] = to_rfc3339(now);
    return out;
}

}  // namespace townd::debug
