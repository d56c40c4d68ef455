// One cause in many towns, over real threads and files: A3, B17, D7, D9, and what a restart keeps.

#include "engine/fleet_rig.hpp"

namespace townd::engine::test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class FleetOutage : public Fleet {
protected:
    FleetOutage() {
        auto rules = std::make_shared<town::settings>(*shipped_settings());
        rules->rules.dispatch.slow_start = minutes{10};
        settings = rules;
    }
    void SetUp() override {
        Fleet::SetUp();
        container.on_start = [this](const http_call& call) -> std::optional<http_answer> {
            const std::string town = text_of(call, "townId");
            if (broken && !spared.contains(town)) {
                ++failed;
                return answer_of(500, R"({"error":"no image","phase":"start"})");
            }
            container.running[agent_of(call)] = "";
            const std::scoped_lock lock(mutex);
            started.insert(town);
            return answer_of(201, R"({"status":"running"})");
        };
        for (int i = 0; i < 12; ++i)
            ids.push_back(make_town());
    }
    void give_work() {
        for (const auto& id : ids)
            for (int i = 0; i < 3; ++i)
                ASSERT_TRUE(add_issue(id).has_value());
    }
    bool outage_is_open(int members) {
        return wait_for([&] {
            const auto board = towns->outages();
            return board->size() == 1 && board->front().members == members;
        });
    }
    // Virtual time passes, some 50 times as fast as real time: the records' thread looks at it
    // twice a second, so limits are generous here. Exact times are the policy's tests'.
    bool pass_until(const std::function<bool()>& what, duration limit) {
        for (duration passed{0}; passed < limit; passed += seconds{1}) {
            for (int i = 0; i < 20; ++i) {
                container.deliver();
                if (what()) return true;
                std::this_thread::sleep_for(std::chrono::milliseconds{1});
            }
            clock.set(clock.now() + seconds{1});
        }
        return what();
    }
    int starts() {
        const std::scoped_lock lock(mutex);
        return static_cast<int>(started.size());
    }
    int escalations(const town_id& town, bead_status status) {
        const auto counted = in(town, [status](town::context& ctx) -> result<json> {
            store::bead_filter filter;
            filter.type = bead_type::escalation;
            filter.status = status;
            return json(ctx.store.list_beads(filter).size());
        });
        return counted ? counted->get<int>() : -1;
    }

    std::vector<town_id> ids;
    std::set<town_id> spared;
    std::set<town_id> started;
    std::mutex mutex;
    std::atomic<bool> broken{true};
    std::atomic<int> failed{0};
};

TEST_F(FleetOutage, A3PlatformWideFailureIsOneOutageWithOneNotice) {
    spared = {ids[10], ids[11]};
    give_work();
    ASSERT_TRUE(outage_is_open(10));
    EXPECT_LE(failed.load(), 12) << "one first try each, not one a bead";
    EXPECT_EQ(journal.count("outage: opened"), 1);
    EXPECT_EQ(starts(), 2) << "the others are not held back";
    EXPECT_NE(towns->verdict(clock.now()).find("10 of 12 towns cannot start a polecat"),
              std::string::npos)
        << towns->verdict(clock.now());
    // D7, F6: the mayor of each is told once, and that it is over.
    EXPECT_TRUE(wait_for([&] { return escalations(ids[0], bead_status::open) == 1; }));
    EXPECT_EQ(escalations(ids[11], bead_status::open), 0);
    const int before = failed.load();
    EXPECT_TRUE(pass_until([&] { return failed.load() >= before + 3; }, minutes{3}));
    EXPECT_EQ(escalations(ids[0], bead_status::open), 1);
    // B17: it heals, one canary finds out, all follow.
    broken = false;
    EXPECT_TRUE(pass_until([&] { return starts() == 12; }, minutes{5}));
    EXPECT_TRUE(wait_for([&] { return towns->outages()->empty(); }))
        << to_text(towns->outages()->front().phase) << " " << towns->outages()->front().members
        << " members";
    EXPECT_TRUE(wait_for([&] { return journal.count("outage: closed") == 1; }));
    EXPECT_TRUE(wait_for([&] { return escalations(ids[0], bead_status::closed) == 1; }));
    EXPECT_EQ(escalations(ids[0], bead_status::open), 0);
}

TEST_F(FleetOutage, ARestartInTheMiddleAddsNoStart) {
    give_work();
    ASSERT_TRUE(outage_is_open(12));
    EXPECT_TRUE(
        pass_until([&] { return towns->outages()->front().canaries_failed > 0; }, minutes{5}));
    ASSERT_TRUE(wait_for([&] { return towns->total().in_flight == 0; }));
    const int before = failed.load();
    const auto due = towns->outages()->front().next_probe_at;
    towns.reset();
    begin();
    ASSERT_TRUE(outage_is_open(12)) << "known before the first tick";
    EXPECT_EQ(towns->outages()->front().next_probe_at, due);
    ASSERT_TRUE(wait_for([&] { return towns->total().first_tick_done; }));
    EXPECT_EQ(failed.load(), before);
    const auto left = due - clock.now() - seconds{2};
    EXPECT_FALSE(pass_until([&] { return failed.load() > before; }, left));
    EXPECT_TRUE(pass_until([&] { return failed.load() > before; }, minutes{5}));
}

TEST_F(FleetOutage, WhatManyTownsFailForIsNobodysOwnCharge) {
    give_work();
    ASSERT_TRUE(outage_is_open(12));
    const int before = failed.load();
    EXPECT_TRUE(pass_until([&] { return failed.load() >= before + 6; }, minutes{5}));
    for (const auto& id : ids) {
        const auto s = towns->summary(id);
        for (const auto& [key, e] : s->breakers)
            EXPECT_EQ(e.state.state(), breaker_state::closed) << id << " " << key;
        const auto charged = in(id, [](town::context& ctx) -> result<json> {
            int sum = 0;
            for (const auto& b : ctx.store.load_live().beads)
                sum += b.dispatch_attempts;
            return json(sum);
        });
        EXPECT_EQ(charged->get<int>(), 0);
    }
}

TEST_F(FleetOutage, SwitchedOffEveryTownLearnsItAlone) {
    auto off = std::make_shared<town::settings>(*settings);
    off->rules.outage.mode = outage_mode::off;
    towns->apply(off);
    give_work();
    EXPECT_TRUE(pass_until([&] { return failed.load() >= 24; }, minutes{5}));
    EXPECT_TRUE(towns->outages()->empty());
}

}  // namespace
}  // namespace townd::engine::test
