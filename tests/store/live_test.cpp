// What a tick reads, and that it reads no more.

#include <map>
#include <set>

#include "store/live_sql.hpp"
#include "store/town_on_disk.hpp"

namespace townd::store::test {
namespace {

class Live : public town_on_disk {};

TEST_F(Live, OnlyWhatIsNotOverIsRead) {
    for (const auto status : {bead_status::open, bead_status::in_progress, bead_status::in_review,
                              bead_status::closed, bead_status::failed}) {
        bead b = issue(std::string{to_text(status)});
        b.status = status;
        b.body = "a body";
        b.starts = 3;
        store->insert_bead(b);
    }
    store->insert_agent(polecat("a1"));
    for (const auto state :
         {dispatch_state::intent, dispatch_state::unknown, dispatch_state::started,
          dispatch_state::failed, dispatch_state::neutral, dispatch_state::ended}) {
        dispatch d = start_of(std::string{to_text(state)}, "open", noon);
        d.state = state;
        store->insert_dispatch(d);
    }
    commit_and_begin();
    const auto live = store->load_live();
    std::set<std::string> beads, dispatches;
    for (const auto& b : live.beads) {
        beads.insert(b.id);
        EXPECT_EQ(b.body, std::nullopt);
        EXPECT_EQ(b.starts, 3);
    }
    for (const auto& d : live.dispatches)
        dispatches.insert(d.id);
    EXPECT_EQ(beads, (std::set<std::string>{"open", "in_progress", "in_review"}));
    EXPECT_EQ(dispatches, (std::set<std::string>{"intent", "unknown", "started"}));
    EXPECT_EQ(live.agents.size(), 1U);
    EXPECT_TRUE(live.bad.empty());
}

TEST_F(Live, DependenciesCarryTheStateOfWhatTheyWaitFor) {
    bead closed = issue("closed");
    closed.status = bead_status::closed;
    store->insert_bead(closed);
    store->insert_bead(issue("b1"));
    store->insert_bead(issue("b2"));
    store->insert_bead(issue("odd"));
    store->add_dependency({"b1", "b2", "blocks", std::nullopt});
    store->add_dependency({"b1", "closed", "blocks", std::nullopt});
    store->add_dependency({"b1", "missing", "blocks", std::nullopt});
    store->add_dependency({"b1", "odd", "blocks", std::nullopt});
    store->add_dependency({"b2", "b1", "parent-child", std::nullopt});
    store->add_dependency({"closed", "b1", "blocks", std::nullopt});
    raw().exec("UPDATE beads SET status = 'weird' WHERE bead_id = 'odd'");
    std::map<std::string, std::optional<bead_status>> on;
    for (const auto& d : store->load_live().dependencies) {
        EXPECT_EQ(d.bead, "b1");
        EXPECT_EQ(d.type, "blocks");
        on[d.on] = d.on_status;
    }
    EXPECT_EQ(on.size(), 4U);
    EXPECT_EQ(on.at("b2"), bead_status::open);
    EXPECT_EQ(on.at("closed"), bead_status::closed);
    EXPECT_EQ(on.at("missing"), std::nullopt);
    EXPECT_EQ(on.at("odd"), bead_status::open) << "nobody knows that it is over";
    EXPECT_EQ(store->dependencies_of("b1").size(), 4U);
}

TEST_F(Live, AnIssueInReviewKnowsAllItsMergeRequests) {
    bead i = issue("i1");
    i.status = bead_status::in_review;
    store->insert_bead(i);
    store->insert_bead(issue("i2"));
    for (const auto& [id, status, source] :
         {std::tuple{"m1", bead_status::failed, "i1"}, std::tuple{"m2", bead_status::open, "i1"},
          std::tuple{"m3", bead_status::open, "i2"}}) {
        bead m = issue(id);
        m.type = bead_type::merge_request;
        m.status = status;
        store->insert_bead(m);
        store->insert_review({id, "branch", "main", {}, {}, source});
    }
    const auto live = store->load_live();
    std::map<std::string, bead_status> links;
    for (const auto& link : live.links) {
        EXPECT_EQ(link.source, "i1");
        links[link.merge_request] = link.status;
    }
    EXPECT_EQ(links, (std::map<std::string, bead_status>{{"m1", bead_status::failed},
                                                         {"m2", bead_status::open}}));
    EXPECT_EQ(live.reviews.size(), 2U);
}

TEST_F(Live, AStagedConvoyHoldsItsIssues) {
    bead c = issue("c1");
    c.type = bead_type::convoy;
    store->insert_bead(c);
    store->insert_bead(issue("i1"));
    store->add_dependency({"i1", "c1", "tracks", std::nullopt});
    store->put_convoy({"c1", 1, 0, {}, {}, "review-then-land", true});
    EXPECT_EQ(store->load_live().staged, std::vector<bead_id>{"i1"});
    store->put_convoy({"c1", 1, 0, {}, {}, "review-then-land", false});
    EXPECT_TRUE(store->load_live().staged.empty());
}

TEST_F(Live, NoQueryOfATickScansATableThatOnlyGrows) {
    // Small tables are scanned by design: rigs, stop orders. The rest must go by an index that
    // holds what is not over, or by a key.
    for (const auto sql : live_sql::all()) {
        SQLite::Statement plan(raw(), "EXPLAIN QUERY PLAN " + std::string{sql});
        while (plan.executeStep()) {
            const auto step = plan.getColumn(3).getString();
            if (step.starts_with("SCAN r") || step.starts_with("SCAN townd_stops")) continue;
            if (!step.starts_with("SCAN ")) continue;
            const bool partial = step.find("townd_live_beads") != std::string::npos ||
                                 step.find("townd_staged_convoys") != std::string::npos ||
                                 step.find("townd_dispatches_live") != std::string::npos;
            EXPECT_TRUE(partial) << step << "\n in " << sql;
        }
    }
}

TEST_F(Live, AListOfAParentOrAnAssigneeGoesByItsIndex) {
    bead_filter of_parent, of_assignee;
    of_parent.parent = "p";
    of_assignee.assignee = "a";
    for (const auto& filter : {of_parent, of_assignee}) {
        SQLite::Statement plan(raw(), "EXPLAIN QUERY PLAN " + bead_list_sql(filter));
        ASSERT_TRUE(plan.executeStep());
        const auto step = plan.getColumn(3).getString();
        EXPECT_TRUE(step.starts_with("SEARCH beads USING ")) << step;
        EXPECT_NE(step.find(filter.parent ? "idx_beads_parent" : "idx_beads_assignee"),
                  std::string::npos)
            << step;
    }
}

TEST_F(Live, PlansStayTheSameWithManyFinishedBeads) {
    for (int i = 0; i < 500; ++i) {
        bead b = issue("c" + std::to_string(i));
        b.status = bead_status::closed;
        store->insert_bead(b);
    }
    store->insert_bead(issue("live"));
    commit_and_begin();
    raw().exec("ANALYZE");
    SQLite::Statement plan(raw(), "EXPLAIN QUERY PLAN " + std::string{live_sql::beads().all});
    ASSERT_TRUE(plan.executeStep());
    EXPECT_NE(plan.getColumn(3).getString().find("townd_live_beads"), std::string::npos)
        << plan.getColumn(3).getString();
}

}  // namespace
}  // namespace townd::store::test
