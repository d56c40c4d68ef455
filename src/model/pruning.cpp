// What histories no longer keep, row by row as store/pruning.cpp walks them.

#include <algorithm>

#include "model/handle.hpp"
#include "model/kept.hpp"

namespace townd::model {
namespace {

// Goes on after `from`, and says there how far it came: 0 once all that is old was looked at.
template <class Table, class Time, class Over>
std::vector<std::int64_t> walk(const Table& table, instant before, int rows_max, std::int64_t& from,
                               Time time, Over is_over) {
    std::vector<std::int64_t> over;
    bool through = true;
    int seen = 0;
    for (auto at = table.rows().upper_bound(from); at != table.rows().end() && through; ++at) {
        if (time(at->second) >= before) break;
        from = at->first;
        if (is_over(at->second)) over.push_back(from);
        through = ++seen < history_seen_max && static_cast<int>(over.size()) < rows_max;
    }
    if (through) from = 0;
    return over;
}

template <class Table>
int erase_all(Table& table, const std::vector<std::int64_t>& rows) {
    for (const auto rowid : rows)
        table.erase(table.rows().at(rowid));
    return static_cast<int>(rows.size());
}

}  // namespace

int memory_town_store::prune_messages(bead_status status, instant before, int rows_max) {
    std::vector<bead_id> over;
    for (const auto& [rowid, row] : tables_.beads.rows()) {
        if (row.value.type != bead_type::message || row.value.status != status) continue;
        if (static_cast<int>(over.size()) >= rows_max || row.value.updated_at >= before) break;
        over.push_back(row.value.id);
    }
    for (const auto& id : over)
        delete_bead(id);
    return static_cast<int>(over.size());
}

int memory_town_store::prune_history(instant before, int rows_max) {
    if (!may_run("pruning the history")) return 0;
    const instant as_kept = kept_time(before);
    int left = std::max(rows_max, 0);
    const auto prune = [&](auto& table, std::int64_t& from, auto time, auto is_over) {
        if (left == 0) return;
        const int gone = erase_all(table, walk(table, before, left, from, time, is_over));
        left -= gone;
        changes_ += static_cast<std::uint64_t>(gone);
    };
    std::int64_t start = 0;
    prune(
        tables_.events, start, [](const event_row& row) { return row.at; },
        [](const event_row& row) { return row.processed; });
    start = 0;
    prune(
        tables_.nudges, start, [](const nudge_row& row) { return row.value.created_at; },
        [&](const nudge_row& row) {
            return row.delivered || (row.value.expires_at && *row.value.expires_at < as_kept);
        });
    for (const auto status : {bead_status::closed, bead_status::failed})
        left -= prune_messages(status, before, left);
    prune(
        tables_.bead_events, pruned_to_, [](const bead_event_row& row) { return row.value.at; },
        [&](const bead_event_row& row) {
            const auto* of = tables_.beads.find(row.value.bead);
            return of == nullptr || is_terminal(of->value.status) ||
                   of->value.type == bead_type::agent;
        });
    return std::max(rows_max, 0) - left;
}

// There is no file.
std::int64_t memory_town_store::bytes() {
    if (!may_run("asking for the size")) return 0;
    return 0;
}

}  // namespace townd::model
