// The fleet's bound, checked by counting: tries are drawn, made only with leave, and may all fail.

#include "townd/decide/retry_budget.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <set>

namespace townd {
namespace {

const instant budget_began = from_unix_ms(1'795'342'322'000);

// What fails, in the order in which it does, counted by the test itself.
class counted_failures {
public:
    void add(const town_id& town, instant began, instant now, bool session = false) {
        all_.emplace_back(now, town);
        while (!hour_.empty() && now - hour_.front().at >= retry_window) {
            const one& gone = hour_.front();
            if (--towns_[gone.town] == 0) towns_.erase(gone.town);
            if (gone.ran) --ran_;
            hour_.pop_front();
        }
        const bool first = ++towns_[town] == 1;
        if (first) first_of_[town] = now;
        const bool ran = session && (first || began < first_of_[town]);
        if (ran) ++ran_;
        hour_.push_back({now, town, ran});
    }
    // Of the hour that ends with the newest one.
    [[nodiscard]] int failures() const { return static_cast<int>(hour_.size()); }
    [[nodiscard]] int towns() const { return static_cast<int>(towns_.size()); }
    /// Sessions that ran when their town's first one failed, and these.
    [[nodiscard]] int ran() const { return ran_; }
    /// What the fleet is not to blame for: towns, or the sessions that ran in them.
    [[nodiscard]] int free() const { return std::max(towns(), ran()); }
    /// Most failures of the town in an hour that ends between `from` and `to`.
    [[nodiscard]] int most_of(const town_id& town, instant from, instant to) const {
        std::deque<instant> hour;
        int most = 0;
        for (const auto& [at, whose] : all_) {
            if (whose != town) continue;
            hour.push_back(at);
            while (at - hour.front() >= retry_window)
                hour.pop_front();
            if (at >= from && at < to) most = std::max(most, static_cast<int>(hour.size()));
        }
        return most;
    }

private:
    struct one {
        instant at{};
        town_id town;
        bool ran = false;
    };
    std::vector<std::pair<instant, town_id>> all_;
    std::deque<one> hour_;
    std::map<town_id, int> towns_;
    std::map<town_id, instant> first_of_;
    int ran_ = 0;
};

struct budget_try {
    instant began{};
    instant ends{};
    int town = 0;
    bool fails = true;
};

// A fleet whose ill towns try as often as they may, sometimes as a sweep does: for what is left.
class budget_walk {
public:
    explicit budget_walk(unsigned seed) : random_(seed) {
        towns_ = 1 + upto(upto(1) == 0 ? 8 : 300);
        fail_percent_ = upto(3) == 0 ? 100 : 30 + upto(70);
        causes_ = 1 + upto(5);
        sweep_every_ = upto(2) == 0 ? 0 : 60 + upto(600);
        sessions_ = upto(2) == 0;
        rules.per_hour = upto(2) == 0 ? 120 : 10 + upto(300);
    }
    void run(duration span) {
        for (const instant end = now + span; now < end; now += duration{1'000 + upto(2'000)}) {
            finish();
            // Towns fall ill without any leave: the first failure of what was well.
            if (upto(40) == 0)
                for (int k = upto(towns_); k > 0 && ill_.size() < static_cast<std::size_t>(towns_);
                     --k) {
                    const int town = upto(towns_ - 1);
                    if (!ill_.insert(town).second || budget.of(name(town)) > 0) continue;
                    const instant began = now - duration{1};
                    fail(town, began, false);
                    // What ran beside it fails as well, and was nobody's decision.
                    for (int more = sessions_ ? upto(4) : 0; more > 0; --more)
                        fail(town, began, false);
                }
            tries();
        }
    }
    retry_policy rules;
    retry_budget budget;
    counted_failures seen;
    instant now = budget_began;
    int made = 0;
    int over = 0;
    std::string worst;

private:
    int upto(int most) { return static_cast<int>(random_() % static_cast<unsigned>(most + 1)); }
    static town_id name(int town) { return "t" + std::to_string(town); }
    [[nodiscard]] int out() const { return static_cast<int>(out_.size()); }

