#include "sys/journal.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace townd::sys {
namespace {

class ManualClock final : public clock_port {
public:
    [[nodiscard]] instant now() const noexcept override { return from_unix_ms(ms_); }
    [[nodiscard]] std::int64_t wall_seconds() const noexcept override { return ms_ / 1000; }
    void advance(duration by) { ms_ += by.count(); }

private:
    std::atomic<std::int64_t> ms_{1'700'000'000'000};
};

struct Line {
    log_level level;
    std::string event;
    std::string text;
    std::vector<std::pair<std::string, std::string>> fields;
    [[nodiscard]] std::string field(std::string_view name) const {
        for (const auto& [key, value] : fields)
            if (key == name) return value;
        return "(none)";
    }
};

struct World {
    ManualClock clock;
    metrics counts{"1", "abc"};
    std::mutex mutex;
    std::vector<Line> lines;
    journal told{clock, counts,
                 [this](log_level level, std::string_view event, std::string_view text,
                        std::span<const log_field> fields) {
                     Line line{level, std::string{event}, std::string{text}, {}};
                     for (const log_field& each : fields)
                         line.fields.emplace_back(each.name, each.value);
                     const std::lock_guard lock{mutex};
                     lines.push_back(std::move(line));
                 }};

    // Lines that are shown at the default level.
    [[nodiscard]] std::vector<Line> shown() const {
        std::vector<Line> out;
        for (const Line& each : lines)
            if (each.level >= log_level::info) out.push_back(each);
        return out;
    }
    [[nodiscard]] double value(const std::string& series) const {
        const std::string page = "\n" + counts.scrape();
        const std::size_t at = page.find("\n" + series + " ");
        if (at == std::string::npos) return -1;
        return std::strtod(page.c_str() + at + series.size() + 2, nullptr);
    }
};

dispatch failed(const std::string& id, const std::string& port = "8080") {
    dispatch out;
    out.id = id;
    out.agent_name = "Toast";
    out.bead = "b-1";
    out.attempt = 3;
    out.rig = "r-1";
    out.outcome = attempt_outcome::failure;
    out.error = dispatch_error{error_code::connect_refused, error_phase::connect,
                               blame::infrastructure, "connect 10.0.0.1:" + port + " refused"};
    return out;
}

TEST(Journal, TheFirstFailureNamesEverythingThatFindsItAgain) {
    World w;
    w.told.attempt_ended("t-1", failed("d-1"), duration{20});
    ASSERT_EQ(w.lines.size(), 1U);
    const Line& line = w.lines[0];
    EXPECT_EQ(line.level, log_level::warn);
    EXPECT_EQ(line.event, "attempt_failed");
    EXPECT_EQ(line.text,
              "failed to start polecat Toast: connect_refused: connect 10.0.0.1:8080 refused");
    EXPECT_EQ(line.field("town"), "t-1");
    EXPECT_EQ(line.field("role"), "polecat");
    EXPECT_EQ(line.field("bead"), "b-1");
    EXPECT_EQ(line.field("dispatch"), "d-1");
    EXPECT_EQ(line.field("trace_id"), trace_id_of("d-1"));
    EXPECT_EQ(line.field("attempt"), "3");
    EXPECT_EQ(line.field("error_code"), "connect_refused");
    EXPECT_EQ(line.field("error_phase"), "connect");
    EXPECT_EQ(line.field("fingerprint").size(), 12U);
}

TEST(Journal, FailuresOfOneCauseOverManyTownsAreOneLineAndASummary) {
    World w;
    for (int i = 0; i < 151; ++i)
        w.told.attempt_ended("t-" + std::to_string(i), failed("d", std::to_string(8000 + i)),
                             duration{20});
    EXPECT_EQ(w.shown().size(), 1U);
    w.clock.advance(storm::window);
    w.told.tick_done("t-1", duration{1}, 0, 0);
    const auto lines = w.shown();
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[1].field("count"), "150");
    EXPECT_EQ(lines[1].field("towns"), "150");
    EXPECT_EQ(lines[1].text.find("150 more in 150 towns within 1 min, the newest: "), 0U)
        << lines[1].text;
    EXPECT_EQ(w.value("townd_dispatch_attempts_total{outcome=\"failure\",role=\"polecat\"}"), 151);
    EXPECT_EQ(w.value("townd_dispatch_errors_total{code=\"connect_refused\",phase=\"connect\",role="
                      "\"polecat\"}"),
              151);
}

TEST(Journal, AnotherCauseIsWrittenAtOnce) {
    World w;
    dispatch other = failed("d-2");
    other.error =
        dispatch_error{error_code::git_failed, error_phase::start, blame::config, "clone"};
    w.told.attempt_ended("t", failed("d-1"), duration{1});
    w.told.attempt_ended("t", other, duration{1});
    w.told.session_failed("t", other);
    EXPECT_EQ(w.shown().size(), 3U);
    EXPECT_EQ(w.shown()[2].event, "session_failed");
}

TEST(Journal, WhatIsHeldBackIsWrittenBeforeTheEnd) {
    World w;
    for (int i = 0; i < 5; ++i)
        w.told.attempt_ended("t", failed("d"), duration{1});
    w.told.flush(true);
    ASSERT_EQ(w.shown().size(), 2U);
    EXPECT_EQ(w.shown()[1].field("count"), "4");
}

TEST(Journal, AFailureWithoutAnErrorIsCountedAsUnknown) {
    World w;
    dispatch bare = failed("d");
    bare.error.reset();
    w.told.attempt_ended("t", bare, duration{1});
    EXPECT_EQ(w.value("townd_dispatch_errors_total{code=\"unknown\",phase=\"prepare\",role="
                      "\"polecat\"}"),
              1);
    EXPECT_EQ(w.value("townd_invariant_violations_total{invariant=\"failure_without_error\"}"), 1);
    EXPECT_EQ(w.shown().size(), 1U);
}

