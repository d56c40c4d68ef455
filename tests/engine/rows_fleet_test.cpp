// Rows that need several towns and real threads: E6, G7, and trap B14's pace of the whole daemon.

#include "engine/fleet_rig.hpp"

namespace townd::engine::test {
namespace {

TEST_F(Fleet, IncidentE6AFloodIsRefusedAtItsBoundAndNoOutcomeIs) {
    const auto town = make_town();
    container.on_start = hang;
    ASSERT_TRUE(add_issue(town).has_value());
    ASSERT_TRUE(wait_for([&] { return container.starts() == 1; }));
    std::promise<void> go;
    auto gate = go.get_future().share();
    std::promise<void> inside;
    auto reached = inside.get_future();
    towns->in_town(
        town,
        [&, gate](town::context&) -> result<json> {
            inside.set_value();
            gate.wait();
            return json();
        },
        [](const result<json>&) {});
    reached.wait();

    std::atomic<int> served{0};
    std::vector<failure> refused;  // On this thread: a refusal is not queued.
    for (int i = 0; i < 1500; ++i)
        towns->in_town(
            town, [](town::context&) -> result<json> { return json(); },
            [&](result<json> r) {
                if (r)
                    ++served;
                else
                    refused.push_back(r.error());
            });
    ASSERT_EQ(refused.size(), 500U) << "the queue has a bound and says no beyond it";
    for (const auto& no : refused) {
        EXPECT_EQ(no.kind, errc::overloaded);
        EXPECT_NE(no.what.find(town), std::string::npos) << no.what;
        EXPECT_NE(no.what.find("try again"), std::string::npos) << no.what;
    }
    // The outcome of a start finds its place in the full queue.
    container.answer(container.last_start(), answer_of(201, R"({"status":"running"})"));
    container.deliver();
    go.set_value();
    EXPECT_TRUE(wait_for([&] { return served.load() == 1000; })) << served.load();
    EXPECT_TRUE(wait_for([&] {
        const auto s = towns->summary(town);
        return s->agents_working == 1 && s->starts_in_flight == 0;
    }));
    EXPECT_EQ(container.starts(), 1) << "and nothing was started twice";
    EXPECT_EQ(towns->total().in_flight, 0);
    EXPECT_TRUE(add_issue(town).has_value()) << "afterwards it is as before";
}

class CrowdedFleet : public Fleet {
protected:
    CrowdedFleet() {
        auto& rules = settings->rules.dispatch;
        rules.max_in_flight = 4;
        rules.max_per_town = rules.max_polecats_per_rig = rules.max_polecats_per_town = 1000;
    }
    std::map<town_id, int> starts_by_town() {
        const std::scoped_lock lock(container.mutex);
        std::map<town_id, int> out;
        for (const auto& one : container.log)
            if (one.is_start()) ++out[text_of(one.call, "townId")];
        return out;
    }
    // Lets the start that waits longest succeed, and the next ones be sent.
    void answer_oldest() {
        const int before = container.starts();
        std::optional<std::size_t> oldest;
        {
            const std::scoped_lock lock(container.mutex);
            for (std::size_t i = 0; i < container.log.size() && !oldest; ++i)
                if (container.log[i].is_start() && container.log[i].done) oldest = i;
        }
        ASSERT_TRUE(oldest.has_value());
        container.answer(*oldest, answer_of(201, R"({"status":"running"})"));
        ASSERT_TRUE(wait_for([&] { return container.starts() > before; }));
    }
};

TEST_F(CrowdedFleet, IncidentG7ATownWithAThousandBeadsLeavesTheOthersTheirTurn) {
    container.on_start = hang;
    const auto big = make_town();
    std::vector<town_id> small;
    for (int i = 0; i < 20; ++i)
        small.push_back(make_town());
    ASSERT_TRUE(in(big, [](town::context& ctx) -> result<json> {
                    for (int i = 0; i < 1000; ++i) {
                        town::new_bead wanted;
                        wanted.title = "one of many";
                        wanted.rig = "rig-" + ctx.town;
                        if (auto made = town::create_bead(ctx, wanted); !made) return made.error();
                    }
                    return json();
                }).has_value());
    ASSERT_TRUE(wait_for([&] { return container.starts() == 4; }));
    ASSERT_EQ(starts_by_town()[big], 4) << "it takes all that nobody else wants";
    for (const auto& town : small)
        ASSERT_TRUE(add_issue(town).has_value());

    for (int turn = 0; turn < 40 && starts_by_town().size() < 21; ++turn) {
        answer_oldest();
        EXPECT_LE(towns->total().in_flight, 4);
    }
    auto started = starts_by_town();
    for (const auto& town : small)
        EXPECT_EQ(started[town], 1) << "nobody starves";
    EXPECT_LE(started[big], 4 + 4) << "one turn in each round, however many beads it has";
    const int before = started[big];
    for (int turn = 0; turn < 8; ++turn)
        answer_oldest();
    EXPECT_GE(starts_by_town()[big], before + 4) << "and then it goes on";
}

class PacedFleet : public Fleet {
protected:
    PacedFleet() { settings->rules.dispatch.starts_per_second = 20; }
};

TEST_F(PacedFleet, TrapB14TheDaemonsStartsPerSecondHoldForAHerdOfTowns) {
    constexpr duration step{20};
    constexpr int herd = 50;
    std::vector<town_id> all;
    for (int i = 0; i < herd; ++i)
        all.push_back(make_town());
    for (const auto& town : all)
        ASSERT_TRUE(add_issue(town).has_value());
    const instant began = clock.now();
    EXPECT_LE(container.starts(), 20);
    while (container.starts() < herd && clock.now() - began < seconds{30}) {
        clock.set(clock.now() + step);
        for (int i = 0; i < 3; ++i)  // The thread sees the time and serves who is due.
            ASSERT_TRUE(in(all[0], [](town::context&) -> result<json> { return json(); }));
        container.deliver();
    }
    EXPECT_EQ(container.starts(), herd);
    EXPECT_LE(clock.now() - began, seconds{10}) << "the pace is used";
    std::vector<instant> at;
    {
        const std::scoped_lock lock(container.mutex);
        for (const auto& one : container.log)
            if (one.is_start()) at.push_back(one.at);
    }
    std::sort(at.begin(), at.end());
    for (std::size_t first = 0, last = 0; last < at.size(); ++last) {
        while (at[last] - at[first] >= seconds{1} - 2 * step)
            ++first;
        EXPECT_LE(last - first + 1, 20U) << "within one second up to " << unix_ms(at[last]);
    }
}

}  // namespace
}  // namespace townd::engine::test
