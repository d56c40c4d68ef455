#include "container/replies.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace townd::container {
namespace {

using kind = start_reply::kind;

http_answer answered(int status, std::string body,
                     std::optional<std::string> type = "application/json") {
    http_answer answer;
    answer.status = status;
    answer.body = std::move(body);
    answer.content_type = std::move(type);
    answer.request_sent = true;
    answer.endpoint = "10.0.0.1:8080";
    return answer;
}

http_answer broken(error_code code, error_phase phase, bool sent) {
    http_answer answer;
    answer.error = dispatch_error(code, phase, blame::infrastructure, "it broke");
    answer.request_sent = sent;
    return answer;
}

const std::string record = R"({"agentId":"a-1","status":"running","sessionId":"s-9",)"
                           R"("startedAt":"2026-11-22T10:00:00Z"})";

TEST(ReadStart, TakesARecordOfThisAgentAsStarted) {
    const start_reply got = read_start(answered(201, record), "a-1");
    EXPECT_EQ(got.what, kind::started);
    EXPECT_TRUE(got.answered);
    EXPECT_FALSE(got.error.has_value());
    EXPECT_EQ(got.session_id, "s-9");
    EXPECT_EQ(got.started_at_text, "2026-11-22T10:00:00Z");
    EXPECT_EQ(read_start(answered(200, record), "a-1").what, kind::started);
    EXPECT_EQ(read_start(answered(201, R"({"sessionId":"s"})"), "a-1").what, kind::started);
    EXPECT_EQ(read_start(answered(201, R"({"success":true,"data":)" + record + "}"), "a-1").what,
              kind::started);
}

TEST(ReadStart, TrustsNoRecordOfAnotherForm) {
    const std::vector<http_answer> rows{
        answered(201, R"({"agentId":"a-2","status":"running"})"),
        answered(201, R"({"agentId":7,"status":"running"})"),
        answered(201, "{}"),
        answered(201, "[]"),
        answered(201, "null"),
        answered(201, ""),
        answered(201, "<html>ok</html>", "text/html"),
        answered(201, R"({"agentId":"a-1")"),
        answered(201, std::string(5'000, '[') + std::string(5'000, ']')),
        answered(201, "\"\xff\xfe\""),
        answered(200, ""),
        answered(200, "{}"),
        answered(200, R"({"status":"running"})"),
        answered(200, R"({"agentId":"a-1","status":"thinking"})"),
        answered(202, R"({"status":"accepted"})"),
        answered(204, "", std::nullopt),
    };
    for (const http_answer& one : rows) {
        SCOPED_TRACE(std::to_string(*one.status) + " " + one.body.substr(0, 60));
        const start_reply got = read_start(one, "a-1");
        EXPECT_EQ(got.what, kind::maybe_started);
        EXPECT_TRUE(got.answered);
        ASSERT_TRUE(got.error.has_value());
        EXPECT_EQ(got.error->code(), error_code::body_invalid);
        EXPECT_EQ(got.error->phase(), error_phase::decode);
        EXPECT_EQ(got.error->http_status, one.status);
        EXPECT_FALSE(got.error->message().empty());
    }
}

TEST(ReadStart, TakesASuccessStatusWithARefusalAsRejected) {
    for (const std::string body :
         {R"({"started":false})", R"({"error":"no slots"})", R"({"success":false})",
          R"({"agentId":"a-1","status":"failed","exitReason":"no slots"})",
          R"({"error":{"message":"no slots"}})"}) {
        for (const int status : {200, 201}) {
            SCOPED_TRACE(body);
            const start_reply got = read_start(answered(status, body), "a-1");
            EXPECT_EQ(got.what, kind::not_started);
            ASSERT_TRUE(got.error.has_value());
            EXPECT_EQ(got.error->code(), error_code::start_rejected);
            EXPECT_EQ(got.error->http_status, status);
            if (body.find("no slots") != std::string::npos) {
                EXPECT_NE(got.error->message().find("no slots"), std::string::npos);
            }
        }
    }
}

TEST(ReadStart, NamesARedirect) {
    http_answer answer = answered(307, "");
    answer.location = "http://169.254.169.254/";
    const start_reply got = read_start(answer, "a-1");
    EXPECT_EQ(got.what, kind::not_started);
    EXPECT_EQ(got.error->code(), error_code::start_rejected);
    EXPECT_EQ(got.error->message(),
              "container answered 307: redirect to http://169.254.169.254/ is not followed");
}

TEST(ReadStart, A2EmptyErrorAlwaysHasWords) {
    struct row {
        std::string body;
        std::optional<std::string> type;
        std::string message;
    };
    const std::vector<row> rows{
        {"", std::nullopt, "container answered 500 with an empty body"},
        {"", "application/json", "container answered 500 with an empty body"},
        {"<html>Oops</html>", "text/html",
         "container answered 500 with HTML (text/html): <html>Oops</html>"},
        {"Oops", "text/plain", "container answered 500 with text/plain: Oops"},
        {"Oops", std::nullopt, "container answered 500: Oops"},
    };
    for (const row& one : rows) {
        SCOPED_TRACE(one.body);
        const start_reply got = read_start(answered(500, one.body, one.type), "a-1");
        EXPECT_EQ(got.what, kind::maybe_started);
        EXPECT_TRUE(got.answered);
        ASSERT_TRUE(got.error.has_value());
        EXPECT_EQ(got.error->code(), error_code::http_5xx);
        EXPECT_EQ(got.error->http_status, 500);
        EXPECT_EQ(got.error->message(), one.message);
        EXPECT_EQ(got.error->body_excerpt.value_or(""), one.body);
    }
    for (const std::string body : {R"({"error":"brok)", R"({"error":""})", R"({"error":null})",
                                   "{}", "   ", "\x01\x02", "\xff\xff", R"({"phase":"x"})"}) {
        for (const int status : {500, 502, 504, 599}) {
            const start_reply got = read_start(answered(status, body), "a-1");
            EXPECT_EQ(got.what, kind::maybe_started) << body;
            ASSERT_TRUE(got.error.has_value());
            EXPECT_EQ(got.error->code(), error_code::http_5xx);
            EXPECT_EQ(got.error->message().find("container answered " + std::to_string(status)), 0U)
                << got.error->message();
        }
    }
}

TEST(ReadStart, A2EmptyErrorOfTheTransportKeepsItsCodeAndCertainty) {
    const auto refused = broken(error_code::connect_refused, error_phase::connect, false);
    const start_reply before = read_start(refused, "a-1");
    EXPECT_EQ(before.what, kind::not_started);
    EXPECT_FALSE(before.answered);
    EXPECT_EQ(before.error->code(), error_code::connect_refused);
    const auto timeout = broken(error_code::header_timeout, error_phase::header, true);
    const start_reply after = read_start(timeout, "a-1");
    EXPECT_EQ(after.what, kind::maybe_started);
    EXPECT_FALSE(after.answered);
    EXPECT_EQ(after.error->code(), error_code::header_timeout);
    const start_reply nothing = read_start(http_answer{}, "a-1");
    ASSERT_TRUE(nothing.error.has_value());
    EXPECT_EQ(nothing.error->code(), error_code::internal);
}

TEST(ReadStart, RendersAStructuredErrorAsTheOriginalDoes) {
    const start_reply got =
        read_start(answered(500, R"({"error":"model gone","phase":"initial_prompt","status":404,)"
                                 R"("error_type":"not_found","action":"Switch the model."})"),
                   "a-1");
    EXPECT_EQ(got.what, kind::not_started);
    EXPECT_TRUE(got.answered);
    EXPECT_EQ(got.error->code(), error_code::http_5xx);
    EXPECT_EQ(got.error->phase(), error_phase::start);
    EXPECT_EQ(got.error->message(),
              "(500) initial_prompt failed: not_found: upstream 404: model gone "
              "Action: Switch the model.");
    EXPECT_EQ(got.error->container_phase, "initial_prompt");
    EXPECT_EQ(got.error->error_type, "not_found");
    EXPECT_EQ(got.error->action, "Switch the model.");
    EXPECT_EQ(got.error->upstream_status, 404);
    EXPECT_EQ(read_start(answered(500, R"({"error":"boom"})"), "a-1").error->message(),
              "(500) boom");
}

TEST(ReadStart, TrustsNoGatewayThatSpeaksForTheContainer) {
    for (const int status : {502, 504})
        EXPECT_EQ(read_start(answered(status, R"({"error":"bad gateway"})"), "a-1").what,
                  kind::maybe_started);
}

TEST(ReadStart, KnowsAFailedRepositoryByItsPhase) {
    for (const std::string phase : {"clone", "git_worktree", "Repo setup"}) {
        const start_reply got =
            read_start(answered(500, R"({"error":"denied","phase":")" + phase + "\"}"), "a-1");
        EXPECT_EQ(got.what, kind::not_started);
        EXPECT_EQ(got.error->code(), error_code::git_failed) << phase;
    }
}