    void fail(int town, instant began, bool lent) {
        budget.failed(name(town), began, now, lent, sessions_);
        seen.add(name(town), began, now, sessions_);
        const int bound = std::max(static_cast<int>(ill_.size()), seen.ran()) + rules.per_hour;
        if (seen.failures() - bound <= over) return;
        over = seen.failures() - bound;
        worst = std::to_string(seen.failures()) + " failures in an hour, " +
                std::to_string(seen.towns()) + " towns, " + std::to_string(seen.ran()) +
                " sessions that ran, bound " + std::to_string(bound);
    }
    void finish() {
        std::vector<budget_try> rest;
        for (const auto& t : out_) {
            if (t.ends > now) {
                rest.push_back(t);
                continue;
            }
            if (t.fails)
                fail(t.town, t.began, true);
            else
                budget.give_back(rules);
        }
        out_ = std::move(rest);
    }
    void lend(int town) {
        ++made;
        out_.push_back({now, now + duration{200 + upto(upto(9) == 0 ? 60'000 : 3'000)}, town,
                        upto(99) < fail_percent_});
    }
    void tries() {
        if (ill_.empty()) return;
        const std::vector<int> all{ill_.begin(), ill_.end()};
        const auto any = [&] {
            return all[static_cast<std::size_t>(upto(static_cast<int>(all.size()) - 1))];
        };
        if (sweep_every_ > 0 && upto(sweep_every_) == 0)
            for (const int town : all)
                if (budget.left(out(), now, rules) > 2 && budget.town_may_try(name(town), now))
                    lend(town);
        while (budget.may_try(out(), causes_, now, rules)) {
            const int town = any();
            if (!budget.town_may_try(name(town), now)) break;
            budget.take(now);
            lend(town);
        }
    }

