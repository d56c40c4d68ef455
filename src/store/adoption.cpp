#include "store/adoption.hpp"

#include <sqlite3.h>
#include <stdlib.h>

#include <cerrno>
#include <system_error>

#include "store/adoption_config.hpp"
#include "store/adoption_copy.hpp"
#include "store/connection.hpp"
#include "store/new_file.hpp"
#include "store/schema.hpp"
#include "store/town_store.hpp"

namespace townd::store {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t verdict_bytes_max = 200;

failure unusable(const fs::path& file, const std::string& why) {
    return {errc::unavailable, file.string() + ": " + why};
}

failure damaged(const fs::path& file, std::string_view how) {
    return unusable(file, "it is damaged (" + clean_text(how, verdict_bytes_max) +
                              "); take an older export, or what `sqlite3 FILE .recover` saves");
}

// Runs `work` on the copy; SQLite's exceptions become failures that name the given file.
template <class Work>
result<void> on_copy(const fs::path& named, std::string_view doing, Work work) {
    errno = 0;
    try {
        return work();
    } catch (const SQLite::Exception& e) {
        const int primary = e.getErrorCode() & 0xFF;
        if (primary == SQLITE_NOTADB) return unusable(named, "it is not a database of SQLite");
        if (primary == SQLITE_CORRUPT) return damaged(named, e.what());
        return explain(e, named.string(), doing, errno).why;
    } catch (const std::exception& e) {
        return failure{errc::internal, named.string() + ": " + std::string{doing} +
                                           " failed: " + clean_text(e.what(), verdict_bytes_max)};
    }
}

result<void> check_kind(SQLite::Database& database, const fs::path& named) {
    const int owner = database.execAndGet("PRAGMA application_id").getInt();
    if (owner == application_id)
        return failure{errc::conflict, named.string() +
                                           ": it is a town of townd's already; put it in place "
                                           "with `townd restore`"};
    if (owner != 0) return unusable(named, "it is a database of another program");
    if (database.tableExists("beads")) return boost::system::in_place_value;
    return unusable(named, database.tableExists("rig_agent_events")
                               ? "it is an agent's event store, no town; a town has a table `beads`"
                               : "it is no town: there is no table `beads`");
}

struct verdict {
    std::string damage;  ///< The first.
    bool indexes = false;
};

// Rows that an old constraint would refuse are no damage, and an index can be made again.
verdict look_through(SQLite::Database& database) {
    verdict out;
    SQLite::Statement rows(database, "PRAGMA integrity_check(1000)");
    while (rows.executeStep()) {
        const auto said = rows.getColumn(0).getString();
        if (said == "ok" || said.starts_with("CHECK constraint failed") ||
            said.starts_with("NULL value in"))
            continue;
        const bool of_index = said.find("missing from index") != std::string::npos ||
                              said.starts_with("wrong # of entries in index");
        if (of_index)
            out.indexes = true;
        else if (out.damage.empty())
            out.damage = said;
    }
    return out;
}

result<void> check_whole(adoption_copy& copy, const fs::path& named) {
    auto found = look_through(copy.database);
    if (found.damage.empty() && found.indexes) {
        copy.database.exec("REINDEX");
        found = look_through(copy.database);
        copy.say("indexes", fate::repaired, 1, "The indexes did not fit their tables: made anew");
        if (found.indexes) found.damage = "its indexes cannot be made anew";
    }
    if (found.damage.empty()) return boost::system::in_place_value;
    return damaged(named, found.damage);
}

result<town_id> name_town(const adoption_order& order, const town_entries& entries) {
    const auto stem = order.file.stem().string();
    const town_id town = order.as ? *order.as : entries.id ? *entries.id : stem;
    if (is_town_id(town)) return town;
    return failure{errc::invalid, "a town id is 1 to 64 of A-Z a-z 0-9 _ -; this one is not: " +
                                      clean_text(town, 80) + "; name the town with --as"};
}

void repair_all(adoption_copy& copy, const town_entries& entries) {
    repair_tables(copy);
    repair_times(copy);
    add_original_indexes(copy.database);  // The rest looks things up.
    repair_words(copy);
    repair_texts(copy);
    repair_agents(copy);
    repair_hooks(copy);
    repair_beads(copy);
    repair_rig_entries(copy, entries);
    repair_rigs(copy);
    repair_convoys(copy);
    repair_events(copy);
}

// Its secrets are in the town's configuration now, or given anew; not in a table that none looks
// at.
void forget_entries(adoption_copy& copy, const town_entries& entries) {
    if (!entries.unread.empty() || !copy.has_table("_cf_KV")) return;
    copy.database.exec("PRAGMA secure_delete = ON; DROP TABLE _cf_KV; PRAGMA secure_delete = OFF");
}

void count_up(SQLite::Database& database, adoption& report) {
    SQLite::Statement rows(database,
                           "SELECT status, count(*) FROM beads WHERE type = 'issue' GROUP BY "
                           "status LIMIT 20");
    while (rows.executeStep())
        report.issues[clean_text(rows.getColumn(0).getString(), 40)] = rows.getColumn(1).getInt64();
    report.agents = database.execAndGet("SELECT count(*) FROM agent_metadata").getInt64();
    report.rigs = database.execAndGet("SELECT count(*) FROM rigs").getInt64();
}

// What the town is called, and where it will be, once its copy could be read.
struct place {
    fs::path data_dir;
    std::string config = "{}";
    std::string owner;
};

result<void> repair_copy(const fs::path& file, const adoption_order& order, instant now, place& at,
                         adoption& report) {
    return on_copy(order.file, "reading it", [&]() -> result<void> {
        auto database = open_copy(file);
        adoption_copy copy(database, report, now);
        if (auto right = check_kind(database, order.file); !right) return right;
        if (auto whole = check_whole(copy, order.file); !whole) return whole;
        auto entries = entries_of_table(database);
        if (order.config)
            if (auto read = add_entries_of_file(*order.config, entries); !read) return read;
        auto town = name_town(order, entries);
        if (!town) return town.error();
        report.town = *std::move(town);
        report.file = at.data_dir / "towns" / (report.town + ".db");
        if (is_there(report.file))
            return failure{errc::conflict, "town " + report.town +
                                               " exists; adopt this one under another id with "
                                               "--as, or delete that one first"};
        SQLite::Transaction all(database, SQLite::TransactionBehavior::IMMEDIATE);
        repair_all(copy, entries);
        at.config = adopted_config(copy, entries, order);
        at.owner = entries.config ? text_at(*entries.config, "owner_user_id").value_or("") : "";
        forget_entries(copy, entries);
        count_up(database, report);
        database.exec("PRAGMA user_version = 0");
        all.commit();
        return boost::system::in_place_value;
    });
}

// As the daemon will: brings the schema up to date, and reads everything once.
result<void> open_once(const fs::path& file, instant now, const place& at, adoption& report) {
    auto opened = town_store::open(file, {}, now);
    if (!opened) return opened.error();
    auto& store = **opened;
    store.begin();
    auto meta = store.meta();
    meta.id = report.town;
    meta.name = report.town;
    meta.owner = at.owner;
    meta.config_json = at.config;
    store.put_meta(meta);
    const auto rows = store.load_live();
    oddity bad{"rows_set_aside", fate::left, static_cast<std::int64_t>(rows.bad.size()), "", {}};
    for (const auto& each : rows.bad)
        if (bad.examples.size() < oddity_examples_max)
            bad.examples.push_back(clean_text(each.table + "/" + each.id + ": " + each.why, 160));
    if (auto written = store.commit(); !written) return written;
    if (bad.count == 0) return boost::system::in_place_value;
    bad.sentence = std::to_string(bad.count) + (bad.count == 1 ? " row cannot" : " rows cannot") +
                   " be read as what it should be: the daemon sets it aside and goes on";
    report.oddities.push_back(std::move(bad));
    return boost::system::in_place_value;
}

// One file, without logs, and whole.
result<void> close_up(const fs::path& file, const fs::path& named, adoption& report) {
    return on_copy(named, "closing the copy", [&]() -> result<void> {
        {
            SQLite::Database database(file.string(), SQLite::OPEN_READWRITE);
            database.exec("PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF");
            const auto free = database.execAndGet("PRAGMA freelist_count").getInt64();
            if (free > database.execAndGet("PRAGMA page_count").getInt64() / 4)
                database.exec("VACUUM");
            const auto said = database.execAndGet("PRAGMA integrity_check(1)").getString();
            if (said != "ok")
                return failure{errc::internal,
                               named.string() + ": the repaired copy is not whole (" +
                                   clean_text(said, verdict_bytes_max) +
                                   "); report this as a bug of townd, with the file"};
        }
        report.bytes = fs::file_size(file);
        return boost::system::in_place_value;
    });
}

result<adoption> adopt_into(const fs::path& work, const fs::path& data_dir,
                            const adoption_order& order, instant now, bool keep) {
    adoption report;
    // The stem is not the town's id, which is only known from within; no town's file ends so.
    const unfinished copy(work / "adopted-town.adopting");
    if (auto made = copy.make(); !made) return made.error();
    auto bytes = copy_bytes(order.file, copy.path());
    if (!bytes) return bytes.error();
    report.source_bytes = *bytes;
    if (report.source_bytes == 0) return unusable(order.file, "it is empty");
    place at{data_dir, "{}", ""};
    if (auto done = repair_copy(copy.path(), order, now, at, report); !done) return done.error();
    if (auto done = open_once(copy.path(), now, at, report); !done) return done.error();
    if (auto done = close_up(copy.path(), order.file, report); !done) return done.error();
    if (!keep) return report;
    if (auto named = give_name(copy.path(), report.file); !named) return named.error();
    return report;
}

// Gone at the end, with what is in it.
class scratch_directory {
public:
    scratch_directory() {
        std::error_code ec;
        std::string name = (fs::temp_directory_path(ec) / "townd-adopt-XXXXXX").string();
        if (::mkdtemp(name.data()) != nullptr) path_ = name;
        errno_ = errno;
    }
    ~scratch_directory() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove_all(path_, ignored);
    }
    scratch_directory(const scratch_directory&) = delete;
    scratch_directory& operator=(const scratch_directory&) = delete;
    [[nodiscard]] const fs::path& path() const { return path_; }
    [[nodiscard]] int why() const { return errno_; }

private:
    fs::path path_;
    int errno_ = 0;
};

}  // namespace

result<adoption> adopt(const data_dir& into, const adoption_order& order, instant now) {
    return adopt_into(into.path() / "towns", into.path(), order, now, true);
}

result<adoption> try_adoption(const fs::path& into, const adoption_order& order, instant now) {
    const scratch_directory scratch;
    if (scratch.path().empty())
        return of_disk("the directory for temporary files", "making a directory in it",
                       scratch.why());
    return adopt_into(scratch.path(), into, order, now, false);
}

}  // namespace townd::store
