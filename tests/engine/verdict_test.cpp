// The sentence on the fleet, from made-up summaries: what is wrong, whom it spares, and what only a
// person moves on.

#include <gtest/gtest.h>

#include "engine/summary.hpp"

namespace townd::engine::verdict_test {
namespace {

constexpr instant now = from_unix_ms(1'795'342'322'000);  // 2026-11-22T10:12:02Z
constexpr auto polecats = index_of(agent_role::polecat);
constexpr auto refineries = index_of(agent_role::refinery);

std::string code_of(const std::string& words) {
    return words.substr(0, words.find(':'));
}

struct fleet_of {
    std::vector<std::shared_ptr<const town_summary>> towns;
    outage_board outages;
    std::string orders;

    town_summary& add(town_condition c) {
        auto made = std::make_shared<town_summary>();
        made->id = made->name = "t" + std::to_string(towns.size() + 1);
        made->condition = c;
        towns.push_back(made);
        return *made;
    }
    // Polecats of a rig that cannot be started since so many minutes.
    town_summary& failing(const std::string& why, int minutes) {
        auto& t = add(town_condition::degraded);
        place(t, "r1", why, minutes);
        return t;
    }
    void place(town_summary& t, const rig_id& rig, const std::string& why, int minutes) {
        breaker_set set;
        standing::failure f;
        f.began = f.now = now - std::chrono::minutes{minutes};
        f.why = {code_of(why), 0, "", false, false, why};
        set.failed(rig, agent_role::polecat, f, 0.5, {});
        for (const auto& [key, e] : set.entries())
            t.breakers.emplace(key, e);
        t.problem = "polecats of rig " + rig + " cannot be started";
        t.problem_since = f.now;
    }
    [[nodiscard]] std::string verdict() const {
        return verdict_of(towns, outages, orders, false, now);
    }
};

outage_summary outage(agent_role role, stage at, int members) {
    outage_summary o;
    o.id = std::string{to_text(role)} + "-" + std::string{to_text(at)};
    o.role = role;
    o.at = at;
    o.cause = "http_5xx: no image on host 3";
    o.members = members;
    o.opened_at = now - std::chrono::minutes{8};
    o.next_probe_at = now + std::chrono::seconds{12};
    o.probes_sent = 16;
    o.probes_failed = 16;
    return o;
}

TEST(FleetVerdict, OfAFleetThatIsWell) {
    fleet_of f;
    f.add(town_condition::dispatching);
    f.add(town_condition::idle);
    EXPECT_EQ(f.verdict(), "Dispatch is well: 2 towns, 1 at work.");
}

TEST(FleetVerdict, NamesAnOutageItsTwoTextsItsProbesAndWhatItSpares) {
    fleet_of f;
    for (int i = 0; i < 3; ++i) {
        auto& t = f.failing("http_5xx: no image", 8);
        t.outages[polecats] = "polecat-answered";
        t.proved[refineries] = true;
    }
    f.add(town_condition::dispatching).proved[polecats] = true;
    f.outages = {outage(agent_role::polecat, stage::answered, 3)};
    f.outages[0].other_cause = "http_5xx: no image on host 4";
    f.outages[0].last_success = now - std::chrono::minutes{9};
    EXPECT_EQ(f.verdict(),
              "Dispatch is failing: polecats cannot be started in 3 of 4 towns since 10:04:02 "
              "(8 min). One cause: http_5xx: no image on host 3. Elsewhere it reads: http_5xx: no "
              "image on host 4. 16 probes so far, 16 failed, the next goes in 12 s, the "
              "last success was at 10:03:02. Not affected: 1 town, and refineries in 3.");
}

TEST(FleetVerdict, SaysOfNothingThatItIsSparedWithoutAnySuccess) {
    fleet_of f;
    f.failing("http_5xx: no image", 8).outages[polecats] = "polecat-answered";
    f.add(town_condition::idle);
    f.add(town_condition::dispatching);
    f.outages = {outage(agent_role::polecat, stage::answered, 1)};
    EXPECT_EQ(f.verdict().find("Not affected"), std::string::npos) << f.verdict();
}

TEST(FleetVerdict, TellsEachOutageAndThenTheTownsWithoutOne) {
    fleet_of f;
    f.failing("a", 8).outages[polecats] = "polecat-survived";
    f.failing("connect_refused: x", 4);
    f.outages = {outage(agent_role::polecat, stage::survived, 1),
                 outage(agent_role::refinery, stage::done, 5)};
    const auto said = f.verdict();
    EXPECT_NE(said.find("polecats do not survive their start in 1 of 2 towns"), std::string::npos);
    EXPECT_NE(said.find("refineries do not finish their work in 5 of 2 towns"), std::string::npos);
    EXPECT_NE(said.find("1 more town is impaired for another cause, for their polecats since "
                        "10:08:02 (4 min). Main cause: connect_refused. "),
              std::string::npos)
        << said;
}

TEST(FleetVerdict, CountsCausesByTownAndNotByBreaker) {
    fleet_of f;
    auto& loud = f.failing("reset: x", 3);
    for (const char* rig : {"r2", "r3", "r4"})
        f.place(loud, rig, "reset: x", 3);
    f.failing("git_failed: y", 3);
    f.failing("git_failed: z", 3);
    EXPECT_NE(f.verdict().find("Main cause: git_failed, in 2 towns. "), std::string::npos)
        << f.verdict();
}

TEST(FleetVerdict, WorkThatOnlyAPersonMovesOnIsTrouble) {
    fleet_of f;
    auto& t = f.add(town_condition::degraded);
    t.problem = "2 beads are parked until a person decides";
    t.problem_since = now - std::chrono::hours{3};
    f.add(town_condition::dispatching);
    EXPECT_EQ(f.verdict(),
              "Dispatch is impaired: 1 of 2 towns since 07:12:02 (3 h). t1: 2 beads are parked "
              "until a person decides.");
}

TEST(FleetVerdict, APauseLeavesTheHeadlineToWhatFails) {
    fleet_of f;
    f.orders = "Town t9 is paused by ada: rebuild.";
    f.add(town_condition::dispatching);
    EXPECT_EQ(f.verdict(),
              "Town t9 is paused by ada: rebuild. Dispatch is well: 1 town, 1 at work.");
    f.failing("reset: x", 3);
    EXPECT_TRUE(f.verdict().starts_with("Dispatch is impaired: 1 of 2 towns"));
    EXPECT_TRUE(f.verdict().ends_with("Town t9 is paused by ada: rebuild."));
}

}  // namespace
}  // namespace townd::engine::verdict_test
