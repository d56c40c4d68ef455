// The arithmetic of reports, on events that are made up.

#include <gtest/gtest.h>

#include <json/json.hpp>

#include "scenario/collector.hpp"
#include "scenario/figures.hpp"

namespace townd::scenario {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// A run as its observer would see it. The world behind it never moves.
class script {
public:
    explicit script(std::string yaml)
        : what_(read_text(yaml, "script").value),
          options_(world_of(what_, true)),
          watch(what_, options_.begin) {}

    void attempt(duration at, int town, const std::string& bead, attempt_outcome outcome,
                 agent_role role = agent_role::polecat) {
        dispatch d;
        d.role = role;
        d.bead = bead;
        d.created_at = options_.begin + at;
        d.outcome = outcome;
        watch.start_sent(d.created_at, town, role);
        watch.attempt_started(d.created_at, town, d);
        watch.attempt_ended(d.created_at + seconds{1}, town, d, seconds{1});
    }
    // An attempt of which nothing was sure did not take effect.
    void settle_failed(duration made, duration at, int town, const std::string& bead) {
        dispatch d;
        d.bead = bead;
        d.created_at = options_.begin + made;
        d.state = dispatch_state::failed;
        d.outcome = attempt_outcome::failure;
        watch.session_failed(options_.begin + at, town, d);
    }
    void bead_made(duration at, int town, const std::string& id) {
        watch.bead_made(options_.begin + at, town, id);
    }
    void bead_over(duration at, int town, const std::string& id, bead_status status,
                   int charged = 0) {
        bead b;
        b.id = id;
        b.status = status;
        b.dispatch_attempts = charged;
        watch.bead_ended(options_.begin + at, town, b);
    }
    void outage(duration at, outage_event::kind kind, int members) {
        outage_event e;
        e.what = kind;
        e.outage = "o1";
        e.members = members;
        watch.outage_changed(options_.begin + at, e);
    }
    [[nodiscard]] instant at(duration since) const { return options_.begin + since; }

