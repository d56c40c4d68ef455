// The town in memory against the one on disk: whatever is called, both show the same.

#include "model/random_steps.hpp"
#include "model/twin_towns.hpp"

namespace townd::model::test {
namespace {

using store::town_store;

class walk {
public:
    explicit walk(std::uint64_t seed) : steps_(seed) {}

    void go(int transactions) {
        for (int i = 0; i < transactions && !::testing::Test::HasFatalFailure(); ++i)
            transaction();
    }
    [[nodiscard]] int committed() const { return committed_; }
    [[nodiscard]] int refused() const { return refused_; }
    [[nodiscard]] int looks() const { return looks_; }  ///< Comparisons with nothing failed.

private:
    void transaction() {
        towns_.both([](town_store& s) { s.begin(); });
        for (int i = steps_.below(9); i >= 0; --i) {
            if (steps_.one_in(2))
                part();
            else
                step();
            look(40);
            if (::testing::Test::HasFatalFailure()) return;
        }
        look(4);
        if (::testing::Test::HasFatalFailure()) return;
        end();
    }
    void step() {
        const auto next = steps_.next();
        story_ += next.name + "\n";
        towns_.both(next.run);
        ASSERT_NO_FATAL_FAILURE(towns_.expect_same_state()) << story_;
    }
    // Not inside a part: reading all makes parts of its own.
    void look(int one_in) {
        if (!steps_.one_in(one_in)) return;
        ASSERT_NO_FATAL_FAILURE(towns_.expect_same_content()) << story_;
        looks_ += towns_.disk->failed() ? 0 : 1;
    }
    void part() {
        story_ += "savepoint\n";
        towns_.both([](town_store& s) { s.savepoint(); });
        for (int i = steps_.below(4); i >= 0; --i) {
            step();
            if (::testing::Test::HasFatalFailure()) return;
        }
        if (towns_.disk->failed() || steps_.one_in(4)) {
            story_ += "rollback_to\n";
            towns_.both([](town_store& s) { s.rollback_to(); });
        } else {
            story_ += "release\n";
            towns_.both([](town_store& s) { s.release(); });
        }
        ASSERT_NO_FATAL_FAILURE(towns_.expect_same_state()) << story_;
    }
    void end() {
        const int how = steps_.below(12);
        ++(towns_.disk->failed() ? refused_ : committed_);
        if (how == 0) {
            story_ += "killed\n";
            towns_.reopen_both();
        } else if (how == 1) {
            story_ += "rollback\n";
            towns_.both([](town_store& s) { s.rollback(); });
        } else {
            story_ += "commit\n";
            ASSERT_NO_FATAL_FAILURE(towns_.commit_both()) << story_;
        }
        ASSERT_NO_FATAL_FAILURE(towns_.expect_same_state()) << story_;
    }

