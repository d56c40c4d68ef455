#include "store/connection.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <system_error>

namespace townd::store {
namespace {

std::string_view code_name(int primary) noexcept {
    switch (primary) {
        case SQLITE_BUSY:
            return "SQLITE_BUSY";
        case SQLITE_LOCKED:
            return "SQLITE_LOCKED";
        case SQLITE_NOMEM:
            return "SQLITE_NOMEM";
        case SQLITE_READONLY:
            return "SQLITE_READONLY";
        case SQLITE_IOERR:
            return "SQLITE_IOERR";
        case SQLITE_CORRUPT:
            return "SQLITE_CORRUPT";
        case SQLITE_FULL:
            return "SQLITE_FULL";
        case SQLITE_CANTOPEN:
            return "SQLITE_CANTOPEN";
        case SQLITE_TOOBIG:
            return "SQLITE_TOOBIG";
        case SQLITE_CONSTRAINT:
            return "SQLITE_CONSTRAINT";
        case SQLITE_NOTADB:
            return "SQLITE_NOTADB";
        default:
            return "SQLite error";
    }
}

// Which errors carry an errno worth showing.
bool from_system(int primary) noexcept {
    return primary == SQLITE_IOERR || primary == SQLITE_FULL || primary == SQLITE_CANTOPEN ||
           primary == SQLITE_READONLY || primary == SQLITE_BUSY;
}

std::string_view remedy(int primary, int errno_value) noexcept {
    switch (primary) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return "another process has the file open; stop it";
        case SQLITE_FULL:
            return "free space on the disk of the data directory";
        case SQLITE_READONLY:
            return "make the file and its directory writable for townd";
        case SQLITE_CANTOPEN:
            if (errno_value == EMFILE || errno_value == ENFILE)
                return "too many files are open; raise LimitNOFILE";
            return "check that the directory exists and that townd may write there";
        case SQLITE_IOERR:
            return "check the disk; the town must be opened again";
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return "set the file aside and restore the town from a backup";
        case SQLITE_TOOBIG:
            return "a text is over 2,000,000 bytes; shorten or delete that row";
        case SQLITE_CONSTRAINT:
            return "it exists already, or a column refuses the value";
        case SQLITE_NOMEM:
            return "memory is short; raise MemoryMax or lower the number of open towns";
        default:
            return "report this as a bug of townd, with the log around it";
    }
}

errc kind_of(int primary) noexcept {
    switch (primary) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return errc::locked;
        case SQLITE_TOOBIG:
            return errc::too_large;
        case SQLITE_CONSTRAINT:
            return errc::conflict;
        case SQLITE_NOMEM:
        case SQLITE_READONLY:
        case SQLITE_IOERR:
        case SQLITE_CORRUPT:
        case SQLITE_FULL:
        case SQLITE_CANTOPEN:
        case SQLITE_NOTADB:
            return errc::storage;
        default:
            return errc::internal;
    }
}

}  // namespace

sqlite_trouble explain(const SQLite::Exception& e, std::string_view file, std::string_view doing,
                       int errno_value) {
    const int code = e.getExtendedErrorCode() > 0 ? e.getExtendedErrorCode() : e.getErrorCode();
    const int primary = code > 0 ? code & 0xFF : 0;
    std::string text = "town database ";
    text.append(file).append(": ").append(doing).append(" failed: ");
    text.append(clean_text(e.what(), 300)).append(" (").append(code_name(primary));
    text.append(" ").append(std::to_string(code));
    if (from_system(primary) && errno_value != 0) {
        text.append(", errno ").append(std::to_string(errno_value)).append(": ");
        text.append(std::generic_category().message(errno_value));
    }
    text.append("); ").append(remedy(primary, errno_value));
    const errc kind = kind_of(primary);
    return {failure{kind, std::move(text)}, kind == errc::storage && primary != SQLITE_NOMEM,
            primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB, primary == SQLITE_TOOBIG};
}

connection::connection(SQLite::Database&& database, std::string name)
    : database_(std::move(database)), name_(std::move(name)) {}

bool connection::may_run(std::string_view doing) {
    if (failed_) return false;
    if (begun_) return true;
    fail({errc::internal, "town database " + name_ + ": " + std::string{doing} +
                              " outside a transaction; report this as a bug of townd"});
    return false;
}

