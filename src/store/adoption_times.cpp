// Times in one format: a blank sorts before the `T`, so that texts of both do not compare (C10).

#include <array>

#include "store/adoption_copy.hpp"

namespace townd::store {
namespace {

struct time_column {
    std::string_view table;
    std::string_view name;
    bool required = false;
};
constexpr std::array time_columns{time_column{"beads", "created_at", true},
                                  time_column{"beads", "updated_at", true},
                                  time_column{"beads", "closed_at"},
                                  time_column{"beads", "last_dispatch_attempt_at"},
                                  time_column{"agent_metadata", "last_activity_at"},
                                  time_column{"agent_metadata", "agent_status_updated_at"},
                                  time_column{"agent_metadata", "last_event_at"},
                                  time_column{"agent_metadata", "stalled_at"},
                                  time_column{"review_metadata", "auto_merge_ready_since"},
                                  time_column{"review_metadata", "last_feedback_check_at"},
                                  time_column{"convoy_metadata", "landed_at"},
                                  time_column{"town_events", "created_at", true},
                                  time_column{"town_events", "processed_at"},
                                  time_column{"agent_nudges", "created_at", true},
                                  time_column{"agent_nudges", "delivered_at"},
                                  time_column{"agent_nudges", "expires_at"},
                                  time_column{"escalation_metadata", "acknowledged_at"},
                                  time_column{"bead_events", "created_at", true},
                                  time_column{"rigs", "created_at", true}};

// The other times of the row, or the adoption's, for one that nobody can read.
std::string instead(const time_column& each) {
    if (each.table == "beads" && each.required)
        return each.name == "created_at" ? "coalesce(adopt_time(updated_at), ?1)"
                                         : "coalesce(adopt_time(created_at), ?1)";
    // Processed and delivered are facts, whenever they were.
    if (each.required || each.name == "processed_at" || each.name == "delivered_at") return "?1";
    return "NULL";
}

}  // namespace

void repair_times(adoption_copy& copy) {
    std::int64_t unreadable = 0;
    std::int64_t other_format = 0;
    for (const auto& each : time_columns) {
        const std::string table{each.table};
        const std::string name{each.name};
        const std::string missing =
            each.required ? name + " IS NULL OR " : name + " IS NOT NULL AND ";
        unreadable += copy.change("UPDATE " + table + " SET " + name + " = " + instead(each) +
                                  " WHERE " + missing + "adopt_time(" + name + ") IS NULL");
        other_format +=
            copy.change("UPDATE " + table + " SET " + name + " = adopt_time(" + name + ") WHERE " +
                        name + " IS NOT NULL AND " + name + " IS NOT adopt_time(" + name + ")");
    }
    copy.tell("time_formats", fate::repaired, other_format,
              {"time is written in another format than the rest",
               "times are written in another format than the rest",
               "all are RFC 3339 with milliseconds and Z now"});
    copy.tell("times_unreadable", fate::repaired, unreadable,
              {"time is missing or cannot be read", "times are missing or cannot be read",
               "another time of the row is in its place, or this moment, or none"});
    copy.repair("closed_without_time", fate::repaired,
                {"closed bead has no time of closing", "closed beads have no time of closing",
                 "that of its last change is taken"},
                "SELECT bead_id FROM beads WHERE status = 'closed' AND closed_at IS NULL",
                {"UPDATE beads SET closed_at = updated_at WHERE bead_id IN (SELECT id FROM "
                 "temp.odd)"});
}

}  // namespace townd::store
