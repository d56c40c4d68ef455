// What is written is what is read, after the file was closed and opened again.

#include "store/town_on_disk.hpp"

namespace townd::store::test {
namespace {

class RoundTrip : public town_on_disk {};

TEST_F(RoundTrip, ANewTownKnowsItsNameAndOwner) {
    commit_and_reopen();
    const auto meta = store->meta();
    EXPECT_EQ(meta.id, "t1");
    EXPECT_EQ(meta.name, "First");
    EXPECT_EQ(meta.owner, "user-1");
    EXPECT_EQ(meta.created_at, noon);
    EXPECT_EQ(meta.config_json, "{}");
}

TEST_F(RoundTrip, MetaAndValuesAreKeptApart) {
    auto meta = store->meta();
    meta.name = "Second";
    meta.config_json = R"({"container_url":"http://c:8080"})";
    meta.updated_at = noon + duration{5};
    store->put_meta(meta);
    store->put_value("name", "a value, not the name");
    store->put_value("gone", "x");
    store->erase_value("gone");
    commit_and_reopen();
    EXPECT_EQ(store->meta().name, "Second");
    EXPECT_EQ(store->meta().config_json, R"({"container_url":"http://c:8080"})");
    EXPECT_EQ(store->meta().updated_at, noon + duration{5});
    EXPECT_EQ(store->value("name"), "a value, not the name");
    EXPECT_EQ(store->value("gone"), std::nullopt);
}

TEST_F(RoundTrip, ABeadKeepsEveryField) {
    bead b = issue("b1");
    b.type = bead_type::merge_request;
    b.status = bead_status::in_review;
    b.body = std::string("a\0b", 3);
    b.parent = "p1";
    b.assignee = "a1";
    b.priority = bead_priority::critical;
    b.labels = {"gt:held", "with \"quotes\""};
    b.metadata_json = R"({"k":[1,2]})";
    b.dispatch_attempts = 3;
    b.last_dispatch_attempt_at = noon + duration{1};
    b.updated_at = noon + duration{2};
    b.closed_at = noon + duration{3};
    b.starts = 7;
    b.failures_in_row = 2;
    b.next_attempt_at = noon + duration{4};
    b.parked = true;
    b.reason = "waiting";
    store->insert_bead(b);
    commit_and_reopen();
    const auto read = store->find_bead("b1");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->type, b.type);
    EXPECT_EQ(read->status, b.status);
    EXPECT_EQ(read->title, b.title);
    EXPECT_EQ(read->body, b.body);
    EXPECT_EQ(read->rig, b.rig);
    EXPECT_EQ(read->parent, b.parent);
    EXPECT_EQ(read->assignee, b.assignee);
    EXPECT_EQ(read->priority, b.priority);
    EXPECT_EQ(read->labels, b.labels);
    EXPECT_EQ(read->metadata_json, b.metadata_json);
    EXPECT_EQ(read->dispatch_attempts, 3);
    EXPECT_EQ(read->last_dispatch_attempt_at, b.last_dispatch_attempt_at);
    EXPECT_EQ(read->created_by, "mayor");
    EXPECT_EQ(read->created_at, b.created_at);
    EXPECT_EQ(read->updated_at, b.updated_at);
    EXPECT_EQ(read->closed_at, b.closed_at);
    EXPECT_EQ(read->starts, 7);
    EXPECT_EQ(read->failures_in_row, 2);
    EXPECT_EQ(read->next_attempt_at, b.next_attempt_at);
    EXPECT_TRUE(read->parked);
    EXPECT_EQ(read->reason, "waiting");
}

TEST_F(RoundTrip, PuttingABeadChangesItButNotItsOrigin) {
    bead b = issue("b1");
    b.body = "the body";
    store->insert_bead(b);
    b.body.reset();
    b.status = bead_status::closed;
    b.title = "New";
    b.assignee = "a9";
    b.labels = {"x"};
    b.starts = 1;
    b.closed_at = noon + duration{9};
    b.created_by = "someone else";
    b.created_at = noon + duration{99};
    store->put_bead(b);
    commit_and_reopen();
    const auto read = store->find_bead("b1");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->body, "the body");
    EXPECT_EQ(read->status, bead_status::closed);
    EXPECT_EQ(read->title, "New");
    EXPECT_EQ(read->assignee, "a9");
    EXPECT_EQ(read->labels, std::vector<std::string>{"x"});
    EXPECT_EQ(read->starts, 1);
    EXPECT_EQ(read->closed_at, noon + duration{9});
    EXPECT_EQ(read->created_by, "mayor");
    EXPECT_EQ(read->created_at, noon);
    bead with_body = *read;
    with_body.body = "changed";
    store->put_bead(with_body);
    EXPECT_EQ(store->find_bead("b1")->body, "changed");
}

TEST_F(RoundTrip, PuttingABeadThatIsNotThereFails) {
    store->put_bead(issue("nobody"));
    ASSERT_TRUE(store->failed());
    EXPECT_EQ(store->failed()->kind, errc::not_found);
    EXPECT_NE(store->failed()->what.find("nobody"), std::string::npos);
}

TEST_F(RoundTrip, BeadsAreListedByEveryFilter) {
    for (int i = 0; i < 6; ++i) {
        bead b = issue("b" + std::to_string(i));
        b.status = i % 2 == 0 ? bead_status::open : bead_status::failed;
        b.type = i < 3 ? bead_type::issue : bead_type::message;
        b.rig = i == 5 ? "rig-2" : "rig-1";
        if (i == 4) b.assignee = "a4";
        store->insert_bead(b);
    }
    const auto ids = [&](const bead_filter& f) {
        std::string out;
        for (const auto& b : store->list_beads(f))
            out += b.id + " ";
        return out;
    };
    bead_filter f;
    EXPECT_EQ(ids(f), "b5 b4 b3 b2 b1 b0 ");
    f.status = bead_status::failed;
    EXPECT_EQ(ids(f), "b5 b3 b1 ");
    f.type = bead_type::message;
    EXPECT_EQ(ids(f), "b5 b3 ");
    f.rig = "rig-2";
    EXPECT_EQ(ids(f), "b5 ");
    f = {};
    f.assignee = "a4";
    EXPECT_EQ(ids(f), "b4 ");
    f = {};
    f.limit = 2;
    f.offset = 1;
    EXPECT_EQ(ids(f), "b4 b3 ");
}

TEST_F(RoundTrip, AnAgentKeepsEveryField) {
    agent a = polecat("a1");
    a.role = agent_role::refinery;
    a.status = agent_status::stalled;
    a.hook = "b1";
    a.dispatch_attempts = 4;
    a.checkpoint_json = R"({"step":2})";
    a.last_activity_at = noon + duration{1};
    a.stalled_at = noon + duration{2};
    a.status_message = "thinking";
    a.status_message_at = noon + duration{3};
    a.last_event_type = "tool";
    a.last_event_at = noon + duration{4};
    a.active_tools_json = R"(["bash"])";
    store->insert_agent(a);
    store->insert_agent(polecat("a2"));
    commit_and_reopen();
    const auto read = store->find_agent("a1");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->rig, "rig-1");
    EXPECT_EQ(read->role, agent_role::refinery);
    EXPECT_EQ(read->name, "name-a1");
    EXPECT_EQ(read->identity, "identity-a1");
    EXPECT_EQ(read->status, agent_status::stalled);
    EXPECT_EQ(read->hook, "b1");
    EXPECT_EQ(read->dispatch_attempts, 4);
    EXPECT_EQ(read->checkpoint_json, a.checkpoint_json);
    EXPECT_EQ(read->last_activity_at, a.last_activity_at);
    EXPECT_EQ(read->stalled_at, a.stalled_at);
    EXPECT_EQ(read->status_message, "thinking");
    EXPECT_EQ(read->status_message_at, a.status_message_at);
    EXPECT_EQ(read->last_event_type, "tool");
    EXPECT_EQ(read->last_event_at, a.last_event_at);
    EXPECT_EQ(read->active_tools_json, R"(["bash"])");
    EXPECT_EQ(read->created_at, noon);
    a.status = agent_status::idle;
    a.hook.reset();
    a.checkpoint_json.reset();
    store->put_agent(a);
    EXPECT_EQ(store->find_agent("a1")->hook, std::nullopt);
    EXPECT_EQ(store->agents().size(), 2U);
    store->delete_agent("a1");
    EXPECT_FALSE(store->find_agent("a1"));
    EXPECT_FALSE(store->find_bead("a1"));
    expect_fine();
}

