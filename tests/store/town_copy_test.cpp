#include "store/town_copy.hpp"

#include <sys/stat.h>

#include "store/town_on_disk.hpp"

namespace townd::store::test {
namespace {

namespace fs = std::filesystem;

// A data directory with one town in it.
class TownCopy : public ::testing::Test {
protected:
    void SetUp() override {
        auto taken = data_dir::take(temp_.path() / "data");
        ASSERT_TRUE(taken.has_value()) << taken.error().what;
        dir_.emplace(*std::move(taken));
        make("t1");
    }
    void make(const town_id& town) {
        open_options options;
        options.create = true;
        options.create_id = town;
        options.create_name = "Name of " + town;
        auto store = town_store::open(dir_->town_file(town), options, noon);
        ASSERT_TRUE(store.has_value()) << store.error().what;
    }
    void rename(const std::string& name) {
        auto store = town_store::open(dir_->town_file("t1"), {}, noon);
        ASSERT_TRUE(store.has_value()) << store.error().what;
        (*store)->begin();
        auto meta = (*store)->meta();
        meta.name = name;
        (*store)->put_meta(meta);
        ASSERT_TRUE((*store)->commit().has_value());
    }
    std::string name() {
        auto store = town_store::open(dir_->town_file("t1"), {}, noon);
        if (!store) return store.error().what;
        (*store)->begin();
        return (*store)->meta().name;
    }
    fs::path copy() const { return temp_.path() / "t1.backup"; }

    temp_dir temp_;
    std::optional<data_dir> dir_;
};

TEST_F(TownCopy, ComesBackAsItWas) {
    rename("Before");
    const auto done = back_up_town(*dir_, "t1", copy());
    ASSERT_TRUE(done.has_value()) << done.error().what;
    EXPECT_EQ(done->bytes, fs::file_size(copy()));
    EXPECT_EQ(fs::status(copy()).permissions() & fs::perms::others_all, fs::perms::none);
    EXPECT_FALSE(fs::exists(copy().string() + "-wal")) << "one file";
    EXPECT_FALSE(fs::exists(copy().string() + ".partial"));
    rename("After");
    EXPECT_EQ(restore_town(*dir_, "t1", copy(), false, noon).error().kind, errc::conflict);
    EXPECT_EQ(name(), "After") << "refused, nothing happened";
    const auto back = restore_town(*dir_, "t1", copy(), true, noon);
    ASSERT_TRUE(back.has_value()) << back.error().what;
    EXPECT_EQ(name(), "Before");
    EXPECT_TRUE(fs::exists(dir_->path() / "deleted" / "t1.db")) << "what was there is kept";
    EXPECT_EQ(dir_->towns()->towns, std::vector<town_id>{"t1"});
    EXPECT_FALSE(fs::exists(dir_->path() / "towns" / "t1.restoring"));
}

TEST_F(TownCopy, ATownThatIsGoneIsMadeAgain) {
    rename("Kept");
    ASSERT_TRUE(back_up_town(*dir_, "t1", copy()).has_value());
    ASSERT_TRUE(dir_->remove_town("t1").has_value());
    ASSERT_TRUE(restore_town(*dir_, "t1", copy(), false, noon).has_value());
    EXPECT_EQ(name(), "Kept");
}

TEST_F(TownCopy, NothingIsWrittenOver) {
    ASSERT_TRUE(back_up_town(*dir_, "t1", copy()).has_value());
    const auto size = fs::file_size(copy());
    EXPECT_EQ(back_up_town(*dir_, "t1", copy()).error().kind, errc::conflict);
    EXPECT_EQ(fs::file_size(copy()), size);
    EXPECT_EQ(back_up_town(*dir_, "nope", temp_.path() / "x").error().kind, errc::not_found);
    EXPECT_EQ(back_up_town(*dir_, "../t1", temp_.path() / "x").error().kind, errc::invalid);
    EXPECT_EQ(back_up_town(*dir_, "t1", temp_.path() / "none" / "x").error().kind, errc::storage);
    EXPECT_FALSE(fs::exists(temp_.path() / "x"));
}

TEST_F(TownCopy, WhatIsNoBackupOfTheTownIsRefused) {
    make("t2");
    ASSERT_TRUE(back_up_town(*dir_, "t2", temp_.path() / "two").has_value());
    EXPECT_EQ(restore_town(*dir_, "t1", temp_.path() / "two", true, noon).error().kind,
              errc::conflict);
    std::ofstream{temp_.path() / "noise"} << std::string(8192, 'x');
    EXPECT_EQ(restore_town(*dir_, "t1", temp_.path() / "noise", true, noon).error().kind,
              errc::unavailable);
    std::ofstream{temp_.path() / "empty"};
    EXPECT_FALSE(restore_town(*dir_, "t1", temp_.path() / "empty", true, noon).has_value());
    EXPECT_EQ(restore_town(*dir_, "t1", temp_.path() / "none", true, noon).error().kind,
              errc::not_found);
    EXPECT_EQ(name(), "Name of t1") << "what was there is there";
}

TEST_F(TownCopy, ADamagedTownMakesNoBackup) {
    {
        std::fstream damaged{dir_->town_file("t1"),
                             std::ios::in | std::ios::out | std::ios::binary};
        damaged.seekp(4096 * 3);
        damaged << std::string(4096 * 4, '\xAA');
    }
    EXPECT_FALSE(back_up_town(*dir_, "t1", copy()).has_value());
    EXPECT_FALSE(fs::exists(copy()));
}

}  // namespace
}  // namespace townd::store::test
