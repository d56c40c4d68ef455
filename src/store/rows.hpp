#pragma once
// From a row to a value, or to the reason why it is none (incident rows E3 and E4).

#include "store/query.hpp"
#include "store/town_store.hpp"

namespace townd::store {

// What each reader expects, in this order. `bead_columns` has an empty body.
extern const std::string bead_columns;            ///< From `beads b` and `townd_beads t`.
extern const std::string bead_columns_with_body;  ///< The same.
extern const std::string agent_columns;           ///< From `beads b` and `agent_metadata m`.
extern const std::string rig_columns;             ///< From `rigs r`.
extern const std::string review_columns;          ///< From `beads b` and `review_metadata r`.
extern const std::string dispatch_columns;        ///< From `townd_dispatches d`.

// Each answers empty and sets `why` (column and value) when the row cannot be what it should.
[[nodiscard]] std::optional<bead> read_bead(const query& row, std::string& why);
[[nodiscard]] std::optional<agent> read_agent(const query& row, std::string& why);
[[nodiscard]] std::optional<rig> read_rig(const query& row, std::string& why);
[[nodiscard]] std::optional<review> read_review(const query& row, std::string& why);
[[nodiscard]] std::optional<dispatch> read_dispatch(const query& row, std::string& why);

/// The three texts of one scan: all its rows, only their rowids and ids, and the row of a rowid.
/// The last two serve a table that holds a row too big to read: the others are read one by one.
struct scan_text {
    std::string_view table;
    std::string_view all;
    std::string_view ids;
    std::string_view one;
};
inline constexpr std::size_t bad_rows_max = 100;

/// Appends what `read` makes of the rows to `out`, and to `bad` what it refuses.
template <class T>
void scan(connection& db, const scan_text& text, std::vector<T>& out, std::vector<bad_row>& bad,
          std::optional<T> (*read)(const query&, std::string&)) {
    const auto refuse = [&](std::string id, std::string why) {
        if (bad.size() < bad_rows_max)
            bad.push_back({std::string{text.table}, std::move(id), std::move(why)});
    };
    const auto take = [&](const query& row) {
        std::string why;
        if (auto value = read(row, why))
            out.push_back(*std::move(value));
        else
            refuse(row.text(0), std::move(why));
    };
    const auto too_big = [](const SQLite::Exception& e) { return explain(e, "", "", 0).too_big; };
    const auto read_before = out.size();
    const auto bad_before = bad.size();
    try {
        query rows(db, text.all);
        while (rows.next())
            take(rows);
        return;
    } catch (const SQLite::Exception& e) {
        if (!too_big(e)) throw;
    }
    out.erase(out.begin() + static_cast<std::ptrdiff_t>(read_before), out.end());
    bad.erase(bad.begin() + static_cast<std::ptrdiff_t>(bad_before), bad.end());
    query ids(db, text.ids);
    while (ids.next()) {
        try {
            query row(db, text.one, ids.number(0));
            if (row.next()) take(row);
        } catch (const SQLite::Exception& e) {
            if (!too_big(e)) throw;
            refuse(ids.text(1), "the row is over " + std::to_string(sqlite_length_max) + " bytes");
        }
    }
}

/// Row ids of a list of beads, newest first, as people look for them; ?1..?5 are status, type, rig,
/// assignee, parent, ?6 and ?7 limit and offset. A list of one parent or assignee goes by its
/// index: asked with every bead that ends, it must not cost what the town has beads. All else walks
/// back from the newest, which is soon done.
[[nodiscard]] const std::string& bead_list_sql(const bead_filter& filter);

}  // namespace townd::store
