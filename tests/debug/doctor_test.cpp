#include <gtest/gtest.h>

#include <set>

#include "debug/fake_fleet.hpp"

namespace townd::debug {
namespace {

using engine::town_condition;

json check(test_face& face, const std::string& id) {
    const auto body = face.get_json("/debug/v1/doctor");
    for (const auto& each : body["checks"])
        if (each["id"] == id) return each;
    return nullptr;
}

std::string status_of(test_face& face, const std::string& id) {
    return check(face, id)["status"].get<std::string>();
}

TEST(Doctor, FindsAWellFleetWell) {
    test_face face;
    face.fleet.add("t1");
    const auto body = face.get_json("/debug/v1/doctor");
    EXPECT_EQ(body["status"], "ok") << body.dump(1);
    std::set<std::string> ids;
    for (const auto& each : body["checks"]) {
        EXPECT_TRUE(ids.insert(each["id"].get<std::string>()).second);
        EXPECT_FALSE(each["text"].get<std::string>().empty());
        EXPECT_TRUE(each["fix"].is_null());
    }
    for (const char* id :
         {"ticks-late", "towns-set-aside", "idle-capacity-with-open-work", "breakers-not-probing",
          "orders-forgotten", "config-differs-from-disk", "config-pending-restart",
          "storage-errors", "fleet-db", "file-descriptors", "disk-space", "listen-address",
          "log-ring", "unknown-errors", "bad-rows", "poison-events", "clock"})
        EXPECT_TRUE(ids.contains(id)) << id;
}

TEST(Doctor, NamesTownsThatAreLateOrSetAside) {
    test_face face;
    face.fleet.add("t1").condition = town_condition::set_aside;
    face.fleet.add("t2").bad_rows = 2;
    face.fleet.add("t3").poison_events = 1;
    face.fleet.sums.towns_late = 1;
    EXPECT_EQ(status_of(face, "ticks-late"), "warn");
    face.fleet.sums.towns_late = 3;
    EXPECT_EQ(status_of(face, "ticks-late"), "fail");
    const auto aside = check(face, "towns-set-aside");
    EXPECT_EQ(aside["status"], "fail");
    EXPECT_NE(aside["text"].get<std::string>().find("t1"), std::string::npos);
    EXPECT_FALSE(aside["fix"].get<std::string>().empty());
    EXPECT_EQ(status_of(face, "bad-rows"), "warn");
    EXPECT_EQ(status_of(face, "poison-events"), "warn");
    EXPECT_EQ(face.get_json("/debug/v1/doctor")["status"], "fail");
}

TEST(Doctor, FindsReadyWorkNextToIdleCapacityAndBreakersThatDoNotProbe) {
    test_face face;
    auto& town = face.fleet.add("t1");
    town.beads.open = 1;
    town.waiting.beads = {{"b1", agent_role::polecat, "r1", gate_reason::no_free_agent,
                           test_now - std::chrono::minutes{11}}};
    EXPECT_EQ(status_of(face, "idle-capacity-with-open-work"), "warn");
    town.agents_working = 1;
    EXPECT_EQ(status_of(face, "idle-capacity-with-open-work"), "ok");

    breaker_policy policy;
    policy.failures = 1;
    breaker_entry entry;
    std::optional<breaker_transition> change;
    const instant long_ago = test_now - std::chrono::hours{2};
    const auto grant = entry.state.admit(long_ago, policy, change);
    (void)entry.state.record(grant, verdict::failure, long_ago, 0.5, policy);
    entry.scope = breaker_scope::agent;
    entry.rig = "r1";
    entry.agent_name = "Toast";
    town.breakers["agent/r1/polecat/Toast"] = entry;
    EXPECT_EQ(status_of(face, "breakers-not-probing"), "ok") << "nothing waits for it";
    town.waiting.by_reason[static_cast<std::size_t>(gate_reason::breaker_open)] = 1;
    EXPECT_EQ(status_of(face, "breakers-not-probing"), "fail");
    town.breakers.clear();
    entry.scope = breaker_scope::place;
    town.breakers["place/r1/polecat"] = entry;
    EXPECT_EQ(status_of(face, "breakers-not-probing"), "ok") << "it waits for the retry budget";
}

TEST(Doctor, FindsWorkThatOnlyAPersonMovesOnAndStartsWithoutAnAnswer) {
    test_face face;
    auto& town = face.fleet.add("t1");
    EXPECT_EQ(status_of(face, "work-stuck"), "ok");
    EXPECT_EQ(status_of(face, "starts-unanswered"), "ok");
    town.stuck.parked = 1;
    town.stuck.unanswered = 2;
    EXPECT_EQ(status_of(face, "work-stuck"), "warn");
    EXPECT_EQ(status_of(face, "starts-unanswered"), "warn");
}

TEST(Doctor, LooksAtTheProcessItsFilesAndItsConfiguration) {
    test_face face;
    auto& m = face.machine;
    m.open_files = 80;
    m.file_limit = 100;
    EXPECT_EQ(status_of(face, "file-descriptors"), "warn");
    m.open_files = 95;
    EXPECT_EQ(status_of(face, "file-descriptors"), "fail");
    m.disk_free_bytes = 500ULL * 1024 * 1024;
    EXPECT_EQ(status_of(face, "disk-space"), "warn");
    m.disk_free_bytes = 5ULL * 1024 * 1024;
    EXPECT_EQ(status_of(face, "disk-space"), "fail");
    m.wide_addresses = {"0.0.0.0:9191"};
    EXPECT_EQ(status_of(face, "listen-address"), "warn");
    m.clock_synchronised = false;
    EXPECT_EQ(status_of(face, "clock"), "warn");
    m.log_lines_dropped = 9;
    m.oldest_log_line_at = test_now - std::chrono::minutes{1};
    EXPECT_EQ(status_of(face, "log-ring"), "warn");
    m.oldest_log_line_at = test_now - std::chrono::hours{1};
    EXPECT_EQ(status_of(face, "log-ring"), "ok");
    face.config_status = {{"differs_from_disk", true},
                          {"pending_restart", json::array({"api.listen"})}};
    EXPECT_EQ(status_of(face, "config-differs-from-disk"), "warn");
    EXPECT_EQ(status_of(face, "config-pending-restart"), "warn");
    face.fleet.orders.problem = "fleet.db is locked";
    EXPECT_EQ(status_of(face, "fleet-db"), "fail");
    engine::order_in_force order;
    order.order.by = "ada";
    order.order.set_at = test_now - std::chrono::hours{13};
    face.fleet.orders.orders = {order};
    EXPECT_EQ(status_of(face, "orders-forgotten"), "warn");
}

TEST(Doctor, TellsErrorsWithoutAClassAndOfDatabases) {
    test_face face;
    auto& town = face.fleet.add("t1");
    town.errors = {{"f1", "unknown", "decode", "polecat", "?", 1, test_now, test_now},
                   {"f2", "storage_error", "prepare", "polecat", "disk", 1, test_now, test_now}};
    EXPECT_EQ(status_of(face, "unknown-errors"), "warn");
    EXPECT_EQ(status_of(face, "storage-errors"), "fail");
    for (auto& each : town.errors)
        each.last_at = test_now - std::chrono::hours{2};
    EXPECT_EQ(status_of(face, "unknown-errors"), "ok");
    EXPECT_EQ(status_of(face, "storage-errors"), "ok");
}

}  // namespace
}  // namespace townd::debug
