// Operators' orders on a real fleet: rows G8, C3 and C4, and what every order promises.

#include <fstream>
#include <set>
#include <thread>

#include "engine/operator_rig.hpp"

namespace townd::engine::test {
namespace {

using strings = std::vector<std::string>;

TEST_F(Operator, IncidentG8APauseStopsStartsAndSurvivesARestartUntilItIsEnded) {
    const auto town = make_town();
    const auto said = operate(asks(operator_verb::pause));
    ASSERT_TRUE(said.has_value()) << said.error().what;
    EXPECT_TRUE(said->at("applied").get<bool>());
    EXPECT_TRUE(said->at("before").is_null());
    EXPECT_EQ(text_at(said->at("after"), "by"), "ada");
    EXPECT_EQ(text_at(*said, "expires_at"), to_rfc3339(clock.now() + hours{1}));
    add_issue(town);
    ASSERT_TRUE(wait_for([&] { return waits_for(town, gate_reason::daemon_paused) == 1; }));
    EXPECT_TRUE(towns->verdict(clock.now()).starts_with("Everything is paused by ada until "))
        << towns->verdict(clock.now());
    restart();
    ASSERT_TRUE(wait_for([&] { return waits_for(town, gate_reason::daemon_paused) == 1; }));
    look(town);
    EXPECT_EQ(container.starts(), 0);
    ASSERT_TRUE(operate(asks(operator_verb::resume)).has_value());
    EXPECT_TRUE(wait_for([&] { return container.starts() == 1; }));
    EXPECT_EQ(audited(), (strings{"resume everything done", "pause everything done"}));
}

TEST_F(Operator, AnOrderEndsByItselfAndSaysSo) {
    const auto town = make_town();
    ASSERT_TRUE(operate(town_asks(operator_verb::pause, town)).has_value());
    add_issue(town);
    ASSERT_TRUE(wait_for([&] { return waits_for(town, gate_reason::town_paused) == 1; }));
    clock.set(clock.now() + hours{1});
    EXPECT_TRUE(wait_for([&] { return container.starts() == 1; }));
    EXPECT_TRUE(wait_for([&] { return towns->operators().orders.empty(); }));
    EXPECT_EQ(audited().front(), "expired town " + town + " done");
    EXPECT_EQ(journal.count("operator_expired"), 1);
}

TEST_F(Operator, AnOrderHoldsItsOwnScopeAlone) {
    const auto held = make_town();
    const auto free = make_town();
    ASSERT_TRUE(operate(town_asks(operator_verb::pause, held)).has_value());
    add_issue(held);
    add_issue(free);
    ASSERT_TRUE(wait_for([&] { return working(free) == 1; }));
    EXPECT_TRUE(wait_for([&] { return waits_for(held, gate_reason::town_paused) == 1; }));
    ASSERT_TRUE(operate(town_asks(operator_verb::resume, held)).has_value());
    EXPECT_TRUE(wait_for([&] { return working(held) == 1; }));
    auto role = asks(operator_verb::pause);
    role.scope = override_scope::role;
    role.role = agent_role::polecat;
    ASSERT_TRUE(operate(role).has_value());
    auto rig = town_asks(operator_verb::pause, free);
    rig.scope = override_scope::rig;
    rig.rig = "rig-1";
    ASSERT_TRUE(operate(rig).has_value());
    add_issue(held);
    add_issue(free);
    EXPECT_TRUE(wait_for([&] { return waits_for(held, gate_reason::role_paused) == 1; }));
    EXPECT_TRUE(wait_for([&] { return waits_for(free, gate_reason::rig_paused) == 1; }));
    rig.rig = "another";
    EXPECT_EQ(operate(rig).error().kind, errc::not_found);
    EXPECT_EQ(operate(town_asks(operator_verb::pause, "nope")).error().kind, errc::not_found);
}

TEST_F(Operator, ADrainIsDoneWhenNothingOfItsScopeRuns) {
    const auto town = make_town();
    add_issue(town);
    ASSERT_TRUE(wait_for([&] { return working(town) == 1; }));
    auto drain = asks(operator_verb::drain);
    drain.scope = override_scope::role;
    drain.role = agent_role::polecat;
    ASSERT_TRUE(operate(drain).has_value());
    ASSERT_TRUE(operate(asks(operator_verb::drain)).has_value());
    look(town);
    auto orders = towns->operators().orders;
    ASSERT_EQ(orders.size(), 2U);
    EXPECT_EQ(orders[0].order.scope, override_scope::daemon);
    EXPECT_EQ(orders[1].agents_running, 1);
    EXPECT_FALSE(orders[0].quiet);
    EXPECT_FALSE(orders[1].quiet);
    ASSERT_TRUE(in(town, [](town::context& ctx) -> result<json> {
        for (const auto& a : ctx.store.agents())
            if (const auto done = town::completed(ctx, a.id, {}, false, "done"); !done)
                return done.error();
        return json();
    }));
    EXPECT_TRUE(wait_for([&] {
        const auto now = towns->operators().orders;
        return now[0].quiet && now[1].quiet && now[0].agents_running == 0;
    }));
}

TEST_F(Operator, WhatIsDoneToTheDaemonItselfIsInTheAuditLogBeforeItIsDone) {
    auto what = asks(operator_verb::reload);
    what.act = [&](const reply& told) {
        told(json{{"before", nullptr}, {"after", {{"generation", 2}}}, {"changed", true}});
    };
    const auto said = operate(what);
    ASSERT_TRUE(said.has_value()) << said.error().what;
    EXPECT_TRUE(said->at("applied").get<bool>());
    EXPECT_EQ(said->at("after").at("generation"), 2);
    EXPECT_FALSE(said->at("audit_id").is_null());
    EXPECT_EQ(audited(), strings{"reload configuration done"});
    what.verb = operator_verb::log_level;
    what.act = [](const reply& told) { told(failure{errc::invalid, "no such level"}); };
    EXPECT_EQ(operate(what).error().what, "no such level");
    EXPECT_EQ(audited().front(), "log-level log level no such level");
}

TEST_F(Operator, ADryRunChangesNothing) {
    const auto town = make_town();
    const auto bead = add_issue(town);
    ASSERT_TRUE(wait_for([&] { return working(town) == 1; }));
    for (auto what : {asks(operator_verb::pause), breaker_asks(operator_verb::force_open, town),
                      bead_asks(operator_verb::reset_attempts, town, bead)}) {
        what.dry_run = true;
        const auto said = operate(what);
        ASSERT_TRUE(said.has_value()) << said.error().what;
        EXPECT_FALSE(said->at("applied").get<bool>());
        EXPECT_TRUE(said->at("audit_id").is_null());
        EXPECT_FALSE(said->at("after").is_null());
    }
    look(town);
    EXPECT_TRUE(towns->operators().orders.empty());
    EXPECT_EQ(container_of(town), breaker_state::closed);
    EXPECT_TRUE(audited().empty());
}

TEST_F(Operator, AForcedOpenBreakerHoldsItsTownUntilItsTimeIsOver) {
    const auto town = make_town();
    const auto said = operate(breaker_asks(operator_verb::force_open, town));
    ASSERT_TRUE(said.has_value()) << said.error().what;
    EXPECT_EQ(text_at(said->at("before"), "state"), "closed");
    EXPECT_EQ(text_at(said->at("after"), "state"), "forced_open");
    add_issue(town);
    ASSERT_TRUE(wait_for([&] { return waits_for(town, gate_reason::breaker_forced_open) == 1; }));
    EXPECT_EQ(container.starts(), 0);
    clock.set(clock.now() + hours{1});
    look(town);
    EXPECT_TRUE(wait_for([&] { return container.starts() == 1; }));
    auto wrong = breaker_asks(operator_verb::force_open, town);
    wrong.key = "agent/none";
    EXPECT_EQ(operate(wrong).error().kind, errc::invalid);
    wrong.key = "agent/no-rig/polecat/Toast";
    EXPECT_EQ(operate(wrong).error().kind, errc::not_found);
    EXPECT_NE(audited().front().find("has no rig"), std::string::npos) << "why is on record";
}

TEST_F(Operator, AForcedOpenBreakerIsClearedThroughTheCarefulDoor) {
    const auto town = make_town();
    auto what = breaker_asks(operator_verb::force_open, town);
    what.ttl.reset();
    ASSERT_TRUE(operate(what).has_value());
    restart();
    add_issue(town);
    ASSERT_TRUE(wait_for([&] { return waits_for(town, gate_reason::breaker_forced_open) == 1; }));
    const auto probe = operate(breaker_asks(operator_verb::probe, town));
    EXPECT_EQ(probe.error().kind, errc::conflict);
    const auto cleared = operate(breaker_asks(operator_verb::clear, town));
    ASSERT_TRUE(cleared.has_value());
    EXPECT_EQ(text_at(cleared->at("after"), "state"), "closed") << "nothing there ever failed";
    EXPECT_TRUE(wait_for([&] { return container.starts() == 1; }));
    EXPECT_TRUE(wait_for([&] { return container_of(town) == breaker_state::closed; }));
}

TEST_F(Operator, IncidentC3ABeadThatFailedIsOpenAgainOnceWithItsCountersAtZero) {
    const auto town = make_town();
    ASSERT_TRUE(operate(asks(operator_verb::pause)).has_value());
    const auto bead = add_issue(town);
    ASSERT_TRUE(in(town, [bead](town::context& ctx) -> result<json> {
        auto b = *ctx.store.find_bead(bead);
        b.dispatch_attempts = 5;
        b.failures_in_row = 5;
        b.next_attempt_at = ctx.now + hours{1};
        town::set_status(ctx, b, bead_status::failed, "the container was away");
        ctx.store.put_bead(b);
        return json();
    }));
    const auto said = operate(bead_asks(operator_verb::retry_now, town, bead));
    ASSERT_TRUE(said.has_value()) << said.error().what;
    EXPECT_EQ(text_at(said->at("before"), "status"), "failed");
    EXPECT_EQ(text_at(said->at("after"), "status"), "open");
    const json now = bead_now(town, bead);
    EXPECT_EQ(now["status"], "open");
    EXPECT_EQ(now["attempts"], 0);
    EXPECT_EQ(now["in_row"], 0);
    EXPECT_FALSE(now["waits"].get<bool>());
    EXPECT_EQ(audited().front(), "retry-now bead " + bead + " of town " + town + " done");
    const auto again = operate(bead_asks(operator_verb::retry_now, town, bead));
    ASSERT_TRUE(again.has_value());
    EXPECT_FALSE(again->at("applied").get<bool>()) << "once";
    ASSERT_TRUE(operate(asks(operator_verb::resume)).has_value());
    EXPECT_TRUE(wait_for([&] { return working(town) == 1; }));
}

TEST_F(Operator, IncidentC4OperatorResetRacesACharge) {
    const auto town = make_town();
    const auto bead = add_issue(town);
    ASSERT_TRUE(wait_for([&] { return working(town) == 1; }));
    ASSERT_TRUE(in(town, [bead](town::context& ctx) -> result<json> {
        auto b = *ctx.store.find_bead(bead);
        b.dispatch_attempts = 4;
        b.failures_in_row = 4;
        ctx.store.put_bead(b);
        return json();
    }));
    // Both at once, in either order: the charge counts from zero, or is forgotten.
    for (int round = 0; round < 20; ++round) {
        std::thread charge([&] {
            static_cast<void>(in(town, [bead](town::context& ctx) -> result<json> {
                auto b = *ctx.store.find_bead(bead);
                ++b.dispatch_attempts;
                ctx.store.put_bead(b);
                return json();
            }));
        });
        const auto said = operate(bead_asks(operator_verb::reset_attempts, town, bead));
        charge.join();
        ASSERT_TRUE(said.has_value()) << said.error().what;
        EXPECT_LE(bead_now(town, bead)["attempts"].get<int>(), 1);
    }
}

TEST_F(Operator, ARepeatedRequestIsAnsweredAndNotRepeated) {
    auto what = asks(operator_verb::pause);
    what.idempotency_key = "one";
    what.digest = "d1";
    const auto first = operate(what);
    ASSERT_TRUE(first.has_value());
    restart();
    const auto second = operate(what);
    ASSERT_TRUE(second.has_value());
    EXPECT_EQ(dump_json(*first), dump_json(*second));
    EXPECT_EQ(audited().size(), 1U);
    what.digest = "d2";
    EXPECT_EQ(operate(what).error().kind, errc::conflict);
    what.by = "bob";
    EXPECT_TRUE(operate(what).has_value()) << "keys are each caller's own";
}

TEST_F(Operator, ABatchNeedsTheCountThatItsCallerSaw) {
    std::vector<town_id> all;
    for (int i = 0; i < 12; ++i) {
        all.push_back(make_town());
        auto force = breaker_asks(operator_verb::force_open, all.back());
        ASSERT_TRUE(operate(force).has_value());
    }
    ASSERT_TRUE(wait_for([&] {
        return std::all_of(all.begin(), all.end(), [&](const town_id& t) {
            return container_of(t) == breaker_state::forced_open;
        });
    }));
    auto batch = asks(operator_verb::reset);
    batch.many = breaker_selector{};
    batch.many->states = {"forced_open"};
    EXPECT_EQ(operate(batch).error().kind, errc::invalid);
    batch.expect_count = 10;
    EXPECT_EQ(operate(batch).error().kind, errc::conflict);
    batch.expect_count = 11;
    const auto said = operate(batch);
    ASSERT_TRUE(said.has_value()) << said.error().what;
    EXPECT_EQ(number_at(said->at("after"), "breakers_changed"), 12);
    for (const auto& town : all)
        EXPECT_TRUE(wait_for([&] { return container_of(town) == breaker_state::closed; }));
}

TEST_F(Operator, ABrokenFileCostsTheOrdersNotTheDaemon) {
    const auto town = make_town();
    towns.reset();
    std::filesystem::remove(dir.path / "fleet.db-wal");
    std::ofstream{dir.path / "fleet.db", std::ios::trunc} << std::string(4096, '?');
    begin();
    const auto said = operate(asks(operator_verb::pause));
    ASSERT_FALSE(said.has_value());
    EXPECT_EQ(said.error().kind, errc::unavailable);
    EXPECT_NE(said.error().what.find("fleet.db"), std::string::npos) << said.error().what;
    EXPECT_NE(towns->verdict(clock.now()).find("Operators' orders cannot be kept"),
              std::string::npos);
    add_issue(town);
    EXPECT_TRUE(wait_for([&] { return working(town) == 1; }));
    // Moved away, it is made anew without a restart.
    std::filesystem::remove(dir.path / "fleet.db");
    clock.set(clock.now() + minutes{2});
    EXPECT_TRUE(wait_for([&] { return towns->operators().problem.empty(); }));
    EXPECT_TRUE(operate(asks(operator_verb::pause)).has_value());
}

}  // namespace
}  // namespace townd::engine::test
