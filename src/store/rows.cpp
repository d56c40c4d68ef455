#include "store/rows.hpp"

#include "store/kept.hpp"

namespace townd::store {
namespace {

constexpr std::size_t shown_bytes_max = 60;

std::nullopt_t refuse(const query& row, int column, std::string_view name, std::string& why) {
    why.assign(name);
    if (row.is_null(column))
        why += " is NULL";
    else
        why.append(" is '").append(clean_text(row.view(column), shown_bytes_max)).append("'");
    return std::nullopt;
}

std::string text_or(const query& row, int column, std::string_view otherwise) {
    return row.is_null(column) ? std::string{otherwise} : row.text(column);
}

const std::string bead_head = "b.bead_id, b.type, b.status, b.title, ";
const std::string bead_tail =
    ", b.rig_id, b.parent_bead_id, b.assignee_agent_bead_id, b.priority, b.labels, b.metadata, "
    "b.dispatch_attempts, b.last_dispatch_attempt_at, b.created_by, b.created_at, b.updated_at, "
    "b.closed_at, t.starts, t.failures_in_row, t.next_attempt_at, t.parked, t.reason";

}  // namespace

const std::string bead_columns = bead_head + "NULL" + bead_tail;
const std::string bead_columns_with_body = bead_head + "b.body" + bead_tail;
const std::string agent_columns =
    "b.bead_id, b.rig_id, m.role, b.title, m.identity, m.status, m.current_hook_bead_id, "
    "m.dispatch_attempts, m.checkpoint, m.last_activity_at, m.stalled_at, m.agent_status_message, "
    "m.agent_status_updated_at, m.last_event_type, m.last_event_at, m.active_tools, b.created_at";
const std::string rig_columns = "r.id, r.name, r.git_url, r.default_branch, r.config, r.created_at";
const std::string review_columns =
    "b.bead_id, r.branch, r.target_branch, r.merge_commit, r.pr_url, "
    "(SELECT d.depends_on_bead_id FROM bead_dependencies d WHERE d.bead_id = b.bead_id AND "
    "d.dependency_type = 'tracks' ORDER BY d.rowid LIMIT 1), b.metadata, r.retry_count";
const std::string dispatch_columns =
    "d.dispatch_id, d.role, d.rig_id, d.agent_id, d.agent_name, d.bead_id, d.attempt, d.rule, "
    "d.state, d.outcome, d.created_at, d.deadline_at, d.grace_at, d.answered_at, d.started_at, "
    "d.heartbeat_at, d.survived_at, d.ended_at, d.end_reason, d.charged_bead, d.phases, d.error, "
    "d.admissions";

std::optional<bead> read_bead(const query& row, std::string& why) {
    bead b;
    if (row.is_null(0)) return refuse(row, 0, "bead_id", why);
    b.id = row.text(0);
    const auto type = parse_bead_type(row.view(1));
    if (!type) return refuse(row, 1, "type", why);
    b.type = *type;
    const auto status = parse_bead_status(row.view(2));
    if (!status) return refuse(row, 2, "status", why);
    b.status = *status;
    if (row.is_null(3)) return refuse(row, 3, "title", why);
    b.title = row.text(3);
    b.body = row.optional_text(4);
    b.rig = row.optional_text(5);
    b.parent = row.optional_text(6);
    b.assignee = row.optional_text(7);
    if (!row.is_null(8)) {
        const auto priority = parse_bead_priority(row.view(8));
        if (!priority) return refuse(row, 8, "priority", why);
        b.priority = *priority;
    }
    if (!read_labels(row.view(9), b.labels)) return refuse(row, 9, "labels", why);
    b.metadata_json = text_or(row, 10, "{}");
    b.dispatch_attempts = row.small_number(11);
    b.last_dispatch_attempt_at = row.optional_time(12);
    b.created_by = row.text(13);
    if (row.is_null(14)) return refuse(row, 14, "created_at", why);
    b.created_at = row.time(14);
    b.updated_at = row.time(15);
    b.closed_at = row.optional_time(16);
    if (row.is_null(17)) return b;  // Nothing of ours yet.
    b.starts = row.small_number(17);
    b.failures_in_row = row.small_number(18);
    b.next_attempt_at = row.optional_ms(19);
    b.parked = row.flag(20);
    b.reason = row.text(21);
    return b;
}

std::optional<agent> read_agent(const query& row, std::string& why) {
    agent a;
    a.id = row.text(0);
    a.rig = row.optional_text(1);
    if (row.is_null(4)) {
        why = "it has no row with an identity in agent_metadata";
        return std::nullopt;
    }
    const auto role = parse_agent_role(row.view(2));
    if (!role) return refuse(row, 2, "role", why);
    a.role = *role;
    if (row.is_null(3)) return refuse(row, 3, "title", why);
    a.name = row.text(3);
    a.identity = row.text(4);
    a.status_text = row.text(5);
    a.status = parse_agent_status(a.status_text);
    a.hook = row.optional_text(6);
    a.dispatch_attempts = row.small_number(7);
    a.checkpoint_json = row.optional_text(8);
    a.last_activity_at = row.optional_time(9);
    a.stalled_at = row.optional_time(10);
    a.status_message = row.optional_text(11);
    a.status_message_at = row.optional_time(12);
    a.last_event_type = row.optional_text(13);
    a.last_event_at = row.optional_time(14);
    a.active_tools_json = text_or(row, 15, "[]");
    a.created_at = row.time(16);
    return a;
}

std::optional<rig> read_rig(const query& row, std::string& why) {
    rig r;
    r.id = row.text(0);
    if (row.is_null(1)) return refuse(row, 1, "name", why);
    r.name = row.text(1);
    r.git_url = row.text(2);
    r.default_branch = text_or(row, 3, "main");
    r.config_json = text_or(row, 4, "{}");
    r.created_at = row.time(5);
    if (!read_config(r)) return refuse(row, 4, "config", why);
    return r;
}

std::optional<review> read_review(const query& row, std::string& why) {
    review r;
    r.id = row.text(0);
    if (row.is_null(1)) {
        why = "it has no row with a branch in review_metadata";
        return std::nullopt;
    }
    r.branch = row.text(1);
    r.target_branch = text_or(row, 2, "main");
    r.merge_commit = row.optional_text(3);
    r.pr_url = row.optional_text(4);
    r.source = row.optional_text(5);
    if (!r.source) r.source = source_in_metadata(row.view(6));
    r.rework_rounds = row.small_number(7);
    read_pull_request(row.view(6), r);
    return r;
}

}  // namespace townd::store
