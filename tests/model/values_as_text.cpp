#include "model/values_as_text.hpp"

#include <sstream>

#include "model/random_steps.hpp"

namespace townd::model::test {
namespace {

using namespace townd::store;

// In a class, where each of them sees all the others.
struct printer {
    static void put(std::ostream& out, const std::string& text) {
        // Long ones by their length, their beginning and their end.
        if (text.size() <= 200)
            out << '"' << text << '"';
        else
            out << text.size() << ":\"" << text.substr(0, 80) << "..."
                << text.substr(text.size() - 80) << '"';
    }
    static void put(std::ostream& out, std::string_view text) { put(out, std::string{text}); }
    static void put(std::ostream& out, std::int64_t n) { out << n; }
    static void put(std::ostream& out, int n) { out << n; }
    static void put(std::ostream& out, std::uint64_t n) { out << n; }
    static void put(std::ostream& out, bool yes) { out << (yes ? "yes" : "no"); }
    static void put(std::ostream& out, instant at) { out << '@' << unix_ms(at); }
    static void put(std::ostream& out, std::chrono::microseconds took) {
        out << took.count() << "us";
    }
    static void put(std::ostream& out, duration span) { out << span.count() << "ms"; }
    template <class Enum>
    requires std::is_enum_v<Enum>
    static void put(std::ostream& out, Enum value) { out << to_text(value); }

    template <class... Fields>
    static void row(std::ostream& out, const Fields&... fields) {
        const char* before = "(";
        ((out << before, before = ", ", put(out, fields)), ...);
        out << ')';
    }

    static void put(std::ostream& out, const dispatch_error& e) {
        row(out, e.code(), e.phase(), e.message(), e.who, e.level, e.retryable, e.http_status,
            e.sys_errno, e.retry_after, e.body_excerpt, e.body_truncated, e.container_phase,
            e.error_type, e.action, e.upstream_status, e.endpoint);
    }
    static void put(std::ostream& out, const bead& b) {
        row(out, b.id, b.type, b.status, b.title, b.body, b.rig, b.parent, b.assignee, b.priority,
            b.labels, b.metadata_json, b.dispatch_attempts, b.last_dispatch_attempt_at,
            b.created_by, b.created_at, b.updated_at, b.closed_at, b.starts, b.failures_in_row,
            b.next_attempt_at, b.parked, b.reason);
    }
    static void put(std::ostream& out, const agent& a) {
        row(out, a.id, a.rig, a.role, a.name, a.identity, a.status, a.status_text, a.hook,
            a.dispatch_attempts, a.checkpoint_json, a.last_activity_at, a.stalled_at,
            a.status_message, a.status_message_at, a.last_event_type, a.last_event_at,
            a.active_tools_json, a.created_at);
    }
    static void put(std::ostream& out, const rig& r) {
        row(out, r.id, r.name, r.git_url, r.default_branch, r.platform_integration_id,
            r.max_dispatch_attempts, r.max_concurrent_polecats, r.config_json, r.created_at);
    }
    static void put(std::ostream& out, const review& r) {
        row(out, r.id, r.branch, r.target_branch, r.merge_commit, r.pr_url, r.source);
    }
    static void put(std::ostream& out, const dependency& d) {
        row(out, d.bead, d.on, d.type, d.on_status);
    }
    static void put(std::ostream& out, const review_link& l) {
        row(out, l.source, l.merge_request, l.status);
    }
    static void put(std::ostream& out, const phase_timing& p) {
        row(out, p.name, p.took, p.failed);
    }
    static void put(std::ostream& out, const admission& a) {
        row(out, a.key, a.generation, a.probe);
    }
    static void put(std::ostream& out, const dispatch& d) {
        row(out, d.id, d.role, d.rig, d.agent, d.agent_name, d.bead, d.attempt, d.rule, d.state,
            d.outcome, d.created_at, d.deadline_at, d.grace_at, d.answered_at, d.started_at,
            d.heartbeat_at, d.survived_at, d.ended_at, d.end_reason, d.charged_bead, d.phases,
            d.error, d.admissions);
    }
    static void put(std::ostream& out, const stop_order& s) {
        row(out, s.agent, s.reason, s.requested_at, s.tries, s.next_try_at, s.bead);
    }
    static void put(std::ostream& out, const kept_failure& f) {
        row(out, f.dispatch, f.attempt, f.at, f.agent, f.error);
    }
    static void put(std::ostream& out, const bad_row& b) { row(out, b.table, b.id, b.why); }
    static void put(std::ostream& out, const bead_event& e) {
        row(out, e.order, e.id, e.bead, e.agent, e.type, e.old_value, e.new_value, e.metadata_json,
            e.at);
    }
    static void put(std::ostream& out, const agent_event& e) {
        row(out, e.order, e.type, e.data_json, e.at);
    }
    static void put(std::ostream& out, const town_event& e) {
        row(out, e.id, e.type, e.agent, e.bead, e.payload_json, e.created_at_text, e.tries);
    }
    static void put(std::ostream& out, const poison_event& e) {
        row(out, e.id, e.type, e.tries, e.error, e.at);
    }
    static void put(std::ostream& out, const error_group& g) {
        row(out, g.fingerprint, g.code, g.phase, g.role, g.message, g.count, g.first_at, g.last_at);
    }
    static void put(std::ostream& out, const escalation& e) {
        row(out, e.id, e.severity, e.category, e.acknowledged, e.acknowledged_at,
            e.re_escalation_count);
    }
    static void put(std::ostream& out, const convoy& c) {
        row(out, c.id, c.total_beads, c.closed_beads, c.landed_at, c.feature_branch, c.merge_mode,
            c.staged);
    }
    static void put(std::ostream& out, const nudge& n) {
        row(out, n.id, n.agent, n.message, n.mode, n.priority, n.source, n.created_at,
            n.expires_at);
    }
    static void put(std::ostream& out, const town_meta& m) {
        row(out, m.id, m.name, m.owner, m.created_at, m.updated_at, m.config_json);
    }
    static void put(std::ostream& out, const bead_counts& c) {
        row(out, c.open, c.in_progress, c.in_review, c.closed, c.failed);
    }
    static void put(std::ostream& out, const town_store::stored_breaker& b) {
        row(out, b.key, b.state_json);
    }
    static void put(std::ostream& out, const std::optional<failure>& f) {
        if (f)
            out << "failed: " << to_text(f->kind);
        else
            out << "fine";
    }

