// One oddity of the original's databases a test: it is told with its count, and what the daemon
// then reads is sound.

#include "store/adopted_town.hpp"

namespace townd::store::test {
namespace {

using Oddity = adopted_town;

TEST_F(Oddity, TablesAndColumnsOfLaterVersionsAreAdded) {
    write(
        "CREATE TABLE beads(bead_id TEXT PRIMARY KEY, type TEXT NOT NULL, status TEXT NOT NULL, "
        "title TEXT, created_at TEXT, updated_at TEXT, note TEXT);"
        "INSERT INTO beads VALUES('i1','issue','open','T','2026-04-01T10:00:00.000Z',"
        "'2026-04-01T10:00:00.000Z','mine');");
    adopt_it();
    expect_told("missing_tables", fate::repaired, 9);
    expect_told("missing_columns", fate::repaired, 11);
    EXPECT_EQ(store->load_live().beads.size(), 1U);
    EXPECT_EQ(text("SELECT note FROM beads"), "mine") << "what nobody knows stays";
}

TEST_F(Oddity, ChecksAreTakenAwayWithTheirRowsKept) {
    write(
        "CREATE TABLE beads(bead_id TEXT PRIMARY KEY, type TEXT NOT NULL CHECK (type IN "
        "('issue','agent')), status TEXT NOT NULL CHECK(status IN ('open','closed')), title "
        "TEXT, created_at TEXT, updated_at TEXT, note TEXT);"
        "CREATE TABLE agent_metadata(bead_id TEXT PRIMARY KEY REFERENCES beads(bead_id), role "
        "TEXT NOT NULL\n  check\n(role IN ('polecat','witness')), identity TEXT NOT NULL "
        "UNIQUE, status TEXT, current_hook_bead_id TEXT);" +
        std::string{"INSERT INTO beads VALUES('i2','issue','open','T','2026-04-01T10:00:00.000Z',"
                    "'2026-04-01T10:00:00.000Z','mine'),('i1','issue','open',NULL,"
                    "'2026-04-01T10:00:00.000Z','2026-04-01T10:00:00.000Z',NULL);"});
    adopt_it();
    expect_told("checks", fate::repaired, 2);
    auto b = store->find_bead("i2");
    ASSERT_TRUE(b);
    b->status = bead_status::in_review;
    store->put_bead(*b);
    EXPECT_FALSE(store->failed()) << store->failed()->what;
    EXPECT_EQ(status_of("i2"), bead_status::in_review);
    EXPECT_EQ(text("SELECT group_concat(bead_id) FROM (SELECT bead_id FROM beads ORDER BY rowid)"),
              "i2,i1");
    EXPECT_EQ(text("SELECT note FROM beads WHERE bead_id='i2'"), "mine");
}

TEST_F(Oddity, TablesWithoutTheirKeysGetThem) {
    write(
        "CREATE TABLE beads(bead_id, type, status, title, created_at, updated_at);"
        "INSERT INTO beads VALUES('i1','issue','open','old','2026-04-01T10:00:00.000Z',''),"
        "('i1','issue','open','new','2026-04-01T10:00:00.000Z','');"
        "CREATE TABLE bead_dependencies(bead_id, depends_on_bead_id, dependency_type);");
    adopt_it();
    expect_told("keyless", fate::repaired, 2);
    expect_told("same_key", fate::dropped, 1);
    EXPECT_EQ(store->find_bead("i1")->title, "new");
}

TEST_F(Oddity, ValuesThatARowMustHaveAreFilledIn) {
    write(
        "CREATE TABLE beads(bead_id TEXT PRIMARY KEY, type TEXT, status TEXT, title TEXT, "
        "dispatch_attempts, created_at TEXT, updated_at TEXT);"
        "INSERT INTO beads VALUES(NULL,'issue',NULL,NULL,'many','2026-04-01T10:00:00.000Z',"
        "'2026-04-01T10:00:00.000Z');"
        "CREATE TABLE agent_metadata(bead_id TEXT PRIMARY KEY, role TEXT, identity TEXT);"
        "INSERT INTO agent_metadata VALUES(NULL,'polecat',NULL);"
        "CREATE TABLE rigs(id TEXT PRIMARY KEY, name TEXT);"
        "INSERT INTO rigs VALUES('r1',NULL),('r2',NULL);");
    adopt_it();
    expect_told("missing_values", fate::repaired, 5);
    expect_told("no_numbers", fate::repaired, 1);
    expect_told("rig_unnamed", fate::repaired, 2);
    const auto rows = store->load_live();
    EXPECT_TRUE(rows.bad.empty());
    ASSERT_EQ(rows.beads.size(), 1U);
    EXPECT_EQ(rows.beads[0].status, bead_status::open);
    EXPECT_EQ(rows.beads[0].title, rows.beads[0].id);
    EXPECT_TRUE(rows.agents.empty());
    EXPECT_EQ(store->find_rig("r2")->name, "r2");
}

TEST_F(Oddity, TriggersAndViewsAreTakenOut) {
    write_rows(
        "CREATE TRIGGER t AFTER UPDATE ON beads BEGIN DELETE FROM rigs; END;"
        "CREATE VIEW v AS SELECT * FROM nowhere;" +
        issue("i1", "done"));
    adopt_it();
    expect_told("triggers", fate::dropped, 2);
    EXPECT_EQ(store->rigs().size(), 1U);
}

TEST_F(Oddity, TimesOfAllFormatsBecomeOne) {
    write_rows(issue("a", "open", "created_at='2026-04-01 12:00:00'") +
               issue("b", "open", "created_at='2026-04-01T14:00:00+02:00'") +
               issue("c", "open", "created_at=1775044800000") +
               issue("d", "open", "created_at=1775044800") +
               "INSERT INTO town_events VALUES('e','agent_done',NULL,NULL,'{}',"
               "'2026-04-01 10:00:00',NULL);");
    adopt_it();
    expect_told("time_formats", fate::repaired, 5);
    for (const char* id : {"a", "b", "c", "d"})
        EXPECT_EQ(text(std::string{"SELECT created_at FROM beads WHERE bead_id='"} + id + "'"),
                  "2026-04-01T12:00:00.000Z");
    EXPECT_EQ(text("SELECT created_at FROM town_events"), "2026-04-01T10:00:00.000Z");
}

TEST_F(Oddity, TimesThatNobodyCanReadAreReplaced) {
    write_rows(issue("a", "open", "created_at=NULL") +
               issue("b", "open", "updated_at='yesterday'") +
               issue("c", "closed", "closed_at='then'") +
               "INSERT INTO bead_events VALUES('e','a',NULL,'created',NULL,NULL,'{}','');");
    adopt_it();
    expect_told("times_unreadable", fate::repaired, 4);
    expect_told("closed_without_time", fate::repaired, 1);
    EXPECT_EQ(to_rfc3339(store->find_bead("a")->created_at), "2026-04-01T10:00:00.000Z");
    EXPECT_EQ(to_rfc3339(store->find_bead("b")->updated_at), "2026-04-01T10:00:00.000Z");
    EXPECT_EQ(to_rfc3339(*store->find_bead("c")->closed_at), "2026-04-01T10:00:00.000Z");
    EXPECT_EQ(text("SELECT created_at FROM bead_events"), to_rfc3339(noon));
}

TEST_F(Oddity, OlderWordsBecomeTodaysAndStrangeOnesStay) {
    write_rows(issue("a", "done") + issue("b", "In-Progress") + issue("c", "weird") +
               issue("d", "open", "type='task'") + issue("e", "open", "type='cat'") +
               issue("f", "open", "priority='urgent'") + issue("g", "open", "priority='blue'") +
               issue("h", "open", "title=NULL"));
    adopt_it();
    expect_told("status_words", fate::repaired, 2);
    expect_told("status_unknown", fate::left, 1);
    expect_told("type_words", fate::repaired, 1);
    expect_told("type_unknown", fate::left, 1);
    expect_told("priority_words", fate::repaired, 2);
    expect_told("no_title", fate::repaired, 1);
    expect_told("rows_set_aside", fate::left, 2);
    EXPECT_EQ(status_of("a"), bead_status::closed);
    EXPECT_TRUE(store->find_bead("a")->closed_at);
    EXPECT_NE(store->find_bead("a")->metadata_json.find("done"), std::string::npos);
    EXPECT_EQ(status_of("b"), bead_status::open) << "in progress, and nobody at it";
    EXPECT_EQ(store->find_bead("d")->type, bead_type::issue);
    EXPECT_EQ(store->find_bead("f")->priority, bead_priority::critical);
    EXPECT_EQ(store->find_bead("g")->priority, bead_priority::medium);
    EXPECT_EQ(store->find_bead("h")->title, "h");
    EXPECT_EQ(told["status_unknown"].examples, std::vector<std::string>{"c"});
}

TEST_F(Oddity, LabelsAndMetadataThatAreNoJsonAreReplaced) {
    write_rows(issue("a", "open", "labels='gt:held, important'") +
               issue("b", "open", "labels='[\"gt:rework\",7]'") +
               issue("c", "open", "metadata='oops \"quoted\"'") +
               issue("d", "open", "metadata=''"));
    adopt_it();
    expect_told("labels_no_list", fate::repaired, 2);
    expect_told("metadata_no_json", fate::repaired, 1);
    const auto a = store->find_bead("a");
    EXPECT_TRUE(a->has_label("gt:held")) << "a hold holds";
    EXPECT_EQ(a->metadata_json, R"({"adopted":{"labels":"gt:held, important"}})");
    EXPECT_EQ(store->find_bead("b")->labels, std::vector<std::string>{"gt:rework"});
    EXPECT_EQ(store->find_bead("c")->metadata_json,
              R"({"adopted":{"metadata":"oops \"quoted\""}})");
    EXPECT_EQ(store->find_bead("d")->metadata_json, "{}");
}

