// What holds for every town, in whatever state: thousands of them, each from its seed.

#include "decide/random_town.hpp"

#include <map>
#include <set>
#include <sstream>

namespace townd {
namespace {

constexpr unsigned towns = 1'000;  // For each property, and each has its own.

template <class Check>
void for_many_towns(Check check) {
    unsigned first = 1;
    for (const char c :
         std::string_view{testing::UnitTest::GetInstance()->current_test_info()->name()})
        first = (first * 31 + static_cast<unsigned char>(c)) % 1'000'000;
    for (unsigned seed = first; seed < first + towns; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const town t = random_town{seed}.take();
        check(t);
        if (testing::Test::HasFailure()) return;
    }
}

// (a) What explain says is what the tick does, for every live bead.
TEST(RandomTown, ExplainSaysDispatchableExactlyWhenThePlanStartsIt) {
    int started = 0;
    for_many_towns([&](const town& t) {
        const auto out = t.tick();
        for (const auto& b : t.rows.beads) {
            const auto line = t.why(b.id);
            EXPECT_EQ(line.gate == gate_reason::dispatchable, out.starts(b.id))
                << b.id << ": " << line.gate << ": " << line.detail;
            EXPECT_FALSE(line.detail.empty());
            started += out.starts(b.id) ? 1 : 0;
        }
    });
    EXPECT_GT(started, static_cast<int>(towns) / 4) << "the towns are too sick to prove anything";
}

void expect_one_start_each(const town& t, const outcome& out) {
    const town_view view{t.rows, t.facts, t.rules, t.now};
    std::set<std::string> beads;
    std::set<std::string> agents;
    for (const auto& p : out.it.actions) {
        const auto* s = std::get_if<start_agent>(&p.what);
        if (s == nullptr) continue;
        EXPECT_TRUE(beads.insert(s->work).second) << "two starts of " << s->work;
        EXPECT_TRUE(agents.insert(s->agent.value_or("new " + s->agent_name)).second);
        EXPECT_EQ(view.live_dispatch_of_bead(s->work), nullptr);
        const bead* work = view.find_bead(s->work);
        ASSERT_NE(work, nullptr);
        EXPECT_FALSE(is_terminal(work->status));
        if (!s->agent) continue;
        const agent* a = view.find_agent(*s->agent);
        ASSERT_NE(a, nullptr);
        EXPECT_EQ(a->role, s->role);
        EXPECT_FALSE(view.is_occupied(*a)) << a->id;
        EXPECT_FALSE(view.is_stopping(a->id)) << a->id;
        EXPECT_TRUE(!a->hook || *a->hook == s->work || view.find_bead(*a->hook) == nullptr);
    }
}

// (b) One start a bead and an agent; none of what is over, occupied or being stopped.
TEST(RandomTown, ABeadAndAnAgentAreStartedOnceAtMost) {
    for_many_towns([](const town& t) { expect_one_start_each(t, t.tick()); });
}

TEST(RandomTown, LimitsHold) {
    for_many_towns([](const town& t) {
        const town_view view{t.rows, t.facts, t.rules, t.now};
        const auto out = t.tick();
        std::map<std::string, int> polecats;
        int town_busy = 0;
        for (const auto& a : t.rows.agents) {
            if (!view.is_occupied(a) || a.role == agent_role::mayor) continue;
            ++town_busy;
            if (a.role == agent_role::polecat) ++polecats[a.rig.value_or("")];
        }
        int starts = 0;
        int counted = 0;
        std::set<std::string> rigs;
        for (const auto& p : out.it.actions) {
            const auto* s = std::get_if<start_agent>(&p.what);
            if (s == nullptr) continue;
            ++starts;
            if (s->role == agent_role::mayor) continue;
            ++counted;
            if (s->role == agent_role::polecat) {
                rigs.insert(s->rig.value_or(""));
                ++polecats[s->rig.value_or("")];
            }
        }
        EXPECT_LE(starts, t.facts.daemon_slots);
        EXPECT_TRUE(counted == 0 || town_busy + counted <= view.max_per_town());
        for (const auto& rig : rigs)
            EXPECT_LE(polecats[rig], view.max_polecats(rig)) << rig;
        EXPECT_TRUE(!t.facts.stopping || starts == 0);
    });
}

// No two rules act on one thing in one tick: what is given back or stopped is not started.
TEST(RandomTown, NoRuleStartsWhatAnotherTakesAway) {
    for_many_towns([](const town& t) {
        const auto out = t.tick();
        std::map<std::string, int> moved;
        std::set<std::string> taken;
        for (const auto& p : out.it.actions) {
            if (const auto* m = std::get_if<move_bead>(&p.what)) {
                EXPECT_EQ(++moved[m->bead], 1) << m->bead << " is moved twice";
                EXPECT_FALSE(out.starts(m->bead)) << m->bead;
            }
            if (const auto* r = std::get_if<rest_agent>(&p.what)) {
                EXPECT_TRUE(taken.insert(r->agent).second) << r->agent << " is rested twice";
            }
            if (const auto* o = std::get_if<order_stop>(&p.what)) taken.insert(o->agent);
        }
        for (const auto& p : out.it.actions)
            if (const auto* s = std::get_if<start_agent>(&p.what); s != nullptr && s->agent) {
                EXPECT_FALSE(taken.contains(*s->agent)) << *s->agent;
            }
    });
}

std::vector<std::string> told(const outcome& out) {
    std::vector<std::string> lines;
    for (const auto& p : out.it.actions) {
        std::ostringstream line;
        line << p.rule << ' ' << type_of(p.what) << ' ' << subject_of(p.what) << ' ' << p.reason;
        if (const auto* s = std::get_if<start_agent>(&p.what))
            line << ' ' << s->agent_name << ' ' << to_text(s->role);
        if (const auto* m = std::get_if<move_bead>(&p.what)) line << ' ' << to_text(m->to);
        lines.push_back(line.str());
    }
    std::ostringstream rest;
    rest << unix_ms(out.it.look_again_at);
    for (const int n : out.it.waiting.by_reason)
        rest << ' ' << n;
    lines.push_back(rest.str());
    return lines;
}

// (c) The plan is a function of the state.
TEST(RandomTown, EqualStatesGiveEqualPlans) {
    for_many_towns([](const town& t) {
        const auto first = told(t.tick());
        EXPECT_EQ(told(t.tick()), first);
        const town copy = t;
        EXPECT_EQ(told(copy.tick()), first);
    });
}

TEST(RandomTown, TheOrderOfRowsThatAreLookedUpChangesNothing) {
    for_many_towns([](const town& t) {
        town other = t;
        std::mt19937 random{99};
        std::shuffle(other.rows.rigs.begin(), other.rows.rigs.end(), random);
        std::shuffle(other.rows.reviews.begin(), other.rows.reviews.end(), random);
        std::shuffle(other.rows.links.begin(), other.rows.links.end(), random);
        std::shuffle(other.rows.staged.begin(), other.rows.staged.end(), random);
        std::shuffle(other.rows.stops.begin(), other.rows.stops.end(), random);
        std::shuffle(other.rows.dependencies.begin(), other.rows.dependencies.end(), random);
        auto one = told(t.tick());
        auto two = told(other.tick());
        std::sort(one.begin(), one.end());
        std::sort(two.begin(), two.end());
        EXPECT_EQ(one, two);
    });
}

// (d) Nothing waits without a reason, and the counts are those of the beads.
TEST(RandomTown, WhatWaitsHasAReasonAndIsCountedOnce) {
    for_many_towns([](const town& t) {
        const auto out = t.tick();
        EXPECT_EQ(out.waiting(gate_reason::dispatchable), 0);
        int sum = 0;
        for (const int n : out.it.waiting.by_reason) {
            EXPECT_GE(n, 0);
            sum += n;
        }
        EXPECT_EQ(out.it.waiting.total(), sum);
        EXPECT_EQ(out.it.waiting.oldest.has_value(), sum > 0);
        EXPECT_LE(sum + static_cast<int>(out.started().size()),
                  static_cast<int>(t.rows.beads.size()));
        for (const auto& p : out.it.actions) {
            EXPECT_FALSE(p.rule.empty());
            EXPECT_FALSE(p.reason.empty()) << p.rule;
        }
    });
}

// (e) A wake-up in the past with nothing to do is a busy loop.
TEST(RandomTown, TheNextLookIsNotInThePast) {
    for_many_towns([](const town& t) {
        const auto out = t.tick();
        if (out.is_quiet()) {
            EXPECT_GT(out.it.look_again_at, t.now);
        }
        EXPECT_GE(out.it.look_again_at, t.now);
    });
}

}  // namespace
}  // namespace townd