    template <class T>
    static void put(std::ostream& out, const std::optional<T>& value) {
        if (value)
            put(out, *value);
        else
            out << '-';
    }
    template <class T>
    static void put(std::ostream& out, const std::vector<T>& values) {
        out << '[';
        for (const auto& each : values)
            put(out << "\n  ", each);
        out << ']';
    }
};

template <class T>
void show(std::ostream& out, std::string_view name, const T& value) {
    out << name << ' ';
    printer::put(out, value);
    out << '\n';
}

void show_bead(std::ostream& out, town_store& town, const std::string& id) {
    show(out, "bead", town.find_bead(id));
    show(out, "waits for", town.dependencies_of(id));
    for (const auto* type : {"blocks", "tracks", "parent-child"})
        show(out, "dependents", town.dependents_of(id, type));
    show(out, "its events", town.bead_events(std::nullopt, id, 1000));
    show(out, "review", town.find_review(id));
    show(out, "reviews", town.reviews_of(id));
    show(out, "escalation", town.find_escalation(id));
    show(out, "convoy", town.find_convoy(id));
    show(out, "failures", town.failures(id));
    dispatch_filter filter;
    filter.bead = id;
    show(out, "dispatches", town.list_dispatches(filter));
}

void show_agent(std::ostream& out, town_store& town, const std::string& id) {
    if (town.failed()) return;
    town.savepoint();  // One without its metadata fails.
    show(out, "agent", town.find_agent(id));
    show(out, "was", town.failed());
    town.rollback_to();
    show(out, "agent events", town.agent_events(id, 50));
    show(out, "nudges", town.pending_nudges(id, random_steps::noon()));
    show(out, "stop", town.find_stop(id));
    dispatch_filter filter;
    filter.agent = id;
    show(out, "dispatches", town.list_dispatches(filter));
}

}  // namespace

std::string text_of(const dispatch_error& e) {
    std::ostringstream out;
    printer::put(out, e);
    return out.str();
}

std::string text_of(const live_rows& rows) {
    std::ostringstream out;
    show(out, "live beads", rows.beads);
    show(out, "agents", rows.agents);
    show(out, "rigs", rows.rigs);
    show(out, "reviews", rows.reviews);
    show(out, "dependencies", rows.dependencies);
    show(out, "links", rows.links);
    show(out, "dispatches", rows.dispatches);
    show(out, "stops", rows.stops);
    show(out, "staged", rows.staged);
    show(out, "bad", rows.bad);
    return out.str();
}

std::string text_of_town(town_store& town) {
    std::ostringstream out;
    out << text_of(town.load_live());
    show(out, "meta", town.meta());
    show(out, "counts", town.count_issues());
    show(out, "rigs", town.rigs());
    bead_filter all;
    all.limit = 1000;
    show(out, "beads", town.list_beads(all));
    show(out, "events", town.bead_events(std::nullopt, std::nullopt, 1000));
    show(out, "later events", town.bead_events(random_steps::noon(), std::nullopt, 7));
    show(out, "agents", town.agents());
    show(out, "pending", town.pending_town_events(1000));
    show(out, "poison", town.poison_events());
    dispatch_filter newest;
    newest.limit = 1000;
    show(out, "dispatches", town.list_dispatches(newest));
    show(out, "groups", town.error_groups());
    show(out, "breakers", town.breakers());
    for (const auto& id : random_steps::bead_ids())
        show_bead(out, town, id);
    for (const auto& id : random_steps::agent_ids())
        show_agent(out, town, id);
    for (const auto* key : {"k0", "k1", "k2"})
        show(out, "value", town.value(key));
    show(out, "failed", town.failed());
    return out.str();
}

}  // namespace townd::model::test