TEST_F(Oddity, LongTextsAreCut) {
    write_rows(issue("a", "open", "title=printf('%.*c',5000000,'x')") +
               issue("b", "open", "body=printf('%.*c',5000000,'x')") +
               issue("c", "open", "metadata='{\"k\":\"' || printf('%.*c',3000000,'x') || '\"}'") +
               "INSERT INTO bead_events VALUES('e','a',NULL,'x',NULL,printf('%.*c',3000000,'x'),"
               "'{}','2026-04-01T10:00:00.000Z');");
    adopt_it();
    expect_told("text_too_long", fate::repaired, 3);
    expect_told("metadata_too_long", fate::repaired, 1);
    EXPECT_TRUE(store->load_live().bad.empty());
    EXPECT_LE(store->find_bead("a")->title.size(), title_bytes_max);
    EXPECT_NE(store->find_bead("b")->body->find("5000000"), std::string::npos);
    EXPECT_LT(store->find_bead("c")->metadata_json.size(), 8192U);
}

TEST_F(Oddity, AgentsOfOldRolesAreRetired) {
    write_rows(issue("i1", "in_progress", "assignee_agent_bead_id='w'") +
               agent_row("w", "working", "'i1'", "witness"));
    adopt_it();
    expect_told("old_roles", fate::repaired, 1);
    EXPECT_TRUE(store->load_live().bad.empty());
    EXPECT_TRUE(store->agents().empty());
    EXPECT_EQ(status_of("w"), bead_status::closed);
    EXPECT_NE(store->find_bead("w")->metadata_json.find("witness"), std::string::npos);
    EXPECT_EQ(status_of("i1"), bead_status::open);
    EXPECT_EQ(store->find_bead("i1")->assignee, std::nullopt);
}

