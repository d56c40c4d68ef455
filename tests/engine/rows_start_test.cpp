// Incident rows A9, A15, A16, A17: starts that fail for what the container is or has.

#include "engine/permits.hpp"

namespace townd::engine::test {
namespace {

// To the trip, the doublings, then at most one in 480 s (ten minutes less their jitter).
int starts_within(duration span) {
    return 5 + 5 + static_cast<int>(span / seconds{480}) + 1;
}

TEST(IncidentA9, RejectedCredentialsAreOneBoundedCauseAndRestartNobody) {
    actor_rig rig;
    rig.add_rig();
    const auto well = rig.add_issue("at work");
    rig.run_for(minutes{1});
    rig.container.on_start = [](const http_call&) {
        return answer_of(401, R"({"error":"Invalid container token"})");
    };
    for (int i = 0; i < 4; ++i)
        rig.add_issue("token");
    rig.run_for(hours{10});

    EXPECT_LE(rig.container.starts(), 1 + starts_within(hours{10}));
    EXPECT_GE(rig.container.starts(), 40) << "it never gives up";
    expect_uncharged(rig);
    for (const auto& b : rig.issues()) {
        if (b.id == well) continue;
        EXPECT_EQ(b.status, bead_status::open);
        EXPECT_NE(b.reason.find("credentials_rejected"), std::string::npos) << b.reason;
        for (const auto& kept : failures_of(rig, b.id)) {
            EXPECT_EQ(kept.error.code(), error_code::credentials_rejected);
            EXPECT_EQ(kept.error.http_status, 401);
            EXPECT_EQ(kept.error.who, blame::config);
            EXPECT_EQ(kept.error.level, charge_level::place);
            EXPECT_NE(kept.error.message().find("Invalid container token"), std::string::npos);
        }
    }
    // Never a herd of restarts: who was at work is left there.
    EXPECT_EQ(rig.attempts(well).size(), 1U);
    EXPECT_EQ(rig.bead_now(well).status, bead_status::in_progress);
    EXPECT_EQ(rig.container.calls_to("/stop"), 0);

    rig.container.on_start = nullptr;
    EXPECT_TRUE(rig.run_until([&] { return rig.container.running.size() == 5; }, minutes{13}));
    expect_permits(rig);
}

TEST(IncidentA9, WithoutATokenNothingIsSentAndTheRigWaitsVisibly) {
    actor_rig rig;
    rig.add_rig();
    rig.settings->jwt_secret.clear();
    for (int i = 0; i < 5; ++i)
        rig.add_issue("no token");
    rig.run_for(hours{10});

    EXPECT_EQ(rig.container.starts(), 0) << "no start without a token";
    const auto tried = rig.attempts();
    EXPECT_LE(static_cast<int>(tried.size()), starts_within(hours{10}));
    EXPECT_GE(tried.size(), 40U);
    for (const auto& d : tried) {
        ASSERT_TRUE(d.error.has_value());
        EXPECT_EQ(d.error->code(), error_code::config_invalid);
        EXPECT_EQ(d.error->phase(), error_phase::prepare);
        EXPECT_NE(d.error->message().find("secret is empty"), std::string::npos)
            << d.error->message();
    }
    expect_uncharged(rig);
    EXPECT_EQ(rig.with_status(bead_status::open), 5);
    EXPECT_EQ(rig.in_flight->used(), 0);
    const auto open = open_breakers(rig);
    ASSERT_TRUE(open.contains("place/rig-1/polecat"));
    EXPECT_NE(open.at("place/rig-1/polecat").cause.find("config_invalid"), std::string::npos);

    rig.settings->jwt_secret = "a secret of sufficient length for tests";
    EXPECT_TRUE(rig.run_until([&] { return rig.container.running.size() == 5; }, minutes{13}));
    expect_permits(rig);
}

// Every `life` all that runs in the container is gone; starts in between succeed.
TEST(IncidentA15, AFlappingContainerIsNotStormedEachTimeItIsBack) {
    actor_rig rig;
    rig.add_rig();
    for (int i = 0; i < 5; ++i)
        rig.add_issue("flapping");
    int deaths = 0;
    int most_at_once = 0;
    const instant began = rig.clock.now();
    while (rig.clock.now() - began < hours{4}) {
        const int before = rig.container.starts();
        rig.run_for(seconds{90 + 10 * (deaths % 4)});
        rig.container.running.clear();
        ++deaths;
        most_at_once = std::max(most_at_once, rig.container.starts() - before);
    }
    // Without a brake each death would cost five starts, at once.
    EXPECT_LE(rig.container.starts(), deaths * 3);
    EXPECT_LE(most_at_once, 5);
    expect_uncharged(rig);
    EXPECT_GE(rig.journal.count("breaker: place"), 4);
    rig.run_for(minutes{30});
    EXPECT_GE(rig.container.running.size(), 4U) << "and when it stays, all work goes on";
    expect_permits(rig);
}

TEST(IncidentA15, AStartThatSucceedsAloneDoesNotCloseTheBreaker) {
    actor_rig rig;
    rig.add_rig();
    for (int i = 0; i < 4; ++i)
        rig.add_issue("dies");
    rig.run_for(minutes{2});
    ASSERT_EQ(rig.container.running.size(), 4U);
    rig.container.running.clear();
    const int before = rig.container.starts();
    ASSERT_TRUE(rig.run_until([&] { return rig.container.starts() == before + 1; }, minutes{3}));
    EXPECT_EQ(rig.container.running.size(), 1U) << "it started";
    rig.run_for(seconds{25});
    EXPECT_NE(rig.container_breaker(), breaker_state::closed);
    EXPECT_EQ(rig.container.starts(), before + 1) << "and the others wait for its survival";
    rig.container.running.clear();  // It dies before it survived.
    // The next one goes once that is known and the place's own wait is over, and alone again.
    ASSERT_TRUE(rig.run_until([&] { return rig.container.starts() == before + 2; }, minutes{5}));
    EXPECT_NE(rig.container_breaker(), breaker_state::closed);
    const instant tried = rig.clock.now();
    const auto& limits = rig.settings->rules.dispatch;
    rig.run_for(limits.survive_for - seconds{1});
    EXPECT_NE(rig.container_breaker(), breaker_state::closed);
    EXPECT_EQ(rig.container.starts(), before + 2);
    ASSERT_TRUE(rig.run_until([&] { return rig.container_breaker() == breaker_state::closed; },
                              limits.survive_for + 2 * limits.heartbeat_timeout));
    EXPECT_GE(rig.clock.now() - tried, limits.survive_for);
    EXPECT_TRUE(rig.run_until([&] { return rig.container.running.size() >= 2; }, minutes{1}));
    expect_permits(rig);
}

TEST(IncidentA16, AWedgedContainerCostsBoundedCallsAndAnswersAreNotAwaitedForEver) {
    actor_rig rig;
    rig.add_rig();
    const auto hang = [](const http_call&) -> std::optional<http_answer> { return std::nullopt; };
    rig.settings->rules.dispatch.max_polecats_per_rig = 8;
    rig.add_issue("was at work");
    rig.run_for(minutes{1});
    rig.container.on_start = rig.container.on_status = rig.container.on_stop = hang;
    rig.container.running.clear();
    for (int i = 0; i < 7; ++i)
        rig.add_issue("wedged");
    EXPECT_TRUE(
        rig.run_until([&] { return rig.container_breaker() == breaker_state::open; }, minutes{10}))
        << "it accepts, and that is no sign of health";
    rig.run_for(hours{6});
    EXPECT_LE(rig.container.starts(), 1 + starts_within(hours{6}));
    // Each agent's stop is sent again until it is confirmed, one call at a time, 10 s each.
    EXPECT_LE(rig.container.calls_to("/stop"), 8 * 6 * 360);
    EXPECT_LE(rig.in_flight->used(), 1);
    expect_uncharged(rig);
    EXPECT_EQ(rig.with_status(bead_status::in_progress), 0);
    EXPECT_EQ(rig.summary->condition, town_condition::degraded);
    EXPECT_FALSE(rig.summary->problem.empty());

    rig.container.on_start = rig.container.on_status = rig.container.on_stop = nullptr;
    EXPECT_TRUE(rig.run_until([&] { return rig.container.running.size() == 8; }, minutes{15}));
    expect_permits(rig);
}

TEST(IncidentA17, CapacityExhaustedBrakesTheTownAndCostsNoBeadAnAttempt) {
    const std::vector<http_answer> answers{
        answer_of(503, R"({"error":"There is no container instance available at this time"})"),
        answer_of(500, R"({"error":"There is no container instance available at this time"})"),
        answer_of(503, "There is no container instance available at this time")};
    for (const auto& answer : answers) {
        actor_rig rig;
        rig.add_rig();
        rig.container.on_start = [&](const http_call&) { return answer; };
        for (int i = 0; i < 5; ++i)
            rig.add_issue("no room");
        rig.run_for(hours{10});

        const auto open = open_breakers(rig);
        EXPECT_TRUE(open.contains("place/rig-1/polecat")) << "braked as one, not agent by agent";
        EXPECT_LE(rig.container.starts(), 5 + starts_within(hours{10}));
        EXPECT_GE(rig.container.starts(), 40);
        const auto at = start_times(rig);
        for (std::size_t i = at.size() / 2; i + 1 < at.size(); ++i) {
            EXPECT_GE(at[i + 1] - at[i], seconds{450});
            EXPECT_LE(at[i + 1] - at[i], seconds{725});
        }
        expect_uncharged(rig);
        for (const auto& b : rig.issues())
            for (const auto& kept : failures_of(rig, b.id)) {
                EXPECT_EQ(kept.error.who, blame::infrastructure);
                EXPECT_NE(kept.error.level, charge_level::bead);
                EXPECT_NE(kept.error.message().find("no container instance available"),
                          std::string::npos);
            }
        rig.container.on_start = nullptr;
        EXPECT_TRUE(rig.run_until([&] { return rig.container.running.size() == 5; }, minutes{25}));
        expect_permits(rig);
    }
}

}  // namespace
}  // namespace townd::engine::test
