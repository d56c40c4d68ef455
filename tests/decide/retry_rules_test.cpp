// What the desk gives leave for, rule by rule: places that never failed, sweeps that leave enough
// for probes, members whose try was out when their cause healed, doubts of one stage alone.

#include <deque>
#include <vector>

#include "decide/desk_talk.hpp"

namespace townd {
namespace {

// With all spent one is tried now and then all the same, or nobody would know of a repair.
constexpr unsigned overdrawn = 20;

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class LeaveTalk : public DeskTalk {
protected:
    static constexpr auto polecat = agent_role::polecat;

    /// What waits never failed itself: another of its town did.
    [[nodiscard]] doubt_told fresh() const {
        auto d = doubt(now, 0);
        d.own = false;
        d.fresh = true;
        return d;
    }
    [[nodiscard]] std::uint64_t lease_of_role(const town_id& town, agent_role role) const {
        const auto found = lease_of.find(town + "/" + std::string{to_text(role)});
        return found == lease_of.end() ? 0 : found->second;
    }
    void answer(const town_id& town, verdict said, stage at = stage::answered,
                std::optional<stage> doubted = {}, agent_role role = polecat) {
        const bool counts = said == verdict::failure;
        desk.take(
            attempt_news{town, role, at, said, now, counts, lease_of_role(town, role), doubted},
            now, rules);
    }
    [[nodiscard]] int left() { return desk.figures(now, rules).left; }
    std::vector<retry_budget::entry> kept;  ///< As stored.
};

// --- the log outlives the process

TEST_F(LeaveTalk, WhatIsSpentOutlivesTheProcess) {
    EXPECT_FALSE(desk.take_spent()) << "nothing was spent";
    for (int k = 0; k < 4; ++k)
        for (int i = 0; i < 25; ++i) {
            fails("t" + std::to_string(i), doubt(now + minutes{9}, 8));
            now += seconds{2};
        }
    const auto spent = desk.take_spent();
    ASSERT_TRUE(spent);
    EXPECT_EQ(spent->size(), 100U);
    EXPECT_FALSE(desk.take_spent()) << "once for each change";
    for (const duration later : {duration{0}, duration{minutes{30}}, duration{minutes{58}},
                                 duration{minutes{61}}, duration{hours{3}}}) {
        retry_desk before = desk;
        retry_desk after;
        after.restore(*spent, now + later);
        EXPECT_EQ(after.figures(now + later, rules).left, before.figures(now + later, rules).left)
            << later.count() << " ms later";
        EXPECT_EQ(after.figures(now + later, rules).failures,
                  before.figures(now + later, rules).failures);
    }
    EXPECT_LT(left(), rules.retry.per_hour - 70) << "or nothing was to be kept";
}

// A fleet that fails all day, restarted again and again: no hour costs more for it, though what has
// not failed yet is tried at once each time.
TEST_F(LeaveTalk, RestartsLendNoMoreThanOneProcessWould) {
    const auto failures_of = [&](bool restarts) {
        desk = {};
        lease_of.clear();
        int failed = 0;
        std::deque<instant> hour;
        std::size_t most = 0;
        const auto fail = [&](int i, std::uint64_t lease) {
            const town_id town = "t" + std::to_string(i);
            desk.take(attempt_news{town, polecat, stage::answered, verdict::failure, now, true,
                                   lease, stage::answered},
                      now, rules);
            stands(town, fresh());  // The town has more rigs that have not failed yet.
            ++failed;
            hour.push_back(now);
            while (now - hour.front() >= retry_window)
                hour.pop_front();
            most = std::max(most, hour.size());
        };
        for (int i = 0; i < 60; ++i)
            fail(i, 0);
        for (int s = 0; s < 3 * 3'600; ++s) {
            pass(seconds{1});
            for (int i = 0; i < 60; ++i)
                if (const auto mine = lease("t" + std::to_string(i)); mine != 0) fail(i, mine);
            hear();
            if (!restarts || s % 300 != 299) continue;
            const auto spent = desk.take_spent();
            desk = {};
            lease_of.clear();
            if (spent) kept = *spent;
            desk.restore(kept, now);
            for (int i = 0; i < 60; ++i)
                stands("t" + std::to_string(i), fresh());
        }
        EXPECT_LE(most, 60U + static_cast<unsigned>(rules.retry.per_hour) + overdrawn) << restarts;
        EXPECT_GT(failed, 200) << "too few to prove anything";
        return failed;
    };
    const int without = failures_of(false);
    EXPECT_LE(failures_of(true), without + 12) << "of one process: " << without;
}

TEST(RetryBudgetLog, LeavesOutWhatIsOverOrLiesAhead) {
    const instant now = from_unix_ms(1'795'342'322'000);
    const retry_policy rules;
    retry_budget b;
    b.restore({{now - retry_window, "old", true, false},
               {now - minutes{10}, "a", true, false},
               {now - minutes{20}, "disorder", false, false},
               {now - minutes{5}, "a", false, false},
               {now + minutes{1}, "ahead", true, true}},
              now);
    EXPECT_EQ(b.failures(), 2);
    EXPECT_EQ(b.of("a"), 2);
    EXPECT_EQ(b.of("ahead") + b.of("old") + b.of("disorder"), 0);
    EXPECT_EQ(b.left(0, now, rules), rules.per_hour - 1);
    EXPECT_EQ(b.left(0, now + minutes{50}, rules), rules.per_hour) << "its first left the hour";
}

TEST(RetryBudgetLog, WhatIsSavedIsBoundedAndTheNewest) {
    const instant now = from_unix_ms(1'795'342'322'000);
    retry_budget b;
    for (int i = 0; i < 5'000; ++i)
        b.failed("t", now + duration{i}, now + duration{i}, false, false);
    const auto spent = b.spent();
    ASSERT_EQ(spent.size(), 2'000U);
    EXPECT_EQ(spent.back().at, now + duration{4'999});
    EXPECT_TRUE(std::is_sorted(spent.begin(), spent.end(),
                               [](const auto& a, const auto& c) { return a.at < c.at; }));
}

// --- places that never failed

TEST_F(LeaveTalk, AFreshPlaceHasItsTryAtOnceThoughItsTownsOthersWait) {
    fails("t0", doubt(now + minutes{9}, 8));
    stands("t0", fresh(), true, agent_role::refinery);
    stands("t0", fresh(), true, agent_role::mayor);
    pass(seconds{1});
    EXPECT_NE(lease_of_role("t0", agent_role::refinery), 0U);
    EXPECT_NE(lease_of_role("t0", agent_role::mayor), 0U);
    EXPECT_EQ(lease("t0"), 0U) << "this one waits";
}

// 150 towns whose other roles were not tried lately, and all of these fail.
TEST_F(LeaveTalk, FreshPlacesThatAllFailStayWithinTheBudgetAndLeaveHalfOfIt) {
    const int towns = 150;
    for (int i = 0; i < towns; ++i)
        fails("t" + std::to_string(i), doubt(now + hours{2}, 8));
    ASSERT_EQ(left(), rules.retry.per_hour);
    for (int i = 0; i < towns; ++i)
        stands("t" + std::to_string(i), fresh(), true, agent_role::refinery);
    int failed = 0;
    int at_once = 0;
    for (int s = 0; s < 3'500; ++s) {
        pass(seconds{1});
        for (int i = 0; i < towns; ++i) {
            const town_id town = "t" + std::to_string(i);
            if (lease_of_role(town, agent_role::refinery) == 0) continue;
            answer(town, verdict::failure, stage::answered, stage::answered, agent_role::refinery);
            stands(town, doubt(now + hours{2}, 1), true, agent_role::refinery);
            ++failed;
        }
        hear();
        if (s == 1) at_once = failed;
        // Where all is spent one is tried now and then all the same, or nobody would know.
        ASSERT_LE(failed, rules.retry.per_hour + static_cast<int>(overdrawn))
            << "after " << s << " s";
    }
    EXPECT_GE(at_once, rules.retry.per_hour / 2 - 2) << "they have leave at once";
    EXPECT_LE(at_once, rules.retry.per_hour / 2 + rules.retry.burst) << "half is for the others";
    EXPECT_GT(failed, at_once) << "and then they have their turns";
}

// The town's own bound leaves its last try to what has not failed yet.
TEST_F(LeaveTalk, ATownsLastTryIsForAPlaceThatHasNotFailed) {
    for (int k = 0; k < 15; ++k)
        fails("t0", doubt(now, 8));
    stands("t0", fresh(), true, agent_role::refinery);
    pass(minutes{20});
    EXPECT_EQ(lease("t0"), 0U);
    EXPECT_NE(lease_of_role("t0", agent_role::refinery), 0U);
    answer("t0", verdict::failure, stage::answered, stage::answered, agent_role::refinery);
    stands("t0", {}, false, agent_role::refinery);
    stands("t0", fresh(), true, agent_role::mayor);
    pass(minutes{20});
    EXPECT_EQ(lease_of_role("t0", agent_role::mayor), 0U) << "16 failed: that is its bound";
}

// --- doubts of one stage

// An agent that survives says nothing of starts that hang: neither the doubt ends nor the lease,
// and nobody else is let go.
TEST_F(LeaveTalk, SurvivalEndsNeitherADoubtAboutAnswersNorItsLease) {
    for (int i = 0; i < 10; ++i)
        fails("t" + std::to_string(i), doubt(now + (i == 0 ? seconds{1} : minutes{30}), 8));
    pass(minutes{1});
    const auto mine = lease("t0");
    ASSERT_NE(mine, 0U);
    answer("t0", verdict::success, stage::survived, stage::answered);
    pass(minutes{1});
    EXPECT_EQ(lease("t0"), mine) << "its answer is still awaited";
    EXPECT_EQ(leases, 1) << "no sweep";
    answer("t0", verdict::success, stage::answered);
    stands("t0", {});
    pass(seconds{2});
    EXPECT_EQ(lease("t0"), 0U);
    EXPECT_GT(leases, 1) << "now it is proved";
}

TEST(StandingStages, SurvivalEndsNoDoubtAboutAnswers) {
    const instant now = from_unix_ms(1'795'342'322'000);
    standing place;
    standing::failure f;
    f.began = f.now = now;
    place.failed(f, 0.5, retry_policy{});
    EXPECT_FALSE(place.succeeded(stage::survived, now + seconds{1}, now + minutes{2}));
    EXPECT_FALSE(place.succeeded(stage::done, now + seconds{1}, now + minutes{3}));
    EXPECT_TRUE(place.in_doubt_at(stage::answered));
    for (const auto at : {stage::answered, stage::survived, stage::done})
        for (const auto doubted : {stage::answered, stage::survived, stage::done})
            EXPECT_EQ(proves(at, doubted),
                      at == doubted || (at == stage::done && doubted == stage::survived))
                << to_text(at) << " and " << to_text(doubted);
}

// --- sweeps

// Its try hung when its cause healed, and fails after it: that says nothing of now.
TEST_F(LeaveTalk, AMemberWhoseTryWasOutWhenItsCauseHealedIsTriedRightAfter) {
    fails("a", doubt(now, 6));
    fails("b", doubt(now, 6));
    fails("c", doubt(now + hours{2}, 6));
    for (int i = 0; i < 200 && (lease("a") == 0 || lease("b") == 0); ++i)
        pass(seconds{5});
    ASSERT_NE(lease("a"), 0U);
    ASSERT_NE(lease("b"), 0U) << "both are out";
    const instant began = now - seconds{1};
    const auto hung = lease("b");
    answer("a", verdict::success);
    stands("a", {});
    pass(seconds{30});
    EXPECT_NE(lease("c"), 0U) << "the sweep";
    answer("c", verdict::success);
    stands("c", {});
    pass(seconds{10});
    desk.take(attempt_news{"b", polecat, stage::answered, verdict::failure, began, true, hung,
                           stage::answered},
              now, rules);
    stands("b", doubt(now + minutes{9}, 7));
    pass(seconds{2});
    EXPECT_NE(lease("b"), 0U) << "its own wait is nine minutes more";
    EXPECT_NE(lease("b"), hung);
}

// One that failed after its cause healed is not tried again for it.
TEST_F(LeaveTalk, AMemberThatFailedAfterItsCauseHealedWaitsAsAfterAnyFailure) {
    fails("a", doubt(now, 6));
    fails("b", doubt(now + hours{2}, 6));
    fails("c", doubt(now + hours{2}, 6));
    pass(minutes{1});
    ASSERT_NE(lease("a"), 0U);
    answer("a", verdict::success);
    stands("a", {});
    pass(seconds{1});
    ASSERT_NE(lease("b"), 0U);
    answer("b", verdict::failure, stage::answered, stage::answered);
    stands("b", doubt(now + minutes{9}, 7));
    hear();
    pass(seconds{20});
    EXPECT_EQ(lease("b"), 0U);
}

// 119 of 120 stay ill: their sweep, however wide, leaves enough for probes until the hour ends.
TEST_F(LeaveTalk, ASweepNeverUsesUpWhatIsKeptForProbes) {
    const int towns = 160;
    for (int i = 0; i < towns; ++i)
        fails("t" + std::to_string(i), doubt(i == 0 ? now : now + hours{5}, 4));
    pass(minutes{1});
    ASSERT_NE(lease("t0"), 0U);
    answer("t0", verdict::success);
    stands("t0", {});
    int failed = 0;
    const instant first_leaves = now - minutes{1} + hours{1};
    int swept = 0;
    for (int s = 0; s < 3'000; ++s) {
        pass(seconds{1});
        for (int i = 1; i < towns; ++i) {
            const town_id town = "t" + std::to_string(i);
            if (lease(town) == 0) continue;
            answer(town, verdict::failure, stage::answered, stage::answered);
            stands(town, doubt(now + hours{5}, 5));
            ++failed;
        }
        hear();
        if (s == 60) swept = failed;
        // One in 150 s until the first failure leaves the hour, and no more than 20.
        const auto kept_for_probes =
            std::min<std::int64_t>(20, (first_leaves - now) / seconds{150});
        ASSERT_GE(left(), kept_for_probes - 1) << "after " << s << " s";
    }
    EXPECT_EQ(swept, rules.retry.per_hour - 20) << "it was a sweep";
    // Now another cause comes: its towns are not shut out until the hour ends.
    const int before = leases;
    for (int i = 0; i < 3; ++i) {
        auto other = doubt(now, 1);
        other.kind = "git_failed//";
        fails("other" + std::to_string(i), other);
    }
    pass(minutes{5});
    EXPECT_GT(leases, before);
}

// While each try succeeds the sweep goes on within what is kept, one for each success.
TEST_F(LeaveTalk, WithinWhatIsKeptASweepGoesOnOneForEachSuccess) {
    const int towns = 40;
    for (int i = 0; i < towns; ++i)
        fails("t" + std::to_string(i), doubt(i == 0 ? now : now + hours{5}, 4));
    for (int k = 0; left() > 10; ++k)
        fails("noise" + std::to_string(k % 10), doubt(now + hours{5}, 4), false);
    for (int i = 0; i < 100 && lease("t0") == 0; ++i)
        pass(seconds{5});
    ASSERT_NE(lease("t0"), 0U);
    const int scarce = left();
    ASSERT_GT(scarce, 0);
    answer("t0", verdict::success);
    stands("t0", {});
    int back = 0;
    for (int s = 0; s < 120; ++s) {
        pass(duration{500});
        int out = 0;
        std::vector<town_id> who;
        for (int i = 1; i < towns; ++i)
            if (const town_id town = "t" + std::to_string(i); lease(town) != 0) {
                ++out;
                who.push_back(town);
            }
        EXPECT_LE(out, 2) << "after " << s;
        for (const auto& town : who) {
            answer(town, verdict::success);
            stands(town, {});
            ++back;
        }
        hear();
    }
    EXPECT_EQ(back, towns - 1) << "all that is repaired is back within a minute";
}

}  // namespace
}  // namespace townd
