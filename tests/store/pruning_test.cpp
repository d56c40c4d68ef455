// What histories no longer keep, and what it costs to find it.

#include "store/kept.hpp"
#include "store/town_on_disk.hpp"

namespace townd::store::test {
namespace {

constexpr duration day{86'400'000};

class Pruning : public town_on_disk {
protected:
    void event(const std::string& id, const bead_id& bead, duration age) {
        bead_event e;
        e.id = id;
        e.bead = bead;
        e.type = "moved";
        e.at = noon - age;
        store->add_bead_event(e);
    }
    void insert(const std::string& id, bead_type type, bead_status status, duration age) {
        bead b = issue(id);
        b.type = type;
        b.status = status;
        b.updated_at = noon - age;
        store->insert_bead(b);
    }
    int prune(int rows_max = 1000) { return store->prune_history(noon - 7 * day, rows_max); }
    std::string ids(const std::string& sql) {
        std::string out;
        SQLite::Statement row(raw(), sql);
        while (row.executeStep())
            out += row.getColumn(0).getString() + " ";
        return out;
    }
    std::string events() { return ids("SELECT bead_event_id FROM bead_events ORDER BY rowid"); }
};

TEST_F(Pruning, TheHistoryOfWhatIsOverGoesAndTheRestStays) {
    insert("live", bead_type::issue, bead_status::in_progress, 9 * day);
    insert("over", bead_type::issue, bead_status::closed, 9 * day);
    insert("lost", bead_type::issue, bead_status::failed, 9 * day);
    insert("toast", bead_type::agent, bead_status::open, 9 * day);
    for (const char* bead : {"live", "over", "lost", "toast", "deleted"})
        event(std::string{bead} + "-old", bead, 8 * day);
    for (const char* bead : {"live", "over"})
        event(std::string{bead} + "-new", bead, 6 * day);
    EXPECT_EQ(prune(), 4);
    EXPECT_EQ(events(), "live-old live-new over-new ");
    EXPECT_EQ(prune(), 0);
    expect_fine();
}

TEST_F(Pruning, ProcessedEventsGoAndWaitingOnesStay) {
    const auto add = [&](const char* id, duration age, bool processed) {
        store->add_town_event(id, "t", std::nullopt, std::nullopt, "{}", noon - age, processed);
    };
    add("waits", 30 * day, false);
    add("old", 8 * day, true);
    add("new", 6 * day, true);
    EXPECT_EQ(prune(), 1);
    EXPECT_EQ(ids("SELECT event_id FROM town_events ORDER BY rowid"), "waits new ");
}

TEST_F(Pruning, DeliveredAndExpiredNudgesGoAndWaitingOnesStay) {
    const auto add = [&](const char* id, duration age, std::optional<instant> expires) {
        store->add_nudge({id, "a", "m", "queue", "normal", "system", noon - age, expires});
    };
    add("waits", 30 * day, std::nullopt);
    add("will-expire", 30 * day, noon);
    add("expired", 9 * day, noon - 8 * day);
    add("delivered", 9 * day, std::nullopt);
    add("delivered-new", 6 * day, std::nullopt);
    store->nudge_delivered("delivered", noon);
    store->nudge_delivered("delivered-new", noon);
    EXPECT_EQ(prune(), 2);
    EXPECT_EQ(ids("SELECT nudge_id FROM agent_nudges ORDER BY rowid"),
              "waits will-expire delivered-new ");
}

TEST_F(Pruning, ReadMessagesGoWithAllTheyHave) {
    insert("unread", bead_type::message, bead_status::open, 30 * day);
    insert("read", bead_type::message, bead_status::closed, 8 * day);
    insert("lost", bead_type::message, bead_status::failed, 8 * day);
    insert("read-new", bead_type::message, bead_status::closed, 6 * day);
    insert("work", bead_type::issue, bead_status::closed, 30 * day);
    event("e", "read", 6 * day);
    EXPECT_EQ(prune(), 2);
    EXPECT_EQ(ids("SELECT bead_id FROM beads ORDER BY rowid"), "unread read-new work ");
    EXPECT_EQ(events(), "");
}

TEST_F(Pruning, ACallDeletesNoMoreThanItMay) {
    for (int i = 0; i < 10; ++i) {
        store->add_town_event("t" + std::to_string(i), "t", std::nullopt, std::nullopt, "{}",
                              noon - 8 * day, true);
        event("e" + std::to_string(i), "deleted", 8 * day);
    }
    EXPECT_EQ(prune(0), 0);
    EXPECT_EQ(prune(-1), 0);
    EXPECT_EQ(prune(7), 7);
    EXPECT_EQ(prune(7), 7);
    EXPECT_EQ(ids("SELECT count(*) FROM town_events"), "0 ");
    EXPECT_EQ(ids("SELECT count(*) FROM bead_events"), "6 ");
    EXPECT_EQ(prune(7), 6);
    EXPECT_EQ(prune(7), 0);
}

// Else a few thousand old events of one open bead would hide all that is behind them.
TEST_F(Pruning, WhatStaysHoldsUpNothingBehindIt) {
    insert("live", bead_type::issue, bead_status::open, 9 * day);
    insert("over", bead_type::issue, bead_status::closed, 9 * day);
    raw().exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
               std::to_string(history_seen_max + 100) +
               ") INSERT INTO bead_events(bead_event_id, bead_id, event_type, created_at) SELECT "
               "'l' || i, 'live', 'moved', '" +
               to_rfc3339(noon - 9 * day) + "' FROM n");
    event("behind", "over", 8 * day);
    EXPECT_EQ(prune(), 0);
    EXPECT_EQ(prune(), 1) << "the second call goes on where the first ended";
    // And begins anew at the end.
    auto b = store->find_bead("live");
    b->status = bead_status::closed;
    store->put_bead(*b);
    EXPECT_EQ(prune(), 1000);
}

TEST_F(Pruning, TimesOfTheOriginalsFormatAreReadAsTimes) {
    raw().exec(
        "INSERT INTO bead_events(bead_event_id, bead_id, event_type, created_at) VALUES"
        "('a', 'x', 'moved', '2026-11-11 10:13:20'),('b', 'x', 'moved', '')");
    EXPECT_EQ(store->prune_history(*parse_time("2026-11-11T10:13:20.000Z"), 10), 0)
        << "not before that moment, though the blank sorts before the T";
    EXPECT_EQ(store->prune_history(*parse_time("2026-11-11T10:13:20.001Z"), 10), 2);
}

TEST_F(Pruning, TheSizeIsThatOfWhatTheFileHolds) {
    const auto before = store->bytes();
    EXPECT_GT(before, 0);
    bead b = issue("big");
    b.body = std::string(200'000, 'x');
    store->insert_bead(b);
    const auto with = store->bytes();
    EXPECT_GE(with, before + 190'000) << "also what is not committed yet";
    commit_and_reopen();
    EXPECT_EQ(store->bytes(), with);
    EXPECT_EQ(static_cast<std::uintmax_t>(with), std::filesystem::file_size(file()));
    // Else a town that was full once would be so for ever: files do not shrink.
    store->delete_bead("big");
    EXPECT_LE(store->bytes(), with - 190'000);
}

}  // namespace
}  // namespace townd::store::test
