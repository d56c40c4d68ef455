// Convoys in bad weather: containers are drained and crash, the daemon is killed, reviews ask for
// changes, all at random moments. In the end everything has landed and nothing was started twice.

#include <gtest/gtest.h>
#include <poll.h>

#include <random>

#include "process/daemon_process.hpp"
#include "process/http_client.hpp"
#include "process/pages.hpp"
#include "process/standin_thread.hpp"
#include "process/start_oracle.hpp"

namespace townd::test {
namespace {

using standin::behaviour;

constexpr int towns = 3;
constexpr int blows = 14;

class ConvoyStorm : public testing::Test {
protected:
    struct place {
        standin::container* container = nullptr;
        town_caller town;
        std::string convoy;
        std::filesystem::path log;
    };

    void begin() {
        daemon_.configure({{"api.listen", "127.0.0.1:" + std::to_string(free_port())}});
        ASSERT_TRUE(daemon_.start_ready()) << daemon_.err();
        for (int i = 0; i < towns; ++i) {
            auto opts = fast_standin();
            opts.drain_time = duration{100};
            opts.by_role = {{"refinery", behaviour::ask_changes}};
            place one;
            one.log = daemon_.dir() / ("starts-" + std::to_string(i) + ".jsonl");
            opts.start_log = one.log.string();
            one.container = &stage_.add(std::move(opts));
            one.town = town_caller::make(daemon_.api(), one.container->url());
            ASSERT_FALSE(one.town.id().empty()) << daemon_.err();
            places_.push_back(std::move(one));
        }
    }
    // Three wide and four deep; each waits for all of the row before.
    void make_convoys() {
        for (auto& one : places_) {
            json wanted{{"title", "Storm"}, {"rig_id", one.town.rig()}, {"beads", json::array()}};
            for (int i = 0; i < 12; ++i) {
                json after = json::array();
                for (int j = i / 3 * 3 - 3; j >= 0 && j < i / 3 * 3; ++j)
                    after.push_back(j);
                wanted["beads"].push_back(
                    {{"title", "bead " + std::to_string(i)}, {"depends_on", std::move(after)}});
            }
            const auto made = one.town.town_call("POST", "/convoys", wanted);
            ASSERT_EQ(made.status, 201) << made.body;
            one.convoy = said(member(made.data(), "convoy"), "id");
        }
    }
    void storm(unsigned seed) {
        std::minstd_rand random{seed};
        const auto one_of = [&](int many) {
            return std::uniform_int_distribution<int>{0, many - 1}(random);
        };
        for (int i = 0; i < blows; ++i) {
            ::poll(nullptr, 0, 100 + one_of(600));
            auto& at = *places_[static_cast<std::size_t>(one_of(towns))].container;
            switch (one_of(4)) {
                case 0:
                    at.drain();
                    break;
                case 1:
                    at.kill_all();
                    break;
                default:
                    daemon_.kill();
                    ASSERT_TRUE(daemon_.start()) << "after blow " << i << "\n" << daemon_.err();
            }
        }
    }
    json convoy(const place& one) const {
        return one.town.town_call("GET", "/convoys/" + one.convoy).data();
    }
    void check_the_end() {
        for (const auto& one : places_) {
            const bool landed = wait_until([&] { return said(convoy(one), "status") == "closed"; },
                                           duration{120'000});
            EXPECT_TRUE(landed) << dump_json(convoy(one)) << "\n"
                                << dump_json(pages(daemon_).town(one.town.id())) << daemon_.err();
            EXPECT_EQ(member(convoy(one), "closed_beads"), 12);
            EXPECT_TRUE(wait_until([&] { return one.container->live_agents() == 0; }));
            EXPECT_EQ(start_oracle::read(one.log).wrong, "");
        }
        EXPECT_EQ(daemon_.err().find("event=invariant_broken"), std::string::npos) << daemon_.err();
    }

    standin_thread stage_;
    daemon_process daemon_;
    std::vector<place> places_;
};

TEST_F(ConvoyStorm, LeavesEverythingLanded) {
    const char* const wish = std::getenv("CONVOY_STORM_SEED");
    ASSERT_NO_FATAL_FAILURE(begin());
    ASSERT_NO_FATAL_FAILURE(make_convoys());
    ASSERT_NO_FATAL_FAILURE(storm(wish != nullptr ? static_cast<unsigned>(std::atoi(wish)) : 2026));
    check_the_end();
}

}  // namespace
}  // namespace townd::test
