// Time that is not what it seems: a process that is stopped for longer than every deadline, and a
// wall clock that jumps by an hour while it runs.

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <csignal>
#include <sstream>

#include "process/daemon_process.hpp"
#include "process/http_client.hpp"
#include "process/pages.hpp"
#include "process/standin_thread.hpp"
#include "process/start_oracle.hpp"
#include "sys/system_clock.hpp"

namespace townd::test {
namespace {

constexpr duration hour = std::chrono::hours{1};

class Pause : public testing::Test {
protected:
    static constexpr int towns = 3;
    static constexpr int pauses = 3;
    static constexpr std::size_t beads_max = 120;
    // Over the deadline of a start and the silence that is allowed after it.
    static constexpr duration stopped_for{3'500};

    void begin(bool naive) {
        auto how = fast_standin();
        how.work_time = duration{150};
        how.review_time = duration{50};
        how.naive = naive;
        how.mode = standin::behaviour::late;
        how.late_by = duration{80};
        how.start_log = log().string();
        daemon_.configure({{"dispatch.start_timeout", "1s"},
                           {"dispatch.heartbeat_timeout", "1s"},
                           {"dispatch.status_timeout", "500ms"},
                           {"breaker.agent.probe_timeout", "1500ms"},
                           {"outage.lease", "2s"}});
        container_ = &stage_.add(std::move(how));
        ASSERT_TRUE(daemon_.start_ready()) << daemon_.err();
        for (int i = 0; i < towns; ++i)
            towns_.push_back(town_caller::make(daemon_.api(), container_->url()));
    }
    std::filesystem::path log() const { return daemon_.dir() / "starts.jsonl"; }
    // In the time between a start's request and its answer.
    void stop_once(const steady_load& work) {
        const auto made = work.made();
        ASSERT_TRUE(wait_until([&] { return work.made() >= made + 10; }));
        const auto seen = container_->starts_received();
        ASSERT_TRUE(wait_until([&] { return container_->starts_received() > seen; }));
        daemon_.signal(SIGSTOP);
        const instant until = sys::wall_now() + stopped_for;
        wait_until([&] { return sys::wall_now() >= until; }, 2 * stopped_for);
        daemon_.signal(SIGCONT);
    }
    void live_through(bool naive) {
        ASSERT_NO_FATAL_FAILURE(begin(naive));
        steady_load work(towns_, beads_max);
        for (int i = 0; i < pauses; ++i)
            ASSERT_NO_FATAL_FAILURE(stop_once(work));
        work.end();
        ASSERT_GT(work.made(), 20U) << "too little load to prove anything";
        for (std::size_t t = 0; t < towns_.size(); ++t)
            for (const auto& bead : work.beads(t))
                EXPECT_TRUE(wait_until([&] { return towns_[t].status(bead) == "closed"; }))
                    << dump_json(pages(daemon_).explain(towns_[t].id(), bead));
        EXPECT_TRUE(wait_until([&] { return container_->live_agents() == 0; }));
        EXPECT_EQ(start_oracle::read(log()).wrong, "");
    }

    standin_thread stage_;
    daemon_process daemon_;
    standin::container* container_ = nullptr;
    std::vector<town_caller> towns_;
};

TEST_F(Pause, R29APauseBeyondEveryDeadlineStartsNothingTwiceAndLosesNothing) {
    live_through(false);
}

TEST_F(Pause, R29NorWhereTheContainerWouldStartASecondAgent) {
    live_through(true);
}

// The daemon under libfaketime: its wall clock is ours and what the file says.
class WallClock : public testing::Test {
protected:
    static constexpr duration open_for{4'000};

    void SetUp() override { set(duration{0}); }
    void set(duration offset) const {
        const auto away = std::chrono::duration_cast<std::chrono::seconds>(offset).count();
        // In one step: it may be read at any moment.
        const auto next = dir_.path() / "next";
        write_file(next, (away < 0 ? "" : "+") + std::to_string(away) + "\n");
        std::filesystem::rename(next, dir_.path() / "clock");
    }
    std::map<std::string, std::string> under_faketime() const {
        return {{"LD_PRELOAD", "/usr/$LIB/faketime/libfaketimeMT.so.1"},
                {"FAKETIME_TIMESTAMP_FILE", (dir_.path() / "clock").string()},
                {"FAKETIME_NO_CACHE", "1"},
                {"FAKETIME_DONT_FAKE_MONOTONIC", "1"}};
    }
    static config_keys quick() {
        const std::string open = std::to_string(open_for.count()) + "ms";
        return {{"log.level", "debug"},  // So that there is a line to read the time from.
                {"dispatch.heartbeat_timeout", "3s"},
                {"retry.first", open},
                {"retry.then", open},
                {"retry.max", open}};
    }
    // Whether the log was written at a time that far from ours.
    static bool wrote_at(const daemon_process& of, duration offset) {
        constexpr duration near = std::chrono::minutes{10};
        const auto now = sys::wall_now() + offset;
        const auto from = to_rfc3339(now - near);
        const auto to = to_rfc3339(now + near);
        std::istringstream in{of.err()};
        for (std::string line; std::getline(in, line);) {
            const auto at = line.find("20");
            if (at == std::string::npos) continue;
            const auto when = line.substr(at, from.size());
            if (when > from && when < to) return true;
        }
        return false;
    }
    static std::size_t polecats(const standin::container& of) {
        return of.starts_received("polecat");
    }

    scratch_dir dir_;
    standin_thread stage_;
};

TEST_F(WallClock, C10AJumpOfAnHourStartsNothingEarlyAndDeclaresNobodyDead) {
    auto garbled = fast_standin();
    garbled.by_role["polecat"] = standin::behaviour::garbage;
    auto& dead_one = stage_.add(garbled);
    auto patient = fast_standin();
    patient.work_time = duration{9'000};
    auto& slow_one = stage_.add(patient);
    auto& quick_one = stage_.add();
    daemon_process daemon(quick(), under_faketime());
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const auto dead = town_caller::make(daemon.api(), dead_one.url());
    const auto slow = town_caller::make(daemon.api(), slow_one.url());
    const auto fine = town_caller::make(daemon.api(), quick_one.url());
    const auto stuck = dead.make_bead("stuck");
    const auto lasting = slow.make_bead("takes a while");
    ASSERT_TRUE(wait_until([&] { return polecats(dead_one) == 1; }));
    ASSERT_TRUE(wait_until([&] { return slow_one.live_agents() == 1; }));

    for (const duration offset : {hour, -hour, duration{0}}) {
        const auto before = polecats(dead_one);
        set(offset);
        const auto bead = fine.make_bead("after the jump");
        EXPECT_TRUE(wait_until([&] { return fine.status(bead) == "closed"; }))
            << dump_json(pages(daemon).explain(fine.id(), bead));
        EXPECT_TRUE(wait_until([&] { return polecats(dead_one) > before; }))
            << "the probe is lost after a jump of " << offset.count() << " ms";
        EXPECT_TRUE(wait_until([&] { return wrote_at(daemon, offset); }))
            << "its clock did not jump: is faketime installed?";
    }
    const auto probes = dead_one.starts();
    for (std::size_t i = 1; i < probes.size(); ++i)
        EXPECT_GE(probes[i].at - probes[i - 1].at, open_for - duration{200}) << "too early";
    EXPECT_TRUE(wait_until([&] { return slow.status(lasting) == "closed"; }));
    EXPECT_EQ(polecats(slow_one), 1U) << "an agent that beats was given up";
    EXPECT_EQ(polecats(quick_one), 3U);
    ASSERT_TRUE(dead_one.set_behaviour("polecat", standin::behaviour::ok));
    EXPECT_TRUE(wait_until([&] { return dead.status(stuck) == "closed"; }))
        << dump_json(pages(daemon).explain(dead.id(), stuck));
}

TEST_F(WallClock, R28AClockThatJumpedWhileItWasDownHoldsNothingBack) {
    auto garbled = fast_standin();
    garbled.by_role["polecat"] = standin::behaviour::garbage;
    auto& dead_one = stage_.add(garbled);
    daemon_process daemon(quick(), under_faketime());
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    auto dead = town_caller::make(daemon.api(), dead_one.url());
    const auto stuck = dead.make_bead("stuck");
    for (const duration offset : {hour, -hour}) {
        const auto before = polecats(dead_one);
        ASSERT_TRUE(wait_until([&] { return polecats(dead_one) > before; }));
        daemon.kill();
        set(offset);
        ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    }
    const auto before = polecats(dead_one);
    EXPECT_TRUE(wait_until([&] { return polecats(dead_one) > before; }))
        << "an hour back must not be an hour's wait";
    ASSERT_TRUE(dead_one.set_behaviour("polecat", standin::behaviour::ok));
    dead.move_to(daemon.api());
    EXPECT_TRUE(wait_until([&] { return dead.status(stuck) == "closed"; }))
        << dump_json(pages(daemon).explain(dead.id(), stuck));
}

}  // namespace
}  // namespace townd::test
