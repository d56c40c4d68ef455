// The dashboard: every expression is one that Prometheus takes.

#include <gtest/gtest.h>

#include "json/json.hpp"
#include "observe/house.hpp"
#include "process/daemon_process.hpp"

namespace townd::test {
namespace {

json dashboard() {
    auto read = parse_json(text_of("config/grafana/townd.json"));
    return read ? *read : json();
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
        text.replace(at, what.size(), with);
    return text;
}

// As Grafana would fill it in.
std::vector<std::string> expressions() {
    std::vector<std::string> out;
    const auto take = [&](const json& from) {
        out.push_back(replaced(replaced(from["expr"].get<std::string>(), "$__rate_interval", "5m"),
                               "=~\"$", "=~\"."));
    };
    const json board = dashboard();
    for (const auto& panel : board["panels"])
        if (panel.contains("targets"))
            for (const auto& target : panel["targets"])
                take(target);
    for (const auto& each : board["annotations"]["list"])
        take(each);
    return out;
}

TEST(Dashboard, IsPlainJsonThatGrafanaTakes) {
    const json d = dashboard();
    ASSERT_TRUE(d.is_object());
    EXPECT_EQ(d["uid"], "townd-fleet");
    EXPECT_GE(d["schemaVersion"], 30);
    EXPECT_EQ(d["templating"]["list"][0]["type"], "datasource");
    std::set<int> ids;
    for (const auto& panel : d["panels"]) {
        EXPECT_TRUE(ids.insert(panel["id"].get<int>()).second) << panel["title"];
        EXPECT_LE(panel["gridPos"]["x"].get<int>() + panel["gridPos"]["w"].get<int>(), 24);
        EXPECT_FALSE(panel["title"].get<std::string>().empty());
        if (panel["type"] == "row") continue;
        EXPECT_EQ(panel["datasource"]["uid"], "${datasource}");
    }
}

TEST(Dashboard, HoldsExpressionsThatPromtoolChecks) {
    const auto all = expressions();
    ASSERT_GE(all.size(), 30U);
    json rules = json::array();
    for (std::size_t i = 0; i < all.size(); ++i)
        rules.push_back({{"record", "panel:" + std::to_string(i)}, {"expr", all[i]}});
    json file;
    file["groups"] = json::array({{{"name", "dashboard"}, {"rules", std::move(rules)}}});
    const scratch_dir place;
    write_file(place.path() / "rules.yaml", dump_json(file));  // JSON is YAML.
    const auto checked = promtool("check rules '" + (place.path() / "rules.yaml").string() + "'");
    EXPECT_EQ(checked.code, 0) << checked.output;
}

}  // namespace
}  // namespace townd::test
