// One cause in many towns: who waits, who tries, when it is over.

#include "townd/decide/outage.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace townd {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// A fleet of towns that have work for polecats, and whose starts succeed or fail as told.
class fleet {
public:
    outage_policy policy;
    outage_watch watch;
    instant now = from_unix_ms(1'795'342'322'000);
    std::map<town_id, outage_advice> advice;  // Members' standing, as told.
    std::vector<outage_event> events;
    int told_joined = 0;

    explicit fleet(int towns) {
        for (int i = 0; i < towns; ++i)
            work(town(i), true);
    }
    static town_id town(int i) { return "t" + std::to_string(1000 + i); }

    void work(const town_id& t, bool has) {
        watch.take(role_has_work{t, agent_role::polecat, has}, now, policy);
        turn();
    }
    void result(const town_id& t, start_verdict said, const std::string& cause = "http_5xx: no") {
        start_result r{t, agent_role::polecat, said, "fp " + cause, "http_5xx/500", cause, "", 0};
        if (const auto mine = advice.find(t); mine != advice.end()) {
            r.outage = mine->second.outage;
            r.lease = mine->second.lease;
        }
        watch.take(r, now, policy);
        turn();
    }
    void fail(int from, int to) {
        for (int i = from; i < to; ++i)
            result(town(i), start_verdict::failure);
    }
    // Lets time pass in the steps that the watch asks for.
    void pass(duration span) {
        const instant end = now + span;
        while (watch.next_due() <= end) {
            now = std::max(now, watch.next_due());
            turn();
            answer();
        }
        now = end;
        turn();
    }
    void turn() {
        watch.advance(now, policy, 0.5);
        for (auto& m : watch.take_messages()) {
            told_joined += m.joined ? 1 : 0;
            if (m.advice)
                advice[m.town] = *m.advice;
            else
                advice.erase(m.town);
        }
        for (auto& e : watch.take_events())
            events.push_back(e);
    }
    // Every lease is used and answered as `heals` says.
    std::function<std::optional<start_verdict>(const town_id&)> heals;
    int tries = 0;
    void answer() {
        if (!heals) return;
        for (bool more = true; more;) {
            more = false;
            for (const auto& t : leased()) {
                const auto said = heals(t);
                if (!said) continue;
                ++tries;
                more = true;
                result(t, *said);
            }
        }
    }
    [[nodiscard]] std::vector<town_id> leased() const {
        std::vector<town_id> out;
        for (const auto& [t, a] : advice)
            if (a.lease != 0) out.push_back(t);
        return out;
    }
    [[nodiscard]] int count(outage_event::kind what) const {
        return static_cast<int>(std::count_if(events.begin(), events.end(),
                                              [&](const auto& e) { return e.what == what; }));
    }
};

TEST(Outage, A3OpensOnceForManyTownsWithOneCause) {
    fleet f(20);
    f.fail(0, 4);
    EXPECT_TRUE(f.events.empty()) << "four towns are no outage";
    f.fail(4, 12);
    ASSERT_EQ(f.events.size(), 1U) << "one notice, however many join";
    EXPECT_EQ(f.events[0].cause, "http_5xx: no");
    EXPECT_EQ(f.advice.size(), 12U);
    EXPECT_TRUE(f.leased().empty()) << "nobody tries before the first canary is due";
    EXPECT_EQ(f.watch.summaries().at(0).members, 12);
}