void connection::note(const SQLite::Exception& e, std::string_view doing) {
    auto trouble = explain(e, name_, doing, sqlite3_system_errno(database_.getHandle()));
    broken_ = broken_ || trouble.broken;
    // After an I/O error the page cache may differ from the disk; after damage, so may everything.
    lost_ = lost_ || trouble.damaged || (e.getErrorCode() & 0xFF) == SQLITE_IOERR;
    fail(std::move(trouble.why));
    // SQLite undid the transaction on its own: nothing more may be written under its name.
    if (begun_ && !in_transaction()) broken_ = true;
}

void connection::note(const std::exception& e, std::string_view doing) {
    fail({errc::internal, "town database " + name_ + ": " + std::string{doing} +
                              " failed: " + clean_text(e.what(), 300)});
}

void connection::fail(failure why) {
    if (!failed_) failed_ = std::move(why);
}

bool connection::in_transaction() const noexcept {
    return sqlite3_get_autocommit(database_.getHandle()) == 0;
}

bool connection::changed() const noexcept {
    return begun_ && database_.getTotalChanges() != changes_at_begin_;
}

cached_statement& connection::cached(std::string_view sql) {
    auto& slot = statements_[sql];
    if (slot) return *slot;
    const std::string text{sql};
    slot = std::make_unique<cached_statement>(cached_statement{{database_, text}, nullptr});
    // SQLiteCpp keeps its handle to itself; of a text that is prepared once, SQLite knows one.
    sqlite3_stmt* each = nullptr;
    while ((each = sqlite3_next_stmt(database_.getHandle(), each)) != nullptr)
        if (text == sqlite3_sql(each)) slot->handle = each;
    return *slot;
}

void connection::begin() {
    if (begun_) {
        fail({errc::internal, "town database " + name_ +
                                  ": a transaction inside a transaction; report this as a bug"});
        return;
    }
    begun_ = true;
    part_open_ = false;
    changes_at_begin_ = database_.getTotalChanges();
    if (lost_) return;  // The failure stays: only a new connection helps.
    failed_.reset();
    broken_ = false;
    run("beginning a transaction", [&] { prepared("BEGIN IMMEDIATE").exec(); });
    prepared("BEGIN IMMEDIATE").tryReset();
}

result<void> connection::commit() {
    run("committing", [&] {
        auto& statement = prepared("COMMIT");
        statement.tryReset();
        statement.exec();
        statement.tryReset();
    });
    if (!failed_) {
        begun_ = false;
        part_open_ = false;
        return boost::system::in_place_value;
    }
    const failure why = *failed_;
    undo();
    return why;
}

void connection::rollback() {
    undo();
}

// A rollback that fails leaves the handle to be closed, which rolls back too.
void connection::undo() noexcept {
    for (auto& [sql, statement] : statements_)
        if (statement) statement->statement.tryReset();
    if (in_transaction() && database_.tryExec("ROLLBACK") != SQLITE_OK) lost_ = broken_ = true;
    begun_ = false;
    part_open_ = false;
}

void connection::savepoint() {
    run("setting a savepoint", [&] {
        if (part_open_) return fail({errc::internal, "a savepoint inside a savepoint"});
        auto& statement = prepared("SAVEPOINT part");
        statement.tryReset();
        statement.exec();
        statement.tryReset();
        part_open_ = true;
        changes_at_savepoint_ = database_.getTotalChanges();
    });
}

void connection::release() {
    run("releasing a savepoint", [&] {
        if (!part_open_) return fail({errc::internal, "a savepoint was released that is not set"});
        auto& statement = prepared("RELEASE part");
        statement.tryReset();
        statement.exec();
        statement.tryReset();
        part_open_ = false;
    });
}

void connection::rollback_to() {
    if (!part_open_) return;  // It was never set, because something had failed before.
    part_open_ = false;
    if (!in_transaction()) broken_ = true;
    if (broken_) return;
    if (database_.tryExec("ROLLBACK TO part; RELEASE part") != SQLITE_OK) {
        broken_ = lost_ = true;
        fail({errc::storage, "town database " + name_ + ": undoing a part failed: " +
                                 clean_text(database_.getErrorMsg(), 300)});
        return;
    }
    changes_at_begin_ += database_.getTotalChanges() - changes_at_savepoint_;
    failed_.reset();
}

}  // namespace townd::store
