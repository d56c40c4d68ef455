// Reviews, triage, escalations, convoys, events.

#include "api/routes.hpp"

namespace townd::api_test {
namespace {

#define RIG "/api/towns/:town/rigs/:rig"
#define TOWN "/api/towns/:town"

row post_escalation() {
    return {"POST", RIG "/escalations", "Asks a person to look. `severity` is its priority.",
            [](stage& on) {
                const auto& made =
                    on.good(on.R + "/escalations", {{"title", "The repository wants a password"},
                                                    {"priority", "high"},
                                                    {"category", "access"}});
                EXPECT_EQ(made.at("severity"), "high");
                on.bad(400, on.R + "/escalations", {{"body", "x"}}, "Invalid request body");
            }};
}

std::string make_escalation(stage& on) {
    return on.post(on.R + "/escalations", {{"title", "It smokes"}}).data().at("id");
}

row get_escalations() {
    return {"GET", TOWN "/escalations",
            "The town's escalations, newest first. Query: `limit`, `offset`.", [](stage& on) {
                make_escalation(on);
                EXPECT_EQ(on.good(on.T() + "/escalations").size(), 1U);
                on.bad(400, on.T() + "/escalations?offset=x");
            }};
}

row acknowledge() {
    return {"POST", TOWN "/escalations/:id/acknowledge", "A person knows: it is not told again.",
            [](stage& on) {
                const auto id = make_escalation(on);
                EXPECT_EQ(
                    on.good(on.T() + "/escalations/" + id + "/acknowledge").at("acknowledged"),
                    true);
                on.bad(404, on.T() + "/escalations/" + on.make_issue() + "/acknowledge");
            }};
}

row submit_review() {
    return {
        "POST", RIG "/review-queue", "Puts an issue into review: makes its merge request, once.",
        [](stage& on) {
            const auto id = on.make_polecat();
            const auto work = on.make_issue();
            const json wanted{{"agent_id", id}, {"bead_id", work}, {"branch", "gt/toast/00000000"}};
            EXPECT_EQ(on.good(on.R + "/review-queue", wanted).at("submitted"), true);
            on.bad(400, on.R + "/review-queue", {{"agent_id", id}, {"bead_id", work}},
                   "Invalid request body");
            on.bad(404, on.R + "/review-queue",
                   {{"agent_id", id}, {"bead_id", "nothing"}, {"branch", "b"}});
        }};
}

row complete_review() {
    return {"POST", RIG "/review-queue/:entry/complete",
            "A merge request is over: `merged` closes its issue, `failed` and `conflict` open it "
            "again and charge it. One that is over already stays as it is.",
            [](stage& on) {
                const auto entry = on.make_bead({{"type", "merge_request"},
                                                 {"title", "Review: Paint"},
                                                 {"metadata", {{"branch", "gt/toast/1"}}}});
                const auto path = on.R + "/review-queue/" + entry + "/complete";
                on.bad(400, path, {{"status", "fine"}}, "Invalid request body");
                EXPECT_EQ(on.good(path, {{"entry_id", entry},
                                         {"status", "merged"},
                                         {"message", "Merged."},
                                         {"commit_sha", "9f3c1d2"}})
                              .at("completed"),
                          true);
                on.bad(404, on.R + "/review-queue/nothing/complete", {{"status", "merged"}});
            }};
}

row resolve_triage() {
    return {
        "POST", RIG "/triage/resolve",
        "Resolves a triage request. May: the session that was started for a triage batch "
        "(known by its token or `X-Dispatch-Id`, also when its hook is gone by now), and "
        "operators. `RESTART` stops the agent and gives its bead back, "
        "`RESTART_WITH_BACKOFF` with the wait of a failed session; `CLOSE_BEAD` (or `CLOSE`) "
        "closes the bead; `REASSIGN_BEAD` takes it off the agent; `NUDGE` and "
        "`PROVIDE_GUIDANCE` tell the agent; `ESCALATE` asks a person, `ESCALATE_TO_MAYOR` the "
        "mayor; `DISCARD` does nothing. No attempt is forgotten by any of them. A request "
        "that is resolved already is answered and nothing happens.",
        [](stage& on) {
            const auto request = on.make_bead({{"type", "issue"},
                                               {"title", "Toast makes no progress"},
                                               {"labels", {"gt:triage-request"}}});
            const json said{{"triage_request_bead_id", request},
                            {"action", "DISCARD"},
                            {"resolution_notes", "It moves again."}};
            const auto path = on.R + "/triage/resolve";
            on.bad(400, path, {{"triage_request_bead_id", request}, {"action", "SHRUG"}},
                   "Invalid request body");
            on.bad(403, path, said, "Only the session that was started for a triage batch",
                   stage::agent_token(on.town, on.rig, on.make_polecat()));
            EXPECT_EQ(on.good(path, said).at("status"), "closed");
            on.bad(404, path, {{"triage_request_bead_id", on.make_issue()}, {"action", "DISCARD"}});
        }};
}

json two_beads() {
    return {{{"title", "Lay the planks"}, {"body", "Oak."}},
            {{"title", "Paint"}, {"depends_on", {"Lay the planks"}}}};
}

row post_convoy() {
    return {"POST", TOWN "/convoys",
            "Makes beads that land together (1 to 200). `depends_on` names other beads of the "
            "request by place (from 0) or title. `merge_mode`: `review-then-land` collects all on "
            "a feature branch that lands at the end, `review-and-merge` lands each bead by itself "
            "(default: the town's `convoy_merge_mode`, else review-then-land). A `staged` convoy "
            "(default: `staged_convoys_default`) waits for its start.",
            [](stage& on) {
                const auto path = on.T() + "/convoys";
                const auto& made = on.good(path, {{"title", "Ship the docks"},
                                                  {"rig_id", on.rig},
                                                  {"beads", two_beads()},
                                                  {"merge_mode", "review-then-land"},
                                                  {"staged", true}});
                EXPECT_EQ(made.at("beads").size(), 2U);
                EXPECT_EQ(made.at("convoy").at("staged"), true);
                on.bad(400, path, {{"title", "x"}, {"rig_id", on.rig}, {"beads", json::array()}},
                       "Invalid request body");
                on.bad(400, path,
                       {{"title", "x"},
                        {"rig_id", on.rig},
                        {"beads",
                         {{{"title", "a"}, {"depends_on", {"b"}}},
                          {{"title", "b"}, {"depends_on", {0}}}}}},
                       "Invalid request body");
                on.bad(400, path,
                       {{"title", "x"},
                        {"rig_id", on.rig},
                        {"beads", {{{"title", "a"}, {"depends_on", {7}}}}}},
                       "Invalid request body");
                on.bad(404, path, {{"title", "x"}, {"rig_id", "nowhere"}, {"beads", two_beads()}},
                       "Rig nowhere not found");
            }};
}

row get_convoys() {
    return {"GET", TOWN "/convoys",
            "The town's convoys, newest first. Query: `status`, `limit` (20, at most 50), "
            "`offset`.",
            [](stage& on) {
                on.make_convoy();
                EXPECT_EQ(on.good(on.T() + "/convoys?status=open").size(), 1U);
                on.bad(400, on.T() + "/convoys?limit=many");
                on.bad(400, on.T() + "/convoys?status=weird", nullptr, "status must be one of");
            }};
}

row get_convoy() {
    return {"GET", TOWN "/convoys/:id", "One convoy with its beads.", [](stage& on) {
                const auto id = on.make_convoy();
                EXPECT_EQ(on.good(on.T() + "/convoys/" + id).at("beads").size(), 2U);
                on.bad(404, on.T() + "/convoys/" + on.make_issue());
            }};
}

row start_convoy() {
    return {"POST", TOWN "/convoys/:id/start",
            "A staged convoy's beads may be dispatched. One that was started stays so.",
            [](stage& on) {
                const auto id = on.make_convoy(true);
                EXPECT_EQ(on.good(on.T() + "/convoys/" + id + "/start").at("staged"), false);
                on.good(on.T() + "/convoys/" + id + "/start");
                on.bad(404, on.T() + "/convoys/nothing/start", nullptr, "Convoy nothing not found");
                ASSERT_EQ(on.post(on.T() + "/convoys/" + id + "/close").status, 200);
                on.bad(409, on.T() + "/convoys/" + id + "/start");
            }};
}

row close_convoy() {
    return {"POST", TOWN "/convoys/:id/close",
            "Ends a convoy that shall not land. Its beads that are not over are closed, their "
            "merge requests fail, the agents on them are stopped; what was merged stays merged.",
            [](stage& on) {
                const auto id = on.make_convoy();
                const auto& closed = on.good(on.T() + "/convoys/" + id + "/close");
                EXPECT_EQ(closed.at("status"), "closed");
                EXPECT_EQ(closed.at("landed_at"), nullptr);
                EXPECT_EQ(closed.at("closed_beads"), 2);
                on.bad(409, on.T() + "/convoys/" + id + "/close");
                on.bad(404, on.T() + "/convoys/nothing/close");
            }};
}

row post_event() {
    return {
        "POST", TOWN "/events",
        "Tells the town what happened elsewhere; applied within the next tick. For who "
        "watches a forge: news of the pull request of the merge request `bead_id`, or of the one "
        "at `payload.pr_url`.",
        [](stage& on) {
            const auto request = on.make_bead({{"type", "merge_request"},
                                               {"title", "Review: Paint"},
                                               {"metadata", {{"branch", "gt/toast/1"}}}});
            const auto& told = on.good(on.T() + "/events", {{"event_type", "pr_status_changed"},
                                                            {"bead_id", request},
                                                            {"payload", {{"pr_state", "merged"}}}});
            const std::string id = told.at("event_id");
            on.in_store([&](store::town_store& db) {
                const auto waiting = db.pending_town_events(10);
                ASSERT_EQ(waiting.size(), 1U);
                EXPECT_EQ(waiting[0].id, id);
                EXPECT_EQ(waiting[0].bead, request);
            });
            on.bad(400, on.T() + "/events", {{"event_type", "agent_done"}, {"bead_id", request}},
                   "Invalid request body");
            on.bad(404, on.T() + "/events",
                   {{"event_type", "bead_cancelled"}, {"bead_id", "nothing"}});
        }};
}

}  // namespace

std::vector<row> decision_rows() {
    return {submit_review(),   complete_review(), resolve_triage(), post_escalation(),
            get_escalations(), acknowledge(),     post_convoy(),    get_convoys(),
            get_convoy(),      start_convoy(),    close_convoy(),   post_event()};
}

}  // namespace townd::api_test