TEST_F(RoundTrip, ATakenIdentityIsAConflict) {
    store->insert_agent(polecat("a1"));
    agent other = polecat("a2");
    other.identity = "identity-a1";
    store->insert_agent(other);
    ASSERT_TRUE(store->failed());
    EXPECT_EQ(store->failed()->kind, errc::conflict);
    EXPECT_FALSE(store->broken());
}

TEST_F(RoundTrip, ARigCarriesItsOverridesInItsConfig) {
    rig r;
    r.id = "r1";
    r.name = "main rig";
    r.git_url = "https://git.example/x.git";
    r.default_branch = "trunk";
    r.max_dispatch_attempts = 2;
    r.max_concurrent_polecats = 3;
    r.platform_integration_id = "pi";
    r.config_json = R"({"review_mode":"rework"})";
    r.created_at = noon;
    store->insert_rig(r);
    commit_and_reopen();
    auto read = store->find_rig("r1");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->name, "main rig");
    EXPECT_EQ(read->git_url, r.git_url);
    EXPECT_EQ(read->default_branch, "trunk");
    EXPECT_EQ(read->max_dispatch_attempts, 2);
    EXPECT_EQ(read->max_concurrent_polecats, 3);
    EXPECT_EQ(read->platform_integration_id, "pi");
    EXPECT_NE(read->config_json.find("rework"), std::string::npos);
    read->max_dispatch_attempts.reset();
    store->put_rig(*read);
    EXPECT_EQ(store->find_rig("r1")->max_dispatch_attempts, std::nullopt);
    EXPECT_EQ(store->rigs().size(), 1U);
    r.id = "r2";
    store->savepoint();
    store->insert_rig(r);
    ASSERT_TRUE(store->failed());
    EXPECT_EQ(store->failed()->kind, errc::conflict);
    store->rollback_to();
    store->delete_rig("r1");
    EXPECT_TRUE(store->rigs().empty());
    expect_fine();
}

