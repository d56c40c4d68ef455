// Events that wait to be applied.

#include "store/town_on_disk.hpp"

namespace townd::store::test {
namespace {

class TownEvents : public town_on_disk {
protected:
    void add(const std::string& id, instant at = noon) {
        store->add_town_event(id, "agent_done", "a1", "b1", R"({"branch":"x"})", at, false);
    }
    std::string pending() {
        std::string out;
        for (const auto& e : store->pending_town_events(100))
            out += e.id + " ";
        return out;
    }
};

TEST_F(TownEvents, WaitInOrderUntilTheyAreDone) {
    add("late", noon + duration{5});
    add("early");
    store->add_town_event("audit", "container_status", {}, {}, "{}", noon, true);
    commit_and_reopen();
    EXPECT_EQ(pending(), "early late ");
    const auto events = store->pending_town_events(1);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].type, "agent_done");
    EXPECT_EQ(events[0].agent, "a1");
    EXPECT_EQ(events[0].bead, "b1");
    EXPECT_EQ(events[0].payload_json, R"({"branch":"x"})");
    EXPECT_EQ(events[0].created_at_text, to_rfc3339(noon));
    store->town_event_done("early", noon);
    EXPECT_EQ(pending(), "late ");
}

TEST_F(TownEvents, E13AnEventThatComesTwiceIsOneEvent) {
    add("e1");
    add("e1");
    EXPECT_EQ(pending(), "e1 ");
    store->town_event_done("e1", noon);
    add("e1");
    EXPECT_EQ(pending(), "");
    expect_fine();
}

TEST_F(TownEvents, E1APoisonEventIsSetAsideAtItsThirdFailure) {
    add("bad");
    add("good", noon + duration{1});
    EXPECT_EQ(store->town_event_failed("bad", "payload is no JSON", noon), 1);
    EXPECT_EQ(store->town_event_failed("bad", "", noon + duration{1}), 2);
    EXPECT_EQ(pending(), "bad good ");
    EXPECT_EQ(store->pending_town_events(1)[0].tries, 2);
    EXPECT_TRUE(store->poison_events().empty());
    EXPECT_EQ(store->town_event_failed("bad", std::string(5000, 'e'), noon + duration{2}), 3);
    commit_and_reopen();
    EXPECT_EQ(pending(), "good ");
    const auto poison = store->poison_events();
    ASSERT_EQ(poison.size(), 1U);
    EXPECT_EQ(poison[0].id, "bad");
    EXPECT_EQ(poison[0].type, "agent_done");
    EXPECT_EQ(poison[0].tries, 3);
    EXPECT_EQ(poison[0].at, noon + duration{2});
    EXPECT_EQ(poison[0].error.size(), 1024U);
    EXPECT_NE(poison[0].error.find("5000 bytes"), std::string::npos);
}

TEST_F(TownEvents, SuccessForgetsEarlierFailures) {
    add("e1");
    EXPECT_EQ(store->town_event_failed("e1", "once", noon), 1);
    store->town_event_done("e1", noon);
    EXPECT_EQ(raw().execAndGet("SELECT count(*) FROM townd_poison").getInt(), 0);
}

TEST_F(TownEvents, AFailureOfAnEventThatIsGoneCountsNothing) {
    EXPECT_EQ(store->town_event_failed("gone", "x", noon), 0);
    expect_fine();
}

TEST_F(TownEvents, ProcessedOnesAreKeptInBoundAndPendingOnesAlways) {
    add("first");
    for (int i = 0; i < town_events_kept_max + 200; ++i)
        store->add_town_event("p" + std::to_string(i), "x", {}, {}, "{}", noon, true);
    EXPECT_LE(raw().execAndGet("SELECT count(*) FROM town_events").getInt(),
              town_events_kept_max + 65);
    EXPECT_EQ(pending(), "first ");
}

}  // namespace
}  // namespace townd::store::test
