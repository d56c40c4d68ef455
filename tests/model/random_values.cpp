#include "model/random_steps.hpp"

namespace townd::model::test {

const std::vector<std::string>& random_steps::bead_ids() {
    static const std::vector<std::string> ids{
        "b9",      "b1",     "b2", "b3", "b4", "b5", "b6", "b7", "a-bead-with-a-long-id",
        "agent-0", "agent-1"};
    return ids;
}

const std::vector<std::string>& random_steps::agent_ids() {
    static const std::vector<std::string> ids{"agent-0", "agent-1", "agent-2", "agent-3", "b1"};
    return ids;
}

std::string random_steps::text() {
    switch (below(24)) {
        case 0:
            return "";
        case 1:
            return "quotes \" and \\ and\nlines\x01";
        case 2:
            return "größer";
        case 3:
            return "half \xC3";
        case 4:
            return " \xC2\x85 leading blanks";
        case 5:
            return std::string("a\0b", 3);
        case 6:
            return std::string(1100, 'm');
        case 7:
            return std::string(4500, 't');
        case 8:
            return one_in(6) ? std::string(40'000, 'e') : "e";
        case 9:
            return one_in(6) ? std::string(70'000, 'j') : "j";
        case 10:
            return one_in(12) ? std::string(270'000, 'b') : "b";
        case 11:
            return one_in(30) ? std::string(2'100'000, 'z') : "z";
        default:
            return "text " + std::to_string(below(9));
    }
}

std::string random_steps::metadata() {
    switch (below(8)) {
        case 0:
            return R"({"source_bead_id":"b3"})";
        case 1:
            return R"({"source_bead_id":7})";
        case 2:
            return "source_bead_id is no JSON";
        case 3:
            return text();
        default:
            return "{}";
    }
}

instant random_steps::time() {
    switch (below(30)) {
        case 0:
            return never;
        case 1:
            return from_unix_ms(-5'000);
        case 2:
            return from_unix_ms(-(std::int64_t{1} << 59));
        case 3:
            return from_unix_ms(0);
        default:
            return noon() + std::chrono::minutes{below(20)};
    }
}

bead random_steps::a_bead() {
    bead b;
    b.id = bead_of();
    b.type = one_in(2) ? bead_type::issue : any<bead_type>(7);
    b.status = any<bead_status>(5);
    b.title = text();
    b.body = perhaps(text());
    b.rig = perhaps(id_of("rig-", 3));
    b.parent = perhaps(bead_of());
    b.assignee = perhaps(agent_of());
    b.priority = any<bead_priority>(4);
    for (int i = below(4); i > 0; --i)
        b.labels.push_back(text());
    b.metadata_json = metadata();
    b.dispatch_attempts = below(5);
    b.last_dispatch_attempt_at = perhaps(time());
    b.created_by = text();
    b.created_at = time();
    b.updated_at = time();
    b.closed_at = perhaps(time());
    if (one_in(2)) {
        b.starts = below(4);
        b.failures_in_row = below(4);
        b.next_attempt_at = perhaps(time());
        b.parked = one_in(2);
        b.reason = text();
    }
    return b;
}

agent random_steps::an_agent() {
    agent a;
    a.id = agent_of();
    a.rig = perhaps(id_of("rig-", 3));
    a.role = any<agent_role>(3);
    a.name = text();
    a.identity = id_of("identity-", 5);
    a.status = any<agent_status>(6);
    a.status_text = one_in(3) ? "working" : text();
    a.hook = perhaps(bead_of());
    a.dispatch_attempts = below(9);
    a.checkpoint_json = perhaps(text());
    a.last_activity_at = perhaps(time());
    a.stalled_at = perhaps(time());
    a.status_message = perhaps(text());
    a.status_message_at = perhaps(time());
    a.last_event_type = perhaps(text());
    a.last_event_at = perhaps(time());
    a.active_tools_json = one_in(2) ? "[]" : text();
    a.created_at = time();
    return a;
}

rig random_steps::a_rig() {
    const std::vector<std::string> configs{
        "{}", R"({"b":1,"max_dispatch_attempts":4,"a":[true]})", "no JSON", "[1]",
        R"({"max_concurrent_polecats":"five","platform_integration_id":3})"};
    rig r;
    r.id = id_of("rig-", 4);
    r.name = one_in(5) ? text() : id_of("name-", 4);
    r.git_url = text();
    r.default_branch = text();
    r.platform_integration_id = perhaps(text());
    r.max_dispatch_attempts = perhaps(below(3) - 1);
    r.max_concurrent_polecats = perhaps(below(2'000'000));
    r.config_json = one_of(configs);
    r.created_at = time();
    return r;
}

dispatch_error random_steps::an_error() {
    dispatch_error e{any<error_code>(error_code_count), any<error_phase>(10), any<blame>(5),
                     text()};
    e.level = any<charge_level>(5);
    e.retryable = one_in(2);
    e.http_status = perhaps(below(600));
    e.sys_errno = perhaps(below(100));
    e.retry_after = perhaps(duration{below(1'000'000)});
    e.body_excerpt = perhaps(text().substr(0, 1024));
    e.body_truncated = one_in(2);
    e.container_phase = perhaps(text().substr(0, 100));
    e.error_type = perhaps(text().substr(0, 100));
    e.action = perhaps(text().substr(0, 100));
    e.upstream_status = perhaps(below(600));
    e.endpoint = one_in(2) ? "" : "10.0.0.1:8080";
    return e;
}

dispatch random_steps::a_dispatch() {
    dispatch d;
    d.id = id_of("dispatch-", 30);
    d.role = any<agent_role>(3);
    d.rig = perhaps(id_of("rig-", 3));
    d.agent = agent_of();
    d.agent_name = text().substr(0, 200);
    d.bead = bead_of();
    d.attempt = below(9);
    d.rule = text();
    d.state = any<dispatch_state>(6);
    d.outcome = any<attempt_outcome>(5);
    d.created_at = time();
    d.deadline_at = time();
    d.grace_at = time();
    d.answered_at = perhaps(time());
    d.started_at = perhaps(time());
    d.heartbeat_at = perhaps(time());
    d.survived_at = perhaps(time());
    d.ended_at = perhaps(time());
    d.end_reason = text();
    d.charged_bead = one_in(2);
    for (int i = below(3); i > 0; --i)
        d.phases.push_back(
            {text().substr(0, 50), std::chrono::microseconds{below(2'000'000'000)}, one_in(2)});
    d.error = perhaps(an_error());
    for (int i = below(3); i > 0; --i)
        d.admissions.push_back({text().substr(0, 50), random_(), static_cast<std::uint64_t>(i)});
    return d;
}

kept_failure random_steps::a_failure() {
    return {id_of("dispatch-", 30), below(9), time(), agent_of(), an_error()};
}

}  // namespace townd::model::test
