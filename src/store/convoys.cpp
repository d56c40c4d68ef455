// Convoys, whose beads land together, and nudges, which wait for an agent.

#include "store/kept.hpp"
#include "store/query.hpp"
#include "store/sqlite_town_store.hpp"

namespace townd::store {

void sqlite_town_store::put_convoy(const convoy& c) {
    db_.run("writing a convoy", [&] {
        query(db_,
              "INSERT INTO convoy_metadata(bead_id, total_beads, closed_beads, landed_at, "
              "feature_branch, merge_mode, staged) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) "
              "ON CONFLICT(bead_id) DO UPDATE SET total_beads = excluded.total_beads, "
              "closed_beads = excluded.closed_beads, landed_at = excluded.landed_at, "
              "feature_branch = excluded.feature_branch, merge_mode = excluded.merge_mode, "
              "staged = excluded.staged",
              c.id, c.total_beads, c.closed_beads, as_text(c.landed_at), c.feature_branch,
              c.merge_mode, c.staged)
            .exec();
    });
}

std::optional<convoy> sqlite_town_store::find_convoy(std::string_view id) {
    return db_.run("reading a convoy", [&]() -> std::optional<convoy> {
        query row(db_,
                  "SELECT bead_id, total_beads, closed_beads, landed_at, feature_branch, "
                  "merge_mode, staged FROM convoy_metadata WHERE bead_id = ?1",
                  id);
        if (!row.next()) return std::nullopt;
        return convoy{row.text(0),          row.small_number(1),  row.small_number(2),
                      row.optional_time(3), row.optional_text(4), row.text(5),
                      row.flag(6)};
    });
}

std::vector<bead_id> sqlite_town_store::dependents_of(std::string_view bead,
                                                      std::string_view type) {
    return db_.run("reading what depends on a bead", [&] {
        std::vector<bead_id> out;
        query row(db_,
                  "SELECT bead_id FROM bead_dependencies WHERE depends_on_bead_id = ?1 "
                  "AND dependency_type = ?2 ORDER BY rowid",
                  bead, type);
        while (row.next())
            out.push_back(row.text(0));
        return out;
    });
}

void sqlite_town_store::add_nudge(const nudge& n) {
    db_.run("writing a nudge", [&] {
        query(db_,
              "INSERT INTO agent_nudges(nudge_id, agent_bead_id, message, mode, priority, source, "
              "created_at, expires_at) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
              n.id, n.agent, cut_text(n.message, event_data_bytes_max), n.mode, n.priority,
              n.source, as_text(n.created_at), as_text(n.expires_at))
            .exec();
    });
}

std::vector<nudge> sqlite_town_store::pending_nudges(std::string_view agent, instant now) {
    return db_.run("reading nudges", [&] {
        std::vector<nudge> out;
        query row(db_,
                  "SELECT nudge_id, agent_bead_id, message, mode, priority, source, created_at, "
                  "expires_at FROM agent_nudges WHERE delivered_at IS NULL AND agent_bead_id = ?1 "
                  "ORDER BY rowid LIMIT ?2",
                  agent, pending_nudges_max);
        while (row.next()) {
            nudge n{row.text(0), row.text(1), row.text(2), row.text(3),
                    row.text(4), row.text(5), row.time(6), row.optional_time(7)};
            if (!n.expires_at || *n.expires_at > now) out.push_back(std::move(n));
        }
        return out;
    });
}

void sqlite_town_store::nudge_delivered(std::string_view id, instant at) {
    db_.run("closing a nudge", [&] {
        query(db_,
              "UPDATE agent_nudges SET delivered_at = ?2 WHERE nudge_id = ?1 "
              "AND delivered_at IS NULL",
              id, as_text(at))
            .exec();
    });
}

}  // namespace townd::store
