// Agents: a bead of type agent and its row in agent_metadata.

#include "store/kept.hpp"
#include "store/rows.hpp"
#include "store/sqlite_town_store.hpp"

namespace townd::store {
namespace {

std::optional<std::string> cut_message(const agent& a) {
    if (!a.status_message) return std::nullopt;
    return cut_text(*a.status_message, status_message_bytes_max);
}

}  // namespace

std::optional<agent> sqlite_town_store::find_agent(std::string_view id) {
    static const std::string sql =
        "SELECT " + agent_columns +
        " FROM beads b LEFT JOIN agent_metadata m ON "
        "m.bead_id = b.bead_id WHERE b.bead_id = ?1 AND b.type = 'agent'";
    return db_.run("reading an agent", [&]() -> std::optional<agent> {
        query row(db_, sql, id);
        if (!row.next()) return std::nullopt;
        std::string why;
        auto a = read_agent(row, why);
        if (!a)
            db_.fail({errc::conflict, "agent " + clean_text(id, 80) + " cannot be read: " + why +
                                          "; correct or delete that row"});
        return a;
    });
}

std::vector<agent> sqlite_town_store::agents() {
    static const std::string from =
        " FROM beads b LEFT JOIN agent_metadata m ON m.bead_id = b.bead_id ";
    static const std::string all = "SELECT " + agent_columns + from + "WHERE b.type = 'agent'";
    static const std::string one = "SELECT " + agent_columns + from + "WHERE b.rowid = ?1";
    return db_.run("reading agents", [&] {
        std::vector<agent> out;
        std::vector<bad_row> bad;
        scan(db_,
             {"agent_metadata", all, "SELECT rowid, bead_id FROM beads WHERE type = 'agent'", one},
             out, bad, read_agent);
        std::stable_sort(out.begin(), out.end(), [](const agent& a, const agent& b) {
            return a.created_at < b.created_at;
        });
        return out;
    });
}

void sqlite_town_store::insert_agent(const agent& a) {
    db_.run("writing an agent", [&] {
        query same(db_, "SELECT bead_id FROM agent_metadata WHERE identity = ?1", a.identity);
        if (same.next()) {
            db_.fail(identity_taken(a.identity));
            return;
        }
        bead own;
        own.id = a.id;
        own.type = bead_type::agent;
        own.title = a.name;
        own.rig = a.rig;
        own.created_by = "townd";
        own.created_at = own.updated_at = a.created_at;
        insert_bead(own);
        query(db_,
              "INSERT INTO agent_metadata(bead_id, role, identity, status) VALUES(?1, ?2, ?3, ?4)",
              a.id, to_text(a.role), a.identity, status_to_store(a))
            .exec();
        put_agent(a);
    });
}

void sqlite_town_store::put_agent(const agent& a) {
    db_.run("writing an agent", [&] {
        if (a.checkpoint_json && !fits(*a.checkpoint_json, body_bytes_max, "the checkpoint", a.id))
            return;
        if (!fits(a.active_tools_json, metadata_bytes_max, "the list of tools", a.id)) return;
        query(db_,
              "UPDATE agent_metadata SET status = ?2, current_hook_bead_id = ?3, "
              "dispatch_attempts = ?4, checkpoint = ?5, last_activity_at = ?6, stalled_at = ?7, "
              "agent_status_message = ?8, agent_status_updated_at = ?9, last_event_type = ?10, "
              "last_event_at = ?11, active_tools = ?12 WHERE bead_id = ?1",
              a.id, status_to_store(a), a.hook, a.dispatch_attempts, a.checkpoint_json,
              as_text(a.last_activity_at), as_text(a.stalled_at), cut_message(a),
              as_text(a.status_message_at), a.last_event_type, as_text(a.last_event_at),
              a.active_tools_json)
            .exec();
        expect_changed("agent", a.id);
    });
}

void sqlite_town_store::delete_agent(std::string_view id) {
    // Its stop order stays: the process may still run.
    db_.run("deleting an agent", [&] {
        query(db_, "DELETE FROM agent_nudges WHERE agent_bead_id = ?1", id).exec();
        query(db_, "DELETE FROM agent_metadata WHERE bead_id = ?1", id).exec();
        delete_bead(id);
    });
}

void sqlite_town_store::add_agent_event(std::string_view agent, std::string_view type,
                                        std::string_view data_json, instant at) {
    db_.run("writing an agent event", [&] {
        query(db_,
              "INSERT INTO townd_agent_events(agent_id, type, data, at) VALUES(?1, ?2, ?3, ?4)",
              agent, cut_text(type, title_bytes_max), cut_text(data_json, event_data_bytes_max),
              unix_ms(at))
            .exec();
        query(db_, "DELETE FROM townd_agent_events WHERE id <= ?1",
              db_.database().getLastInsertRowid() - agent_events_kept_max)
            .exec();
    });
}

std::vector<agent_event> sqlite_town_store::agent_events(std::string_view agent, int limit) {
    return db_.run("reading agent events", [&] {
        std::vector<agent_event> out;
        query row(db_,
                  "SELECT id, type, data, at FROM townd_agent_events WHERE agent_id = ?1 "
                  "ORDER BY id DESC LIMIT ?2",
                  agent, std::clamp(limit, 0, page_rows_max));
        while (row.next())
            out.push_back({row.number(0), row.text(1), row.text(2), row.ms(3)});
        return out;
    });
}

}  // namespace townd::store
