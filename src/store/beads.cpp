// Beads, what they wait for, and their history.

#include "store/kept.hpp"
#include "store/rows.hpp"
#include "store/sqlite_town_store.hpp"

namespace townd::store {
namespace {

std::optional<std::string> cut_optional(const std::optional<std::string>& text, std::size_t max) {
    if (!text) return std::nullopt;
    return cut_text(*text, max);
}

// Whether there is anything to write down in our own table.
bool has_own_state(const bead& b) {
    return b.starts != 0 || b.failures_in_row != 0 || b.next_attempt_at || b.parked ||
           !b.reason.empty();
}

void put_own(connection& db, const bead& b) {
    query(db,
          "INSERT INTO townd_beads(bead_id, starts, failures_in_row, next_attempt_at, parked, "
          "reason) VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(bead_id) DO UPDATE SET "
          "starts = excluded.starts, failures_in_row = excluded.failures_in_row, "
          "next_attempt_at = excluded.next_attempt_at, parked = excluded.parked, "
          "reason = excluded.reason",
          b.id, b.starts, b.failures_in_row, as_ms(b.next_attempt_at), b.parked,
          cut_text(b.reason, reason_bytes_max))
        .exec();
}

}  // namespace

std::optional<bead> sqlite_town_store::find_bead(std::string_view id) {
    static const std::string sql =
        "SELECT " + bead_columns_with_body +
        " FROM beads b LEFT JOIN townd_beads t ON t.bead_id = b.bead_id WHERE b.bead_id = ?1";
    return db_.run("reading a bead", [&]() -> std::optional<bead> {
        query row(db_, sql, id);
        if (!row.next()) return std::nullopt;
        std::string why;
        auto b = read_bead(row, why);
        if (!b)
            db_.fail({errc::conflict, "bead " + clean_text(id, 80) + " cannot be read: " + why +
                                          "; correct or delete that row"});
        return b;
    });
}

namespace {

std::string list_sql(std::string_view selective) {
    return "SELECT rowid FROM beads WHERE " + std::string{selective} +
           "(?1 IS NULL OR status = ?1) AND (?2 IS NULL OR type = ?2) "
           "AND (?3 IS NULL OR rig_id = ?3) AND (?4 IS NULL OR assignee_agent_bead_id = ?4) "
           "AND (?5 IS NULL OR parent_bead_id = ?5) ORDER BY rowid DESC LIMIT ?6 OFFSET ?7";
}

}  // namespace

const std::string& bead_list_sql(const bead_filter& filter) {
    static const std::string of_parent = list_sql("parent_bead_id = ?5 AND ");
    static const std::string of_assignee = list_sql("assignee_agent_bead_id = ?4 AND ");
    static const std::string of_all = list_sql("");
    return filter.parent ? of_parent : filter.assignee ? of_assignee : of_all;
}

std::vector<bead> sqlite_town_store::list_beads(const bead_filter& filter) {
    // The ids come first: one row that is too big or bad must not hide the others, and only the
    // rows of this page are read.
    static const std::string row_sql =
        "SELECT " + bead_columns_with_body +
        " FROM beads b LEFT JOIN townd_beads t ON t.bead_id = b.bead_id WHERE b.rowid = ?1";
    return db_.run("listing beads", [&] {
        std::vector<bead> out;
        std::optional<std::string> status, type;
        if (filter.status) status = to_text(*filter.status);
        if (filter.type) type = to_text(*filter.type);
        query ids(db_, bead_list_sql(filter), status, type, filter.rig, filter.assignee,
                  filter.parent, std::clamp(filter.limit, 0, page_rows_max),
                  std::max(filter.offset, 0));
        std::size_t bytes = 0;
        while (bytes < page_bytes_max && ids.next()) {
            std::string why;
            try {
                query row(db_, row_sql, ids.number(0));
                if (!row.next()) continue;
                auto b = read_bead(row, why);
                if (!b) continue;
                bytes +=
                    b->title.size() + b->metadata_json.size() + (b->body ? b->body->size() : 0);
                out.push_back(*std::move(b));
            } catch (const SQLite::Exception& e) {
                if (!explain(e, "", "", 0).too_big) throw;
            }
        }
        return out;
    });
}

void sqlite_town_store::insert_bead(const bead& b) {
    db_.run("writing a bead", [&] {
        const auto labels = labels_text(b.labels);
        if (!fits(b.metadata_json, metadata_bytes_max, "the metadata", b.id)) return;
        if (!fits(labels, metadata_bytes_max, "the list of labels", b.id)) return;
        query(db_,
              "INSERT INTO beads(bead_id, type, status, title, body, rig_id, parent_bead_id, "
              "assignee_agent_bead_id, priority, labels, metadata, dispatch_attempts, "
              "last_dispatch_attempt_at, created_by, created_at, updated_at, closed_at) "
              "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
              b.id, to_text(b.type), to_text(b.status), cut_text(b.title, title_bytes_max),
              cut_optional(b.body, body_bytes_max), b.rig, b.parent, b.assignee,
              to_text(b.priority), labels, b.metadata_json, b.dispatch_attempts,
              as_text(b.last_dispatch_attempt_at), cut_text(b.created_by, title_bytes_max),
              as_text(b.created_at), as_text(b.updated_at), as_text(b.closed_at))
            .exec();
        if (has_own_state(b)) put_own(db_, b);
    });
}

void sqlite_town_store::put_bead(const bead& b) {
    constexpr std::string_view without_body =
        "UPDATE beads SET status = ?2, title = ?3, rig_id = ?4, parent_bead_id = ?5, "
        "assignee_agent_bead_id = ?6, priority = ?7, labels = ?8, metadata = ?9, "
        "dispatch_attempts = ?10, last_dispatch_attempt_at = ?11, updated_at = ?12, "
        "closed_at = ?13 WHERE bead_id = ?1";
    db_.run("writing a bead", [&] {
        const auto labels = labels_text(b.labels);
        if (!fits(b.metadata_json, metadata_bytes_max, "the metadata", b.id)) return;
        if (!fits(labels, metadata_bytes_max, "the list of labels", b.id)) return;
        query(db_, without_body, b.id, to_text(b.status), cut_text(b.title, title_bytes_max), b.rig,
              b.parent, b.assignee, to_text(b.priority), labels, b.metadata_json,
              b.dispatch_attempts, as_text(b.last_dispatch_attempt_at), as_text(b.updated_at),
              as_text(b.closed_at))
            .exec();
        expect_changed("bead", b.id);
        if (b.body)
            query(db_, "UPDATE beads SET body = ?2 WHERE bead_id = ?1", b.id,
                  cut_text(*b.body, body_bytes_max))
                .exec();
        put_own(db_, b);
    });
}

void sqlite_town_store::delete_bead(std::string_view id) {
    db_.run("deleting a bead", [&] {
        for (const std::string_view sql :
             {"DELETE FROM review_metadata WHERE bead_id = ?1",
              "DELETE FROM escalation_metadata WHERE bead_id = ?1",
              "DELETE FROM convoy_metadata WHERE bead_id = ?1",
              "DELETE FROM bead_dependencies WHERE bead_id = ?1 OR depends_on_bead_id = ?1",
              "DELETE FROM bead_events WHERE bead_id = ?1",
              "DELETE FROM town_events WHERE processed_at IS NULL AND bead_id = ?1",
              "DELETE FROM townd_beads WHERE bead_id = ?1",
              "DELETE FROM townd_failures WHERE bead_id = ?1",
              // A live attempt stays: it holds a slot until the container has answered.
              "DELETE FROM townd_dispatches WHERE bead_id = ?1 AND "
              "state NOT IN ('intent','unknown','started')",
              "DELETE FROM beads WHERE bead_id = ?1"})
            query(db_, sql, id).exec();
    });
}

void sqlite_town_store::add_dependency(const dependency& d) {
    db_.run("writing a dependency", [&] {
        query(db_,
              "INSERT INTO bead_dependencies(bead_id, depends_on_bead_id, dependency_type) "
              "VALUES(?1, ?2, ?3) ON CONFLICT(bead_id, depends_on_bead_id) "
              "DO UPDATE SET dependency_type = excluded.dependency_type",
              d.bead, d.on, d.type)
            .exec();
    });
}

std::vector<dependency> sqlite_town_store::dependencies_of(std::string_view bead) {
    return db_.run("reading dependencies", [&] {
        std::vector<dependency> out;
        query row(db_,
                  "SELECT d.bead_id, d.depends_on_bead_id, d.dependency_type, o.status "
                  "FROM bead_dependencies d LEFT JOIN beads o ON o.bead_id = d.depends_on_bead_id "
                  "WHERE d.bead_id = ?1 ORDER BY d.rowid",
                  bead);
        while (row.next()) {
            dependency d{row.text(0), row.text(1), row.text(2), std::nullopt};
            // A status that is none holds what waits for it: nobody knows that it is over.
            if (!row.is_null(3))
                d.on_status = parse_bead_status(row.view(3)).value_or(bead_status::open);
            out.push_back(std::move(d));
        }
        return out;
    });
}

void sqlite_town_store::add_bead_event(const bead_event& e) {
    db_.run("writing a bead event", [&] {
        if (!fits(e.metadata_json, metadata_bytes_max, "the metadata of an event", e.bead)) return;
        query(db_,
              "INSERT OR IGNORE INTO bead_events(bead_event_id, bead_id, agent_id, event_type, "
              "old_value, new_value, metadata, created_at) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
              e.id, e.bead, e.agent, e.type, cut_optional(e.old_value, event_data_bytes_max),
              cut_optional(e.new_value, event_data_bytes_max), e.metadata_json, as_text(e.at))
            .exec();
    });
}

std::vector<bead_event> sqlite_town_store::bead_events(std::optional<instant> since,
                                                       std::optional<bead_id> bead, int limit) {
    // Both time formats begin with the date, so texts are compared by date only, a day early for
    // the sake of offsets; the exact comparison follows on the parsed time. Rows are appended, so
    // the order of rowids is the order of time.
    constexpr std::string_view columns =
        "SELECT rowid, bead_event_id, bead_id, agent_id, event_type, old_value, new_value, "
        "metadata, created_at FROM bead_events ";
    static const std::string of_town =
        std::string{columns} + "WHERE created_at >= ?1 ORDER BY rowid";
    static const std::string of_all = std::string{columns} + "ORDER BY rowid";
    static const std::string of_bead = std::string{columns} + "WHERE bead_id = ?1 ORDER BY rowid";
    const auto wanted = static_cast<std::size_t>(std::clamp(limit, 0, page_rows_max));
    return db_.run("reading bead events", [&] {
        std::vector<bead_event> out;
        const auto collect = [&](query& row) {
            while (out.size() < wanted && row.next()) {
                const auto at = row.time(8);
                if (since && at <= *since) continue;
                out.push_back({row.number(0), row.text(1), row.text(2), row.optional_text(3),
                               row.text(4), row.optional_text(5), row.optional_text(6),
                               row.is_null(7) ? "{}" : row.text(7), at});
            }
        };
        if (bead) {
            query row(db_, of_bead, *bead);
            collect(row);
        } else if (since) {
            const auto day = *since - std::chrono::hours{24};
            query row(db_, of_town, to_rfc3339(day).substr(0, 10));
            collect(row);
        } else {
            query row(db_, of_all);
            collect(row);
        }
        return out;
    });
}

}  // namespace townd::store