TEST_F(Oddity, HalfAgentsAreMadeWholeOrDropped) {
    write_rows(issue("a", "open", "type='agent'") +
               issue("b", "open", "type='agent', rig_id=NULL") +
               "INSERT INTO agent_metadata(bead_id,role,identity) VALUES('gone','polecat','g');" +
               issue("c") +
               "INSERT INTO agent_metadata(bead_id,role,identity) VALUES('c','refinery','c');");
    adopt_it();
    expect_told("agent_without_row", fate::repaired, 1);
    expect_told("agent_of_nothing", fate::repaired, 1);
    expect_told("agent_without_bead", fate::dropped, 1);
    expect_told("agent_of_other_type", fate::repaired, 1);
    EXPECT_TRUE(store->load_live().bad.empty());
    EXPECT_EQ(store->find_agent("a")->role, agent_role::polecat);
    EXPECT_EQ(store->find_agent("c")->role, agent_role::refinery);
    EXPECT_EQ(store->agents().size(), 2U);
}

TEST_F(Oddity, AgentsOfUnknownStatusRest) {
    write_rows(issue("i1", "in_progress") + agent_row("a", "exited", "'i1'"));
    adopt_it();
    expect_told("agent_status", fate::repaired, 1);
    EXPECT_EQ(store->find_agent("a")->status, agent_status::idle);
    EXPECT_EQ(store->find_agent("a")->hook, std::nullopt);
    EXPECT_EQ(status_of("i1"), bead_status::open);
}