TEST(ReadStart, A7AlreadyRunningIsNoFailure) {
    const std::vector<http_answer> rows{
        answered(409, ""),
        answered(409, R"({"error":"busy"})"),
        answered(500, R"({"error":"Agent a-1 is already running"})"),
        answered(500, "Error: agent Already Running", "text/plain"),
        answered(200, R"({"error":"already running"})"),
    };
    for (const http_answer& one : rows) {
        const start_reply got = read_start(one, "a-1");
        EXPECT_EQ(got.what, kind::already_running) << one.body;
        ASSERT_TRUE(got.error.has_value());
        EXPECT_FALSE(got.error->message().empty());
    }
    // A name that happens to hold the words is no refusal.
    EXPECT_EQ(
        read_start(answered(201, R"({"agentId":"a-1","name":"already running"})"), "a-1").what,
        kind::started);
}

TEST(ReadStart, A11InvalidRequestIsPermanent) {
    const std::string body = R"({"error":"Invalid request body","issues":[)"
                             R"({"path":["agentId"],"message":"Required"},)"
                             R"({"path":["rigs",0],"message":"Too short"}]})";
    for (const int status : {400, 422}) {
        const start_reply got = read_start(answered(status, body), "a-1");
        EXPECT_EQ(got.what, kind::not_started);
        EXPECT_EQ(got.error->code(), error_code::http_4xx);
        EXPECT_EQ(got.error->who, blame::caller);
        EXPECT_FALSE(got.error->retryable);
        EXPECT_EQ(got.error->message(),
                  "(" + std::to_string(status) +
                      ") Invalid request body: agentId: Required; rigs.0: Too short");
    }
    const auto odd = read_start(answered(400, R"({"error":"bad","issues":{"a":["b"]}})"), "a-1");
    EXPECT_NE(odd.error->message().find(R"({"a":["b"]})"), std::string::npos);
    EXPECT_EQ(read_start(answered(413, ""), "a-1").error->who, blame::caller);
}

