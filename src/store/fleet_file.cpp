#include "store/fleet_file.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "store/connection.hpp"

namespace townd::store {
namespace {

namespace fs = std::filesystem;

constexpr const char* settings = R"sql(
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;
PRAGMA temp_store = MEMORY;
)sql";
constexpr const char* tables = R"sql(
CREATE TABLE override_order(
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, scope TEXT NOT NULL, town TEXT NOT NULL,
    rig TEXT NOT NULL, role TEXT, by TEXT NOT NULL, reason TEXT NOT NULL,
    set_at INTEGER NOT NULL, until INTEGER) WITHOUT ROWID;
CREATE TABLE audit(
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, by TEXT NOT NULL,
    peer TEXT NOT NULL, verb TEXT NOT NULL, route TEXT NOT NULL, target TEXT NOT NULL,
    reason TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, expires_at INTEGER,
    request_id TEXT NOT NULL, outcome TEXT NOT NULL);
CREATE TABLE kept_answer(
    key TEXT PRIMARY KEY, digest TEXT NOT NULL, answer TEXT NOT NULL, at INTEGER NOT NULL);
CREATE INDEX kept_answer_at ON kept_answer(at);
CREATE TABLE named_value(key TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
)sql";
constexpr const char* tables_of_2 = R"sql(
CREATE TABLE events(
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, type TEXT NOT NULL, severity TEXT NOT NULL,
    town TEXT NOT NULL, role TEXT NOT NULL, agent TEXT NOT NULL, bead TEXT NOT NULL,
    dispatch TEXT NOT NULL, code TEXT NOT NULL, fingerprint TEXT NOT NULL, text TEXT NOT NULL);
CREATE INDEX events_at ON events(at);
)sql";

failure unusable(const fs::path& file, std::string_view why) {
    return {errc::unavailable,
            "the daemon's database " + file.filename().string() + ": " + std::string{why}};
}

failure no_storage(const fs::path& file, std::string_view doing, std::string_view why) {
    return {errc::storage, "the daemon's database " + file.filename().string() + ": " +
                               std::string{doing} + " failed: " + clean_text(why, 300) +
                               "; check the disk and the rights on the data directory"};
}

failure no_storage(const fs::path& file, std::string_view doing, int errno_value) {
    return no_storage(file, doing, std::generic_category().message(errno_value));
}

std::optional<failure> check_file(const fs::path& file) {
    std::error_code ec;
    const auto status = fs::symlink_status(file, ec);
    if (status.type() != fs::file_type::regular)
        return unusable(file, "it is no regular file; move it away and restart townd");
    const auto size = fs::file_size(file, ec);
    if (ec) return no_storage(file, "looking at the file", ec.value());
    if (size == 0)
        return unusable(file, "it was emptied; move it away, or restore it from a backup");
    return std::nullopt;
}

std::optional<failure> check(SQLite::Database& database, const fs::path& file, int& version) {
    const int owner = database.execAndGet("PRAGMA application_id").getInt();
    version = database.execAndGet("PRAGMA user_version").getInt();
    const int tables_there =
        database.execAndGet("SELECT count(*) FROM sqlite_master WHERE type = 'table'").getInt();
    if (tables_there == 0)
        return unusable(file, "it was emptied; move it away, or restore it from a backup");
    if (owner != fleet_application_id)
        return unusable(file, "it is a database of another program; move it away");
    if (version > fleet_schema_version || version < 1)
        return unusable(file, "it was written by a newer townd (schema " + std::to_string(version) +
                                  ", this one knows " + std::to_string(fleet_schema_version) +
                                  "); install that version again");
    for (const char* name : {"override_order", "audit", "kept_answer", "named_value", "events"})
        if ((version > 1 || name != std::string_view{"events"}) && !database.tableExists(name))
            return unusable(file, std::string{"its table "} + name +
                                      " is gone; move the file away, or restore it from a backup");
    const auto verdict = database.execAndGet("PRAGMA quick_check(1)").getString();
    if (verdict == "ok") return std::nullopt;
    return unusable(file, "it is damaged (" + clean_text(verdict, 200) +
                              "); move it away, or restore it from a backup");
}

SQLite::Database connect(const fs::path& file) {
    SQLite::Database database(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX,
                              busy_wait_ms);
    sqlite3* handle = database.getHandle();
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, sqlite_length_max);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
    database.exec(settings);
    return database;
}

void name_version(SQLite::Database& database) {
    database.exec("PRAGMA user_version = " + std::to_string(fleet_schema_version));
}

// Whole or not at all: a file that was interrupted here is of the old version still.
void migrate(SQLite::Database& database, int version) {
    if (version >= fleet_schema_version) return;
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    database.exec(tables_of_2);
    name_version(database);
    transaction.commit();
}

// Made under another name and renamed when whole: an empty file of that name was emptied.
std::optional<failure> make(const fs::path& file) {
    fs::path fresh = file;
    fresh += ".creating";
    std::error_code ec;
    fs::remove(fresh, ec);
    const int fd = ::open(fresh.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) return no_storage(fresh, "creating the file", errno);
    ::close(fd);
    {
        auto database = connect(fresh);
        SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
        database.exec(tables);
        database.exec(tables_of_2);
        database.exec("PRAGMA application_id = " + std::to_string(fleet_application_id));
        name_version(database);
        transaction.commit();
    }
    fs::rename(fresh, file, ec);
    if (ec) return no_storage(file, "naming the new file", ec.value());
    const auto dir = file.has_parent_path() ? file.parent_path() : fs::path{"."};
    const int dir_fd = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir_fd < 0) return no_storage(dir, "making the new file durable", errno);
    const bool durable = ::fsync(dir_fd) == 0;
    const int why = errno;
    ::close(dir_fd);
    if (!durable) return no_storage(dir, "making the new file durable", why);
    return std::nullopt;
}

failure explained(const SQLite::Exception& e, const fs::path& file) {
    const int primary = e.getErrorCode() & 0xFF;
    if (primary == SQLITE_NOTADB || primary == SQLITE_CORRUPT || primary == SQLITE_ERROR)
        return unusable(file, "it cannot be read (" + clean_text(e.what(), 200) +
                                  "); move it away, or restore it from a backup");
    if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED)
        return {errc::locked, "the daemon's database " + file.filename().string() +
                                  ": another process has it open; stop that one"};
    return no_storage(file, "opening", e.what());
}

}  // namespace

result<std::unique_ptr<SQLite::Database>> open_fleet_file(const fs::path& file, durability sync) {
    std::error_code ec;
    try {
        if (fs::symlink_status(file, ec).type() == fs::file_type::not_found)
            if (auto wrong = make(file)) return *std::move(wrong);
        if (auto wrong = check_file(file)) return *std::move(wrong);
        auto database = std::make_unique<SQLite::Database>(connect(file));
        int version = 0;
        if (auto wrong = check(*database, file, version)) return *std::move(wrong);
        if (database->execAndGet("PRAGMA journal_mode = WAL").getString() != "wal")
            return no_storage(file, "opening",
                              "the file system refuses a write-ahead log; use a local disk");
        database->exec(sync == durability::full ? "PRAGMA synchronous = FULL"
                                                : "PRAGMA synchronous = NORMAL");
        migrate(*database, version);
        database->exec("PRAGMA wal_autocheckpoint = 200; PRAGMA journal_size_limit = 4194304");
        return database;
    } catch (const SQLite::Exception& e) {
        return explained(e, file);
    } catch (const std::exception& e) {
        return no_storage(file, "opening", e.what());
    }
}

}  // namespace townd::store
