// The daemon's own database: what is kept, what is bounded, and what a broken file does.

#include "store/fleet_store.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <fstream>
#include <functional>

namespace townd::store {
namespace {

constexpr instant noon = from_unix_ms(1'795'000'000'000);

class FleetStore : public testing::Test {
protected:
    FleetStore() {
        static int number = 0;
        dir_ = std::filesystem::temp_directory_path() /
               ("townd-fleet-" + std::to_string(::getpid()) + "-" + std::to_string(number++));
        std::filesystem::create_directories(dir_);
    }
    ~FleetStore() override { std::filesystem::remove_all(dir_); }

    std::filesystem::path file() const { return dir_ / "fleet.db"; }
    std::unique_ptr<fleet_store> open() const {
        auto opened = fleet_store::open(file(), durability::normal);
        if (!opened) ADD_FAILURE() << opened.error().what;
        return opened ? std::move(*opened) : nullptr;
    }
    static void in(fleet_store& s, const std::function<void(fleet_store&)>& what) {
        s.begin();
        what(s);
        const auto done = s.commit();
        EXPECT_TRUE(done.has_value()) << done.error().what;
    }
    static override_order order(const std::string& id) {
        override_order out;
        out.id = id;
        out.kind = override_kind::drain;
        out.scope = override_scope::role;
        out.town = "t1";
        out.role = agent_role::refinery;
        out.by = "ada";
        out.reason = "a reason; with 'quotes'";
        out.set_at = noon;
        out.until = noon + duration{3'600'000};
        return out;
    }
    static audit_entry entry(const std::string& verb) {
        audit_entry out;
        out.at = noon;
        out.by = "ada";
        out.verb = verb;
        out.target = "town t1";
        out.reason = "why";
        return out;
    }