TEST(ReadStart, TellsTheOtherClientErrorsApart) {
    for (const int status : {401, 403}) {
        const start_reply got = read_start(answered(status, ""), "a-1");
        EXPECT_EQ(got.what, kind::not_started);
        EXPECT_EQ(got.error->code(), error_code::credentials_rejected);
        EXPECT_EQ(got.error->who, blame::config);
    }
    for (const int status : {404, 405, 418}) {
        const start_reply got = read_start(answered(status, R"({"error":"Not found"})"), "a-1");
        EXPECT_EQ(got.what, kind::not_started);
        EXPECT_EQ(got.error->code(), error_code::http_4xx);
        EXPECT_EQ(got.error->who, blame::infrastructure);
        EXPECT_TRUE(got.error->retryable);
    }
}

TEST(ReadStart, A12RateLimitIsNeutral) {
    http_answer plain = answered(429, "");
    plain.retry_after = duration{30'000};
    EXPECT_EQ(read_start(plain, "a-1").error->retry_after, duration{30'000});
    for (const http_answer& one :
         {plain, answered(500, R"({"error":"m","error_type":"rate_limit_exceeded"})"),
          answered(500, R"({"error":"m","phase":"initial_prompt","status":429})")}) {
        const start_reply got = read_start(one, "a-1");
        EXPECT_EQ(got.what, kind::rate_limited) << one.body;
        EXPECT_EQ(got.error->code(), error_code::http_429);
    }
    const auto full =
        read_start(answered(500, R"({"error":"slow down","phase":"initial_prompt","status":429,)"
                                 R"("error_type":"rate_limit_exceeded","action":"Wait."})"),
                   "a-1");
    EXPECT_EQ(full.error->message(),
              "(500) initial_prompt failed: rate_limit_exceeded: upstream 429: slow down "
              "Action: Wait.");
}

TEST(ReadStart, A13DrainingIsNeutral) {
    http_answer answer =
        answered(503, R"({"error":"Container is draining, cannot start new agents"})");
    answer.retry_after = duration{5'000};
    const start_reply got = read_start(answer, "a-1");
    EXPECT_EQ(got.what, kind::draining);
    EXPECT_EQ(got.error->code(), error_code::http_503_draining);
    EXPECT_EQ(got.error->retry_after, duration{5'000});
    EXPECT_EQ(read_start(answered(503, R"({"error":"overloaded"})"), "a-1").what,
              kind::not_started);
    EXPECT_EQ(read_start(answered(503, ""), "a-1").what, kind::maybe_started);
}

TEST(ReadStart, KeepsAHugeBodyShortAndSaysSo) {
    const start_reply got = read_start(answered(500, std::string(900'000, 'x'), "text/plain"), "a");
    EXPECT_LE(got.error->message().size(), error_message_bytes_max);
    EXPECT_LE(got.error->body_excerpt->size(), body_excerpt_bytes_max);
    EXPECT_TRUE(got.error->body_truncated);
}

TEST(ReadStatus, TellsTheStatesOfAnAgentApart) {
    using what = status_reply::kind;
    const auto ask = [](const std::string& status) {
        return read_status(
            answered(200, R"({"agentId":"a","exitReason":"idle","status":")" + status + "\"}"));
    };
    EXPECT_EQ(ask("starting").what, what::running);
    EXPECT_EQ(ask("running").what, what::running);
    EXPECT_EQ(ask("stopping").what, what::stopping);
    EXPECT_EQ(ask("exited").what, what::exited);
    EXPECT_EQ(ask("failed").what, what::exited);
    EXPECT_EQ(ask("failed").exit_reason, "idle");
    EXPECT_EQ(ask("paused").what, what::unknown);
    EXPECT_EQ(read_status(answered(404, R"({"error":"Agent not found"})")).what, what::not_found);
}

TEST(ReadStatus, E11FailedLookupIsUnknown) {
    const std::vector<http_answer> rows{
        broken(error_code::header_timeout, error_phase::header, true),
        broken(error_code::connect_refused, error_phase::connect, false),
        http_answer{},
        answered(502, R"({"error":"bad gateway"})"),
        answered(500, ""),
        answered(404, ""),
        answered(404, "<html>404</html>", "text/html"),
        answered(404, "{}"),
        answered(200, ""),
        answered(200, "garbage"),
        answered(200, R"({"status":7})"),
        answered(200, R"(["running"])"),
        answered(201, R"({"status":"running"})"),
        answered(301, ""),
    };
    for (const http_answer& one : rows) {
        SCOPED_TRACE(std::to_string(one.status.value_or(0)) + one.body);
        const status_reply got = read_status(one);
        EXPECT_EQ(got.what, status_reply::kind::unknown);
        ASSERT_TRUE(got.error.has_value());
        EXPECT_FALSE(got.error->message().empty());
    }
}

TEST(StopConfirmed, WantsASureAnswer) {
    EXPECT_TRUE(stop_confirmed(answered(200, R"({"stopped":true})")));
    EXPECT_TRUE(stop_confirmed(answered(404, R"({"error":"Agent not found"})")));
    EXPECT_FALSE(stop_confirmed(answered(200, R"({"stopped":false})")));
    EXPECT_FALSE(stop_confirmed(answered(404, "<html>", "text/html")));
    EXPECT_FALSE(stop_confirmed(answered(500, "")));
    EXPECT_FALSE(stop_confirmed(broken(error_code::reset, error_phase::header, true)));
}

}  // namespace
}  // namespace townd::container
