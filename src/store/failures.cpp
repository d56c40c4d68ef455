// Kept failures: the newest of each bead, and the groups of the town.

#include "json/json.hpp"
#include "store/query.hpp"
#include "store/sqlite_town_store.hpp"

namespace townd::store {

void sqlite_town_store::add_failure(std::string_view bead, agent_role role, const kept_failure& f) {
    db_.run("writing a failure", [&] {
        query(db_,
              "INSERT INTO townd_failures(bead_id, dispatch_id, attempt, at, agent_id, error) "
              "VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
              bead, f.dispatch, f.attempt, unix_ms(f.at), f.agent,
              dump_json(to_json(f.error, to_text(role))))
            .exec();
        query(db_,
              "DELETE FROM townd_failures WHERE bead_id = ?1 AND id <= (SELECT id FROM "
              "townd_failures WHERE bead_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
              bead, failures_kept_max)
            .exec();
        query(db_,
              "INSERT INTO townd_error_groups(fingerprint, code, phase, role, message, count, "
              "first_at, last_at) VALUES(?1, ?2, ?3, ?4, ?5, 1, ?6, ?6) ON CONFLICT(fingerprint) "
              "DO UPDATE SET message = excluded.message, count = count + 1, "
              "last_at = max(last_at, excluded.last_at)",
              f.error.fingerprint(to_text(role)), to_text(f.error.code()), to_text(f.error.phase()),
              to_text(role), f.error.message(), unix_ms(f.at))
            .exec();
        query(db_,
              "DELETE FROM townd_error_groups WHERE fingerprint IN (SELECT fingerprint FROM "
              "townd_error_groups ORDER BY last_at DESC, count DESC LIMIT -1 OFFSET ?1)",
              error_groups_kept_max)
            .exec();
    });
}

std::vector<kept_failure> sqlite_town_store::failures(std::string_view bead) {
    return db_.run("reading failures", [&] {
        std::vector<kept_failure> out;
        query row(db_,
                  "SELECT dispatch_id, attempt, at, agent_id, error FROM townd_failures "
                  "WHERE bead_id = ?1 ORDER BY id DESC",
                  bead);
        while (row.next()) {
            const auto error = parse_json(row.view(4));
            out.push_back({row.text(0), row.small_number(1), row.ms(2), row.text(3),
                           error_from_json(error ? *error : json(row.text(4)))});
        }
        return out;
    });
}

std::vector<error_group> sqlite_town_store::error_groups() {
    return db_.run("reading error groups", [&] {
        std::vector<error_group> out;
        query row(db_,
                  "SELECT fingerprint, code, phase, role, message, count, first_at, last_at "
                  "FROM townd_error_groups ORDER BY last_at DESC, count DESC");
        while (row.next())
            out.push_back({row.text(0), row.text(1), row.text(2), row.text(3), row.text(4),
                           row.number(5), row.ms(6), row.ms(7)});
        return out;
    });
}

}  // namespace townd::store
