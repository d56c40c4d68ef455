#include <gtest/gtest.h>

#include <set>

#include "debug/fake_fleet.hpp"

namespace townd::debug {
namespace {

using engine::town_condition;

breaker_entry opened(breaker_scope scope) {
    breaker_policy policy;
    policy.failures = 1;
    breaker_entry out;
    out.scope = scope;
    out.cause = "connect_refused: connect 10.20.4.17:8080: Connection refused";
    out.changed_at = test_now;
    std::optional<breaker_transition> change;
    const auto grant = out.state.admit(test_now, policy, change);
    (void)out.state.record(grant, verdict::failure, test_now, 0.5, policy);
    return out;
}

TEST(OutageList, SaysWhomItHitsSinceWhenAndWhatIsTriedNext) {
    test_face face;
    EXPECT_TRUE(face.get_json("/debug/v1/outages")["items"].empty());
    outage_summary o;
    o.id = "polecat-f1-1";
    o.cause = "http_5xx: no image";
    o.members = 151;
    o.members_peak = 152;
    o.opened_at = test_now - duration{60'000};
    o.next_probe_at = test_now + duration{12'000};
    o.probes_sent = 2;
    face.fleet.board = std::make_shared<const outage_board>(outage_board{o});
    const auto item = face.get_json("/debug/v1/outages")["items"][0];
    EXPECT_EQ(item["role"], "polecat");
    EXPECT_EQ(item["cause"], "http_5xx: no image");
    EXPECT_EQ(item["towns"], 151);
    EXPECT_EQ(item["phase"], "probing");
    EXPECT_DOUBLE_EQ(item["next_probe_in_seconds"].get<double>(), 12.0);
    EXPECT_DOUBLE_EQ(item["opened_age_seconds"].get<double>(), 60.0);
    EXPECT_TRUE(item["last_probe"].is_null());
}

TEST(BreakerList, ShowsAPlaceThatIsNotClosed) {
    test_face face;
    face.fleet.add("t2").breakers["place/r1/polecat"] = opened(breaker_scope::place);
    const auto body = face.get_json("/debug/v1/breakers");
    ASSERT_EQ(body["items"].size(), 1U);
    const auto& open = body["items"][0];
    EXPECT_EQ(open["key"], "t2/place/r1/polecat");
    EXPECT_EQ(open["scope"], "place");
    EXPECT_EQ(open["state"], "open");
    EXPECT_EQ(open["opened_at"], to_rfc3339(test_now));
    EXPECT_EQ(open["retry_at"], to_rfc3339(test_now + std::chrono::seconds{30}));
    EXPECT_DOUBLE_EQ(open["retry_in_seconds"].get<double>(), 30.0);
    EXPECT_EQ(open["probe_in_flight"], false);
    EXPECT_TRUE(open["generation"].is_number_integer());
    EXPECT_NE(open["cause"].get<std::string>().find("connect_refused"), std::string::npos);
}

TEST(BreakerList, NamesTheAgentAndFiltersByStateTownScopeAndRole) {
    test_face face;
    auto entry = opened(breaker_scope::agent);
    entry.role = agent_role::polecat;
    entry.rig = "r1";
    entry.agent_name = "Toast";
    face.fleet.add("t1").breakers[breaker_set::agent_key("r1", agent_role::polecat, "Toast")] =
        entry;
    face.fleet.add("t2");
    const auto open = face.get_json("/debug/v1/breakers?state=open,half_open");
    ASSERT_EQ(open["items"].size(), 1U);
    EXPECT_EQ(open["items"][0]["key"], "t1/agent/r1/polecat/Toast");
    EXPECT_EQ(open["items"][0]["agent"], "Toast");
    EXPECT_EQ(open["items"][0]["role"], "polecat");
    EXPECT_EQ(face.get_json("/debug/v1/breakers?town=t2")["items"].size(), 0U);
    EXPECT_EQ(face.get_json("/debug/v1/breakers?scope=agent")["items"].size(), 1U);
    EXPECT_EQ(face.get_json("/debug/v1/breakers?role=refinery")["items"].size(), 0U);
}

TEST(TownList, WalksEveryTownOnceByCursor) {
    test_face face;
    for (int i = 0; i < 25; ++i)
        face.fleet.add("town-" + std::to_string(i));
    std::set<std::string> seen;
    std::string cursor;
    int pages = 0;
    do {
        const auto body = face.get_json("/debug/v1/towns?limit=10&cursor=" + cursor);
        EXPECT_EQ(body["page"]["limit"], 10);
        EXPECT_EQ(body["page"]["total"], 25);
        EXPECT_EQ(body["page"]["total_is_exact"], true);
        EXPECT_TRUE(body.contains("as_of"));
        EXPECT_EQ(body["generation"], 41);
        for (const auto& item : body["items"])
            EXPECT_TRUE(seen.insert(item["town"].get<std::string>()).second);
        const auto& next = body["page"]["next_cursor"];
        cursor = next.is_null() ? "" : next.get<std::string>();
    } while (++pages < 10 && !cursor.empty());
    EXPECT_EQ(pages, 3);
    EXPECT_EQ(seen.size(), 25U);
}

TEST(TownList, FiltersByStateAndText) {
    test_face face;
    face.fleet.add("alpha").condition = town_condition::blocked;
    face.fleet.add("beta").condition = town_condition::set_aside;
    face.fleet.add("gamma").condition = town_condition::idle;
    EXPECT_EQ(face.get_json("/debug/v1/towns?state=blocked,set_aside")["items"].size(), 2U);
    const auto found = face.get_json("/debug/v1/towns?q=amm");
    ASSERT_EQ(found["items"].size(), 1U);
    EXPECT_EQ(found["items"][0]["state"], "idle");
}

TEST(Lists, RefuseALimitThatIsNoneAndSayWhatToWrite) {
    test_face face;
    for (const char* limit : {"0", "-1", "1001", "ten", "1e3"}) {
        const auto answer = face.get(std::string{"/debug/v1/towns?limit="} + limit);
        EXPECT_EQ(answer.status, 400) << limit;
        const auto body = json::parse(answer.body);
        EXPECT_EQ(body["code"], "invalid");
        EXPECT_NE(body["detail"].get<std::string>().find("1000"), std::string::npos);
    }
    EXPECT_EQ(face.get("/debug/v1/errors?cursor=nonsense").status, 400);
}

store::error_group group_of(const std::string& fingerprint, std::int64_t count, duration ago) {
    return {fingerprint,
            "connect_refused",
            "connect",
            "polecat",
            "refused " + std::to_string(count),
            count,
            test_now - ago * 2,
            test_now - ago};
}

TEST(ErrorList, MergesTheGroupsOfAllTownsByFingerprint) {
    test_face face;
    face.fleet.add("t1").errors = {group_of("aaa", 3, std::chrono::minutes{5})};
    face.fleet.add("t2").errors = {group_of("aaa", 4, std::chrono::minutes{1}),
                                   group_of("bbb", 90, std::chrono::minutes{1})};
    const auto body = face.get_json("/debug/v1/errors");
    ASSERT_EQ(body["items"].size(), 2U);
    const auto& shared = body["items"][0];
    EXPECT_EQ(shared["fingerprint"], "aaa");
    EXPECT_EQ(shared["towns"], 2);
    EXPECT_EQ(shared["count"], 7);
    EXPECT_EQ(shared["message"], "refused 4");
    EXPECT_EQ(shared["newest_town"], "t2");
    EXPECT_EQ(shared["first_at"], to_rfc3339(test_now - std::chrono::minutes{10}));
    EXPECT_EQ(shared["last_at"], to_rfc3339(test_now - std::chrono::minutes{1}));
    EXPECT_EQ(body["items"][1]["towns"], 1);
}

TEST(ErrorList, PutsTheCausesOfTheLastHourFirst) {
    test_face face;
    face.fleet.add("t1").errors = {group_of("old", 1000, std::chrono::hours{5})};
    face.fleet.add("t2").errors = {group_of("old", 1000, std::chrono::hours{5}),
                                   group_of("new", 1, std::chrono::minutes{1})};
    EXPECT_EQ(face.get_json("/debug/v1/errors")["items"][0]["fingerprint"], "new");
}

TEST(Summary, AddsUpTheFleet) {
    test_face face;
    auto& t1 = face.fleet.add("t1");
    t1.condition = town_condition::blocked;
    t1.breakers["place/r1/polecat"] = opened(breaker_scope::place);
    t1.waiting.by_reason[static_cast<std::size_t>(gate_reason::breaker_open)] = 7;
    t1.waiting.oldest = test_now - std::chrono::minutes{9};
    auto& t2 = face.fleet.add("t2");
    t2.condition = town_condition::dispatching;
    t2.agents_working = 3;
    const auto body = face.get_json("/debug/v1/summary");
    EXPECT_EQ(body["verdict"], face.fleet.said);
    EXPECT_EQ(body["towns"]["total"], 2);
    EXPECT_EQ(body["towns"]["blocked"], 1);
    EXPECT_EQ(body["breakers"]["open"], 1);
    EXPECT_EQ(body["waiting"]["total"], 7);
    EXPECT_EQ(body["waiting"]["by_reason"]["BreakerOpen"], 7);
    EXPECT_DOUBLE_EQ(body["waiting"]["oldest_age_seconds"].get<double>(), 540.0);
    EXPECT_EQ(body["agents_working"], 3);
    EXPECT_EQ(body["reconciler"]["ticks"], 41);
}

TEST(Reconciler, AddsUpTheLastTicksAndNamesTheSlowestTowns) {
    test_face face;
    auto& t1 = face.fleet.add("t1");
    t1.last_tick = {{"actionsEmitted", 2}};
    t1.last_tick_took = duration{5};
    auto& t2 = face.fleet.add("t2");
    t2.last_tick = {{"actionsEmitted", 3}};
    t2.last_tick_took = duration{50};
    const auto body = face.get_json("/debug/v1/reconciler");
    EXPECT_EQ(body["last_ticks"]["actionsEmitted"], 5);
    EXPECT_EQ(body["slowest_towns"][0]["town"], "t2");
}

TEST(ConfigPage, ShowsOriginsAndHidesPasswordsInAddresses) {
    test_face face;
    const auto answer = face.get("/debug/v1/config");
    EXPECT_EQ(answer.body.find("hunter2"), std::string::npos);
    const auto body = json::parse(answer.body);
    EXPECT_EQ(body["items"][0]["value"], "http://****@10.0.0.1:8080");
    EXPECT_EQ(body["items"][0]["origin"], "townd.yaml:3:8");
    EXPECT_EQ(body["items"][1]["value"], "5");
}

TEST(UnknownThings, AreProblemsThatNameThem) {
    test_face face;
    for (const char* target :
         {"/debug/v1/towns/gone", "/debug/v1/towns/gone/agents", "/debug/v1/beads/gone/b1",
          "/debug/v1/explain?town=gone&bead=b1", "/debug/v1/attempts?town=gone",
          "/debug/v1/attempts/a1?town=gone", "/debug/v1/nothing", "/debug/nothing/at/all"}) {
        const auto answer = face.get(target);
        EXPECT_EQ(answer.status, 404) << target;
        EXPECT_EQ(answer.content_type, "application/problem+json") << target;
        const auto body = json::parse(answer.body);
        EXPECT_EQ(body["status"], 404);
        EXPECT_EQ(body["code"], "not_found");
        for (const char* name : {"type", "title", "detail", "instance"})
            EXPECT_FALSE(body[name].get<std::string>().empty()) << target << " " << name;
    }
}

TEST(TownRoutes, SayWhichParameterIsMissing) {
    test_face face;
    face.fleet.add("t1");
    for (const char* target : {"/debug/v1/agents", "/debug/v1/agents/a1", "/debug/v1/attempts",
                               "/debug/v1/explain?bead=b1", "/debug/v1/explain?town=t1"})
        EXPECT_EQ(face.get(target).status, 400) << target;
}

TEST(SetAsideTown, IsShownAndExplainedByItsProblem) {
    test_face face;
    auto& town = face.fleet.add("t1");
    town.condition = town_condition::set_aside;
    town.problem = "t1.db is not a database: restore it from a backup";
    town.problem_since = test_now - std::chrono::minutes{5};
    const auto shown = face.get_json("/debug/v1/towns/t1");
    EXPECT_EQ(shown["state"], "set_aside");
    EXPECT_EQ(shown["problem"], town.problem);
    EXPECT_TRUE(shown["detail"].is_null());
    const auto why = face.get_json("/debug/v1/explain?town=t1&bead=b1");
    EXPECT_EQ(why["dispatchable"], false);
    EXPECT_EQ(why["reason"], "TownUnreadable");
    EXPECT_EQ(why["gates"][0]["detail"], town.problem);
    EXPECT_EQ(why["gates"][0]["since"], to_rfc3339(*town.problem_since));
    EXPECT_EQ(face.get("/debug/v1/beads/t1/b1").status, 503);
}

}  // namespace
}  // namespace townd::debug
