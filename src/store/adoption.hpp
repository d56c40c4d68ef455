#pragma once
// Adopting a town that the original (Gastown) wrote: a copy of its database is repaired where the
// original's oddities would stand in the way, told about one by one, and put into a data directory.
// The file that is given is read and nothing else. Used by commands, while no daemon runs.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/data_dir.hpp"
#include "townd/words/time.hpp"

namespace townd::store {

/// What became of an oddity.
enum class fate : std::uint8_t {
    repaired,  ///< It is as it should be; the old text is kept where one was replaced.
    dropped,   ///< It is not in the adopted town.
    left,      ///< It is as it was; the sentence says what the daemon does with it.
    told       ///< Nothing had to be done.
};
[[nodiscard]] std::string_view to_text(fate value) noexcept;

struct oddity {
    std::string code;  ///< A word for programs, as `hook_gone`.
    fate became = fate::told;
    std::int64_t count = 0;
    std::string sentence;               ///< With the count. Cleaned for a terminal; no secrets.
    std::vector<std::string> examples;  ///< Ids, at most oddity_examples_max.
};
inline constexpr std::size_t oddity_examples_max = 5;

struct adoption {
    town_id town;
    std::filesystem::path file;                  ///< The adopted one, in the data directory.
    std::uint64_t source_bytes = 0;              ///< Of the given file with its logs.
    std::uint64_t bytes = 0;                     ///< Of the adopted one.
    std::map<std::string, std::int64_t> issues;  ///< Beads of type issue, by status.
    std::int64_t agents = 0;
    std::int64_t rigs = 0;
    std::string config_from;  ///< Where the town's configuration was taken from; empty: none.
    std::vector<oddity> oddities;
};

/// A configuration without the keys that no town may have.
struct checked_config {
    std::string json = "{}";
    std::vector<std::string> refused;  ///< Key and what is wrong with it; never its value.
};

struct adoption_order {
    std::filesystem::path file;
    std::optional<town_id> as;                    ///< In place of the id that the file says.
    std::optional<std::filesystem::path> config;  ///< JSON beside the database.
    std::function<checked_config(const std::string& json, const town_id&)> check_config;
};

/// Puts the town into the directory. `not_found` without such a file, `invalid` for what is no
/// town's id or no JSON, `conflict` when that town exists or the file is townd's own, `unavailable`
/// for a file that is damaged or no town's database, `locked` for one that is being written,
/// `storage` for trouble of the disk. Nothing is in the directory then that was not there before.
[[nodiscard]] result<adoption> adopt(const data_dir& into, const adoption_order& order,
                                     instant now);

/// The same on a copy in a directory for temporary files; `into` is only looked at.
[[nodiscard]] result<adoption> try_adoption(const std::filesystem::path& into,
                                            const adoption_order& order, instant now);

}  // namespace townd::store
