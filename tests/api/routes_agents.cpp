// Agents of a rig: made, hooked, told things.

#include "api/routes.hpp"

namespace townd::api_test {
namespace {

#define RIG "/api/towns/:town/rigs/:rig"
#define AGENT RIG "/agents/:agent"

row post_agent() {
    return {"POST", RIG "/agents", "Makes an agent with a name and an identity of its own.",
            [](stage& on) {
                const json wanted{{"role", "polecat"},
                                  {"name", "Toast"},
                                  {"identity", "Toast-polecat-engine@bedrock"}};
                EXPECT_EQ(on.good(on.R + "/agents", wanted).at("status"), "idle");
                on.bad(409, on.R + "/agents", wanted);
                on.bad(400, on.R + "/agents", {{"role", "witness"}}, "Invalid request body");
            }};
}

row get_agents() {
    return {"GET", RIG "/agents", "The rig's agents. Query: `role`, `status`.", [](stage& on) {
                on.make_polecat();
                EXPECT_EQ(on.good(on.R + "/agents?role=polecat&status=idle").size(), 1U);
                on.bad(400, on.R + "/agents?role=witness", nullptr, "Invalid query");
            }};
}

row get_or_create() {
    return {"POST", RIG "/agents/get-or-create",
            "Mayor: one a town. Refinery: one a rig. Polecat: a free one, else a new one within "
            "the rig's cap (503 over it).",
            [](stage& on) {
                const auto path = on.R + "/agents/get-or-create";
                EXPECT_EQ(on.good(path, {{"role", "polecat"}}).at("role"), "polecat");
                on.bad(400, path, {{"role", "baker"}}, "Invalid request body");
                on.bad(404, on.T() + "/rigs/nowhere/agents/get-or-create", {{"role", "polecat"}});
            }};
}

row get_agent() {
    return {"GET", AGENT, "One agent.", [](stage& on) {
                const auto id = on.make_polecat();
                EXPECT_EQ(on.good(on.P(id)).at("id"), id);
                on.bad(404, on.P("nobody"), nullptr, "Agent nobody not found");
                on.bad(403, on.P(id), nullptr, "The token is for another agent",
                       stage::agent_token(on.town, on.rig, "other"));
            }};
}

row delete_agent() {
    return {"DELETE", AGENT,
            "Deletes an agent; its bead is open again, its process is stopped. Not while its start "
            "has no outcome.",
            [](stage& on) {
                const auto id = on.make_polecat();
                EXPECT_EQ(on.good(on.P(id)).at("deleted"), true);
                const auto busy = on.make_polecat();
                on.start_session(busy, on.make_issue(), "d1", dispatch_state::intent);
                on.bad(409, on.P(busy));
                on.bad(404, on.P(id));
            }};
}

row post_hook() {
    return {"POST", AGENT "/hook",
            "Ties an agent to a bead: it is started for it as soon as the rules allow.",
            [](stage& on) {
                const auto id = on.make_polecat();
                EXPECT_EQ(on.good(on.P(id) + "/hook", {{"bead_id", on.make_issue()}}).at("hooked"),
                          true);
                on.bad(409, on.P(id) + "/hook", {{"bead_id", on.make_issue()}});
                on.bad(404, on.P(id) + "/hook", {{"bead_id", "nothing"}});
                on.bad(400, on.P(id) + "/hook", json::object(), "Invalid request body");
            }};
}

row delete_hook() {
    return {"DELETE", AGENT "/hook", "Takes the agent off its bead; its process is stopped.",
            [](stage& on) {
                const auto id = on.working_polecat();
                EXPECT_EQ(on.good(on.P(id) + "/hook").at("unhooked"), true);
                on.bad(404, on.P("nobody") + "/hook");
            }};
}

row get_prime() {
    return {"GET", AGENT "/prime",
            "All that an agent must know to begin or go on: its bead, its mail, what rework, pull "
            "requests or a replaced container left for it.",
            [](stage& on) {
                const auto id = on.working_polecat();
                EXPECT_NE(on.good(on.P(id) + "/prime").at("hooked_bead"), nullptr);
                on.bad(404, on.P("nobody") + "/prime");
            }};
}

row get_mail() {
    return {"GET", AGENT "/mail",
            "The agent's unread letters, the oldest first, at most 100. Reading delivers them, "
            "once.",
            [](stage& on) {
                const auto id = on.make_polecat();
                const auto mayor = on.make_agent("mayor");
                ASSERT_EQ(on.post(on.R + "/mail", {{"from_agent_id", mayor},
                                                   {"to_agent_id", id},
                                                   {"subject", "The gate"},
                                                   {"body", "Red, please."}})
                              .status,
                          201);
                EXPECT_EQ(on.good(on.P(id) + "/mail").size(), 1U);
                EXPECT_EQ(on.good(on.P(id) + "/mail").size(), 0U) << "once";
                on.bad(404, on.P("nobody") + "/mail");
            }};
}

row post_mail() {
    return {"POST", RIG "/mail",
            "Sends a letter to an agent of the rig or to the mayor, whom it starts. 503 when 200 "
            "letters wait unread.",
            [](stage& on) {
                const auto from = on.make_polecat();
                const auto to = on.make_agent("mayor");
                const json letter{{"from_agent_id", from},
                                  {"to_agent_id", to},
                                  {"subject", "Done with the gate"},
                                  {"body", "It is red now."}};
                EXPECT_EQ(on.good(on.R + "/mail", letter).at("subject"), "Done with the gate");
                on.bad(400, on.R + "/mail", {{"to_agent_id", to}}, "Invalid request body");
                on.bad(404, on.R + "/mail",
                       {{"from_agent_id", from},
                        {"to_agent_id", "nobody"},
                        {"subject", "x"},
                        {"body", "y"}});
                on.bad(403, on.R + "/mail", letter, "The token is for another agent",
                       stage::agent_token(on.town, on.rig, "other"));
            }};
}

row get_nudges() {
    return {"GET", AGENT "/pending-nudges",
            "Nudges that wait for the agent, the oldest first. They wait until they are said to be "
            "delivered, a day at most.",
            [](stage& on) {
                const auto id = on.make_polecat();
                ASSERT_EQ(on.post(on.tools() + "/nudge", {{"agent_id", id},
                                                          {"message", "How far are you?"},
                                                          {"mode", "immediate"}})
                              .status,
                          201);
                EXPECT_EQ(on.good(on.P(id) + "/pending-nudges").size(), 1U);
                on.bad(404, on.P("nobody") + "/pending-nudges");
            }};
}

row post_delivered() {
    return {"POST", AGENT "/nudge-delivered",
            "A nudge was handed over. `delivered` is false when none of this id waited any more.",
            [](stage& on) {
                const auto id = on.make_polecat();
                const std::string nudge =
                    on.post(on.tools() + "/nudge", {{"agent_id", id}, {"message", "Hm?"}})
                        .data()
                        .at("nudge_id");
                const auto path = on.P(id) + "/nudge-delivered";
                EXPECT_EQ(on.good(path, {{"nudge_id", nudge}}).at("delivered"), true);
                EXPECT_EQ(on.good(path, {{"nudge_id", nudge}}).at("delivered"), false);
                EXPECT_EQ(on.get(on.P(id) + "/pending-nudges").data().size(), 0U);
                on.bad(400, path, json::object(), "Invalid request body");
            }};
}

std::string molecule_on(stage& on, const std::string& agent) {
    const std::string work = on.get(on.P(agent)).data().at("current_hook_bead_id");
    return on.make_bead({{"type", "molecule"},
                         {"title", "How to paint"},
                         {"metadata",
                          {{"work_bead_id", work},
                           {"steps",
                            {{{"title", "Sand"}, {"instructions", "Until it is smooth."}},
                             {{"title", "Paint"}, {"instructions", "Two coats."}}}}}}});
}

row get_molecule() {
    return {"GET", AGENT "/molecule/current",
            "The steps of the agent's work and the one it is at (counted from 0); null when its "
            "work has none.",
            [](stage& on) {
                const auto id = on.working_polecat();
                const auto molecule = molecule_on(on, id);
                EXPECT_EQ(on.good(on.P(id) + "/molecule/current").at("molecule_id"), molecule);
                const auto idle = on.make_polecat();
                EXPECT_EQ(on.good(on.P(idle) + "/molecule/current"), nullptr);
                on.bad(404, on.P("nobody") + "/molecule/current");
            }};
}

row advance_molecule() {
    return {
        "POST", AGENT "/molecule/advance",
        "The current step is done; the last one closes the molecule. With `step`, a step that "
        "is done already may be told again.",
        [](stage& on) {
            const auto id = on.working_polecat();
            molecule_on(on, id);
            const auto path = on.P(id) + "/molecule/advance";
            EXPECT_EQ(on.good(path, {{"step", 0}, {"summary", "Smooth."}}).at("current_step"), 1);
            on.bad(409, path, {{"step", 2}});
            on.bad(400, path, {{"step", -1}}, "Invalid request body");
            on.bad(404, on.P(on.make_polecat()) + "/molecule/advance");
        }};
}

}  // namespace

std::vector<row> agent_rows() {
    return {post_agent(), get_agents(),     get_or_create(), get_agent(),       delete_agent(),
            post_hook(),  delete_hook(),    get_prime(),     get_mail(),        post_mail(),
            get_nudges(), post_delivered(), get_molecule(),  advance_molecule()};
}

}  // namespace townd::api_test