TEST(Journal, BugsThatTheCoreCaughtInTimeAreCountedAsBugs) {
    World w;
    w.told.warn("t", "cycle_failed", "std::out_of_range");
    w.told.warn("t", "budget_low", "nearly");
    EXPECT_EQ(w.value("townd_invariant_violations_total{invariant=\"cycle_failed\"}"), 1);
    EXPECT_EQ(w.value("townd_invariant_violations_total{invariant=\"other\"}"), -1);
}

TEST(Journal, SuccessesAreCountedAndQuiet) {
    World w;
    dispatch d = failed("d-1");
    d.outcome = attempt_outcome::success;
    d.error.reset();
    d.admissions = {{"lease", 0, 7}, {"agent", 1, 0}};
    w.told.attempt_started("t", d);
    EXPECT_EQ(w.value("townd_dispatch_in_flight{role=\"polecat\"}"), 1);
    w.told.attempt_started("t", d);
    EXPECT_EQ(w.value("townd_dispatch_in_flight{role=\"polecat\"}"), 1);
    w.told.attempt_ended("t", d, duration{300});
    EXPECT_EQ(w.value("townd_dispatch_in_flight{role=\"polecat\"}"), 0);
    w.told.attempt_ended("t", d, duration{300});
    EXPECT_EQ(w.value("townd_dispatch_in_flight{role=\"polecat\"}"), 0);
    EXPECT_TRUE(w.shown().empty());
    EXPECT_EQ(w.value("townd_breaker_probes_total{outcome=\"success\",role=\"polecat\"}"), 2);
    EXPECT_EQ(w.value("townd_dispatch_duration_seconds_sum{outcome=\"success\",role=\"polecat\"}"),
              0.6);
}

TEST(Journal, EveryTransitionIsOneLineAndProbesAreQuiet) {
    World w;
    w.told.breaker_changed("t", "k", "agent", "polecat", "closed", "open", "reset: x");
    w.told.breaker_changed("t", "k", "agent", "polecat", "open", "half_open", "");
    w.told.breaker_changed("t", "k", "agent", "polecat", "half_open", "open", "reset: x");
    w.told.breaker_changed("t", "place/-/mayor", "place", "mayor", "half_open", "closed", "");
    ASSERT_EQ(w.lines.size(), 4U);
    EXPECT_EQ(w.lines[0].level, log_level::warn);
    EXPECT_EQ(w.lines[0].text, "agent breaker k: closed -> open, because of reset: x");
    EXPECT_EQ(w.lines[1].level, log_level::debug);
    EXPECT_EQ(w.lines[2].level, log_level::debug);
    EXPECT_EQ(w.lines[3].level, log_level::info);
    EXPECT_EQ(w.lines[3].field("role"), "mayor");
    EXPECT_EQ(w.value("townd_breaker_transitions_total{from=\"half_open\",role=\"mayor\",to="
                      "\"closed\"}"),
              1);
}

TEST(Journal, StorageFailuresAreCountedByOperationAndKind) {
    World w;
    for (int i = 0; i < 100; ++i)
        w.told.storage_failed("t-" + std::to_string(i), "commit", {errc::storage, "disk full"});
    w.told.storage_failed("t", "a new operation", {errc::locked, "busy"});
    EXPECT_EQ(w.shown().size(), 21U);
    EXPECT_EQ(w.shown()[0].level, log_level::error);
    EXPECT_EQ(w.value("townd_storage_errors_total{code=\"storage\",op=\"commit\"}"), 100);
    EXPECT_EQ(w.value("townd_storage_errors_total{code=\"locked\",op=\"other\"}"), 1);
}

TEST(Journal, NotesAndWarningsAreWrittenUpToTheirBurst) {
    World w;
    w.told.note("", "started", "up\nand running");
    w.told.warn("t", "bad_row", "bead b");
    ASSERT_EQ(w.lines.size(), 2U);
    EXPECT_EQ(w.lines[0].text, "up and running");
    EXPECT_TRUE(w.lines[0].fields.empty());
    EXPECT_EQ(w.lines[1].field("town"), "t");
    for (int i = 0; i < 1000; ++i)
        w.told.warn("t", "bad_row", "bead b");
    EXPECT_EQ(w.lines.size(), 21U);
}

TEST(Journal, ThreadsTogetherCountEverything) {
    World w;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&w, t] {
                const std::string town = "t-" + std::to_string(t);
                for (int i = 0; i < 250; ++i) {
                    dispatch d = failed(town + std::to_string(i));
                    w.told.attempt_started(town, d);
                    w.told.attempt_ended(town, d, duration{1});
                    w.told.tick_done(town, duration{1}, 1, 1);
                    w.told.action_applied("start_agent");
                }
            });
    }
    w.told.flush(true);
    EXPECT_EQ(w.value("townd_dispatch_attempts_total{outcome=\"failure\",role=\"polecat\"}"), 1000);
    EXPECT_EQ(w.value("townd_reconciler_ticks_total"), 1000);
    EXPECT_EQ(w.value("townd_reconciler_actions_total{type=\"start_agent\"}"), 1000);
    EXPECT_EQ(w.value("townd_dispatch_in_flight{role=\"polecat\"}"), 0);
    const auto lines = w.shown();
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[1].field("count"), "999");
    EXPECT_EQ(lines[1].field("towns"), "4");
}

}  // namespace
}  // namespace townd::sys