    twin_towns towns_;
    random_steps steps_;
    std::string story_;
    int committed_ = 0;
    int refused_ = 0;
    int looks_ = 0;
};

class Differential : public ::testing::TestWithParam<int> {};

TEST_P(Differential, RandomCallsShowTheSameOnDiskAndInMemory) {
    constexpr int walks = 25;
    int committed = 0;
    int refused = 0;
    int looks = 0;
    for (int i = 0; i < walks && !HasFatalFailure(); ++i) {
        const auto seed = static_cast<std::uint64_t>(GetParam() * walks + i);
        SCOPED_TRACE("seed " + std::to_string(seed));
        walk one(seed);
        one.go(40);
        committed += one.committed();
        refused += one.refused();
        looks += one.looks();
    }
    EXPECT_GT(committed, walks) << "the walks must get somewhere";
    EXPECT_GT(refused, walks) << "and fail now and then";
    EXPECT_GT(looks, walks * 5) << "and be compared as a whole";
}

INSTANTIATE_TEST_SUITE_P(Seeds, Differential, ::testing::Range(0, 12));

// Long histories, which the walks do not reach.
class Histories : public ::testing::Test {
protected:
    void SetUp() override { begin(); }
    void begin() {
        towns.both([](town_store& s) { s.begin(); });
    }
    void expect_same() {
        ASSERT_NO_FATAL_FAILURE(towns.expect_same_state());
        ASSERT_NO_FATAL_FAILURE(towns.expect_same_content());
    }
    twin_towns towns;
    random_steps random{7};
};

TEST_F(Histories, ReportsOfAgentsAreARing) {
    for (int i = 0; i < store::agent_events_kept_max + 300; ++i)
        towns.both([&](town_store& s) {
            s.add_agent_event(i < 500 ? "agent-0" : "agent-1", "step", std::to_string(i),
                              random_steps::noon());
        });
    expect_same();
    EXPECT_EQ(towns.memory->agent_events("agent-0", 1000).size(), 200U);
}

TEST_F(Histories, SettledDispatchesArePruned) {
    for (int i = 0; i < store::dispatches_kept_max + 1200; ++i) {
        auto d = random.a_dispatch();
        d.id = "d-" + std::to_string(i);
        if (i % 8 != 0) d.state = dispatch_state::ended;
        d.error.reset();
        d.phases.clear();
        d.rule = d.end_reason = d.agent_name = "";
        towns.both([&](town_store& s) { s.insert_dispatch(d); });
        if (i % 500 == 0) towns.both([&](town_store& s) { s.delete_bead(d.bead); });
        if (i == 1000)
            towns.both([](town_store& s) {
                ASSERT_TRUE(s.commit().has_value());
                s.begin();
            });
    }
    expect_same();
    int kept = 0;
    for (int i = 0; i < store::dispatches_kept_max + 1200; ++i) {
        const auto id = "d-" + std::to_string(i);
        const bool there = towns.memory->find_dispatch(id).has_value();
        ASSERT_EQ(towns.disk->find_dispatch(id).has_value(), there) << id;
        kept += there ? 1 : 0;
    }
    EXPECT_GT(kept, 1800);
    EXPECT_LT(kept, store::dispatches_kept_max + 1200);
    towns.both([](town_store& s) { s.rollback(); });
    begin();
    expect_same();
}

TEST_F(Histories, ProcessedEventsArePruned) {
    for (int i = 0; i < store::town_events_kept_max + 200; ++i)
        towns.both([&](town_store& s) {
            s.add_town_event("e-" + std::to_string(i), "t", std::nullopt, std::nullopt, "{}",
                             random_steps::noon(), i % 100 != 3);
        });
    expect_same();
    // Ids that were pruned can be used again; those that were kept cannot.
    for (int i = 0; i < 300; ++i)
        towns.both([&](town_store& s) {
            s.add_town_event("e-" + std::to_string(i), "again", std::nullopt, std::nullopt, "{}",
                             random_steps::noon(), false);
        });
    expect_same();
    EXPECT_GT(towns.memory->pending_town_events(1000).size(), 102U);
}

TEST_F(Histories, EventsThatWereSetAsideAreARing) {
    for (int i = 0; i < store::poison_events_kept_max + 40; ++i)
        towns.both([&](town_store& s) {
            const auto id = "e-" + std::to_string(i);
            s.add_town_event(id, "t", std::nullopt, std::nullopt, "{}", random_steps::noon(),
                             false);
            for (int tries = i % 7 == 0 ? 2 : 3; tries > 0; --tries)
                s.town_event_failed(id, "no", random_steps::noon() + duration{i % 5});
        });
    expect_same();
}

TEST_F(Histories, FailuresAndTheirGroupsAreBounded) {
    for (int i = 0; i < 600; ++i) {
        const auto f = random.a_failure();
        const auto bead = "b" + std::to_string(1 + i % 3);
        const auto role = static_cast<agent_role>(i % 3);
        towns.both([&](town_store& s) { s.add_failure(bead, role, f); });
        if (i % 97 == 0) expect_same();
    }
    expect_same();
    EXPECT_EQ(towns.memory->failures("b1").size(), std::size_t{store::failures_kept_max});
    EXPECT_EQ(towns.memory->error_groups().size(), std::size_t{store::error_groups_kept_max});
}

TEST_F(Histories, AListOfManyBeadsEndsWithItsPage) {
    for (int i = 0; i < 1100; ++i)
        towns.both([&](town_store& s) {
            bead b;
            b.id = "many-" + std::to_string(i);
            b.status = static_cast<bead_status>(i % 5);
            b.rig = "rig-" + std::to_string(i % 2);
            if (i > 900) b.body = std::string(200'000, 'b');
            s.insert_bead(b);
        });
    store::bead_filter filter;
    filter.rig = "rig-1";
    filter.limit = 5000;
    for (const int offset : {0, 5, 100, 2000, -1}) {
        filter.offset = offset;
        ASSERT_EQ(towns.disk->list_beads(filter).size(), towns.memory->list_beads(filter).size());
    }
    filter.status = bead_status::closed;
    ASSERT_EQ(towns.disk->list_beads(filter).size(), towns.memory->list_beads(filter).size());
    expect_same();
}

TEST_F(Histories, AConvoyThatWasDeletedHoldsNothing) {
    for (const bool deleted : {false, true}) {
        towns.both([&](town_store& s) {
            store::convoy c;
            c.id = "b1";
            c.staged = true;
            if (!deleted) s.put_convoy(c);
            if (deleted) s.delete_bead("b1");
            bead held;
            held.id = "b2";
            if (!deleted) s.insert_bead(held);
            s.add_dependency({"b2", "b1", "tracks", std::nullopt});
        });
        expect_same();
        EXPECT_EQ(towns.memory->load_live().staged.size(), deleted ? 0U : 1U);
    }
}

TEST_F(Histories, AnEventThatIsDoneKeepsItsRecordOnceItWasSetAside) {
    for (int tries = 1; tries <= 4; ++tries)
        towns.both([&](town_store& s) {
            const auto id = "e-" + std::to_string(tries);
            s.add_town_event(id, "t", std::nullopt, std::nullopt, "{}", random_steps::noon(),
                             false);
            for (int i = 0; i < tries; ++i)
                s.town_event_failed(id, "no", random_steps::noon());
            s.town_event_done(id, random_steps::noon());
            // Counted from one again unless there is a record.
            EXPECT_EQ(s.town_event_failed(id, "no", random_steps::noon()),
                      tries < 3 ? 1 : tries + 1);
        });
    expect_same();
    EXPECT_EQ(towns.memory->poison_events().size(), 2U);
}

TEST_F(Histories, NudgesAreLookedAtUpToTheirBound) {
    for (int i = 0; i < 1010; ++i)
        towns.both([&](town_store& s) {
            store::nudge n;
            n.id = "n-" + std::to_string(i);
            n.agent = "agent-0";
            n.created_at = random_steps::noon();
            if (i % 2 == 0) n.expires_at = random_steps::noon();
            s.add_nudge(n);
        });
    expect_same();
    EXPECT_EQ(towns.memory->pending_nudges("agent-0", random_steps::noon()).size(), 500U);
}

}  // namespace
}  // namespace townd::model::test
