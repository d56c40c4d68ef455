// Every way in which a container has failed its callers, against the real daemon: no failure
// without a code, a phase and words, and each charged as designed.

#include <gtest/gtest.h>

#include <set>

#include "process/daemon_process.hpp"
#include "process/http_client.hpp"
#include "process/pages.hpp"
#include "process/raw_container.hpp"
#include "process/standin_thread.hpp"

namespace townd::test {
namespace {

using standin::behaviour;

config_keys quick() {
    return {{"dispatch.start_timeout", "1500ms"}, {"dispatch.heartbeat_timeout", "1s"}};
}

// One way to fail, and what has to be said about it.
struct failing {
    std::string name;
    std::string url;
    std::string code;
    std::string phase;
    std::optional<int> http_status;
    std::string blame;
    std::string outcome;  // Of the attempt, once it has settled.
    std::string level;    // Whom the settled attempt is charged to.
};

std::string url_of(standin_thread& where, behaviour mode) {
    auto how = fast_standin();
    how.mode = mode;
    how.die_after = duration{50};
    return where.add(how).url();
}

std::set<std::string> closed_list() {
    std::set<std::string> out;
    for (int i = 0; i < error_code_count; ++i)
        out.emplace(to_text(static_cast<error_code>(i)));
    return out;
}

// Nothing of an error may be missing (Kilo-Org/cloud #1850 had all of it empty).
void expect_whole(const json& error, const failing& row) {
    ASSERT_TRUE(error.is_object()) << row.name;
    static const auto codes = closed_list();
    EXPECT_TRUE(codes.contains(said(error, "code"))) << row.name << dump_json(error);
    EXPECT_EQ(said(error, "code"), row.code) << row.name << ": " << dump_json(error);
    EXPECT_EQ(said(error, "phase"), row.phase) << row.name << ": " << dump_json(error);
    EXPECT_EQ(said(error, "blame"), row.blame) << row.name << ": " << dump_json(error);
    EXPECT_NE(said(error, "message").find_first_not_of(' '), std::string::npos) << row.name;
    EXPECT_EQ(said(error, "fingerprint").size(), 12U) << row.name;
    EXPECT_EQ(member(error, "http_status"), row.http_status ? json(*row.http_status) : json())
        << row.name << ": " << dump_json(error);
}

// The newest attempt that is over and says why, or null.
json settled_failure(const pages& at, const std::string& town, const std::string& bead) {
    for (const auto& one : at.attempts(town, bead)) {
        const auto outcome = said(one, "outcome");
        if (member(one, "error").is_object() && outcome != "unknown" && outcome != "in_flight")
            return one;
    }
    return {};
}

struct row_in_town {
    failing row;
    town_caller town;
    std::string bead;
};

void expect_as_designed(const pages& at, const row_in_town& one) {
    const auto& row = one.row;
    json attempt;
    ASSERT_TRUE(wait_until([&] {
        attempt = settled_failure(at, one.town.id(), one.bead);
        return attempt.is_object();
    })) << row.name
        << " has no attempt with an error";
    expect_whole(attempt["error"], row);
    EXPECT_EQ(said(attempt, "outcome"), row.outcome) << row.name << dump_json(attempt);
    EXPECT_EQ(said(attempt["error"], "level"), row.level) << row.name << dump_json(attempt);
    EXPECT_FALSE(said(attempt, "agent").empty()) << row.name;

    const json bead = at.bead(one.town.id(), one.bead);
    expect_whole(member(bead, "last_error"), row);
    EXPECT_EQ(said(member(bead, "last_error"), "fingerprint"),
              said(attempt["error"], "fingerprint"))
        << row.name;
    EXPECT_FALSE(said(bead, "reason").empty()) << row.name << " waits and does not say why";
    EXPECT_NE(said(bead, "status"), "failed") << row.name;
    const json charged = member(bead, "dispatch_attempts");
    EXPECT_EQ(charged, json(row.level == "bead" ? 1 : 0)) << row.name;
    if (row.outcome == "neutral") {
        EXPECT_TRUE(member(bead, "failures").empty()) << row.name << ": nobody's failure";
        return;
    }
    ASSERT_FALSE(member(bead, "failures").empty()) << row.name;
    for (const auto& failure : bead["failures"]) {
        expect_whole(failure, row);
        EXPECT_GT(number_at(failure, "attempt").value_or(0), 0) << row.name;
        EXPECT_FALSE(said(failure, "at").empty()) << row.name;
        EXPECT_FALSE(said(failure, "agent").empty()) << row.name;
    }
}

TEST(Behaviours, A2EmptyErrorNeverHappens) {
    standin_thread containers;
    const auto tls = raw_container::self_signed();
    const raw_container redirecting{[](const std::string&) {
        return answer_of("307 Temporary Redirect", "",
                         "Location: http://169.254.169.254/latest\r\n");
    }};
    const raw_container refusing_in_words{[](const std::string& request) {
        return is_start(request) ? answer_of("200 OK", R"({"started":false})") : unknown_agent();
    }};
    const raw_container silent_end{[](const std::string&) { return std::string{}; }};
    const raw_container blank{[](const std::string& request) {
        return is_start(request) ? answer_of("500 Internal Server Error", "   ", "")
                                 : unknown_agent();
    }};

    const std::string infra = "infrastructure";
    const std::vector<failing> rows{
        {"refuse",
         url_of(containers, behaviour::refuse),
         "connect_refused",
         "connect",
         {},
         infra,
         "failure",
         "place"},
        {"hang-connect",
         url_of(containers, behaviour::hang_connect),
         "connect_timeout",
         "connect",
         {},
         infra,
         "failure",
         "place"},
        {"hang-response",
         url_of(containers, behaviour::hang_response),
         "header_timeout",
         "header",
         {},
         infra,
         "failure",
         "place"},
        {"http-500", url_of(containers, behaviour::http_500), "http_5xx", "start", 500, infra,
         "failure", "agent"},
        {"http-500-empty", url_of(containers, behaviour::http_500_empty), "http_5xx", "start", 500,
         infra, "failure", "place"},
        {"http-500-html", url_of(containers, behaviour::http_500_html), "http_5xx", "start", 500,
         infra, "failure", "place"},
        {"http-500-truncated", url_of(containers, behaviour::http_500_truncated), "eof_early",
         "body", 500, infra, "failure", "place"},
        {"http-400", url_of(containers, behaviour::http_400), "http_4xx", "start", 400, "caller",
         "failure", "place"},
        {"http-429", url_of(containers, behaviour::http_429), "http_429", "start", 429, infra,
         "neutral", "none"},
        {"draining", url_of(containers, behaviour::draining), "http_503_draining", "start", 503,
         infra, "neutral", "none"},
        {"start-then-die",
         url_of(containers, behaviour::start_then_die),
         "agent_exited",
         "agent",
         {},
         "agent",
         "failure",
         "agent"},
        {"reset",
         url_of(containers, behaviour::reset),
         "reset",
         "header",
         {},
         infra,
         "failure",
         "place"},
        {"garbage",
         url_of(containers, behaviour::garbage),
         "body_invalid",
         "header",
         {},
         infra,
         "failure",
         "place"},
        {"no such host",
         "http://no-such-host.invalid:1",
         "resolve_failed",
         "resolve",
         {},
         infra,
         "failure",
         "place"},
        {"certificate of nobody", tls.url(), "tls_failed", "tls", {}, infra, "failure", "place"},
        {"redirect", redirecting.url(), "start_rejected", "start", 307, "config", "failure",
         "agent"},
        {"started false", refusing_in_words.url(), "start_rejected", "start", 200, infra, "failure",
         "place"},
        {"closed without a word",
         silent_end.url(),
         "eof_early",
         "header",
         {},
         infra,
         "failure",
         "place"},
        {"blanks", blank.url(), "http_5xx", "start", 500, infra, "failure", "place"},
    };
    daemon_process daemon(quick());
    ASSERT_TRUE(daemon.start_ready()) << daemon.err();
    const pages at(daemon);
    std::vector<row_in_town> all;
    for (const auto& row : rows) {
        auto town = town_caller::make(daemon.api(), row.url);
        ASSERT_FALSE(town.id().empty()) << row.name;
        auto bead = town.make_bead("work for " + row.name);
        ASSERT_FALSE(bead.empty()) << row.name;
        all.push_back({row, std::move(town), std::move(bead)});
    }
    for (const auto& one : all) {
        SCOPED_TRACE(one.row.name);
        expect_as_designed(at, one);
    }
    EXPECT_TRUE(at.alive());
}

}  // namespace
}  // namespace townd::test
