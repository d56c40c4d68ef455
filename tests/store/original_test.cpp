// Databases as the original wrote them, made by plain SQL.

#include <map>
#include <set>

#include "store/original_tables.hpp"
#include "store/town_on_disk.hpp"

namespace townd::store::test {
namespace {

// As the first versions had it: with CHECKs, without the columns that were added later.
constexpr const char* old_schema = R"sql(
CREATE TABLE beads(
    bead_id TEXT PRIMARY KEY,
    type TEXT NOT NULL CHECK(type IN ('issue','message','escalation','merge_request','convoy',
        'molecule','agent')),
    status TEXT NOT NULL DEFAULT 'open' CHECK(status IN ('open','in_progress','closed','failed')),
    title TEXT NOT NULL, body TEXT, rig_id TEXT, parent_bead_id TEXT REFERENCES beads(bead_id),
    assignee_agent_bead_id TEXT, priority TEXT DEFAULT 'medium', labels TEXT DEFAULT '[]',
    metadata TEXT DEFAULT '{}', created_by TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    closed_at TEXT);
CREATE TABLE agent_metadata(
    bead_id TEXT PRIMARY KEY REFERENCES beads(bead_id), role TEXT NOT NULL,
    identity TEXT NOT NULL UNIQUE, container_process_id TEXT, status TEXT NOT NULL DEFAULT 'idle',
    current_hook_bead_id TEXT, dispatch_attempts INTEGER NOT NULL DEFAULT 0, checkpoint TEXT,
    last_activity_at TEXT);
CREATE TABLE bead_dependencies(
    bead_id TEXT NOT NULL, depends_on_bead_id TEXT NOT NULL,
    dependency_type TEXT NOT NULL DEFAULT 'blocks', UNIQUE(bead_id, depends_on_bead_id));
INSERT INTO beads VALUES('i1','issue','open','Fix it','body','r1',NULL,'a1','high','["gt:held"]',
    '{}','mayor','2026-04-01T10:00:00.500Z','2026-04-01 10:00:01',NULL);
INSERT INTO beads VALUES('a1','agent','open','toast',NULL,'r1',NULL,NULL,'medium','[]','{}','x',
    '2026-04-01T10:00:00.000Z','2026-04-01T10:00:00.000Z',NULL);
INSERT INTO agent_metadata VALUES('a1','polecat','toast-polecat-r1@t',NULL,'working','i1',2,NULL,
    '2026-04-01 11:00:00');
)sql";

// As the last versions had it: no CHECKs, every column.
const std::string full_schema = std::string{townd::test::original_tables} + R"sql(
CREATE TABLE rigs(
    id TEXT PRIMARY KEY, name TEXT NOT NULL, git_url TEXT NOT NULL DEFAULT '',
    default_branch TEXT NOT NULL DEFAULT 'main', config TEXT DEFAULT '{}',
    created_at TEXT NOT NULL);
CREATE UNIQUE INDEX idx_rigs_name ON rigs(name);
INSERT INTO rigs VALUES('r1','rig','https://g/x','main',
    '{"max_dispatch_attempts":2,"review_mode":"rework"}','2026-04-01T10:00:00.000Z');
)sql";

