#include "debug/town_reads.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "debug/explain.hpp"
#include "debug/records.hpp"

namespace townd::debug {
namespace {

constexpr int agent_attempts_max = 30;

// Who made an attempt: the failures of a bead keep only its id.
struct who {
    agent_role role;
    std::string name;
};
using makers = std::map<dispatch_id, who, std::less<>>;

makers makers_of(const std::vector<dispatch>& attempts) {
    makers out;
    for (const auto& d : attempts)
        out.insert_or_assign(d.id, who{d.role, d.agent_name});
    return out;
}

json failures_of(town::context& ctx, const bead& b, const makers& known) {
    const auto usual =
        b.type == bead_type::merge_request ? agent_role::refinery : agent_role::polecat;
    json out = json::array();
    for (const auto& f : ctx.store.failures(b.id)) {
        const auto found = known.find(f.dispatch);
        out.push_back(found == known.end()
                          ? failure_record(f, usual, {}, ctx.now)
                          : failure_record(f, found->second.role, found->second.name, ctx.now));
    }
    return out;
}

// The newest error of any kind: of a failure, or of an attempt that is nobody's failure or whose
// outcome is not known (a town that only ever hears 429 must not look as if nothing happened).
json last_error_of(const json& failures, const std::vector<dispatch>& attempts, instant now) {
    json newest = failures.empty() ? json(nullptr) : failures.front();
    for (const auto& d : attempts) {
        const bool counts =
            d.outcome == attempt_outcome::unknown || d.outcome == attempt_outcome::neutral;
        if (!counts || !d.error) continue;
        const kept_failure f{d.id, d.attempt,
                             d.ended_at.value_or(d.answered_at.value_or(d.created_at)), d.agent,
                             *d.error};
        // Both are RFC 3339 in UTC with milliseconds, which sorts as text.
        if (newest.is_null() || text_at(newest, "at").value_or("") < to_rfc3339(f.at))
            newest = failure_record(f, d.role, d.agent_name, now);
        break;  // Newest first.
    }
    return newest;
}

json blockers_of(town::context& ctx, const bead_id& id) {
    json out = json::array();
    for (const auto& d : ctx.store.dependencies_of(id)) {
        json item;
        item["bead"] = d.on;
        item["type"] = d.type;
        item["status"] = d.on_status ? json(to_text(*d.on_status)) : json(nullptr);
        item["holds"] = d.type == "blocks" && d.on_status && *d.on_status != bead_status::closed;
        out.push_back(std::move(item));
    }
    return out;
}

json bad_rows_of(const live_rows& rows) {
    json out = json::array();
    for (const auto& bad : rows.bad)
        out.push_back({{"table", bad.table}, {"id", bad.id}, {"why", bad.why}});
    return out;
}

// What a person looks for first: work in hand, then what waits, the oldest first; what failed last.
std::vector<bead> shown_beads(town::context& ctx, std::vector<bead> live) {
    const auto rank = [](const bead& b) {
        if (b.status == bead_status::in_progress) return 0;
        return b.status == bead_status::in_review ? 1 : 2;
    };
    std::stable_sort(live.begin(), live.end(), [&](const bead& a, const bead& b) {
        if (rank(a) != rank(b)) return rank(a) < rank(b);
        return a.created_at < b.created_at;
    });
    store::bead_filter failed;
    failed.status = bead_status::failed;
    failed.limit = town_rows_max / 4;
    auto over = ctx.store.list_beads(failed);
    const auto room = static_cast<std::size_t>(town_rows_max) - over.size();
    if (live.size() > room) live.erase(live.begin() + std::ptrdiff_t(room), live.end());
    std::move(over.begin(), over.end(), std::back_inserter(live));
    return live;
}

template <class Row, class Record>
json records_of(const std::vector<Row>& rows, Record record) {
    json out = json::array();
    for (const auto& row : rows)
        out.push_back(record(row));
    return out;
}

// Cuts what was read with one more than asked for.
json with_next(json items, int offset, int limit) {
    json out;
    const auto max = static_cast<std::size_t>(limit);
    const bool more = items.size() > max;
    if (more) items.erase(items.begin() + limit, items.end());
    out["items"] = std::move(items);
    out["next"] = more ? json(std::to_string(offset + limit)) : json(nullptr);
    return out;
}

}  // namespace

json agents_of(town::context& ctx) {
    return records_of(ctx.store.agents(),
                      [&](const agent& a) { return agent_record(a, ctx.breakers, ctx.now); });
}

json breakers_of(const town_id& town, const breaker_set& breakers, instant now) {
    json out = json::array();
    // Places first: what fails there keeps its agents, too.
    for (const auto scope : {breaker_scope::place, breaker_scope::agent})
        for (const auto& [key, entry] : breakers.entries())
            if (entry.scope == scope) out.push_back(breaker_record(town, key, entry, now));
    return out;
}

json town_detail(town::context& ctx) {
    auto rows = ctx.store.load_live();
    json out;
    out["rigs"] = records_of(rows.rigs, [](const rig& r) {
        return json{{"rig_id", r.id}, {"name", r.name}, {"default_branch", r.default_branch}};
    });
    out["agents"] = agents_of(ctx);
    out["beads_live"] = rows.beads.size();
    out["bad_rows"] = bad_rows_of(rows);
    out["stops"] = records_of(rows.stops, [&](const stop_order& s) {
        json item{{"agent_id", s.agent}, {"reason", s.reason}, {"tries", s.tries}};
        put_past(item, "requested", s.requested_at, ctx.now);
        put_ahead(item, "next_try", s.next_try_at, ctx.now);
        return item;
    });
    out["beads"] = records_of(shown_beads(ctx, std::move(rows.beads)),
                              [&](const bead& b) { return bead_record(b, ctx.now); });
    out["attempts"] =
        records_of(ctx.store.list_dispatches({std::nullopt, std::nullopt, 30}),
                   [&](const dispatch& d) { return attempt_record(ctx.town, d, ctx.now); });
    out["breakers"] = breakers_of(ctx.town, ctx.breakers, ctx.now);
    out["poison_events"] = records_of(ctx.store.poison_events(), [](const store::poison_event& e) {
        return json{{"id", e.id},
                    {"type", e.type},
                    {"tries", e.tries},
                    {"error", e.error},
                    {"at", time_or_null(e.at)}};
    });
    return out;
}

result<json> bead_detail(town::context& ctx, const bead_id& id) {
    const auto found = ctx.store.find_bead(id);
    if (!found)
        return failure{errc::not_found, "bead " + id + " does not exist in town " + ctx.town};
    const auto attempts = ctx.store.list_dispatches({id, std::nullopt, town_rows_max});
    json out = bead_record(*found, ctx.now);
    out["town"] = ctx.town;
    auto explained = explain_bead(ctx, id);
    if (!explained.has_value()) return explained.error();
    const std::string refusal = is_terminal(found->status) ? "" : refusal_of(explained.value());
    if (!refusal.empty()) out["reason"] = refusal;
    std::optional<int> max = ctx.with.rules.dispatch.max_attempts;
    if (found->rig) {
        const auto own = ctx.store.find_rig(*found->rig);
        if (own && own->max_dispatch_attempts) max = own->max_dispatch_attempts;
    }
    out["max_attempts"] = *max;
    out["blocked_by"] = blockers_of(ctx, id);
    out["failures"] = failures_of(ctx, *found, makers_of(attempts));
    out["last_error"] = last_error_of(out["failures"], attempts, ctx.now);
    out["explain"] = std::move(explained.value());
    out["attempts"] = records_of(
        attempts, [&](const dispatch& d) { return attempt_record(ctx.town, d, ctx.now); });
    out["events"] = newest_events(ctx, id, 20);
    return out;
}

result<json> agent_detail(town::context& ctx, const std::string& name) {
    const auto agents = ctx.store.agents();
    const auto found = std::find_if(agents.begin(), agents.end(), [&](const agent& a) {
        return a.id == name || a.name == name || a.identity == name;
    });
    if (found == agents.end())
        return failure{errc::not_found,
                       "agent " + clean_text(name, 80) + " does not exist in town " + ctx.town};
    const auto key = breaker_set::agent_key(found->rig, found->role, found->name);
    const auto known = ctx.breakers.entries().find(key);
    const auto entry = known != ctx.breakers.entries().end()
                           ? known->second
                           : breaker_set::entry_of(key).value_or(breaker_entry{});
    json out = agent_record(*found, ctx.breakers, ctx.now);
    out["town"] = ctx.town;
    out["breaker_record"] = breaker_record(ctx.town, key, entry, ctx.now);
    const auto bead = found->hook ? ctx.store.find_bead(*found->hook) : std::nullopt;
    out["current_bead"] = bead ? bead_record(*bead, ctx.now) : json(nullptr);
    auto& attempts = out["attempts"] = json::array();
    for (const auto& d : ctx.store.list_dispatches({std::nullopt, found->id, agent_attempts_max}))
        attempts.push_back(attempt_record(ctx.town, d, ctx.now));
    out["as_of"] = to_rfc3339(ctx.now);
    return out;
}

result<json> attempt_detail(town::context& ctx, const dispatch_id& id) {
    const auto found = ctx.store.find_dispatch(id);
    if (!found)
        return failure{errc::not_found, "attempt " + id + " does not exist in town " + ctx.town};
    // Only the newest attempt of a bead is what the next one follows.
    const auto work = ctx.store.find_bead(found->bead);
    const bool newest = work && work->starts == found->attempt && !is_terminal(work->status);
    return attempt_record(ctx.town, *found, ctx.now, newest ? work->next_attempt_at : std::nullopt);
}

result<json> bead_list(town::context& ctx, const bead_query& wanted, const page_request& page) {
    store::bead_filter filter;
    filter.status = parse_bead_status(wanted.status);
    filter.type = parse_bead_type(wanted.type);
    if (!wanted.status.empty() && !filter.status)
        return failure{errc::invalid,
                       "status: must be open, in_progress, in_review, closed or failed"};
    if (!wanted.type.empty() && !filter.type)
        return failure{errc::invalid,
                       "type: must be issue, message, escalation, merge_request, "
                       "convoy, molecule or agent"};
    if (!wanted.rig.empty()) filter.rig = wanted.rig;
    const auto offset = offset_of(page);
    if (!offset.has_value()) return offset.error();
    const int limit = std::min(page.limit, page_limit_max - 1);  // One more is read than shown.
    filter.offset = offset.value();
    filter.limit = limit + 1;
    return with_next(records_of(ctx.store.list_beads(filter),
                                [&](const bead& b) { return bead_record(b, ctx.now); }),
                     offset.value(), limit);
}

result<json> attempt_list(town::context& ctx, const bead_id& bead, const page_request& page) {
    const auto offset = offset_of(page);
    if (!offset.has_value()) return offset.error();
    // The store keeps 2,000 settled attempts a town, so that this walk is bounded.
    const int until = std::min(offset.value(), store::dispatches_kept_max) + page.limit + 1;
    const auto rows = ctx.store.list_dispatches(
        {bead.empty() ? std::nullopt : std::optional{bead}, std::nullopt, until});
    if (rows.empty() && !bead.empty() && !ctx.store.find_bead(bead))
        return failure{errc::not_found, "bead " + bead + " does not exist in town " + ctx.town};
    json items = json::array();
    for (std::size_t i = static_cast<std::size_t>(offset.value()); i < rows.size(); ++i)
        items.push_back(attempt_record(ctx.town, rows[i], ctx.now));
    return with_next(std::move(items), offset.value(), page.limit);
}

}  // namespace townd::debug
