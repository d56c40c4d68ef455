// The words of the columns that townd reads as one of a closed list. One that somebody once used
// for a word of the list becomes that word; any other is left, and the daemon sets its row aside.

#include "store/adoption_copy.hpp"

namespace townd::store {
namespace {

constexpr const char* known_status = "('open','in_progress','in_review','closed','failed')";
constexpr const char* known_type =
    "('issue','message','escalation','merge_request','convoy','molecule','agent')";
constexpr const char* known_priority = "('low','medium','high','critical')";
// The old word stays with the bead.
std::string set_word(const char* column, const std::string& value) {
    const std::string name{column};
    return "UPDATE beads SET metadata = adopt_keep(metadata, '" + name + "', coalesce(" + name +
           ", 'NULL')), " + name + " = " + value + in_odd;
}

void types(adoption_copy& copy) {
    const std::string odd =
        std::string{"SELECT bead_id FROM beads WHERE type NOT IN "} + known_type;
    copy.repair("type_by_row", fate::repaired,
                {"bead of an unknown type has the row of a merge request, convoy or escalation",
                 "beads of unknown types have rows of merge requests, convoys or escalations",
                 "they are that"},
                odd +
                    " AND (bead_id IN (SELECT bead_id FROM review_metadata UNION SELECT bead_id "
                    "FROM convoy_metadata UNION SELECT bead_id FROM escalation_metadata UNION "
                    "SELECT bead_id FROM agent_metadata))",
                {set_word("type",
                          "CASE WHEN bead_id IN (SELECT bead_id FROM agent_metadata) THEN 'agent' "
                          "WHEN bead_id IN (SELECT bead_id FROM review_metadata) THEN "
                          "'merge_request' WHEN bead_id IN (SELECT bead_id FROM convoy_metadata) "
                          "THEN 'convoy' ELSE 'escalation' END")});
    copy.repair("type_words", fate::repaired,
                {"bead has an older word as its type", "beads have older words as their types",
                 "today's word is in its place"},
                odd + " AND adopt_type(type) IS NOT NULL", {set_word("type", "adopt_type(type)")});
    copy.repair("type_unknown", fate::left,
                {"bead has a type that nobody knows", "beads have types that nobody knows",
                 "left; the daemon sets such a row aside and names it on the town's page"},
                odd);
}

void statuses(adoption_copy& copy) {
    const std::string odd =
        std::string{"SELECT bead_id FROM beads WHERE status NOT IN "} + known_status;
    copy.repair("status_words", fate::repaired,
                {"bead has an older word as its status", "beads have older words as their status",
                 "today's word is in its place"},
                odd + " AND adopt_status(status) IS NOT NULL",
                {set_word("status", "adopt_status(status)"),
                 std::string{"UPDATE beads SET closed_at = coalesce(closed_at, updated_at)"} +
                     in_odd + " AND status = 'closed'"});
    copy.repair("status_unknown", fate::left,
                {"bead has a status that nobody knows", "beads have statuses that nobody knows",
                 "left; the daemon sets such a row aside and names it on the town's page"},
                odd);
}

void priorities(adoption_copy& copy) {
    copy.repair("priority_words", fate::repaired,
                {"bead has another word as its priority", "beads have other words as priorities",
                 "the nearest of low, medium, high, critical is in its place, medium for a word "
                 "that nobody knows"},
                std::string{"SELECT bead_id FROM beads WHERE priority NOT IN "} + known_priority,
                {set_word("priority", "coalesce(adopt_priority(priority), 'medium')")});
}

}  // namespace

void repair_words(adoption_copy& copy) {
    types(copy);
    statuses(copy);
    priorities(copy);
    copy.repair("no_title", fate::repaired,
                {"bead has no title", "beads have no titles", "its id is its title"},
                "SELECT bead_id FROM beads WHERE title IS NULL OR title = ''",
                {std::string{"UPDATE beads SET title = coalesce(bead_id, '')"} + in_odd});
}

}  // namespace townd::store
