#include "store/data_dir.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include "store/town_on_disk.hpp"

namespace townd::store::test {
namespace {

namespace fs = std::filesystem;

TEST(DataDir, IsMadePrivateWithItsTowns) {
    temp_dir temp;
    const auto taken = data_dir::take(temp.path() / "state" / "townd");
    ASSERT_TRUE(taken.has_value()) << taken.error().what;
    EXPECT_TRUE(fs::is_directory(taken->path() / "towns"));
    EXPECT_EQ(fs::status(taken->path()).permissions() & fs::perms::mask, fs::perms::owner_all);
    EXPECT_EQ(taken->town_file("t1"), taken->path() / "towns" / "t1.db");
}

TEST(DataDir, G11TwoDaemonsOnOneDirectory) {
    temp_dir temp;
    {
        const auto first = data_dir::take(temp.path());
        ASSERT_TRUE(first.has_value()) << first.error().what;
        const auto second = data_dir::take(temp.path());
        ASSERT_FALSE(second.has_value());
        EXPECT_EQ(second.error().kind, errc::locked);
        EXPECT_NE(second.error().what.find("process " + std::to_string(::getpid())),
                  std::string::npos)
            << second.error().what;
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            const auto third = data_dir::take(temp.path());
            ::_exit(third ? 0 : third.error().kind == errc::locked ? 42 : 1);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFEXITED(status));
        EXPECT_EQ(WEXITSTATUS(status), 42);
    }
    EXPECT_TRUE(data_dir::take(temp.path()).has_value()) << "the lock ends with its holder";
}

TEST(DataDir, TheLockMovesWithItsHolder) {
    temp_dir temp;
    auto first = data_dir::take(temp.path());
    ASSERT_TRUE(first.has_value());
    {
        const data_dir moved = *std::move(first);
        EXPECT_FALSE(data_dir::take(temp.path()).has_value());
    }
    EXPECT_TRUE(data_dir::take(temp.path()).has_value());
}

TEST(DataDir, APathThatIsNoDirectoryIsNamed) {
    temp_dir temp;
    std::ofstream(temp.path() / "file") << "x";
    const auto taken = data_dir::take(temp.path() / "file");
    ASSERT_FALSE(taken.has_value());
    EXPECT_EQ(taken.error().kind, errc::storage);
    EXPECT_NE(taken.error().what.find((temp.path() / "file").string()), std::string::npos);
    const auto none = data_dir::take("");
    ASSERT_FALSE(none.has_value());
    EXPECT_EQ(none.error().kind, errc::invalid);
}

TEST(DataDir, ListsTownsAndRefusesOtherNames) {
    temp_dir temp;
    const auto taken = data_dir::take(temp.path());
    ASSERT_TRUE(taken.has_value());
    for (const char* name : {"b.db", "a.db", "a b.db", "a.db-wal", "c.db.creating", "notes.txt"})
        std::ofstream(temp.path() / "towns" / name) << "x";
    const auto listed = taken->towns();
    ASSERT_TRUE(listed.has_value());
    EXPECT_EQ(listed->towns, (std::vector<town_id>{"a", "b"}));
    EXPECT_EQ(listed->refused, std::vector<std::string>{"a b.db"});
}

TEST(DataDir, ARemovedTownIsSetAsideUnderANameOfItsOwn) {
    temp_dir temp;
    const auto taken = data_dir::take(temp.path());
    ASSERT_TRUE(taken.has_value());
    for (int round = 0; round < 2; ++round) {
        std::ofstream(taken->town_file("t1")) << "database " << round;
        std::ofstream(taken->town_file("t1").string() + "-wal") << "log";
        const auto removed = taken->remove_town("t1");
        ASSERT_TRUE(removed.has_value()) << removed.error().what;
    }
    EXPECT_TRUE(taken->towns()->towns.empty());
    EXPECT_FALSE(fs::exists(taken->town_file("t1").string() + "-wal"));
    for (const char* name : {"t1.db", "t1.db-wal", "t1.1.db", "t1.1.db-wal"})
        EXPECT_TRUE(fs::exists(temp.path() / "deleted" / name)) << name;
    const auto again = taken->remove_town("t1");
    ASSERT_FALSE(again.has_value());
    EXPECT_EQ(again.error().kind, errc::not_found);
    const auto outside = taken->remove_town("../lock");
    ASSERT_FALSE(outside.has_value());
    EXPECT_EQ(outside.error().kind, errc::invalid);
}

TEST(TownId, IsOfSafeCharactersAndBoundedLength) {
    EXPECT_TRUE(is_town_id("a"));
    EXPECT_TRUE(is_town_id("0b7c-4D_x"));
    EXPECT_TRUE(is_town_id(std::string(64, 'a')));
    EXPECT_FALSE(is_town_id(std::string(65, 'a')));
    EXPECT_FALSE(is_town_id(""));
    for (const char* bad : {"..", "a/b", "a.b", "a b", "ä", "a\n"})
        EXPECT_FALSE(is_town_id(bad));
    EXPECT_FALSE(is_town_id(std::string("a\0b", 3)));
}

}  // namespace
}  // namespace townd::store::test
