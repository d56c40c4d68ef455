#pragma once
// The copy that an adoption works on, how it comes to be, and the words about what is odd in it.

#include <SQLiteCpp/SQLiteCpp.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "store/adoption.hpp"

namespace townd::store {

/// Copies the file and the logs beside it, byte by byte: SQLite would write beside the source even
/// to read it. `locked` when it changes meanwhile. Answers the bytes.
[[nodiscard]] result<std::uint64_t> copy_bytes(const std::filesystem::path& from,
                                               const std::filesystem::path& to);

/// Opens the copy for repairs, with the functions that the repairs' SQL calls. Throws
/// SQLite::Exception.
[[nodiscard]] SQLite::Database open_copy(const std::filesystem::path& copy);

/// The rows of what was found to be odd.
inline constexpr const char* in_odd = " WHERE bead_id IN (SELECT id FROM temp.odd)";

/// How one oddity is told: `2 agents hold ...: unhooked.`
struct phrase {
    std::string_view one;
    std::string_view many;
    std::string_view done;
};

/// The copy under repair. Every member throws SQLite::Exception.
class adoption_copy {
public:
    adoption_copy(SQLite::Database& copy, adoption& told, instant at)
        : database(copy), report(told), now(to_rfc3339(at)) {}

    [[nodiscard]] bool has_table(const char* name) { return database.tableExists(name); }
    [[nodiscard]] bool has_rig_named(const std::string& name);
    [[nodiscard]] std::int64_t number(const std::string& sql);
    /// Rows that were changed. `?1` is the time of the adoption.
    std::int64_t change(const std::string& sql);
    /// Finds rows by `select` (ids in its first column), keeps them in temp.odd(id), runs `changes`
    /// and tells, when there are any. Answers how many there were.
    std::int64_t repair(std::string_view code, fate became, const phrase& words,
                        const std::string& select, std::initializer_list<std::string> changes = {});
    /// Nothing when `count` is 0.
    void tell(std::string_view code, fate became, std::int64_t count, const phrase& words,
              std::vector<std::string> examples = {}) const;
    void say(std::string_view code, fate became, std::int64_t count, std::string sentence) const;

    SQLite::Database& database;
    adoption& report;
    const std::string now;
};

// The repairs, in this order; each says in its file what it is for.
void repair_tables(adoption_copy& copy);
void repair_times(adoption_copy& copy);
void repair_words(adoption_copy& copy);
void repair_texts(adoption_copy& copy);
void repair_agents(adoption_copy& copy);
void repair_hooks(adoption_copy& copy);
void repair_beads(adoption_copy& copy);
void repair_rigs(adoption_copy& copy);
void repair_convoys(adoption_copy& copy);
void repair_events(adoption_copy& copy);

}  // namespace townd::store
