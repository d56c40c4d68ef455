#include "debug/service_routes.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "debug/doctor.hpp"
#include "debug/openapi.hpp"
#include "debug/operator_body.hpp"
#include "debug/parameters.hpp"
#include "debug/replies.hpp"

namespace townd::debug {
namespace {

using engine::operator_verb;
using shared_gate = std::shared_ptr<operator_gate>;
using json_reply = std::function<void(result<json>)>;

constexpr int log_lines_usual = 100;

http::response untold(const http::request& call) {
    return problem(call, 404, "not_found", "this process does not tell");
}

// ---- The log ------------------------------------------------------------------------------------

http::response log_lines(const face& f, const http::request& call) {
    if (!f.options.logs) return untold(call);
    int limit = log_lines_usual;
    const std::string wanted = asked(call, "limit");
    if (!wanted.empty()) std::from_chars(wanted.data(), wanted.data() + wanted.size(), limit);
    list_part part;
    part.items = f.options.logs(asked(call, "level"), asked(call, "town"), limit);
    page_request page;
    page.limit = limit;
    return http::json_response(200, envelope(f, page, std::move(part)));
}

bool is_level(std::string_view level) {
    const auto levels = {"trace", "debug", "info", "warn", "error"};
    return std::find(levels.begin(), levels.end(), level) != levels.end();
}

result<engine::operator_request> read_level(const shared_face& f, const http::request& call) {
    auto body = read_operator_body(call, operator_verb::log_level);
    if (!body) return body.error();
    const std::string level = body->level.value_or("");
    if (!is_level(level))
        return failure{errc::invalid, "level: must be trace, debug, info, warn or error"};
    if (!body->asked.ttl)
        return failure{errc::invalid,
                       "ttl: must be from 1s to 24h, as 10m: afterwards the level "
                       "of the configuration is back"};
    body->asked.act = [f, level, ttl = *body->asked.ttl](const json_reply& done) {
        if (!f->options.set_log_level(level, ttl))
            return done(failure{errc::invalid, "level: " + level + " is not known"});
        done(json{{"before", nullptr}, {"after", {{"level", level}}}, {"changed", true}});
    };
    return body->asked;
}

http::response dry_answer(json after) {
    return http::json_response(200, {{"before", nullptr},
                                     {"after", std::move(after)},
                                     {"applied", false},
                                     {"audit_id", nullptr},
                                     {"expires_at", nullptr}});
}

void serve_level(const shared_face& f, const shared_gate& gate, http::request call,
                 http::responder reply) {
    auto said = gate->admit(*f, call);
    if (!said.who) return reply(*std::move(said.no));
    if (!f->options.set_log_level) return reply(untold(call));
    auto wanted = read_level(f, call);
    if (!wanted) return reply(problem(call, wanted.error()));
    if (wanted->dry_run) return reply(dry_answer(nullptr));
    wanted->by = said.who->by;
    wanted->peer = said.who->peer;
    f->fleet.operate(*std::move(wanted), [call = std::move(call),
                                          reply = std::move(reply)](const result<json>& answer) {
        reply(answer ? http::json_response(200, *answer) : problem(call, answer.error()));
    });
}

// ---- The configuration --------------------------------------------------------------------------

// What a reload said, with what the audit log has of it. One that was refused is a problem with all
// its errors.
http::response reload_answer(const http::request& call, json said, bool applied, json audit_id) {
    const bool ok = said.value("ok", false);
    if (!ok) {
        const auto no = problem(call, 409, "config_refused",
                                "the configuration was not taken: correct what errors names; the "
                                "old one stays in force");
        auto body = parse_json(no.body);
        for (auto& [name, value] : body->items())
            said[name] = std::move(value);
        if (!said.contains("errors")) said["errors"] = json::array();
    }
    said["applied"] = applied && ok;
    said["audit_id"] = std::move(audit_id);
    auto out = http::json_response(ok ? 200 : 409, said);
    if (!ok) out.content_type = "application/problem+json";
    return out;
}

void in_background(const shared_face& f, std::function<void()> work,
                   const std::function<void()>& refused) {
    if (!f->options.in_background) return work();
    if (!f->options.in_background(std::move(work))) refused();
}

failure busy() {
    return {errc::overloaded, "townd is shutting down, or too much waits: try again"};
}

void try_reload(const shared_face& f, const http::request& call, const http::responder& reply) {
    in_background(
        f,
        [f, call, reply] { reply(reload_answer(call, f->options.reload(true), false, nullptr)); },
        [call, reply] { reply(problem(call, busy())); });
}

void serve_reload(const shared_face& f, const shared_gate& gate, http::request call,
                  http::responder reply) {
    auto said = gate->admit(*f, call);
    if (!said.who) return reply(*std::move(said.no));
    if (!f->options.reload) return reply(untold(call));
    auto body = read_operator_body(call, operator_verb::reload);
    if (!body) return reply(problem(call, body.error()));
    auto wanted = std::move(body->asked);
    if (wanted.dry_run || asked(call, "dry_run") == "true") return try_reload(f, call, reply);
    wanted.by = said.who->by;
    wanted.peer = said.who->peer;
    wanted.act = [f](const json_reply& done) {
        in_background(
            f,
            [f, done] {
                json after = f->options.reload(false);
                const bool ok = after.value("ok", false);
                done(json{{"before", nullptr}, {"after", std::move(after)}, {"changed", ok}});
            },
            [done] { done(busy()); });
    };
    f->fleet.operate(std::move(wanted), [call = std::move(call),
                                         reply = std::move(reply)](const result<json>& answer) {
        if (!answer) return reply(problem(call, answer.error()));
        reply(reload_answer(call, answer->value("after", json::object()), true,
                            answer->value("audit_id", json(nullptr))));
    });
}

http::response schema(const face& f, const http::request& call) {
    if (!f.options.config_schema) return untold(call);
    auto out = http::text_response(200, f.options.config_schema());
    out.content_type = "application/schema+json";
    return out;
}

http::response openapi(const face& f, const http::request&) {
    auto out = http::json_response(200, openapi_json(f.options.version));
    out.content_type = "application/openapi+json";
    return out;
}

http::response doctor(const face& f, const http::request&) {
    return http::json_response(200, doctor_json(f));
}

using simple = http::response (*)(const face&, const http::request&);
http::handler read(const shared_face& f, simple make) {
    return [f, make](const http::request& call, const http::responder& reply) {
        reply(make(*f, call));
    };
}

using writer = void (*)(const shared_face&, const shared_gate&, http::request, http::responder);
http::handler write(const shared_face& f, const shared_gate& gate, writer serve) {
    return [f, gate, serve](http::request call, http::responder reply) {
        serve(f, gate, std::move(call), std::move(reply));
    };
}

}  // namespace

void add_service_routes(route_book& to, const shared_face& f, const shared_gate& gate) {
    to.add("GET", "/debug/v1/logs", read(f, log_lines));
    to.add("PUT", "/debug/v1/loglevel", write(f, gate, serve_level));
    to.add("POST", "/debug/v1/config:reload", write(f, gate, serve_reload));
    to.add("GET", "/debug/v1/config/schema.json", read(f, schema));
    to.add("GET", "/debug/v1/doctor", read(f, doctor));
    to.add("GET", "/debug/v1/openapi.json", read(f, openapi));
}

}  // namespace townd::debug
