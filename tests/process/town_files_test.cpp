// Town files as a daemon finds them: of the original, of others, damaged, held by others. What can
// be used is worked off; what cannot is named with its reason, and nobody else notices.

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "process/daemon_process.hpp"
#include "process/http_client.hpp"
#include "process/pages.hpp"
#include "process/standin_thread.hpp"
#include "store/original_tables.hpp"

namespace townd::test {
namespace {

namespace fs = std::filesystem;

// The original's tables, by its documented columns.
const std::string original_schema = std::string{original_tables} + R"sql(
CREATE TABLE bead_events(
    bead_event_id TEXT PRIMARY KEY, bead_id TEXT NOT NULL, agent_id TEXT, event_type TEXT NOT NULL,
    old_value TEXT, new_value TEXT, metadata TEXT DEFAULT '{}', created_at TEXT NOT NULL);
CREATE TABLE rigs(
    id TEXT PRIMARY KEY, name TEXT NOT NULL, git_url TEXT NOT NULL DEFAULT '',
    default_branch TEXT NOT NULL DEFAULT 'main', config TEXT DEFAULT '{}',
    created_at TEXT NOT NULL);
CREATE UNIQUE INDEX idx_rigs_name ON rigs(name);
INSERT INTO rigs VALUES('r1','app','https://git.example/app.git','main','{}',
    '2026-04-01 10:00:00');
)sql";

// A town in the middle of its work: one bead free, one held by an idle agent, one left behind by an
// agent that is gone, one that was cancelled and waits for the event to be read, one behind
// another.
constexpr const char* work_in_hand = R"sql(
INSERT INTO beads(bead_id,type,status,title,rig_id,assignee_agent_bead_id,priority,created_by,
    created_at,updated_at,closed_at) VALUES
  ('free','issue','open','Free','r1',NULL,'high','mayor',
    '2026-04-01T10:00:00.000Z','2026-04-01 10:00:00',NULL),
  ('hooked','issue','open','Hooked','r1','toast','medium','mayor',
    '2026-04-01 10:00:00','2026-04-01T10:00:00.000Z',NULL),
  ('left','issue','in_progress','Left behind','r1','maple','medium','mayor',
    '2026-04-01T10:00:00.000Z','2026-04-01T10:00:00.000Z',NULL),
  ('cancelled','issue','open','Cancelled','r1',NULL,'low','mayor',
    '2026-04-01T10:00:00.000Z','2026-04-01T10:00:00.000Z',NULL),
  ('behind','issue','open','Behind the free one','r1',NULL,'medium','mayor',
    '2026-04-01T10:00:00.000Z','2026-04-01T10:00:00.000Z',NULL),
  ('over','issue','closed','Over','r1',NULL,'medium','mayor',
    '2026-03-01T10:00:00.000Z','2026-03-01T10:00:00.000Z','2026-03-01 11:00:00'),
  ('toast','agent','open','Toast','r1',NULL,'medium','system',
    '2026-04-01T10:00:00.000Z','2026-04-01T10:00:00.000Z',NULL),
  ('maple','agent','open','Maple','r1',NULL,'medium','system',
    '2026-04-01T10:00:00.000Z','2026-04-01T10:00:00.000Z',NULL);
INSERT INTO agent_metadata(bead_id,role,identity,status,current_hook_bead_id,dispatch_attempts,
    last_activity_at) VALUES
  ('toast','polecat','toast-polecat-r1@original','idle','hooked',2,NULL),
  ('maple','polecat','maple-polecat-r1@original','working','left',1,'2026-04-01 10:30:00');
INSERT INTO bead_dependencies VALUES('behind','free','blocks');
INSERT INTO town_events(event_id,event_type,agent_id,bead_id,payload,created_at) VALUES
  ('e1','bead_cancelled',NULL,'cancelled','{"cancel_status":"closed"}','2026-04-01 10:40:00'),
  ('e2','container_status','maple',NULL,'{"status":"not_found"}','2026-04-01T10:41:00.000Z');
)sql";

