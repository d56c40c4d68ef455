// Sticky failures, savepoints, and what a full disk does.

#include "store/town_on_disk.hpp"

namespace townd::store::test {
namespace {

class Transaction : public town_on_disk {};

TEST_F(Transaction, AFailureRefusesTheCommitAndUndoesEverything) {
    store->insert_bead(issue("b1"));
    store->fail({errc::invalid, "no"});
    store->insert_bead(issue("b2"));
    EXPECT_FALSE(store->find_bead("b1")) << "after a failure every answer is empty";
    const auto done = store->commit();
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().what, "no");
    store->begin();
    expect_fine();
    EXPECT_FALSE(store->find_bead("b1"));
    EXPECT_FALSE(store->find_bead("b2"));
}

TEST_F(Transaction, TheFirstFailureIsTheOneThatCounts) {
    store->fail({errc::invalid, "first"});
    store->fail({errc::internal, "second"});
    EXPECT_EQ(store->failed()->what, "first");
}

TEST_F(Transaction, RollbackUndoesWithoutAFailure) {
    commit_and_begin();
    store->insert_bead(issue("b1"));
    store->rollback();
    store->begin();
    EXPECT_FALSE(store->find_bead("b1"));
    expect_fine();
}

TEST_F(Transaction, ASavepointConfinesAFailureToItsPart) {
    store->insert_bead(issue("before"));
    store->savepoint();
    store->insert_bead(issue("inside"));
    store->insert_bead(issue("before"));
    ASSERT_TRUE(store->failed());
    EXPECT_EQ(store->failed()->kind, errc::conflict);
    store->rollback_to();
    expect_fine();
    store->savepoint();
    store->insert_bead(issue("after"));
    store->release();
    commit_and_reopen();
    EXPECT_TRUE(store->find_bead("before"));
    EXPECT_FALSE(store->find_bead("inside"));
    EXPECT_TRUE(store->find_bead("after"));
}

TEST_F(Transaction, WhatIsKnownOfTheTownIsUndoneWithItsPart) {
    auto meta = store->meta();
    meta.config_json = R"({"a": 1})";
    store->put_meta(meta);
    EXPECT_EQ(store->meta().config_json, meta.config_json);
    store->savepoint();
    auto other = meta;
    other.config_json = R"({"a": 2})";
    store->put_meta(other);
    EXPECT_EQ(store->meta().config_json, other.config_json);
    store->rollback_to();
    EXPECT_EQ(store->meta().config_json, meta.config_json);
    commit_and_begin();
    store->put_meta(other);
    EXPECT_EQ(store->meta().config_json, other.config_json);
    store->rollback();
    store->begin();
    EXPECT_EQ(store->meta().config_json, meta.config_json);
}

TEST_F(Transaction, ASavepointDoesNotClearAFailureFromBeforeIt) {
    store->fail({errc::invalid, "before"});
    store->savepoint();
    store->rollback_to();
    ASSERT_TRUE(store->failed());
    EXPECT_FALSE(store->commit().has_value());
}

TEST_F(Transaction, ChangedTellsWhetherAnythingIsWritten) {
    commit_and_begin();
    EXPECT_FALSE(store->changed());
    (void)store->load_live();
    EXPECT_FALSE(store->changed());
    store->savepoint();
    store->insert_bead(issue("b1"));
    EXPECT_TRUE(store->changed());
    store->rollback_to();
    EXPECT_FALSE(store->changed()) << "what was undone does not count";
    store->insert_bead(issue("b1"));
    EXPECT_TRUE(store->changed());
    commit_and_begin();
    EXPECT_FALSE(store->changed());
}

TEST_F(Transaction, ATransactionThatWroteNothingGrowsNoLog) {
    commit_and_begin();
    const auto log = std::filesystem::path{file().string() + "-wal"};
    const auto before = std::filesystem::last_write_time(log);
    const auto size = std::filesystem::file_size(log);
    for (int i = 0; i < 3; ++i) {
        (void)store->load_live();
        commit_and_begin();
    }
    EXPECT_EQ(std::filesystem::file_size(log), size);
    EXPECT_EQ(std::filesystem::last_write_time(log), before);
}

TEST_F(Transaction, WorkOutsideATransactionIsRefused) {
    ASSERT_TRUE(store->commit().has_value());
    store->insert_bead(issue("b1"));
    ASSERT_TRUE(store->failed());
    EXPECT_EQ(store->failed()->kind, errc::internal);
    store->begin();
    expect_fine();
    EXPECT_FALSE(store->find_bead("b1"));
}

TEST_F(Transaction, E7AFullDiskLeavesNothingHalfWritten) {
    store->insert_bead(issue("kept"));
    commit_and_begin();
    const auto pages = raw().execAndGet("PRAGMA page_count").getInt();
    raw().exec("PRAGMA max_page_count = " + std::to_string(pages + 4));
    store->savepoint();
    for (int i = 0; i < 50 && !store->failed(); ++i) {
        bead b = issue("big" + std::to_string(i));
        b.body = std::string(8000, 'x');
        store->insert_bead(b);
    }
    ASSERT_TRUE(store->failed());
    EXPECT_EQ(store->failed()->kind, errc::storage);
    EXPECT_NE(store->failed()->what.find("SQLITE_FULL"), std::string::npos);
    EXPECT_NE(store->failed()->what.find("free space"), std::string::npos);
    EXPECT_TRUE(store->broken());
    store->rollback_to();
    EXPECT_TRUE(store->failed()) << "no savepoint helps against a full disk";
    ASSERT_FALSE(store->commit().has_value());

    raw().exec("PRAGMA max_page_count = 1000000");
    store->begin();
    expect_fine();
    EXPECT_FALSE(store->broken());
    EXPECT_TRUE(store->find_bead("kept"));
    EXPECT_FALSE(store->find_bead("big0"));
    store->insert_bead(issue("again"));
    EXPECT_TRUE(store->commit().has_value());
}

TEST_F(Transaction, TheLastCommitSurvivesWithoutAClose) {
    store->insert_bead(issue("b1"));
    commit_and_begin();
    // What a killed process leaves: the file and its log, copied while open.
    std::filesystem::copy_file(file(), dir.path() / "t2.db");
    std::filesystem::copy_file(file().string() + "-wal", dir.path() / "t2.db-wal");
    auto copy = town_store::open(dir.path() / "t2.db", {}, noon);
    ASSERT_TRUE(copy.has_value()) << copy.error().what;
    (*copy)->begin();
    EXPECT_TRUE((*copy)->find_bead("b1"));
}

}  // namespace
}  // namespace townd::store::test
