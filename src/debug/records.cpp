#include "debug/records.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace townd::debug {
namespace {

bool is_moment(const std::optional<instant>& at) {
    return at && *at != instant{} && *at < never;
}

json stored_json(const std::string& text) {
    auto parsed = parse_json(text);
    return parsed.has_value() ? std::move(parsed.value()) : json(text);
}

// How long the start took: until its answer, else what its phases add up to.
json duration_of(const dispatch& d) {
    if (d.answered_at) return to_seconds(*d.answered_at - d.created_at);
    if (!d.phases.empty()) {
        std::chrono::microseconds sum{};
        for (const auto& phase : d.phases)
            sum += phase.took;
        return static_cast<double>(sum.count()) / 1e6;
    }
    if (d.ended_at) return to_seconds(*d.ended_at - d.created_at);
    return nullptr;
}

}  // namespace

json time_or_null(const std::optional<instant>& at) {
    if (!is_moment(at)) return nullptr;
    return to_rfc3339(*at);
}

json text_or_null(const std::optional<std::string>& text) {
    if (!text) return nullptr;
    return *text;
}

json text_or_null(std::string_view text) {
    if (text.empty()) return nullptr;
    return text;
}

void put_past(json& into, std::string_view name, const std::optional<instant>& at, instant now) {
    into[std::string{name} + "_at"] = time_or_null(at);
    into[std::string{name} + "_age_seconds"] =
        is_moment(at) ? json(std::max(0.0, to_seconds(now - *at))) : json(nullptr);
}

void put_ahead(json& into, std::string_view name, const std::optional<instant>& at, instant now) {
    into[std::string{name} + "_at"] = time_or_null(at);
    into[std::string{name} + "_in_seconds"] =
        is_moment(at) ? json(std::max(0.0, to_seconds(*at - now))) : json(nullptr);
}

json bead_record(const bead& b, instant now) {
    json out;
    out["bead_id"] = b.id;
    out["type"] = to_text(b.type);
    out["status"] = to_text(b.status);
    out["title"] = b.title;
    out["priority"] = to_text(b.priority);
    out["rig_id"] = text_or_null(b.rig);
    out["parent"] = text_or_null(b.parent);
    out["assignee"] = text_or_null(b.assignee);
    out["labels"] = b.labels;
    out["dispatch_attempts"] = b.dispatch_attempts;
    put_past(out, "last_dispatch_attempt", b.last_dispatch_attempt_at, now);
    out["starts"] = b.starts;
    out["failures_in_row"] = b.failures_in_row;
    put_ahead(out, "next_attempt", b.next_attempt_at, now);
    out["parked"] = b.parked;
    out["reason"] = text_or_null(std::string_view{b.reason});
    out["created_by"] = text_or_null(std::string_view{b.created_by});
    put_past(out, "created", b.created_at, now);
    put_past(out, "updated", b.updated_at, now);
    put_past(out, "closed", b.closed_at, now);
    return out;
}

json agent_record(const agent& a, const breaker_set& breakers, instant now) {
    const std::string key = breaker_set::agent_key(a.rig, a.role, a.name);
    const auto found = breakers.entries().find(key);
    const auto state =
        found == breakers.entries().end() ? breaker_state::closed : found->second.state.state();
    json out;
    out["agent_id"] = a.id;
    out["name"] = a.name;
    out["role"] = to_text(a.role);
    out["rig_id"] = text_or_null(a.rig);
    out["identity"] = a.identity;
    out["status"] = to_text(a.status);
    out["status_text"] = a.status_text.empty() ? json(to_text(a.status)) : json(a.status_text);
    out["current_hook_bead_id"] = text_or_null(a.hook);
    out["dispatch_attempts"] = a.dispatch_attempts;
    put_past(out, "last_activity", a.last_activity_at, now);
    put_past(out, "stalled", a.stalled_at, now);
    out["status_message"] = text_or_null(a.status_message);
    put_past(out, "status_message", a.status_message_at, now);
    out["last_event_type"] = text_or_null(a.last_event_type);
    out["breaker"] = key;
    out["breaker_state"] = to_text(state);
    put_past(out, "created", a.created_at, now);
    return out;
}