TEST(Outage, B16OneBadTownNeverOpensOne) {
    fleet f(160);
    for (int i = 0; i < 10'000; ++i)
        f.result(fleet::town(7), start_verdict::failure);
    EXPECT_TRUE(f.events.empty());
    EXPECT_TRUE(f.advice.empty());
}

TEST(Outage, AFewTownsOfALargeFleetAreNoOutage) {
    fleet f(160);
    for (int i = 0; i < 160; ++i)
        f.result(fleet::town(i), start_verdict::success);
    f.fail(0, 31);  // 19 %.
    EXPECT_TRUE(f.events.empty());
    f.fail(31, 32);  // 20 %.
    EXPECT_EQ(f.events.size(), 1U);
}

TEST(Outage, AHealthyTownJoinsAfterOneFailureOfItsOwn) {
    fleet f(20);
    f.fail(0, 8);
    EXPECT_FALSE(f.advice.contains(fleet::town(9))) << "it has its own first try";
    f.result(fleet::town(9), start_verdict::failure);
    EXPECT_TRUE(f.advice.contains(fleet::town(9)));
    f.result(fleet::town(10), start_verdict::failure, "git_failed: another cause");
    EXPECT_FALSE(f.advice.contains(fleet::town(10))) << "not for another cause's text";
}

TEST(Outage, CausesWhoseTextsDifferInEachTownAreOneFamily) {
    fleet f(10);
    for (int i = 0; i < 6; ++i)
        f.result(fleet::town(i), start_verdict::failure,
                 "http_5xx: /srv/" + std::string(static_cast<std::size_t>(i + 1), 'x'));
    ASSERT_EQ(f.count(outage_event::kind::opened), 1);
    EXPECT_EQ(f.advice.size(), 6U);
}

TEST(Outage, B17CanariesTryInRotationAtOneSharedPace) {
    fleet f(20);
    f.fail(0, 15);
    std::map<town_id, int> tried;
    f.heals = [&](const town_id& t) -> std::optional<start_verdict> {
        ++tried[t];
        return start_verdict::failure;
    };
    f.pass(minutes{60});
    EXPECT_LE(f.tries, 120) << "one every 30 s, whatever the number of towns";
    EXPECT_GE(f.tries, 110);
    EXPECT_EQ(tried.size(), 15U) << "each in its turn";
    for (const auto& [t, n] : tried)
        EXPECT_NEAR(n, f.tries / 15, 1) << t;
    EXPECT_EQ(f.events.size(), 1U) << "and no notice of it";
}

TEST(Outage, D9TheFirstSuccessStartsARampThatDoubles) {
    fleet f(200);
    f.fail(0, 151);
    f.heals = [](const town_id&) -> std::optional<start_verdict> { return std::nullopt; };
    f.pass(seconds{30});
    ASSERT_EQ(f.leased().size(), 1U);
    std::vector<std::size_t> steps;
    while (!f.leased().empty()) {
        const auto step = f.leased();
        steps.push_back(step.size());
        for (const auto& t : step)
            f.result(t, start_verdict::success);
    }
    EXPECT_EQ(steps, (std::vector<std::size_t>{1, 2, 4, 8, 16, 32, 64, 24}));
    EXPECT_TRUE(f.advice.empty()) << "all are let go";
    ASSERT_EQ(f.count(outage_event::kind::closed), 1) << "one notice that it is over";
    EXPECT_EQ(f.events.back().members, 151);
    EXPECT_TRUE(f.watch.summaries().empty());
}

TEST(Outage, ARampThatFailsHalvesAndFallsBackToCanaries) {
    fleet f(200);
    f.fail(0, 151);
    f.pass(seconds{30});
    f.result(f.leased().at(0), start_verdict::success);
    for (const auto& t : f.leased())  // 2
        f.result(t, start_verdict::success);
    ASSERT_EQ(f.leased().size(), 4U);
    f.result(f.leased()[0], start_verdict::failure);
    EXPECT_EQ(f.watch.summaries().at(0).ramp_width, 2) << "half";
    EXPECT_EQ(f.leased().size(), 3U) << "those that are out may come back first";
    f.result(f.leased()[0], start_verdict::success);
    EXPECT_EQ(f.watch.summaries().at(0).ramp_width, 3);
    int more = 0;
    for (; !f.leased().empty() && more < 10; ++more)
        f.result(f.leased()[0], start_verdict::failure);
    EXPECT_LE(more, 4) << "back to canaries, not one more of the volley";
    EXPECT_EQ(f.count(outage_event::kind::probing), 1);
    f.pass(seconds{29});
    EXPECT_TRUE(f.leased().empty());
    f.pass(seconds{2});
    EXPECT_EQ(f.leased().size(), 1U);
}

TEST(Outage, SeveralAreOpenAtOnceAndEachClosesByItsOwnRepair) {
    fleet f(30);
    const std::map<char, std::string> causes{{'0', "a"}, {'1', "b"}, {'2', "c"}};
    const auto cause_of = [&](const town_id& t) {
        return causes.at(static_cast<char>('0' + (t.back() - '0') % 3));
    };
    std::set<std::string> healed;
    for (int i = 0; i < 30; ++i)
        f.result(fleet::town(i), start_verdict::failure, cause_of(fleet::town(i)));
    EXPECT_EQ(f.watch.summaries().size(), 3U);
    f.heals = [&](const town_id& t) -> std::optional<start_verdict> {
        return healed.contains(cause_of(t)) ? start_verdict::success : start_verdict::failure;
    };
    // Failures keep their own cause.
    const auto heal = [&](const std::string& cause, std::size_t left) {
        healed.insert(cause);
        const auto before = f.watch.summaries();
        for (int i = 0; i < 4; ++i) {
            f.now += seconds{31};
            f.turn();
            for (int more = 0; more < 20; ++more)
                for (const auto& t : f.leased())
                    f.result(t,
                             healed.contains(cause_of(t)) ? start_verdict::success
                                                          : start_verdict::failure,
                             cause_of(t));
        }
        EXPECT_EQ(f.watch.summaries().size(), left) << cause;
        for (const auto& o : f.watch.summaries())
            EXPECT_NE(o.cause, cause);
    };
    heal("b", 2);
    heal("a", 1);
    heal("c", 0);
    EXPECT_EQ(f.count(outage_event::kind::closed), 3);
}

TEST(Outage, B1ACanaryThatNeverReportsIsTakenBack) {
    fleet f(10);
    f.fail(0, 8);
    f.pass(seconds{30});
    ASSERT_EQ(f.leased().size(), 1U);
    const auto lost = f.leased().at(0);
    const auto lease = f.advice.at(lost).lease;
    f.now += f.policy.lease;
    f.turn();
    EXPECT_NE(f.advice.at(lost).lease, lease);
    ASSERT_FALSE(f.leased().empty()) << "the next one tries";
    // Its late success is of a lease that is gone: it changes nothing.
    start_result late{
        lost, agent_role::polecat, start_verdict::success, "", "", "", f.advice.at(lost).outage,
        lease};
    f.watch.take(late, f.now, f.policy);
    f.turn();
    EXPECT_TRUE(f.advice.contains(lost));
    EXPECT_EQ(f.count(outage_event::kind::ramping), 0);
}

TEST(Outage, ACanaryWithoutUseForItsLeasePassesItOn) {
    fleet f(10);
    f.fail(0, 8);
    f.pass(seconds{30});
    const auto idle = f.leased().at(0);
    f.watch.take(lease_returned{idle, f.advice.at(idle).outage, f.advice.at(idle).lease}, f.now,
                 f.policy);
    f.turn();
    EXPECT_TRUE(f.leased().empty());
    f.pass(seconds{2});
    ASSERT_EQ(f.leased().size(), 1U) << "not only after another 30 s";
    EXPECT_NE(f.leased().at(0), idle);
}

TEST(Outage, OnlyTownsWithWorkTry) {
    fleet f(10);
    f.fail(0, 8);
    for (int i = 0; i < 7; ++i)
        f.work(fleet::town(i), false);
    f.pass(seconds{30});
    EXPECT_EQ(f.leased(), std::vector<town_id>{fleet::town(7)});
}

TEST(Outage, B9WithoutAnybodyWhoCouldTryItClosesByItself) {
    fleet f(10);
    f.fail(0, 8);
    for (int i = 0; i < 10; ++i)
        f.work(fleet::town(i), false);
    f.pass(minutes{11});
    EXPECT_TRUE(f.watch.summaries().empty());
    EXPECT_TRUE(f.advice.empty());
}

TEST(Outage, ARestartAddsNoTryAndForgetsNoMember) {
    fleet f(20);
    f.fail(0, 15);
    f.pass(seconds{10});
    const auto id = f.watch.summaries().at(0).id;
    const auto saved = f.watch.saved(id);
    ASSERT_TRUE(saved);
    const auto due = f.watch.next_due();
    f.watch = outage_watch{};
    f.advice.clear();
    f.watch.restore(*saved, f.now, f.policy);
    EXPECT_EQ(f.watch.advice_for(fleet::town(3)).size(), 1U) << "known before its first start";
    EXPECT_TRUE(f.watch.advice_for(fleet::town(17)).empty());
    for (int i = 0; i < 20; ++i)
        f.work(fleet::town(i), true);
    EXPECT_TRUE(f.leased().empty());
    EXPECT_EQ(f.watch.next_due(), due) << "the pace goes on as if nothing had been";
}

TEST(Outage, ObservingHoldsNobodyBackAndSaysWhatItWould) {
    fleet f(20);
    f.policy.mode = outage_mode::observe;
    f.fail(0, 15);
    EXPECT_EQ(f.count(outage_event::kind::opened), 1);
    EXPECT_TRUE(f.advice.at(fleet::town(3)).observe_only);
    f.pass(minutes{5});
    EXPECT_TRUE(f.leased().empty());
    for (int i = 0; i < 15; ++i)
        f.result(fleet::town(i), start_verdict::success);
    EXPECT_EQ(f.count(outage_event::kind::closed), 1);
}

TEST(Outage, SwitchedOffItNeverOpensAndLetsGoWhomItHeld) {
    fleet f(20);
    f.fail(0, 8);
    ASSERT_FALSE(f.advice.empty());
    f.policy.mode = outage_mode::off;
    f.turn();
    EXPECT_TRUE(f.advice.empty());
    f.fail(0, 20);
    EXPECT_EQ(f.count(outage_event::kind::opened), 1);
}

TEST(Outage, ATownThatIsDeletedIsNoMemberAnyMore) {
    fleet f(20);
    f.fail(0, 8);
    f.watch.take(town_gone{fleet::town(2)}, f.now, f.policy);
    f.turn();
    EXPECT_EQ(f.watch.summaries().at(0).members, 7);
    EXPECT_TRUE(f.watch.advice_for(fleet::town(2)).empty());
}

}  // namespace
}  // namespace townd
