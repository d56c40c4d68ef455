// What sessions and containers report.

#include "api/routes.hpp"

namespace townd::api_test {
namespace {

#define RIG "/api/towns/:town/rigs/:rig"
#define AGENT RIG "/agents/:agent"
#define TOWN "/api/towns/:town"

json beat() {
    return {{"status", "running"},
            {"lastEventType", "message.updated"},
            {"lastEventAt", "2026-09-21T13:19:58.000Z"},
            {"activeTools", {"bash"}},
            {"messageCount", 12},
            {"containerInstanceId", "instance-a"}};
}

row heartbeat() {
    return {"POST", AGENT "/heartbeat",
            "A sign of life. A field that cannot be read is left out. While the container is being "
            "replaced, the answer holds `drainNonce`.",
            [](stage& on) {
                const auto id = on.working_polecat();
                EXPECT_EQ(on.good(on.P(id) + "/heartbeat", beat()), json({{"heartbeat", true}}));
                on.bad(404, on.P("nobody") + "/heartbeat");
                on.bad(400, on.P(id) + "/heartbeat", json::array(), "Invalid request body");
            }};
}

row old_heartbeat() {
    return {"POST", "/api/rigs/:rig/agents/:agent/heartbeat",
            "The older form; the town comes from the token, or from the rig.", [](stage& on) {
                const auto id = on.working_polecat();
                const auto path = "/api/rigs/" + on.rig + "/agents/" + id + "/heartbeat";
                on.good(path, beat(), stage::container_token(on.town));
                on.bad(404, "/api/rigs/nowhere/agents/" + id + "/heartbeat", beat());
            }};
}

row done() {
    return {"POST", AGENT "/done",
            "The work is finished. A polecat's issue goes into review; a refinery's merge request "
            "is merged, or waits for its `pr_url`. Applied before the answer; said twice, late or "
            "out of order it comes to the same.",
            [](stage& on) {
                const auto id = on.working_polecat();
                EXPECT_EQ(on.good(on.P(id) + "/done",
                                  {{"branch", "gt/toast/00000000"}, {"summary", "Oiled."}})
                              .at("done"),
                          true);
                EXPECT_EQ(on.get(on.P(id)).data().at("status"), "idle");
                on.bad(400, on.P(id) + "/done", {{"summary", "x"}}, "Invalid request body");
                on.bad(404, on.P("nobody") + "/done", {{"branch", "b"}});
            }};
}

row completed() {
    return {"POST", AGENT "/completed",
            "The session is over. Without a `done` before it, and with `failed`, the work is "
            "charged; reason `container eviction` costs nothing.",
            [](stage& on) {
                const auto id = on.working_polecat();
                const json said{{"status", "failed"}, {"reason", "the model refused"}};
                EXPECT_EQ(on.good(on.P(id) + "/completed", said).at("completed"), true);
                on.bad(400, on.P(id) + "/completed", {{"status", "fine"}}, "Invalid request body");
            }};
}

row waiting() {
    return {"POST", AGENT "/waiting", "A mayor waits for its next turn.", [](stage& on) {
                const auto id = on.make_agent("mayor");
                EXPECT_EQ(on.good(on.P(id) + "/waiting", {{"agentId", id}}).at("waiting"), true);
                on.bad(404, on.P("nobody") + "/waiting");
            }};
}

row checkpoint() {
    return {"POST", AGENT "/checkpoint", "Notes for whoever goes on: any JSON; null clears them.",
            [](stage& on) {
                const auto id = on.working_polecat();
                EXPECT_EQ(on.good(on.P(id) + "/checkpoint", {{"data", {{"done", {"sanding"}}}}})
                              .at("written"),
                          true);
                on.bad(400, on.P(id) + "/checkpoint", json::object(), "Invalid request body");
            }};
}

row status() {
    return {"POST", AGENT "/status", "What the agent does, in 280 characters for people.",
            [](stage& on) {
                const auto id = on.working_polecat();
                EXPECT_EQ(
                    on.good(on.P(id) + "/status", {{"message", "Second coat."}}).at("updated"),
                    true);
                on.bad(400, on.P(id) + "/status", {{"message", std::string(281, 'x')}},
                       "Invalid request body");
            }};
}

row eviction_context() {
    return {"POST", AGENT "/eviction-context",
            "Where the work of an agent is whose container goes: the next session starts from that "
            "branch.",
            [](stage& on) {
                const auto id = on.working_polecat();
                EXPECT_EQ(on.good(on.P(id) + "/eviction-context",
                                  {{"branch", "gt/toast/00000000"},
                                   {"agent_name", "Toast"},
                                   {"saved_at", "2026-09-21T13:20:00.000Z"}})
                              .at("stored"),
                          true);
                on.bad(400, on.P(id) + "/eviction-context", json::object(), "Invalid request body");
            }};
}

row request_changes() {
    return {"POST", AGENT "/request-changes",
            "A refinery wants the merge request that it reviews reworked. Makes one bead that the "
            "merge request waits for, on the same branch; the review is open again and the "
            "session is over. Said twice by one dispatch it is the same bead. After the work's cap "
            "of attempts in rounds the merge request fails instead (409) and the work begins anew.",
            [](stage& on) {
                const auto [refinery, request] = on.reviewing_refinery();
                const auto path = on.P(refinery) + "/request-changes";
                const json said{{"feedback", "The left hinge is missing."}, {"files", {"gate.c"}}};
                on.bad(400, path, {{"files", "gate.c"}}, "Invalid request body");
                on.bad(409, on.P(on.make_polecat()) + "/request-changes", said);
                EXPECT_TRUE(on.good(path, said).contains("rework_bead_id"));
            }};
}

row agent_events() {
    return {"POST", RIG "/agent-events",
            "What an agent did, for the record. Data over 32 KiB are cut with a marker.",
            [](stage& on) {
                const auto id = on.working_polecat();
                EXPECT_EQ(on.good(on.R + "/agent-events", {{"agent_id", id},
                                                           {"event_type", "tool.bash"},
                                                           {"data", {{"exit", 0}}}})
                              .at("recorded"),
                          true);
                on.bad(400, on.R + "/agent-events", {{"agent_id", id}}, "Invalid request body");
            }};
}

row eviction() {
    return {"POST", TOWN "/container-eviction",
            "The container is being replaced: nothing starts in it any more, and the end of its "
            "sessions costs nobody an attempt. Said again it is the same drain.",
            [](stage& on) {
                const std::string nonce = on.good(on.T() + "/container-eviction").at("drainNonce");
                EXPECT_EQ(on.good(on.T() + "/container-eviction").at("drainNonce"), nonce);
                on.bad(404, "/api/towns/nowhere/container-eviction");
            }};
}

row ready() {
    return {
        "POST", TOWN "/container-ready",
        "The new container is there. `cleared` is false for the nonce of another drain.",
        [](stage& on) {
            const std::string nonce =
                on.post(on.T() + "/container-eviction").data().at("drainNonce");
            EXPECT_EQ(on.good(on.T() + "/container-ready", {{"nonce", nonce}}).at("cleared"), true);
            EXPECT_EQ(on.good(on.T() + "/container-ready", {{"nonce", nonce}}).at("cleared"),
                      false);
            on.bad(400, on.T() + "/container-ready", json::object(), "Invalid request body");
        }};
}

row drain_status() {
    return {"GET", TOWN "/drain-status", "Whether the container is being replaced.", [](stage& on) {
                ASSERT_EQ(on.post(on.T() + "/container-eviction").status, 200);
                EXPECT_EQ(on.good(on.T() + "/drain-status").at("draining"), true);
                on.bad(404, "/api/towns/nowhere/drain-status");
            }};
}

row refresh() {
    return {"POST", TOWN "/refresh-container-token",
            "A fresh container token; an expired one will do to ask for it.", [](stage& on) {
                EXPECT_TRUE(on.good(on.T() + "/refresh-container-token", nullptr,
                                    stage::container_token(on.town, -60))
                                .contains("token"));
                on.bad(403, on.T() + "/refresh-container-token", nullptr,
                       "The token is for another town", stage::container_token("other", -60));
            }};
}

row container_events() {
    return {"POST", TOWN "/container-events",
            "How far a container is with a start (`db_hydrated`, `sdk_ready`, `session_created`; "
            "any other word is kept as well). With `agentId` it is kept with the agent, else it "
            "is in the log.",
            [](stage& on) {
                const auto id = on.working_polecat();
                EXPECT_EQ(on.good(on.T() + "/container-events", {{"event", "agent.startup_phase"},
                                                                 {"agentId", id},
                                                                 {"label", "sdk_ready"},
                                                                 {"durationMs", 812}})
                              .at("recorded"),
                          true);
                on.good(on.T() + "/container-events", {{"event", "a word of its own"}});
                on.bad(400, on.T() + "/container-events", {{"label", "x"}}, "Invalid request body");
            }};
}

}  // namespace

std::vector<row> report_rows() {
    return {heartbeat(),       old_heartbeat(), done(),   completed(),
            waiting(),         checkpoint(),    status(), eviction_context(),
            request_changes(), agent_events()};
}

std::vector<row> container_rows() {
    return {eviction(), ready(), drain_status(), refresh(), container_events()};
}

}  // namespace townd::api_test
