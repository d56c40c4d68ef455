// `townd adopt` as a user runs it: towns of the original, with all that was odd in them, are taken
// over and worked off; what cannot be taken is refused with its reason, and nothing is lost.

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <stdexcept>

#include "process/daemon_process.hpp"
#include "process/http_client.hpp"
#include "process/pages.hpp"
#include "process/standin_thread.hpp"
#include "store/original_tables.hpp"

namespace townd::test {
namespace {

namespace fs = std::filesystem;

void make_database(const fs::path& file, const std::string& sql) {
    sqlite3* handle = nullptr;
    if (sqlite3_open(file.c_str(), &handle) != SQLITE_OK)
        throw std::runtime_error("cannot open " + file.string());
    char* why = nullptr;
    sqlite3_exec(handle, ("BEGIN;" + sql + "COMMIT").c_str(), nullptr, nullptr, &why);
    const std::string text = why != nullptr ? why : "";
    sqlite3_free(why);
    sqlite3_close(handle);
    if (!text.empty()) throw std::runtime_error(text);
}

// As the first versions had it, CHECKs and all: it cannot be in review or failed, and knows roles
// that are no more.
constexpr const char* first_tables = R"sql(
CREATE TABLE beads(
    bead_id TEXT PRIMARY KEY,
    type TEXT NOT NULL CHECK(type IN ('issue','message','escalation','convoy','agent')),
    status TEXT NOT NULL DEFAULT 'open' CHECK(status IN ('open','in_progress','closed')),
    title TEXT NOT NULL, body TEXT, rig_id TEXT, parent_bead_id TEXT REFERENCES beads(bead_id),
    assignee_agent_bead_id TEXT, priority TEXT DEFAULT 'medium', labels TEXT DEFAULT '[]',
    metadata TEXT DEFAULT '{}', created_by TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    closed_at TEXT);
CREATE TABLE agent_metadata(
    bead_id TEXT PRIMARY KEY REFERENCES beads(bead_id),
    role TEXT NOT NULL CHECK(role IN ('polecat','refinery','mayor','witness')),
    identity TEXT NOT NULL UNIQUE, container_process_id TEXT, status TEXT NOT NULL DEFAULT 'idle',
    current_hook_bead_id TEXT, dispatch_attempts INTEGER NOT NULL DEFAULT 0, checkpoint TEXT,
    last_activity_at TEXT);
CREATE TABLE bead_dependencies(
    bead_id TEXT NOT NULL, depends_on_bead_id TEXT NOT NULL,
    dependency_type TEXT NOT NULL DEFAULT 'blocks', UNIQUE(bead_id, depends_on_bead_id));
)sql";

constexpr const char* odd_rows = R"sql(
CREATE TABLE rigs(
    id TEXT PRIMARY KEY, name TEXT NOT NULL, git_url TEXT NOT NULL DEFAULT '',
    default_branch TEXT NOT NULL DEFAULT 'main', config TEXT DEFAULT '{}',
    created_at TEXT NOT NULL);
INSERT INTO rigs VALUES('r1','app','','main','{}','2026-04-01 10:00:00');
INSERT INTO beads(bead_id,type,status,title,rig_id,assignee_agent_bead_id,labels,created_at,
    updated_at) VALUES
  ('free','issue','open','Free','r1',NULL,'[]','2026-04-01 10:00:00','2026-04-01 10:00:00'),
  ('left','issue','in_progress','Left behind','r1','gone','[]','2026-04-01T10:00:00.000Z','never'),
  ('twice','issue','in_progress','Held twice','r1','toast','oops','2026-04-01T10:00:00.000Z',
    '2026-04-01T10:00:00.000Z'),
  ('witnessed','issue','in_progress','Of a witness','r1','wit','[]','2026-04-01T10:00:00.000Z',
    '2026-04-01T10:00:00.000Z'),
  ('behind','issue','open','Behind nothing','r1',NULL,'[]','2026-04-01T10:00:00.000Z',
    '2026-04-01T10:00:00.000Z'),
  ('over','issue','closed','Over','r1','toast','[]','2026-03-01 10:00:00','2026-03-01 10:00:00'),
  ('toast','agent','open','Toast','r1',NULL,'[]','2026-04-01 10:00:00','2026-04-01 10:00:00'),
  ('maple','agent','open','Maple','r1',NULL,'[]','2026-04-01 10:00:00','2026-04-01 10:00:00'),
  ('birch','agent','open','Birch','r1',NULL,'[]','2026-04-01 10:00:00','2026-04-01 10:00:00'),
  ('wit','agent','open','Wit','r1',NULL,'[]','2026-04-01 10:00:00','2026-04-01 10:00:00');
INSERT INTO agent_metadata(bead_id,role,identity,status,current_hook_bead_id,dispatch_attempts)
  VALUES('toast','polecat','toast@x','working','twice',5),
  ('maple','polecat','maple@x','idle','twice',5),
  ('birch','polecat','birch@x','exited','over',5),
  ('wit','witness','wit@x','working','witnessed',0);
INSERT INTO bead_dependencies VALUES('behind','deleted','blocks'),('free','free','blocks');
CREATE TABLE _cf_KV(key TEXT PRIMARY KEY, value BLOB);
INSERT INTO _cf_KV VALUES
  ('town:id','"first-town"'),
  ('town:config','{"merge_strategy":"direct","kilocode_token":"c4nary-t0ken"}'),
  ('rig:r1:config','{"gitUrl":"https://git.example/app.git"}');
)sql";