TEST_F(Oddity, HooksWithoutWorkAreTakenOff) {
    write_rows(issue("over", "closed", "closed_at=updated_at") +
               issue("c", "open", "type='convoy'") + issue("held") +
               agent_row("a1", "idle", "'nothing'") + agent_row("a2", "working", "'over'") +
               agent_row("a3", "idle", "'c'") + agent_row("a4", "dead", "'held'"));
    adopt_it();
    expect_told("hook_gone", fate::repaired, 1);
    expect_told("hook_over", fate::repaired, 1);
    expect_told("hook_of_no_work", fate::repaired, 1);
    expect_told("hook_of_dead", fate::repaired, 1);
    for (const auto& a : store->agents())
        EXPECT_EQ(a.hook, std::nullopt) << a.id;
    EXPECT_EQ(store->find_agent("a2")->status, agent_status::working) << "its process is stopped";
    EXPECT_EQ(status_of("over"), bead_status::closed);
}

TEST_F(Oddity, OfSeveralAgentsOnOneBeadTheOneAtWorkKeepsIt) {
    write_rows(issue("i1", "in_progress") + issue("i2") + agent_row("a1", "idle", "'i1'") +
               agent_row("a2", "working", "'i1'") + agent_row("a3", "idle", "'i1'") +
               agent_row("b1", "idle", "'i2'") + agent_row("b2", "idle", "'i2'") +
               "UPDATE agent_metadata SET last_activity_at='2026-04-01 11:00:00' WHERE "
               "bead_id='b1';"
               "UPDATE agent_metadata SET last_activity_at='2026-04-01T10:00:00.000Z' WHERE "
               "bead_id='b2';");
    adopt_it();
    expect_told("hook_shared", fate::repaired, 3);
    EXPECT_EQ(store->find_agent("a2")->hook, "i1");
    EXPECT_EQ(store->find_agent("b1")->hook, "i2") << "by time, not by text";
    EXPECT_EQ(status_of("i1"), bead_status::in_progress);
}

