#pragma once
// What the repairs' SQL can ask about a text that is odd.

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <string>
#include <string_view>

namespace townd::store {

/// Adds, for this connection:
/// - `adopt_time(x)`: RFC 3339 with milliseconds, of a text in either format or of a Unix time in
///   seconds or milliseconds; NULL for anything else.
/// - `adopt_status(x)`, `adopt_type(x)`, `adopt_priority(x)`: townd's word for one that the
/// original
///   or its forerunners used; NULL for a word that nobody knows.
/// - `adopt_is_labels(x)`, `adopt_is_object(x)`, `adopt_is_json(x)`: 0 or 1.
/// - `adopt_labels(x)`: the labels that can be read out of what is no list of texts, as a list.
/// - `adopt_keep(metadata, key, x)`: the metadata with the first bytes of `x` under `adopted.key`.
/// - `adopt_cut(x, max)`: at most `max` bytes, with a marker that tells the true length.
void add_adoption_functions(SQLite::Database& database);

}  // namespace townd::store
