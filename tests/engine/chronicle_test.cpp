// The fleet's recent history: what is told of it, in which order, and where it ends.

#include "engine/chronicle.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "engine/journal_pair.hpp"

namespace townd::engine {
namespace {

constexpr duration second{1'000};
constexpr duration minute{60'000};
constexpr instant noon = from_unix_ms(1'795'348'800'000);  // A whole minute.

class moved_clock final : public clock_port {
public:
    [[nodiscard]] instant now() const noexcept override { return from_unix_ms(ms.load()); }
    [[nodiscard]] std::int64_t wall_seconds() const noexcept override { return ms.load() / 1000; }
    void pass(duration by) { ms += by.count(); }
    std::atomic<std::int64_t> ms{unix_ms(noon)};
};

dispatch ended(attempt_outcome outcome, const std::string& message = "Connection refused",
               agent_role role = agent_role::polecat) {
    dispatch out;
    out.id = "d1";
    out.role = role;
    out.agent_name = "Toast";
    out.bead = "b1";
    out.outcome = outcome;
    if (outcome == attempt_outcome::failure)
        out.error.emplace(error_code::connect_refused, error_phase::connect, blame::infrastructure,
                          message);
    return out;
}
dispatch failed(const std::string& message = "Connection refused") {
    return ended(attempt_outcome::failure, message);
}

class Chronicle : public testing::Test {
protected:
    void fail(const town_id& town, const std::string& message = "Connection refused") {
        told.attempt_ended(town, failed(message), second);
    }
    void change(const town_id& town, const char* from, const char* to,
                const std::string& key = "container") {
        told.breaker_changed(town, key, "container", "", from, to, "connect_refused");
    }
    std::vector<fleet_event> all() const { return told.events({.after = 0, .limit = 1000}).items; }

    moved_clock clock;
    chronicle told{clock};
};

TEST_F(Chronicle, TheFirstFailureOfACauseIsAnEventWithAllThatIsKnownOfIt) {
    fail("t1");
    const auto events = all();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].seq, 1);
    EXPECT_EQ(events[0].type, "attempt_failed");
    EXPECT_EQ(events[0].severity, "warn");
    EXPECT_EQ(events[0].town, "t1");
    EXPECT_EQ(events[0].role, "polecat");
    EXPECT_EQ(events[0].agent, "Toast");
    EXPECT_EQ(events[0].bead, "b1");
    EXPECT_EQ(events[0].dispatch, "d1");
    EXPECT_EQ(events[0].code, "connect_refused");
    EXPECT_EQ(events[0].fingerprint.size(), 12U);
    EXPECT_NE(events[0].text.find("Connection refused"), std::string::npos);
    EXPECT_EQ(events[0].at, noon);
}

TEST_F(Chronicle, AStormOfOneCauseIsOneEventAMinute) {
    for (int i = 0; i < 4'000; ++i) {
        fail("t" + std::to_string(i % 151));
        clock.pass(duration{30});  // Two minutes in all.
    }
    const auto events = all();
    ASSERT_GE(events.size(), 2U);
    ASSERT_LE(events.size(), 4U);
    EXPECT_EQ(events[1].type, "attempt_failed");
    EXPECT_EQ(events[1].code, "connect_refused");
    EXPECT_EQ(events[1].fingerprint, events[0].fingerprint);
    EXPECT_EQ(events[1].role, "polecat");
    EXPECT_TRUE(events[1].town.empty());
    EXPECT_NE(events[1].text.find(" more in 151 towns"), std::string::npos) << events[1].text;
}

TEST_F(Chronicle, AnotherCauseIsToldAtOnceInTheMiddleOfAStorm) {
    for (int i = 0; i < 100; ++i)
        fail("t1");
    fail("t2", "no route");
    ASSERT_EQ(all().size(), 2U);
    EXPECT_EQ(all()[1].town, "t2");
}

TEST_F(Chronicle, ASummaryThatIsDueIsWrittenBySamplingWhenNothingElseHappens) {
    fail("t1");
    fail("t2");
    clock.pass(minute + second);
    EXPECT_EQ(all().size(), 1U);
    told.sample(1, 2);
    ASSERT_EQ(all().size(), 2U);
    EXPECT_NE(all()[1].text.find("1 more in 1 town "), std::string::npos) << all()[1].text;
}

TEST_F(Chronicle, SeverityIsThatOfTheLog) {
    change("t1", "closed", "open");
    change("t1", "half_open", "closed");
    told.storage_failed("t1", "open", {errc::storage, "disk full"});
    told.note("", "started", "it started");
    told.warn("", "odd", "it is odd");
    told.outage_changed(
        {outage_event::kind::opened, "o1", agent_role::polecat, stage::answered, "f", "c", 9, {}});
    told.outage_changed(
        {outage_event::kind::closed, "o1", agent_role::polecat, stage::answered, "f", "c", 9, {}});
    std::vector<std::string> seen;
    for (const auto& each : all())
        seen.push_back(each.type + " " + each.severity);
    EXPECT_EQ(seen, (std::vector<std::string>{"breaker_changed warn", "breaker_changed info",
                                              "storage_failed error", "note.started info",
                                              "warning.odd warn", "outage_changed warn",
                                              "outage_changed info"}));
}

TEST_F(Chronicle, ProbesAreTransitionsAndNoEvents) {
    change("t1", "closed", "open");
    for (int i = 0; i < 3; ++i) {
        change("t1", "open", "half_open");
        change("t1", "half_open", "open");
    }
    EXPECT_EQ(all().size(), 1U);
    const auto seen = told.transitions("t1", "container");
    ASSERT_EQ(seen.size(), 7U);
    EXPECT_EQ(seen.front().from, "half_open");
    EXPECT_EQ(seen.back().from, "closed");
    EXPECT_EQ(seen.back().cause, "connect_refused");
    EXPECT_TRUE(told.transitions("t2", "container").empty());
}

TEST_F(Chronicle, TransitionsAreBoundedForEachBreakerAndForAll) {
    for (int i = 0; i < 50; ++i)
        change("first", "closed", i % 2 == 0 ? "open" : "forced_open");
    EXPECT_EQ(told.transitions("first", "container").size(), chronicle::transitions_each_max);
    for (std::size_t i = 0; i < chronicle::transitions_max; ++i)
        change("t" + std::to_string(i), "closed", "open");
    EXPECT_TRUE(told.transitions("first", "container").empty());
    EXPECT_EQ(told.transitions("t0", "container").size(), 1U);
    change("more", "closed", "open");
    EXPECT_TRUE(told.transitions("t0", "container").empty());
    EXPECT_EQ(told.transitions("t1", "container").size(), 1U);
}

TEST_F(Chronicle, AFleetOfBreakersDoesNotPushOutEverythingElse) {
    told.note("", "started", "it started");
    for (int i = 0; i < 20'000; ++i)
        change("t" + std::to_string(i), "closed", "open");
    EXPECT_LE(all().size(), 102U);
    EXPECT_EQ(all().front().type, "note.started");
}

TEST_F(Chronicle, EventsAreReadUpwardsDownwardsAndFiltered) {
    for (int i = 1; i <= 9; ++i)
        told.note(i % 3 == 0 ? "t3" : "t1", i % 2 == 0 ? "even" : "odd", std::to_string(i));
    auto up = told.events({.after = 4, .limit = 3});
    ASSERT_EQ(up.items.size(), 3U);
    EXPECT_EQ(up.items.front().seq, 5);
    EXPECT_TRUE(up.more);
    EXPECT_EQ(up.oldest, 1);
    EXPECT_EQ(up.newest, 9);
    auto down = told.events({.before = 4});
    ASSERT_EQ(down.items.size(), 3U);
    EXPECT_EQ(down.items.front().seq, 3);
    EXPECT_FALSE(down.more);
    EXPECT_EQ(told.events({}).items.front().seq, 9);
    EXPECT_EQ(told.events({.types = {"note.even"}}).items.size(), 4U);
    EXPECT_EQ(told.events({.types = {"note"}}).items.size(), 9U);
    EXPECT_EQ(told.events({.types = {"warning"}}).items.size(), 0U);
    EXPECT_EQ(told.events({.town = "t3"}).items.size(), 3U);
    EXPECT_EQ(told.events({.severity = "warn,error"}).items.size(), 0U);
    EXPECT_EQ(told.events({.severity = "warn,info"}).items.size(), 9U);
}

TEST_F(Chronicle, TheOldestEventsGo) {
    std::vector<fleet_event> kept(chronicle::events_max);
    for (std::size_t i = 0; i < kept.size(); ++i) {
        kept[i].seq = static_cast<std::int64_t>(i) + 1;
        kept[i].text = "kept";
    }
    told.restore(std::move(kept));
    told.note("", "word", "one more");
    const auto page = told.events({.limit = 1});
    EXPECT_EQ(page.oldest, 2);
    EXPECT_EQ(page.newest, 10'001);
    EXPECT_EQ(page.items.front().text, "one more");
}

TEST_F(Chronicle, TextsAreOneCleanLineAndBounded) {
    told.warn("t\n1", "word\n", "a\nb\x1b[31m" + std::string(5'000, 'x'));
    told.note("", "empty", "");
    ASSERT_EQ(all().size(), 2U);
    EXPECT_EQ(all()[0].text.find('\n'), std::string::npos);
    EXPECT_EQ(all()[0].type.find('\n'), std::string::npos);
    EXPECT_LE(all()[0].text.size(), 2048U);
    EXPECT_FALSE(all()[1].text.empty());
}

TEST_F(Chronicle, MinutesCountEndsByRoleAndHaveNoHoles) {
    fail("t1");
    told.attempt_ended("t1", ended(attempt_outcome::success), second);
    clock.pass(3 * minute);
    told.attempt_ended("t1", ended(attempt_outcome::neutral), second);
    told.attempt_ended("t1", ended(attempt_outcome::unknown), second);
    told.attempt_ended("t1", ended(attempt_outcome::success, "", agent_role::mayor), second);
    told.session_failed("t1", failed());
    told.starts_suppressed("t1", "polecat", "OutageOpen", 7);
    told.sample(3, 5);
    const auto seen = told.minutes(5);
    ASSERT_EQ(seen.size(), 5U);
    EXPECT_EQ(seen[1].begins, noon);
    EXPECT_EQ(seen[1].ok, 1);
    EXPECT_EQ(seen[1].failed, 1);
    EXPECT_EQ(seen[1].dispatching, -1);
    EXPECT_EQ(seen[2].ok + seen[2].failed, 0);
    EXPECT_EQ(seen[4].ok, 1);
    EXPECT_EQ(seen[4].failed, 1);
    EXPECT_EQ(seen[4].neutral, 1);
    EXPECT_EQ(seen[4].unknown, 1);
    EXPECT_EQ(seen[4].suppressed, 7);
    EXPECT_EQ(seen[4].dispatching, 3);
    EXPECT_EQ(seen[4].towns, 5);
    const auto mayors = told.minutes(5, "mayor");
    EXPECT_EQ(mayors[4].ok, 1);
    EXPECT_EQ(mayors[4].suppressed, 0);
    EXPECT_EQ(told.minutes(1'000'000).size(), 1440U);
}

TEST_F(Chronicle, ADayOldMinuteIsNotTakenForThisOne) {
    fail("t1");
    clock.pass(chronicle::minutes_max * minute);
    EXPECT_EQ(told.minutes(1).front().failed, 0);
}

TEST_F(Chronicle, ACauseKeepsItsFirstSampleAndTheNewestNine) {
    for (int i = 0; i < 20; ++i) {
        auto one = failed();
        one.id = "d" + std::to_string(i);
        told.attempt_ended("t" + std::to_string(i % 3), one, second);
        clock.pass(minute);
    }
    const auto causes = told.causes();
    ASSERT_EQ(causes.size(), 1U);
    const auto& one = causes[0];
    EXPECT_EQ(one.count, 20);
    EXPECT_EQ(one.code, "connect_refused");
    EXPECT_EQ(one.phase, "connect");
    EXPECT_EQ(one.role, "polecat");
    EXPECT_EQ(one.first_at, noon);
    EXPECT_EQ(one.last_at, noon + 19 * minute);
    EXPECT_EQ(one.last_hour, 20);
    EXPECT_EQ(one.towns_last_hour, 3);
    EXPECT_EQ(one.towns.front(), "t1");  // Of the 20th failure.
    ASSERT_EQ(one.samples.size(), 10U);
    EXPECT_EQ(one.samples[0].what.id, "d0");
    EXPECT_EQ(one.samples[1].what.id, "d19");
    EXPECT_EQ(one.samples[9].what.id, "d11");
    // Now is the 21st minute: its place is empty, those before it hold one each.
    EXPECT_EQ(one.by_minute[59], 0);
    EXPECT_EQ(one.by_minute[58], 1);
    EXPECT_EQ(one.by_minute[39], 1);
    EXPECT_EQ(one.by_minute[38], 0);
    EXPECT_TRUE(told.find_cause(one.fingerprint).has_value());
    EXPECT_FALSE(told.find_cause("none").has_value());
}

TEST_F(Chronicle, ACausesHourMovesOn) {
    fail("t1");
    clock.pass(59 * minute);
    EXPECT_EQ(told.causes()[0].by_minute[0], 1);
    fail("t2");
    EXPECT_EQ(told.causes()[0].last_hour, 2);
    clock.pass(minute);
    EXPECT_EQ(told.causes()[0].last_hour, 1);
    EXPECT_EQ(told.causes()[0].by_minute[58], 1);
    EXPECT_EQ(told.causes()[0].towns_last_hour, 1);
    clock.pass(1'000 * minute);
    EXPECT_EQ(told.causes()[0].last_hour, 0);
    EXPECT_EQ(told.causes()[0].count, 2);
    fail("t3");
    EXPECT_EQ(told.causes()[0].last_hour, 1);
}

TEST_F(Chronicle, CausesOfTheLastHourComeFirst) {
    for (int i = 0; i < 9; ++i)
        fail("t" + std::to_string(i), "old");
    clock.pass(61 * minute);
    fail("t1", "narrow");
    fail("t1", "narrow");
    fail("t1", "wide");
    fail("t2", "wide");
    std::vector<std::string> order;
    for (const auto& each : told.causes())
        order.push_back(each.message);
    EXPECT_EQ(order, (std::vector<std::string>{"wide", "narrow", "old"}));
}

TEST_F(Chronicle, TheCauseThatWasQuietLongestGoes) {
    const auto letters = [](std::size_t i) {
        std::string out;
        for (int n = 0; n < 3; ++n, i /= 26)
            out += static_cast<char>('a' + i % 26);
        return out;
    };
    fail("t1", "the very first");
    for (std::size_t i = 1; i < chronicle::causes_max; ++i) {
        clock.pass(second);
        fail("t1", "cause " + letters(i));
    }
    clock.pass(second);
    fail("t1", "the very first");
    clock.pass(second);
    fail("t1", "one too many");
    const auto causes = told.causes();
    EXPECT_EQ(causes.size(), chronicle::causes_max);
    const auto has = [&](const std::string& message) {
        return std::any_of(causes.begin(), causes.end(),
                           [&](const cause& c) { return c.message == message; });
    };
    EXPECT_TRUE(has("the very first"));
    EXPECT_TRUE(has("one too many"));
    EXPECT_FALSE(has("cause " + letters(1)));
    EXPECT_TRUE(has("cause " + letters(2)));
}

TEST_F(Chronicle, TownsOfACauseAreCountedByTheThousandAndShownByTheHundred) {
    for (int i = 0; i < 5'000; ++i)
        fail("t" + std::to_string(i));
    EXPECT_EQ(told.causes()[0].towns_last_hour, 5'000);
    EXPECT_EQ(told.causes()[0].towns.size(), 100U);
}

TEST_F(Chronicle, AFailureWithoutAnErrorIsShownAsUnknown) {
    auto bare = failed();
    bare.error.reset();
    told.attempt_ended("t1", bare, second);
    ASSERT_EQ(told.causes().size(), 1U);
    EXPECT_EQ(told.causes()[0].code, "unknown");
    EXPECT_FALSE(told.causes()[0].message.empty());
    EXPECT_EQ(all()[0].code, "unknown");
}

TEST_F(Chronicle, NumbersGoOnAfterTheKeptAndTheUsed) {
    told.await_restore();
    told.note("", "early", "before the file was open");
    EXPECT_TRUE(all().empty());
    fleet_event old;
    old.seq = 41;
    old.type = "note.old";
    old.text = "old";
    told.restore({old}, 50);
    const auto events = all();
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0].seq, 41);
    EXPECT_EQ(events[1].seq, 51);
    EXPECT_EQ(events[1].type, "note.early");
}

TEST_F(Chronicle, WhatIsInAFileThatOpensLateComesBeforeWhatHappenedMeanwhile) {
    told.await_restore();
    told.restore({}, 1'000);  // The file is not there: far above all that it may hold.
    told.note("", "first", "1001");
    fleet_event old;
    old.seq = 41;
    old.text = "old";
    told.restore({old}, 60);
    told.note("", "second", "1002");
    std::vector<std::int64_t> seqs;
    for (const auto& each : all())
        seqs.push_back(each.seq);
    EXPECT_EQ(seqs, (std::vector<std::int64_t>{41, 1001, 1002}));
}

TEST_F(Chronicle, WhatCouldNotBeWrittenIsWrittenNextInOrder) {
    told.note("", "a", "1");
    told.note("", "a", "2");
    auto first = told.take_unwritten();
    ASSERT_EQ(first.size(), 2U);
    EXPECT_TRUE(told.take_unwritten().empty());
    told.note("", "a", "3");
    told.put_back(std::move(first));
    std::vector<std::int64_t> seqs;
    for (const auto& each : told.take_unwritten())
        seqs.push_back(each.seq);
    EXPECT_EQ(seqs, (std::vector<std::int64_t>{1, 2, 3}));
    EXPECT_EQ(told.lost(), 0U);
}

TEST_F(Chronicle, ListenersHearEachEventOnceUntilTheyGo) {
    std::vector<std::int64_t> heard;
    const int number = told.subscribe([&](const fleet_event& e) {
        heard.push_back(e.seq);
        static_cast<void>(told.events({}));  // No lock is held.
    });
    told.note("", "a", "1");
    told.note("", "a", "2");
    told.unsubscribe(number);
    told.note("", "a", "3");
    EXPECT_EQ(heard, (std::vector<std::int64_t>{1, 2}));
}

TEST_F(Chronicle, ManyThreadsNumberEveryEventOnce) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([this, t] {
            for (int i = 0; i < 500; ++i) {
                fail("t" + std::to_string(t));
                told.note("", "word" + std::to_string(t * 500 + i), "x");
                if (i % 50 == 0) static_cast<void>(told.causes());
            }
        });
    for (auto& each : threads)
        each.join();
    const auto page = told.events({.after = 0, .limit = 1000});
    EXPECT_EQ(told.causes()[0].count, 2'000);
    for (std::size_t i = 0; i < page.items.size(); ++i)
        EXPECT_EQ(page.items[i].seq, static_cast<std::int64_t>(i) + 1);
}

TEST_F(Chronicle, APairTellsBothTheSame) {
    chronicle other{clock};
    journal_pair both{told, other};
    both.attempt_ended("t1", failed(), second);
    both.session_failed("t1", failed("gone"));
    both.breaker_changed("t1", "k", "agent", "polecat", "closed", "open", "c");
    both.starts_suppressed("t1", "polecat", "OutageOpen", 2);
    both.outage_changed({outage_event::kind::recovering,
                         "o",
                         agent_role::polecat,
                         stage::answered,
                         "f",
                         "c",
                         1,
                         {}});
    both.storage_failed("t1", "open", {errc::storage, "full"});
    both.note("t1", "n", "n");
    both.warn("t1", "w", "w");
    EXPECT_EQ(told.events({}).items.size(), 7U);
    EXPECT_EQ(other.events({}).items.size(), 7U);
    EXPECT_EQ(other.minutes(1)[0].suppressed, 2);
}

}  // namespace
}  // namespace townd::engine
