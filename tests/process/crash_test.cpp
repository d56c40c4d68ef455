// kill -9 at any moment under load: nothing is started twice, nothing that was acknowledged is
// lost, everything is settled in the end. The oracle is the stand-in's own record, whose lines are
// written before what they tell of takes effect.

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <random>

#include "process/daemon_process.hpp"
#include "process/http_client.hpp"
#include "process/standin_thread.hpp"
#include "process/start_oracle.hpp"

namespace townd::test {
namespace {

constexpr int towns = 3;
constexpr int kills = 25;
constexpr std::size_t beads_max = 250;  // In all: they must also be worked on in the end.

class Crash : public testing::Test {
protected:
    void begin(bool naive) {
        auto opts = fast_standin();
        opts.work_time = duration{100};
        opts.review_time = duration{50};
        opts.naive = naive;
        // The agent lives at once and the answer takes a while: many kills fall between the two.
        opts.mode = standin::behaviour::late;
        opts.late_by = duration{60};
        opts.start_log = log().string();
        auto& container = stage_.add(std::move(opts));
        // The same address for each life, for those who call back.
        daemon_.configure({{"api.listen", "127.0.0.1:" + std::to_string(free_port())}});
        ASSERT_TRUE(daemon_.start_ready()) << daemon_.err();
        for (int i = 0; i < towns; ++i) {
            towns_.push_back(town_caller::make(daemon_.api(), container.url()));
            ASSERT_FALSE(towns_.back().id().empty()) << daemon_.err();
        }
        container_ = &container;
    }
    void kill_often(unsigned seed) {
        std::minstd_rand random{seed};
        std::uniform_int_distribution<int> moment{20, 300};
        for (int i = 0; i < kills; ++i) {
            const std::size_t before = container_->starts_received();
            ::poll(nullptr, 0, moment(random));
            // Half of the kills are aimed at the time between a request and its answer.
            if (i % 2 == 1 && start_arrives(std::max(before, container_->starts_received())))
                ++between_;
            daemon_.kill();
            ASSERT_TRUE(daemon_.start()) << "after kill " << i << "\n" << daemon_.err();
        }
    }
    // Whether the container gets one more start than `seen`, within a second.
    bool start_arrives(std::size_t seen) {
        for (int waited = 0; waited < 1000; ++waited) {
            if (container_->starts_received() > seen) return true;
            ::poll(nullptr, 0, 1);
        }
        return false;
    }
    std::filesystem::path log() const { return daemon_.dir() / "starts.jsonl"; }
    bool all_closed(const steady_load& from) {
        for (std::size_t t = 0; t < towns_.size(); ++t)
            for (const auto& id : from.beads(t))
                if (towns_[t].status(id) != "closed") return false;
        return true;
    }
    // Attempts that have no outcome.
    std::string unsettled() {
        std::string out;
        for (const auto& town : towns_) {
            const json all = attempts(daemon_.pages(), town.id());
            if (!all.is_array()) return "no answer";
            for (const auto& a : all) {
                const auto outcome = text_at(a, "outcome").value_or("");
                if (a["ended_at"].is_null() || outcome == "unknown" || outcome.empty())
                    out += a.dump() + "\n";
            }
        }
        return out;
    }
    void check_the_end(steady_load& from) {
        from.end();
        ASSERT_GT(from.made(), 20U) << "too little load to prove anything";
        // Lost would be a bead that is not there; the rest is a matter of time.
        for (std::size_t t = 0; t < towns_.size(); ++t)
            for (const auto& id : from.beads(t))
                EXPECT_FALSE(towns_[t].status(id).empty()) << "acknowledged, and lost: " << id;
        const bool closed = wait_until([&] { return all_closed(from); }, duration{60'000});
        EXPECT_TRUE(closed) << first_open(from);
        EXPECT_TRUE(wait_until([&] { return container_->live_agents() == 0; }));
        EXPECT_TRUE(wait_until([&] { return unsettled().empty(); })) << unsettled();
        EXPECT_GT(between_, 0) << "no kill fell between a request and its answer";
        const auto seen = start_oracle::read(log());
        EXPECT_EQ(seen.wrong, "");
        EXPECT_GE(seen.attempts.size(), 2 * from.made()) << "work and review of each bead";
    }
    std::string first_open(const steady_load& from) {
        for (std::size_t t = 0; t < towns_.size(); ++t)
            for (const auto& id : from.beads(t))
                if (towns_[t].status(id) != "closed")
                    return http_get(daemon_.pages(),
                                    "/debug/v1/explain?town=" + towns_[t].id() + "&bead=" + id)
                        .body;
        return "none is open now";
    }
    void live_through(bool naive, unsigned seed) {
        ASSERT_NO_FATAL_FAILURE(begin(naive));
        steady_load work(towns_, beads_max);
        ASSERT_NO_FATAL_FAILURE(kill_often(seed));
        ASSERT_TRUE(wait_until([&] { return http_get(daemon_.pages(), "/readyz").status == 200; }));
        check_the_end(work);
    }

    standin_thread stage_;
    daemon_process daemon_;
    standin::container* container_ = nullptr;
    std::vector<town_caller> towns_;
    int between_ = 0;  // Kills after a request and before its answer.
};

TEST(CrashOracle, SeesASecondAgentAndASecondStart) {
    const json first{
        {"event", "start"}, {"bead", "b"}, {"dispatch", "d1"}, {"attempt", 1}, {"role", "polecat"}};
    json second = first;
    second["dispatch"] = "d2";
    second["attempt"] = 2;
    start_oracle sound;
    for (const json& e : {first, json{{"event", "exit"}, {"dispatch", "d1"}}, second})
        sound.hear(e);
    EXPECT_EQ(sound.wrong, "");
    start_oracle twice = sound;
    twice.hear(second);
    EXPECT_NE(twice.wrong.find("an attempt began twice"), std::string::npos);
    start_oracle both;
    both.hear(first);
    both.hear(second);
    EXPECT_NE(both.wrong.find("second live agent"), std::string::npos);
}

TEST_F(Crash, KillsLoseNothingAndStartNothingTwice) {
    live_through(false, 4711);
}

TEST_F(Crash, KillsStartNothingTwiceWhereTheContainerWouldLetThem) {
    live_through(true, 815);
}

}  // namespace
}  // namespace townd::test
