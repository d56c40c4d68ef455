// The fleet's events in a running daemon: live, and again after a kill.

#include <gtest/gtest.h>

#include "http/raw_client.hpp"
#include "process/daemon_process.hpp"
#include "process/http_client.hpp"
#include "process/pages.hpp"
#include "process/standin_thread.hpp"

namespace townd::test {
namespace {

class Events : public testing::Test {
protected:
    void begin() {
        ASSERT_TRUE(daemon_.start_ready()) << daemon_.err();
        auto how = fast_standin();
        how.mode = standin::behaviour::http_500;
        town_ = town_caller::make(daemon_.api(), stage_.add(how).url());
        ASSERT_FALSE(town_.id().empty());
    }
    std::int64_t newest() const {
        const auto seq = member(pages(daemon_).get("/debug/v1/events"), "newest_seq");
        return seq.is_number_integer() ? seq.get<std::int64_t>() : -1;
    }
    json failure_event() const {
        const auto list = pages(daemon_).get("/debug/v1/events?after=0&type=attempt_failed");
        const auto items = member(list, "items");
        return items.is_array() && !items.empty() ? items[0] : json();
    }
    // On a connection of its own.
    void follow(http::test::raw_client& client, const std::string& fields = {}) const {
        const auto& at = daemon_.pages();
        client.connect(static_cast<std::uint16_t>(std::stoi(at.substr(at.find(':') + 1))));
        client.send("GET /debug/v1/events/stream HTTP/1.1\r\nHost: " + at + "\r\n" + fields +
                    "\r\n");
    }

    standin_thread stage_;
    daemon_process daemon_;
    town_caller town_;
};

TEST_F(Events, AFailureIsSeenLiveAndReplayedAfterAKillAndNoNumberComesTwice) {
    ASSERT_NO_FATAL_FAILURE(begin());
    http::test::raw_client live;
    follow(live);
    ASSERT_TRUE(live.reads("event: summary\n")) << live.rest();
    const auto bead = town_.make_bead("work");
    ASSERT_FALSE(bead.empty());
    ASSERT_TRUE(live.reads("event: attempt_failed\n")) << live.rest();
    const auto event = failure_event();
    ASSERT_TRUE(event.is_object());
    EXPECT_EQ(said(event, "bead"), bead);
    EXPECT_EQ(said(event, "town"), town_.id());
    EXPECT_FALSE(said(event, "code").empty());
    const auto seq = event["seq"].get<std::int64_t>();
    EXPECT_TRUE(live.reads("id: " + std::to_string(seq) + "\nevent: attempt_failed\n"));

    ASSERT_TRUE(wait_until([&] {
        return read_file(daemon_.data_dir() / "fleet.db-wal").find(bead) != std::string::npos;
    })) << "it is written soon";
    const auto before = newest();
    daemon_.kill();
    EXPECT_TRUE(live.closes());
    ASSERT_TRUE(daemon_.start_ready()) << daemon_.err();

    http::test::raw_client again;
    follow(again, "Last-Event-ID: " + std::to_string(seq - 1) + "\r\n");
    EXPECT_TRUE(again.reads("id: " + std::to_string(seq) + "\nevent: attempt_failed\n"))
        << again.rest();
    EXPECT_EQ(again.rest().find("event: resync"), std::string::npos);
    EXPECT_EQ(failure_event(), event) << "as it was";
    EXPECT_TRUE(wait_until([&] { return newest() > before; })) << "the next failure";
    const auto list = pages(daemon_).get("/debug/v1/events?after=" + std::to_string(before));
    for (const auto& each : member(list, "items"))
        EXPECT_GT(each["seq"].get<std::int64_t>(), before);
    EXPECT_EQ(daemon_.stop(), 0) << "a stream that is open keeps nobody";
    EXPECT_TRUE(again.closes());
}

}  // namespace
}  // namespace townd::test