class database {
public:
    explicit database(const fs::path& file) {
        if (sqlite3_open(file.c_str(), &handle_) != SQLITE_OK)
            throw std::runtime_error("cannot open " + file.string());
    }
    ~database() { sqlite3_close(handle_); }
    database(const database&) = delete;
    database& operator=(const database&) = delete;

    void run(const std::string& sql) const {
        char* why = nullptr;
        if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, &why) == SQLITE_OK) return;
        const std::string text = why != nullptr ? why : "no reason";
        sqlite3_free(why);
        throw std::runtime_error(sql.substr(0, 80) + ": " + text);
    }

private:
    sqlite3* handle_ = nullptr;
};

void make_original(const fs::path& file, const std::string& rows) {
    const database made(file);
    made.run("BEGIN;" + original_schema + rows + "COMMIT");
}

std::string issue_row(const std::string& id, const std::string& status = "open") {
    return "INSERT INTO beads(bead_id,type,status,title,rig_id,created_at,updated_at) VALUES('" +
           id + "','issue','" + status +
           "','Work','r1','2026-04-01T10:00:00.000Z','2026-04-01 10:00:00');";
}

class TownFiles : public ::testing::Test {
protected:
    void SetUp() override {
        daemon.configure({{"containers.url", "\"" + container.url() + "\""},
                          {"dispatch.heartbeat_timeout", "1s"}});
        fs::create_directories(towns());
        fs::permissions(daemon.data_dir(), fs::perms::owner_all);
        fs::permissions(towns(), fs::perms::owner_all);
    }
    [[nodiscard]] fs::path towns() const { return daemon.data_dir() / "towns"; }
    [[nodiscard]] fs::path file_of(const std::string& town) const {
        return towns() / (town + ".db");
    }
    void expect_worked_off(const std::string& town, const std::vector<std::string>& beads) const {
        const pages at(daemon);
        for (const auto& bead : beads)
            EXPECT_TRUE(wait_until([&] { return said(at.bead(town, bead), "status") == "closed"; }))
                << town << "/" << bead << ": " << dump_json(at.explain(town, bead));
    }

    standin_thread containers;
    standin::container& container = containers.add();
    daemon_process daemon;
};

TEST_F(TownFiles, ATownOfTheOriginalIsWorkedOff) {
    make_original(file_of("original"), work_in_hand);
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    expect_worked_off("original", {"free", "hooked", "left", "cancelled", "behind", "over"});
    const pages at(daemon);
    EXPECT_EQ(at.town("original")["bad_rows"], 0);
    EXPECT_EQ(at.town("original")["poison_events"], 0);
    EXPECT_TRUE(at.attempts("original", "cancelled").empty()) << "it was over before it began";
    EXPECT_TRUE(at.attempts("original", "over").empty());
    const auto by = at.attempts("original", "hooked");
    ASSERT_FALSE(by.empty());
    EXPECT_EQ(said(by.back(), "agent"), "Toast") << "the agent that held it goes on with it";
    // And the API serves it like any other.
    const auto made = http_send(daemon.api(), "POST", "/api/towns/original/rigs/r1/beads",
                                R"({"type":"issue","title":"New work"})");
    ASSERT_EQ(made.status, 201) << made.body;
    expect_worked_off("original", {said(made.data(), "bead_id")});
}

TEST_F(TownFiles, E3ABadRowIsolatesItselfAlone) {
    make_original(file_of("odd-row"), issue_row("good") + issue_row("odd", "weird"));
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    expect_worked_off("odd-row", {"good"});
    const pages at(daemon);
    const json town = at.town("odd-row");
    EXPECT_EQ(town["bad_rows"], 1);
    EXPECT_NE(said(town, "problem").find("weird"), std::string::npos) << dump_json(town["problem"]);
    EXPECT_EQ(said(town["detail"]["bad_rows"][0], "id"), "odd");
    EXPECT_NE(said(at.explain("odd-row", "odd"), "detail").find("weird"), std::string::npos);
}

// A file that cannot be a town, and the words that its reason must have.
struct unusable {
    std::string town;
    std::string reason;
};