json error_body(const dispatch_error& error, std::string_view role) {
    json out = to_json(error, role);
    out["sys"] =
        error.sys_errno ? json{{"category", "system"}, {"value", *error.sys_errno}} : json(nullptr);
    out["http"] = error.http_status ? json{{"status", *error.http_status}} : json(nullptr);
    out["stderr_tail"] = nullptr;  // Containers do not tell.
    return out;
}

json attempt_record(const town_id& town, const dispatch& d, instant now,
                    const std::optional<instant>& next_attempt) {
    json out;
    out["id"] = d.id;
    out["trace_id"] = trace_id_of(d.id);
    out["town"] = town;
    out["role"] = to_text(d.role);
    out["rig_id"] = text_or_null(d.rig);
    out["agent"] = d.agent_name;
    out["agent_id"] = d.agent;
    out["bead"] = d.bead;
    out["attempt"] = d.attempt;
    out["rule"] = text_or_null(std::string_view{d.rule});
    out["state"] = to_text(d.state);
    out["outcome"] = to_text(d.outcome);
    put_past(out, "started", d.created_at, now);
    out["duration_seconds"] = duration_of(d);
    put_ahead(out, "deadline", d.deadline_at, now);
    put_ahead(out, "grace", d.grace_at, now);
    out["answered_at"] = time_or_null(d.answered_at);
    out["running_since"] = time_or_null(d.started_at);
    out["first_heartbeat_at"] = time_or_null(d.heartbeat_at);
    out["survived_at"] = time_or_null(d.survived_at);
    put_past(out, "ended", d.ended_at, now);
    out["end_reason"] = text_or_null(std::string_view{d.end_reason});
    out["charged_bead"] = d.charged_bead;
    out["phases"] = to_json(d.phases);
    const bool reached = d.error && !d.error->endpoint.empty();
    out["endpoint"] = reached ? json(d.error->endpoint) : json(nullptr);
    out["request"] = "POST /agents/start";
    put_ahead(out, "next_attempt", next_attempt, now);
    auto& breakers = out["breakers"] = json::array();
    for (const auto& a : d.admissions) {
        const bool lease = a.key == lease_admission_key;  // Of the fleet, not of a town's breaker.
        breakers.push_back({{"key", lease ? a.key : town + "/" + a.key},
                            {"generation", a.generation},
                            {"probe", a.probe != 0}});
    }
    out["error"] = d.error ? error_body(*d.error, to_text(d.role)) : json(nullptr);
    return out;
}

json failure_record(const kept_failure& f, agent_role role, std::string_view agent_name,
                    instant now) {
    json out = error_body(f.error, to_text(role));
    out["attempt"] = f.attempt;
    out["at"] = time_or_null(f.at);
    out["age_seconds"] = std::max(0.0, to_seconds(now - f.at));
    out["agent"] = agent_name.empty() ? json(f.agent) : json(agent_name);
    out["agent_id"] = f.agent;
    out["role"] = to_text(role);
    out["dispatch_id"] = f.dispatch;
    return out;
}

namespace {

// What is known of a place; an agent's breaker counts its own failures only.
void put_evidence(json& into, const breaker_entry& entry, instant now) {
    const standing* known = entry.scope == breaker_scope::place ? &entry.known : nullptr;
    const bool failing = known != nullptr && known->in_doubt();
    into["stage"] = failing ? json(to_text(known->doubted())) : json(nullptr);
    into["stage_words"] = failing ? json(failing_words(known->doubted())) : json(nullptr);
    into["failures"] = known == nullptr ? json(nullptr) : json(known->failures());
    into["earning"] = failing && known->earning();
    auto& success = into["last_success"] = json::object();
    if (known == nullptr) return;
    for (const auto at : {stage::answered, stage::survived, stage::done})
        put_past(success, to_text(at), known->last_success(at), now);
}

}  // namespace

