// Dispatch records and stop orders.

#include <algorithm>

#include "model/handle.hpp"
#include "model/kept.hpp"

namespace townd::model {
namespace {

dispatch kept_dispatch(const dispatch& d) {
    dispatch out;
    out.id = d.id;
    out.role = d.role;
    out.rig = d.rig;
    out.agent = d.agent;
    out.agent_name = d.agent_name;
    out.bead = d.bead;
    out.attempt = d.attempt;
    out.rule = cut_text(d.rule, note_bytes_max);
    out.state = d.state;
    out.outcome = d.outcome;
    out.created_at = d.created_at;
    out.deadline_at = d.deadline_at;
    out.grace_at = d.grace_at;
    out.answered_at = d.answered_at;
    out.started_at = d.started_at;
    out.heartbeat_at = d.heartbeat_at;
    out.survived_at = d.survived_at;
    out.ended_at = d.ended_at;
    out.end_reason = cut_text(d.end_reason, note_bytes_max);
    out.charged_bead = d.charged_bead;
    out.phases = kept_phases(d.phases);
    if (d.error) out.error = kept_error(*d.error);
    out.admissions = kept_admissions(d.admissions);
    return out;
}

// What an update does not write.
void keep_fixed(dispatch& next, const dispatch& was) {
    next.role = was.role;
    next.rig = was.rig;
    next.agent = was.agent;
    next.agent_name = was.agent_name;
    next.bead = was.bead;
    next.attempt = was.attempt;
    next.rule = was.rule;
    next.created_at = was.created_at;
}

}  // namespace

void memory_town_store::insert_dispatch(const dispatch& d) {
    constexpr std::string_view doing = "writing a dispatch";
    if (!may_run(doing) || !row_fits(doing, d.id, d.rig, d.agent, d.agent_name, d.bead)) return;
    if (tables_.dispatches.find(d.id) != nullptr) return refuse_duplicate(doing);
    tables_.dispatches.insert({0, kept_dispatch(d)});
    ++changes_;
    prune_dispatches();
}

void memory_town_store::prune_dispatches() {
    auto& table = tables_.dispatches;
    const int bound = tables_.bounds.dispatches;
    const int stride = town_tables::stride_of(bound);
    if (table.newest() % stride != 0) return;
    const auto& index = table.index();
    const auto settled = static_cast<std::ptrdiff_t>(index.all().size() - index.live().size());
    auto over = settled - (bound - stride);
    if (over <= 0) return;
    const auto oldest_first = index.all();
    for (const auto* row : oldest_first) {
        if (over == 0) break;
        if (row->value.is_live()) continue;
        table.erase(*row);
        --over;
    }
}

void memory_town_store::put_dispatch(const dispatch& d) {
    constexpr std::string_view doing = "writing a dispatch";
    if (!may_run(doing) || !row_fits(doing, d.id)) return;
    const auto* row = tables_.dispatches.find(d.id);
    if (row == nullptr) return fail(no_such_row("dispatch", d.id));
    dispatch_row next{0, kept_dispatch(d)};
    keep_fixed(next.value, row->value);
    tables_.dispatches.update(*row, std::move(next));
    ++changes_;
}

std::optional<dispatch> memory_town_store::find_dispatch(std::string_view id) {
    if (!may_read("reading a dispatch", id)) return std::nullopt;
    const auto* row = tables_.dispatches.find(id);
    if (row == nullptr) return std::nullopt;
    return row->value;
}

std::vector<dispatch> memory_town_store::list_dispatches(const dispatch_filter& filter) {
    if (!may_run("listing dispatches")) return {};
    const auto wanted = static_cast<std::size_t>(std::clamp(filter.limit, 0, page_rows_max));
    std::vector<dispatch> out;
    const auto& all = tables_.dispatches.index().all();
    for (auto at = all.rbegin(); at != all.rend() && out.size() < wanted; ++at) {
        const dispatch& d = (*at)->value;
        if (filter.bead && d.bead != *filter.bead) continue;
        if (filter.agent && d.agent != *filter.agent) continue;
        out.push_back(d);
    }
    return out;
}

void memory_town_store::put_stop(const stop_order& s) {
    constexpr std::string_view doing = "writing a stop order";
    if (!may_run(doing) || !row_fits(doing, s.agent)) return;
    stop_order kept = s;
    kept.reason = cut_text(s.reason, note_bytes_max);
    kept.bead.clear();
    tables_.stops.put(s.agent, std::move(kept));
    ++changes_;
}

std::optional<stop_order> memory_town_store::find_stop(std::string_view agent) {
    if (!may_read("reading a stop order", agent)) return std::nullopt;
    const auto* found = tables_.stops.find(agent);
    if (found == nullptr) return std::nullopt;
    return *found;
}

void memory_town_store::delete_stop(std::string_view agent) {
    if (!may_read("deleting a stop order", agent)) return;
    if (tables_.stops.erase(agent)) ++changes_;
}

}  // namespace townd::model
