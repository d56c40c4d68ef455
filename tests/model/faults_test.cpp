// What a town in memory keeps when processes die, disks fill up and the power goes.

#include <gtest/gtest.h>

#include "model/memory_town_store.hpp"

namespace townd::model::test {
namespace {

using store::town_store;

constexpr instant noon = from_unix_ms(1'795'000'000'000);
const failure disk_full{errc::storage, "the disk is full; free some space"};

class Faults : public ::testing::Test {
protected:
    void SetUp() override { open(); }
    void open() {
        auto opened = open_town(file);
        ASSERT_TRUE(opened.has_value()) << opened.error().what;
        town = std::move(*opened);
        town->begin();
    }
    static bead issue(std::string id) {
        bead b;
        b.id = std::move(id);
        b.title = "Title of " + b.id;
        b.created_at = b.updated_at = noon;
        return b;
    }
    void commit(const std::string& id) {
        town->insert_bead(issue(id));
        ASSERT_TRUE(town->commit().has_value());
        town->begin();
    }
    [[nodiscard]] bool has(const std::string& id) { return town->find_bead(id).has_value(); }

    std::shared_ptr<memory_town_file> file = make_town_file("t1", "", "user-1", noon);
    std::unique_ptr<town_store> town;
};

TEST_F(Faults, ATownIsNamedAfterItsIdWhenItHasNoName) {
    EXPECT_EQ(town->meta().name, "t1");
    EXPECT_EQ(town->meta().owner, "user-1");
    EXPECT_EQ(town->meta().created_at, noon);
}

TEST_F(Faults, AProcessThatDiesInATransactionLeavesTheLastCommit) {
    commit("kept");
    bead changed = issue("kept");
    changed.title = "not kept";
    town->put_bead(changed);
    town->savepoint();
    town->insert_bead(issue("lost"));
    town.reset();
    open();
    EXPECT_EQ(town->find_bead("kept")->title, "Title of kept");
    EXPECT_FALSE(has("lost"));
    EXPECT_EQ(town->count_issues().open, 1);
}

TEST_F(Faults, AFailedCommitUndoesEverythingAndIsBrokenUntilTheNextBegin) {
    commit("kept");
    file->fail_next_commits(2, disk_full);
    for (int i = 0; i < 2; ++i) {
        town->insert_bead(issue("lost"));
        EXPECT_FALSE(town->broken());
        const auto done = town->commit();
        ASSERT_FALSE(done.has_value());
        EXPECT_EQ(done.error().what, disk_full.what);
        EXPECT_TRUE(town->broken());
        town->begin();
        EXPECT_FALSE(town->broken());
        EXPECT_FALSE(town->failed());
        EXPECT_FALSE(has("lost"));
    }
    commit("again");
    EXPECT_TRUE(has("kept"));
    EXPECT_TRUE(has("again"));
}

TEST_F(Faults, ACommitThatWroteNothingNeedsNoDisk) {
    file->fail_next_commits(1, disk_full);
    ASSERT_TRUE(town->commit().has_value());
    town->begin();
    town->insert_bead(issue("b1"));
    EXPECT_FALSE(town->commit().has_value());
}

TEST_F(Faults, OpeningFailsWhileItIsRefused) {
    town.reset();
    file->refuse_open(failure{errc::unavailable, "set aside"});
    const auto refused = open_town(file);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, errc::unavailable);
    file->refuse_open(std::nullopt);
    EXPECT_TRUE(open_town(file).has_value());
}

TEST_F(Faults, AFileHasOneStoreAtATime) {
    const auto second = open_town(file);
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().kind, errc::locked);
    town.reset();
    EXPECT_TRUE(open_town(file).has_value());
}

TEST_F(Faults, LazyCommitsShowButAreLostWithThePower) {
    commit("durable");
    file->set_lazy(true);
    commit("lazy");
    commit("lazier");
    town->insert_bead(issue("open"));
    EXPECT_TRUE(has("lazy"));
    EXPECT_EQ(file->lazy_commits(), 2U);
    file->power_loss();
    EXPECT_FALSE(has("durable")) << "the process died with the power";
    ASSERT_TRUE(town->failed());
    EXPECT_EQ(town->failed()->kind, errc::storage);
    open();
    EXPECT_TRUE(has("durable"));
    EXPECT_FALSE(has("lazy"));
    EXPECT_FALSE(has("lazier"));
    EXPECT_FALSE(has("open"));
    EXPECT_EQ(town->count_issues().open, 1);
}

