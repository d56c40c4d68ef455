#include "container/replies.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "container/reply_text.hpp"

namespace townd::container {
namespace {

using kind = start_reply::kind;

start_reply reply(kind what, dispatch_error error) {
    start_reply out;
    out.what = what;
    out.error = std::move(error);
    out.answered = true;
    return out;
}

// The error of an answer that was read whole, with all that the container said.
dispatch_error error_of(const answer_text& said, const http_answer& answer, error_code code,
                        error_phase phase, blame who, const std::string& message) {
    dispatch_error error(code, phase, who, message);
    error.http_status = answer.status;
    error.endpoint = answer.endpoint;
    error.retry_after = answer.retry_after;
    if (!answer.body.empty()) {
        error.body_excerpt = clean_text(answer.body, body_excerpt_bytes_max);
        error.body_truncated = answer.body.size() > body_excerpt_bytes_max;
    }
    error.container_phase = said.phase;
    error.error_type = said.error_type;
    error.action = said.action;
    error.upstream_status = said.upstream_status;
    return error;
}

// The exchange itself failed.
start_reply read_transport(const http_answer& answer) {
    start_reply out;
    out.what = answer.request_sent ? kind::maybe_started : kind::not_started;
    if (answer.error) {
        out.error = answer.error;
    } else {
        out.error = dispatch_error(error_code::internal, error_phase::decode, blame::unknown,
                                   "the exchange ended with neither an answer nor an error");
    }
    return out;
}

bool is_live_status(const std::optional<std::string>& status) {
    return status == "starting" || status == "running";
}

start_reply started(const json& record) {
    start_reply out;
    out.what = kind::started;
    out.answered = true;
    out.session_id = text_at(record, "sessionId");
    out.started_at_text = text_at(record, "startedAt");
    return out;
}

// 2xx: a record of this agent, a payload that says no, or something else.
start_reply read_success(const http_answer& answer, const std::string& agent,
                         const answer_text& said) {
    const auto reject = [&](kind what, error_code code, error_phase phase,
                            const std::string& text) {
        return reply(what, error_of(said, answer, code, phase, blame::infrastructure, text));
    };
    if (!said.object)
        return reject(kind::maybe_started, error_code::body_invalid, error_phase::decode,
                      describe_answer(answer, said) + ", which is no agent record");
    const json& object = *said.object;
    const auto status = text_at(object, "status");
    const bool names_agent = object.contains("agentId");
    const bool right_agent = text_at(object, "agentId") == agent;
    if (names_agent && !right_agent)
        return reject(kind::maybe_started, error_code::body_invalid, error_phase::decode,
                      "the container answered with the record of another agent than " + agent);
    if (says_no(object) || status == "failed" || status == "exited") {
        const std::string why = said.error.value_or(
            text_at(object, "exitReason").value_or("status " + status.value_or("false")));
        return reject(kind::not_started, error_code::start_rejected, error_phase::start,
                      "(" + std::to_string(*answer.status) + ") start rejected: " + why);
    }
    const bool looks_like_record = status.has_value() || text_at(object, "sessionId").has_value();
    if (answer.status == 201 && (right_agent || looks_like_record)) return started(object);
    if (right_agent && is_live_status(status)) return started(object);
    return reject(kind::maybe_started, error_code::body_invalid, error_phase::decode,
                  describe_answer(answer, said) + ", which is no record of agent " + agent);
}

start_reply read_client_error(const http_answer& answer, const answer_text& said) {
    const int status = *answer.status;
    const std::string words = describe_answer(answer, said);
    const auto no = [&](error_code code, blame who) {
        return reply(kind::not_started,
                     error_of(said, answer, code, error_phase::start, who, words));
    };
    if (status == 401 || status == 403) return no(error_code::credentials_rejected, blame::config);
    if (status != 400 && status != 413 && status != 422)
        return no(error_code::http_4xx, blame::infrastructure);
    start_reply out = no(error_code::http_4xx, blame::caller);
    out.error->retryable = false;
    return out;
}

start_reply read_server_error(const http_answer& answer, const answer_text& said) {
    const int status = *answer.status;
    const std::string words = describe_answer(answer, said);
    if (status == 503 && holds(answer.body, "draining"))
        return reply(kind::draining, error_of(said, answer, error_code::http_503_draining,
                                              error_phase::start, blame::infrastructure, words));
    // A 502 or 504 comes from something in front of the container, whatever form it has.
    const bool gateway = status == 502 || status == 504;
    if (!said.error || gateway)
        return reply(kind::maybe_started,
                     error_of(said, answer, error_code::http_5xx, error_phase::start,
                              blame::infrastructure, words));
    if (is_git_phase(said.phase))
        return reply(kind::not_started, error_of(said, answer, error_code::git_failed,
                                                 error_phase::start, blame::unknown, words));
    const bool no_credit = said.upstream_status == 401 || said.upstream_status == 403;
    return reply(kind::not_started,
                 error_of(said, answer, error_code::http_5xx, error_phase::start,
                          no_credit ? blame::config : blame::infrastructure, words));
}

bool is_missing(const http_answer& answer, const answer_text& said) {
    return answer.status == 404 && said.error.has_value();
}

}  // namespace

start_reply read_start(const http_answer& answer, const std::string& agent) {
    if (answer.error || !answer.status) return read_transport(answer);
    const answer_text said = read_text(answer);
    const int status = *answer.status;
    const bool refusal = status >= 400 || (said.object && says_no(*said.object));
    if (status == 409 || (refusal && holds(answer.body, "already running"))) {
        const error_code code = status >= 500 ? error_code::http_5xx : error_code::http_4xx;
        return reply(kind::already_running,
                     error_of(said, answer, code, error_phase::start, blame::infrastructure,
                              describe_answer(answer, said)));
    }
    const bool limited = said.error_type == "rate_limit_exceeded" || said.upstream_status == 429;
    if (status == 429 || (refusal && said.error && limited))
        return reply(kind::rate_limited,
                     error_of(said, answer, error_code::http_429, error_phase::start,
                              blame::infrastructure, describe_answer(answer, said)));
    if (status >= 200 && status < 300) return read_success(answer, agent, said);
    if (status >= 300 && status < 400)
        return reply(
            kind::not_started,
            error_of(said, answer, error_code::start_rejected, error_phase::start, blame::config,
                     "container answered " + std::to_string(status) + ": redirect to " +
                         answer.location.value_or("nowhere") + " is not followed"));
    if (status >= 400 && status < 500) return read_client_error(answer, said);
    if (status >= 500 && status < 600) return read_server_error(answer, said);
    return reply(kind::maybe_started,
                 error_of(said, answer, error_code::body_invalid, error_phase::decode,
                          blame::infrastructure, describe_answer(answer, said)));
}

status_reply read_status(const http_answer& answer) {
    using what = status_reply::kind;
    status_reply out;
    if (answer.error || !answer.status) {
        out.error = read_transport(answer).error;
        return out;
    }
    const answer_text said = read_text(answer);
    if (is_missing(answer, said)) {
        out.what = what::not_found;
        out.status_text = "not_found";
        return out;
    }
    const auto status =
        answer.status == 200 && said.object ? text_at(*said.object, "status") : std::nullopt;
    if (status) {
        out.status_text = clean_text(*status, 64);
        out.exit_reason = text_at(*said.object, "exitReason");
        out.started_at_text = text_at(*said.object, "startedAt");
    }
    if (is_live_status(status)) out.what = what::running;
    if (status == "stopping") out.what = what::stopping;
    if (status == "exited" || status == "failed") out.what = what::exited;
    if (out.what != what::unknown) return out;
    const int code = *answer.status;
    error_code named = error_code::body_invalid;
    if (code >= 400) named = code < 500 ? error_code::http_4xx : error_code::http_5xx;
    if (code == 429) named = error_code::http_429;
    if (code == 401 || code == 403) named = error_code::credentials_rejected;
    out.error = error_of(said, answer, named, error_phase::decode, blame::infrastructure,
                         describe_answer(answer, said) + ", which tells no agent status");
    return out;
}

bool stop_confirmed(const http_answer& answer) {
    if (answer.error || !answer.status) return false;
    const answer_text said = read_text(answer);
    if (is_missing(answer, said)) return true;
    return answer.status == 200 && !(said.object && says_no(*said.object));
}

}  // namespace townd::container
