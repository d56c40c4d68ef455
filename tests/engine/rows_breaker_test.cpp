// Incident rows D2, D7, D11: when breakers open, what is told of it, and what one tick sees.

#include "engine/explain.hpp"
#include "engine/permits.hpp"

namespace townd::engine::test {
namespace {

breaker container_of(actor_rig& rig) {
    return rig.read<breaker>([](town::context& ctx) { return first_place(ctx)->state; });
}

TEST(IncidentD2, ThreeBeadsThatFailForEverEndAtTheirCap) {
    actor_rig rig;
    rig.add_rig();
    leave_at_beat(rig, 6, [&](const agent_id& agent, const dispatch_id& session) {
        rig.say_completed(agent, true, "tests do not pass", session);
    });
    for (int i = 0; i < 3; ++i)
        rig.add_issue("hopeless");
    rig.run_for(hours{24});
    // All of a rig's work fails: a bead's fault or the platform's, nobody can tell. Each is tried
    // twice as often as a bad one beside good ones, then a person decides.
    EXPECT_LE(rig.container.starts(), 33);
    EXPECT_GE(rig.container.starts(), 15);
    for (const auto& b : rig.issues())
        EXPECT_TRUE(b.parked || b.status == bead_status::failed) << b.failures_in_row;
    for (const auto& b : rig.issues())
        EXPECT_NE(b.reason.find("tests do not pass"), std::string::npos) << b.reason;
    expect_permits(rig);
}

TEST(IncidentD2, ThreeBeadsWhoseStartsFailAreBrakedLongBeforeTwentyStarts) {
    actor_rig rig;
    rig.add_rig();
    rig.container.on_start = [](const http_call&) {
        return answer_of(500, R"({"error":"git clone failed","phase":"clone"})");
    };
    for (int i = 0; i < 3; ++i)
        rig.add_issue("no clone");
    ASSERT_TRUE(rig.run_until([&] { return !open_breakers(rig).empty(); }, minutes{2}));
    EXPECT_LE(rig.container.starts(), 5);
    rig.run_for(hours{24});
    EXPECT_LE(rig.container.starts(), 20 + 24 * 8);
    expect_uncharged(rig);
    expect_permits(rig);
}

TEST(IncidentD7, TwoHoursOpenAreToldOnceWhenItOpensAndOnceWhenItCloses) {
    actor_rig rig;
    rig.add_rig();
    rig.container.on_start = refuse;
    for (int i = 0; i < 6; ++i)
        rig.add_issue("bead");
    rig.run_for(hours{2});
    const auto told = [&](const std::string& change) {
        return rig.journal.count("breaker: place/rig-1/polecat " + change);
    };
    EXPECT_EQ(told("closed -> open"), 1);
    EXPECT_EQ(told("half_open -> closed"), 0);
    const int probes = rig.container.starts() - 1;
    EXPECT_GE(probes, 10);
    // A probe is told by its own two changes, which operators see at debug level only.
    EXPECT_EQ(told("open -> half_open"), probes);
    EXPECT_EQ(told("half_open -> open"), probes);
    rig.container.on_start = nullptr;
    rig.run_for(minutes{20});
    EXPECT_EQ(told("closed -> open"), 1);
    EXPECT_EQ(told("half_open -> closed"), 1);
    expect_permits(rig);
}

// The clock goes on in the middle of a tick, past the end of the wait: every bead of the tick gets
// the same answer, and the next tick another.
TEST(IncidentD11, OneTickHasOneMomentAndOneStateOfEveryBreaker) {
    actor_rig rig;
    rig.add_rig();
    rig.container.on_start = refuse;
    for (int i = 0; i < 8; ++i)
        rig.add_issue("bead");
    ASSERT_EQ(rig.container_breaker(), breaker_state::open);
    rig.run_for(minutes{2});
    const instant due = container_of(rig).retry_at();
    ASSERT_GT(due, rig.clock.now() + seconds{5});
    const int before = rig.container.starts();

    const auto draw = rig.env->from.draw;
    int drawn = 0;
    rig.env->from.draw = [&] {  // Each tick draws, before it looks at any bead.
        ++drawn;
        rig.clock.set(due + seconds{1});
        return draw();
    };
    rig.inbox.push_back({[](town::context& ctx) -> result<json> {
                             ctx.out.wake = true;
                             return json();
                         },
                         {},
                         false});
    rig.cycle();
    rig.env->from.draw = draw;
    ASSERT_GE(drawn, 1);
    ASSERT_GT(rig.clock.now(), due);
    EXPECT_EQ(rig.container.starts(), before) << "the tick began before the wait was over";
    const auto waits = [&](gate_reason why) {
        return rig.summary->waiting.by_reason[static_cast<std::size_t>(why)];
    };
    EXPECT_EQ(waits(gate_reason::breaker_open), 8);
    EXPECT_EQ(rig.summary->waiting.total(), 8);
    EXPECT_EQ(rig.container_breaker(), breaker_state::open);

    rig.container.on_start = [](const http_call&) { return std::nullopt; };
    rig.cycle();
    EXPECT_EQ(rig.container.starts(), before + 1) << "the first bead is the probe";
    EXPECT_EQ(waits(gate_reason::probe_in_flight), 7) << "and the others all see it";
    EXPECT_EQ(waits(gate_reason::breaker_open), 0);
    EXPECT_EQ(rig.container_breaker(), breaker_state::half_open);
    expect_permits(rig);
}

}  // namespace
}  // namespace townd::engine::test
