// Dispatch records and stop orders.

#include "json/json.hpp"
#include "store/kept.hpp"
#include "store/rows.hpp"
#include "store/sqlite_town_store.hpp"

namespace townd::store {
namespace {

std::optional<std::string> error_text(const std::optional<dispatch_error>& error, agent_role role) {
    if (!error) return std::nullopt;
    return dump_json(to_json(*error, to_text(role)));
}

std::nullopt_t refuse(const query& row, int column, std::string_view name, std::string& why) {
    why.assign(name).append(" is '").append(clean_text(row.view(column), 60)).append("'");
    return std::nullopt;
}

}  // namespace

std::optional<dispatch> read_dispatch(const query& row, std::string& why) {
    dispatch d;
    d.id = row.text(0);
    const auto role = parse_agent_role(row.view(1));
    if (!role) return refuse(row, 1, "role", why);
    d.role = *role;
    d.rig = row.optional_text(2);
    d.agent = row.text(3);
    d.agent_name = row.text(4);
    d.bead = row.text(5);
    d.attempt = row.small_number(6);
    d.rule = row.text(7);
    const auto state = parse_dispatch_state(row.view(8));
    if (!state) return refuse(row, 8, "state", why);
    d.state = *state;
    const auto outcome = parse_attempt_outcome(row.view(9));
    if (!outcome) return refuse(row, 9, "outcome", why);
    d.outcome = *outcome;
    d.created_at = row.ms(10);
    d.deadline_at = row.ms(11);
    d.grace_at = row.ms(12);
    d.answered_at = row.optional_ms(13);
    d.started_at = row.optional_ms(14);
    d.heartbeat_at = row.optional_ms(15);
    d.survived_at = row.optional_ms(16);
    d.ended_at = row.optional_ms(17);
    d.end_reason = row.text(18);
    d.charged_bead = row.flag(19);
    if (row.view(20) != "[]")
        if (const auto phases = parse_json(row.view(20))) d.phases = phases_from_json(*phases);
    if (!row.is_null(21)) {
        const auto error = parse_json(row.view(21));
        d.error = error_from_json(error ? *error : json(row.text(21)));
    }
    if (row.view(22) != "[]") d.admissions = admissions_from(row.view(22));
    return d;
}

void sqlite_town_store::insert_dispatch(const dispatch& d) {
    db_.run("writing a dispatch", [&] {
        query(db_,
              "INSERT INTO townd_dispatches(dispatch_id, role, rig_id, agent_id, agent_name, "
              "bead_id, attempt, rule, state, outcome, created_at, deadline_at, grace_at, "
              "answered_at, started_at, heartbeat_at, survived_at, ended_at, end_reason, "
              "charged_bead, phases, error, admissions) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
              "?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)",
              d.id, to_text(d.role), d.rig, d.agent, d.agent_name, d.bead, d.attempt,
              cut_text(d.rule, note_bytes_max), to_text(d.state), to_text(d.outcome),
              unix_ms(d.created_at), unix_ms(d.deadline_at), unix_ms(d.grace_at),
              as_ms(d.answered_at), as_ms(d.started_at), as_ms(d.heartbeat_at),
              as_ms(d.survived_at), as_ms(d.ended_at), cut_text(d.end_reason, note_bytes_max),
              d.charged_bead, dump_json(to_json(d.phases)), error_text(d.error, d.role),
              admissions_text(d.admissions))
            .exec();
        if (db_.database().getLastInsertRowid() % prune_stride != 0) return;
        query(db_,
              "DELETE FROM townd_dispatches WHERE rowid IN (SELECT rowid FROM townd_dispatches "
              "WHERE state NOT IN ('intent','unknown','started') "
              "ORDER BY created_at DESC, rowid DESC LIMIT -1 OFFSET ?1)",
              dispatches_kept_max - prune_stride)
            .exec();
    });
}

void sqlite_town_store::put_dispatch(const dispatch& d) {
    db_.run("writing a dispatch", [&] {
        query(db_,
              "UPDATE townd_dispatches SET state = ?2, outcome = ?3, deadline_at = ?4, "
              "grace_at = ?5, answered_at = ?6, started_at = ?7, heartbeat_at = ?8, "
              "survived_at = ?9, ended_at = ?10, end_reason = ?11, charged_bead = ?12, "
              "phases = ?13, error = ?14, admissions = ?15 WHERE dispatch_id = ?1",
              d.id, to_text(d.state), to_text(d.outcome), unix_ms(d.deadline_at),
              unix_ms(d.grace_at), as_ms(d.answered_at), as_ms(d.started_at), as_ms(d.heartbeat_at),
              as_ms(d.survived_at), as_ms(d.ended_at), cut_text(d.end_reason, note_bytes_max),
              d.charged_bead, dump_json(to_json(d.phases)), error_text(d.error, d.role),
              admissions_text(d.admissions))
            .exec();
        expect_changed("dispatch", d.id);
    });
}

std::optional<dispatch> sqlite_town_store::find_dispatch(std::string_view id) {
    static const std::string sql =
        "SELECT " + dispatch_columns + " FROM townd_dispatches d WHERE d.dispatch_id = ?1";
    return db_.run("reading a dispatch", [&]() -> std::optional<dispatch> {
        query row(db_, sql, id);
        if (!row.next()) return std::nullopt;
        std::string why;
        auto d = read_dispatch(row, why);
        if (!d)
            db_.fail(
                {errc::conflict, "dispatch " + clean_text(id, 80) + " cannot be read: " + why});
        return d;
    });
}

std::vector<dispatch> sqlite_town_store::list_dispatches(const dispatch_filter& filter) {
    static const std::string select =
        "SELECT " + dispatch_columns + " FROM townd_dispatches d WHERE ";
    static const std::string order = " ORDER BY d.created_at DESC, d.rowid DESC LIMIT ?3";
    static const std::string of_bead =
        select + "d.bead_id = ?1 AND (?2 IS NULL OR d.agent_id = ?2)" + order;
    static const std::string of_agent = select + "?1 IS NULL AND d.agent_id = ?2" + order;
    static const std::string of_all = select + "?1 IS NULL AND ?2 IS NULL" + order;
    return db_.run("listing dispatches", [&] {
        std::vector<dispatch> out;
        const std::string& sql = filter.bead ? of_bead : filter.agent ? of_agent : of_all;
        query row(db_, sql, filter.bead, filter.agent, std::clamp(filter.limit, 0, page_rows_max));
        std::string why;
        while (row.next())
            if (auto d = read_dispatch(row, why)) out.push_back(*std::move(d));
        return out;
    });
}

void sqlite_town_store::put_stop(const stop_order& s) {
    db_.run("writing a stop order", [&] {
        query(db_,
              "INSERT INTO townd_stops(agent_id, reason, requested_at, tries, next_try_at) "
              "VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(agent_id) DO UPDATE SET "
              "reason = excluded.reason, requested_at = excluded.requested_at, "
              "tries = excluded.tries, next_try_at = excluded.next_try_at",
              s.agent, cut_text(s.reason, note_bytes_max), unix_ms(s.requested_at), s.tries,
              unix_ms(s.next_try_at))
            .exec();
    });
}

std::optional<stop_order> sqlite_town_store::find_stop(std::string_view agent) {
    return db_.run("reading a stop order", [&]() -> std::optional<stop_order> {
        query row(db_,
                  "SELECT agent_id, reason, requested_at, tries, next_try_at FROM townd_stops "
                  "WHERE agent_id = ?1",
                  agent);
        if (!row.next()) return std::nullopt;
        return stop_order{row.text(0), row.text(1), row.ms(2), row.small_number(3), row.ms(4), {}};
    });
}

void sqlite_town_store::delete_stop(std::string_view agent) {
    db_.run("deleting a stop order",
            [&] { query(db_, "DELETE FROM townd_stops WHERE agent_id = ?1", agent).exec(); });
}

}  // namespace townd::store