class Original : public ::testing::Test {
protected:
    [[nodiscard]] std::filesystem::path file() const { return dir.path() / "old-town.db"; }
    void write(const std::string& schema, const std::string& rows = "") {
        SQLite::Database raw(file().string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        raw.exec("BEGIN;" + schema + rows + "COMMIT");
    }
    void open() {
        auto opened = town_store::open(file(), {}, noon);
        ASSERT_TRUE(opened.has_value()) << opened.error().what;
        store = std::move(*opened);
        store->begin();
    }
    static std::string bead_row(const std::string& id, const std::string& more = "") {
        return "INSERT INTO beads(bead_id,type,title,created_at,updated_at) VALUES('" + id +
               "','issue','T','2026-04-01T10:00:00.000Z','2026-04-01T10:00:00.000Z');" + more;
    }

    temp_dir dir;
    std::unique_ptr<town_store> store;
};

TEST_F(Original, AnOldFileOpensAndCarriesOn) {
    write(old_schema);
    open();
    const auto meta = store->meta();
    EXPECT_EQ(meta.id, "old-town");
    EXPECT_EQ(meta.name, "old-town");
    EXPECT_EQ(meta.owner, "");
    EXPECT_EQ(meta.created_at, noon);
    auto live = store->load_live();
    ASSERT_TRUE(live.bad.empty()) << live.bad[0].why;
    ASSERT_EQ(live.beads.size(), 1U);
    EXPECT_EQ(live.beads[0].id, "i1");
    EXPECT_EQ(live.beads[0].priority, bead_priority::high);
    EXPECT_TRUE(live.beads[0].has_label("gt:held"));
    EXPECT_EQ(live.beads[0].body, std::nullopt);
    EXPECT_EQ(live.beads[0].dispatch_attempts, 0);
    EXPECT_EQ(to_rfc3339(live.beads[0].created_at), "2026-04-01T10:00:00.500Z");
    EXPECT_EQ(to_rfc3339(live.beads[0].updated_at), "2026-04-01T10:00:01.000Z");
    ASSERT_EQ(live.agents.size(), 1U);
    EXPECT_EQ(live.agents[0].name, "toast");
    EXPECT_EQ(live.agents[0].hook, "i1");
    EXPECT_EQ(live.agents[0].active_tools_json, "[]");
    EXPECT_EQ(to_rfc3339(*live.agents[0].last_activity_at), "2026-04-01T11:00:00.000Z");

    live.beads[0].dispatch_attempts = 1;
    live.beads[0].starts = 1;
    store->put_bead(live.beads[0]);
    ASSERT_TRUE(store->commit().has_value());
    store.reset();
    open();
    EXPECT_EQ(store->find_bead("i1")->starts, 1);
    EXPECT_EQ(store->find_bead("i1")->body, "body");
}

TEST_F(Original, AnOldCheckRefusesOneWriteAndNotTheTown) {
    write(old_schema);
    open();
    auto b = store->find_bead("i1");
    ASSERT_TRUE(b);
    b->status = bead_status::in_review;
    store->savepoint();
    store->put_bead(*b);
    ASSERT_TRUE(store->failed());
    EXPECT_EQ(store->failed()->kind, errc::conflict);
    EXPECT_FALSE(store->broken());
    store->rollback_to();
    EXPECT_EQ(store->find_bead("i1")->status, bead_status::open);
}

TEST_F(Original, AFullFileOpensWithItsRigs) {
    write(full_schema, bead_row("i1"));
    open();
    const auto live = store->load_live();
    ASSERT_TRUE(live.bad.empty()) << live.bad[0].why;
    ASSERT_EQ(live.rigs.size(), 1U);
    EXPECT_EQ(live.rigs[0].max_dispatch_attempts, 2);
    EXPECT_EQ(live.rigs[0].max_concurrent_polecats, std::nullopt);
}

TEST_F(Original, E3BadRowIsIsolated) {
    write(full_schema,
          bead_row("good") + bead_row("s", "UPDATE beads SET status='weird' WHERE bead_id='s';") +
              bead_row("t", "UPDATE beads SET type='cat' WHERE bead_id='t';") +
              bead_row("p", "UPDATE beads SET priority='urgent' WHERE bead_id='p';") +
              bead_row("n", "UPDATE beads SET title=NULL WHERE bead_id='n';") +
              bead_row("l", "UPDATE beads SET labels='not json' WHERE bead_id='l';") +
              bead_row("k", "UPDATE beads SET labels='{\"a\":1}' WHERE bead_id='k';") +
              bead_row("c", "UPDATE beads SET created_at=NULL WHERE bead_id='c';") +
              bead_row("d", "UPDATE beads SET updated_at='yesterday' WHERE bead_id='d';") +
              bead_row("m", "UPDATE beads SET type='merge_request' WHERE bead_id='m';") +
              bead_row("a",
                       "UPDATE beads SET type='agent' WHERE bead_id='a';"
                       "INSERT INTO agent_metadata(bead_id,role,identity) "
                       "VALUES('a','witness','w');") +
              bead_row("e", "UPDATE beads SET type='agent' WHERE bead_id='e';") +
              "INSERT INTO rigs VALUES('r2','two','','main','[','');");
    open();
    const auto live = store->load_live();
    std::map<std::string, std::string> why;
    for (const auto& row : live.bad)
        why[row.table + "/" + row.id] = row.why;
    EXPECT_EQ(why.at("beads/s"), "status is 'weird'");
    EXPECT_EQ(why.at("beads/t"), "type is 'cat'");
    EXPECT_EQ(why.at("beads/p"), "priority is 'urgent'");
    EXPECT_EQ(why.at("beads/n"), "title is NULL");
    EXPECT_EQ(why.at("beads/l"), "labels is 'not json'");
    EXPECT_EQ(why.at("beads/k"), "labels is '{\"a\":1}'");
    EXPECT_EQ(why.at("beads/c"), "created_at is NULL");
    EXPECT_EQ(why.at("review_metadata/m"), "it has no row with a branch in review_metadata");
    EXPECT_EQ(why.at("agent_metadata/a"), "role is 'witness'");
    EXPECT_EQ(why.at("agent_metadata/e"), "it has no row with an identity in agent_metadata");
    EXPECT_EQ(why.at("rigs/r2"), "config is '['");
    EXPECT_EQ(why.size(), 11U);
    std::set<std::string> read;
    for (const auto& b : live.beads)
        read.insert(b.id);
    EXPECT_EQ(read, (std::set<std::string>{"good", "d", "m"}));
    EXPECT_EQ(live.rigs.size(), 1U);

    EXPECT_EQ(store->list_beads({}).size(), 5U) << "good, d, m and the two agents' beads";
    EXPECT_FALSE(store->failed());
    EXPECT_FALSE(store->find_bead("s"));
    ASSERT_TRUE(store->failed());
    EXPECT_EQ(store->failed()->kind, errc::conflict);
    EXPECT_NE(store->failed()->what.find("status is 'weird'"), std::string::npos);
}

TEST_F(Original, BadRowsAreCutAndBounded) {
    std::string rows = bead_row("good");
    for (int i = 0; i < 150; ++i) {
        const auto id = "w" + std::to_string(i);
        rows += bead_row(id, "UPDATE beads SET status='" + std::string(500, 'z') +
                                 "' WHERE bead_id='" + id + "';");
    }
    write(full_schema, rows);
    open();
    const auto live = store->load_live();
    EXPECT_EQ(live.bad.size(), 100U);
    EXPECT_LE(live.bad[0].why.size(), 80U);
    EXPECT_NE(live.bad[0].why.find("500 bytes"), std::string::npos) << live.bad[0].why;
    EXPECT_EQ(live.beads.size(), 1U);
}

TEST_F(Original, E4AnUnknownAgentStatusIsKeptAsText) {
    write(full_schema, bead_row("a",
                                "UPDATE beads SET type='agent' WHERE bead_id='a';"
                                "INSERT INTO agent_metadata(bead_id,role,identity,status) "
                                "VALUES('a','polecat','w','exited');"));
    open();
    auto a = store->find_agent("a");
    ASSERT_TRUE(a);
    EXPECT_EQ(a->status, agent_status::unknown);
    EXPECT_EQ(a->status_text, "exited");
    store->put_agent(*a);
    EXPECT_EQ(store->find_agent("a")->status_text, "exited");
    a->status = agent_status::idle;
    store->put_agent(*a);
    EXPECT_EQ(store->find_agent("a")->status, agent_status::idle);
}

TEST_F(Original, E5ARowThatIsTooBigFailsAlone) {
    write(full_schema, bead_row("good") +
                           bead_row("big",
                                    "UPDATE beads SET title=printf('%.*c',5000000,'x') "
                                    "WHERE bead_id='big';") +
                           bead_row("body",
                                    "UPDATE beads SET body=printf('%.*c',5000000,'x') "
                                    "WHERE bead_id='body';"));
    open();
    const auto live = store->load_live();
    ASSERT_EQ(live.bad.size(), 1U);
    EXPECT_EQ(live.bad[0].id, "big");
    EXPECT_NE(live.bad[0].why.find("2000000"), std::string::npos);
    ASSERT_EQ(live.beads.size(), 2U) << "a body is not read by a tick";
    EXPECT_EQ(store->list_beads({}).size(), 1U);
    EXPECT_FALSE(store->failed());
    store->savepoint();
    EXPECT_FALSE(store->find_bead("big"));
    ASSERT_TRUE(store->failed());
    EXPECT_EQ(store->failed()->kind, errc::too_large);
    EXPECT_FALSE(store->broken());
    store->rollback_to();
    EXPECT_TRUE(store->find_bead("good"));
}

TEST_F(Original, E5AnEventThatIsTooBigIsSetAside) {
    write(full_schema,
          "INSERT INTO town_events VALUES('big','agent_done',NULL,NULL,printf('%.*c',5000000,'x'),"
          "'2026-04-01 10:00:00',NULL);"
          "INSERT INTO town_events VALUES('ok','agent_done',NULL,NULL,'{}',"
          "'2026-04-01 10:00:01',NULL);");
    open();
    const auto events = store->pending_town_events(10);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].id, "ok");
    ASSERT_TRUE(store->commit().has_value());
    store->begin();
    ASSERT_EQ(store->poison_events().size(), 1U);
    EXPECT_EQ(store->poison_events()[0].id, "big");
    EXPECT_EQ(store->poison_events()[0].type, "agent_done");
    EXPECT_EQ(store->pending_town_events(10).size(), 1U);
    EXPECT_FALSE(store->failed());
}

