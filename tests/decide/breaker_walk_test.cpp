// Random walks: whatever happens in whatever order, a breaker keeps its promises.

#include <random>
#include <set>
#include <vector>

#include "decide/breaker_talk.hpp"

namespace townd {
namespace {

using enum verdict;

class walk {
public:
    explicit walk(unsigned seed) : random_(seed) {
        talk_.rules.jitter = 0.2;
        talk_.rules.samples = static_cast<int>(random_() % 33);
        talk_.rules.failures = 1 + static_cast<int>(random_() % 6);
    }

    void step() {
        talk_.draw = std::uniform_real_distribution<>{0.0, 1.0}(random_);
        talk_.pass(duration{static_cast<std::int64_t>(random_() % 40'000)});
        talk_.expire();
        switch (random_() % 12) {
            case 0:
                restart();
                break;
            case 1:
                talk_.it.hint(talk_.now + duration{static_cast<std::int64_t>(random_() % 5'000)});
                break;
            case 2:
                if (random_() % 8 == 0)
                    talk_.it.force(random_() % 2 == 0 ? breaker_state::forced_open
                                                      : breaker_state::forced_closed,
                                   talk_.now, talk_.now + duration{random_() % 100'000});
                break;
            case 3:
                if (!out_.empty())
                    talk_.it.extend(out_[random_() % out_.size()], talk_.now + duration{90'000});
                break;
            case 4:
            case 5:
            case 6:
            case 7:
                if (!talk_.it.refusal(talk_.now)) ask();
                break;
            default:
                answer();
        }
        check();
    }

    /// All that is out comes back; then everything succeeds.
    void faults_stop() {
        for (int i = 0; i < 100; ++i) {
            talk_.pass(duration{30'000});
            talk_.expire();
            if (!talk_.it.refusal(talk_.now)) talk_.once(success);
        }
        EXPECT_EQ(talk_.it.state(), breaker_state::closed);
        EXPECT_FALSE(talk_.it.refusal(talk_.now));
    }

private:
    void ask() {
        const auto grant = talk_.admit();
        if (grant.probe != 0) {
            EXPECT_FALSE(probing_) << "a second probe is out";
            EXPECT_TRUE(probes_.insert({grant.generation, grant.probe}).second)
                << "two probes share a lease";
        }
        out_.push_back(grant);
    }
    void answer() {
        if (out_.empty()) return;
        const auto at = static_cast<std::ptrdiff_t>(random_() % out_.size());
        const auto grant = out_[static_cast<std::size_t>(at)];
        out_.erase(out_.begin() + at);
        const auto roll = random_() % 10;
        talk_.say(grant, roll < 6 ? failure : roll < 8 ? success : neutral);
    }
    void restart() {
        if (random_() % 10 != 0) return;
        talk_.it = breaker::restored(talk_.it.saved(), talk_.now, talk_.draw, talk_.rules);
    }
    void check() {
        const breaker& it = talk_.it;
        probing_ = it.state() == breaker_state::half_open && it.probe_in_flight();
        if (it.state() == breaker_state::open) {
            EXPECT_LE(it.retry_at() - talk_.now, duration{720'000});
        }
        EXPECT_TRUE(probing_ || !it.probe_in_flight());
        // Always a way out, by time alone: at the promised moment the refusal is gone, or the lease
        // is taken back and the next promise holds.
        breaker later = it;
        instant when = talk_.now;
        for (int i = 0; i < 2; ++i) {
            const auto no = later.refusal(when);
            if (!no) return;
            EXPECT_GT(no->retry_at, when) << "a promise in the past is a busy loop";
            EXPECT_LT(no->retry_at, talk_.now + std::chrono::hours{1});
            when = no->retry_at;
            later.expire(when, talk_.draw, talk_.rules);
        }
        const auto no = later.refusal(when);
        if (no) when = no->retry_at;
        EXPECT_FALSE(later.refusal(when)) << "no way out of " << it.state();
    }

    std::mt19937 random_;
    breaker_talk talk_;
    std::vector<breaker_grant> out_;
    std::set<std::pair<std::uint64_t, std::uint64_t>> probes_;
    bool probing_ = false;
};

TEST(BreakerWalk, KeepsItsPromisesWhateverHappens) {
    for (unsigned seed = 1; seed <= 200; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        walk w{seed};
        for (int i = 0; i < 500 && !testing::Test::HasFailure(); ++i)
            w.step();
        w.faults_stop();
        if (testing::Test::HasFailure()) return;
    }
}

// D2: three failures of twenty never open a rule of consecutive ones, but an endless row does, and
// the number of tries over an outage stays small.
TEST(BreakerWalk, AnOutageOfHoursCostsFewTries) {
    breaker_talk talk;
    const instant end = talk.now + std::chrono::hours{10};
    int tries = 0;
    while (talk.now < end) {
        if (!talk.it.refusal(talk.now)) {
            talk.once(failure);
            ++tries;
        }
        talk.pass(duration{5'000});
    }
    EXPECT_LE(tries, 3 + 5 + 60);
    EXPECT_GE(tries, 50) << "and it keeps trying";
}

}  // namespace
}  // namespace townd
