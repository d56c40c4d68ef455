#pragma once
// A town's database as one file elsewhere, and back. Both need the directory's lock, so that no
// daemon runs on it meanwhile: there is one connection to a town file, and it is the daemon's.

#include <cstdint>
#include <filesystem>

#include "store/data_dir.hpp"
#include "townd/words/time.hpp"

namespace townd::store {

struct town_copy {
    std::uint64_t bytes = 0;  ///< Of the file that was made.
};

/// Copies the town with SQLite's backup API into `to`, checks all of the copy, and makes it
/// durable; only then does it get its name. One file, no log beside it. `conflict` when `to` is
/// there already, `not_found` without such a town, `unavailable` when the copy is damaged (so is
/// the town), `storage` for trouble of the disk.
[[nodiscard]] result<town_copy> back_up_town(const data_dir& from, const town_id& town,
                                             const std::filesystem::path& to);

/// Puts a backup in the place of a town that does not exist; with `replace`, of one that does,
/// whose file is kept in `<dir>/deleted/`. The backup is checked and brought to this version's
/// schema first. `conflict` when the town exists, or the backup is of another town; otherwise as
/// above.
[[nodiscard]] result<town_copy> restore_town(const data_dir& into, const town_id& town,
                                             const std::filesystem::path& from, bool replace,
                                             instant now);

}  // namespace townd::store
