// Rigs, convoys, and events that were never applied.

#include "store/adoption_copy.hpp"
#include "store/town_store.hpp"

namespace townd::store {
namespace {

constexpr int statuses_pending_max = 1000;
void convoy_rows(adoption_copy& copy) {
    copy.repair("convoy_without_row", fate::repaired,
                {"convoy has no row of its own", "convoys have no rows of their own",
                 "made, by the beads that track it"},
                "SELECT b.bead_id FROM beads b WHERE b.type = 'convoy' AND NOT EXISTS (SELECT 1 "
                "FROM convoy_metadata c WHERE c.bead_id = b.bead_id)",
                {"INSERT INTO convoy_metadata(bead_id) SELECT id FROM temp.odd"});
    copy.repair(
        "convoy_merge_mode", fate::repaired,
        {"convoy has a way to merge that nobody knows",
         "convoys have ways to merge that nobody knows", "review-then-land"},
        "SELECT bead_id FROM convoy_metadata WHERE merge_mode IS NOT NULL AND merge_mode "
        "NOT IN ('review-then-land','review-and-merge')",
        {std::string{"UPDATE convoy_metadata SET merge_mode = 'review-then-land'"} + in_odd});
    copy.repair("convoy_status", fate::repaired,
                {"convoy is in progress or in review, which convoys cannot be",
                 "convoys are in progress or in review, which convoys cannot be", "open"},
                "SELECT bead_id FROM beads WHERE type = 'convoy' AND status IN "
                "('in_progress','in_review')",
                {std::string{"UPDATE beads SET status = 'open'"} + in_odd});
    copy.repair("convoy_staged_over", fate::repaired,
                {"convoy is over and still staged", "convoys are over and still staged",
                 "it holds nothing any more"},
                "SELECT c.bead_id FROM convoy_metadata c JOIN beads b ON b.bead_id = c.bead_id "
                "WHERE c.staged <> 0 AND b.status IN ('closed','failed')",
                {std::string{"UPDATE convoy_metadata SET staged = 0"} + in_odd});
}

void convoy_counts(adoption_copy& copy) {
    const std::string tracked =
        "FROM bead_dependencies d JOIN beads i ON i.bead_id = d.bead_id WHERE "
        "d.depends_on_bead_id = convoy_metadata.bead_id AND d.dependency_type = 'tracks' AND "
        "i.type = 'issue'";
    const std::string total = "(SELECT count(*) " + tracked + ")";
    const std::string closed = "(SELECT count(*) " + tracked + " AND i.status = 'closed')";
    copy.repair("convoy_counts", fate::repaired,
                {"convoy's counts are not those of its beads",
                 "convoys' counts are not those of their beads",
                 "counted anew; the original counted failed beads as closed"},
                "SELECT bead_id FROM convoy_metadata WHERE total_beads <> " + total +
                    " OR closed_beads <> " + closed,
                {"UPDATE convoy_metadata SET total_beads = " + total +
                 ", closed_beads = " + closed + in_odd});
    copy.repair("convoy_landed_failed", fate::left,
                {"convoy is closed although beads of it failed",
                 "convoys are closed although beads of them failed", "left closed"},
                "SELECT b.bead_id FROM beads b WHERE b.type = 'convoy' AND b.status = 'closed' "
                "AND EXISTS (SELECT 1 FROM bead_dependencies d JOIN beads i ON i.bead_id = "
                "d.bead_id WHERE d.depends_on_bead_id = b.bead_id AND d.dependency_type = "
                "'tracks' AND i.status = 'failed')");
}

}  // namespace

void repair_rigs(adoption_copy& copy) {
    copy.repair("rig_unnamed", fate::repaired,
                {"rig has no name", "rigs have no names", "its id is its name"},
                "SELECT id FROM rigs WHERE name = ''",
                {"UPDATE rigs SET name = id WHERE id IN (SELECT id FROM temp.odd)"});
    copy.repair("rig_names", fate::repaired,
                {"rig has the name of an older one", "rigs have names of older ones",
                 "the first letters of its id are added to the name"},
                "SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY name ORDER BY "
                "created_at, rowid) AS place FROM rigs) WHERE place > 1",
                {"UPDATE rigs SET name = name || '-' || substr(id, 1, 8) WHERE id IN (SELECT id "
                 "FROM temp.odd)"});
    copy.repair("rig_config", fate::repaired,
                {"rig has a configuration that is no JSON object, or over 64 KiB",
                 "rigs have configurations that are no JSON objects, or over 64 KiB", "emptied"},
                "SELECT id FROM rigs WHERE config IS NOT NULL AND (NOT adopt_is_object(config) "
                "OR length(CAST(config AS BLOB)) > " +
                    std::to_string(metadata_bytes_max) + ")",
                {"UPDATE rigs SET config = '{}' WHERE id IN (SELECT id FROM temp.odd)"});
    copy.repair("rig_without_repository", fate::left,
                {"rig has no git_url", "rigs have no git_url",
                 "left; its beads wait until `PATCH` of the rig names its repository"},
                "SELECT id FROM rigs WHERE coalesce(git_url, '') = ''");
    copy.repair("rig_gone", fate::left,
                {"bead that is not over names a rig that does not exist",
                 "beads that are not over name rigs that do not exist",
                 "left; they wait until there is such a rig"},
                "SELECT bead_id FROM beads b WHERE b.status NOT IN ('closed','failed') AND b.type "
                "IN ('issue','merge_request') AND b.rig_id IS NOT NULL AND NOT EXISTS (SELECT 1 "
                "FROM rigs r WHERE r.id = b.rig_id)");
}

void repair_convoys(adoption_copy& copy) {
    convoy_rows(copy);
    convoy_counts(copy);
    copy.repair("severity", fate::repaired,
                {"escalation has a severity that nobody knows",
                 "escalations have severities that nobody knows", "medium"},
                "SELECT bead_id FROM escalation_metadata WHERE severity NOT IN "
                "('low','medium','high','critical')",
                {std::string{"UPDATE escalation_metadata SET severity = 'medium'"} + in_odd});
    copy.repair("review_without_row", fate::left,
                {"merge request that is not over has no branch",
                 "merge requests that are not over have no branches",
                 "left; the daemon sets such a row aside and names it on the town's page"},
                "SELECT b.bead_id FROM beads b WHERE b.type = 'merge_request' AND b.status NOT IN "
                "('closed','failed') AND NOT EXISTS (SELECT 1 FROM review_metadata r WHERE "
                "r.bead_id = b.bead_id)");
}

void repair_events(adoption_copy& copy) {
    const auto waiting = copy.number(
        "SELECT count(*) FROM town_events WHERE processed_at IS NULL AND event_type = "
        "'container_status'");
    if (waiting > statuses_pending_max)
        copy.repair("container_statuses", fate::dropped,
                    {"report of a container's state waits", "reports of containers' states wait",
                     "dropped, the daemon asks the containers itself"},
                    "SELECT event_id FROM town_events WHERE processed_at IS NULL AND event_type "
                    "= 'container_status'",
                    {"DELETE FROM town_events WHERE event_id IN (SELECT id FROM temp.odd)"});
    const std::string poison =
        "processed_at IS NULL AND (NOT adopt_is_object(payload) OR event_type NOT IN "
        "('agent_done','agent_completed','container_status','container_eviction',"
        "'pr_status_changed','bead_created','bead_cancelled','convoy_started','nudge_timeout',"
        "'pr_feedback_detected','pr_auto_merge','auto_merge_cleared','pr_conflict_detected',"
        "'poll_pr_null'))";
    copy.repair("poison_events", fate::left,
                {"waiting event cannot be read", "waiting events cannot be read",
                 "left; the daemon tries each three times and sets it aside"},
                "SELECT event_id FROM town_events WHERE " + poison);
    copy.tell("events_waiting", fate::told,
              copy.number("SELECT count(*) FROM town_events WHERE processed_at IS NULL AND NOT (" +
                          poison + ")"),
              {"event waits to be applied", "events wait to be applied",
               "the daemon applies it at its first tick"});
}

}  // namespace townd::store
