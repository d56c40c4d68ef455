// Triage where the agent that a request names has gone on to something else.

#include "town/triage.hpp"
#include "town/bench.hpp"

namespace townd::town_test {
namespace {

class Triage : public bench {
protected:
    bead request_about(const agent& who, const std::optional<bead_id>& work) {
        json metadata{{"agent_bead_id", who.id}};
        if (work) metadata["hooked_bead_id"] = *work;
        return make(bead_type::issue, "No progress", metadata, {"gt:triage-request"}, "patrol");
    }
    void resolve(const bead& request, town::triage_action action) {
        run([&](town::context& ctx) {
            const auto done = town::resolve_triage(ctx, {request.id, action, "notes", "Toast"});
            ASSERT_TRUE(done) << done.error().what;
            EXPECT_EQ(done->status, bead_status::closed);
        });
    }
    void look(const std::function<void(store::town_store&)>& at) {
        run([&](town::context& ctx) { at(ctx.store); });
    }
};

TEST_F(Triage, AnAgentThatHasOtherWorkByNowIsLeftAlone) {
    auto toast = make_agent(agent_role::polecat, "Toast");
    const auto old_work = make(bead_type::issue, "Old");
    const auto new_work = make(bead_type::issue, "New");
    put_to_work(toast, new_work, "d1");
    for (const auto action : {town::triage_action::restart, town::triage_action::reassign_bead}) {
        resolve(request_about(toast, old_work.id), action);
        look([&](store::town_store& db) {
            EXPECT_EQ(db.find_agent(toast.id)->hook, new_work.id);
            EXPECT_EQ(db.find_bead(new_work.id)->status, bead_status::in_progress);
            EXPECT_FALSE(db.find_stop(toast.id));
        });
    }
}

TEST_F(Triage, AResolverThatIsTheOneInQuestionDoesNotStopItself) {
    auto toast = make_agent(agent_role::polecat, "Toast");
    const auto batch = make(bead_type::issue, "Triage 1 request", {}, {"gt:triage"}, "patrol");
    put_to_work(toast, batch, "d1");
    for (const auto action : {town::triage_action::restart, town::triage_action::close_bead,
                              town::triage_action::reassign_bead}) {
        resolve(request_about(toast, std::nullopt), action);
        look([&](store::town_store& db) {
            EXPECT_EQ(db.find_agent(toast.id)->hook, batch.id);
            EXPECT_EQ(db.find_bead(batch.id)->status, bead_status::in_progress);
            EXPECT_FALSE(db.find_stop(toast.id));
        });
    }
}

TEST_F(Triage, ARequestThatNamesNoBeadMeansTheOneThatItsAgentHolds) {
    auto toast = make_agent(agent_role::polecat, "Toast");
    const auto work = make(bead_type::issue, "Paint");
    put_to_work(toast, work, "d1");
    resolve(request_about(toast, std::nullopt), town::triage_action::restart);
    look([&](store::town_store& db) {
        EXPECT_FALSE(db.find_agent(toast.id)->hook);
        EXPECT_EQ(db.find_bead(work.id)->status, bead_status::open);
        EXPECT_TRUE(db.find_stop(toast.id));
    });
}

TEST_F(Triage, AStalledAgentWithoutAHookIsStopped) {
    auto toast = make_agent(agent_role::polecat, "Toast");
    run([&](town::context& ctx) {
        toast.status = agent_status::stalled;
        toast.status_text = "stalled";
        ctx.store.put_agent(toast);
    });
    resolve(request_about(toast, std::nullopt), town::triage_action::restart);
    look([&](store::town_store& db) {
        EXPECT_EQ(db.find_agent(toast.id)->status, agent_status::idle);
        EXPECT_TRUE(db.find_stop(toast.id));
    });
}

TEST_F(Triage, WhatIsOverStaysOver) {
    auto toast = make_agent(agent_role::polecat, "Toast");
    const auto work = make(bead_type::issue, "Paint");
    run([&](town::context& ctx) {
        auto b = ctx.store.find_bead(work.id).value();
        b.dispatch_attempts = 5;
        town::set_status(ctx, b, bead_status::failed, "max dispatch attempts exceeded (5)");
    });
    for (const auto action :
         {town::triage_action::restart, town::triage_action::restart_with_backoff,
          town::triage_action::close_bead, town::triage_action::reassign_bead}) {
        resolve(request_about(toast, work.id), action);
        look([&](store::town_store& db) {
            EXPECT_EQ(db.find_bead(work.id)->status, bead_status::failed);
            EXPECT_EQ(db.find_bead(work.id)->dispatch_attempts, 5);
        });
    }
}

}  // namespace
}  // namespace townd::town_test