json breaker_record(const town_id& town, std::string_view key, const breaker_entry& entry,
                    instant now) {
    const breaker& b = entry.state;
    const bool is_closed = b.state() == breaker_state::closed;
    const bool is_forced =
        b.state() == breaker_state::forced_open || b.state() == breaker_state::forced_closed;
    const bool of_agent = entry.scope == breaker_scope::agent;
    std::optional<instant> retry_at;
    if (b.state() == breaker_state::open) retry_at = b.retry_at();
    if (b.probe_in_flight()) retry_at = b.lease_ends_at();
    json out;
    out["key"] = town + "/" + std::string{key};
    out["scope"] = to_text(entry.scope);
    out["town"] = town;
    out["role"] = to_text(entry.role);
    out["rig_id"] = text_or_null(entry.rig);
    out["agent"] = of_agent ? text_or_null(std::string_view{entry.agent_name}) : json(nullptr);
    out["state"] = to_text(b.state());
    out["cause"] = is_closed ? json(nullptr) : text_or_null(std::string_view{entry.cause});
    put_past(out, "opened", is_closed ? std::nullopt : std::optional{b.opened_at()}, now);
    put_ahead(out, "retry", retry_at, now);
    put_ahead(out, "force_ends", is_forced ? std::optional{b.saved().forced_until} : std::nullopt,
              now);
    out["probe_in_flight"] = b.probe_in_flight();
    out["generation"] = b.generation();
    out["consecutive_failures"] = b.consecutive_failures();
    out["level"] = b.level();
    out["rule"] = is_closed ? json(nullptr) : json(to_text(b.rule()));
    put_evidence(out, entry, now);
    out["stale_results"] = b.stale();
    put_past(out, "changed", entry.changed_at, now);
    return out;
}

json event_record(const store::bead_event& e) {
    json out;
    out["id"] = e.id;
    out["bead"] = e.bead;
    out["agent"] = text_or_null(e.agent);
    out["type"] = e.type;
    out["old_value"] = text_or_null(e.old_value);
    out["new_value"] = text_or_null(e.new_value);
    out["metadata"] = stored_json(e.metadata_json);
    out["at"] = time_or_null(e.at);
    return out;
}

json waiting_record(const waiting_counts& waiting, instant now) {
    json out;
    out["total"] = waiting.total();
    put_past(out, "oldest", waiting.oldest, now);
    auto& reasons = out["by_reason"] = json::object();
    for (int i = 0; i < gate_reason_count; ++i) {
        const int count = waiting.by_reason[static_cast<std::size_t>(i)];
        if (count > 0) reasons[std::string{to_text(static_cast<gate_reason>(i))}] = count;
    }
    return out;
}

json stuck_record(const engine::stuck_work& stuck, instant now) {
    json out;
    out["parked"] = stuck.parked;
    out["held"] = stuck.held;
    out["attempts_exhausted"] = stuck.exhausted;
    out["unanswered"] = stuck.unanswered;
    put_past(out, "since", stuck.since, now);
    return out;
}

json town_record(const engine::town_summary& s, instant now) {
    json out;
    out["town"] = s.id;
    out["name"] = s.name;
    out["owner"] = text_or_null(std::string_view{s.owner});
    out["state"] = to_text(s.condition);
    out["problem"] = text_or_null(std::string_view{s.problem});
    out["problem_since"] = time_or_null(s.problem_since);
    out["problem_age_seconds"] =
        s.problem_since ? json(std::max(0.0, to_seconds(now - *s.problem_since))) : json(nullptr);
    out["beads"] = {{"open", s.beads.open},
                    {"in_progress", s.beads.in_progress},
                    {"in_review", s.beads.in_review},
                    {"closed", s.beads.closed},
                    {"failed", s.beads.failed}};
    out["agents_working"] = s.agents_working;
    out["starts_in_flight"] = s.starts_in_flight;
    out["waiting"] = waiting_record(s.waiting, now);
    out["stuck"] = stuck_record(s.stuck, now);
    out["failures_1h"] = s.failures.within_hour(now);
    std::array<int, 5> states{};
    for (const auto& [key, entry] : s.breakers)
        ++states[static_cast<std::size_t>(entry.state.state())];
    auto& breakers = out["breakers"] = json::object();
    for (std::size_t i = 1; i < states.size(); ++i)
        breakers[std::string{to_text(static_cast<breaker_state>(i))}] = states[i];
    out["bad_rows"] = s.bad_rows;
    out["poison_events"] = s.poison_events;
    out["invariants"] = s.invariants;
    out["invariants_broken"] = s.invariants_broken;
    put_past(out, "draining", s.draining_since, now);
    put_past(out, "last_success", s.last_success_at, now);
    put_past(out, "last_tick", s.last_tick_at, now);
    out["last_tick_seconds"] = to_seconds(s.last_tick_took);
    put_ahead(out, "next_tick", s.next_tick_at, now);
    out["ticks"] = s.ticks;
    return out;
}

}  // namespace townd::debug
