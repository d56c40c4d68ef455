// What is said of scenario files that are wrong.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scenario/scenario.hpp"

namespace townd::scenario {
namespace {

constexpr const char* least = "towns: 10\nfor: 1h\n";

// All problems, one a line.
std::string problems(const std::string& yaml, const std::vector<std::string>& sets = {}) {
    std::string out;
    for (const auto& p : read_text(yaml, "s.yaml", sets).problems)
        out += p.text() + "\n";
    return out;
}

TEST(ReadScenario, TheLeastIsTownsAndALength) {
    const auto read = read_text(least, "s.yaml");
    ASSERT_TRUE(read.problems.empty());
    EXPECT_EQ(read.value.towns, 10);
    EXPECT_EQ(read.value.length, std::chrono::hours{1});
    EXPECT_EQ(read.value.seed, 1U);
    EXPECT_EQ(read.value.work.arrive_until, std::chrono::hours{1});
    EXPECT_EQ(problems("name: x\n"),
              "s.yaml: error: towns: is missing (write how many towns there are)\n"
              "s.yaml: error: for: is missing (write how long it goes on, as in 7h)\n");
}

TEST(ReadScenario, EveryMistakeIsNamedInOneRunWithItsPlace) {
    EXPECT_EQ(problems("towns: many\n"
                       "for: 7\n"
                       "work:\n"
                       "  bead_at_start: 5\n"
                       "  work_time: 5m..1m\n"
                       "faults:\n"
                       "  - what: http_501\n"
                       "    towns: 151\n"
                       "must:\n"
                       "  first_hour_fail: {at_most: 300}\n"),
              "s.yaml:1:8: error: towns: \"many\" is not a whole number (write a whole number from "
              "1 to 100000)\n"
              "s.yaml:2:6: error: for: \"7\": unit missing (write 7s)\n"
              "s.yaml:4:3: error: work.bead_at_start: unknown key (did you mean "
              "work.beads_at_start?)\n"
              "s.yaml:5:14: error: work.work_time: 5m..1m is out of range (write 100ms to 2d, the "
              "shorter time first)\n"
              "s.yaml:7:11: error: faults.1.what: \"http_501\" is none of the possible words (did "
              "you mean http_500?)\n"
              "s.yaml:8:12: error: faults.1.towns: names no towns of the 0 (write how many, as in "
              "151, a share, as in 60%, or the first and the last, as in 10..20)\n"
              "s.yaml:10:3: error: must.first_hour_fail: unknown figure (did you mean "
              "first_hour_failed?)\n");
}

TEST(ReadScenario, ThePolicyIsReadAsTowndYamlIs) {
    const auto read = read_text(std::string{least} +
                                    "policy:\n  dispatch:\n    max_starting: 2\n"
                                    "  outage:\n    mode: observe\n",
                                "s.yaml");
    ASSERT_TRUE(read.problems.empty());
    EXPECT_EQ(read.value.policy.dispatch.max_starting, 2);
    EXPECT_EQ(read.value.policy.outage.mode, outage_mode::observe);
    ASSERT_EQ(read.value.policy_set.size(), 2U);
    EXPECT_EQ(read.value.policy_set[0].key, "dispatch.max_starting");
    EXPECT_EQ(problems(std::string{least} + "policy:\n  dispatch:\n    max_startin: 2\n"
                                            "  breaker:\n    agent:\n      open: 20m\n"),
              "s.yaml:5:5: error: policy.dispatch.max_startin: unknown key (did you mean "
              "dispatch.max_starting?)\n"
              "s.yaml:8:13: error: policy.breaker.agent.open: 20m is longer than "
              "breaker.agent.max_open, 10m (write 10m or less, or lengthen "
              "breaker.agent.max_open)\n");
}

TEST(ReadScenario, AnOverrideIsCheckedAsTheFileIs) {
    const auto read =
        read_text(std::string{least} + "faults:\n  - what: hang\n    name: slow\n", "s.yaml",
                  {"towns=40", "policy.dispatch.max_starting=2", "faults.1.until=5m",
                   "faults.slow.towns=50%", "faults.hang.roles=[polecat, mayor]"});
    ASSERT_TRUE(read.problems.empty()) << read.problems.front().text();
    EXPECT_EQ(read.value.towns, 40);
    EXPECT_EQ(read.value.policy.dispatch.max_starting, 2);
    ASSERT_EQ(read.value.faults.size(), 1U);
    EXPECT_EQ(read.value.faults[0].until, std::chrono::minutes{5});
    EXPECT_EQ(read.value.faults[0].towns, 20);
    EXPECT_EQ(read.value.faults[0].roles.size(), 2U);
    EXPECT_EQ(problems(least, {"town=40"}),
              "--set town=40: error: town: unknown key (did you mean towns?)\n");
    EXPECT_EQ(
        problems(least, {"faults.2.until=5m"}),
        "--set faults.2.until=5m: error: faults: is no list (write items that begin with `- `)\n");
    EXPECT_EQ(problems(least, {"towns"}),
              "--set towns: error: is not key=value (write for example towns=40)\n");
    EXPECT_EQ(problems(least, {"policy.dispatch.max_starting=x"}),
              "--set policy.dispatch.max_starting=x: error: policy.dispatch.max_starting: \"x\" is "
              "not a decimal whole number (write a whole number from 1 to 100)\n");
}

TEST(ReadScenario, TownsAreNamedByCountShareOrRange) {
    const auto range = [](const std::string& text) {
        const auto read = read_text(
            std::string{least} + "faults:\n  - what: hang\n    towns: " + text + "\n", "s.yaml");
        if (!read.problems.empty()) return std::string{"refused"};
        const auto& f = read.value.faults.at(0);
        return std::to_string(f.first_town) + "+" + std::to_string(f.towns);
    };
    EXPECT_EQ(range("4"), "0+4");
    EXPECT_EQ(range("30%"), "0+3");
    EXPECT_EQ(range("3..5"), "2+3");
    EXPECT_EQ(range("10..10"), "9+1");
    EXPECT_EQ(range("5..3"), "refused");
    EXPECT_EQ(range("0..3"), "refused");
    EXPECT_EQ(range("11"), "refused");
    EXPECT_EQ(range("120%"), "refused");
    EXPECT_EQ(range("all"), "refused");
}

TEST(ReadScenario, AFaultSaysWhomItConcernsAndInWhichWords) {
    const auto read = read_text(
        "towns: 12\nrigs: 4\nfor: 2h\nfaults:\n"
        "  - what: work_fails\n    whose: platform\n    every: 3\n    offset: 1\n    rigs: 2..3\n"
        "    agents: [Toast]\n    texts: 8\n    says: no quota until {reset}\n    after: 10s..1m\n"
        "    until: 1h\n    repairs:\n      - {at: 30m, share: 25%}\n      - {at: 40m, share: "
        "75%}\n"
        "  - {what: bad_request, status: 422, whose: bead, texts: agent, until: 1h}\n"
        "  - {what: rate_limited, retry_after: 30s, until: 1h}\n"
        "  - {what: rate_limited, retry_after: none, until: 1h}\n"
        "restarts: [40m, 1h]\n"
        "changes:\n  - {at: 20m, delete_towns: 3, add_towns: 2}\n",
        "s.yaml");
    ASSERT_TRUE(read.problems.empty()) << read.problems.front().text();
    ASSERT_EQ(read.value.faults.size(), 4U);
    const auto& f = read.value.faults[0];
    EXPECT_EQ(f.whose, sim::culprit::platform);
    EXPECT_EQ(f.every, 3);
    EXPECT_EQ(f.offset, 1);
    EXPECT_EQ(f.first_rig, 1);
    EXPECT_EQ(f.rigs, 2);
    EXPECT_EQ(f.agents, std::vector<std::string>{"Toast"});
    EXPECT_EQ(f.texts, sim::text_kind::hosts);
    EXPECT_EQ(f.text_count, 8);
    EXPECT_EQ(f.lives_max, std::chrono::minutes{1});
    ASSERT_EQ(f.repairs.size(), 2U);
    EXPECT_EQ(f.repairs[1].share, 0.75);
    EXPECT_EQ(read.value.faults[1].status, 422);
    EXPECT_EQ(read.value.faults[2].retry_after, std::chrono::seconds{30});
    EXPECT_EQ(read.value.faults[3].retry_after, duration{0});
    EXPECT_EQ(read.value.restarts.size(), 2U);
    EXPECT_EQ(read.value.changes.size(), 2U);
    EXPECT_EQ(all_towns_of(read.value), 14);
    EXPECT_EQ(world_of(read.value, true).towns, 14);
}

TEST(ReadScenario, AStepOfARepairMustBeWithinTheFaultAndFurtherThanTheLast) {
    const auto wrong = [](const std::string& steps) {
        return !problems(std::string{least} + "faults:\n  - {what: hang, until: 50m, repairs: [" +
                         steps + "]}\n")
                    .empty();
    };
    EXPECT_FALSE(wrong("{at: 10m, share: 50%}"));
    EXPECT_TRUE(wrong("{at: 50m, share: 50%}"));
    EXPECT_TRUE(wrong("{at: 20m, share: 50%}, {at: 10m, share: 60%}"));
    EXPECT_TRUE(wrong("{at: 20m, share: 50%}, {at: 30m, share: 40%}"));
    EXPECT_TRUE(wrong("{at: 20m, share: half}"));
}

TEST(ReadScenario, ABoundThatBoundsNothingIsRefused) {
    EXPECT_EQ(problems(std::string{least} + "must:\n  failed: {}\n"),
              "s.yaml:4:11: error: must.failed: bounds nothing (write at_most, at_least or "
              "exactly)\n");
    const auto read =
        read_text(std::string{least} + "must:\n  failed: {exactly: 3}\n  ok: {at_most: 1}\n", "s");
    EXPECT_EQ(read.problems.size(), 1U);
}

TEST(ReadScenario, EveryShippedFileIsRightAndSaysWhatItIsAbout) {
    EXPECT_GE(shipped().size(), 11U);
    for (const auto& file : shipped()) {
        const auto read = read_text(file.yaml, file.name);
        for (const auto& p : read.problems)
            ADD_FAILURE() << p.text();
        EXPECT_EQ(read.value.name, file.name);
        EXPECT_FALSE(read.value.about.empty()) << file.name;
        EXPECT_FALSE(read.value.must.empty()) << file.name;
    }
}

}  // namespace
}  // namespace townd::scenario
