// Merge requests and escalations.

#include "store/rows.hpp"
#include "store/sqlite_town_store.hpp"

namespace townd::store {

void sqlite_town_store::put_review_source(const review& r) {
    if (!r.source) return;
    // The first edge of type `tracks` names the source; one that is there already stays.
    query(db_,
          "INSERT INTO bead_dependencies(bead_id, depends_on_bead_id, dependency_type) "
          "SELECT ?1, ?2, 'tracks' WHERE NOT EXISTS (SELECT 1 FROM bead_dependencies "
          "WHERE bead_id = ?1 AND dependency_type = 'tracks')",
          r.id, *r.source)
        .exec();
}

void sqlite_town_store::insert_review(const review& r) {
    db_.run("writing a review", [&] {
        query(db_,
              "INSERT INTO review_metadata(bead_id, branch, target_branch, merge_commit, pr_url, "
              "retry_count) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
              r.id, cut_text(r.branch, title_bytes_max), cut_text(r.target_branch, title_bytes_max),
              r.merge_commit, r.pr_url, r.rework_rounds)
            .exec();
        put_review_source(r);
    });
}

std::optional<review> sqlite_town_store::find_review(std::string_view id) {
    static const std::string sql = "SELECT " + review_columns +
                                   " FROM review_metadata r JOIN beads b ON b.bead_id = r.bead_id "
                                   "WHERE r.bead_id = ?1";
    return db_.run("reading a review", [&]() -> std::optional<review> {
        query row(db_, sql, id);
        if (!row.next()) return std::nullopt;
        std::string why;
        auto r = read_review(row, why);
        if (!r)
            db_.fail({errc::conflict, "review " + clean_text(id, 80) + " cannot be read: " + why});
        return r;
    });
}

void sqlite_town_store::put_review(const review& r) {
    db_.run("writing a review", [&] {
        query(db_,
              "UPDATE review_metadata SET branch = ?2, target_branch = ?3, merge_commit = ?4, "
              "pr_url = ?5, retry_count = ?6 WHERE bead_id = ?1",
              r.id, cut_text(r.branch, title_bytes_max), cut_text(r.target_branch, title_bytes_max),
              r.merge_commit, r.pr_url, r.rework_rounds)
            .exec();
        expect_changed("review", r.id);
        put_review_source(r);
    });
}

std::vector<review_link> sqlite_town_store::reviews_of(std::string_view source) {
    return db_.run("reading the reviews of a bead", [&] {
        std::vector<review_link> out;
        query row(db_,
                  "SELECT d.depends_on_bead_id, m.bead_id, m.status FROM bead_dependencies d "
                  "CROSS JOIN beads m ON m.bead_id = d.bead_id WHERE d.depends_on_bead_id = ?1 "
                  "AND d.dependency_type = 'tracks' AND m.type = 'merge_request' ORDER BY d.rowid",
                  source);
        while (row.next())
            out.push_back({row.text(0), row.text(1),
                           parse_bead_status(row.view(2)).value_or(bead_status::open)});
        return out;
    });
}

void sqlite_town_store::put_escalation(const escalation& e) {
    db_.run("writing an escalation", [&] {
        query(db_,
              "INSERT INTO escalation_metadata(bead_id, severity, category, acknowledged, "
              "acknowledged_at, re_escalation_count) VALUES(?1, ?2, ?3, ?4, ?5, ?6) "
              "ON CONFLICT(bead_id) DO UPDATE SET severity = excluded.severity, "
              "category = excluded.category, acknowledged = excluded.acknowledged, "
              "acknowledged_at = excluded.acknowledged_at, "
              "re_escalation_count = excluded.re_escalation_count",
              e.id, e.severity, cut_text(e.category, title_bytes_max), e.acknowledged,
              as_text(e.acknowledged_at), e.re_escalation_count)
            .exec();
    });
}

std::optional<escalation> sqlite_town_store::find_escalation(std::string_view id) {
    return db_.run("reading an escalation", [&]() -> std::optional<escalation> {
        query row(db_,
                  "SELECT bead_id, severity, category, acknowledged, acknowledged_at, "
                  "re_escalation_count FROM escalation_metadata WHERE bead_id = ?1",
                  id);
        if (!row.next()) return std::nullopt;
        return escalation{row.text(0), row.text(1),          row.text(2),
                          row.flag(3), row.optional_time(4), row.small_number(5)};
    });
}

}  // namespace townd::store
