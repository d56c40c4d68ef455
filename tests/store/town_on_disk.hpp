#pragma once
// A temporary directory with a town in it, and short ways to fill it.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "store/sqlite_town_store.hpp"

namespace townd::store::test {

inline constexpr instant noon = from_unix_ms(1'795'000'000'000);

class temp_dir {
public:
    temp_dir() {
        std::string name = (std::filesystem::temp_directory_path() / "townd-store-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
        path_ = name;
    }
    ~temp_dir() {
        std::error_code ec;
        std::filesystem::remove_all(path_, ec);
    }
    temp_dir(const temp_dir&) = delete;
    temp_dir& operator=(const temp_dir&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// The fixture of most tests: an open town named `t1`, inside a transaction.
class town_on_disk : public ::testing::Test {
protected:
    void SetUp() override {
        open_options options;
        options.create = true;
        options.create_id = "t1";
        options.create_name = "First";
        options.create_owner = "user-1";
        options.sync = durability::normal;
        auto opened = town_store::open(file(), options, noon);
        ASSERT_TRUE(opened.has_value()) << opened.error().what;
        store = std::move(*opened);
        store->begin();
    }

    [[nodiscard]] std::filesystem::path file() const { return dir.path() / "t1.db"; }

    void commit_and_begin() {
        const auto done = store->commit();
        ASSERT_TRUE(done.has_value()) << done.error().what;
        store->begin();
    }
    void commit_and_reopen() {
        const auto done = store->commit();
        ASSERT_TRUE(done.has_value()) << done.error().what;
        store.reset();
        auto opened = town_store::open(file(), {}, noon);
        ASSERT_TRUE(opened.has_value()) << opened.error().what;
        store = std::move(*opened);
        store->begin();
    }
    [[nodiscard]] SQLite::Database& raw() {
        return dynamic_cast<sqlite_town_store&>(*store).database_for_test();
    }
    /// Nothing failed in this transaction.
    void expect_fine() { EXPECT_FALSE(store->failed().has_value()) << store->failed()->what; }

    static bead issue(std::string id) {
        bead b;
        b.id = std::move(id);
        b.title = "Title of " + b.id;
        b.rig = "rig-1";
        b.created_by = "mayor";
        b.created_at = b.updated_at = noon;
        return b;
    }
    static agent polecat(std::string id) {
        agent a;
        a.id = std::move(id);
        a.rig = "rig-1";
        a.name = "name-" + a.id;
        a.identity = "identity-" + a.id;
        a.created_at = noon;
        return a;
    }
    static dispatch start_of(std::string id, std::string bead_of, instant at) {
        dispatch d;
        d.id = std::move(id);
        d.agent = "agent-1";
        d.agent_name = "toast";
        d.bead = std::move(bead_of);
        d.created_at = at;
        d.deadline_at = at + duration{60'000};
        d.grace_at = at + duration{150'000};
        return d;
    }

    temp_dir dir;
    std::unique_ptr<town_store> store;
};

}  // namespace townd::store::test
