// kill -9 in the middle of an outage: what the fleet has learnt outlives the process, and its death
// is no reason to try anything once more.

#include <gtest/gtest.h>

#include <cstdio>

#include "process/fleet_stage.hpp"
#include "process/raw_container.hpp"

namespace townd::test {
namespace {

constexpr int faster = 30;
constexpr int shaken_towns = 40;
constexpr int healthy_towns = 4;
constexpr int kills = 4;
constexpr int of_one_town = 16;  // Failing starts in its first hour, whatever it fails for.
constexpr std::size_t few = 5;
const std::string polecat = "role=\"polecat\"";

class OutageRestart : public testing::Test {
protected:
    // Towns with a trouble of their own, beside the outage: one is paused, the container of one
    // answers garbage, the repository of one cannot be cloned.
    void begin() {
        auto well = fast_standin();
        // The agent lives at once and the answer takes a while: kills fall between the two.
        well.mode = standin::behaviour::late;
        well.late_by = duration{150};
        ASSERT_TRUE(stage_.begin(shaken_towns, 0)) << stage_.daemon().err();
        auto garbled = fast_standin();
        garbled.by_role["polecat"] = standin::behaviour::garbage;
        paused_ = stage_.add(well);
        braked_ = stage_.add(garbled);
        broken_ = stage_.add(no_repository_.url());
        ASSERT_EQ(stage_.order(town_verb(paused_, "pause"), {{"reason", "not this one"}}).status,
                  200);
        for (auto* one : {&paused_, &braked_, &broken_}) {
            one->bead = one->town.make_bead("work");
            ASSERT_FALSE(one->bead.empty());
        }
        stage_.apart().clear();
        for (int i = 0; i < healthy_towns; ++i)
            stage_.add(well);
        stage_.shake();
        ASSERT_TRUE(stage_.let_go());
    }
    static std::string town_verb(const fleet_stage::place& one, const std::string& verb) {
        return "/debug/v1/towns/" + one.town.id() + ":" + verb;
    }
    std::string reason(const fleet_stage::place& one) {
        return said(stage_.at().explain(one.town.id(), one.bead), "reason");
    }
    json breaker() { return stage_.at().container_breaker(braked_.town.id()); }
    double outage_towns() {
        return metric(stage_.daemon().pages(), "townd_outage_towns", {polecat});
    }
    bool all_held_back() {
        return outage_towns() == shaken_towns && reason(paused_) == "TownPaused" &&
               reason(broken_) == "BreakerOpen" && said(breaker(), "state") != "closed";
    }
    std::string standing() {
        return "towns in the outage: " + std::to_string(outage_towns()) +
               ", paused: " + reason(paused_) + ", broken: " + reason(broken_) +
               ", breaker: " + dump_json(breaker());
    }
    // Beads in the healthy towns, and the kill while their starts await an answer.
    void kill_between() {
        const auto before = late_starts();
        for (const auto& one : stage_.apart())
            beads_.push_back(one.town.make_bead("work across a kill"));
        ASSERT_TRUE(wait_until([&] { return late_starts() > before; }));
        stage_.daemon().kill();
        ASSERT_TRUE(stage_.daemon().start_ready()) << stage_.daemon().err();
        stage_.move_to_daemon();
        for (auto* one : {&paused_, &braked_, &broken_})
            one->town.move_to(stage_.daemon().api());
    }
    std::size_t late_starts() {
        std::size_t sum = 0;
        for (const auto& one : stage_.apart())
            sum += one.container->starts_received("polecat");
        return sum;
    }
    // Each bead of the healthy towns is closed, and no agent began for it twice.
    void expect_settled() {
        for (std::size_t i = 0; i < beads_.size(); ++i) {
            const auto& one = stage_.apart()[i % stage_.apart().size()];
            EXPECT_TRUE(wait_until([&] { return one.town.status(beads_[i]) == "closed"; }))
                << dump_json(stage_.at().explain(one.town.id(), beads_[i]));
            int began = 0;
            for (const auto& start : one.container->starts())
                if (start.began && start.bead == beads_[i]) ++began;
            EXPECT_EQ(began, 1) << "agents for one bead";
        }
        for (const auto& one : stage_.apart())
            for (const auto& each : stage_.at().attempts(one.town.id()))
                EXPECT_FALSE(member(each, "ended_at").is_null()) << dump_json(each);
    }

    const raw_container no_repository_{[](const std::string& request) {
        return is_start(request)
                   ? answer_of("500 Internal Server Error",
                               R"({"error":"repository not found","phase":"git_clone"})")
                   : unknown_agent();
    }};
    fleet_stage stage_{faster,
                       // Soon again, so that it is the place that holds.
                       {{"breaker.agent.open", "100ms"}, {"breaker.agent.max_open", "200ms"}}};
    fleet_stage::place paused_;
    fleet_stage::place braked_;
    fleet_stage::place broken_;
    std::vector<std::string> beads_;
};

TEST_F(OutageRestart, D6KillsInTheMiddleOfAnOutageAddNoStart) {
    ASSERT_NO_FATAL_FAILURE(begin());
    ASSERT_TRUE(wait_until([&] { return all_held_back(); }, duration{60'000})) << standing();
    const auto opened = said(breaker(), "opened_at");

    for (int i = 0; i < kills; ++i) {
        ASSERT_NO_FATAL_FAILURE(kill_between());
        // A bead rests for a moment after each of its tries: then that is what it waits for.
        EXPECT_TRUE(wait_until([&] { return all_held_back(); }))
            << "after kill " << i << ": " << standing();
        EXPECT_EQ(said(breaker(), "opened_at"), opened);
        const auto probes = stage_.starts_seen();
        ASSERT_TRUE(wait_until([&] { return stage_.starts_seen() > probes; }))
            << "nobody finds out any more when it is over";
    }
    EXPECT_LE(stage_.starts_seen(), stage_.starts_allowed(few));
    std::printf("%zu failed starts of %zu allowed, over %d kills\n", stage_.starts_seen(),
                stage_.starts_allowed(few), kills);
    EXPECT_EQ(lines_with(stage_.daemon(), {"outage_changed", "change=opened"}), 0)
        << "the outage is the same as before";
    EXPECT_LE(braked_.container->starts_received(), of_one_town);
    EXPECT_LE(no_repository_.starts(), of_one_town);
    EXPECT_EQ(paused_.container->starts_received(), 0U);
    expect_settled();

    stage_.heal();
    EXPECT_EQ(stage_.first_beads_trouble(), "");
    EXPECT_TRUE(wait_until([&] { return outage_towns() == 0; }));
    EXPECT_EQ(stage_.outages("closed"), 1);
    ASSERT_TRUE(braked_.container->set_behaviour("polecat", standin::behaviour::ok));
    ASSERT_EQ(stage_
                  .order("/debug/v1/breakers/" + braked_.town.id() + "/place/" +
                             braked_.town.rig() + "/polecat:reset",
                         {{"reason", "it is well"}})
                  .status,
              200);
    ASSERT_EQ(stage_.order(town_verb(paused_, "resume"), {{"reason", "now"}}).status, 200);
    for (auto* one : {&paused_, &braked_})
        EXPECT_TRUE(wait_until([&] { return one->town.status(one->bead) == "closed"; }))
            << dump_json(stage_.at().explain(one->town.id(), one->bead));
}

}  // namespace
}  // namespace townd::test
