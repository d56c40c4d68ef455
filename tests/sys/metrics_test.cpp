#include "sys/metrics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace townd::sys {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> out;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        out.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return out;
}

bool has_line(const std::string& page, const std::string& line) {
    const auto lines = lines_of(page);
    return std::find(lines.begin(), lines.end(), line) != lines.end();
}

std::size_t series_of(const std::string& page, const std::string& family) {
    const auto lines = lines_of(page);
    return static_cast<std::size_t>(std::count_if(
        lines.begin(), lines.end(), [&](const auto& l) { return l.starts_with(family + "{"); }));
}

TEST(Metrics, EveryFamilyIsThereBeforeAnythingHappened) {
    const metrics m{"1.2", "abc"};
    const std::string page = m.scrape();
    for (const char* name : {"townd_build_info",
                             "townd_towns",
                             "townd_breakers",
                             "townd_breaker_transitions_total",
                             "townd_breaker_probes_total",
                             "townd_dispatch_attempts_total",
                             "townd_dispatch_errors_total",
                             "townd_dispatch_duration_seconds",
                             "townd_dispatch_in_flight",
                             "townd_beads_waiting",
                             "townd_beads_stuck",
                             "townd_retry_budget_left",
                             "townd_retry_failures",
                             "townd_retry_leases",
                             "townd_retry_failing_roles",
                             "townd_outages",
                             "townd_outage_towns",
                             "townd_outage_transitions_total",
                             "townd_dispatch_suppressed_total",
                             "townd_reconciler_ticks_total",
                             "townd_reconciler_tick_duration_seconds",
                             "townd_reconciler_last_tick_timestamp_seconds",
                             "townd_reconciler_actions_total",
                             "townd_storage_errors_total",
                             "townd_http_requests_total",
                             "townd_http_request_duration_seconds",
                             "townd_oldest_waiting_bead_seconds",
                             "townd_towns_held_back",
                             "townd_last_success_timestamp_seconds",
                             "townd_invariant_violations_total",
                             "townd_town_tick_overruns_total",
                             "townd_config_last_reload_success_timestamp_seconds",
                             "townd_config_differs_from_disk",
                             "townd_config_pending_restart",
                             "townd_overrides",
                             "townd_override_oldest_seconds",
                             "townd_events_dropped_total",
                             "townd_sse_clients",
                             "townd_town_blocked",
                             "townd_config_last_reload_successful",
                             "process_cpu_seconds_total",
                             "process_resident_memory_bytes",
                             "process_open_fds",
                             "process_max_fds",
                             "process_start_time_seconds"}) {
        EXPECT_NE(page.find(std::string{"# TYPE "} + name + " "), std::string::npos) << name;
        EXPECT_NE(page.find(std::string{"# HELP "} + name + " "), std::string::npos) << name;
    }
    EXPECT_TRUE(has_line(page, "townd_build_info{revision=\"abc\",version=\"1.2\"} 1"));
    EXPECT_EQ(series_of(page, "townd_dispatch_attempts_total"), 12U);
    EXPECT_EQ(series_of(page, "townd_breakers"), 30U);
    EXPECT_EQ(series_of(page, "townd_breaker_transitions_total"), 60U);
    EXPECT_EQ(series_of(page, "townd_beads_waiting"), 23U);
    EXPECT_EQ(page.find("=\"other\""), std::string::npos);
    EXPECT_LT(page.size(), 100'000U);
}

TEST(Metrics, EveryErrorCodeHasASeriesOfEachRoleFromTheStart) {
    const std::string page = metrics{"1", "a"}.scrape();
    for (int code = 0; code < error_code_count; ++code)
        for (const char* role : {"polecat", "refinery", "mayor"}) {
            const std::string begin = "townd_dispatch_errors_total{code=\"" +
                                      std::string{to_text(static_cast<error_code>(code))} +
                                      "\",phase=\"";
            const auto lines = lines_of(page);
            EXPECT_TRUE(std::any_of(lines.begin(), lines.end(),
                                    [&](const std::string& l) {
                                        return l.starts_with(begin) &&
                                               l.find(std::string{"role=\""} + role + "\"} 0") !=
                                                   std::string::npos;
                                    }))
                << begin << role;
        }
}

TEST(Metrics, CountsLandInTheirSeries) {
    metrics m{"1", "a"};
    m.set_towns("blocked", 7);
    m.set_breakers("polecat", "half_open", "agent", 3);
    m.set_beads_waiting("BreakerOpen", 12);
    m.set_in_flight("mayor", 1);
    m.breaker_changed("mayor", "open", "half_open");
    m.probe_ended("refinery", "failure");
    m.attempt_ended("polecat", "success", duration{300});
    m.dispatch_failed("polecat", error_code::reset, error_phase::body);
    m.tick_done(duration{2}, from_unix_ms(1'700'000'000'500));
    m.action_applied("start_agent");
    m.storage_failed("open", errc::locked);
    m.http_answered("api", 204, std::chrono::milliseconds{3});
    m.http_answered("api", 299, std::chrono::milliseconds{30});
    m.starts_suppressed("polecat", "OutageOpen", 5);
    m.start_succeeded("refinery", from_unix_ms(1'700'000'000'500));
    m.set_oldest_waiting("mayor", duration{1'500});
    m.set_held_back("polecat", 151);
    m.invariant_broken("cycle_failed");
    m.tick_done(duration{1'001}, from_unix_ms(1'700'000'000'500));
    m.set_config(from_unix_ms(1'700'000'001'000), true, 2);
    m.set_oldest_override(duration{60'000});
    m.set_events(5, 1);
    m.set_events(2, 3);
    m.config_reloaded(false);
    const std::string page = m.scrape();
    for (const char* line :
         {"townd_towns{state=\"blocked\"} 7",
          "townd_breakers{role=\"polecat\",scope=\"agent\",state=\"half_open\"} 3",
          "townd_beads_waiting{reason=\"BreakerOpen\"} 12",
          "townd_dispatch_in_flight{role=\"mayor\"} 1",
          "townd_breaker_transitions_total{from=\"open\",role=\"mayor\",to=\"half_open\"} 1",
          "townd_breaker_probes_total{outcome=\"failure\",role=\"refinery\"} 1",
          "townd_dispatch_attempts_total{outcome=\"success\",role=\"polecat\"} 1",
          "townd_dispatch_duration_seconds_count{outcome=\"success\",role=\"polecat\"} 1",
          "townd_dispatch_duration_seconds_bucket{outcome=\"success\",role=\"polecat\",le=\"0.25\"}"
          " 0",
          "townd_dispatch_duration_seconds_bucket{outcome=\"success\",role=\"polecat\",le=\"0.5\"}"
          " 1",
          "townd_dispatch_errors_total{code=\"reset\",phase=\"body\",role=\"polecat\"} 1",
          "townd_reconciler_ticks_total 2",
          "townd_reconciler_tick_duration_seconds_count 2",
          "townd_town_tick_overruns_total 1",
          "townd_dispatch_suppressed_total{reason=\"OutageOpen\",role=\"polecat\"} 5",
          "townd_last_success_timestamp_seconds{role=\"refinery\"} 1700000000.5",
          "townd_oldest_waiting_bead_seconds{role=\"mayor\"} 1.5",
          "townd_towns_held_back{role=\"polecat\"} 151",
          "townd_invariant_violations_total{invariant=\"cycle_failed\"} 1",
          "townd_config_last_reload_success_timestamp_seconds 1700000001",
          "townd_config_differs_from_disk 1",
          "townd_config_pending_restart 2",
          "townd_override_oldest_seconds 60",
          "townd_events_dropped_total 3",
          "townd_sse_clients 2",
          "townd_http_request_duration_seconds_bucket{handler=\"api\",le=\"0.005\"} 1",
          "townd_http_request_duration_seconds_count{handler=\"api\"} 2",
          "townd_reconciler_last_tick_timestamp_seconds 1700000000.5",
          "townd_reconciler_actions_total{type=\"start_agent\"} 1",
          "townd_storage_errors_total{code=\"locked\",op=\"open\"} 1",
          "townd_http_requests_total{code=\"2xx\",handler=\"api\"} 2",
          "townd_config_last_reload_successful 0"})
        EXPECT_TRUE(has_line(page, line)) << line;
}

TEST(Metrics, ForeignWordsCannotGrowThePage) {
    metrics m{"1", "a"};
    const std::size_t before = lines_of(m.scrape()).size();
    for (int i = 0; i < 1000; ++i) {
        const std::string word = "w" + std::to_string(i) + "\"\n";
        m.action_applied(word);
        m.attempt_ended(word, word, duration{1});
        m.http_answered(word, i * 1000, std::chrono::microseconds{1});
        m.starts_suppressed(word, word, 1);
        m.start_succeeded(word, instant{});
        m.invariant_broken(word);
        m.set_breakers(word, word, word, 1);
    }
    const std::string page = m.scrape();
    EXPECT_LE(lines_of(page).size(), before + 50);
    EXPECT_TRUE(has_line(page, "townd_reconciler_actions_total{type=\"other\"} 1000"));
    EXPECT_TRUE(
        has_line(page, "townd_dispatch_attempts_total{outcome=\"other\",role=\"other\"} 1000"));
}

TEST(Metrics, NoSeriesIsThereTwice) {
    metrics m{"1", "a"};
    m.dispatch_failed("polecat", error_code::reset, error_phase::agent);
    m.dispatch_failed("polecat", error_code::reset, error_phase::agent);
    std::set<std::string> seen;
    for (const std::string& line : lines_of(m.scrape())) {
        if (line.starts_with('#')) continue;
        EXPECT_TRUE(seen.insert(line.substr(0, line.rfind(' '))).second) << line;
    }
}

TEST(Metrics, TheListsOfRoomsAboveCanBeGiven) {
    metric_words words;
    words.wait_reasons = {"Mine"};
    metrics m{"1", "a", words};
    m.set_beads_waiting("Mine", 2);
    EXPECT_TRUE(has_line(m.scrape(), "townd_beads_waiting{reason=\"Mine\"} 2"));
    EXPECT_EQ(series_of(m.scrape(), "townd_beads_waiting"), 1U);
}

TEST(Metrics, TownsInTroubleAreShownUntilTheyWereWellForTenMinutes) {
    metrics m{"1", "a"};
    const instant t0 = from_unix_ms(1'700'000'000'000);
    const std::vector<town_trouble> ill{{"t-1", "polecat", "OutageOpen"}};
    const std::string series =
        "townd_town_blocked{reason=\"OutageOpen\",role=\"polecat\",town=\"t-1\"} ";
    m.set_town_troubles(ill, 500, t0);
    EXPECT_TRUE(has_line(m.scrape(), series + "1"));
    m.set_town_troubles({}, 500, t0 + duration{599'000});
    EXPECT_TRUE(has_line(m.scrape(), series + "0")) << "a series that vanishes hides its end";
    m.set_town_troubles({}, 500, t0 + duration{600'000});
    EXPECT_EQ(m.scrape().find("town=\"t-1\""), std::string::npos);
}

TEST(Metrics, TownsBeyondTheLimitAreCountedAsOverflow) {
    metrics m{"1", "a"};
    std::vector<town_trouble> ill;
    for (int i = 0; i < 1000; ++i)
        ill.push_back({"t-" + std::to_string(i) + "\"\n", "polecat", "BreakerOpen"});
    m.set_town_troubles(ill, 500, from_unix_ms(1'700'000'000'000));
    const std::string page = m.scrape();
    EXPECT_EQ(series_of(page, "townd_town_blocked"), 501U);
    EXPECT_TRUE(has_line(
        page, "townd_town_blocked{reason=\"none\",role=\"all\",town=\"__overflow__\"} 500"));
}

}  // namespace
}  // namespace townd::sys
