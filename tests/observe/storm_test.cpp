// What a person reads of the incident: the real journal on the simulated fleet.

#include <gtest/gtest.h>

#include <cstdio>
#include <map>

#include "scenario/letters.hpp"
#include "scenario/scenario.hpp"
#include "sys/journal.hpp"

namespace townd::test {
namespace {

using std::chrono::hours;

class told_hour final : public sim::observer, public clock_port {
public:
    explicit told_hour(instant begin) : now_(begin) {}

    [[nodiscard]] instant now() const noexcept override { return now_; }
    [[nodiscard]] std::int64_t wall_seconds() const noexcept override {
        return unix_ms(now_) / 1000;
    }

    void attempt_started(instant at, int town, const dispatch& what) override {
        now_ = at;
        journal_.attempt_started(sim::town_name(town), what);
    }
    void attempt_ended(instant at, int town, const dispatch& what, duration took) override {
        now_ = at;
        failed_ += what.outcome == attempt_outcome::failure ? 1 : 0;
        journal_.attempt_ended(sim::town_name(town), what, took);
    }
    void session_failed(instant at, int town, const dispatch& what) override {
        now_ = at;
        journal_.session_failed(sim::town_name(town), what);
    }
    void breaker_changed(instant at, int town, std::string_view key, std::string_view scope,
                         std::string_view role, std::string_view from, std::string_view to,
                         std::string_view cause) override {
        now_ = at;
        journal_.breaker_changed(sim::town_name(town), key, scope, role, from, to, cause);
    }
    void outage_changed(instant at, const outage_event& what) override {
        now_ = at;
        journal_.outage_changed(what);
    }
    void told(instant at, int town, bool warning, std::string_view event,
              std::string_view text) override {
        now_ = at;
        if (warning) {
            journal_.warn(sim::town_name(town), event, text);
        } else {
            journal_.note(sim::town_name(town), event, text);
        }
    }

    void end() { journal_.flush(true); }
    [[nodiscard]] int failed() const { return failed_; }
    [[nodiscard]] int lines() const {
        int sum = 0;
        for (const auto& [event, count] : lines_)
            sum += count;
        return sum;
    }
    [[nodiscard]] const std::map<std::string, int>& by_event() const { return lines_; }

private:
    instant now_;
    int failed_ = 0;
    std::map<std::string, int> lines_;  // At the default level.
    sys::metrics counts_{"1", "a"};
    sys::journal journal_{*this, counts_,
                          [this](sys::log_level level, std::string_view event, std::string_view,
                                 std::span<const sys::log_field>) {
                              if (level >= sys::log_level::info) ++lines_[std::string{event}];
                          }};
};

// `sets`: what differs from the shipped incident.
int lines_of_first_hour(const std::vector<std::string>& sets, int& failed) {
    std::string yaml;
    for (const auto& each : scenario::shipped())
        if (each.name == "incident") yaml = each.yaml;
    auto read = scenario::read_text(yaml, "incident.yaml", sets);
    EXPECT_TRUE(read.problems.empty());
    auto options = scenario::world_of(read.value, true);
    told_hour heard{options.begin};
    scenario::letters post{read.value, options.begin};
    options.watch = &heard;
    options.oracle = false;
    const sim::world* clock = nullptr;
    options.planted.before_cycle = [&](int town) { return post.due_in(town, clock->now()); };
    sim::world w{std::move(options)};
    clock = &w;
    w.run_for(hours{1});
    heard.end();
    failed = heard.failed();
    for (const auto& [event, count] : heard.by_event())
        std::printf("%5d %s\n", count, event.c_str());
    std::printf("%5d lines on %d failures\n", heard.lines(), failed);
    return heard.lines();
}

TEST(Storm, TheFirstHourOfTheIncidentIsReadInAMinute) {
    int failed = 0;
    const int lines = lines_of_first_hour({}, failed);
    EXPECT_GT(failed, 150);
    EXPECT_GT(lines, 3) << "silence is how the incident went unseen";
    EXPECT_LT(lines, 300);
}

TEST(Storm, WithoutTheOutagePolicyFailuresAreStillSummedUp) {
    int failed = 0;
    const int lines = lines_of_first_hour({"policy.outage.mode=off"}, failed);
    EXPECT_GT(failed, 300);
    // A line for each breaker that opens, of a place and of its agents, is what an operator asked
    // for; failures come by minute.
    EXPECT_LT(lines, 151 * 5);
}

}  // namespace
}  // namespace townd::test
