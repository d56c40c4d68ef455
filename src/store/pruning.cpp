// What histories no longer keep. Rows are walked in the order they were written, and no further
// than the first that is young enough: a call costs what it deletes, not what there is.

#include "store/kept.hpp"
#include "store/query.hpp"
#include "store/sqlite_town_store.hpp"

namespace townd::store {
namespace {

// Columns: number, time, whether it is over. No index: that of the times would be sorted.
constexpr std::string_view town_events_sql =
    "SELECT rowid, created_at, processed_at IS NOT NULL FROM town_events NOT INDEXED "
    "WHERE rowid > ?1 ORDER BY rowid LIMIT ?2";
constexpr std::string_view nudges_sql =
    "SELECT rowid, created_at, delivered_at IS NOT NULL OR coalesce(expires_at < ?3, 0) "
    "FROM agent_nudges NOT INDEXED WHERE rowid > ?1 ORDER BY rowid LIMIT ?2";
// Agents' own beads are never over, their past is.
constexpr std::string_view bead_events_sql =
    "SELECT e.rowid, e.created_at, NOT EXISTS (SELECT 1 FROM beads b WHERE b.bead_id = e.bead_id "
    "AND b.status NOT IN ('closed','failed') AND b.type <> 'agent') "
    "FROM bead_events e NOT INDEXED WHERE e.rowid > ?1 ORDER BY e.rowid LIMIT ?2";
constexpr std::string_view messages_sql =
    "SELECT bead_id, updated_at FROM beads INDEXED BY idx_beads_type_status "
    "WHERE type = 'message' AND status = ?1 ORDER BY rowid LIMIT ?2";

// Goes on after `from`, and says there how far it came: 0 once all that is old was looked at.
template <class... More>
int prune_table(connection& db, std::string_view select, std::string_view erase, instant before,
                int rows_max, std::int64_t& from, const More&... more) {
    std::vector<std::int64_t> over;
    bool through = true;
    {
        int seen = 0;
        query row(db, select, from, history_seen_max, more...);
        while (row.next() && row.time(1) < before) {
            from = row.number(0);
            if (row.flag(2)) over.push_back(from);
            through = ++seen < history_seen_max && static_cast<int>(over.size()) < rows_max;
            if (!through) break;
        }
    }
    if (through) from = 0;
    for (const auto rowid : over)
        query(db, erase, rowid).exec();
    return static_cast<int>(over.size());
}

std::vector<bead_id> old_messages(connection& db, bead_status status, instant before,
                                  int rows_max) {
    std::vector<bead_id> out;
    query row(db, messages_sql, to_text(status), rows_max);
    while (row.next() && row.time(1) < before)
        out.push_back(row.text(0));
    return out;
}

}  // namespace

int sqlite_town_store::prune_history(instant before, int rows_max) {
    return db_.run("pruning the history", [&] {
        int left = std::max(rows_max, 0);
        std::int64_t start = 0;
        if (left > 0)
            left -= prune_table(db_, town_events_sql, "DELETE FROM town_events WHERE rowid = ?1",
                                before, left, start);
        start = 0;
        if (left > 0)
            left -= prune_table(db_, nudges_sql, "DELETE FROM agent_nudges WHERE rowid = ?1",
                                before, left, start, as_text(before));
        for (const auto status : {bead_status::closed, bead_status::failed})
            for (const auto& id : old_messages(db_, status, before, left)) {
                delete_bead(id);
                --left;
            }
        if (left > 0)
            left -= prune_table(db_, bead_events_sql, "DELETE FROM bead_events WHERE rowid = ?1",
                                before, left, pruned_to_);
        return std::max(rows_max, 0) - left;
    });
}

std::int64_t sqlite_town_store::bytes() {
    return db_.run("asking for the size", [&]() -> std::int64_t {
        query row(db_,
                  "SELECT (p.page_count - f.freelist_count) * s.page_size FROM "
                  "pragma_page_count p, pragma_freelist_count f, pragma_page_size s");
        return row.next() ? row.number(0) : 0;
    });
}

}  // namespace townd::store
