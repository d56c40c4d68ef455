#pragma once
// What the original kept of a town outside its tables: key-value entries, in a table of the export
// or in a JSON file beside it. They hold secrets: none of their values is ever in a sentence.

#include <map>
#include <optional>
#include <string>

#include "json/json.hpp"
#include "store/adoption_copy.hpp"

namespace townd::store {

struct town_entries {
    std::optional<town_id> id;
    std::optional<json> config;       ///< An object.
    std::map<rig_id, json> rigs;      ///< Objects, by rig.
    std::string config_from;          ///< Empty: there is none.
    std::vector<std::string> unread;  ///< Keys whose values could not be decoded.
};

/// Reads the table `_cf_KV`, if there is one. Throws SQLite::Exception.
[[nodiscard]] town_entries entries_of_table(SQLite::Database& database);

/// Reads a JSON file over `into`: a town's configuration, or an object of key-value entries.
[[nodiscard]] result<void> add_entries_of_file(const std::filesystem::path& file,
                                               town_entries& into);

/// Fills rigs that lack what the entries say of them, and makes those that are missing.
void repair_rig_entries(adoption_copy& copy, const town_entries& entries);

/// The configuration that the town gets, as JSON text; tells what was refused.
[[nodiscard]] std::string adopted_config(adoption_copy& copy, const town_entries& entries,
                                         const adoption_order& order);

}  // namespace townd::store
