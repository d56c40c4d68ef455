// Limits, order and fairness of starts.

#include <algorithm>
#include <set>

#include "decide/town_builder.hpp"

namespace townd {
namespace {

std::string id(int i) {
    return "b" + std::to_string(1'000 + i);
}

TEST(Limits, G5ConcurrencyCap) {
    town t;
    t.rig("r");
    for (int i = 0; i < 200; ++i)
        t.issue(id(i));
    t.rows.rigs[0].max_concurrent_polecats = 3;
    auto out = t.tick();
    EXPECT_EQ(out.started().size(), 3U);
    EXPECT_EQ(out.waiting(gate_reason::no_free_agent), 197);
    EXPECT_EQ(out.it.waiting.total(), 197);
    EXPECT_EQ(out.it.waiting.oldest, t.rows.beads[3].created_at);
    // An attempt with an unknown outcome holds its slot like any other.
    t.polecat("Toast").hook(id(0)).working();
    t.attempt("d1", "Toast", id(0), dispatch_state::unknown);
    EXPECT_EQ(t.tick().started().size(), 2U);
}

TEST(Limits, TheTownsLimitHoldsOverItsRigs) {
    town t;
    t.rig("r").rig("s");
    for (int i = 0; i < 10; ++i)
        t.issue(id(i), i % 2 == 0 ? "r" : "s");
    t.facts.max_per_town = 3;
    const auto out = t.tick();
    EXPECT_EQ(out.started().size(), 3U);
    EXPECT_EQ(out.waiting(gate_reason::concurrency_limit), 7);
}

TEST(Limits, TheTownsPolecatLimitHoldsWhereTheRigHasNone) {
    town t;
    t.rig("r");
    for (int i = 0; i < 10; ++i)
        t.issue(id(i));
    t.facts.max_polecats_per_rig = 2;
    EXPECT_EQ(t.tick().started().size(), 2U);
    t.rows.rigs[0].max_concurrent_polecats = 4;
    EXPECT_EQ(t.tick().started().size(), 4U);
}

TEST(Limits, ALoweredLimitStopsNobodyAndStartsNobody) {
    town t;
    t.rig("r");
    for (const std::string name : {"Toast", "Maple", "Birch"}) {
        t.polecat(name).hook("h" + name).working();
        t.issue("h" + name).started();
    }
    t.polecat("Sage");
    t.issue("b1");
    t.facts.max_polecats_per_rig = 2;
    const auto out = t.tick();
    EXPECT_TRUE(out.is_quiet());
    EXPECT_EQ(out.waiting(gate_reason::concurrency_limit), 1);
}

TEST(Limits, TheDaemonsSlotsHold) {
    town t;
    t.rig("r").issue("b1");
    t.issue("b2");
    t.facts.daemon_slots = 1;
    EXPECT_EQ(t.tick().started().size(), 1U);
    t.facts.daemon_slots = 0;
    const auto out = t.tick();
    EXPECT_TRUE(out.started().empty());
    EXPECT_EQ(out.waiting(gate_reason::concurrency_limit), 2);
}

TEST(Limits, MadeAgentsGetDifferentNames) {
    town t;
    t.rig("r").rig("s");
    for (int i = 0; i < 6; ++i)
        t.issue(id(i), i < 3 ? "r" : "s");
    const auto out = t.tick();
    std::set<std::string> names;
    for (const auto& p : out.it.actions)
        names.insert(std::get<start_agent>(p.what).agent_name);
    EXPECT_EQ(names.size(), 6U);
}

TEST(Limits, AFreeAgentIsUsedBeforeOneIsMade) {
    town t;
    t.rig("r").polecat("Birch");
    t.polecat("Elsewhere", "s");
    t.issue("b1");
    EXPECT_EQ(t.tick().find<start_agent>("b1")->agent, "Birch");
}

// C6: the rig's own limit of attempts is used by every rule, not by some.
TEST(Limits, C6OneLimitEverywhere) {
    town t;
    t.rig("r");
    t.rows.rigs[0].max_dispatch_attempts = 2;
    t.issue("fresh").attempts(1);
    t.issue("loose").attempts(2);
    t.polecat("Toast").hook("hooked");
    t.issue("hooked").attempts(2);
    t.merge_request("review").attempts(2);
    t.refinery().hook("started");
    t.merge_request("started").started().attempts(2);
    const auto out = t.tick();
    EXPECT_EQ(out.started(), std::vector<std::string>{"fresh"});
    for (const char* bead : {"loose", "hooked", "review", "started"})
        EXPECT_TRUE(out.moves(bead, bead_status::failed)) << bead;
    t.rows.rigs[0].max_dispatch_attempts.reset();
    for (const auto& b : t.rows.beads)
        EXPECT_FALSE(t.tick().moves(b.id, bead_status::failed)) << b.id;
}

TEST(Order, ByPriorityThenAge) {
    town t;
    t.rig("r");
    t.issue("old").created_ago(std::chrono::hours{9});
    t.issue("low").priority(bead_priority::low).created_ago(std::chrono::hours{99});
    t.issue("new").created_ago(std::chrono::minutes{1});
    t.issue("critical").priority(bead_priority::critical).created_ago(duration{0});
    t.issue("high").priority(bead_priority::high).created_ago(duration{0});
    const std::vector<std::string> want{"critical", "high", "old", "new", "low"};
    EXPECT_EQ(t.tick().started(), want);
}

TEST(Order, TheMayorThenReviewsThenIssues) {
    town t;
    t.rig("r");
    t.issue("b1").created_ago(std::chrono::hours{9});
    t.merge_request("mr").created_ago(duration{0});
    t.mayor().hook("talk");
    t.work("talk", bead_type::message, std::nullopt).priority(bead_priority::low);
    const std::vector<std::string> want{"talk", "mr", "b1"};
    EXPECT_EQ(t.tick().started(), want);
}

// What a running tick leaves behind, in short: the started bead is in work, its agent hooked.
void carry_out(town& t, const outcome& out) {
    for (const auto& p : out.it.actions) {
        const auto* s = std::get_if<start_agent>(&p.what);
        if (s == nullptr) continue;
        if (!s->agent) t.polecat(s->agent_name, *s->rig);
        for (auto& a : t.rows.agents)
            if (a.name == s->agent_name) {
                a.hook = s->work;
                a.status = agent_status::working;
            }
        for (auto& b : t.rows.beads)
            if (b.id == s->work) b.status = bead_status::in_progress;
    }
}

void finish(town& t, const std::string& work) {
    for (auto& a : t.rows.agents)
        if (a.hook == work) {
            a.hook.reset();
            a.status = agent_status::idle;
        }
    std::erase_if(t.rows.beads, [&](const bead& b) { return b.id == work; });
}

// One rig with a hundred old beads and nine with one new bead each, three at a time.
TEST(Order, G7FairnessOverTheRigs) {
    town t;
    t.rig("big");
    for (int i = 0; i < 100; ++i)
        t.issue(id(i), "big").created_ago(std::chrono::hours{50});
    for (int i = 0; i < 9; ++i) {
        t.rig("small" + std::to_string(i));
        t.issue("s" + std::to_string(i), "small" + std::to_string(i));
    }
    t.facts.max_per_town = 3;
    std::deque<std::string> running;
    int finished = 0;
    int small = 0;
    while (small < 9 && finished < 40) {
        const auto out = t.tick();
        carry_out(t, out);
        for (const auto& work : out.started())
            running.push_back(work);
        EXPECT_LE(running.size(), 3U);
        ASSERT_FALSE(running.empty());
        small += running.front().starts_with("s") ? 1 : 0;
        finish(t, running.front());
        running.pop_front();
        ++finished;
    }
    EXPECT_EQ(small, 9) << "the small rigs starve";
    EXPECT_LE(finished, 15) << "the big rig takes more than its share";
}

// Beads that wait for something else must not push their rig behind the others.
TEST(Order, BlockedBeadsDoNotCostTheirRigItsTurn) {
    town t;
    t.rig("chain").rig("busy");
    for (int i = 0; i < 20; ++i) {
        t.issue(id(i), "chain").created_ago(std::chrono::hours{50});
        t.blocks(id(i), "b0", bead_status::open);
    }
    t.issue("ready", "chain").created_ago(std::chrono::hours{2});
    for (int i = 50; i < 80; ++i)
        t.issue(id(i), "busy").created_ago(std::chrono::hours{9});
    t.facts.max_per_town = 2;
    EXPECT_TRUE(t.tick().starts("ready"));
}

TEST(Order, ARigWithAgentsAtWorkLetsTheOthersGoFirst) {
    town t;
    t.rig("r").rig("s");
    t.polecat("Toast").hook("b0").working();
    t.issue("b0").started();
    t.issue("b1").created_ago(std::chrono::hours{9});
    t.issue("c1", "s").created_ago(duration{0});
    t.facts.daemon_slots = 1;
    EXPECT_EQ(t.tick().started(), std::vector<std::string>{"c1"});
}

}  // namespace
}  // namespace townd