const std::string last_rows = std::string{original_tables} + R"sql(
CREATE TABLE rigs(
    id TEXT PRIMARY KEY, name TEXT NOT NULL, git_url TEXT NOT NULL DEFAULT '',
    default_branch TEXT NOT NULL DEFAULT 'main', config TEXT DEFAULT '{}',
    created_at TEXT NOT NULL);
INSERT INTO rigs VALUES('r1','app','https://git.example/app.git','main','{}','2026-04-01 10:00:00');
INSERT INTO beads(bead_id,type,status,title,rig_id,dispatch_attempts,created_at,updated_at) VALUES
  ('capped','issue','open','At the cap','r1',5,'2026-04-01 10:00:00','2026-04-01 10:00:00'),
  ('task','task','pending','Older words','r1',0,'2026-04-01 10:00:00','2026-04-01 10:00:00'),
  ('weird','issue','weird','Set aside','r1',0,'2026-04-01 10:00:00','2026-04-01 10:00:00');
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<5000)
INSERT INTO town_events SELECT 's'||i,'container_status','a',NULL,'{}','2026-04-01 10:00:00',NULL
  FROM n;
INSERT INTO town_events VALUES('poison','agent_done','a',NULL,'no json','2026-04-01 10:00:00',NULL);
)sql";

class Adopt : public ::testing::Test {
protected:
    void SetUp() override {
        daemon.configure({{"containers.url", "\"" + container.url() + "\""},
                          {"dispatch.heartbeat_timeout", "1s"}});
    }
    int run(std::vector<std::string> arguments) {
        std::vector<std::string> all{"--config", daemon.config_file().string(), "adopt"};
        all.insert(all.end(), arguments.begin(), arguments.end());
        const auto cwd = here.path() / std::to_string(++runs);
        fs::create_directory(cwd);
        child townd({all, cwd, {}});
        const auto code = townd.wait();
        out = townd.out();
        err = townd.err();
        return code.value_or(-1);
    }
    void expect_worked_off(const std::string& town, const std::vector<std::string>& beads) const {
        const pages at(daemon);
        for (const auto& bead : beads)
            EXPECT_TRUE(wait_until([&] { return said(at.bead(town, bead), "status") == "closed"; }))
                << town << "/" << bead << ": " << dump_json(at.explain(town, bead));
    }
    [[nodiscard]] fs::path town_file(const std::string& town) const {
        return daemon.data_dir() / "towns" / (town + ".db");
    }

    standin_thread containers;
    standin::container& container = containers.add();
    daemon_process daemon;
    scratch_dir here;
    int runs = 0;
    std::string out;
    std::string err;
};

TEST_F(Adopt, TownsWithAllTheirOdditiesAreWorkedOff) {
    const auto first = here.path() / "export-1.sqlite";
    const auto last = here.path() / "last-town.db";
    make_database(first, std::string{first_tables} + odd_rows);
    make_database(last, last_rows);
    const auto before = read_file(first);
    ASSERT_EQ(run({first.string(), last.string()}), 0) << err << out;
    EXPECT_EQ(read_file(first), before);
    EXPECT_NE(out.find("town first-town"), std::string::npos) << out;
    EXPECT_NE(out.find("5000 reports of containers' states"), std::string::npos) << out;
    EXPECT_EQ(out.find("c4nary"), std::string::npos) << "a secret is never printed";

    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    expect_worked_off("first-town", {"free", "left", "twice", "witnessed", "behind", "over"});
    expect_worked_off("last-town", {"capped", "task"});
    const pages at(daemon);
    EXPECT_EQ(at.town("first-town")["bad_rows"], 0);
    EXPECT_EQ(at.town("last-town")["bad_rows"], 1);
    EXPECT_TRUE(wait_until([&] { return at.town("last-town")["poison_events"] == 1; }));
    EXPECT_TRUE(at.attempts("first-town", "over").empty());
    const auto config = http_get(daemon.api(), "/api/towns/first-town/config");
    EXPECT_NE(config.body.find("\"merge_strategy\":\"direct\""), std::string::npos) << config.body;
    EXPECT_NE(config.body.find("\"kilocode_token\":\"****"), std::string::npos) << config.body;
}

