#pragma once
// A database of the original's, made by plain SQL, that a test has adopted.

#include <map>

#include "store/adoption.hpp"
#include "store/original_tables.hpp"
#include "store/town_on_disk.hpp"

namespace townd::store::test {

inline constexpr const char* rigs_table = R"sql(
CREATE TABLE rigs(
    id TEXT PRIMARY KEY, name TEXT NOT NULL, git_url TEXT NOT NULL DEFAULT '',
    default_branch TEXT NOT NULL DEFAULT 'main', config TEXT DEFAULT '{}',
    created_at TEXT NOT NULL);
INSERT INTO rigs VALUES('r1','rig','https://g/x','main','{}','2026-04-01T10:00:00.000Z');
CREATE TABLE bead_events(
    bead_event_id TEXT PRIMARY KEY, bead_id TEXT NOT NULL, agent_id TEXT, event_type TEXT NOT NULL,
    old_value TEXT, new_value TEXT, metadata TEXT DEFAULT '{}', created_at TEXT NOT NULL);
)sql";

class adopted_town : public ::testing::Test {
protected:
    void SetUp() override {
        auto taken = data_dir::take(temp.path() / "data");
        ASSERT_TRUE(taken.has_value()) << taken.error().what;
        dir.emplace(*std::move(taken));
        order.file = source();
    }
    [[nodiscard]] std::filesystem::path source() const { return temp.path() / "old-town.db"; }
    void write(const std::string& sql) const {
        SQLite::Database raw(order.file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        raw.exec("BEGIN;" + sql + "COMMIT");
    }
    /// With the last version's tables.
    void write_rows(const std::string& rows) const {
        write(std::string{townd::test::original_tables} + rigs_table + rows);
    }
    static std::string issue(const std::string& id, const std::string& status = "open",
                             const std::string& more = "") {
        return "INSERT INTO beads(bead_id,type,status,title,rig_id,created_at,updated_at) "
               "VALUES('" +
               id + "','issue','" + status +
               "','T','r1','2026-04-01T10:00:00.000Z','2026-04-01T10:00:00.000Z');" +
               (more.empty() ? "" : "UPDATE beads SET " + more + " WHERE bead_id='" + id + "';");
    }
    static std::string agent_row(const std::string& id, const std::string& status = "idle",
                                 const std::string& hook = "NULL",
                                 const std::string& role = "polecat") {
        return issue(id, "open", "type='agent'") +
               "INSERT INTO agent_metadata(bead_id,role,identity,status,current_hook_bead_id) "
               "VALUES('" +
               id + "','" + role + "','identity-" + id + "','" + status + "'," + hook + ");";
    }
    /// Adopts, opens the town and begins to read.
    void adopt_it() {
        auto done = adopt(*dir, order, noon);
        ASSERT_TRUE(done.has_value()) << done.error().what;
        report = *std::move(done);
        for (const auto& each : report.oddities)
            told[each.code] = each;
        auto opened = town_store::open(report.file, {}, noon);
        ASSERT_TRUE(opened.has_value()) << opened.error().what;
        store = std::move(*opened);
        store->begin();
    }
    [[nodiscard]] errc refused() {
        const auto done = adopt(*dir, order, noon);
        why = done ? "" : done.error().what;
        return done ? errc::internal : done.error().kind;
    }
    void expect_told(const std::string& code, fate became, std::int64_t count) {
        ASSERT_TRUE(told.contains(code)) << code << " is not told";
        EXPECT_EQ(told[code].became, became) << told[code].sentence;
        EXPECT_EQ(told[code].count, count) << told[code].sentence;
    }
    [[nodiscard]] std::string text(const std::string& sql) const {
        auto& raw = dynamic_cast<sqlite_town_store&>(*store).database_for_test();
        return raw.execAndGet(sql).getString();
    }
    [[nodiscard]] bead_status status_of(const std::string& id) const {
        return store->find_bead(id)->status;
    }

    temp_dir temp;
    std::optional<data_dir> dir;
    adoption_order order;
    adoption report;
    std::map<std::string, oddity> told;
    std::unique_ptr<town_store> store;
    std::string why;
};

}  // namespace townd::store::test
