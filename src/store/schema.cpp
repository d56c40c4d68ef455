#include "store/schema.hpp"

#include <array>
#include <set>
#include <tuple>

namespace townd::store {
namespace {

// The original's tables. A file that an older version of the original wrote lacks some columns;
// they are added. CHECK constraints that such a file still has are left alone.
constexpr std::array beads{column{"bead_id", "TEXT PRIMARY KEY"},
                           column{"type", "TEXT NOT NULL"},
                           column{"status", "TEXT NOT NULL DEFAULT 'open'"},
                           column{"title", "TEXT NOT NULL DEFAULT ''"},
                           column{"body", "TEXT"},
                           column{"rig_id", "TEXT"},
                           column{"parent_bead_id", "TEXT"},
                           column{"assignee_agent_bead_id", "TEXT"},
                           column{"priority", "TEXT DEFAULT 'medium'"},
                           column{"labels", "TEXT DEFAULT '[]'"},
                           column{"metadata", "TEXT DEFAULT '{}'"},
                           column{"dispatch_attempts", "INTEGER NOT NULL DEFAULT 0"},
                           column{"last_dispatch_attempt_at", "TEXT"},
                           column{"created_by", "TEXT"},
                           column{"created_at", "TEXT NOT NULL DEFAULT ''"},
                           column{"updated_at", "TEXT NOT NULL DEFAULT ''"},
                           column{"closed_at", "TEXT"}};
constexpr std::array agent_metadata{column{"bead_id", "TEXT PRIMARY KEY"},
                                    column{"role", "TEXT NOT NULL DEFAULT ''"},
                                    column{"identity", "TEXT NOT NULL UNIQUE"},
                                    column{"container_process_id", "TEXT"},
                                    column{"status", "TEXT NOT NULL DEFAULT 'idle'"},
                                    column{"current_hook_bead_id", "TEXT"},
                                    column{"dispatch_attempts", "INTEGER NOT NULL DEFAULT 0"},
                                    column{"checkpoint", "TEXT"},
                                    column{"last_activity_at", "TEXT"},
                                    column{"agent_status_message", "TEXT"},
                                    column{"agent_status_updated_at", "TEXT"},
                                    column{"last_event_type", "TEXT"},
                                    column{"last_event_at", "TEXT"},
                                    column{"active_tools", "TEXT DEFAULT '[]'"},
                                    column{"stalled_at", "TEXT"}};
constexpr std::array review_metadata{column{"bead_id", "TEXT PRIMARY KEY"},
                                     column{"branch", "TEXT NOT NULL DEFAULT ''"},
                                     column{"target_branch", "TEXT NOT NULL DEFAULT 'main'"},
                                     column{"merge_commit", "TEXT"},
                                     column{"pr_url", "TEXT"},
                                     column{"retry_count", "INTEGER DEFAULT 0"},
                                     column{"auto_merge_ready_since", "TEXT"},
                                     column{"last_feedback_check_at", "TEXT"}};
constexpr std::array convoy_metadata{column{"bead_id", "TEXT PRIMARY KEY"},
                                     column{"total_beads", "INTEGER NOT NULL DEFAULT 0"},
                                     column{"closed_beads", "INTEGER NOT NULL DEFAULT 0"},
                                     column{"landed_at", "TEXT"},
                                     column{"feature_branch", "TEXT"},
                                     column{"merge_mode", "TEXT"},
                                     column{"staged", "INTEGER NOT NULL DEFAULT 0"}};
constexpr std::array bead_dependencies{column{"bead_id", "TEXT NOT NULL"},
                                       column{"depends_on_bead_id", "TEXT NOT NULL"},
                                       column{"dependency_type", "TEXT NOT NULL DEFAULT 'blocks'"}};
constexpr std::array town_events{column{"event_id", "TEXT PRIMARY KEY"},
                                 column{"event_type", "TEXT NOT NULL DEFAULT ''"},
                                 column{"agent_id", "TEXT"},
                                 column{"bead_id", "TEXT"},
                                 column{"payload", "TEXT NOT NULL DEFAULT '{}'"},
                                 column{"created_at", "TEXT NOT NULL DEFAULT ''"},
                                 column{"processed_at", "TEXT"}};
constexpr std::array agent_nudges{column{"nudge_id", "TEXT PRIMARY KEY"},
                                  column{"agent_bead_id", "TEXT NOT NULL"},
                                  column{"message", "TEXT NOT NULL"},
                                  column{"mode", "TEXT NOT NULL DEFAULT 'wait-idle'"},
                                  column{"priority", "TEXT NOT NULL DEFAULT 'normal'"},
                                  column{"source", "TEXT NOT NULL DEFAULT 'system'"},
                                  column{"created_at", "TEXT NOT NULL DEFAULT (datetime('now'))"},
                                  column{"delivered_at", "TEXT"},
                                  column{"expires_at", "TEXT"}};
constexpr std::array escalation_metadata{
    column{"bead_id", "TEXT PRIMARY KEY"},
    column{"severity", "TEXT NOT NULL DEFAULT 'medium'"},
    column{"category", "TEXT"},
    column{"acknowledged", "INTEGER NOT NULL DEFAULT 0"},
    column{"re_escalation_count", "INTEGER NOT NULL DEFAULT 0"},
    column{"acknowledged_at", "TEXT"}};
constexpr std::array bead_events{column{"bead_event_id", "TEXT PRIMARY KEY"},
                                 column{"bead_id", "TEXT NOT NULL"},
                                 column{"agent_id", "TEXT"},
                                 column{"event_type", "TEXT NOT NULL DEFAULT ''"},
                                 column{"old_value", "TEXT"},
                                 column{"new_value", "TEXT"},
                                 column{"metadata", "TEXT DEFAULT '{}'"},
                                 column{"created_at", "TEXT NOT NULL DEFAULT ''"}};
constexpr std::array rigs{column{"id", "TEXT PRIMARY KEY"},
                          column{"name", "TEXT NOT NULL"},
                          column{"git_url", "TEXT NOT NULL DEFAULT ''"},
                          column{"default_branch", "TEXT NOT NULL DEFAULT 'main'"},
                          column{"config", "TEXT DEFAULT '{}'"},
                          column{"created_at", "TEXT NOT NULL DEFAULT ''"}};

constexpr std::array originals{
    table{"beads", beads},
    table{"agent_metadata", agent_metadata},
    table{"review_metadata", review_metadata},
    table{"convoy_metadata", convoy_metadata},
    table{"bead_dependencies", bead_dependencies, ", UNIQUE(bead_id, depends_on_bead_id)"},
    table{"town_events", town_events},
    table{"agent_nudges", agent_nudges},
    table{"escalation_metadata", escalation_metadata},
    table{"bead_events", bead_events},
    table{"rigs", rigs}};

constexpr const char* original_indexes = R"sql(
CREATE INDEX IF NOT EXISTS idx_beads_type_status ON beads(type, status);
CREATE INDEX IF NOT EXISTS idx_beads_parent ON beads(parent_bead_id);
CREATE INDEX IF NOT EXISTS idx_beads_rig_status ON beads(rig_id, status);
CREATE INDEX IF NOT EXISTS idx_beads_assignee ON beads(assignee_agent_bead_id, type, status);
CREATE INDEX IF NOT EXISTS idx_bead_deps_depends_on ON bead_dependencies(depends_on_bead_id);
CREATE INDEX IF NOT EXISTS idx_town_events_pending ON town_events(created_at)
    WHERE processed_at IS NULL;
CREATE INDEX IF NOT EXISTS idx_town_events_type ON town_events(event_type);
CREATE INDEX IF NOT EXISTS idx_agent_nudges_pending ON agent_nudges(agent_bead_id)
    WHERE delivered_at IS NULL;
CREATE INDEX IF NOT EXISTS idx_bead_events_bead ON bead_events(bead_id);
CREATE INDEX IF NOT EXISTS idx_bead_events_created ON bead_events(created_at);
CREATE INDEX IF NOT EXISTS idx_bead_events_type ON bead_events(event_type);
)sql";

// Ours. Times are Unix milliseconds. The partial indexes hold what is not over, so that the cost of
// a tick does not grow with finished work.
constexpr const char* own_tables = R"sql(
CREATE TABLE townd_meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE townd_beads(
    bead_id TEXT PRIMARY KEY, starts INTEGER NOT NULL, failures_in_row INTEGER NOT NULL,
    next_attempt_at INTEGER, parked INTEGER NOT NULL, reason TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE townd_dispatches(
    dispatch_id TEXT PRIMARY KEY, role TEXT NOT NULL, rig_id TEXT, agent_id TEXT NOT NULL,
    agent_name TEXT NOT NULL, bead_id TEXT NOT NULL, attempt INTEGER NOT NULL, rule TEXT NOT NULL,
    state TEXT NOT NULL, outcome TEXT NOT NULL, created_at INTEGER NOT NULL,
    deadline_at INTEGER NOT NULL, grace_at INTEGER NOT NULL, answered_at INTEGER,
    started_at INTEGER, heartbeat_at INTEGER, survived_at INTEGER, ended_at INTEGER,
    end_reason TEXT NOT NULL, charged_bead INTEGER NOT NULL, phases TEXT NOT NULL, error TEXT,
    admissions TEXT NOT NULL);
CREATE INDEX townd_dispatches_live ON townd_dispatches(created_at)
    WHERE state IN ('intent','unknown','started');
CREATE INDEX townd_dispatches_created ON townd_dispatches(created_at);
CREATE INDEX townd_dispatches_bead ON townd_dispatches(bead_id, created_at);
CREATE INDEX townd_dispatches_agent ON townd_dispatches(agent_id, created_at);
CREATE TABLE townd_failures(
    id INTEGER PRIMARY KEY, bead_id TEXT NOT NULL, dispatch_id TEXT NOT NULL,
    attempt INTEGER NOT NULL, at INTEGER NOT NULL, agent_id TEXT NOT NULL, error TEXT NOT NULL);
CREATE INDEX townd_failures_bead ON townd_failures(bead_id);
CREATE TABLE townd_error_groups(
    fingerprint TEXT PRIMARY KEY, code TEXT NOT NULL, phase TEXT NOT NULL, role TEXT NOT NULL,
    message TEXT NOT NULL, count INTEGER NOT NULL, first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE townd_stops(
    agent_id TEXT PRIMARY KEY, reason TEXT NOT NULL, requested_at INTEGER NOT NULL,
    tries INTEGER NOT NULL, next_try_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE townd_breakers(key TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE townd_poison(
    event_id TEXT PRIMARY KEY, type TEXT NOT NULL, tries INTEGER NOT NULL, error TEXT NOT NULL,
    at INTEGER NOT NULL);
CREATE TABLE townd_agent_events(
    id INTEGER PRIMARY KEY, agent_id TEXT NOT NULL, type TEXT NOT NULL, data TEXT NOT NULL,
    at INTEGER NOT NULL);
CREATE INDEX townd_agent_events_agent ON townd_agent_events(agent_id);
CREATE INDEX townd_live_beads ON beads(type, status, bead_id)
    WHERE status NOT IN ('closed','failed');
CREATE INDEX townd_staged_convoys ON convoy_metadata(bead_id) WHERE staged = 1;
)sql";

void put_missing(SQLite::Database& database, const char* key, const std::string& value) {
    SQLite::Statement put(database, "INSERT OR IGNORE INTO townd_meta(key, value) VALUES(?1, ?2)");
    put.bind(1, key);
    put.bind(2, value);
    put.exec();
}

}  // namespace

std::span<const table> original_tables() {
    return originals;
}

std::string columns_text(const table& wanted) {
    std::string sql;
    for (const auto& [name, declaration] : wanted.columns) {
        if (!sql.empty()) sql += ", ";
        sql.append(name).append(" ").append(declaration);
    }
    return sql;
}

void add_missing_columns(SQLite::Database& database, const table& wanted) {
    std::set<std::string, std::less<>> present;
    SQLite::Statement info(database, "SELECT name FROM pragma_table_info(?1)");
    info.bind(1, std::string{wanted.name});
    while (info.executeStep())
        present.insert(info.getColumn(0).getString());
    for (const auto& [name, declaration] : wanted.columns) {
        if (present.contains(name)) continue;
        database.exec("ALTER TABLE " + std::string{wanted.name} + " ADD COLUMN " +
                      std::string{name} + " " + std::string{declaration});
    }
}

void add_original_indexes(SQLite::Database& database) {
    database.exec(original_indexes);
}

void migrate(SQLite::Database& database, int version, std::string_view stem, instant now) {
    if (version >= schema_version) return;
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    if (version < 1) {
        for (const auto& wanted : originals) {
            database.exec("CREATE TABLE IF NOT EXISTS " + std::string{wanted.name} + "(" +
                          columns_text(wanted) + std::string{wanted.constraint} + ")");
            add_missing_columns(database, wanted);
        }
        add_original_indexes(database);
        // A file with two rigs of one name is odd, but no reason to refuse the town.
        std::ignore =
            database.tryExec("CREATE UNIQUE INDEX IF NOT EXISTS idx_rigs_name ON rigs(name)");
    }
    if (version < 2) {
        database.exec(own_tables);
        put_missing(database, "id", std::string{stem});
        put_missing(database, "name", std::string{stem});
        put_missing(database, "created_at", std::to_string(unix_ms(now)));
        put_missing(database, "updated_at", std::to_string(unix_ms(now)));
    }
    database.exec("PRAGMA application_id = " + std::to_string(application_id));
    database.exec("PRAGMA user_version = " + std::to_string(schema_version));
    transaction.commit();
}

}  // namespace townd::store
