#pragma once
// Opening or making the daemon's own database.

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <memory>

#include "store/town_store.hpp"

namespace townd::store {

inline constexpr std::string_view fleet_file_name = "fleet.db";
/// PRAGMA application_id: "tflt", so that no town file is taken for it, nor it for a town.
inline constexpr int fleet_application_id = 0x74666C74;
inline constexpr int fleet_schema_version = 2;

/// Checked, migrated, in WAL mode; see `fleet_store::open` for the failures.
[[nodiscard]] result<std::unique_ptr<SQLite::Database>> open_fleet_file(
    const std::filesystem::path& file, durability sync);

}  // namespace townd::store
