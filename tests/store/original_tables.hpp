#pragma once
// The original's tables as its last versions had them, by its documented columns: what a town file
// of that world holds before townd opens it.

namespace townd::test {

inline constexpr const char* original_tables = R"sql(
CREATE TABLE beads(
    bead_id TEXT PRIMARY KEY, type TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'open', title TEXT,
    body TEXT, rig_id TEXT, parent_bead_id TEXT, assignee_agent_bead_id TEXT,
    priority TEXT DEFAULT 'medium', labels TEXT DEFAULT '[]', metadata TEXT DEFAULT '{}',
    dispatch_attempts INTEGER NOT NULL DEFAULT 0, last_dispatch_attempt_at TEXT, created_by TEXT,
    created_at TEXT, updated_at TEXT, closed_at TEXT);
CREATE TABLE agent_metadata(
    bead_id TEXT PRIMARY KEY, role TEXT NOT NULL, identity TEXT NOT NULL UNIQUE,
    container_process_id TEXT, status TEXT NOT NULL DEFAULT 'idle', current_hook_bead_id TEXT,
    dispatch_attempts INTEGER NOT NULL DEFAULT 0, checkpoint TEXT, last_activity_at TEXT,
    agent_status_message TEXT, agent_status_updated_at TEXT, last_event_type TEXT,
    last_event_at TEXT, active_tools TEXT DEFAULT '[]', stalled_at TEXT);
CREATE TABLE review_metadata(
    bead_id TEXT PRIMARY KEY, branch TEXT NOT NULL, target_branch TEXT NOT NULL DEFAULT 'main',
    merge_commit TEXT, pr_url TEXT, retry_count INTEGER DEFAULT 0, auto_merge_ready_since TEXT,
    last_feedback_check_at TEXT);
CREATE TABLE bead_dependencies(
    bead_id TEXT NOT NULL, depends_on_bead_id TEXT NOT NULL,
    dependency_type TEXT NOT NULL DEFAULT 'blocks', UNIQUE(bead_id, depends_on_bead_id));
CREATE TABLE town_events(
    event_id TEXT PRIMARY KEY, event_type TEXT NOT NULL, agent_id TEXT, bead_id TEXT,
    payload TEXT NOT NULL DEFAULT '{}', created_at TEXT NOT NULL, processed_at TEXT);
)sql";

}  // namespace townd::test
