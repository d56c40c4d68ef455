// Every route answers as its row says, and docs/api.md shows it.

#include "api/routes.hpp"

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

namespace townd::api_test {
namespace {

const std::string page = TOWND_SOURCE_DIR "/docs/api.md";
const std::string begins = "<!-- the routes: written by a test -->\n";
const std::string ends = "<!-- end of the routes -->\n";

std::string name_of(const row& r) {
    return r.method + " " + r.pattern;
}

TEST(Routes, EachOfTheApiHasItsRow) {
    std::multiset<std::string> rows;
    for (const auto& part : chapters())
        for (const auto& r : part.rows)
            rows.insert(name_of(r));
    std::multiset<std::string> known;
    for (const auto& note : api::route_notes())
        known.insert(std::string{note.method} + " " + std::string{note.pattern});
    EXPECT_EQ(rows, known);
}

TEST(Routes, EachAnswersTheGoodAndRefusesTheBad) {
    for (const auto& part : chapters())
        for (const auto& r : part.rows) {
            SCOPED_TRACE(name_of(r));
            const stage& on = played(r);
            EXPECT_TRUE(on.shown) << "no good request";
            EXPECT_TRUE(!on.refused.empty() || r.pattern == "/health") << "no bad request";
            EXPECT_FALSE(r.what.empty());
        }
}

TEST(Routes, NoneIsReachedWithoutACredential) {
    stage on("", "");
    for (const auto& note : api::route_notes()) {
        if (note.callers == "anybody") continue;
        on.turn_to(std::string{note.method}, std::string{note.pattern});
        std::string path;
        std::istringstream parts{std::string{note.pattern}.substr(1)};
        for (std::string part; std::getline(parts, part, '/');)
            path += "/" + (part == ":town" ? on.town : part == ":rig" ? on.rig : part);
        const json body = note.takes_body ? json::object() : json(nullptr);
        SCOPED_TRACE(std::string{note.method} + " " + path);
        on.bad(401, path, body, "Authentication required", "");
        on.bad(401, path, body, "", "not-a-token");
        const auto other = on.fleet.new_id();
        on.bad(403, path, body, "", stage::container_token(other));
    }
}

TEST(Routes, ThePageShowsThemAsTheyAre) {
    std::ifstream in{page, std::ios::binary};
    std::ostringstream all;
    all << in.rdbuf();
    const std::string text = all.str();
    const auto from = text.find(begins);
    const auto to = text.find(ends);
    ASSERT_NE(from, std::string::npos) << page << " has lost its mark";
    ASSERT_NE(to, std::string::npos) << page << " has lost its mark";
    const std::string now = described(chapters()) + "\n";
    const std::string kept = text.substr(from + begins.size(), to - from - begins.size());
    if (std::getenv("TOWND_WRITE_DOCS") != nullptr) {
        std::ofstream out{page, std::ios::binary};
        out << text.substr(0, from) << begins << now << text.substr(to);
        return;
    }
    EXPECT_TRUE(kept == now) << "docs/api.md is not what the routes answer: run api_test once with "
                                "TOWND_WRITE_DOCS=1 and look at the difference";
}

}  // namespace
}  // namespace townd::api_test
