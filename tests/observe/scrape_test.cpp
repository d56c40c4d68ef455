// What a running townd exports.

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>

#include "http/gzip.hpp"
#include "observe/house.hpp"
#include "process/daemon_process.hpp"
#include "process/http_client.hpp"
#include "process/standin_thread.hpp"

namespace townd::test {
namespace {

// Names of the samples of a page, as a query may use them.
std::set<std::string> metrics_of(const std::string& page) {
    const auto names = all_matches("\n" + page, "\n([a-z_]+)[{ ]");
    return {names.begin(), names.end()};
}

// A daemon that has started an agent, and failed to start another.
class Scrape : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(daemon_.start_ready()) << daemon_.err();
        const auto well = town_caller::make(daemon_.api(), stage_.add().url());
        const auto ill = town_caller::make(daemon_.api(), "http://127.0.0.1:1");
        ASSERT_FALSE(well.make_bead("one").empty());
        ASSERT_FALSE(ill.make_bead("two").empty());
        const auto seen = [&](const std::string& labels) {
            const auto all = all_matches(page(), "townd_dispatch_attempts_total\\{outcome=\"" +
                                                     labels + "\",role=\"polecat\"\\} ([1-9])");
            return !all.empty();
        };
        ASSERT_TRUE(wait_until([&] { return seen("success") && seen("failure"); })) << page();
    }
    std::string page() { return http_get(daemon_.pages(), "/metrics").body; }

    standin_thread stage_;
    daemon_process daemon_;
};

TEST_F(Scrape, IsSilentlyTakenByPromtool) {
    const scratch_dir place;
    write_file(place.path() / "page", page());
    const auto checked = promtool("check metrics", place.path() / "page");
    EXPECT_EQ(checked.code, 0) << checked.output;
    EXPECT_EQ(checked.output, "");
}

TEST_F(Scrape, HoldsEveryMetricThatAlertsAndDashboardName) {
    const auto there = metrics_of(page());
    const std::string text =
        text_of("config/prometheus/townd.rules.yaml") + text_of("config/grafana/townd.json");
    std::set<std::string> named;
    for (const auto& each : all_matches(text, "\\b((?:townd|process)_[a-z_]+)"))
        named.insert(each);
    EXPECT_GE(named.size(), 25U);
    for (const auto& each : named)
        EXPECT_TRUE(there.contains(each)) << each;
}

TEST_F(Scrape, IsDescribedFamilyByFamily) {
    const std::string described = text_of("docs/observing.md");
    const auto families = all_matches(page(), "# TYPE (townd_[a-z_]+) ");
    EXPECT_GE(families.size(), 30U);
    for (const auto& each : families)
        EXPECT_NE(described.find("\n| `" + each + "` |"), std::string::npos) << each;
    for (const auto& each : all_matches(described, "\n\\| `(townd_[a-z_]+)` \\|"))
        EXPECT_NE(std::find(families.begin(), families.end(), each), families.end()) << each;
}

TEST_F(Scrape, SaysWhenARoleLastSucceededAndHowLongWorkWaits) {
    const std::string now = page();
    const auto success =
        all_matches(now, "townd_last_success_timestamp_seconds\\{role=\"polecat\"\\} ([0-9.e+]+)");
    ASSERT_EQ(success.size(), 1U);
    EXPECT_GT(std::stod(success[0]), 1.6e9);
    EXPECT_TRUE(wait_until([&] {
        const auto age =
            all_matches(page(), "townd_oldest_waiting_bead_seconds\\{role=\"polecat\"\\} (\\S+)");
        return age.size() == 1 && std::stod(age[0]) > 0;
    }));
}

TEST(ScrapePerTown, ATownThatDoesNotDispatchHasItsOwnSeriesWhenAskedFor) {
    standin_thread stage;
    daemon_process daemon(config_keys{{"metrics.per_town", "unhealthy"}});
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const auto well = town_caller::make(daemon.api(), stage.add().url());
    const auto ill = town_caller::make(daemon.api(), "http://127.0.0.1:1");
    ASSERT_FALSE(well.make_bead("one").empty());
    ASSERT_FALSE(ill.make_bead("two").empty());
    const auto page = [&] { return http_get(daemon.pages(), "/metrics").body; };
    const std::string series = "townd_town_blocked\\{reason=\"\\w+\",role=\"\\w+\",town=\"";
    EXPECT_TRUE(wait_until([&] {
        return !all_matches(page(), "(" + series + ill.id() + "\"\\} 1)").empty();
    })) << page();
    EXPECT_TRUE(all_matches(page(), "(" + series + well.id() + "\")").empty());
}

std::string unpacked(const std::string& packed) {
    std::string out(4'000'000, '\0');
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 16) != Z_OK) return {};
    std::string from = packed;
    stream.next_in = reinterpret_cast<Bytef*>(from.data());
    stream.avail_in = static_cast<uInt>(from.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const bool whole = inflate(&stream, Z_FINISH) == Z_STREAM_END;
    out.resize(whole ? stream.total_out : 0);
    inflateEnd(&stream);
    return out;
}

TEST_F(Scrape, IsPackedForThoseWhoTakeIt) {
    const auto plain = http_get(daemon_.pages(), "/metrics");
    const auto packed =
        http_send(daemon_.pages(), "GET", "/metrics", {}, {"Accept-Encoding: gzip;q=1.0, *;q=0"});
    EXPECT_FALSE(plain.headers.contains("content-encoding"));
    ASSERT_TRUE(packed.headers.contains("content-encoding"));
    EXPECT_EQ(packed.headers.at("content-encoding"), "gzip");
    EXPECT_LT(packed.body.size() * 5, plain.body.size());
    const std::string page = unpacked(packed.body);
    EXPECT_EQ(metrics_of(page), metrics_of(plain.body));
}

TEST(Gzip, IsUsedOnlyWhenTheCallerTakesIt) {
    const auto takes = [](const std::string& header) {
        http::request call;
        call.headers["accept-encoding"] = header;
        return http::takes_gzip(call);
    };
    EXPECT_TRUE(takes("gzip"));
    EXPECT_TRUE(takes("deflate, GZIP ;q=0.5"));
    EXPECT_TRUE(takes("*"));
    EXPECT_FALSE(takes(""));
    EXPECT_FALSE(takes("identity, br"));
    EXPECT_FALSE(takes("gzip;q=0, *"));
    EXPECT_FALSE(takes("*;q=0"));
}

}  // namespace
}  // namespace townd::test
