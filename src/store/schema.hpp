#pragma once
// The tables of a town file, and the numbered migrations that bring any older file up to them.

#include <SQLiteCpp/SQLiteCpp.h>

#include <span>
#include <string>
#include <string_view>

#include "townd/words/time.hpp"

namespace townd::store {

/// PRAGMA application_id of a file that townd has opened: "town". The original leaves it 0.
inline constexpr int application_id = 0x746F776E;
/// PRAGMA user_version: the migrations that a file has had.
inline constexpr int schema_version = 2;

struct column {
    std::string_view name;
    std::string_view declaration;
};
struct table {
    std::string_view name;
    std::span<const column> columns;
    std::string_view constraint = "";  ///< Begins with a comma.
};
/// The original's tables, as its last versions had them.
[[nodiscard]] std::span<const table> original_tables();
/// Names and declarations, without the table's constraint.
[[nodiscard]] std::string columns_text(const table& wanted);

void add_missing_columns(SQLite::Database& database, const table& wanted);
void add_original_indexes(SQLite::Database& database);

/// Brings the file from `version` to schema_version, in one transaction. Never drops or rebuilds a
/// table: columns and rows that it does not know stay as they are. Throws SQLite::Exception.
void migrate(SQLite::Database& database, int version, std::string_view stem, instant now);

}  // namespace townd::store