TEST_F(Oddity, WorkThatNobodyHoldsIsOpenAgain) {
    write_rows(issue("i1", "in_progress", "assignee_agent_bead_id='gone'") +
               issue("i2", "open", "assignee_agent_bead_id='gone'") +
               issue("i3", "open", "assignee_agent_bead_id='system'") +
               issue("m1", "in_progress", "type='merge_request'") +
               issue("m2", "in_progress", "type='merge_request'") +
               "INSERT INTO review_metadata(bead_id,branch,pr_url) VALUES('m1','x',NULL),"
               "('m2','y','https://g/pr/1');");
    adopt_it();
    expect_told("started_by_nobody", fate::repaired, 1);
    expect_told("review_by_nobody", fate::repaired, 1);
    expect_told("assignee_gone", fate::repaired, 1);
    EXPECT_EQ(status_of("i1"), bead_status::open);
    EXPECT_EQ(store->find_bead("i2")->assignee, std::nullopt);
    EXPECT_EQ(store->find_bead("i3")->assignee, "system");
    EXPECT_EQ(status_of("m1"), bead_status::open);
    EXPECT_EQ(status_of("m2"), bead_status::in_progress) << "its pull request is out";
}

TEST_F(Oddity, EdgesToNothingAndToItselfAreDroppedAndCirclesTold) {
    std::string rows;
    for (const char* id : {"a", "b", "c", "d", "e"})
        rows += issue(id);
    write_rows(rows +
               "INSERT INTO bead_dependencies VALUES('a','gone','blocks'),"
               "('gone','a','blocks'),('b','b','blocks'),('c','d','blocks'),"
               "('d','c','blocks'),('a','e','related'),('b','a','blocks');");
    adopt_it();
    expect_told("edge_to_nothing", fate::dropped, 2);
    expect_told("edge_to_itself", fate::dropped, 1);
    expect_told("edge_unknown", fate::left, 1);
    expect_told("circle", fate::left, 2);
    EXPECT_EQ(told["circle"].examples, (std::vector<std::string>{"c", "d"}));
    EXPECT_EQ(text("SELECT count(*) FROM bead_dependencies"), "4");
}

TEST_F(Oddity, AttemptsOfTheOriginalAreNotCharged) {
    write_rows(issue("i1", "open", "dispatch_attempts=9") +
               issue("i2", "failed", "dispatch_attempts=5") + agent_row("a") +
               "UPDATE agent_metadata SET dispatch_attempts=5;");
    adopt_it();
    expect_told("attempts", fate::repaired, 1);
    expect_told("agent_attempts", fate::repaired, 1);
    EXPECT_EQ(store->find_bead("i1")->dispatch_attempts, 0);
    EXPECT_EQ(store->find_bead("i2")->dispatch_attempts, 5);
    EXPECT_EQ(store->find_agent("a")->dispatch_attempts, 0);
}

TEST_F(Oddity, BeadsThatFailedAtTheCapStayFailedAndAreCounted) {
    write_rows(
        issue("i1", "failed") + issue("i2", "failed") +
        issue("i3", "failed",
              "metadata='{\"failureMessage\":\"max dispatch attempts "
              "exceeded\"}'") +
        "INSERT INTO bead_events VALUES('e1','i1',NULL,'status_changed','open','failed',"
        "'{\"failure_reason\":{\"code\":\"max_dispatch_attempts\",\"message\":\"max dispatch "
        "attempts exceeded (5)\"}}','2026-04-01T10:00:00.000Z');");
    adopt_it();
    expect_told("failed_at_cap", fate::left, 2);
    EXPECT_NE(told["failed_at_cap"].sentence.find("townctl retry"), std::string::npos);
    EXPECT_EQ(status_of("i1"), bead_status::failed);
}

TEST_F(Oddity, RigsOfOneNameGetTheirOwn) {
    write_rows(
        "INSERT INTO rigs VALUES('r2-long-identifier','rig','','main','[',"
        "'2026-05-01T10:00:00.000Z');" +
        issue("i1", "open", "rig_id='r9'"));
    adopt_it();
    expect_told("rig_names", fate::repaired, 1);
    expect_told("rig_config", fate::repaired, 1);
    expect_told("rig_without_repository", fate::left, 1);
    expect_told("rig_gone", fate::left, 1);
    EXPECT_EQ(store->find_rig("r1")->name, "rig");
    EXPECT_EQ(store->find_rig("r2-long-identifier")->name, "rig-r2-long-");
    EXPECT_EQ(text("SELECT count(*) FROM sqlite_schema WHERE name='idx_rigs_name'"), "1");
}

