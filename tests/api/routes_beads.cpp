// Beads of a rig.

#include "api/routes.hpp"

namespace townd::api_test {
namespace {

#define RIG "/api/towns/:town/rigs/:rig"

row post_bead() {
    return {
        "POST", RIG "/beads",
        "Makes a bead. A `merge_request` names its branch in `metadata.branch`; a `molecule` "
        "the work and its steps (`metadata.work_bead_id`, `metadata.steps`); agents are made "
        "by `POST agents`. Over `towns.max_megabytes` a town takes no new beads (503).",
        [](stage& on) {
            const auto blocker = on.make_issue();
            const auto& made = on.good(on.R + "/beads", {{"type", "issue"},
                                                         {"title", "Paint the gate"},
                                                         {"body", "Red, two coats."},
                                                         {"priority", "high"},
                                                         {"labels", {"paint"}},
                                                         {"blocked_by", {blocker}}});
            EXPECT_EQ(made.at("title"), "Paint the gate");
            EXPECT_EQ(made.at("status"), "open");
            on.bad(400, on.R + "/beads", {{"type", "issue"}, {"priority", "urgent"}},
                   "Invalid request body");
            on.bad(400, on.R + "/beads",
                   {{"type", "issue"}, {"title", "x"}, {"blocked_by", {"no-bead"}}},
                   "blocked_by: bead no-bead does not exist");
            on.bad(400, on.R + "/beads",
                   {{"type", "molecule"}, {"title", "x"}, {"metadata", {{"steps", json::array()}}}},
                   "Invalid request body");
            on.bad(404, on.T() + "/rigs/nowhere/beads", {{"type", "issue"}, {"title", "x"}});
        }};
}

row get_beads() {
    return {"GET", RIG "/beads",
            "The rig's beads, newest first. Query: `status`, `type`, `assignee_agent_id`, `limit` "
            "(100, at most 1000), `offset`.",
            [](stage& on) {
                on.make_issue();
                EXPECT_EQ(on.good(on.R + "/beads?type=issue&status=open&limit=10").size(), 1U);
                on.bad(400, on.R + "/beads?limit=-1", nullptr,
                       "limit and offset must be non-negative integers");
                on.bad(400, on.R + "/beads?status=weird");
            }};
}

row get_bead() {
    return {"GET", RIG "/beads/:bead", "One bead.", [](stage& on) {
                const auto id = on.make_issue();
                EXPECT_EQ(on.good(on.R + "/beads/" + id).at("id"), id);
                on.bad(404, on.R + "/beads/nothing", nullptr, "Bead nothing not found");
            }};
}

row delete_bead() {
    return {"DELETE", RIG "/beads/:bead",
            "Deletes a bead with its history; the agent on it is stopped.", [](stage& on) {
                const auto id = on.make_issue();
                EXPECT_EQ(on.good(on.R + "/beads/" + id).at("deleted"), true);
                on.bad(404, on.R + "/beads/" + id);
                on.bad(409, on.R + "/beads/" + on.make_polecat());
            }};
}

row patch_status() {
    return {"PATCH", RIG "/beads/:bead/status",
            "Moves a bead. One that is closed or failed stays so; to `closed` or `failed` stops "
            "the agent on it, to `open` takes it off the agent. An agent moves its own bead only.",
            [](stage& on) {
                const auto id = on.make_issue();
                const json closed{{"status", "closed"}, {"agent_id", "any"}};
                EXPECT_EQ(on.good(on.R + "/beads/" + id + "/status", closed).at("status"),
                          "closed");
                on.bad(409, on.R + "/beads/" + id + "/status", {{"status", "open"}});
                on.bad(400, on.R + "/beads/" + id + "/status", {{"status", "done"}},
                       "Invalid request body");
                const auto other = on.make_issue();
                const auto polecat = on.make_polecat();
                on.bad(403, on.R + "/beads/" + other + "/status", {{"status", "closed"}},
                       "The token is for another agent than the bead's",
                       stage::agent_token(on.town, on.rig, polecat));
            }};
}

row close_bead() {
    return {"POST", RIG "/beads/:bead/close", "Closes a bead; the agent on it is stopped.",
            [](stage& on) {
                const auto id = on.make_issue();
                const auto path = on.R + "/beads/" + id + "/close";
                EXPECT_EQ(on.good(path, {{"agent_id", "any"}}).at("status"), "closed");
                on.bad(409, path);
                on.bad(404, on.R + "/beads/nothing/close");
            }};
}

row retry_bead() {
    return {"POST", RIG "/beads/:bead/retry",
            "A failed bead is open again with its counters at 0, and so is a failed convoy that it "
            "is of; a parked bead waits no more.",
            [](stage& on) {
                const auto id = on.make_issue();
                const auto path = on.R + "/beads/" + id + "/retry";
                on.bad(409, path);
                ASSERT_EQ(
                    on.patch(on.R + "/beads/" + id + "/status", {{"status", "failed"}}).status,
                    200);
                EXPECT_EQ(on.good(path, {{"reason", "the outage is over"}}).at("status"), "open");
                on.bad(400, path, {{"reason", 5}}, "Invalid request body");
            }};
}

row sling() {
    return {"POST", RIG "/sling",
            "Makes an issue and gives it to a free polecat, made when there is none within the "
            "cap. `agent` is null when all are busy: the next free one takes the work.",
            [](stage& on) {
                const auto& made =
                    on.good(on.R + "/sling", {{"title", "Fix the pump"}, {"body", "It leaks."}});
                EXPECT_EQ(made.at("agent").at("current_hook_bead_id"), made.at("bead").at("id"));
                on.bad(400, on.R + "/sling", {{"body", "x"}}, "Invalid request body");
                on.bad(404, on.T() + "/rigs/nowhere/sling", {{"title", "x"}});
            }};
}

row get_events() {
    return {"GET", RIG "/events",
            "What happened to the rig's beads, oldest first. Query: `since` (a time), `bead_id`, "
            "`limit` (100, at most 1000).",
            [](stage& on) {
                const auto id = on.make_issue();
                EXPECT_EQ(on.good(on.R + "/events?bead_id=" + id).size(), 1U);
                on.bad(400, on.R + "/events?since=yesterday", nullptr, "since must be a time");
                on.bad(404, on.R + "/events?bead_id=nothing");
            }};
}

}  // namespace

std::vector<row> bead_rows() {
    return {post_bead(),  get_beads(),  get_bead(), delete_bead(), patch_status(),
            close_bead(), retry_bead(), sling(),    get_events()};
}

}  // namespace townd::api_test
