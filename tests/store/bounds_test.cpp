// Every bound, from both sides.

#include "store/town_on_disk.hpp"

namespace townd::store::test {
namespace {

class Bounds : public town_on_disk {
protected:
    kept_failure failure_number(int number, std::string message) {
        return {
            "d" + std::to_string(number), number, noon + duration{number}, "a1",
            dispatch_error{error_code::reset, error_phase::header, blame::infrastructure, message}};
    }
};

TEST_F(Bounds, E5OversizeIsCutWithAMarker) {
    bead b = issue("b1");
    b.title = std::string(2'000'000, 't');
    b.body = std::string(5'000'000, 'x');
    b.reason = std::string(9'000, 'r');
    store->insert_bead(b);
    store->insert_bead(issue("fits"));
    bead exact = issue("exact");
    exact.title = std::string(title_bytes_max, 't');
    exact.body = std::string(body_bytes_max, 'x');
    store->insert_bead(exact);
    commit_and_begin();
    const auto read = store->find_bead("b1");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->title.size(), title_bytes_max);
    EXPECT_TRUE(read->title.ends_with("…[cut, 2000000 bytes]"));
    EXPECT_EQ(read->body->size(), body_bytes_max);
    EXPECT_TRUE(read->body->ends_with("…[cut, 5000000 bytes]"));
    EXPECT_TRUE(read->reason.ends_with("…[cut, 9000 bytes]"));
    EXPECT_EQ(store->find_bead("exact")->title, exact.title);
    EXPECT_EQ(store->find_bead("exact")->body, exact.body);
    store->put_bead(b);
    EXPECT_TRUE(store->find_bead("b1")->body->ends_with("…[cut, 5000000 bytes]"));
    expect_fine();
}

TEST_F(Bounds, E5AgentEventDataIsCutAndNeverRefused) {
    store->add_agent_event("a1", "log", std::string(5'000'000, 'x'), noon);
    const auto events = store->agent_events("a1", 10);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].data_json.size(), event_data_bytes_max);
    EXPECT_TRUE(events[0].data_json.ends_with("…[cut, 5000000 bytes]"));
    expect_fine();
}

TEST_F(Bounds, MetadataOverItsBoundIsRefusedNotCut) {
    bead b = issue("b1");
    b.metadata_json = "{\"k\":\"" + std::string(metadata_bytes_max - 8, 'x') + "\"}";
    ASSERT_EQ(b.metadata_json.size(), metadata_bytes_max);
    store->insert_bead(b);
    expect_fine();
    b.metadata_json.insert(7, "y");
    store->savepoint();
    store->put_bead(b);
    ASSERT_TRUE(store->failed());
    EXPECT_EQ(store->failed()->kind, errc::too_large);
    EXPECT_NE(store->failed()->what.find("65537"), std::string::npos) << store->failed()->what;
    store->rollback_to();
    EXPECT_EQ(store->find_bead("b1")->metadata_json.size(), metadata_bytes_max);
}

TEST_F(Bounds, APayloadOverItsBoundIsRefused) {
    store->add_town_event("e", "x", {}, {}, std::string(event_data_bytes_max + 1, ' '), noon,
                          false);
    ASSERT_TRUE(store->failed());
    EXPECT_EQ(store->failed()->kind, errc::too_large);
}

TEST_F(Bounds, ABeadKeepsItsNewestFailures) {
    for (int i = 1; i <= failures_kept_max + 7; ++i)
        store->add_failure("b1", agent_role::polecat, failure_number(i, "same cause"));
    store->add_failure("b2", agent_role::polecat, failure_number(1, "same cause"));
    const auto kept = store->failures("b1");
    ASSERT_EQ(kept.size(), static_cast<std::size_t>(failures_kept_max));
    EXPECT_EQ(kept.front().attempt, failures_kept_max + 7);
    EXPECT_EQ(kept.back().attempt, 8);
    EXPECT_EQ(kept.front().dispatch, "d57");
    EXPECT_EQ(kept.front().agent, "a1");
    EXPECT_EQ(kept.front().error.code(), error_code::reset);
    EXPECT_EQ(kept.front().error.message(), "same cause");
    EXPECT_EQ(store->failures("b2").size(), 1U);
    const auto groups = store->error_groups();
    ASSERT_EQ(groups.size(), 1U);
    EXPECT_EQ(groups[0].count, failures_kept_max + 8);
    EXPECT_EQ(groups[0].first_at, noon + duration{1});
    EXPECT_EQ(groups[0].last_at, noon + duration{57});
    EXPECT_EQ(groups[0].code, "reset");
    EXPECT_EQ(groups[0].role, "polecat");
}

TEST_F(Bounds, TheGroupSeenLeastRecentlyGoesFirst) {
    const auto cause = [](int number) {
        return std::string(static_cast<std::size_t>(number), 'z');
    };
    for (int i = 1; i <= error_groups_kept_max + 3; ++i) {
        store->add_failure("b1", agent_role::polecat, failure_number(i, cause(i)));
        store->add_failure("b1", agent_role::polecat, failure_number(i, cause(1)));
    }
    const auto groups = store->error_groups();
    ASSERT_EQ(groups.size(), static_cast<std::size_t>(error_groups_kept_max));
    bool has_first = false, has_second = false;
    for (const auto& g : groups) {
        has_first = has_first || g.message == cause(1);
        has_second = has_second || g.message == cause(2);
    }
    EXPECT_TRUE(has_first) << "it is seen again and again";
    EXPECT_FALSE(has_second);
}

TEST_F(Bounds, SettledDispatchesArePrunedAndLiveOnesStay) {
    store->insert_dispatch(start_of("live", "b0", noon - duration{1000}));
    for (int i = 0; i < dispatches_kept_max + 200; ++i) {
        dispatch d = start_of("d" + std::to_string(i), "b1", noon + duration{i});
        d.state = dispatch_state::failed;
        store->insert_dispatch(d);
    }
    EXPECT_LE(
        raw().execAndGet("SELECT count(*) FROM townd_dispatches WHERE state = 'failed'").getInt(),
        dispatches_kept_max);
    EXPECT_GE(raw().execAndGet("SELECT count(*) FROM townd_dispatches").getInt(),
              dispatches_kept_max - 64);
    EXPECT_TRUE(store->find_dispatch("live"));
    EXPECT_FALSE(store->find_dispatch("d0"));
    EXPECT_EQ(store->list_dispatches({})[0].id, "d2199");
}

TEST_F(Bounds, AgentEventsAreARing) {
    for (int i = 0; i < agent_events_kept_max + 20; ++i)
        store->add_agent_event(i == 0 ? "a0" : "a1", "x", "{}", noon + duration{i});
    EXPECT_EQ(raw().execAndGet("SELECT count(*) FROM townd_agent_events").getInt(),
              agent_events_kept_max);
    EXPECT_TRUE(store->agent_events("a0", 10).empty());
    EXPECT_EQ(store->agent_events("a1", 1)[0].at, noon + duration{agent_events_kept_max + 19});
}

TEST_F(Bounds, APageOfBeadsEndsEarlyInsteadOfFillingMemory) {
    for (int i = 0; i < 70; ++i) {
        bead b = issue("b" + std::to_string(i));
        b.body = std::string(body_bytes_max, 'x');
        store->insert_bead(b);
    }
    const auto first = store->list_beads({});
    EXPECT_LT(first.size(), 70U);
    EXPECT_GE(first.size(), 60U);
    bead_filter rest;
    rest.offset = static_cast<int>(first.size());
    EXPECT_EQ(first.size() + store->list_beads(rest).size(), 70U);
}

}  // namespace
}  // namespace townd::store::test