TEST_F(Oddity, ConvoysAreCountedAnew) {
    write_rows(issue("c1", "in_progress", "type='convoy'") +
               issue("c2", "closed", "type='convoy', closed_at=updated_at") +
               issue("c3", "open", "type='convoy'") + issue("i1", "failed") +
               issue("i2", "closed", "closed_at=updated_at") +
               "CREATE TABLE convoy_metadata(bead_id TEXT PRIMARY KEY, total_beads INTEGER DEFAULT "
               "0, closed_beads INTEGER DEFAULT 0, merge_mode TEXT, staged INTEGER DEFAULT 0);"
               "INSERT INTO convoy_metadata VALUES('c1',2,2,'any',0),"
               "('c2',2,2,'review-and-merge',1);"
               "INSERT INTO bead_dependencies VALUES('i1','c1','tracks'),('i2','c1','tracks');");
    adopt_it();
    expect_told("convoy_without_row", fate::repaired, 1);
    expect_told("convoy_status", fate::repaired, 1);
    expect_told("convoy_merge_mode", fate::repaired, 1);
    expect_told("convoy_staged_over", fate::repaired, 1);
    expect_told("convoy_counts", fate::repaired, 2);
    EXPECT_EQ(status_of("c1"), bead_status::open);
    EXPECT_EQ(store->find_convoy("c1")->total_beads, 2);
    EXPECT_EQ(store->find_convoy("c1")->closed_beads, 1);
    EXPECT_EQ(store->find_convoy("c1")->merge_mode, "review-then-land");
    EXPECT_FALSE(store->find_convoy("c2")->staged);
    EXPECT_TRUE(store->find_convoy("c3"));
}

TEST_F(Oddity, AConvoyThatLandedWithFailedBeadsIsTold) {
    write_rows(issue("c1", "closed", "type='convoy', closed_at=updated_at") +
               issue("i1", "failed") + "INSERT INTO bead_dependencies VALUES('i1','c1','tracks');");
    adopt_it();
    expect_told("convoy_landed_failed", fate::left, 1);
    EXPECT_EQ(status_of("c1"), bead_status::closed);
}

TEST_F(Oddity, PoisonEventsWaitForTheDaemon) {
    const auto event = [](const std::string& id, const std::string& type,
                          const std::string& payload) {
        return "INSERT INTO town_events VALUES('" + id + "','" + type + "',NULL,NULL,'" + payload +
               "','2026-04-01T10:00:00.000Z',NULL);";
    };
    write_rows(event("a", "agent_done", "no json") + event("b", "dance", "{}") +
               event("c", "agent_done", "{}"));
    adopt_it();
    expect_told("poison_events", fate::left, 2);
    expect_told("events_waiting", fate::told, 1);
    EXPECT_EQ(store->pending_town_events(10).size(), 3U);
}

TEST_F(Oddity, ManyReportsOfContainersAreDroppedAndFewAreNot) {
    const auto statuses = [](int count) {
        return "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<" +
               std::to_string(count) +
               ") INSERT INTO town_events SELECT 's'||i,'container_status','a',NULL,'{}',"
               "'2026-04-01T10:00:00.000Z',NULL FROM n;";
    };
    write_rows(statuses(1000));
    adopt_it();
    EXPECT_FALSE(told.contains("container_statuses"));
    EXPECT_EQ(text("SELECT count(*) FROM town_events"), "1000");
    store.reset();
    order.file = temp.path() / "more.db";
    write_rows(statuses(46'375) + issue("i1"));
    adopt_it();
    expect_told("container_statuses", fate::dropped, 46'375);
    EXPECT_EQ(text("SELECT count(*) FROM town_events"), "0");
    EXPECT_TRUE(store->find_bead("i1"));
}

}  // namespace
}  // namespace townd::store::test
