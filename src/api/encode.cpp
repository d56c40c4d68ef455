#include "api/encode.hpp"

namespace townd::api {
namespace {

json or_null(const std::optional<std::string>& text) {
    if (!text) return nullptr;
    return *text;
}

json time_or_null(const std::optional<instant>& at) {
    if (!at) return nullptr;
    return to_rfc3339(*at);
}

// A checkpoint is whatever the agent said; what is no JSON is shown as the text that it is.
json any_of(const std::optional<std::string>& text) {
    if (!text) return nullptr;
    auto parsed = parse_json(*text);
    return parsed ? *std::move(parsed) : json(*text);
}

}  // namespace

json to_json(const bead& b) {
    json out;
    out["bead_id"] = b.id;
    out["id"] = b.id;
    out["type"] = to_text(b.type);
    out["status"] = to_text(b.status);
    out["title"] = b.title;
    out["body"] = or_null(b.body);
    out["rig_id"] = or_null(b.rig);
    out["parent_bead_id"] = or_null(b.parent);
    out["assignee_agent_bead_id"] = or_null(b.assignee);
    out["priority"] = to_text(b.priority);
    out["labels"] = b.labels;
    out["metadata"] = object_in(b.metadata_json);
    out["dispatch_attempts"] = b.dispatch_attempts;
    out["last_dispatch_attempt_at"] = time_or_null(b.last_dispatch_attempt_at);
    out["created_by"] = b.created_by.empty() ? json(nullptr) : json(b.created_by);
    out["created_at"] = to_rfc3339(b.created_at);
    out["updated_at"] = to_rfc3339(b.updated_at);
    out["closed_at"] = time_or_null(b.closed_at);
    return out;
}

json to_json(const agent& a) {
    json out;
    out["id"] = a.id;
    out["bead_id"] = a.id;
    out["rig_id"] = or_null(a.rig);
    out["role"] = to_text(a.role);
    out["name"] = a.name;
    out["identity"] = a.identity;
    out["status"] = a.status == agent_status::unknown && !a.status_text.empty()
                        ? a.status_text
                        : std::string{to_text(a.status)};
    out["current_hook_bead_id"] = or_null(a.hook);
    out["dispatch_attempts"] = a.dispatch_attempts;
    out["last_activity_at"] = time_or_null(a.last_activity_at);
    out["checkpoint"] = any_of(a.checkpoint_json);
    out["created_at"] = to_rfc3339(a.created_at);
    out["agent_status_message"] = or_null(a.status_message);
    out["agent_status_updated_at"] = time_or_null(a.status_message_at);
    return out;
}

json to_json(const rig& r, const town_id& town) {
    json out;
    out["id"] = r.id;
    out["town_id"] = town;
    out["name"] = r.name;
    out["git_url"] = r.git_url;
    out["default_branch"] = r.default_branch;
    out["platform_integration_id"] = or_null(r.platform_integration_id);
    out["created_at"] = to_rfc3339(r.created_at);
    out["updated_at"] = to_rfc3339(r.created_at);  // Rigs are made and deleted, never changed.
    return out;
}

json to_json(const store::town_meta& meta) {
    json out;
    out["id"] = meta.id;
    out["name"] = meta.name;
    out["owner_user_id"] = meta.owner.empty() ? json(nullptr) : json(meta.owner);
    out["created_at"] = to_rfc3339(meta.created_at);
    out["updated_at"] = to_rfc3339(meta.updated_at);
    return out;
}

json to_json(const store::bead_event& e) {
    json out;
    out["bead_event_id"] = e.id;
    out["bead_id"] = e.bead;
    out["agent_id"] = or_null(e.agent);
    out["event_type"] = e.type;
    out["old_value"] = or_null(e.old_value);
    out["new_value"] = or_null(e.new_value);
    out["metadata"] = object_in(e.metadata_json);
    out["created_at"] = to_rfc3339(e.at);
    return out;
}

json to_json(const review& r) {
    json out;
    out["branch"] = r.branch;
    out["target_branch"] = r.target_branch;
    out["source_bead_id"] = or_null(r.source);
    out["pr_url"] = or_null(r.pr_url);
    out["merge_commit"] = or_null(r.merge_commit);
    return out;
}

json to_json(const bead& b, const store::escalation& e) {
    json out = to_json(b);
    out["severity"] = e.severity;
    out["category"] = e.category.empty() ? json(nullptr) : json(e.category);
    out["acknowledged"] = e.acknowledged;
    out["acknowledged_at"] = time_or_null(e.acknowledged_at);
    out["re_escalation_count"] = e.re_escalation_count;
    return out;
}

}  // namespace townd::api
