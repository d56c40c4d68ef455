// Which files are opened, which are refused, and in which words.

#include <sys/wait.h>
#include <unistd.h>

#include "store/schema.hpp"
#include "store/town_on_disk.hpp"

namespace townd::store::test {
namespace {

class Opening : public town_on_disk {
protected:
    void close() {
        ASSERT_TRUE(store->commit().has_value());
        store.reset();
    }
    void expect_refused(errc kind, std::string_view word) {
        const auto opened = town_store::open(file(), {}, noon);
        ASSERT_FALSE(opened.has_value());
        EXPECT_EQ(opened.error().kind, kind) << opened.error().what;
        EXPECT_NE(opened.error().what.find(word), std::string::npos) << opened.error().what;
        EXPECT_NE(opened.error().what.find("t1.db"), std::string::npos) << opened.error().what;
    }
    void overwrite(std::streamoff at, const std::string& bytes) {
        std::fstream out(file(), std::ios::in | std::ios::out | std::ios::binary);
        out.seekp(at);
        out << bytes;
    }
    void write_file(const std::string& bytes) {
        std::ofstream(file(), std::ios::binary | std::ios::trunc) << bytes;
    }
};

TEST_F(Opening, TheFileIsMarkedAsOursAndPrivate) {
    EXPECT_EQ(raw().execAndGet("PRAGMA application_id").getInt(), application_id);
    EXPECT_EQ(raw().execAndGet("PRAGMA user_version").getInt(), schema_version);
    EXPECT_EQ(raw().execAndGet("PRAGMA journal_mode").getString(), "wal");
    EXPECT_EQ(raw().execAndGet("PRAGMA locking_mode").getString(), "exclusive");
    EXPECT_EQ(raw().execAndGet("PRAGMA synchronous").getInt(), 1);
    using std::filesystem::perms;
    EXPECT_EQ(
        std::filesystem::status(file()).permissions() & (perms::group_all | perms::others_all),
        perms::none);
    EXPECT_FALSE(std::filesystem::exists(file().string() + "-shm"));
    EXPECT_FALSE(std::filesystem::exists(file().string() + ".creating"));
}

TEST_F(Opening, FullDurabilityIsTheDefault) {
    commit_and_reopen();
    EXPECT_EQ(raw().execAndGet("PRAGMA synchronous").getInt(), 2);
}

TEST_F(Opening, AMissingFileIsNotMade) {
    close();
    std::filesystem::remove(file());
    expect_refused(errc::not_found, "no such file");
    EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(Opening, CreatingOverAFileIsAConflict) {
    close();
    open_options options;
    options.create = true;
    options.create_id = "t1";
    const auto opened = town_store::open(file(), options, noon);
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().kind, errc::conflict);
}

TEST_F(Opening, CreatingWithAnIdThatIsNoneIsInvalid) {
    open_options options;
    options.create = true;
    options.create_id = "../t2";
    const auto opened = town_store::open(dir.path() / "t2.db", options, noon);
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().kind, errc::invalid);
}

TEST_F(Opening, TheRestOfACrashedCreationIsNoObstacle) {
    std::ofstream(dir.path() / "t2.db.creating") << "half a file";
    open_options options;
    options.create = true;
    options.create_id = "t2";
    const auto opened = town_store::open(dir.path() / "t2.db", options, noon);
    EXPECT_TRUE(opened.has_value()) << opened.error().what;
}

TEST_F(Opening, AnEmptiedFileIsRefusedAndLeftAsItIs) {
    close();
    std::filesystem::resize_file(file(), 0);
    expect_refused(errc::unavailable, "empty");
    EXPECT_EQ(std::filesystem::file_size(file()), 0U);
}

TEST_F(Opening, AFileOfNoughtsIsRefused) {
    close();
    write_file(std::string(4096, '\0'));
    expect_refused(errc::unavailable, "backup");
    write_file(std::string(20, '\0'));
    expect_refused(errc::unavailable, "t1.db");
}

TEST_F(Opening, AFileThatIsNoDatabaseIsRefused) {
    close();
    write_file("this is a text, and by no means a database: " + std::string(5000, 'x'));
    expect_refused(errc::unavailable, "SQLITE_NOTADB");
}

TEST_F(Opening, ADamagedFileIsRefused) {
    for (int i = 0; i < 50; ++i) {
        bead b = issue("b" + std::to_string(i));
        b.body = std::string(3000, 'x');
        store->insert_bead(b);
    }
    close();
    overwrite(4096, std::string(4096 * 3, '\xA5'));
    expect_refused(errc::unavailable, "restore");
}

TEST_F(Opening, ATruncatedFileIsRefused) {
    close();
    std::filesystem::resize_file(file(), std::filesystem::file_size(file()) - 3 * 4096);
    expect_refused(errc::unavailable, "restore");
}

TEST_F(Opening, AFileOfANewerTowndIsRefused) {
    close();
    SQLite::Database(file().string(), SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 99");
    expect_refused(errc::unavailable, "newer townd (schema 99");
}

TEST_F(Opening, AForeignDatabaseIsRefusedUnchanged) {
    close();
    std::filesystem::remove(file());
    {
        SQLite::Database other(file().string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        other.exec("CREATE TABLE cats(name)");
    }
    expect_refused(errc::unavailable, "no town");
    {
        SQLite::Database other(file().string(), SQLite::OPEN_READWRITE);
        EXPECT_EQ(other.execAndGet("PRAGMA journal_mode").getString(), "delete");
        other.exec("PRAGMA application_id = 1234; CREATE TABLE beads(bead_id)");
    }
    expect_refused(errc::unavailable, "another program");
}

TEST_F(Opening, ATownWithoutItsTablesIsRefused) {
    close();
    std::filesystem::remove(file());
    {
        SQLite::Database other(file().string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        other.exec("PRAGMA application_id = " + std::to_string(application_id));
        other.exec("PRAGMA user_version = 2");
    }
    expect_refused(errc::unavailable, "emptied");
}

TEST_F(Opening, ADirectoryOrALinkIsRefused) {
    close();
    std::filesystem::rename(file(), dir.path() / "real.db");
    std::filesystem::create_symlink(dir.path() / "real.db", file());
    expect_refused(errc::unavailable, "regular");
    std::filesystem::remove(file());
    std::filesystem::create_directory(file());
    expect_refused(errc::unavailable, "regular");
}

TEST_F(Opening, AnotherProcessIsToldThatTheFileIsLocked) {
    close();
    int go[2] = {-1, -1};
    ASSERT_EQ(::pipe(go), 0);
    const pid_t child = ::fork();  // Before the file is open: locks and their books are not shared.
    ASSERT_GE(child, 0);
    if (child == 0) {
        char byte = 0;
        if (::read(go[0], &byte, 1) != 1) ::_exit(9);
        const auto opened = town_store::open(file(), {}, noon);
        ::_exit(opened ? 0 : opened.error().kind == errc::locked ? 42 : 1);
    }
    auto opened = town_store::open(file(), {}, noon);
    ASSERT_TRUE(opened.has_value()) << opened.error().what;
    ASSERT_EQ(::write(go[1], "x", 1), 1);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ::close(go[0]);
    ::close(go[1]);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 42);
}

TEST_F(Opening, ASecondConnectionOfThisProcessIsLockedToo) {
    commit_and_begin();
    expect_refused(errc::locked, "another process");
}

TEST_F(Opening, AnUnwritableDirectoryIsStorageTroubleWithItsReason) {
    open_options options;
    options.create = true;
    options.create_id = "t9";
    const auto opened = town_store::open(dir.path() / "missing" / "t9.db", options, noon);
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().kind, errc::storage);
    EXPECT_NE(opened.error().what.find("No such file or directory"), std::string::npos);
}

}  // namespace
}  // namespace townd::store::test