TEST_F(RoundTrip, ReviewsEscalationsAndConvoysAreKept) {
    store->insert_bead(issue("i1"));
    bead mr = issue("m1");
    mr.type = bead_type::merge_request;
    store->insert_bead(mr);
    review r{"m1", "feature", "main", std::nullopt, "https://pr/1", "i1"};
    store->insert_review(r);
    r.merge_commit = "abc";
    store->put_review(r);
    escalation e{"e1", "high", "stuck", true, noon, 2};
    store->put_escalation(e);
    convoy c{"c1", 3, 1, noon, "feature/c", "review-and-merge", true};
    store->put_convoy(c);
    commit_and_reopen();
    const auto read = store->find_review("m1");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->branch, "feature");
    EXPECT_EQ(read->merge_commit, "abc");
    EXPECT_EQ(read->pr_url, "https://pr/1");
    EXPECT_EQ(read->source, "i1");
    ASSERT_EQ(store->reviews_of("i1").size(), 1U);
    EXPECT_EQ(store->reviews_of("i1")[0].merge_request, "m1");
    EXPECT_EQ(store->dependents_of("i1", "tracks"), std::vector<bead_id>{"m1"});
    const auto escalated = store->find_escalation("e1");
    ASSERT_TRUE(escalated);
    EXPECT_EQ(escalated->severity, "high");
    EXPECT_EQ(escalated->category, "stuck");
    EXPECT_TRUE(escalated->acknowledged);
    EXPECT_EQ(escalated->acknowledged_at, noon);
    EXPECT_EQ(escalated->re_escalation_count, 2);
    const auto convoyed = store->find_convoy("c1");
    ASSERT_TRUE(convoyed);
    EXPECT_EQ(convoyed->total_beads, 3);
    EXPECT_EQ(convoyed->landed_at, noon);
    EXPECT_EQ(convoyed->merge_mode, "review-and-merge");
    EXPECT_TRUE(convoyed->staged);
}

