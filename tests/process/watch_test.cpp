// A container that is not well, and somebody who can be asked to restart it (incident row A16).

#include <mutex>

#include "process/raw_container.hpp"
#include "process/whole_town.hpp"

namespace townd::test {
namespace {

using standin::behaviour;

class Watch : public whole_town {
protected:
    // A bead waits for a container that is not there.
    void begin_unwell(config_keys changes) {
        auto opts = fast_standin();
        opts.mode = behaviour::refuse;
        changes["containers.health_interval"] = "100ms";
        ASSERT_NO_FATAL_FAILURE(begin(changes, opts));
        bead_ = town_.make_bead("task");
        ASSERT_FALSE(bead_.empty());
    }
    void expect_well_again() {
        ASSERT_TRUE(container_->set_behaviour(behaviour::ok));
        EXPECT_TRUE(has(bead_, "closed")) << explain(bead_);
        EXPECT_EQ(told("event=container_restart "), 1) << daemon_.err();
    }
    std::string bead_;
};

TEST_F(Watch, A16ARestartIsAskedForAndBounded) {
    const auto asked = daemon_.dir() / "asked";
    const auto program = daemon_.dir() / "restart";
    write_file(program, "#!/bin/sh\necho \"$@\" >>" + asked.string() + "\n");
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    ASSERT_NO_FATAL_FAILURE(begin_unwell({{"containers.restart_program", program.string()}}));
    ASSERT_TRUE(wait_until([&] { return !read_file(asked).empty(); })) << explain(bead_);
    EXPECT_EQ(read_file(asked), town_.id() + "\n");
    // It is away for many a health check more; nobody is asked again so soon.
    const auto ticks = [&] {
        const auto count = member(pages(daemon_).town(town_.id()), "ticks");
        return count.is_number() ? count.get<int>() : 0;
    };
    const int then = ticks();
    ASSERT_TRUE(wait_until([&] { return ticks() >= then + 15; })) << explain(bead_);
    ASSERT_NO_FATAL_FAILURE(expect_well_again());
    EXPECT_EQ(read_file(asked), town_.id() + "\n");
}

TEST_F(Watch, A16ARestartIsAskedForByACall) {
    std::mutex mutex;
    std::vector<std::string> calls;
    const raw_container platform{[&](const std::string& request) {
        const std::lock_guard lock{mutex};
        calls.push_back(request);
        return answer_of("202 Accepted", "{}");
    }};
    const auto heard = [&] {
        const std::lock_guard lock{mutex};
        return calls;
    };
    ASSERT_NO_FATAL_FAILURE(begin_unwell(
        {{"containers.restart_url", "\"" + platform.url() + "/towns/{town}/restart\""}}));
    ASSERT_TRUE(wait_until([&] { return !heard().empty(); })) << explain(bead_);
    const auto call = heard().front();
    EXPECT_TRUE(call.starts_with("POST /towns/" + town_.id() + "/restart ")) << call;
    const auto body = parse_json(call.substr(call.find("\r\n\r\n") + 4));
    ASSERT_TRUE(body) << call;
    EXPECT_EQ(said(*body, "town_id"), town_.id());
    EXPECT_FALSE(said(*body, "reason").empty());
    ASSERT_NO_FATAL_FAILURE(expect_well_again());
    EXPECT_EQ(heard().size(), 1U);
}

}  // namespace
}  // namespace townd::test
