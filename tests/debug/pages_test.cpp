#include <gtest/gtest.h>

#include <array>
#include <iterator>
#include <regex>

#include "debug/fake_fleet.hpp"
#include "debug/html.hpp"

namespace townd::debug {
namespace {

using engine::town_condition;
using std::chrono::minutes;

constexpr const char* hostile = "<script>alert('x')</script>\x1b[31m\"&\xff\xfe\xe2\x80\xae";

constexpr std::array all_pages{"/debug/",         "/debug/towns",  "/debug/towns/t1",
                               "/debug/breakers", "/debug/errors", "/debug/outages",
                               "/debug/events",   "/debug/config"};

// No byte that a browser or a terminal would obey but the page's own, and valid UTF-8.
void expect_harmless(const std::string& page) {
    for (auto at = page.find("<script"); at != std::string::npos; at = page.find("<script", at + 1))
        EXPECT_LT(page.find("src=\"/debug/assets/", at), page.find('>', at)) << page.substr(at, 60);
    EXPECT_EQ(page.find('\x1b'), std::string::npos);
    EXPECT_EQ(page.find('\xff'), std::string::npos);
    EXPECT_EQ(page.find("\xe2\x80\xae"), std::string::npos);
    EXPECT_NO_THROW((void)json(page).dump());  // Throws for invalid UTF-8.
}

TEST(Escaping, LeavesNothingToObey) {
    EXPECT_EQ(escaped("<a href='x'>&\""), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;");
    expect_harmless(escaped(hostile));
    EXPECT_EQ(escaped("caf\xc3\xa9 \xe2\x9c\x93"), "caf\xc3\xa9 \xe2\x9c\x93");
    EXPECT_LE(escaped(std::string(5000, 'x'), 100).size(), 100U);
}

TEST(Escaping, EncodesUrlParts) {
    EXPECT_EQ(url_part("a b/c?d=\"<"), "a%20b%2Fc%3Fd%3D%22%3C");
    EXPECT_EQ(url_part("town-1_a.b~"), "town-1_a.b~");
}

TEST(Numbers, AreGroupedByThousands) {
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(1000),
              "1\xC2\xA0"
              "000");
    EXPECT_EQ(grouped(-1234567),
              "-1\xC2\xA0"
              "234\xC2\xA0"
              "567");
}

store::error_group group_of(const std::string& message) {
    return {"abc",
            "connect_refused",
            "connect",
            "polecat",
            message,
            3,
            test_now - minutes{9},
            test_now - minutes{1}};
}

TEST(FirstPage, IsFormedByAcceptAndFormat) {
    test_face face;
    face.fleet.said = "All is well in <town>.";
    EXPECT_EQ(face.get("/debug").content_type.rfind("text/plain", 0), 0U);
    EXPECT_EQ(face.get("/debug/").content_type.rfind("text/html", 0), 0U);
    EXPECT_EQ(face.get("/debug", "application/json").content_type, "application/json");
    EXPECT_EQ(face.get("/debug/", "application/json").content_type, "application/json");
    EXPECT_EQ(face.get("/debug", "text/html,*/*;q=0.8").content_type.rfind("text/html", 0), 0U);
    EXPECT_EQ(face.get("/debug/?format=text").content_type.rfind("text/plain", 0), 0U);
    EXPECT_EQ(face.get("/debug/?format=json", "text/html").content_type, "application/json");
    EXPECT_EQ(face.get("/debug").body.rfind("All is well in <town>.\n", 0), 0U);
    EXPECT_NE(face.get("/debug/").body.find("<h1>All is well in &lt;town&gt;.</h1>"),
              std::string::npos);
}

TEST(FirstPage, PutsTheVerdictFirstThenNumbersCausesReasonsTowns) {
    test_face face;
    face.fleet.said = "Dispatch is failing.";
    auto& town = face.fleet.add("t1");
    town.condition = town_condition::blocked;
    town.problem = "its container refuses connections";
    town.errors = {group_of("Connection refused")};
    town.waiting.by_reason[static_cast<std::size_t>(gate_reason::breaker_open)] = 1204;
    const auto page = face.get("/debug/").body;
    std::size_t at = 0;
    for (const char* part :
         {"Dispatch is failing.</h1>", "id=n-towns", "id=n-breakers", "id=n-starts", "id=n-waiting",
          "id=n-tick", "id=errors", "Connection refused", "id=waiting", "BreakerOpen",
          "id=attempts", "id=towns", "t1: blocked"}) {
        const auto found = page.find(part, at);
        ASSERT_NE(found, std::string::npos) << part;
        at = found;
    }
    EXPECT_NE(page.find(" href=\"/debug/towns/t1\""), std::string::npos);
    EXPECT_NE(page.find("<noscript><meta http-equiv=refresh content=5>"), std::string::npos);
    EXPECT_EQ(face.get("/debug/?refresh=0").body.find("http-equiv=refresh"), std::string::npos);
}

TEST(TownsPage, ListsTheWorstTownsFirst) {
    test_face face;
    face.fleet.add("a-fine").condition = town_condition::dispatching;
    face.fleet.add("b-degraded").condition = town_condition::degraded;
    face.fleet.add("c-aside").condition = town_condition::set_aside;
    const auto page = face.get("/debug/towns").body;
    const auto aside = page.find("/debug/towns/c-aside");
    const auto degraded = page.find("/debug/towns/b-degraded");
    const auto fine = page.find("/debug/towns/a-fine");
    EXPECT_LT(aside, degraded);
    EXPECT_LT(degraded, fine);
    EXPECT_NE(fine, std::string::npos);
}

TEST(FirstPage, IsHarmlessWhateverATownSays) {
    test_face face;
    auto& town = face.fleet.add("t<1>");
    town.name = hostile;
    town.problem = hostile;
    town.condition = town_condition::degraded;
    town.errors = {group_of(hostile)};
    face.fleet.said = hostile;
    expect_harmless(face.get("/debug/").body);
    const auto text = face.get("/debug").body;
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_EQ(text.find('\xff'), std::string::npos);
}

TEST(FirstPage, StaysSmallWithTenThousandTownsThatSayMuch) {
    test_face face;
    for (int i = 0; i < 10'000; ++i) {
        auto& town = face.fleet.add("town-" + std::to_string(i));
        town.name = std::string(64, '"');  // Six bytes each once escaped.
        town.problem = std::string(2000, '<');
        town.problem_since = test_now - minutes{5};
        town.condition = town_condition::blocked;
        town.errors = {group_of(std::string(1024, '&'))};
    }
    const auto page = face.get("/debug/").body;
    EXPECT_LT(page.size(), 150'000U);
    EXPECT_NE(page.find("One square is 50 towns"), std::string::npos);
}

TEST(FirstPage, HasASquareForEachOfSixHundredTownsButNotOfMore) {
    test_face face;
    const std::regex square("<li><a class=m-calm href=\"/debug/towns/town-[0-9]+\"");
    const auto squares = [&] {
        const auto page = face.get("/debug/").body;
        EXPECT_LT(page.size(), 150'000U);
        return std::distance(std::sregex_iterator(page.begin(), page.end(), square), {});
    };
    for (int i = 0; i < 600; ++i)
        face.fleet.add("town-" + std::to_string(i));
    EXPECT_EQ(squares(), 600);
    face.fleet.add("town-600");
    EXPECT_EQ(squares(), 0);
}

TEST(Pages, LoadOnlyWhatThisProgramShips) {
    test_face face;
    face.fleet.add("t1");
    const std::regex loaded("(?:src|stylesheet href)=\"([^\"]*)\"");
    for (const char* target : all_pages) {
        const auto page = face.get(target, "text/html").body;
        EXPECT_FALSE(std::regex_search(page, std::regex("=\"?(https?:)?//"))) << target;
        EXPECT_EQ(page.find(" style="), std::string::npos) << target;
        EXPECT_EQ(page.find("<style"), std::string::npos) << target;
        EXPECT_FALSE(std::regex_search(page, std::regex(" on[a-z]+="))) << target;
        int files = 0;
        for (std::sregex_iterator at(page.begin(), page.end(), loaded), end; at != end; ++at) {
            ++files;
            const auto file = face.get((*at)[1].str());
            EXPECT_EQ(file.status, 200) << (*at)[1];
            EXPECT_EQ(header_of(file, "Cache-Control"), "public, max-age=31536000, immutable");
            EXPECT_EQ(header_of(file, "X-Content-Type-Options"), "nosniff");
        }
        EXPECT_GE(files, 2) << target;
    }
}

TEST(Pages, AssetsOfAnotherVersionAreNotThere) {
    test_face face;
    EXPECT_EQ(face.get("/debug/assets/0000000000000000/live.js").status, 404);
    const auto page = face.get("/debug/").body;
    const auto at = page.find("/debug/assets/");
    const auto path = page.substr(at, page.find("style.css", at) - at);
    EXPECT_EQ(face.get(path + "live.js").content_type, "text/javascript; charset=utf-8");
    EXPECT_EQ(face.get(path + "nothing.js").status, 404);
    EXPECT_NE(face.get(path + "uplot.license.txt").body.find("MIT License"), std::string::npos);
}

void fill_hostile(store::town_store& store) {
    store.insert_rig(test_rig("r1"));
    auto toast = test_agent("agent-1", "r1", "Toast");
    toast.status_message = hostile;
    store.insert_agent(toast);
    store.put_agent(toast);
    auto work = test_bead("b1", "r1");
    work.title = hostile;
    work.next_attempt_at = test_now + minutes{1};
    store.insert_bead(work);
    store.put_bead(work);
    auto d = test_dispatch("d1", toast, "b1", 1);
    d.state = dispatch_state::failed;
    d.outcome = attempt_outcome::failure;
    d.answered_at = d.ended_at = d.created_at + duration{250};
    d.error =
        dispatch_error{error_code::http_5xx, error_phase::start, blame::infrastructure, hostile};
    d.error->body_excerpt = hostile;
    d.error->action = hostile;
    store.insert_dispatch(d);
    store.put_dispatch(d);
    store.add_failure("b1", agent_role::polecat, {"d1", 1, *d.ended_at, toast.id, *d.error});
}

TEST(TownPage, ShowsBeadsAttemptsAndErrorsAndIsHarmless) {
    test_face face;
    face.fleet.open("t1", fill_hostile);
    const auto page = face.get("/debug/towns/t1", "text/html").body;
    expect_harmless(page);
    EXPECT_NE(page.find("/debug/towns/t1/beads/b1"), std::string::npos);
    EXPECT_NE(page.find("&lt;script&gt;"), std::string::npos);
    EXPECT_NE(page.find("http_5xx"), std::string::npos);
    EXPECT_NE(page.find("Toast"), std::string::npos);
}

TEST(BeadPage, ShowsGatesAndFailuresAndIsHarmless) {
    test_face face;
    face.fleet.open("t1", fill_hostile);
    const auto page = face.get("/debug/towns/t1/beads/b1", "text/html").body;
    expect_harmless(page);
    EXPECT_NE(page.find("BackingOff"), std::string::npos);
    EXPECT_NE(page.find("refused"), std::string::npos);
    EXPECT_NE(page.find("http_5xx"), std::string::npos);
    EXPECT_NE(page.find("/debug/towns/t1\""), std::string::npos);
}

TEST(Pages, TellAPersonInHtmlWhatIsMissing) {
    test_face face;
    face.fleet.open("t1", fill_hostile);
    const auto answer = face.get("/debug/towns/t1/beads/none", "text/html");
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.content_type.rfind("text/html", 0), 0U);
    EXPECT_NE(answer.body.find("bead none does not exist"), std::string::npos);
    const auto town = face.get("/debug/towns/none", "text/html");
    EXPECT_EQ(town.status, 404);
    EXPECT_EQ(town.content_type.rfind("text/html", 0), 0U);
}

}  // namespace
}  // namespace townd::debug
