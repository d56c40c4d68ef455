// Opening a town file: is it one, is it whole, is it ours alone; and making a new one.

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "store/data_dir.hpp"
#include "store/schema.hpp"
#include "store/sqlite_town_store.hpp"

namespace townd::store {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t quick_check_bytes_max = 16 * 1024 * 1024;
// Reliability, not speed: one owner, no trust in what the file brings along.
constexpr const char* safe_settings = R"sql(
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;
PRAGMA foreign_keys = OFF;
PRAGMA cache_size = -256;
PRAGMA temp_store = MEMORY;
)sql";
constexpr const char* log_settings = R"sql(
PRAGMA wal_autocheckpoint = 200;
PRAGMA journal_size_limit = 4194304;
)sql";

failure unusable(const fs::path& file, std::string_view why) {
    return {errc::unavailable,
            "town database " + file.filename().string() + ": " + std::string{why}};
}

failure no_storage(const fs::path& path, std::string_view doing, int errno_value) {
    return {errc::storage, "town database " + path.filename().string() + ": " + std::string{doing} +
                               " failed: " + std::generic_category().message(errno_value) +
                               "; check the disk and the rights on the data directory"};
}

std::optional<failure> check_file(const fs::path& file) {
    std::error_code ec;
    const auto status = fs::symlink_status(file, ec);
    if (status.type() == fs::file_type::not_found)
        return failure{errc::not_found,
                       "town database " + file.filename().string() + ": there is no such file"};
    if (ec) return no_storage(file, "looking at the file", ec.value());
    if (status.type() != fs::file_type::regular)
        return unusable(file, "it is no regular file; set it aside");
    const auto size = fs::file_size(file, ec);
    if (ec) return no_storage(file, "looking at the file", ec.value());
    if (size == 0)
        return unusable(file,
                        "the file is empty: it was emptied, or never written; restore it from a "
                        "backup, or delete the town");
    return std::nullopt;
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
    sqlite3_db_config(handle, SQLITE_DBCONFIG_LOOKASIDE, nullptr, 0, 0);  // 48 KB a town.
    database.exec(safe_settings);
    return database;
}

// Which file is this? Answers its migration number.
result<int> identify(SQLite::Database& database, const fs::path& file) {
    const int owner = database.execAndGet("PRAGMA application_id").getInt();
    const int version = database.execAndGet("PRAGMA user_version").getInt();
    const bool has_beads = database.tableExists("beads");
    if (owner != 0 && owner != application_id)
        return unusable(file, "it is a database of another program; set it aside");
    if (version > schema_version || version < 0)
        return unusable(file, "it was written by a newer townd (schema " + std::to_string(version) +
                                  ", this one knows " + std::to_string(schema_version) +
                                  "); install that version again");
    if (!has_beads)
        return unusable(file, owner == application_id
                                  ? "its tables are gone: it was emptied; restore it from a backup"
                                  : "it is no town: there is no table `beads`; set it aside");
    return version;
}

std::optional<failure> check_content(SQLite::Database& database, const fs::path& file) {
    std::error_code ec;
    const auto size = fs::file_size(file, ec);
    if (ec || size > quick_check_bytes_max) return std::nullopt;
    const auto verdict = database.execAndGet("PRAGMA quick_check(1)").getString();
    if (verdict == "ok") return std::nullopt;
    return unusable(file, "it is damaged (" + clean_text(verdict, 200) +
                              "); set it aside and restore the town from a backup");
}

std::optional<failure> start_log(SQLite::Database& database, const fs::path& file,
                                 durability sync) {
    if (database.execAndGet("PRAGMA journal_mode = WAL").getString() != "wal")
        return failure{errc::storage,
                       "town database " + file.filename().string() +
                           ": the file system refuses a write-ahead log; use a local disk"};
    database.exec(sync == durability::full ? "PRAGMA synchronous = FULL"
                                           : "PRAGMA synchronous = NORMAL");
    database.exec(log_settings);
    return std::nullopt;
}

