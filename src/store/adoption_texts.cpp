// Texts that are no JSON where they should be, and texts that are too long for a row of townd's.

#include <array>

#include "store/adoption_copy.hpp"
#include "store/town_store.hpp"

namespace townd::store {
namespace {

constexpr const char* in_odd = " WHERE bead_id IN (SELECT id FROM temp.odd)";

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

struct bounded_text {
    std::string_view table;
    std::string_view key;
    std::string_view name;
    std::size_t max;
};
constexpr std::array bounded_texts{
    bounded_text{"beads", "bead_id", "title", title_bytes_max},
    bounded_text{"beads", "bead_id", "body", body_bytes_max},
    bounded_text{"beads", "bead_id", "created_by", title_bytes_max},
    bounded_text{"agent_metadata", "bead_id", "agent_status_message", title_bytes_max},
    bounded_text{"agent_nudges", "nudge_id", "message", body_bytes_max},
    bounded_text{"bead_events", "bead_event_id", "old_value", event_data_bytes_max},
    bounded_text{"bead_events", "bead_event_id", "new_value", event_data_bytes_max},
    bounded_text{"rigs", "id", "name", title_bytes_max},
    bounded_text{"rigs", "id", "git_url", title_bytes_max}};

std::string over(std::string_view name, std::size_t max) {
    return "length(CAST(" + std::string{name} + " AS BLOB)) > " + std::to_string(max);
}

void long_texts(adoption_copy& copy) {
    std::vector<std::string> examples;
    std::int64_t count = 0;
    for (const auto& each : bounded_texts) {
        const std::string name{each.name};
        const auto cut =
            copy.change("UPDATE " + std::string{each.table} + " SET " + name + " = adopt_cut(" +
                        name + ", " + std::to_string(each.max) + ") WHERE " + over(name, each.max));
        if (cut > 0 && examples.size() < oddity_examples_max)
            examples.push_back(std::string{each.table} + "." + name);
        count += cut;
    }
    copy.tell("text_too_long", fate::repaired, count,
              {"text is longer than a row may hold", "texts are longer than a row may hold",
               "cut, with a marker that tells the true length"},
              std::move(examples));
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