    std::mt19937 random_;
    std::set<int> ill_;
    std::vector<budget_try> out_;
    int towns_ = 1;
    int fail_percent_ = 100;
    int causes_ = 1;
    int sweep_every_ = 0;
    bool sessions_ = false;
};

// Where the last of an hour is used up somebody is tried each five minutes all the same.
TEST(RetryBudget, NoSlidingHourCostsMoreThanItsTownsTheBudgetAndADozen) {
    int made = 0;
    for (unsigned seed = 1; seed <= 60; ++seed) {
        budget_walk w{seed};
        w.run(std::chrono::hours{4});
        made += w.made;
        EXPECT_LE(w.over, 12) << "seed " << seed << ": " << w.worst;
    }
    EXPECT_GT(made, 10'000) << "too few tries to prove anything";
}

TEST(RetryBudget, WhatIsLeftNeverCountsWhatIsOutTwice) {
    const retry_policy rules;
    retry_budget b;
    const int alone = b.left(0, budget_began, rules);
    EXPECT_EQ(alone, rules.per_hour);
    for (int out = 0; out <= 200; ++out)
        EXPECT_EQ(b.left(out, budget_began, rules), alone - out) << out;
    EXPECT_FALSE(b.may_try(rules.per_hour, 1, budget_began + std::chrono::hours{1}, rules))
        << "all that is left is out";
}

// A hundred failures of towns that were well cost the budget nothing: each pays for itself.
TEST(RetryBudget, TheFirstFailureOfATownCostsNothingOfTheBudget) {
    const retry_policy rules;
    retry_budget b;
    for (int i = 0; i < 500; ++i)
        b.failed("t" + std::to_string(i), budget_began, budget_began, false, false);
    EXPECT_EQ(b.left(0, budget_began, rules), rules.per_hour) << "and lends no more in its first";
    EXPECT_EQ(b.failures(), 500);
    EXPECT_EQ(b.towns(), 500);
    // A start beside the first one is a try more.
    b.failed("t0", budget_began - duration{1}, budget_began + duration{1}, false, false);
    EXPECT_EQ(b.left(0, budget_began + duration{1}, rules), rules.per_hour - 1);
}

// Sessions that ran when the first of their town failed were nobody's decision.
TEST(RetryBudget, SessionsThatRanCostNothingOfTheBudgetAndThoseAfterThemDo) {
    const retry_policy rules;
    retry_budget b;
    for (int k = 0; k < 8; ++k)
        for (int i = 0; i < 30; ++i)
            b.failed("t" + std::to_string(i), budget_began - duration{1}, budget_began, false,
                     true);
    EXPECT_EQ(b.failures(), 240);
    EXPECT_EQ(b.left(0, budget_began, rules), rules.per_hour);
    b.failed("t0", budget_began, budget_began + duration{60'000}, true, true);
    EXPECT_EQ(b.left(0, budget_began + duration{60'000}, rules), rules.per_hour - 1)
        << "it began after the first one had failed";
    b.failed("t0", budget_began - duration{1}, budget_began + duration{60'001}, false, false);
    EXPECT_EQ(b.left(0, budget_began + duration{60'001}, rules), rules.per_hour - 2)
        << "a start is no session";
}

TEST(RetryBudget, TriesComeOneByOneAtAnEvenPace) {
    const retry_policy rules;
    retry_budget b;
    std::vector<instant> tries;
    for (instant now = budget_began; now < budget_began + std::chrono::minutes{30};
         now += duration{500})
        if (b.may_try(0, 1, now, rules)) {
            b.take(now);
            tries.push_back(now);
        }
    ASSERT_GT(tries.size(), 50U);
    EXPECT_LE(tries.size(), 61U) << "30 minutes at 120 an hour, from an empty bucket";
    for (std::size_t i = 1; i < tries.size(); ++i)
        EXPECT_GE(tries[i] - tries[i - 1], duration{29'000}) << "try " << i;
}

// After a quiet time `burst` tries are there and no more.
TEST(RetryBudget, AQuietTimeSavesNoMoreThanABurst) {
    const retry_policy rules;
    retry_budget b;
    static_cast<void>(b.may_try(0, 1, budget_began, rules));
    instant now = budget_began + std::chrono::hours{50};
    int at_once = 0;
    for (; at_once < 100 && b.may_try(0, 1, now, rules); ++at_once)
        b.take(now);
    EXPECT_EQ(at_once, rules.burst);
    for (int i = 0; i < 100; ++i)
        b.give_back(rules);
    EXPECT_LE(b.tokens(), rules.burst) << "nor does what was given back";
}

TEST(RetryBudget, TheNextTokenComesWhenItIsSaidAndNotBefore) {
    std::mt19937 random{7};
    for (int round = 0; round < 200; ++round) {
        const retry_policy rules;
        retry_budget b;
        instant now = budget_began;
        static_cast<void>(b.may_try(0, 1, now, rules));
        for (int i = static_cast<int>(random() % 100); i > 0; --i)
            b.failed("t" + std::to_string(random() % 5), now, now, i % 2 == 0, false);
        const int causes = 1 + static_cast<int>(random() % 4);
        if (b.may_try(0, causes, now, rules)) continue;
        const instant next = b.next_token();
        ASSERT_GT(next, now) << round;
        retry_budget early = b;
        EXPECT_FALSE(early.may_try(0, causes, now + (next - now) / 2, rules)) << round;
        EXPECT_TRUE(b.may_try(0, causes, next, rules))
            << round << ": " << b.tokens() << " tokens, " << b.left(0, next, rules) << " left";
    }
}

// 16 in its first hour, 12 in later ones: two of each are left to what nobody can know before.
TEST(RetryBudget, ATownsOwnBoundHoldsInEveryHour) {
    for (unsigned seed = 1; seed <= 40; ++seed) {
        std::mt19937 random{seed};
        retry_budget b;
        counted_failures seen;
        instant now = budget_began;
        const instant end = budget_began + std::chrono::hours{8};
        for (; now < end; now += duration{static_cast<std::int64_t>(1'000 + random() % 90'000)}) {
            static_cast<void>(b.left(0, now, retry_policy{}));
            if (!b.town_may_try("t", now)) continue;
            b.failed("t", now, now, true, false);
            seen.add("t", now, now);
        }
        EXPECT_LE(seen.most_of("t", budget_began, end), 16) << "seed " << seed;
        EXPECT_LE(seen.most_of("t", budget_began + std::chrono::hours{2}, end), 12)
            << "seed " << seed;
    }
}

TEST(RetryBudget, ATownThatIsGoneStaysCounted) {
    const retry_policy rules;
    retry_budget b;
    for (int i = 0; i < 10; ++i)
        b.failed("t", budget_began, budget_began, false, false);
    const int before = b.left(0, budget_began, rules);
    b.forget("t");
    EXPECT_EQ(b.left(0, budget_began, rules), before);
    EXPECT_EQ(b.failures(), 10);
    EXPECT_EQ(b.left(0, budget_began + retry_window, rules), rules.per_hour);
    EXPECT_EQ(b.towns(), 0);
}

TEST(RetryBudget, NoFloodMakesItGrowWithoutBound) {
    const retry_policy rules;
    retry_budget b;
    for (int i = 0; i < 120'000; ++i)
        b.failed("t" + std::to_string(i % 3'000), budget_began + duration{i},
                 budget_began + duration{i}, false, false);
    EXPECT_LE(b.failures(), 50'001);
    EXPECT_LE(b.left(0, budget_began + duration{120'000}, rules), 0);
    EXPECT_GE(b.next_expiry(), budget_began + retry_window);
}

}  // namespace
}  // namespace townd
