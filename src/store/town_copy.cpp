#include "store/town_copy.hpp"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/SQLiteCpp.h>

#include <cerrno>
#include <system_error>

#include "store/connection.hpp"
#include "store/new_file.hpp"
#include "store/town_store.hpp"

namespace townd::store {
namespace {

namespace fs = std::filesystem;

// All pages of one database into the other, which then is one file without a log, and whole.
result<void> copy_pages(const fs::path& from, int how, const fs::path& to) {
    try {
        SQLite::Database source(from.string(), how, busy_wait_ms);
        SQLite::Database copy(to.string(), SQLite::OPEN_READWRITE, busy_wait_ms);
        SQLite::Backup pages(copy, source);
        pages.executeStep(-1);
        copy.exec("PRAGMA journal_mode = DELETE");
        const auto verdict = copy.execAndGet("PRAGMA integrity_check(1)").getString();
        if (verdict == "ok") return boost::system::in_place_value;
        return failure{errc::unavailable,
                       from.string() + ": it is damaged: " + clean_text(verdict, 200)};
    } catch (const SQLite::Exception& e) {
        auto trouble = explain(e, from.string(), "copying", errno);
        if (trouble.damaged) trouble.why.kind = errc::unavailable;
        return std::move(trouble.why);
    }
}

result<town_copy> measured(const fs::path& file) {
    std::error_code ec;
    const auto bytes = fs::file_size(file, ec);
    if (ec) return of_disk(file, "looking at it", ec.value());
    return town_copy{bytes};
}

// Whether the file is a town, and that town; brings it to this version's schema.
result<void> check_identity(const fs::path& file, const town_id& town, const fs::path& named,
                            instant now) {
    auto store = town_store::open(file, {}, now);
    if (!store) return store.error();
    (*store)->begin();
    const auto id = (*store)->meta().id;
    if (auto read = (*store)->commit(); !read) return read;
    if (id == town) return boost::system::in_place_value;
    return failure{errc::conflict, named.string() + ": it is a backup of town " +
                                       clean_text(id, 80) + ", not of " + clean_text(town, 80)};
}

result<void> check_id(const town_id& town) {
    if (is_town_id(town)) return boost::system::in_place_value;
    return failure{errc::invalid, "a town id is 1 to 64 of A-Z a-z 0-9 _ -; this one is not: " +
                                      clean_text(town, 80)};
}

}  // namespace

result<town_copy> back_up_town(const data_dir& from, const town_id& town, const fs::path& to) {
    if (auto fits = check_id(town); !fits) return fits.error();
    if (!is_there(from.town_file(town)))
        return failure{errc::not_found, "town " + town + ": there is no file of it"};
    if (is_there(to)) return failure{errc::conflict, to.string() + ": it exists already"};
    const unfinished copy(to.string() + ".partial");
    if (auto made = copy.make(); !made) return made.error();
    if (auto done = copy_pages(from.town_file(town), SQLite::OPEN_READWRITE, copy.path()); !done)
        return done.error();
    if (auto named = give_name(copy.path(), to); !named) return named.error();
    return measured(to);
}

result<town_copy> restore_town(const data_dir& into, const town_id& town, const fs::path& from,
                               bool replace, instant now) {
    if (auto fits = check_id(town); !fits) return fits.error();
    std::error_code ec;
    if (!fs::is_regular_file(from, ec))
        return failure{errc::not_found, from.string() + ": there is no such file"};
    const auto home = into.town_file(town);
    if (is_there(home) && !replace)
        return failure{errc::conflict,
                       "town " + town +
                           " exists; --replace puts the backup in its place and keeps "
                           "its file in deleted/"};
    // Not a name that the daemon would take for a town's; its stem is the town's id.
    const unfinished copy(home.parent_path() / (town + ".restoring"));
    if (auto made = copy.make(); !made) return made.error();
    if (auto done = copy_pages(from, SQLite::OPEN_READONLY, copy.path()); !done)
        return done.error();
    if (auto right = check_identity(copy.path(), town, from, now); !right) return right.error();
    if (is_there(home))
        if (auto away = into.remove_town(town); !away) return away.error();
    if (auto named = give_name(copy.path(), home); !named) return named.error();
    return measured(home);
}

}  // namespace townd::store
