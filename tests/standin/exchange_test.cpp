#include "standin/exchange.hpp"

#include <gtest/gtest.h>

#include "standin/start_request.hpp"
#include "standin/town.hpp"

namespace townd::standin {
namespace {

TEST(Behaviour, IsReadFromItsOwnText) {
    int count = 0;
    for (auto value = behaviour::ok;; value = static_cast<behaviour>(count)) {
        EXPECT_EQ(parse_behaviour(to_text(value)), value) << to_text(value);
        ++count;
        if (value == behaviour::garbage) break;
    }
    EXPECT_EQ(count, 16);
    EXPECT_EQ(to_text(behaviour::http_500_truncated), "http-500-truncated");
    EXPECT_EQ(parse_behaviour("http_500"), std::nullopt);
    EXPECT_EQ(parse_behaviour(""), std::nullopt);
}

TEST(Exchange, TakesPathsApart) {
    using parts = std::vector<std::string>;
    EXPECT_EQ(path_segments("/agents/a%20b/status?x=/y"), (parts{"agents", "a b", "status"}));
    EXPECT_EQ(path_segments("/"), parts{});
    EXPECT_EQ(path_segments("//a//%zz/%4"), (parts{"a", "%zz", "%4"}));
    EXPECT_EQ(path_segments("/" + encode_segment("a/b ?%\xc3\xa9")), parts{"a/b ?%\xc3\xa9"});
    EXPECT_EQ(encode_segment("aZ0-_.~/"), "aZ0-_.~%2F");
}

TEST(StartRequest, AcceptsAWholeBody) {
    EXPECT_TRUE(start_issues(start_body("a")).empty());
}

TEST(StartRequest, MissesEveryRequiredField) {
    for (const auto* field : {"agentId", "rigId", "townId", "role", "name", "identity", "prompt",
                              "model", "systemPrompt", "gitUrl", "branch", "defaultBranch"}) {
        json body = start_body("a");
        body.erase(field);
        const json issues = start_issues(body);
        ASSERT_EQ(issues.size(), 1U) << field;
        EXPECT_EQ(issues[0]["path"], json::array({field}));
        EXPECT_EQ(issues[0]["message"], "Required");
        body[field] = 7;
        EXPECT_EQ(start_issues(body).size(), 1U) << field;
    }
}

TEST(StartRequest, RefusesWhatIsNoBody) {
    EXPECT_EQ(start_issues(json::array()).size(), 1U);
    EXPECT_EQ(start_issues(nullptr).size(), 1U);
    EXPECT_EQ(start_issues(start_body("", "polecat")).size(), 1U);
    EXPECT_EQ(start_issues(start_body("a", "deacon")).size(), 1U);
    EXPECT_TRUE(start_issues(start_body(std::string(id_bytes_max, 'a'))).empty());
    EXPECT_EQ(start_issues(start_body(std::string(id_bytes_max + 1, 'a'))).size(), 1U);
    json body = start_body("a");
    body["envVars"]["N"] = 7;
    EXPECT_EQ(start_issues(body).size(), 1U);
    body["envVars"] = "x";
    EXPECT_EQ(start_issues(body).size(), 1U);
}

TEST(StartRequest, ReadsBeadAndAttemptWhereTheyAre) {
    request asked;
    json body = start_body("a");
    EXPECT_EQ(read_start(asked, body).bead, std::nullopt);
    EXPECT_EQ(read_start(asked, body).attempt, std::nullopt);
    body["beadId"] = "from-body";
    EXPECT_EQ(read_start(asked, body).bead, "from-body");
    body["envVars"]["GASTOWN_BEAD_ID"] = "from-env";
    EXPECT_EQ(read_start(asked, body).bead, "from-env");
    asked.headers = {{"x-bead-id", "from-header"}, {"x-dispatch-attempt", "3"}};
    EXPECT_EQ(read_start(asked, body).bead, "from-header");
    EXPECT_EQ(read_start(asked, body).attempt, 3);
    asked.headers["x-dispatch-attempt"] = "3x";
    EXPECT_EQ(read_start(asked, body).attempt, std::nullopt);
    body["attempt"] = 4;
    EXPECT_EQ(read_start(asked, body).attempt, 4);
    EXPECT_EQ(read_start(asked, nullptr).agent, "");
}

}  // namespace
}  // namespace townd::standin