    std::filesystem::path dir_;
};

TEST_F(FleetStore, OrdersComeBackAsTheyWere) {
    in(*open(), [](fleet_store& s) {
        s.put_order(order("a-1"));
        auto endless = order("a-2");
        endless.scope = override_scope::daemon;
        endless.town.clear();
        endless.role.reset();
        endless.until.reset();
        s.put_order(endless);
        s.put_order(order("a-3"));
        s.erase_order("a-3");
    });
    in(*open(), [](fleet_store& s) {
        int bad = 0;
        const auto all = s.orders(bad);
        ASSERT_EQ(all.size(), 2U);
        EXPECT_EQ(bad, 0);
        EXPECT_EQ(all[0].kind, override_kind::drain);
        EXPECT_EQ(all[0].scope, override_scope::role);
        EXPECT_EQ(all[0].town, "t1");
        EXPECT_EQ(all[0].role, agent_role::refinery);
        EXPECT_EQ(all[0].by, "ada");
        EXPECT_EQ(all[0].reason, "a reason; with 'quotes'");
        EXPECT_EQ(all[0].until, noon + duration{3'600'000});
        EXPECT_EQ(all[1].scope, override_scope::daemon);
        EXPECT_EQ(all[1].until, std::nullopt);
    });
}

TEST_F(FleetStore, WhatWasNotCommittedWasNeverThere) {
    auto s = open();
    s->begin();
    s->put_order(order("a-1"));
    s->rollback();
    in(*s, [](fleet_store& again) {
        int bad = 0;
        EXPECT_TRUE(again.orders(bad).empty());
    });
}

TEST_F(FleetStore, TheAuditLogRisesAndSaysOnceWhatCameOfIt) {
    auto s = open();
    in(*s, [](fleet_store& f) {
        auto asked = entry("reset");
        asked.outcome = "asked";
        const auto first = f.add_audit(asked);
        const auto second = f.add_audit(entry("pause"));
        EXPECT_GT(second, first);
        f.settle_audit(first, R"({"a":1})", R"({"a":2})", "done");
        f.settle_audit(first, "null", "null", "again");
        const auto rows = f.audit(std::nullopt, 10);
        ASSERT_EQ(rows.size(), 2U);
        EXPECT_EQ(rows[0].verb, "pause");
        EXPECT_EQ(rows[1].outcome, "done");
        EXPECT_EQ(rows[1].after_json, R"({"a":2})");
        ASSERT_EQ(f.audit(second, 10).size(), 1U);
        EXPECT_EQ(f.audit(second, 10)[0].id, first);
        EXPECT_EQ(f.audit(std::nullopt, 1).size(), 1U);
    });
}

TEST_F(FleetStore, TheAuditLogKeepsItsNewestTenThousand) {
    auto s = open();
    std::int64_t last = 0;
    in(*s, [&](fleet_store& f) {
        for (int i = 0; i < audit_rows_max + 50; ++i)
            last = f.add_audit(entry("pause"));
    });
    in(*s, [&](fleet_store& f) {
        EXPECT_EQ(f.audit(last - audit_rows_max + 2, 1000).size(), 1U);
        EXPECT_TRUE(f.audit(last - audit_rows_max + 1, 1000).empty());
    });
}

TEST_F(FleetStore, AnAnswerIsKeptForADay) {
    auto s = open();
    in(*s, [](fleet_store& f) {
        f.keep_answer("k", {"digest", R"({"applied":true})"}, noon);
        const auto kept = f.find_answer("k", noon + kept_answers_for - duration{1});
        ASSERT_TRUE(kept.has_value());
        EXPECT_EQ(kept->digest, "digest");
        EXPECT_EQ(kept->answer_json, R"({"applied":true})");
        EXPECT_FALSE(f.find_answer("k", noon + kept_answers_for).has_value());
        EXPECT_FALSE(f.find_answer("other", noon).has_value());
    });
}

TEST_F(FleetStore, ValuesAreFoundByPrefixAlone) {
    auto s = open();
    in(*s, [](fleet_store& f) {
        f.put_value("outage/a", "1");
        f.put_value("outage/b", "2");
        f.put_value("outage/b", "3");
        f.put_value("out%", "4");
        f.put_value("outage/c", "5");
        f.erase_value("outage/c");
        using pairs = std::vector<std::pair<std::string, std::string>>;
        EXPECT_EQ(f.values("outage/"), (pairs{{"outage/a", "1"}, {"outage/b", "3"}}));
        EXPECT_EQ(f.values("out%"), (pairs{{"out%", "4"}}));
        EXPECT_EQ(f.value("outage/b"), "3");
        EXPECT_EQ(f.value("outage/c"), std::nullopt);
    });
    s->begin();
    s->put_value("big", std::string(fleet_value_bytes_max + 1, 'x'));
    const auto refused = s->commit();
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, errc::too_large);
}

TEST_F(FleetStore, AFileThatIsNoneIsSetAsideWithTheRemedy) {
    const auto refusal = [&] {
        const auto opened = fleet_store::open(file(), durability::normal);
        return opened ? failure{errc::internal, "it opened"} : opened.error();
    };
    std::ofstream{file()} << std::string(8192, 'x');
    EXPECT_EQ(refusal().kind, errc::unavailable) << refusal().what;
    EXPECT_NE(refusal().what.find("fleet.db"), std::string::npos);
    EXPECT_NE(refusal().what.find("move it away"), std::string::npos);
    // Emptied is not new: orders would be forgotten without a word.
    std::ofstream{file(), std::ios::trunc};
    EXPECT_EQ(refusal().kind, errc::unavailable) << refusal().what;
    std::filesystem::remove(file());
    std::filesystem::create_directory(file());
    EXPECT_EQ(refusal().kind, errc::unavailable) << refusal().what;
}

TEST_F(FleetStore, ATownsFileIsNotTakenForIt) {
    open_options create;
    create.create = true;
    create.create_id = "t1";
    ASSERT_TRUE(town_store::open(file(), create, noon).has_value());
    const auto opened = fleet_store::open(file(), durability::normal);
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().kind, errc::unavailable);
}

TEST_F(FleetStore, ItIsHeldByOneConnectionAlone) {
    auto first = open();
    in(*first, [](fleet_store& f) { f.put_value("a", "1"); });
    const auto second = fleet_store::open(file(), durability::normal);
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().kind, errc::locked) << second.error().what;
}

