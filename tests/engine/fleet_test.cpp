// Rows that need several towns and real threads: A14, G1, G10, G12. One town thread on purpose.

#include "engine/fleet_rig.hpp"

namespace townd::engine::test {
namespace {

TEST_F(Fleet, IncidentA14HungContainersCostTheirOwnTownOnly) {
    const auto hung = make_town();
    const auto well = make_town();
    container.on_start = [&](const http_call& call) -> std::optional<http_answer> {
        if (text_of(call, "townId") == hung) return std::nullopt;
        container.running[agent_of(call)] = "";
        return answer_of(201, R"({"status":"running"})");
    };
    for (int i = 0; i < 20; ++i)
        ASSERT_TRUE(add_issue(hung).has_value());
    for (int i = 0; i < 4; ++i)
        ASSERT_TRUE(add_issue(well).has_value());
    EXPECT_TRUE(wait_for([&] { return working(well) == 4 && towns->total().in_flight == 5; }));
    EXPECT_EQ(container.starts(), 9);
    const auto s = towns->summary(hung);
    ASSERT_NE(s, nullptr);
    EXPECT_EQ(s->starts_in_flight, 5);
    EXPECT_EQ(s->waiting.total(), 15);
}

TEST_F(Fleet, IncidentG1WorkThatThrowsStopsNeitherItsTownNorAnother) {
    const auto first = make_town();
    const auto second = make_town();
    const auto said =
        in(first, [](town::context&) -> result<json> { throw std::runtime_error("boom"); });
    ASSERT_FALSE(said.has_value());
    EXPECT_NE(said.error().what.find("boom"), std::string::npos);
    ASSERT_TRUE(add_issue(first).has_value());
    ASSERT_TRUE(add_issue(second).has_value());
    EXPECT_TRUE(wait_for([&] { return working(first) == 1 && working(second) == 1; }));
}

TEST_F(Fleet, IncidentG12ATownThatHangsIsLateAndThenIsNot) {
    const auto town = make_town();
    ASSERT_TRUE(wait_for([&] { return towns->total().first_tick_done; }));
    EXPECT_EQ(towns->total().towns_late, 0);
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
    clock.set(clock.now() + hours{1});
    EXPECT_EQ(towns->total().towns_late, 1);
    go.set_value();
    EXPECT_TRUE(wait_for([&] { return towns->total().towns_late == 0; }));
}

TEST_F(Fleet, IncidentG10AStopRecordsStartsInFlightAndAnswersEverybody) {
    const auto town = make_town();
    container.on_start = [](const http_call&) { return std::nullopt; };
    ASSERT_TRUE(add_issue(town).has_value());
    ASSERT_TRUE(wait_for([&] { return container.starts() == 1; }));  // Sent after the reply.
    towns->stop_starts();
    towns->stop();
    const auto late = add_issue(town);
    ASSERT_FALSE(late.has_value());
    EXPECT_EQ(late.error().kind, errc::overloaded);
    EXPECT_EQ(late.error().what, "townd is shutting down");

    towns.reset();
    {
        auto db = store::town_store::open(files->town_file(town), {}, clock.now());
        ASSERT_TRUE(db.has_value());
        (*db)->begin();
        const auto live = (*db)->load_live().dispatches;
        ASSERT_EQ(live.size(), 1U);
        EXPECT_EQ(live[0].state, dispatch_state::unknown);
        EXPECT_TRUE(live[0].error.has_value());
        const std::scoped_lock lock(container.mutex);
        container.running[live[0].agent] = "";
        for (auto& one : container.log)
            one.done = nullptr;  // Nobody is there to hear.
    }
    begin();
    EXPECT_TRUE(wait_for([&] {
        const auto s = towns->summary(town);
        return s && s->agents_working == 1 && s->starts_in_flight == 0;
    }));
    EXPECT_EQ(container.starts(), 1);
}

TEST_F(Fleet, ADeletedTownIsGoneAndEveryCallerIsAnswered) {
    const auto town = make_town();
    auto first = std::make_shared<std::promise<result<json>>>();
    towns->delete_town(town, [first](result<json> r) { first->set_value(std::move(r)); });
    const auto second = answer_to([&](reply done) { towns->delete_town(town, std::move(done)); });
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().kind, errc::not_found);
    EXPECT_TRUE(first->get_future().get().has_value());
    EXPECT_FALSE(std::filesystem::exists(files->town_file(town)));
    EXPECT_EQ(towns->summary(town), nullptr);
    EXPECT_FALSE(towns->town_of_rig("rig-" + town).has_value());
    EXPECT_EQ(add_issue(town).error().kind, errc::not_found);
}

}  // namespace
}  // namespace townd::engine::test