    report finish() {
        const sim::world still{options_};
        auto run = watch.finish(still);
        return report_on(what_, {std::move(run), std::nullopt});
    }

private:
    scenario what_;
    sim::world_options options_;

public:
    collector watch;
};

std::optional<double> value(const report& r, std::string_view name) {
    for (const auto& f : r.figures)
        if (f.name == name) return f.value;
    ADD_FAILURE() << "no figure " << name;
    return std::nullopt;
}

constexpr const char* plain = "towns: 3\nfor: 3h\n";
constexpr const char* healed =
    "towns: 3\nfor: 3h\nfaults:\n  - {what: http_500, towns: 2, until: 1h}\n"
    "policy: {outage: {min_towns: 2}}\n";

TEST(Figures, AFailedStartBelongsToTheHourOfItsRequest) {
    script s{plain};
    s.attempt(minutes{10}, 0, "a", attempt_outcome::failure);
    s.attempt(minutes{59} + seconds{59}, 0, "a", attempt_outcome::failure);
    s.attempt(hours{1}, 1, "b", attempt_outcome::failure);
    s.attempt(hours{2}, 1, "b", attempt_outcome::success);
    const auto r = s.finish();
    ASSERT_EQ(r.hours.size(), 3U);
    EXPECT_EQ(value(r, "first_hour_failed"), 2.0);
    EXPECT_EQ(value(r, "max_later_hour_failed"), 1.0);
    EXPECT_EQ(value(r, "max_town_hour_failed"), 1.0);
    EXPECT_EQ(value(r, "attempts"), 4.0);
    EXPECT_EQ(value(r, "started"), 1.0);
}

TEST(Figures, AnUnknownThatIsSettledAsFailedIsAFailedStart) {
    script s{plain};
    s.bead_made(minutes{1}, 0, "a");
    s.bead_made(minutes{1}, 0, "b");
    s.attempt(minutes{30}, 0, "a", attempt_outcome::unknown);
    s.attempt(minutes{31}, 0, "b", attempt_outcome::unknown);
    s.settle_failed(minutes{30}, hours{2}, 0, "a");
    const auto r = s.finish();
    EXPECT_EQ(value(r, "first_hour_failed"), 1.0);
    EXPECT_EQ(value(r, "unknown"), 1.0);
    EXPECT_EQ(value(r, "mean_sessions_per_bead"), 0.5);
    EXPECT_EQ(value(r, "beads_waiting"), 1.0);
    EXPECT_EQ(value(r, "beads_working"), 1.0);
}

TEST(Figures, ARepairEndsWithTheLastTownThatStartedSince) {
    script s{healed};
    for (int town = 0; town < 3; ++town)
        s.bead_made(minutes{1}, town, "b" + std::to_string(town));
    s.attempt(hours{1} - seconds{1}, 0, "b0", attempt_outcome::success);  // Sent before: no proof.
    s.bead_made(minutes{30}, 0, "c0");
    s.attempt(hours{1} + seconds{20}, 0, "c0", attempt_outcome::success);
    s.attempt(hours{1} + seconds{45}, 1, "b1", attempt_outcome::success);
    s.attempt(hours{1} + seconds{90}, 2, "b2", attempt_outcome::success);  // Was never ill.
    const auto r = s.finish();
    EXPECT_EQ(value(r, "seconds_from_repair_to_first_town"), 21.0);
    EXPECT_EQ(value(r, "seconds_from_repair_to_last_town"), 46.0);
    EXPECT_EQ(value(r, "towns_not_back"), 0.0);
}

TEST(Figures, ATownThatNeverComesBackLeavesTheRepairWithoutAnEnd) {
    script s{healed};
    s.bead_made(minutes{1}, 0, "a");
    s.bead_made(minutes{1}, 1, "b");
    s.attempt(hours{1} + seconds{20}, 0, "a", attempt_outcome::success);
    const auto r = s.finish();
    EXPECT_EQ(value(r, "seconds_from_repair_to_last_town"), std::nullopt);
    EXPECT_EQ(value(r, "towns_not_back"), 1.0);
}

TEST(Figures, AnOutageOverHealthyTownsIsAFalseAlarm) {
    script s{healed};
    s.attempt(minutes{5}, 0, "a", attempt_outcome::failure);
    s.outage(minutes{6}, outage_event::kind::opened, 2);
    s.outage(hours{1}, outage_event::kind::closed, 0);
    s.outage(hours{2}, outage_event::kind::opened, 2);
    const auto r = s.finish();
    EXPECT_EQ(value(r, "outages_opened"), 2.0);
    EXPECT_EQ(value(r, "outages_closed"), 1.0);
    EXPECT_EQ(value(r, "false_alarms"), 1.0);
    EXPECT_EQ(value(r, "seconds_to_detect"), 59.0);
}

TEST(Figures, WaitsAreCountedFromTheBeadToItsFirstRequest) {
    script s{plain};
    s.attempt(minutes{1}, 0, "early", attempt_outcome::success);
    s.bead_made(minutes{1}, 0, "early");  // Told after the commit that also started it.
    s.bead_made(minutes{2}, 0, "late");
    s.attempt(minutes{2} + seconds{40}, 0, "late", attempt_outcome::failure);
    s.attempt(minutes{3}, 0, "late", attempt_outcome::success);
    const auto r = s.finish();
    EXPECT_EQ(r.came.run.waits.count(), 2U);
    EXPECT_LE(value(r, "wait_p50").value_or(99), 0.01);
    EXPECT_NEAR(value(r, "wait_p99").value_or(0), 40.0, 0.5);
}

TEST(Figures, RatesAreTheMostInAnySecondAndInAnyHour) {
    script s{plain};
    for (int i = 0; i < 5; ++i)
        s.watch.start_sent(s.at(seconds{59} + duration{900} + duration{50 * i}), 0,
                           agent_role::polecat);
    s.watch.start_sent(s.at(seconds{61}), 1, agent_role::polecat);
    s.watch.start_sent(s.at(minutes{60}), 0, agent_role::polecat);
    s.watch.start_sent(s.at(minutes{70}), 0, agent_role::polecat);
    const auto r = s.finish();
    EXPECT_EQ(value(r, "max_starts_in_a_second"), 5.0);
    EXPECT_EQ(value(r, "max_town_starts_in_an_hour"), 6.0);
}

TEST(Figures, BeadsAreCountedBySessionsAndEnds) {
    script s{plain};
    for (const char* id : {"a", "b", "c"})
        s.bead_made(minutes{1}, 0, id);
    s.attempt(minutes{2}, 0, "a", attempt_outcome::success);
    s.attempt(minutes{3}, 0, "b", attempt_outcome::success);
    s.attempt(minutes{9}, 0, "b", attempt_outcome::success);
    s.bead_over(minutes{20}, 0, "a", bead_status::closed);
    s.bead_over(minutes{21}, 0, "b", bead_status::failed, 2);
    const auto r = s.finish();
    EXPECT_EQ(value(r, "beads_closed"), 1.0);
    EXPECT_EQ(value(r, "beads_failed"), 1.0);
    EXPECT_EQ(value(r, "beads_waiting"), 1.0);
    EXPECT_EQ(value(r, "mean_sessions_per_bead"), 1.0);
    EXPECT_EQ(value(r, "most_sessions_of_a_bead"), 2.0);
    EXPECT_EQ(value(r, "attempts_on_record_of_failed_beads"), 2.0);
}

TEST(Figures, OpenBreakersAreTheMostAtOnceInEachMinute) {
    script s{plain};
    const auto change = [&](duration at, const char* from, const char* to) {
        s.watch.breaker_changed(s.at(at), 0, "k", "place", "polecat", from, to, "why");
    };
    change(minutes{1}, "closed", "open");
    change(minutes{1} + seconds{1}, "closed", "open");
    change(minutes{1} + seconds{2}, "open", "half_open");
    change(minutes{1} + seconds{3}, "half_open", "closed");
    s.watch.attempt_started(s.at(minutes{4}), 0, {});
    const auto r = s.finish();
    const auto& run = r.came.run;
    EXPECT_EQ(run.minutes.at(0).open_breakers[0], 0);
    EXPECT_EQ(run.minutes.at(1).open_breakers[0], 2);
    EXPECT_EQ(run.minutes.at(4).open_breakers[0], 1);
    EXPECT_EQ(value(r, "place_breakers_opened"), 2.0);
    EXPECT_EQ(run.breakers_open_at_end[0], 1U);
}

TEST(Figures, ABoundIsMissedByAFigureThatIsNotThere) {
    script s{std::string{healed} +
             "must:\n  seconds_from_repair_to_last_town: {at_most: 60}\n  failed: {exactly: 0}\n"};
    s.bead_made(minutes{1}, 0, "a");
    s.attempt(hours{2}, 2, "x", attempt_outcome::success);
    const auto r = s.finish();
    ASSERT_EQ(r.verdicts.size(), 2U);
    EXPECT_FALSE(r.verdicts[0].ok);
    EXPECT_TRUE(r.verdicts[1].ok);
    EXPECT_FALSE(r.reached());
    const auto table = table_of(r);
    EXPECT_NE(table.find("MISSED  seconds_from_repair_to_last_town    none, must be at most 60"),
              std::string::npos)
        << table;
    EXPECT_NE(table.find("ok      failed"), std::string::npos) << table;
}

TEST(Figures, JsonHasWhatProgramsLookFor) {
    script s{healed};
    s.attempt(minutes{5}, 0, "a", attempt_outcome::failure);
    s.watch.starts_suppressed(s.at(minutes{6}), 0, "polecat", 4);
    const auto parsed = parse_json(json_of(s.finish()));
    ASSERT_TRUE(parsed.has_value());
    const auto& j = *parsed;
    for (const char* key :
         {"failed_starts_by_hour", "first_hour_failed", "max_later_hour_failed",
          "seconds_from_repair_to_last_town", "beads_failed", "beads_closed", "suppressed_by_role",
          "towns", "seed", "scenario", "reached", "figures", "must", "policy", "hours", "outages",
          "repairs", "minutes", "broken_invariant"})
        EXPECT_TRUE(j.contains(key)) << key;
    EXPECT_EQ(j["failed_starts_by_hour"][0], 1);
    EXPECT_EQ(j["first_hour_failed"], 1);
    EXPECT_EQ(j["suppressed_by_role"]["polecat"], 4);
    EXPECT_EQ(j["towns"], 3);
    EXPECT_EQ(j["seed"], 1);
    EXPECT_EQ(j["policy"]["outage.min_towns"], "2");
}

TEST(Figures, ThePictureHasNoScriptsAndNoOutsideReferences) {
    script s{healed};
    s.attempt(minutes{5}, 0, "a", attempt_outcome::failure);
    const auto svg = picture_of(s.finish());
    EXPECT_TRUE(svg.starts_with("<svg "));
    EXPECT_EQ(svg.find("<script"), std::string::npos);
    EXPECT_EQ(svg.find("href"), std::string::npos);
    EXPECT_EQ(svg.find("@import"), std::string::npos);
    for (auto found = svg.find("url("); found != std::string::npos;
         found = svg.find("url(", found + 1))
        EXPECT_EQ(svg[found + 4], '#');
    EXPECT_NE(svg.find("prefers-color-scheme:dark"), std::string::npos);
    EXPECT_NE(svg.find("http_500, 2 towns"), std::string::npos);
}

TEST(SpanCounts, QuantilesAreAtMostAHundredthTooHigh) {
    span_counts counts;
    for (int i = 1; i <= 1000; ++i)
        counts.add(duration{i * 100});
    EXPECT_EQ(counts.quantile(0.0).has_value(), true);
    EXPECT_NEAR(to_seconds(*counts.quantile(0.5)), 50.0, 0.6);
    EXPECT_NEAR(to_seconds(*counts.quantile(0.99)), 99.0, 1.1);
    EXPECT_FALSE(span_counts{}.quantile(0.5).has_value());
}

}  // namespace
}  // namespace townd::scenario
