#include "debug/original.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "debug/records.hpp"
#include "debug/town_reads.hpp"
#include "engine/explain.hpp"

namespace townd::debug {
namespace {

constexpr std::size_t beads_shown_max = 500;
constexpr int pending_events_max = 1000;

// Fills in what an action is about.
struct describe_action {
    json& out;

    void operator()(const move_bead& a) const {
        out["bead_id"] = a.bead;
        out["to"] = to_text(a.to);
        out["clear_assignee"] = a.clear_assignee;
    }
    void operator()(const clear_assignee& a) const { out["bead_id"] = a.bead; }
    void operator()(const rest_agent& a) const {
        out["agent_id"] = a.agent;
        out["unhook"] = a.unhook;
        out["reopen_bead"] = a.reopen_bead;
    }
    void operator()(const end_session& a) const {
        out["dispatch_id"] = a.id;
        out["error"] = {{"code", to_text(a.error.code())}, {"message", a.error.message()}};
    }
    void operator()(const give_up_unknown& a) const { out["dispatch_id"] = a.id; }
    void operator()(const prove_agent& a) const { out["dispatch_id"] = a.id; }
    void operator()(const order_stop& a) const { out["agent_id"] = a.agent; }
    void operator()(const send_stop& a) const { out["agent_id"] = a.agent; }
    void operator()(const poll_agent& a) const { out["agent_id"] = a.agent; }
    void operator()(const start_agent& a) const {
        out["bead_id"] = a.work;
        out["role"] = to_text(a.role);
        out["rig_id"] = text_or_null(a.rig);
        out["agent_id"] = text_or_null(a.agent);
        out["agent_name"] = a.agent_name;
    }
    void operator()(const nudge_agent& a) const {
        out["agent_id"] = a.agent;
        out["tier"] = a.tier > 1 ? "escalate" : "warn";
        out["message"] = a.message;
    }
    void operator()(const open_triage& a) const {
        out["triage_type"] = a.kind;
        out["agent_id"] = text_or_null(a.agent);
        out["bead_id"] = text_or_null(a.bead);
    }
    void operator()(const start_triage& a) const { out["requests"] = a.requests; }
    void operator()(const escalate& a) const {
        out["bead_id"] = text_or_null(a.about);
        out["category"] = a.category;
        out["title"] = a.title;
    }
    void operator()(const re_escalate& a) const { out["bead_id"] = a.escalation; }
    void operator()(const end_convoy& a) const {
        out["bead_id"] = a.convoy;
        out["landed"] = a.landed;
    }
    void operator()(const deliver_message& a) const {
        out["agent_id"] = a.agent;
        out["bead_id"] = a.message;
    }
    void operator()(const ask_pull_request& a) const { out["bead_id"] = a.merge_request; }
    /// What names one convoy or one agent, or nothing but the town.
    template <class Action>
    void operator()(const Action& a) const {
        if constexpr (requires { a.convoy; })
            out["bead_id"] = a.convoy;
        else if constexpr (requires { a.agent; })
            out["agent_id"] = a.agent;
    }
};

json agent_counts(const std::vector<agent>& agents) {
    json out;
    for (const auto status : {agent_status::working, agent_status::waiting, agent_status::idle,
                              agent_status::stalled, agent_status::dead})
        out[std::string{to_text(status)}] = std::count_if(
            agents.begin(), agents.end(), [&](const agent& a) { return a.status == status; });
    out["total"] = agents.size();
    return out;
}

json agent_rows(const std::vector<agent>& agents) {
    json out = json::array();
    for (const auto& a : agents)
        out.push_back({{"bead_id", a.id},
                       {"role", to_text(a.role)},
                       {"status", to_text(a.status)},
                       {"current_hook_bead_id", text_or_null(a.hook)},
                       {"dispatch_attempts", a.dispatch_attempts},
                       {"last_activity_at", time_or_null(a.last_activity_at)}});
    return out;
}

json bead_rows(const std::vector<bead>& beads) {
    json out = json::array();
    for (const auto& b : beads) {
        if (out.size() == beads_shown_max) break;
        const auto metadata = parse_json(b.metadata_json);
        out.push_back({{"bead_id", b.id},
                       {"type", to_text(b.type)},
                       {"status", to_text(b.status)},
                       {"title", b.title},
                       {"assignee_agent_bead_id", text_or_null(b.assignee)},
                       {"rig_id", text_or_null(b.rig)},
                       {"created_by", text_or_null(std::string_view{b.created_by})},
                       {"labels", b.labels},
                       {"metadata", metadata.has_value() ? metadata.value() : json::object()},
                       {"updated_at", time_or_null(b.updated_at)}});
    }
    return out;
}

json recent_events(town::context& ctx) {
    json out = json::array();
    for (const auto& e : newest_events(ctx, std::nullopt, 20)) {
        std::string message = "bead " + text_at(e, "bead").value_or("");
        const auto before = text_at(e, "old_value");
        const auto after = text_at(e, "new_value");
        if (after) message += ": " + before.value_or("-") + " -> " + *after;
        out.push_back({{"time", e["at"]}, {"type", e["type"]}, {"message", message}});
    }
    return out;
}

json drain_began(const town::context& ctx) {
    const auto& drain = ctx.facts.drain;
    return drain ? json(to_rfc3339(drain->since)) : json(nullptr);
}

json patrol(const town::context& ctx, const live_rows& rows) {
    std::int64_t stalled = 0;
    std::int64_t orphaned = 0;
    for (const auto& a : rows.agents) {
        if (a.status == agent_status::stalled) ++stalled;
        const bool lives = std::any_of(rows.beads.begin(), rows.beads.end(),
                                       [&](const bead& b) { return a.hook == b.id; });
        if (a.hook && !lives) ++orphaned;
    }
    std::int64_t asked = 0;
    std::int64_t urged = 0;
    for (const auto& [agent, told] : ctx.facts.nudges)
        ++(told.tier > 1 ? urged : asked);
    return {{"guppWarnings", asked},
            {"guppEscalations", urged},
            {"stalledAgents", stalled},
            {"orphanedHooks", orphaned}};
}

}  // namespace

json original_status(town::context& ctx, const engine::town_summary& summary, duration interval) {
    const auto rows = ctx.store.load_live();
    const auto counts = ctx.store.count_issues();
    const bool idle = summary.condition == engine::town_condition::idle;
    const auto triage = std::count_if(rows.beads.begin(), rows.beads.end(), [](const bead& b) {
        return b.has_label("gt:triage-request");
    });
    const duration every = idle ? ctx.with.rules.reconciler.idle_interval : interval;
    json alarm;
    alarm["alarm"] = {{"nextFireAt", time_or_null(summary.next_tick_at)},
                      {"intervalMs", every.count()},
                      {"intervalLabel", std::string{idle ? "idle (" : "active ("} +
                                            std::to_string(every.count() / 1000) + "s)"}};
    alarm["agents"] = agent_counts(rows.agents);
    alarm["beads"] = {{"open", counts.open},
                      {"inProgress", counts.in_progress},
                      {"inReview", counts.in_review},
                      {"failed", counts.failed},
                      {"triageRequests", triage}};
    alarm["patrol"] = patrol(ctx, rows);
    alarm["reconciler"] = summary.last_tick;
    alarm["recentEvents"] = recent_events(ctx);
    alarm["draining"] = ctx.facts.drain.has_value();
    alarm["drainStartedAt"] = drain_began(ctx);
    json out;
    out["alarmStatus"] = std::move(alarm);
    out["agentMeta"] = agent_rows(rows.agents);
    out["beadSummary"] = bead_rows(rows.beads);
    return out;
}

json drain_status(town::context& ctx) {
    const auto& drain = ctx.facts.drain;
    // The nonce itself is for containers only.
    return {{"draining", drain.has_value()},
            {"drainNonce", nullptr},
            {"drainStartedAt", drain_began(ctx)}};
}

json dry_run(town::context& ctx) {
    const plan next = engine::plan_for(ctx);
    json actions = json::array();
    json by_type = json::object();
    for (const auto& planned : next.actions) {
        const std::string type{type_of(planned.what)};
        json item;
        item["type"] = type;
        item["rule"] = planned.rule;
        item["reason"] = planned.reason;
        std::visit(describe_action{item}, planned.what);
        by_type[type] = by_type.value(type, 0) + 1;
        actions.push_back(std::move(item));
    }
    json out;
    auto& metrics = out["metrics"];
    metrics["actionsEmitted"] = actions.size();
    metrics["actionsByType"] = std::move(by_type);
    metrics["pendingEventCount"] = ctx.store.pending_town_events(pending_events_max).size();
    metrics["eventsDrained"] = 0;
    out["actions"] = std::move(actions);
    out["waiting"] = waiting_record(next.waiting, ctx.now);
    return out;
}

}  // namespace townd::debug