TEST_F(RoundTrip, BeadEventsAreReadOldestFirstAndPaged) {
    for (int i = 0; i < 5; ++i) {
        bead_event e;
        e.id = "e" + std::to_string(i);
        e.bead = i == 2 ? "other" : "b1";
        e.type = "status_changed";
        e.old_value = "open";
        e.metadata_json = R"({"n":1})";
        e.at = noon + duration{i};
        store->add_bead_event(e);
    }
    const auto ids = [](const std::vector<bead_event>& events) {
        std::string out;
        for (const auto& e : events)
            out += e.id + " ";
        return out;
    };
    EXPECT_EQ(ids(store->bead_events(std::nullopt, std::nullopt, 3)), "e0 e1 e2 ");
    EXPECT_EQ(ids(store->bead_events(noon + duration{1}, std::nullopt, 10)), "e2 e3 e4 ");
    EXPECT_EQ(ids(store->bead_events(noon + duration{1}, "b1", 10)), "e3 e4 ");
    EXPECT_EQ(ids(store->bead_events(std::nullopt, "other", 10)), "e2 ");
    const auto all = store->bead_events(std::nullopt, "b1", 10);
    EXPECT_EQ(all[0].old_value, "open");
    EXPECT_EQ(all[0].new_value, std::nullopt);
    EXPECT_EQ(all[0].metadata_json, R"({"n":1})");
    EXPECT_LT(all[0].order, all[1].order);
}

TEST_F(RoundTrip, DeletingABeadTakesAllThatIsItsOwn) {
    bead b = issue("b1");
    b.starts = 1;
    store->insert_bead(b);
    store->insert_bead(issue("b2"));
    store->add_dependency({"b1", "b2", "blocks", std::nullopt});
    store->add_dependency({"b2", "b1", "tracks", std::nullopt});
    store->put_escalation({"b1", "high", "c", false, std::nullopt, 0});
    store->add_town_event("e1", "agent_done", std::nullopt, "b1", "{}", noon, false);
    store->add_bead_event({0, "x1", "b1", {}, "created", {}, {}, "{}", noon});
    store->add_failure("b1", agent_role::polecat,
                       {"d1",
                        1,
                        noon,
                        "a1",
                        {error_code::reset, error_phase::header, blame::infrastructure, "m"}});
    dispatch over = start_of("d1", "b1", noon);
    over.state = dispatch_state::ended;
    store->insert_dispatch(over);
    store->insert_dispatch(start_of("d2", "b1", noon));
    store->delete_bead("b1");
    EXPECT_FALSE(store->find_bead("b1"));
    EXPECT_TRUE(store->find_bead("b2"));
    EXPECT_TRUE(store->dependencies_of("b1").empty());
    EXPECT_TRUE(store->dependencies_of("b2").empty());
    EXPECT_FALSE(store->find_escalation("b1"));
    EXPECT_TRUE(store->pending_town_events(10).empty());
    EXPECT_TRUE(store->bead_events(std::nullopt, "b1", 10).empty());
    EXPECT_TRUE(store->failures("b1").empty());
    EXPECT_FALSE(store->find_dispatch("d1"));
    EXPECT_TRUE(store->find_dispatch("d2")) << "a live attempt holds its slot";
    EXPECT_EQ(raw().execAndGet("SELECT count(*) FROM townd_beads").getInt(), 0);
    expect_fine();
}

TEST_F(RoundTrip, IssuesAreCountedByStatus) {
    for (const auto status : {bead_status::open, bead_status::open, bead_status::in_progress,
                              bead_status::in_review, bead_status::closed, bead_status::failed}) {
        static int number = 0;
        bead b = issue("b" + std::to_string(++number));
        b.status = status;
        store->insert_bead(b);
    }
    store->insert_agent(polecat("a1"));
    const auto counts = store->count_issues();
    EXPECT_EQ(counts.open, 2);
    EXPECT_EQ(counts.in_progress, 1);
    EXPECT_EQ(counts.in_review, 1);
    EXPECT_EQ(counts.closed, 1);
    EXPECT_EQ(counts.failed, 1);
}

}  // namespace
}  // namespace townd::store::test
