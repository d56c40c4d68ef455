#include "store/adoption_copy.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "store/adoption_functions.hpp"
#include "store/connection.hpp"
#include "store/new_file.hpp"

namespace townd::store {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t copied_at_once = 1024 * 1024;
constexpr std::size_t shown_bytes_max = 400;
// A copy that fails is thrown away, so that nothing need be undone; it is made durable at the end.
// What it brings along is not trusted.
constexpr const char* repair_settings = R"sql(
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -65536;
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;
PRAGMA foreign_keys = OFF;
PRAGMA legacy_alter_table = ON;
PRAGMA temp_store = MEMORY;
CREATE TEMP TABLE odd(id);
)sql";

class descriptor {
public:
    explicit descriptor(int fd) : fd_(fd) {}
    ~descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    [[nodiscard]] int get() const { return fd_; }

private:
    int fd_;
};

bool same(const struct stat& a, const struct stat& b) {
    return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
           a.st_mtim.tv_nsec == b.st_mtim.tv_nsec && a.st_ino == b.st_ino;
}

failure being_written(const fs::path& file) {
    return {errc::locked,
            file.string() + ": another process writes it; stop that one, or give a copy"};
}

// A writer of SQLite's holds one of these bytes while it writes.
bool is_locked_for_writing(int fd) {
    struct flock lock {};
    lock.l_type = F_RDLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = 0x40000000;
    lock.l_len = 512;
    return ::fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

result<void> pour(const descriptor& in, const descriptor& out, const fs::path& from,
                  const fs::path& to) {
    std::vector<char> part(copied_at_once);
    for (;;) {
        const auto got = ::read(in.get(), part.data(), part.size());
        if (got == 0) return boost::system::in_place_value;
        if (got < 0) return of_disk(from, "reading it", errno);
        for (ssize_t done = 0; done < got;) {
            const auto wrote =
                ::write(out.get(), part.data() + done, static_cast<std::size_t>(got - done));
            if (wrote < 0) return of_disk(to, "writing the copy", errno);
            done += wrote;
        }
    }
}

result<std::uint64_t> copy_one(const fs::path& from, const fs::path& to) {
    const descriptor in(::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (in.get() < 0) return of_disk(from, "opening it", errno);
    struct stat before {};
    struct stat after {};
    if (::fstat(in.get(), &before) != 0) return of_disk(from, "looking at it", errno);
    if (!S_ISREG(before.st_mode))
        return failure{errc::invalid, from.string() + ": it is no regular file"};
    if (is_locked_for_writing(in.get())) return being_written(from);
    const descriptor out(::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (out.get() < 0) return of_disk(to, "creating the copy", errno);
    if (auto done = pour(in, out, from, to); !done) return done.error();
    if (::stat(from.c_str(), &after) != 0 || !same(before, after)) return being_written(from);
    return static_cast<std::uint64_t>(before.st_size);
}

}  // namespace

std::string_view to_text(fate value) noexcept {
    switch (value) {
        case fate::repaired:
            return "repaired";
        case fate::dropped:
            return "dropped";
        case fate::left:
            return "left";
        case fate::told:
            break;
    }
    return "told";
}

result<std::uint64_t> copy_bytes(const fs::path& from, const fs::path& to) {
    std::error_code ec;
    if (!fs::exists(from, ec))
        return failure{errc::not_found, from.string() + ": there is no such file"};
    auto bytes = copy_one(from, to);
    if (!bytes) return bytes;
    for (const char* suffix : {"-wal", "-journal"}) {
        const fs::path log = from.string() + suffix;
        if (!fs::exists(log, ec)) continue;
        const auto more = copy_one(log, to.string() + suffix);
        if (!more) return more;
        *bytes += *more;
    }
    return bytes;
}

SQLite::Database open_copy(const fs::path& copy) {
    SQLite::Database database(copy.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX,
                              busy_wait_ms);
    sqlite3* handle = database.getHandle();
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
    database.exec(repair_settings);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);  // Allows no other journal.
    add_adoption_functions(database);
    return database;
}

bool adoption_copy::has_rig_named(const std::string& name) {
    SQLite::Statement row(database, "SELECT 1 FROM rigs WHERE name = ?1");
    row.bind(1, name);
    return row.executeStep();
}

std::int64_t adoption_copy::number(const std::string& sql) {
    return database.execAndGet(sql).getInt64();
}

std::int64_t adoption_copy::change(const std::string& sql) {
    SQLite::Statement statement(database, sql);
    if (statement.getBindParameterCount() > 0) statement.bind(1, now);
    return statement.exec();
}

std::int64_t adoption_copy::repair(std::string_view code, fate became, const phrase& words,
                                   const std::string& select,
                                   std::initializer_list<std::string> changes) {
    database.exec("DELETE FROM temp.odd");
    const auto count = change("INSERT INTO temp.odd(id) " + select);
    if (count == 0) return 0;
    std::vector<std::string> examples;
    SQLite::Statement rows(database,
                           "SELECT id FROM temp.odd LIMIT " + std::to_string(oddity_examples_max));
    while (rows.executeStep())
        examples.push_back(rows.getColumn(0).getString());
    for (const auto& each : changes)
        change(each);
    tell(code, became, count, words, std::move(examples));
    return count;
}

void adoption_copy::tell(std::string_view code, fate became, std::int64_t count,
                         const phrase& words, std::vector<std::string> examples) const {
    if (count == 0) return;
    std::string text = std::to_string(count) + " ";
    text.append(count == 1 ? words.one : words.many).append(": ").append(words.done);
    for (auto& each : examples)
        each = clean_text(each, 80);
    report.oddities.push_back(
        {std::string{code}, became, count, clean_text(text, shown_bytes_max), std::move(examples)});
}

void adoption_copy::say(std::string_view code, fate became, std::int64_t count,
                        std::string sentence) const {
    report.oddities.push_back(
        {std::string{code}, became, count, clean_text(sentence, shown_bytes_max), {}});
}

}  // namespace townd::store