// As `explain`, but a file that cannot be used at all is `unavailable`.
failure opening_failure(const SQLite::Exception& e, const fs::path& file, int errno_value) {
    auto trouble = explain(e, file.filename().string(), "opening", errno_value);
    const int primary = e.getErrorCode() & 0xFF;
    const bool odd_schema =
        primary == SQLITE_ERROR || primary == SQLITE_CONSTRAINT || primary == SQLITE_TOOBIG;
    if (trouble.damaged || odd_schema)
        trouble.why.kind = errc::unavailable;
    else if (trouble.why.kind == errc::internal)
        trouble.why.kind = errc::storage;
    return std::move(trouble.why);
}

result<std::unique_ptr<town_store>> open_existing(const fs::path& file, const town_id& stem,
                                                  durability sync, instant now) {
    if (auto wrong = check_file(file)) return *std::move(wrong);
    errno = 0;
    try {
        auto database = connect(file);
        try {
            const auto version = identify(database, file);
            if (!version) return version.error();
            if (auto wrong = check_content(database, file)) return *std::move(wrong);
            if (auto wrong = start_log(database, file, sync)) return *std::move(wrong);
            migrate(database, *version, stem, now);
        } catch (const SQLite::Exception& e) {
            return opening_failure(e, file, sqlite3_system_errno(database.getHandle()));
        }
        return std::unique_ptr<town_store>{
            std::make_unique<sqlite_town_store>(std::move(database), file.filename().string())};
    } catch (const SQLite::Exception& e) {
        return opening_failure(e, file, errno);
    } catch (const std::exception& e) {
        return failure{errc::internal, "town database " + file.filename().string() +
                                           ": opening failed: " + clean_text(e.what(), 300)};
    }
}

std::optional<failure> make_empty(const fs::path& file) {
    std::error_code ec;
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
        fs::path rest = file;
        fs::remove(rest += suffix, ec);
        if (ec) return no_storage(rest, "clearing the rest of an earlier attempt", ec.value());
    }
    const int fd = ::open(file.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) return no_storage(file, "creating the file", errno);
    ::close(fd);
    return std::nullopt;
}

std::optional<failure> sync_directory(const fs::path& dir) {
    const int fd = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int rc = fd < 0 ? -1 : ::fsync(fd);
    const int why = errno;
    if (fd >= 0) ::close(fd);
    if (rc != 0) return no_storage(dir, "making the new file durable", why);
    return std::nullopt;
}

// The schema and what the town is called, in a file that has neither yet.
std::optional<failure> fill(const fs::path& file, const open_options& options, instant now) {
    try {
        auto database = connect(file);
        if (auto wrong = start_log(database, file, durability::full)) return wrong;
        migrate(database, 0, options.create_id, now);
        sqlite_town_store store(std::move(database), file.filename().string());
        store.begin();
        auto meta = store.meta();
        meta.name = options.create_name.empty() ? options.create_id : options.create_name;
        meta.owner = options.create_owner;
        store.put_meta(meta);
        if (auto done = store.commit(); !done) return done.error();
        return std::nullopt;
    } catch (const SQLite::Exception& e) {
        return opening_failure(e, file, errno);
    }
}

// Made under another name and renamed when whole, so that a crash in between leaves no empty town.
std::optional<failure> create(const fs::path& file, const open_options& options, instant now) {
    if (!is_town_id(options.create_id))
        return failure{errc::invalid, "a town id is 1 to 64 of A-Z a-z 0-9 _ -; this one is not: " +
                                          clean_text(options.create_id, 80)};
    std::error_code ec;
    if (fs::symlink_status(file, ec).type() != fs::file_type::not_found)
        return failure{errc::conflict,
                       "town database " + file.filename().string() + ": it exists already"};
    fs::path fresh = file;
    fresh += ".creating";
    if (auto wrong = make_empty(fresh)) return wrong;
    if (auto wrong = fill(fresh, options, now)) return wrong;
    fs::rename(fresh, file, ec);
    if (ec) return no_storage(file, "naming the new file", ec.value());
    return sync_directory(file.has_parent_path() ? file.parent_path() : fs::path{"."});
}

}  // namespace

result<std::unique_ptr<town_store>> town_store::open(const fs::path& file,
                                                     const open_options& options, instant now) {
    if (options.create)
        if (auto wrong = create(file, options, now)) return *std::move(wrong);
    return open_existing(file, options.create ? options.create_id : file.stem().string(),
                         options.sync, now);
}

}  // namespace townd::store