fleet_event_row event(std::int64_t seq, instant at = noon) {
    fleet_event_row out;
    out.seq = seq;
    out.at = at;
    out.type = "attempt_failed";
    out.severity = "warn";
    out.town = "t1";
    out.role = "polecat";
    out.agent = "Toast";
    out.bead = "b1";
    out.dispatch = "d1";
    out.code = "connect_refused";
    out.fingerprint = "c1f0a9c1f0a9";
    out.text = "failed; with 'quotes'";
    return out;
}

TEST_F(FleetStore, EventsComeBackAsTheyWereTheOldestFirst) {
    in(*open(), [](fleet_store& s) { s.add_events({event(7), event(8), event(9)}, noon); });
    in(*open(), [](fleet_store& s) {
        const auto newest = s.newest_events(2);
        ASSERT_EQ(newest.size(), 2U);
        EXPECT_EQ(newest[0].seq, 8);
        EXPECT_EQ(newest[1].seq, 9);
        const auto& e = newest[1];
        EXPECT_EQ(e.at, noon);
        EXPECT_EQ(e.type + e.severity + e.town + e.role + e.agent,
                  "attempt_failedwarnt1polecatToast");
        EXPECT_EQ(e.bead + e.dispatch + e.code + e.fingerprint, "b1d1connect_refusedc1f0a9c1f0a9");
        EXPECT_EQ(e.text, "failed; with 'quotes'");
        EXPECT_TRUE(s.newest_events(0).empty());
    });
}

TEST_F(FleetStore, EventsAreKeptAWeekAndSoMany) {
    auto store = open();
    in(*store, [](fleet_store& s) {
        s.add_events({event(1, noon - fleet_events_for - duration{1}), event(2)}, noon);
        ASSERT_EQ(s.newest_events(10).size(), 1U);
        EXPECT_EQ(s.newest_events(10)[0].seq, 2);
    });
    std::vector<fleet_event_row> many;
    for (int i = 0; i < fleet_events_max + 100; ++i)
        many.push_back(event(100'000 + 3 * i));  // Numbers have holes.
    in(*store, [&](fleet_store& s) { s.add_events(many, noon); });
    store.reset();
    SQLite::Database look(file().string());
    EXPECT_EQ(look.execAndGet("SELECT count(*) FROM events").getInt(), fleet_events_max);
    EXPECT_EQ(look.execAndGet("SELECT min(seq) FROM events").getInt(), 100'000 + 3 * 100);
}

TEST_F(FleetStore, AFileOfVersionOneGetsItsEventsAndKeepsTheRest) {
    in(*open(), [](fleet_store& s) {
        s.put_order(order("o1"));
        s.put_value("key", "text");
    });
    {
        SQLite::Database old(file().string(), SQLite::OPEN_READWRITE);
        old.exec("DROP TABLE events; PRAGMA user_version = 1");
    }
    in(*open(), [](fleet_store& s) {
        int bad = 0;
        EXPECT_EQ(s.orders(bad).size(), 1U);
        EXPECT_EQ(s.value("key"), "text");
        s.add_events({event(1)}, noon);
    });
    in(*open(), [](fleet_store& s) { EXPECT_EQ(s.newest_events(10).size(), 1U); });
    SQLite::Database look(file().string());
    EXPECT_EQ(look.execAndGet("PRAGMA user_version").getInt(), 2);
}

TEST_F(FleetStore, AFileOfVersionTwoWithoutItsEventsIsRefusedByName) {
    in(*open(), [](fleet_store& s) { s.put_value("key", "text"); });
    {
        SQLite::Database broken(file().string(), SQLite::OPEN_READWRITE);
        broken.exec("DROP TABLE events");
    }
    const auto opened = fleet_store::open(file(), durability::normal);
    ASSERT_FALSE(opened.has_value());
    EXPECT_NE(opened.error().what.find("table events is gone"), std::string::npos)
        << opened.error().what;
}

}  // namespace
}  // namespace townd::store
