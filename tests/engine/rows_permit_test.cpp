// Trap B15 and row D4: whatever asks for a start, it passes the one gate.

#include "engine/permits.hpp"
#include "town/agents.hpp"

namespace townd::engine::test {
namespace {

bead_id make_bead(town::context& ctx, bead_type type, const std::string& title,
                  std::vector<bead_id> blocked_by = {}, std::vector<std::string> labels = {}) {
    town::new_bead wanted;
    wanted.type = type;
    wanted.title = title;
    wanted.rig = "rig-1";
    wanted.blocked_by = std::move(blocked_by);
    wanted.labels = std::move(labels);
    auto made = town::create_bead(ctx, wanted);
    EXPECT_TRUE(made.has_value());
    return made ? made->id : bead_id{};
}

// A town where everything that can ask for a start is ready to.
class ManyWays : public ::testing::Test {
protected:
    ManyWays() {
        auto& limits = rig.settings->rules.dispatch;
        limits.max_polecats_per_rig = limits.max_polecats_per_town = limits.max_per_town = 40;
        rig.add_rig();
        reviewed = rig.add_issue("reviewed");
        rig.run_for(minutes{1});
        rig.container.running.clear();
        rig.container.on_start = refuse;
        rig.act([&](town::context& ctx) {
            mayor = town::get_or_create(ctx, agent_role::mayor, std::nullopt)->id;
            parked = make_bead(ctx, bead_type::issue, "parked");
            auto aside = *ctx.store.find_bead(parked);
            aside.parked = true;
            ctx.store.put_bead(aside);
            blocker = make_bead(ctx, bead_type::issue, "blocker", {}, {"gt:held"});
            blocked = make_bead(ctx, bead_type::issue, "blocked", {blocker});
            failed = make_bead(ctx, bead_type::issue, "failed", {}, {"gt:held"});
            EXPECT_TRUE(town::change_status(ctx, failed, bead_status::failed, std::nullopt));
            for (int i = 0; i < 5; ++i)
                make_bead(ctx, bead_type::issue, "opens the breaker");
        });
    }

    struct way {
        const char* name;
        std::function<void(town::context&)> ask;
    };
    std::vector<way> ways() {
        return {
            {"create", [](auto& ctx) { make_bead(ctx, bead_type::issue, "created"); }},
            {"sling",
             [](auto& ctx) {
                 EXPECT_TRUE(town::sling(ctx, "rig-1", "slung", std::nullopt, "{}"));
             }},
            {"hook",
             [](auto& ctx) {
                 const auto on = town::get_or_create(ctx, agent_role::polecat, "rig-1");
                 ASSERT_TRUE(on.has_value());
                 EXPECT_TRUE(town::hook(ctx, on->id, make_bead(ctx, bead_type::issue, "by hand")));
             }},
            {"retry of a failed bead",
             [this](auto& ctx) {
                 auto b = *ctx.store.find_bead(failed);
                 b.labels.clear();
                 ctx.store.put_bead(b);
                 EXPECT_TRUE(town::retry_bead(ctx, failed, "now"));
             }},
            {"retry of a parked bead",
             [this](auto& ctx) { EXPECT_TRUE(town::retry_bead(ctx, parked, "now")); }},
            {"unblock",
             [this](auto& ctx) {
                 EXPECT_TRUE(town::change_status(ctx, blocker, bead_status::closed, std::nullopt));
             }},
            {"mayor",
             [this](auto& ctx) {
                 auto b = *ctx.store.find_bead(make_bead(ctx, bead_type::message, "hello"));
                 b.assignee = mayor;
                 ctx.store.put_bead(b);
             }},
            {"review",
             [this](auto& ctx) {
                 store::dispatch_filter newest;
                 newest.bead = reviewed;
                 newest.limit = 1;
                 const auto d = ctx.store.list_dispatches(newest).at(0);
                 rig.container.running.erase(d.agent);
                 EXPECT_TRUE(town::done(ctx, d.agent, d.id, {"b", {}, {}}));
             }},
        };
    }
    void expect_breaker_open() { ASSERT_EQ(rig.container_breaker(), breaker_state::open); }

    actor_rig rig;
    bead_id reviewed, parked, blocker, blocked, failed;
    agent_id mayor;
};

TEST_F(ManyWays, TrapB15NoWayToAStartPassesAnOpenBreaker) {
    expect_breaker_open();
    int before = rig.container.starts();
    for (const auto& one : ways()) {
        rig.act(one.ask);
        // What concerns no place that failed may be tried once: the mayor, the refinery.
        EXPECT_LE(rig.container.starts(), before + 1) << one.name;
        before = rig.container.starts();
    }
    EXPECT_EQ(rig.bead_now(reviewed).status, bead_status::in_review);
    // Who is next is the one probe, whatever it is: time after time.
    for (int probe = 0; probe < 4; ++probe) {
        ASSERT_TRUE(rig.run_until([&] { return rig.container.starts() > before; }, minutes{13}));
        EXPECT_LE(rig.container.starts(), before + 3);
        before = rig.container.starts();
    }
    rig.container.on_start = nullptr;
    EXPECT_TRUE(rig.run_until([&] { return rig.container.running.size() == 13; }, minutes{20}))
        << rig.container.running.size();
    std::set<std::string> rules;
    std::set<agent_role> roles;
    for (const auto& d : rig.attempts()) {
        rules.insert(d.rule);
        roles.insert(d.role);
    }
    for (const char* rule :
         {"R1_unassigned_bead", "R2_hooked_bead", "R5_next_review", "mayor_wanted"})
        EXPECT_TRUE(rules.contains(rule)) << rule;
    EXPECT_EQ(roles.size(), 3U);
    for (const auto& id : {reviewed, parked, blocked, failed})
        EXPECT_FALSE(rig.attempts(id).empty()) << rig.bead_now(id).title;
    expect_permits(rig);
}

TEST_F(ManyWays, TrapB15AndNoneStartsMoreThanItsPermitsWithAllGatesOpen) {
    rig.container.on_start = nullptr;
    rig.run_for(minutes{15});
    for (const auto& one : ways()) {
        const auto rows = rig.attempts().size();
        const int sent = rig.container.starts();
        rig.act(one.ask);
        rig.run_for(seconds{10});
        const int more = rig.container.starts() - sent;
        EXPECT_GE(more, 1) << one.name;
        EXPECT_EQ(rig.attempts().size() - rows, static_cast<std::size_t>(more)) << one.name;
    }
    expect_permits(rig);
}

}  // namespace
}  // namespace townd::engine::test
