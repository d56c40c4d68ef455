// Incident rows F3, F9, F10: rules that want nothing, and rules that could want opposite things.

#include "engine/permits.hpp"

namespace townd::engine::test {
namespace {

bead_id add_labelled(actor_rig& rig, const std::string& label,
                     const std::vector<bead_id>& blocked_by = {}) {
    bead_id id;
    rig.act([&](town::context& ctx) {
        town::new_bead wanted;
        wanted.title = label.empty() ? "blocked" : label;
        wanted.rig = "rig-1";
        if (!label.empty()) wanted.labels = {label};
        wanted.blocked_by = blocked_by;
        auto made = town::create_bead(ctx, wanted);
        ASSERT_TRUE(made.has_value()) << made.error().what;
        id = made->id;
    });
    return id;
}

int waits(const actor_rig& rig, gate_reason why) {
    return rig.summary->waiting.by_reason[static_cast<std::size_t>(why)];
}

TEST(IncidentF3, ARigWithoutCodeGetsNoDispatchAndNoBatch) {
    actor_rig rig;
    rig.act([](town::context& ctx) {
        townd::rig empty;
        empty.id = "rig-1";
        empty.name = "no code";
        ctx.store.insert_rig(empty);
    });
    for (int i = 0; i < 5; ++i)
        rig.add_issue("for nobody");
    const int ticks = rig.journal.ticks;
    rig.run_for(hours{24});
    EXPECT_TRUE(rig.container.log.empty()) << "not one call of any kind";
    EXPECT_TRUE(rig.attempts().empty());
    EXPECT_TRUE(rig.agents().empty()) << "nor a batch of agents";
    EXPECT_EQ(rig.issues().size(), 5U) << "nor a batch of beads";
    EXPECT_EQ(rig.with_status(bead_status::open), 5);
    expect_uncharged(rig);
    EXPECT_EQ(waits(rig, gate_reason::rig_not_configured), 5) << "it waits visibly";
    EXPECT_LE(rig.journal.ticks - ticks, 24 * 60 + 10) << "at the idle pace";
    rig.act([](town::context& ctx) {
        auto filled = *ctx.store.find_rig("rig-1");
        filled.git_url = "https://git.test/now";
        ctx.store.put_rig(filled);
    });
    EXPECT_EQ(rig.container.running.size(), 5U);
    expect_permits(rig);
}

TEST(IncidentF9, StagedHeldAndBlockedBeadsCostNoAttemptAndNoTicks) {
    actor_rig rig;
    rig.add_rig();
    const auto held = add_labelled(rig, "gt:held");
    add_labelled(rig, "", {held});
    rig.act([](town::context& ctx) {
        bead convoy;
        convoy.id = "convoy-1";
        convoy.type = bead_type::convoy;
        convoy.title = "staged";
        convoy.created_at = convoy.updated_at = ctx.now;
        ctx.store.insert_bead(convoy);
        ctx.store.put_convoy({"convoy-1", 1, 0, {}, {}, "review-then-land", true});
        bead b;
        b.id = "staged-1";
        b.title = "staged";
        b.rig = "rig-1";
        b.created_at = b.updated_at = ctx.now;
        ctx.store.insert_bead(b);
        ctx.store.add_dependency({"staged-1", "convoy-1", "tracks", std::nullopt});
        ctx.out.wake = true;
    });
    rig.run_for(minutes{5});
    const int ticks = rig.journal.ticks;
    rig.run_for(hours{10});
    EXPECT_LE(rig.journal.ticks - ticks, 10 * 60 + 10) << "the idle pace, not every five seconds";
    EXPECT_GE(rig.journal.ticks - ticks, 10 * 60 - 10);
    EXPECT_TRUE(rig.container.log.empty());
    EXPECT_TRUE(rig.attempts().empty());
    EXPECT_EQ(rig.with_status(bead_status::open), 3);
    expect_uncharged(rig);
    EXPECT_EQ(waits(rig, gate_reason::bead_not_ready), 2);
    EXPECT_EQ(waits(rig, gate_reason::bead_not_dispatchable), 1);

    // Each goes on at once when what held it is gone (G2).
    rig.act([&](town::context& ctx) {
        ctx.store.put_convoy({"convoy-1", 1, 0, {}, {}, "review-then-land", false});
        EXPECT_TRUE(town::change_status(ctx, held, bead_status::closed, std::nullopt));
    });
    EXPECT_EQ(rig.container.starts(), 2);
    expect_permits(rig);
}

// A town in a state on which two rules could disagree.
struct contested {
    const char* what;
    bead_type type;
    bead_status status;
    std::vector<std::pair<agent_role, agent_status>> hooked;
    bool assigned = false;
};

void make(actor_rig& rig, const contested& state) {
    rig.act([&](town::context& ctx) {
        bead b;
        b.id = "contested";
        b.type = state.type;
        b.status = state.status;
        b.title = state.what;
        b.rig = "rig-1";
        b.created_at = b.updated_at = ctx.now;
        if (state.assigned) b.assignee = "agent-0";
        ctx.store.insert_bead(b);
        if (state.type == bead_type::merge_request) {
            review r;
            r.id = b.id;
            r.branch = "branch";
            ctx.store.insert_review(r);
        }
        int n = 0;
        for (const auto& [role, status] : state.hooked) {
            agent a;
            a.id = "agent-" + std::to_string(n);
            a.role = role;
            a.rig = "rig-1";
            a.name = role == agent_role::refinery ? "refinery" : "Cat" + std::to_string(n);
            a.identity = a.id + "@t1";
            a.status = status;
            a.status_text = to_text(status);
            a.hook = b.id;
            a.created_at = ctx.now;
            ctx.store.insert_agent(a);
            ++n;
        }
        ctx.out.wake = true;
    });
}

std::string state_of(actor_rig& rig) {
    const auto b = rig.bead_now("contested");
    std::string out = std::string{to_text(b.status)} + " " + b.assignee.value_or("-");
    for (const auto& a : rig.agents())
        out += " | " + a.name + " " + std::string{to_text(a.status)} + " " + a.hook.value_or("-");
    return out;
}

void expect_rest(const contested& state, bool may_start) {
    SCOPED_TRACE(std::string{state.what} + (may_start ? ", starts work" : ", starts are held"));
    actor_rig rig;
    rig.add_rig();
    if (!may_start)
        rig.act([](town::context& ctx) {
            for (const auto& r : ctx.store.rigs())
                for (const auto role : {agent_role::polecat, agent_role::refinery})
                    ctx.breakers.force(breaker_set::place_key(r.id, role),
                                       breaker_state::forced_open, "a test", ctx.now,
                                       ctx.now + hours{1});
        });
    make(rig, state);
    std::vector<std::string> seen{state_of(rig)};
    for (int tick = 0; tick < 20; ++tick) {
        rig.act([](town::context& ctx) { ctx.out.wake = true; });
        rig.run_for(seconds{5});
        const auto now = state_of(rig);
        if (now == seen.back()) continue;
        EXPECT_EQ(std::find(seen.begin(), seen.end(), now), seen.end())
            << "back again: " << now << "\n after " << seen.back();
        seen.push_back(now);
    }
    EXPECT_LE(seen.size(), 4U);
    const auto events = rig.read<std::vector<store::bead_event>>([](town::context& ctx) {
        return ctx.store.bead_events(std::nullopt, bead_id{"contested"}, 1000);
    });
    EXPECT_LE(events.size(), 8U) << "its history does not grow by the tick";
    EXPECT_LE(rig.container.starts(), may_start ? 1 : 0);
    EXPECT_EQ(rig.journal.count("action_failed"), 0);
    expect_permits(rig);
}

TEST(IncidentF10, RulesThatCouldDisagreeDoNotTakeTurns) {
    using enum bead_status;
    constexpr auto cat = agent_role::polecat;
    constexpr auto refinery = agent_role::refinery;
    constexpr auto idle = agent_status::idle;
    const std::vector<contested> states{
        {"idle refinery on a started review",
         bead_type::merge_request,
         in_progress,
         {{refinery, idle}},
         true},
        {"idle polecat on a started review", bead_type::merge_request, in_progress, {{cat, idle}}},
        {"idle refinery on an open review", bead_type::merge_request, open, {{refinery, idle}}},
        {"idle refinery on an issue", bead_type::issue, open, {{refinery, idle}}, true},
        {"idle polecat on a started issue", bead_type::issue, in_progress, {{cat, idle}}, true},
        {"idle polecat on an issue in review", bead_type::issue, in_review, {{cat, idle}}},
        {"two polecats on one issue", bead_type::issue, open, {{cat, idle}, {cat, idle}}, true},
        {"a polecat and a refinery on one review",
         bead_type::merge_request,
         in_progress,
         {{cat, idle}, {refinery, idle}}},
        {"dead polecat on an open issue", bead_type::issue, open, {{cat, agent_status::dead}}},
        {"dead refinery on a started review",
         bead_type::merge_request,
         in_progress,
         {{refinery, agent_status::dead}}},
        {"assignee that does not exist", bead_type::issue, open, {}, true}};
    for (const auto& state : states) {
        expect_rest(state, false);
        expect_rest(state, true);
    }
}

}  // namespace
}  // namespace townd::engine::test
