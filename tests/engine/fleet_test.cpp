// Rows that need several towns and real threads: A14, G1, G10, G12. One town thread on purpose.

#include <future>
#include <thread>

#include "engine/actor_rig.hpp"
#include "engine/town_fleet.hpp"

namespace townd::engine::test {
namespace {

class Fleet : public ::testing::Test {
protected:
    void SetUp() override {
        auto taken = store::data_dir::take(dir.path);
        ASSERT_TRUE(taken.has_value());
        files.emplace(std::move(*taken));
        begin();
    }
    void begin() {
        fleet_options options;
        options.threads = 1;
        options.durability = store::durability::normal;
        towns.emplace(clock, container, journal, *files, counted_sources(clock, ++lives), settings,
                      options);
        ASSERT_TRUE(towns->start().has_value());
    }
    bool wait_for(const std::function<bool()>& what) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
        while (std::chrono::steady_clock::now() < end) {
            container.deliver();
            if (what()) return true;
            std::this_thread::yield();
        }
        return false;
    }
    template <class Ask>
    result<json> answer_to(const Ask& ask) {
        auto came = std::make_shared<std::promise<result<json>>>();
        auto future = came->get_future();
        ask([came](result<json> r) { came->set_value(std::move(r)); });
        if (future.wait_for(std::chrono::seconds{60}) != std::future_status::ready)
            return failure{errc::internal, "no reply"};
        return future.get();
    }
    result<json> in(const town_id& town, town_work work) {
        return answer_to(
            [&](reply done) { towns->in_town(town, std::move(work), std::move(done)); });
    }
    town_id make_town() {
        const auto made = answer_to([&](reply done) {
            towns->create_town({"A town", "user"}, done);
        });
        EXPECT_TRUE(made.has_value());
        const town_id id = text_at(*made, "id").value_or("");
        EXPECT_TRUE(in(id, [](town::context& ctx) -> result<json> {
            rig r;
            r.id = "rig-" + ctx.town;
            r.name = "rig";
            r.git_url = "https://git.test/x";
            ctx.store.insert_rig(r);
            return json();
        }));
        return id;
    }
    result<json> add_issue(const town_id& town) {
        return in(town, [](town::context& ctx) -> result<json> {
            town::new_bead wanted;
            wanted.title = "work";
            wanted.rig = "rig-" + ctx.town;
            if (auto made = town::create_bead(ctx, wanted); !made) return made.error();
            return json();
        });
    }
    int working(const town_id& town) {
        const auto s = towns->summary(town);
        return s ? s->agents_working : -1;
    }

    temp_dir dir;
    virtual_clock clock;
    scripted_container container{clock};
    recording_journal journal;
    std::shared_ptr<town::settings> settings = shipped_settings();
    std::optional<store::data_dir> files;
    std::optional<town_fleet> towns;
    std::uint64_t lives = 0;
};

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