TEST_F(Adopt, ADryRunTellsAllAndChangesNothing) {
    const auto file = here.path() / "town.db";
    make_database(file, std::string{first_tables} + odd_rows);
    const auto before = read_file(file);
    ASSERT_EQ(run({"--dry-run", "--json", file.string()}), 0) << err;
    EXPECT_EQ(read_file(file), before);
    EXPECT_FALSE(fs::exists(daemon.data_dir()));
    const auto read = parse_json(out);
    ASSERT_TRUE(read.has_value()) << out;
    EXPECT_EQ((*read)["dry_run"], true);
    const json& one = (*read)["files"][0];
    EXPECT_EQ(one["town"], "first-town");
    std::vector<std::string> codes;
    for (const auto& each : one["oddities"])
        codes.push_back(said(each, "code"));
    for (const char* code : {"checks", "time_formats", "times_unreadable", "old_roles",
                             "agent_status", "hook_shared", "edge_to_nothing", "edge_to_itself",
                             "labels_no_list", "started_by_nobody", "rig_entries"})
        EXPECT_NE(std::find(codes.begin(), codes.end(), code), codes.end()) << code << "\n" << out;
    // Also beside a daemon that runs.
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    EXPECT_EQ(run({"--dry-run", file.string()}), 0) << err;
    EXPECT_FALSE(fs::exists(town_file("first-town")));
}

TEST_F(Adopt, OneThatCannotBeTakenStopsNoOther) {
    const auto good = here.path() / "good.db";
    make_database(good, last_rows);
    write_file(here.path() / "text.db", std::string(9000, 'x'));
    make_database(here.path() / "cut.db", last_rows);
    write_file(here.path() / "cut.db", read_file(here.path() / "cut.db").substr(0, 9000));
    EXPECT_EQ(run({(here.path() / "text.db").string(), (here.path() / "cut.db").string(),
                   (here.path() / "none.db").string(), good.string()}),
              1);
    EXPECT_NE(err.find("text.db: it is not a database"), std::string::npos) << err;
    EXPECT_NE(err.find("cut.db: it is damaged"), std::string::npos) << err;
    EXPECT_NE(err.find("none.db: there is no such file"), std::string::npos) << err;
    EXPECT_TRUE(fs::exists(town_file("good")));
    std::vector<std::string> files;
    for (const auto& each : fs::directory_iterator(daemon.data_dir() / "towns"))
        files.push_back(each.path().filename());
    EXPECT_EQ(files, std::vector<std::string>{"good.db"}) << "nothing half-done stays";
}

TEST_F(Adopt, ATownThatExistsStaysAsItIs) {
    const auto file = here.path() / "town.db";
    make_database(file, last_rows);
    ASSERT_EQ(run({file.string()}), 0) << err;
    const auto before = read_file(town_file("town"));
    EXPECT_EQ(run({file.string()}), 5);
    EXPECT_NE(err.find("town town exists"), std::string::npos) << err;
    EXPECT_EQ(read_file(town_file("town")), before);
    EXPECT_EQ(run({"--as", "second", file.string()}), 0) << err;
    EXPECT_TRUE(fs::exists(town_file("second")));
    EXPECT_EQ(run({"--as", "third", file.string(), file.string()}), 64) << err;
}

TEST_F(Adopt, ADirectoryInUseIsRefused) {
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const auto file = here.path() / "town.db";
    make_database(file, last_rows);
    EXPECT_EQ(run({file.string()}), 75);
    EXPECT_NE(err.find("in use"), std::string::npos) << err;
    EXPECT_FALSE(fs::exists(town_file("town")));
}

TEST_F(Adopt, TheTownsConfigurationIsCheckedAsTheApiChecksIt) {
    const auto file = here.path() / "town.db";
    make_database(file, last_rows);
    const auto config = here.path() / "town.json";
    write_file(config, R"({"merge_strategy":"pr","max_polecats_per_rig":99,"odd":1,
        "git_auth":{"github_token":"c4nary-t0ken","gitlab_token":"****1234"},
        "container_url":"http://u:c4nary@x y"})");
    ASSERT_EQ(
        run({"--config", config.string(), "--data-dir", daemon.data_dir().string(), file.string()}),
        0)
        << err;
    for (const char* name :
         {"max_polecats_per_rig", "odd", "git_auth.gitlab_token", "container_url"})
        EXPECT_NE(out.find(std::string{"key "} + name), std::string::npos) << name << "\n" << out;
    EXPECT_EQ(out.find("c4nary"), std::string::npos) << out;
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const auto kept = http_get(daemon.api(), "/api/towns/town/config").body;
    EXPECT_NE(kept.find("\"merge_strategy\":\"pr\""), std::string::npos) << kept;
    EXPECT_NE(kept.find("\"github_token\":\"****"), std::string::npos) << kept;
    EXPECT_EQ(kept.find("odd"), std::string::npos) << kept;
}

}  // namespace
}  // namespace townd::test