TEST_F(Faults, AKillLosesNoLazyCommit) {
    file->set_lazy(true);
    commit("lazy");
    town.reset();
    open();
    EXPECT_TRUE(has("lazy"));
    file->power_loss();
    town.reset();
    open();
    EXPECT_FALSE(has("lazy"));
}

TEST_F(Faults, WhatSurvivesALossOfPowerIsAPrefix) {
    file->set_lazy(true);
    for (const auto* id : {"b1", "b2", "b3"})
        commit(id);
    file->power_loss(2);
    town.reset();
    open();
    EXPECT_TRUE(has("b1"));
    EXPECT_TRUE(has("b2"));
    EXPECT_FALSE(has("b3"));
    EXPECT_EQ(file->lazy_commits(), 0U);
}

TEST_F(Faults, ASyncMakesWhatIsCommittedDurableAndNothingElse) {
    file->set_lazy(true);
    commit("b1");
    town->insert_bead(issue("b2"));
    file->sync();
    EXPECT_EQ(file->lazy_commits(), 0U);
    town->rollback();
    town->begin();
    EXPECT_TRUE(has("b1"));
    EXPECT_FALSE(has("b2")) << "a sync inside a transaction leaves it undoable";
    commit("b3");
    file->power_loss();
    town.reset();
    open();
    EXPECT_TRUE(has("b1"));
    EXPECT_FALSE(has("b3"));
}

TEST_F(Faults, ASyncInATransactionThatHasWrittenNothingYetLeavesItUndoable) {
    file->set_lazy(true);
    commit("b1");
    file->sync();
    town->insert_bead(issue("b2"));
    town->rollback();
    town->begin();
    EXPECT_TRUE(has("b1"));
    EXPECT_FALSE(has("b2"));
}

TEST_F(Faults, TheNextCommitThatIsNotLazyMakesAllDurable) {
    file->set_lazy(true);
    commit("b1");
    file->set_lazy(false);
    EXPECT_EQ(file->lazy_commits(), 1U);
    commit("b2");
    EXPECT_EQ(file->lazy_commits(), 0U);
    file->power_loss();
    town.reset();
    open();
    EXPECT_TRUE(has("b1"));
    EXPECT_TRUE(has("b2"));
}

TEST_F(Faults, AStoreOfBeforeThePowerWentCannotTouchTheFile) {
    commit("b1");
    auto dead = std::move(town);
    dead->insert_bead(issue("b2"));
    file->power_loss();
    open();
    town->insert_bead(issue("b3"));
    dead->rollback();
    dead->begin();
    dead->insert_bead(issue("b4"));
    EXPECT_TRUE(dead->broken());
    EXPECT_FALSE(dead->commit().has_value());
    dead.reset();
    ASSERT_TRUE(town->commit().has_value());
    town->begin();
    EXPECT_TRUE(has("b1"));
    EXPECT_FALSE(has("b2"));
    EXPECT_TRUE(has("b3"));
    EXPECT_FALSE(has("b4"));
    EXPECT_FALSE(open_town(file).has_value()) << "the dead one must not unlock the file";
}

TEST_F(Faults, ALeanTownForgetsHistoriesButNothingThatIsLive) {
    town.reset();
    file = make_town_file("t2", "", "", noon, lean_history());
    open();
    const auto bounds = lean_history();
    for (int i = 0; i < 500; ++i) {
        const auto id = std::to_string(i);
        bead b = issue("b" + id);
        b.body = "words";
        town->insert_bead(b);
        b.body.reset();
        b.status = i % 2 == 0 ? bead_status::closed : bead_status::open;
        town->put_bead(b);
        dispatch d;
        d.id = "d" + id;
        d.bead = b.id;
        d.agent = "a";
        d.created_at = noon + duration{i};
        d.state = i % 10 == 0 ? dispatch_state::started : dispatch_state::ended;
        town->insert_dispatch(d);
        town->add_bead_event({0, "e" + id, b.id, {}, "moved", {}, {}, "{}", noon});
    }
    EXPECT_FALSE(town->failed());
    EXPECT_EQ(town->load_live().beads.size(), 250U);
    EXPECT_EQ(town->load_live().dispatches.size(), 50U);
    EXPECT_EQ(town->count_issues().closed, 250);
    store::dispatch_filter all;
    all.limit = 1000;
    EXPECT_LE(town->list_dispatches(all).size(), 50U + static_cast<std::size_t>(bounds.dispatches));
    EXPECT_EQ(town->bead_events(std::nullopt, std::nullopt, 1000).size(),
              static_cast<std::size_t>(bounds.bead_events));
    EXPECT_FALSE(town->find_bead("b0")->body);
    EXPECT_EQ(town->find_bead("b1")->body, "words");
}

}  // namespace
}  // namespace townd::model::test
