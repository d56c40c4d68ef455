// Agents that townd could not read, or would take for something that they are not.

#include "store/adoption_copy.hpp"

namespace townd::store {
namespace {

// Of a role that is no more: its bead stays as a closed message, so that the history that names it
// still finds it.
void retire(adoption_copy& copy) {
    copy.repair(
        "old_roles", fate::repaired,
        {"agent has a role that is no more (such as witness)",
         "agents have roles that are no more (such as witness)",
         "retired: unhooked, and its bead is a closed message that keeps role and identity"},
        "SELECT m.bead_id FROM agent_metadata m WHERE coalesce(m.role, '') NOT IN "
        "('polecat','refinery','mayor')",
        {"UPDATE beads SET metadata = adopt_keep(adopt_keep(metadata, 'role', (SELECT role FROM "
         "agent_metadata m WHERE m.bead_id = beads.bead_id)), 'identity', (SELECT identity FROM "
         "agent_metadata m WHERE m.bead_id = beads.bead_id)), type = 'message', status = 'closed', "
         "updated_at = ?1, closed_at = ?1 WHERE bead_id IN (SELECT id FROM temp.odd)",
         "DELETE FROM agent_metadata WHERE bead_id IN (SELECT id FROM temp.odd)"});
}

void half_agents(adoption_copy& copy) {
    copy.repair("agent_without_bead", fate::dropped,
                {"agent has no bead", "agents have no beads", "dropped, nothing names it"},
                "SELECT m.bead_id FROM agent_metadata m WHERE NOT EXISTS (SELECT 1 FROM beads b "
                "WHERE b.bead_id = m.bead_id)",
                {std::string{"DELETE FROM agent_metadata"} + in_odd});
    copy.repair("agent_of_other_type", fate::repaired,
                {"agent's bead is of another type", "agents' beads are of other types",
                 "it is of type agent"},
                "SELECT b.bead_id FROM beads b JOIN agent_metadata m ON m.bead_id = b.bead_id "
                "WHERE b.type <> 'agent'",
                {std::string{"UPDATE beads SET type = 'agent'"} + in_odd});
    const std::string lone =
        "SELECT b.bead_id FROM beads b WHERE b.type = 'agent' AND NOT EXISTS (SELECT 1 FROM "
        "agent_metadata m WHERE m.bead_id = b.bead_id) AND b.rig_id IS ";
    copy.repair("agent_without_row", fate::repaired,
                {"agent of a rig has no row of its own", "agents of rigs have no rows of their own",
                 "each is an idle polecat"},
                lone + "NOT NULL",
                {"INSERT INTO agent_metadata(bead_id, role, identity, status) SELECT b.bead_id, "
                 "'polecat', 'adopted-polecat-' || b.bead_id, 'idle' FROM beads b WHERE "
                 "b.bead_id IN (SELECT id FROM temp.odd)"});
    copy.repair(
        "agent_of_nothing", fate::repaired,
        {"agent has neither a row of its own nor a rig",
         "agents have neither a row of their own nor a rig", "its bead is a closed message"},
        lone + "NULL",
        {std::string{"UPDATE beads SET type = 'message', status = 'closed', "
                     "updated_at = ?1, closed_at = ?1"} +
         in_odd});
}

}  // namespace

void repair_agents(adoption_copy& copy) {
    retire(copy);
    half_agents(copy);
    copy.repair("agent_status", fate::repaired,
                {"agent has a status that nobody knows", "agents have statuses that nobody knows",
                 "unhooked and idle"},
                "SELECT bead_id FROM agent_metadata WHERE status IS NULL OR status NOT IN "
                "('idle','working','waiting','stalled','dead')",
                {std::string{"UPDATE agent_metadata SET status = 'idle', current_hook_bead_id = "
                             "NULL, checkpoint = NULL"} +
                 in_odd});
    copy.repair("agent_attempts", fate::repaired,
                {"agent's counter of attempts is not 0", "agents' counters of attempts are not 0",
                 "0, since the original counted faults of the platform and held agents at the cap"},
                "SELECT bead_id FROM agent_metadata WHERE dispatch_attempts <> 0",
                {"UPDATE agent_metadata SET dispatch_attempts = 0"});
    copy.tell("agents_at_work", fate::told,
              copy.number("SELECT count(*) FROM agent_metadata WHERE status = 'working'"),
              {"agent was at work", "agents were at work",
               "the daemon asks the container about it, and gives its bead to another when it is "
               "silent"});
}

}  // namespace townd::store
