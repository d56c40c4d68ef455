// Texts that are no JSON where they should be, and texts that are too long for a row of townd's.

#include <algorithm>
#include <array>

#include "store/adoption_copy.hpp"
#include "store/schema.hpp"
#include "store/town_store.hpp"

namespace townd::store {
namespace {

void json_of_beads(adoption_copy& copy) {
    copy.repair(
        "metadata_no_json", fate::repaired,
        {"bead has metadata that is no JSON object", "beads have metadata that is no JSON object",
         "replaced; the old text begins under `adopted` of the new"},
        "SELECT bead_id FROM beads WHERE metadata IS NOT NULL AND metadata <> '' AND "
        "NOT adopt_is_object(metadata)",
        {std::string{"UPDATE beads SET metadata = adopt_keep('{}', 'metadata', metadata)"} +
         in_odd});
    copy.change("UPDATE beads SET metadata = '{}' WHERE metadata = ''");
    copy.repair("labels_no_list", fate::repaired,
                {"bead has labels that are no JSON list of texts",
                 "beads have labels that are no JSON list of texts",
                 "replaced by those that can be read; the old text begins under `adopted` of the "
                 "metadata"},
                "SELECT bead_id FROM beads WHERE labels IS NOT NULL AND NOT "
                "adopt_is_labels(labels)",
                {std::string{"UPDATE beads SET metadata = adopt_keep(metadata, 'labels', labels), "
                             "labels = adopt_labels(labels)"} +
                 in_odd});
}

void json_of_agents(adoption_copy& copy) {
    const std::string odd_tools =
        "active_tools IS NOT NULL AND (NOT adopt_is_json(active_tools) OR "
        "length(CAST(active_tools AS BLOB)) > " +
        std::to_string(metadata_bytes_max) + ")";
    const std::string odd_checkpoint =
        "checkpoint IS NOT NULL AND (NOT adopt_is_json(checkpoint) OR "
        "length(CAST(checkpoint AS BLOB)) > " +
        std::to_string(body_bytes_max) + ")";
    copy.repair("agent_no_json", fate::dropped,
                {"agent has a checkpoint or a list of tools that cannot be read",
                 "agents have checkpoints or lists of tools that cannot be read", "emptied"},
                "SELECT bead_id FROM agent_metadata WHERE " + odd_tools + " OR " + odd_checkpoint,
                {"UPDATE agent_metadata SET active_tools = '[]' WHERE " + odd_tools,
                 "UPDATE agent_metadata SET checkpoint = NULL WHERE " + odd_checkpoint});
}

std::string over(std::string_view name, std::size_t max) {
    return "length(CAST(" + std::string{name} + " AS BLOB)) > " + std::to_string(max);
}

// How long a column's texts may be; 0: it has rules of its own, being JSON or a time.
std::size_t bound_of(std::string_view name) {
    constexpr std::array<std::string_view, 6> others{"metadata",   "labels",  "active_tools",
                                                     "checkpoint", "payload", "config"};
    if (name.ends_with("_at") || std::find(others.begin(), others.end(), name) != others.end())
        return 0;
    if (name == "body" || name == "message") return body_bytes_max;
    if (name == "old_value" || name == "new_value") return event_data_bytes_max;
    return title_bytes_max;
}

// One pass over each table.
std::int64_t cut_table(adoption_copy& copy, const table& wanted) {
    std::string sets;
    std::string where;
    for (const auto& each : wanted.columns) {
        const auto max = bound_of(each.name);
        if (max == 0 || each.declaration.starts_with("INTEGER")) continue;
        const std::string name{each.name};
        sets += (sets.empty() ? "" : ", ") + name + " = CASE WHEN " + over(name, max) +
                " THEN adopt_cut(" + name + ", " + std::to_string(max) + ") ELSE " + name + " END";
        where += (where.empty() ? "" : " OR ") + over(name, max);
    }
    // Of two keys that are one once they are cut, the later row stays.
    return copy.change("UPDATE OR REPLACE " + std::string{wanted.name} + " SET " + sets +
                       " WHERE " + where);
}

void long_texts(adoption_copy& copy) {
    std::int64_t count = 0;
    for (const auto& wanted : original_tables())
        count += cut_table(copy, wanted);
    copy.tell("text_too_long", fate::repaired, count,
              {"row has a text that is longer than one may be",
               "rows have texts that are longer than one may be",
               "cut, with a marker that tells the true length"});
    copy.repair(
        "metadata_too_long", fate::repaired,
        {"bead has metadata or labels over 64 KiB", "beads have metadata or labels over 64 KiB",
         "replaced; the old text begins under `adopted` of the new"},
        "SELECT bead_id FROM beads WHERE " + over("metadata", metadata_bytes_max) + " OR " +
            over("labels", metadata_bytes_max),
        {"UPDATE beads SET metadata = adopt_keep('{}', 'metadata', metadata) WHERE " +
             over("metadata", metadata_bytes_max),
         "UPDATE beads SET metadata = adopt_keep(metadata, 'labels', labels), labels = "
         "'[]' WHERE " +
             over("labels", metadata_bytes_max)});
    copy.repair("event_too_long", fate::repaired,
                {"entry of the history has metadata over 32 KiB or no JSON",
                 "entries of the history have metadata over 32 KiB or no JSON",
                 "replaced; the old text begins under `adopted` of the new"},
                "SELECT bead_event_id FROM bead_events WHERE metadata IS NOT NULL AND (" +
                    over("metadata", event_data_bytes_max) + " OR NOT adopt_is_object(metadata))",
                {"UPDATE bead_events SET metadata = adopt_keep('{}', 'metadata', metadata) WHERE "
                 "bead_event_id IN (SELECT id FROM temp.odd)"});
}

}  // namespace

void repair_texts(adoption_copy& copy) {
    json_of_beads(copy);
    json_of_agents(copy);
    long_texts(copy);
}

}  // namespace townd::store
