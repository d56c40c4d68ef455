// What a town's container and its agents need beside work: progress, watch, tokens, letters.

#include <algorithm>

#include "engine/actor_rig.hpp"
#include "engine/permits.hpp"
#include "town/agents.hpp"
#include "town/mail.hpp"
#include "townd/decide/reconcile.hpp"

namespace townd::engine::test {
namespace {

int nudges_of(actor_rig& rig, const agent_id& agent) {
    return rig.read<int>([&](town::context& ctx) {
        return static_cast<int>(ctx.store.pending_nudges(agent, ctx.now).size());
    });
}

TEST(Progress, AnAgentThatGetsNowhereIsAskedUrgedAndStoppedAndItsBeadIsCharged) {
    actor_rig rig;
    rig.add_rig();
    const auto id = rig.add_issue("endless");
    rig.run_for(minutes{1});
    ASSERT_EQ(rig.container.running.size(), 1U);
    const auto agent = rig.container.running.begin()->first;
    rig.getting_on = false;
    // The triage that looks into it ends well: else all work of the rig fails, which no bead pays.
    rig.each_beat = [&](const agent_id& who) {
        for (const auto& a : rig.agents()) {
            if (a.id != who || !a.hook || !rig.bead_now(*a.hook).has_label("gt:triage")) continue;
            rig.container.running.erase(who);
            rig.say_done(who);
        }
    };
    rig.run_for(minutes{16});
    EXPECT_EQ(nudges_of(rig, agent), 1);
    rig.kill_and_restart();
    rig.run_for(minutes{20});
    EXPECT_EQ(nudges_of(rig, agent), 1) << "a restart forgets no nudge";
    rig.run_for(minutes{30});
    EXPECT_GE(rig.journal.count("triage_opened"), 1);
    EXPECT_EQ(rig.bead_now(id).dispatch_attempts, 0);
    rig.run_for(hours{2});
    EXPECT_GE(rig.journal.count("agent_stalled"), 1);
    EXPECT_GE(rig.bead_now(id).dispatch_attempts, 1) << "no progress is the work's own fault";
    EXPECT_NE(failures_of(rig, id).back().error.message().find("no progress"), std::string::npos);
    EXPECT_GE(rig.attempts(id).size(), 2U) << "and it is tried again";
}

TEST(Progress, WhoGetsOnIsLeftAlone) {
    actor_rig rig;
    rig.add_rig();
    const auto id = rig.add_issue("long");
    rig.run_for(hours{24});
    EXPECT_EQ(rig.journal.count("agent_nudged"), 0);
    EXPECT_EQ(rig.attempts(id).size(), 1U);
}

TEST(Progress, ABeatThatALaterOneOvertookTakesNothingBack) {
    actor_rig rig;
    rig.add_rig();
    const auto id = rig.add_issue("work");
    rig.run_for(minutes{1});
    const auto agent = rig.attempts(id).at(0).agent;
    rig.act([&](town::context& ctx) {
        const auto beat = [&](instant event) {
            town::heartbeat_report report;
            report.last_event_at = event;
            EXPECT_TRUE(town::heartbeat(ctx, agent, std::nullopt, report));
            return ctx.store.find_agent(agent)->last_event_at;
        };
        const auto told = ctx.store.find_agent(agent)->last_event_at;
        ASSERT_TRUE(told);
        EXPECT_EQ(beat(*told - minutes{2}), told);
        EXPECT_EQ(beat(ctx.now + hours{9}), ctx.now) << "a clock that is ahead";
    });
}

struct watched_rig : actor_rig {
    watched_rig() {
        auto with = std::make_shared<town::settings>(*settings);
        with->rules.upkeep.restarts = true;
        with->restart_url = "http://runner.test/restart/{town}";
        settings = with;
        env->set_settings(with);
        add_rig();
        container.on_start = [](const http_call&) { return std::nullopt; };  // It hangs.
        container.on_status = [](const http_call&) { return std::nullopt; };
        container.on_other = [this](const http_call& call) -> std::optional<http_answer> {
            if (call.target.starts_with("/restart/")) {
                ++restarts;
                return answer_of(200, "{}");
            }
            return std::nullopt;
        };
        add_issue("work");
    }
    int restarts = 0;
};

TEST(IncidentA16, AWedgedContainersRestartIsAskedForThreeTimesInHalfAnHourAtMost) {
    watched_rig rig;
    rig.run_for(hours{6});
    EXPECT_GE(rig.restarts, 3);
    EXPECT_LE(rig.restarts, 6 * 2 * restarts_per_window);
    EXPECT_GE(rig.journal.count("restarts_exhausted"), 1);
    EXPECT_LE(rig.journal.count("restarts_exhausted"), 13) << "once a window";
    expect_uncharged(rig);
    rig.container.on_start = nullptr;
    rig.container.on_status = nullptr;
    rig.container.on_other = nullptr;
    EXPECT_TRUE(rig.run_until([&] { return rig.container.running.size() == 1; }, minutes{20}));
    const int before = rig.restarts;
    rig.run_for(hours{2});
    EXPECT_EQ(rig.restarts, before);
}

TEST(Tokens, AFreshOneIsHandedOverBeforeTheOldOneIsOverAndNobodyIsRestarted) {
    actor_rig rig;
    rig.add_rig();
    rig.add_issue("long");
    rig.run_for(hours{6});
    EXPECT_EQ(rig.container.calls_to("/refresh-token"), 0);
    rig.run_for(hours{2});
    EXPECT_EQ(rig.container.calls_to("/refresh-token"), 1);
    rig.run_for(hours{16});
    EXPECT_EQ(rig.container.calls_to("/refresh-token"), 3);
    EXPECT_EQ(rig.container.starts(), 1);
    EXPECT_EQ(rig.container.calls_to("/stop"), 0);
}

TEST(Tokens, AContainerThatTakesNoneIsNotStormed) {
    actor_rig rig;
    rig.add_rig();
    rig.container.on_other = [](const http_call&) { return answer_of(500, "{}"); };
    rig.add_issue("long");
    rig.run_for(hours{7} + minutes{30});
    EXPECT_LE(rig.container.calls_to("/refresh-token"), 8);
    EXPECT_GE(rig.container.calls_to("/refresh-token"), 3);
    EXPECT_EQ(rig.journal.count("token_refused"), 1);
}

struct mayor_rig : actor_rig {
    mayor_rig() {
        add_rig();
        act([&](town::context& ctx) {
            auto made = town::get_or_create(ctx, agent_role::mayor, std::nullopt);
            ASSERT_TRUE(made);
            mayor = made->id;
        });
    }
    bead_id write(const std::string& subject, std::vector<std::string> labels = {}) {
        bead_id id;
        act([&](town::context& ctx) {
            auto sent = town::send_mail(ctx, {std::nullopt, mayor, subject, "body", labels});
            ASSERT_TRUE(sent);
            id = sent->id;
        });
        return id;
    }
    agent_id mayor;
};

TEST(Mayor, IsStartedByALetterOnceAndHandedTheNextOnesWhileItRuns) {
    mayor_rig rig;
    rig.run_for(minutes{5});
    EXPECT_EQ(rig.container.starts(), 0) << "never by itself";
    rig.write("first");
    rig.run_for(minutes{1});
    EXPECT_EQ(rig.container.starts(), 1);
    const auto next = rig.write("second");
    rig.run_for(minutes{1});
    EXPECT_EQ(rig.container.starts(), 1);
    EXPECT_EQ(rig.container.calls_to("/message"), 1);
    EXPECT_EQ(rig.bead_now(next).status, bead_status::closed);
}

TEST(Mayor, BetweenItsTurnsItHoldsNoPace) {
    mayor_rig rig;
    rig.write("first");
    rig.run_for(minutes{1});
    rig.act([&](town::context& ctx) { EXPECT_TRUE(town::waiting(ctx, rig.mayor, std::nullopt)); });
    rig.run_for(minutes{5});
    const int before = rig.journal.ticks;
    rig.run_for(hours{1});
    // Two beats a minute wake the town, and the idle pace; not every five seconds.
    EXPECT_LE(rig.journal.ticks - before, 60 * 4);
    EXPECT_EQ(rig.container.starts(), 1);
}

TEST(Mayor, ALetterThatItsSessionRefusesIsTriedEveryTenMinutesAndGoesWithTheNextStart) {
    mayor_rig rig;
    rig.container.on_other = [](const http_call&) { return answer_of(404, "{}"); };
    rig.write("first");
    rig.run_for(minutes{1});
    const auto next = rig.write("second");
    rig.run_for(hours{5});
    EXPECT_LE(rig.container.calls_to("/message"), 5 * 6 + 5);
    EXPECT_GE(rig.container.calls_to("/message"), 5 * 6 - 5) << "a mayor may run for days";
    EXPECT_EQ(rig.bead_now(next).status, bead_status::open);
    rig.container.running.clear();
    rig.say_completed(rig.mayor, false, "completed");
    rig.run_for(minutes{15});
    EXPECT_EQ(rig.bead_now(next).status, bead_status::closed) << "in the next prompt";
}

TEST(Mayor, ABreakerThatOpensIsANoticeOnceAndStartsNobody) {
    mayor_rig rig;
    rig.container.on_start = [](const http_call&) { return refused_connect(); };
    rig.add_issue("work");
    rig.run_for(hours{2});
    const auto letters = rig.read<std::vector<bead>>([&](town::context& ctx) {
        store::bead_filter filter;
        filter.type = bead_type::message;
        return ctx.store.list_beads(filter);
    });
    ASSERT_EQ(letters.size(), 1U) << "two hours of probes are one notice";
    EXPECT_TRUE(letters[0].has_label(town::notice_label));
    EXPECT_NE(letters[0].title.find("cannot be started"), std::string::npos) << letters[0].title;
    for (const auto& d : rig.attempts())
        EXPECT_NE(d.role, agent_role::mayor);
}

TEST(IncidentE10, AnAgentThatWasNotNeededForADayIsGoneAndItsNameIsFreeAgain) {
    actor_rig rig;
    rig.add_rig();
    const auto id = rig.add_issue("work");
    rig.run_for(minutes{1});
    const auto agent = rig.container.running.begin()->first;
    rig.container.running.clear();
    rig.say_done(agent);
    rig.act([&](town::context& ctx) {
        auto b = ctx.store.find_bead(id);
        town::cancel_bead(ctx, *b, bead_status::closed, "merged by hand");
    });
    rig.container.on_start = [](const http_call&) { return refused_connect(); };
    rig.run_for(hours{23});
    const auto kept = rig.agents();
    EXPECT_TRUE(
        std::any_of(kept.begin(), kept.end(), [&](const auto& a) { return a.id == agent; }));
    rig.run_for(hours{3});
    const auto left = rig.agents();
    EXPECT_FALSE(
        std::any_of(left.begin(), left.end(), [&](const auto& a) { return a.id == agent; }));
    EXPECT_EQ(rig.bead_now(id).status, bead_status::closed) << "never a terminal bead (E8)";
    rig.container.on_start = nullptr;
    rig.add_issue("more");
    EXPECT_TRUE(rig.run_until([&] { return !rig.container.running.empty(); }, minutes{20}));
}

}  // namespace
}  // namespace townd::engine::test
