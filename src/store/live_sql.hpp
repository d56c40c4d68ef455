#pragma once
// The texts of the queries behind load_live. Apart, so that a test can look at their plans: none
// may scan a table whose size grows with finished work.

#include <string>
#include <vector>

#include "store/rows.hpp"

namespace townd::store::live_sql {

[[nodiscard]] const scan_text& beads();
[[nodiscard]] const scan_text& agents();
[[nodiscard]] const scan_text& rigs();
[[nodiscard]] const scan_text& reviews();
[[nodiscard]] const scan_text& dispatches();

inline constexpr std::string_view dependencies =
    "SELECT d.bead_id, d.depends_on_bead_id, o.bead_id, o.status FROM beads b "
    "CROSS JOIN bead_dependencies d ON d.bead_id = b.bead_id "
    "LEFT JOIN beads o ON o.bead_id = d.depends_on_bead_id "
    "WHERE b.status NOT IN ('closed','failed') AND b.type <> 'agent' "
    "AND d.dependency_type = 'blocks'";
inline constexpr std::string_view links =
    "SELECT b.bead_id, m.bead_id, m.status FROM beads b "
    "CROSS JOIN bead_dependencies d ON d.depends_on_bead_id = b.bead_id "
    "CROSS JOIN beads m ON m.bead_id = d.bead_id "
    "WHERE b.status NOT IN ('closed','failed') AND b.type = 'issue' AND b.status = 'in_review' "
    "AND d.dependency_type = 'tracks' AND m.type = 'merge_request'";
inline constexpr std::string_view staged =
    "SELECT b.bead_id FROM convoy_metadata c "
    "CROSS JOIN bead_dependencies d ON d.depends_on_bead_id = c.bead_id "
    "CROSS JOIN beads b ON b.bead_id = d.bead_id "
    "WHERE c.staged = 1 AND d.dependency_type = 'tracks' AND b.type = 'issue' "
    "AND b.status NOT IN ('closed','failed')";
inline constexpr std::string_view convoys =
    "SELECT b.bead_id, b.metadata, c.total_beads, c.closed_beads, c.feature_branch, c.merge_mode, "
    "c.staged FROM beads b LEFT JOIN convoy_metadata c ON c.bead_id = b.bead_id "
    "WHERE b.status NOT IN ('closed','failed') AND b.type = 'convoy'";
// Oldest first, so that the last merge request is the newest.
inline constexpr std::string_view convoy_beads =
    "SELECT d.depends_on_bead_id, m.bead_id, m.type, m.status FROM beads b "
    "CROSS JOIN bead_dependencies d ON d.depends_on_bead_id = b.bead_id "
    "CROSS JOIN beads m ON m.bead_id = d.bead_id "
    "WHERE b.status NOT IN ('closed','failed') AND b.type = 'convoy' "
    "AND d.dependency_type = 'tracks' ORDER BY d.rowid";
inline constexpr std::string_view escalations =
    "SELECT e.bead_id, e.acknowledged, e.re_escalation_count, e.category FROM beads b "
    "CROSS JOIN escalation_metadata e ON e.bead_id = b.bead_id "
    "WHERE b.status NOT IN ('closed','failed') AND b.type = 'escalation'";
// With the bead that the agent worked on last.
inline constexpr std::string_view stops =
    "SELECT agent_id, reason, requested_at, tries, next_try_at, "
    "(SELECT d.bead_id FROM townd_dispatches d WHERE d.agent_id = townd_stops.agent_id "
    "ORDER BY d.created_at DESC, d.rowid DESC LIMIT 1) FROM townd_stops";

/// All of them.
[[nodiscard]] std::vector<std::string_view> all();

}  // namespace townd::store::live_sql
