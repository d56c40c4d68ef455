// The mayor's tools.

#include "api/routes.hpp"

namespace townd::api_test {
namespace {

#define TOOLS "/api/mayor/:town/tools"

// The session token of the town's mayor.
std::string mayors(stage& on) {
    return stage::agent_token(on.town, "mayor-" + on.town, on.make_agent("mayor"));
}

// A polecat's session may use none of them.
void no_polecat(stage& on, const std::string& path, const json& body = nullptr) {
    on.bad(403, path, body, "Only the town's mayor may use its tools",
           stage::agent_token(on.town, on.rig, on.make_polecat()));
}

row sling() {
    return {"POST", TOOLS "/sling", "As `sling` of a rig.", [](stage& on) {
                const json work{{"rig_id", on.rig}, {"title", "Fix the pump"}};
                EXPECT_NE(on.good(on.tools() + "/sling", work, mayors(on)).at("agent"), nullptr);
                no_polecat(on, on.tools() + "/sling", work);
                on.bad(404, on.tools() + "/sling", {{"rig_id", "nowhere"}, {"title", "x"}},
                       "Rig nowhere not found", mayors(on));
            }};
}

row sling_batch() {
    return {"POST", TOOLS "/sling-batch",
            "Several beads at once: a convoy (see `POST convoys`). `tasks` and `title` are taken "
            "for `beads` and `convoy_title`.",
            [](stage& on) {
                const json batch{
                    {"rig_id", on.rig},
                    {"convoy_title", "Ship the docks"},
                    {"beads",
                     {{{"title", "Lay the planks"}}, {{"title", "Paint"}, {"depends_on", {0}}}}}};
                EXPECT_EQ(
                    on.good(on.tools() + "/sling-batch", batch, mayors(on)).at("beads").size(), 2U);
                no_polecat(on, on.tools() + "/sling-batch", batch);
                on.bad(400, on.tools() + "/sling-batch", {{"rig_id", on.rig}},
                       "Invalid request body", mayors(on));
            }};
}

row rigs() {
    return {"GET", TOOLS "/rigs", "The town's rigs.", [](stage& on) {
                EXPECT_EQ(on.good(on.tools() + "/rigs", nullptr, mayors(on)).size(), 1U);
                no_polecat(on, on.tools() + "/rigs");
            }};
}

row beads() {
    return {"GET", TOOLS "/rigs/:rig/beads", "As `GET beads` of a rig.", [](stage& on) {
                on.make_issue();
                const auto path = on.tools() + "/rigs/" + on.rig + "/beads?type=issue";
                EXPECT_EQ(on.good(path, nullptr, mayors(on)).size(), 1U);
                no_polecat(on, path);
            }};
}

row agents() {
    return {"GET", TOOLS "/rigs/:rig/agents", "As `GET agents` of a rig.", [](stage& on) {
                const auto path = on.tools() + "/rigs/" + on.rig + "/agents";
                no_polecat(on, path);
                EXPECT_EQ(on.good(path, nullptr, mayors(on)).size(), 1U);
            }};
}

row mail() {
    return {"POST", TOOLS "/mail", "A letter to any agent of the town; from the mayor by default.",
            [](stage& on) {
                const json letter{
                    {"to_agent_id", on.make_polecat()}, {"subject", "Hello"}, {"body", "Go on."}};
                EXPECT_NE(on.good(on.tools() + "/mail", letter, mayors(on)).at("from_agent_id"),
                          nullptr);
                no_polecat(on, on.tools() + "/mail", letter);
                on.bad(404, on.tools() + "/mail",
                       {{"to_agent_id", "nobody"}, {"subject", "x"}, {"body", "y"}},
                       "Agent nobody not found", mayors(on));
            }};
}

row nudge() {
    return {"POST", TOOLS "/nudge",
            "A message that an agent's container hands over: `mode` `wait-idle` (default), "
            "`immediate` or `queue`; `priority` `normal` or `urgent`. 503 when 100 wait.",
            [](stage& on) {
                const json said{{"agent_id", on.make_polecat()},
                                {"message", "How far are you?"},
                                {"mode", "immediate"},
                                {"priority", "urgent"}};
                EXPECT_TRUE(on.good(on.tools() + "/nudge", said, mayors(on)).contains("nudge_id"));
                no_polecat(on, on.tools() + "/nudge", said);
                on.bad(400, on.tools() + "/nudge", {{"agent_id", "x"}, {"mode", "loud"}},
                       "Invalid request body", mayors(on));
            }};
}

row convoys() {
    return {"GET", TOOLS "/convoys", "As `GET convoys` of the town.", [](stage& on) {
                on.make_convoy();
                EXPECT_EQ(on.good(on.tools() + "/convoys", nullptr, mayors(on)).size(), 1U);
                no_polecat(on, on.tools() + "/convoys");
            }};
}

row convoy() {
    return {"GET", TOOLS "/convoys/:id", "One convoy with its beads.", [](stage& on) {
                const auto path = on.tools() + "/convoys/" + on.make_convoy();
                EXPECT_EQ(on.good(path, nullptr, mayors(on)).at("total_beads"), 2);
                no_polecat(on, path);
            }};
}

row start_convoy() {
    return {"POST", TOOLS "/convoys/:id/start", "Starts a staged convoy.", [](stage& on) {
                const auto path = on.tools() + "/convoys/" + on.make_convoy(true) + "/start";
                no_polecat(on, path);
                EXPECT_EQ(on.good(path, nullptr, mayors(on)).at("staged"), false);
            }};
}

row close_convoy() {
    return {"POST", TOOLS "/convoys/:id/close", "Ends a convoy that shall not land.",
            [](stage& on) {
                const auto path = on.tools() + "/convoys/" + on.make_convoy() + "/close";
                no_polecat(on, path);
                EXPECT_EQ(on.good(path, nullptr, mayors(on)).at("status"), "closed");
                on.bad(409, path, nullptr, "", mayors(on));
            }};
}

row reassign() {
    return {"POST", TOOLS "/rigs/:rig/beads/:bead/reassign",
            "Gives a bead to another agent, which must be free; who had it is stopped.",
            [](stage& on) {
                const auto had = on.working_polecat();
                const std::string work = on.get(on.P(had)).data().at("current_hook_bead_id");
                const auto path = on.tools() + "/rigs/" + on.rig + "/beads/" + work + "/reassign";
                const auto to = on.make_polecat();
                no_polecat(on, path, {{"agent_id", to}});
                EXPECT_EQ(
                    on.good(path, {{"agent_id", to}}, mayors(on)).at("assignee_agent_bead_id"), to);
                on.bad(404, path, {{"agent_id", "nobody"}}, "", mayors(on));
            }};
}

row close() {
    return {"POST", TOOLS "/rigs/:rig/beads/:bead/close",
            "Closes any bead of the rig; the agent on it is stopped.", [](stage& on) {
                const auto path = on.tools() + "/rigs/" + on.rig + "/beads/";
                no_polecat(on, path + on.make_issue() + "/close");
                EXPECT_EQ(
                    on.good(path + on.make_issue() + "/close", nullptr, mayors(on)).at("status"),
                    "closed");
            }};
}

row reset_bead() {
    return {"POST", TOOLS "/rigs/:rig/beads/:bead/reset",
            "Begins a bead anew: open, counters at 0, nobody on it; its merge requests that are "
            "not over fail. A failed one is retried; a closed one stays closed (409).",
            [](stage& on) {
                const auto had = on.working_polecat();
                const std::string work = on.get(on.P(had)).data().at("current_hook_bead_id");
                const auto path = on.tools() + "/rigs/" + on.rig + "/beads/" + work + "/reset";
                no_polecat(on, path);
                EXPECT_EQ(on.good(path, nullptr, mayors(on)).at("status"), "open");
                EXPECT_EQ(on.get(on.P(had)).data().at("current_hook_bead_id"), nullptr);
                ASSERT_EQ(on.post(on.R + "/beads/" + work + "/close").status, 200);
                on.bad(409, path, nullptr, "", mayors(on));
            }};
}

row delete_bead() {
    return {"DELETE", TOOLS "/rigs/:rig/beads/:bead", "Deletes a bead.", [](stage& on) {
                const auto path = on.tools() + "/rigs/" + on.rig + "/beads/" + on.make_issue();
                no_polecat(on, path);
                EXPECT_EQ(on.good(path, nullptr, mayors(on)).at("deleted"), true);
                on.bad(404, path, nullptr, "", mayors(on));
            }};
}

row reset_agent() {
    return {"POST", TOOLS "/rigs/:rig/agents/:agent/reset",
            "An agent begins anew: idle, unhooked, its process is stopped; its bead is open.",
            [](stage& on) {
                const auto id = on.working_polecat();
                const auto path = on.tools() + "/rigs/" + on.rig + "/agents/" + id + "/reset";
                no_polecat(on, path);
                const auto& rested = on.good(path, nullptr, mayors(on));
                EXPECT_EQ(rested.at("status"), "idle");
                EXPECT_EQ(rested.at("current_hook_bead_id"), nullptr);
                on.bad(404, on.tools() + "/rigs/" + on.rig + "/agents/nobody/reset", nullptr, "",
                       mayors(on));
            }};
}

}  // namespace

std::vector<row> mayor_rows() {
    return {sling(), sling_batch(), rigs(),        beads(),        agents(),       mail(),
            nudge(), convoys(),     convoy(),      start_convoy(), close_convoy(), reassign(),
            close(), reset_bead(),  delete_bead(), reset_agent()};
}

}  // namespace townd::api_test
