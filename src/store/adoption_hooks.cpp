// What ties agents to beads, and beads to each other.

#include <algorithm>
#include <unordered_map>

#include "store/adoption_copy.hpp"

namespace townd::store {
namespace {

// An agent at work stays so: the daemon stops the process of one that works without a hook.
constexpr const char* unhook =
    "UPDATE agent_metadata SET current_hook_bead_id = NULL, checkpoint = NULL "
    "WHERE bead_id IN (SELECT id FROM temp.odd)";
constexpr const char* give_back =
    "UPDATE beads SET status = 'open', assignee_agent_bead_id = NULL, updated_at = ?1 "
    "WHERE bead_id IN (SELECT id FROM temp.odd)";

void hooks(adoption_copy& copy) {
    const std::string hooked =
        "SELECT m.bead_id FROM agent_metadata m LEFT JOIN beads b ON b.bead_id = "
        "m.current_hook_bead_id WHERE m.current_hook_bead_id IS NOT NULL AND ";
    copy.repair("hook_gone", fate::repaired,
                {"agent holds a bead that does not exist", "agents hold beads that do not exist",
                 "unhooked"},
                hooked + "b.bead_id IS NULL", {unhook});
    copy.repair(
        "hook_over", fate::repaired,
        {"agent holds a bead that is closed or failed",
         "agents hold beads that are closed or failed", "unhooked, the bead stays as it is"},
        hooked + "b.status IN ('closed','failed')", {unhook});
    copy.repair(
        "hook_of_no_work", fate::repaired,
        {"agent holds a bead that is no work (escalation, convoy, agent, message)",
         "agents hold beads that are no work (escalation, convoy, agent, message)", "unhooked"},
        hooked + "b.type IN ('escalation','convoy','agent','message')", {unhook});
    copy.repair("hook_of_dead", fate::repaired,
                {"dead agent holds a bead", "dead agents hold beads", "unhooked"},
                hooked + "m.status = 'dead'", {unhook});
    copy.repair(
        "hook_shared", fate::repaired,
        {"agent holds a bead that another holds too", "agents hold beads that another holds too",
         "unhooked; the one at work keeps it, else the one that was active last"},
        "SELECT bead_id FROM (SELECT bead_id, row_number() OVER (PARTITION BY "
        "current_hook_bead_id ORDER BY status = 'working' DESC, "
        "coalesce(last_activity_at, '') DESC, rowid) AS place FROM agent_metadata WHERE "
        "current_hook_bead_id IS NOT NULL) WHERE place > 1",
        {unhook});
}

void edges(adoption_copy& copy) {
    const auto edge = [&](std::string_view code, const phrase& words, const std::string& where) {
        copy.repair(code, fate::dropped, words,
                    "SELECT bead_id FROM bead_dependencies AS d WHERE " + where,
                    {"DELETE FROM bead_dependencies AS d WHERE " + where});
    };
    edge("edge_to_nothing",
         {"dependency names a bead that does not exist",
          "dependencies name beads that do not exist", "dropped"},
         "NOT EXISTS (SELECT 1 FROM beads b WHERE b.bead_id = d.bead_id) OR NOT EXISTS (SELECT 1 "
         "FROM beads b WHERE b.bead_id = d.depends_on_bead_id)");
    edge("edge_to_itself",
         {"bead waits for itself", "beads wait for themselves", "the dependency is dropped"},
         "d.bead_id = d.depends_on_bead_id");
    copy.repair("edge_unknown", fate::left,
                {"dependency is of a type that nobody knows",
                 "dependencies are of types that nobody knows", "left, nothing waits for them"},
                "SELECT bead_id FROM bead_dependencies WHERE dependency_type NOT IN "
                "('blocks','tracks','parent-child')");
}

// Takes away, again and again, what waits for nothing: what remains waits for itself.
std::vector<std::string> waiting_in_circles(adoption_copy& copy) {
    std::unordered_map<std::string, std::vector<std::string>> behind;
    std::unordered_map<std::string, int> waits;
    SQLite::Statement rows(copy.database,
                           "SELECT d.bead_id, d.depends_on_bead_id FROM bead_dependencies d "
                           "JOIN beads b ON b.bead_id = d.bead_id JOIN beads o ON o.bead_id = "
                           "d.depends_on_bead_id WHERE d.dependency_type = 'blocks' AND b.status "
                           "NOT IN ('closed','failed') AND o.status <> 'closed'");
    while (rows.executeStep()) {
        const auto bead = rows.getColumn(0).getString();
        const auto on = rows.getColumn(1).getString();
        behind[on].push_back(bead);
        ++waits[bead];
        waits.try_emplace(on, 0);
    }
    std::vector<std::string> free;
    for (const auto& [bead, count] : waits)
        if (count == 0) free.push_back(bead);
    while (!free.empty()) {
        const auto bead = std::move(free.back());
        free.pop_back();
        waits.erase(bead);
        for (const auto& next : behind[bead])
            if (--waits[next] == 0) free.push_back(next);
    }
    std::vector<std::string> out;
    for (const auto& [bead, count] : waits)
        out.push_back(bead);
    return out;
}

void circles(adoption_copy& copy) {
    auto beads = waiting_in_circles(copy);
    const auto count = static_cast<std::int64_t>(beads.size());
    std::sort(beads.begin(), beads.end());
    if (beads.size() > oddity_examples_max) beads.resize(oddity_examples_max);
    copy.tell("circle", fate::left, count,
              {"bead waits in a circle of dependencies", "beads wait in circles of dependencies",
               "left; none of them can start before one of the circle is closed or cancelled"},
              std::move(beads));
}

}  // namespace

void repair_hooks(adoption_copy& copy) {
    hooks(copy);
    edges(copy);
    circles(copy);
}

void repair_beads(adoption_copy& copy) {
    const std::string nobody =
        " AND b.bead_id NOT IN (SELECT current_hook_bead_id FROM agent_metadata WHERE "
        "current_hook_bead_id IS NOT NULL)";
    copy.repair("started_by_nobody", fate::repaired,
                {"issue is in progress and no agent holds it",
                 "issues are in progress and no agent holds them", "open again"},
                "SELECT b.bead_id FROM beads b WHERE b.type = 'issue' AND b.status = "
                "'in_progress'" +
                    nobody,
                {give_back});
    copy.repair("review_by_nobody", fate::repaired,
                {"review is in progress and no refinery holds it",
                 "reviews are in progress and no refinery holds them", "open again"},
                "SELECT b.bead_id FROM beads b LEFT JOIN review_metadata r ON r.bead_id = "
                "b.bead_id WHERE b.type = 'merge_request' AND b.status = 'in_progress' AND "
                "r.pr_url IS NULL" +
                    nobody,
                {give_back});
    copy.repair("assignee_gone", fate::repaired,
                {"bead is assigned to an agent that does not exist",
                 "beads are assigned to agents that do not exist", "anyone may take it"},
                "SELECT b.bead_id FROM beads b WHERE b.status NOT IN ('closed','failed') AND "
                "b.assignee_agent_bead_id IS NOT NULL AND b.assignee_agent_bead_id <> 'system' "
                "AND NOT EXISTS (SELECT 1 FROM agent_metadata m WHERE m.bead_id = "
                "b.assignee_agent_bead_id)",
                {"UPDATE beads SET assignee_agent_bead_id = NULL WHERE bead_id IN (SELECT id FROM "
                 "temp.odd)"});
    copy.repair("attempts", fate::repaired,
                {"bead that is not over has attempts charged to it",
                 "beads that are not over have attempts charged to them",
                 "0, since the original charged faults of the platform to the work"},
                "SELECT bead_id FROM beads WHERE status NOT IN ('closed','failed') AND "
                "dispatch_attempts <> 0",
                {"UPDATE beads SET dispatch_attempts = 0 WHERE bead_id IN (SELECT id FROM "
                 "temp.odd)"});
    copy.repair("failed_at_cap", fate::left,
                {"bead failed by `max dispatch attempts exceeded` alone",
                 "beads failed by `max dispatch attempts exceeded` alone",
                 "left failed; `townctl retry` opens those that are still wanted"},
                "SELECT b.bead_id FROM beads b WHERE b.status = 'failed' AND (b.metadata LIKE "
                "'%max dispatch attempts%' OR b.metadata LIKE '%max_dispatch_attempts%' OR EXISTS "
                "(SELECT 1 FROM bead_events e WHERE e.bead_id = b.bead_id AND e.new_value = "
                "'failed' AND (e.metadata LIKE '%max dispatch attempts%' OR e.metadata LIKE "
                "'%max_dispatch_attempts%')))");
}

}  // namespace townd::store
