#pragma once
// One connection to one town file: cached statements, transactions, and the sticky failure that
// town_store.hpp describes. SQLite's exceptions end here; above it, failures are values.

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

#include "townd/words/result.hpp"

namespace townd::store {

/// Longest text or row that SQLite will read or write here (incident row E5).
inline constexpr int sqlite_length_max = 2'000'000;

/// How long a file that another process has locked is waited for: a daemon's are nobody else's.
inline constexpr int busy_wait_ms = 50;

/// What an SQLite error means to a caller.
struct sqlite_trouble {
    failure why;
    bool broken = false;   ///< The database itself is in trouble, not one statement.
    bool damaged = false;  ///< The file is no database, or its content is corrupt.
    bool too_big = false;  ///< One text or row is over sqlite_length_max.
};

/// Translates an exception; `errno_value` is sqlite3_system_errno, since codes alone mislead: a
/// read-only disk and a lack of descriptors both say CANTOPEN.
[[nodiscard]] sqlite_trouble explain(const SQLite::Exception& e, std::string_view file,
                                     std::string_view doing, int errno_value);

/// A statement and its handle. Columns are read by the handle: SQLiteCpp's Column counts references
/// atomically, which was more than half the cost of reading a town.
struct cached_statement {
    SQLite::Statement statement;
    sqlite3_stmt* handle = nullptr;
};

/// Not safe for use by two threads at once.
class connection {
public:
    connection(SQLite::Database&& database, std::string name);

    /// Runs `work` unless something failed before; an exception becomes the transaction's failure,
    /// and the answer is then empty. `doing` completes "... failed", as in "reading beads".
    template <class Work>
    std::invoke_result_t<Work> run(std::string_view doing, Work&& work) {
        if (may_run(doing)) {
            try {
                return std::invoke(std::forward<Work>(work));
            } catch (const SQLite::Exception& e) {
                note(e, doing);
            } catch (const std::exception& e) {
                note(e, doing);
            }
        }
        if constexpr (!std::is_void_v<std::invoke_result_t<Work>>)
            return std::invoke_result_t<Work>{};
    }

    void begin();
    [[nodiscard]] result<void> commit();
    void rollback();
    void savepoint();
    void release();
    void rollback_to();
    void fail(failure why);

    [[nodiscard]] const std::optional<failure>& failed() const noexcept { return failed_; }
    [[nodiscard]] bool broken() const noexcept { return broken_; }
    [[nodiscard]] bool changed() const noexcept;

    /// The statement of this text, prepared once. `sql` must live as long as the connection.
    [[nodiscard]] cached_statement& cached(std::string_view sql);
    [[nodiscard]] SQLite::Statement& prepared(std::string_view sql) {
        return cached(sql).statement;
    }
    [[nodiscard]] SQLite::Database& database() noexcept { return database_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    /// Rows changed by the last statement.
    [[nodiscard]] int changes() const noexcept { return database_.getChanges(); }

private:
    [[nodiscard]] bool may_run(std::string_view doing);
    void note(const SQLite::Exception& e, std::string_view doing);
    void note(const std::exception& e, std::string_view doing);
    /// SQLite ends a transaction by itself after some errors.
    [[nodiscard]] bool in_transaction() const noexcept;
    void undo() noexcept;

    SQLite::Database database_;
    std::unordered_map<std::string_view, std::unique_ptr<cached_statement>> statements_;
    std::string name_;
    std::optional<failure> failed_;
    bool begun_ = false;
    bool part_open_ = false;
    bool broken_ = false;
    bool lost_ = false;  ///< Broken for good: this handle is not to be trusted any more.
    int changes_at_begin_ = 0;
    int changes_at_savepoint_ = 0;
};

}  // namespace townd::store