void overwrite(const fs::path& file, std::streamoff from, std::size_t bytes) {
    std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
    out.seekp(from);
    out << std::string(bytes, '\xA5');
}

std::vector<unusable> make_unusable(const fs::path& towns) {
    const auto file = [&](const char* town) { return towns / (std::string{town} + ".db"); };
    make_original(file("foreign"), "PRAGMA application_id=1234567;");
    make_original(file("newer"), "PRAGMA user_version=999;");
    make_original(file("corrupt"), issue_row("b"));
    overwrite(file("corrupt"), 4096, 4096);
    std::ofstream(file("empty")).close();
    write_file(file("text"), std::string(9000, 'x'));
    write_file(file("short"), "SQLite format 3");
    database(file("other-tables")).run("CREATE TABLE t(a)");
    fs::create_directory(file("folder"));
    fs::create_symlink("corrupt.db", file("link"));
    return {{"foreign", "another program"}, {"newer", "newer townd"},
            {"corrupt", "damaged"},         {"empty", "empty"},
            {"text", "not a database"},     {"short", ""},
            {"other-tables", "no town"},    {"folder", "no regular file"},
            {"link", "no regular file"}};
}

TEST_F(TownFiles, WhatCannotBeUsedIsSetAsideWithItsReasonAndTheRestRuns) {
    const auto all = make_unusable(towns());
    make_original(file_of("fine"), issue_row("b"));
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const pages at(daemon);
    expect_worked_off("fine", {"b"});
    const json list = at.get("/debug/v1/towns?state=set_aside");
    EXPECT_EQ(list["items"].size(), all.size()) << dump_json(list);
    const auto page = http_get(daemon.pages(), "/debug/?format=html").body;
    for (const auto& one : all) {
        SCOPED_TRACE(one.town);
        const json town = at.town(one.town);
        EXPECT_EQ(said(town, "state"), "set_aside") << dump_json(town);
        EXPECT_FALSE(said(town, "problem").empty());
        EXPECT_NE(said(town, "problem").find(one.reason), std::string::npos)
            << said(town, "problem");
        EXPECT_NE(page.find(one.town), std::string::npos) << "the first page names it";
        const auto answer = http_get(daemon.api(), "/api/towns/" + one.town + "/config");
        EXPECT_EQ(answer.status, 503) << answer.body;
        const json why = at.explain(one.town, "b");
        EXPECT_EQ(said(why, "reason"), "TownUnreadable") << dump_json(why);
    }
    EXPECT_TRUE(at.alive());
    EXPECT_EQ(fs::file_size(file_of("empty")), 0U) << "never made anew in silence";
    EXPECT_EQ(fs::file_size(file_of("text")), 9000U);
}

TEST_F(TownFiles, ABadNameIsNamedAndNotOpened) {
    make_original(towns() / "bad name!.db", issue_row("b"));
    make_original(file_of("fine"), issue_row("b"));
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    expect_worked_off("fine", {"b"});
    EXPECT_NE(daemon.err().find("bad name!.db is no town file"), std::string::npos) << daemon.err();
    EXPECT_EQ(http_get(daemon.api(), "/api/towns/bad%20name!/config").status, 404);
}

TEST_F(TownFiles, ATownThatAnotherProcessHoldsIsTakenOnceItIsFree) {
    make_original(file_of("held"), issue_row("b"));
    make_original(file_of("fine"), issue_row("b"));
    auto other = std::make_unique<database>(file_of("held"));
    other->run("BEGIN EXCLUSIVE");
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    expect_worked_off("fine", {"b"});
    const pages at(daemon);
    EXPECT_NE(said(at.get("/debug/v1/towns?q=held")["items"][0], "problem").find("another process"),
              std::string::npos)
        << dump_json(at.get("/debug/v1/towns?q=held"));
    EXPECT_EQ(http_get(daemon.api(), "/api/towns/held/config").status, 503);
    other.reset();
    expect_worked_off("held", {"b"});
    EXPECT_TRUE(at.town("held")["problem"].is_null());
}

}  // namespace
}  // namespace townd::test
