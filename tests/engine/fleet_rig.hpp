#pragma once
// A whole fleet over real town threads, with a virtual clock and scripted containers.

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "engine/actor_rig.hpp"
#include "engine/town_fleet.hpp"

namespace townd::engine::test {

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

}  // namespace townd::engine::test