TEST_F(Original, C10MixedTimeFormatsAreOrdered) {
    // By text the blank sorts before the `T`, whatever the hour.
    write(full_schema,
          "INSERT INTO town_events VALUES('third','x',NULL,NULL,'{}','2026-04-01 12:00:00',NULL);"
          "INSERT INTO town_events VALUES('first','x',NULL,NULL,'{}','2026-04-01T09:00:00.000Z',"
          "NULL);"
          "INSERT INTO town_events "
          "VALUES('second','x',NULL,NULL,'{}','2026-04-01T13:00:00.000+02:00',"
          "NULL);"
          "INSERT INTO town_events VALUES('fourth','x',NULL,NULL,'{}','2026-04-01 12:00:00',NULL);"
          "INSERT INTO town_events VALUES('done','x',NULL,NULL,'{}','2026-04-01 01:00:00','x');");
    open();
    std::string order;
    for (const auto& e : store->pending_town_events(10))
        order += e.id + " ";
    EXPECT_EQ(order, "first second third fourth ");
    order.clear();
    for (const auto& e : store->pending_town_events(2))
        order += e.id + " ";
    EXPECT_EQ(order, "first second ");
}

TEST_F(Original, C10BeadEventsSinceATimeSeeBothFormats) {
    write(full_schema, bead_row("b"));
    open();
    ASSERT_TRUE(store->commit().has_value());
    auto& raw = dynamic_cast<sqlite_town_store&>(*store).database_for_test();
    raw.exec(
        "INSERT INTO bead_events(bead_event_id,bead_id,event_type,created_at) VALUES"
        "('e1','b','x','2026-04-01 10:00:00'),('e2','b','x','2026-04-01T11:00:00.000Z'),"
        "('e3','b','x','2026-04-01 12:00:00')");
    store->begin();
    std::string seen;
    const auto since = parse_time("2026-04-01T10:30:00.000Z");
    for (const auto& e : store->bead_events(since, std::nullopt, 10))
        seen += e.id + " ";
    EXPECT_EQ(seen, "e2 e3 ");
}

TEST_F(Original, TheSourceOfAReviewIsItsEdgeOrItsMetadata) {
    write(full_schema,
          bead_row("i1") + bead_row("i2") +
              bead_row("m1", "UPDATE beads SET type='merge_request' WHERE bead_id='m1';") +
              bead_row("m2",
                       "UPDATE beads SET type='merge_request',"
                       "metadata='{\"source_bead_id\":\"i2\"}' WHERE bead_id='m2';") +
              "INSERT INTO review_metadata(bead_id,branch) VALUES('m1','x'),('m2','y');"
              "INSERT INTO bead_dependencies VALUES('m1','i1','tracks');");
    open();
    std::map<std::string, std::optional<std::string>> sources;
    for (const auto& r : store->load_live().reviews)
        sources[r.id] = r.source;
    EXPECT_EQ(sources.at("m1"), "i1");
    EXPECT_EQ(sources.at("m2"), "i2");
}

}  // namespace
}  // namespace townd::store::test
