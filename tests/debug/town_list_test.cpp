#include <gtest/gtest.h>

#include "debug/fake_fleet.hpp"

namespace townd::debug {
namespace {

using engine::town_condition;
using strings = std::vector<std::string>;

strings towns_of(const json& body) {
    strings out;
    for (const auto& item : body["items"])
        out.push_back(item["town"].get<std::string>());
    return out;
}

// All pages of a list, two at a time.
strings walk(test_face& face, const std::string& target) {
    strings out;
    std::string cursor;
    for (int i = 0; i < 20; ++i) {
        const auto body = face.get_json(target + "&limit=2&cursor=" + cursor);
        for (auto& town : towns_of(body))
            out.push_back(std::move(town));
        const auto& next = body["page"]["next_cursor"];
        if (next.is_null()) return out;
        cursor = next.get<std::string>();
    }
    return out;
}

TEST(TownList, SortsAndPagesByTheSameKey) {
    test_face face;
    for (const auto& [id, waiting, age, tick, failures] :
         {std::tuple{"a", 3, 5, 10, 0}, std::tuple{"b", 0, 0, 30, 2}, std::tuple{"c", 3, 50, 20, 2},
          std::tuple{"d", 9, 1, 20, 5}, std::tuple{"e", 0, 0, 5, 0}}) {
        auto& town = face.fleet.add(id);
        town.waiting.by_reason[static_cast<std::size_t>(gate_reason::breaker_open)] = waiting;
        if (waiting > 0) town.waiting.oldest = test_now - std::chrono::minutes{age};
        town.last_tick_took = duration{tick};
        for (int i = 0; i < failures; ++i)
            town.failures.add(test_now - std::chrono::minutes{10});
    }
    EXPECT_EQ(walk(face, "/debug/v1/towns?sort=id"), (strings{"a", "b", "c", "d", "e"}));
    EXPECT_EQ(walk(face, "/debug/v1/towns?sort=-waiting"), (strings{"d", "a", "c", "b", "e"}));
    EXPECT_EQ(walk(face, "/debug/v1/towns?sort=-oldest"), (strings{"c", "a", "d", "b", "e"}));
    EXPECT_EQ(walk(face, "/debug/v1/towns?sort=-tick"), (strings{"b", "c", "d", "a", "e"}));
    EXPECT_EQ(walk(face, "/debug/v1/towns?sort=-failures_1h"), (strings{"d", "b", "c", "a", "e"}));
    EXPECT_EQ(face.get_json("/debug/v1/towns?sort=-failures_1h")["items"][0]["failures_1h"], 5);
    EXPECT_EQ(face.get("/debug/v1/towns?sort=-tick&cursor=a").status, 400);
}

TEST(TownList, FindsTownsByReasonAndByTheRoleOfABreaker) {
    test_face face;
    auto& held = face.fleet.add("held");
    held.waiting.by_reason[static_cast<std::size_t>(gate_reason::town_paused)] = 1;
    auto& broken = face.fleet.add("broken");
    breaker_entry entry;
    entry.scope = breaker_scope::place;
    entry.role = agent_role::refinery;
    breaker_policy policy;
    policy.failures = 1;
    std::optional<breaker_transition> change;
    const auto grant = entry.state.admit(test_now, policy, change);
    (void)entry.state.record(grant, verdict::failure, test_now, 0.5, policy);
    broken.breakers[breaker_set::place_key("r1", agent_role::refinery)] = entry;
    EXPECT_EQ(towns_of(face.get_json("/debug/v1/towns?reason=TownPaused,BreakerOpen")),
              strings{"held"});
    EXPECT_EQ(towns_of(face.get_json("/debug/v1/towns?role=refinery,mayor")), strings{"broken"});
    EXPECT_TRUE(towns_of(face.get_json("/debug/v1/towns?role=polecat")).empty());
}

TEST(TownList, ShowsTheFieldsThatAreAskedFor) {
    test_face face;
    face.fleet.add("t1").name = "<script>\x01\xff";
    const auto item = face.get_json("/debug/v1/towns?fields=town,state,name")["items"][0];
    EXPECT_EQ(item.size(), 3U);
    EXPECT_EQ(item["state"], "idle");
    EXPECT_TRUE(item["name"].get<std::string>().starts_with("<script>"));
}

}  // namespace
}  // namespace townd::debug
