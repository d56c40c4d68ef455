#pragma once
// One town in memory and what an operation on it needs; each `run` is a transaction.

#include <gtest/gtest.h>

#include "model/memory_town_store.hpp"
#include "town/context.hpp"

namespace townd::town_test {

class bench : public ::testing::Test {
protected:
    bench() {
        with.containers_url = "http://127.0.0.1:9";
        with.api_url = "http://127.0.0.1:8787";
        with.jwt_secret = "the secret of these tests";
        from.new_id = [this] { return "id-" + std::to_string(++ids_); };
        from.draw = [] { return 0.5; };
        from.wall_seconds = [] { return std::int64_t{1'790'000'000}; };
        run([&](town::context& ctx) {
            townd::rig home;
            home.id = rig;
            home.name = "app";
            home.git_url = "https://git.example/app.git";
            home.default_branch = "trunk";
            home.created_at = now;
            ctx.store.insert_rig(home);
        });
    }

    template <class Work>
    void run(Work work) {
        now += duration{1};
        town::effects out;
        town::context ctx{*store, id, now, with, from, breakers, facts, out};
        store->begin();
        work(ctx);
        const auto durable = store->commit();
        EXPECT_TRUE(durable) << (durable ? "" : durable.error().what);
        last = std::move(out);
    }

    bead make(bead_type type, const std::string& title, const json& metadata = json::object(),
              std::vector<std::string> labels = {}, const std::string& by = "test") {
        bead b;
        b.id = "bead-" + std::to_string(++beads_) + "-of-the-test";
        b.type = type;
        b.title = title;
        b.rig = rig;
        b.labels = std::move(labels);
        b.metadata_json = dump_json(metadata);
        b.created_by = by;
        b.created_at = b.updated_at = now;
        run([&](town::context& ctx) { ctx.store.insert_bead(b); });
        return b;
    }
    agent make_agent(agent_role role, const std::string& name) {
        agent a;
        a.id = "agent-" + name;
        a.role = role;
        if (role != agent_role::mayor) a.rig = rig;
        a.name = name;
        a.identity = name + "@town";
        a.status_text = "idle";
        a.created_at = now;
        run([&](town::context& ctx) { ctx.store.insert_agent(a); });
        return a;
    }
    /// The agent works on the bead in a session.
    void put_to_work(agent& a, const bead& work, const std::string& dispatch_id) {
        run([&](town::context& ctx) {
            dispatch d;
            d.id = dispatch_id;
            d.role = a.role;
            d.rig = a.rig;
            d.agent = a.id;
            d.agent_name = a.name;
            d.bead = work.id;
            d.attempt = 1;
            d.state = dispatch_state::started;
            d.outcome = attempt_outcome::success;
            d.created_at = now;
            d.started_at = now;
            ctx.store.insert_dispatch(d);
            a.hook = work.id;
            a.status = agent_status::working;
            a.status_text = "working";
            ctx.store.put_agent(a);
            auto b = ctx.store.find_bead(work.id).value();
            b.status = bead_status::in_progress;
            b.assignee = a.id;
            ctx.store.put_bead(b);
        });
    }

    town_id id = "town";
    rig_id rig = "rig";
    instant now = from_unix_ms(1'790'000'000'000);
    town::settings with;
    town::sources from;
    breaker_set breakers;
    town_facts facts;
    town::effects last;  ///< Of the last `run`.
    std::unique_ptr<store::town_store> store =
        model::open_town(model::make_town_file(id, "town", "ada", now)).value();

private:
    int ids_ = 0;
    int beads_ = 0;
};

}  // namespace townd::town_test
