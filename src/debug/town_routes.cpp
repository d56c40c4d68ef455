// What is asked of one town. It is read on the town's thread, but for a town that is set aside:
// what is known of that stands in its summary.

#include "debug/town_routes.hpp"

#include <utility>

#include "debug/causes.hpp"
#include "debug/explain.hpp"
#include "debug/fleet_details.hpp"
#include "debug/original.hpp"
#include "debug/pages.hpp"
#include "debug/records.hpp"
#include "debug/replies.hpp"
#include "debug/town_reads.hpp"

namespace townd::debug {
namespace {

using shower = std::function<http::response(const http::request&, const json&)>;

http::response as_json(const http::request&, const json& body) {
    return http::json_response(200, body);
}

// A list of one town, `{items, next}`, in the envelope.
shower as_list(const shared_face& f, page_request page) {
    return [f, page = std::move(page)](const http::request&, const json& body) {
        list_part part;
        part.items = body["items"];
        part.next_cursor = text_at(body, "next");
        if (!part.next_cursor && page.cursor.empty())
            part.total = static_cast<std::int64_t>(part.items.size());
        return http::json_response(200, envelope(*f, page, std::move(part)));
    };
}

// Turns problems into pages for those who read with a browser.
http::handler for_people(const shared_face& f, http::handler serve) {
    return [f, serve = std::move(serve)](http::request call, http::responder reply) {
        if (form_of(call, form::html) != form::html)
            return serve(std::move(call), std::move(reply));
        serve(std::move(call), [f, reply = std::move(reply)](http::response answer) {
            if (answer.status >= 400) {
                const auto said = parse_json(answer.body);
                auto page = html(problem_page(*f, said.has_value() ? said.value() : json()));
                answer.content_type = std::move(page.content_type);
                answer.body = std::move(page.body);
            }
            reply(std::move(answer));
        });
    };
}

using town_summary_ptr = std::shared_ptr<const engine::town_summary>;
using town_handler = std::function<void(const shared_face&, const town_summary_ptr&, http::request,
                                        http::responder)>;

enum class named_by : std::uint8_t { path, query };

// A route on one town: missing and unknown towns are answered here.
http::handler on_town(const shared_face& f, named_by where, town_handler serve_town) {
    return guard(
        [f, where, serve_town = std::move(serve_town)](http::request call, http::responder reply) {
            const town_id id = where == named_by::path ? call.param("town") : asked(call, "town");
            if (id.empty())
                return reply(problem(call, 400, "invalid", "town: name the town, as in ?town=ID"));
            const auto town = f->fleet.summary(id);
            if (!town)
                return reply(problem(call, 404, "not_found", "town " + id + " does not exist"));
            serve_town(f, town, std::move(call), std::move(reply));
        });
}

// A list of one town.
using list_work =
    std::function<result<json>(town::context&, const http::request&, const page_request&)>;
http::handler town_rows(const shared_face& f, named_by where, list_work work) {
    return on_town(f, where,
                   [work = std::move(work)](const shared_face& face_, const town_summary_ptr& town,
                                            http::request call, http::responder reply) {
                       const auto page = page_of(call);
                       if (!page.has_value()) return reply(problem(call, page.error()));
                       const auto read = [work, call, page = page.value()](town::context& ctx) {
                           return work(ctx, call, page);
                       };
                       read_town(face_, std::move(call), std::move(reply), town->id, read,
                                 as_list(face_, page.value()));
                   });
}

result<json> agent_rows(town::context& ctx, const http::request& call, const page_request& page) {
    const auto offset = offset_of(page);
    if (!offset.has_value()) return offset.error();
    const std::string role = asked(call, "role");
    const std::string status = asked(call, "status");
    json items = json::array();
    json next;
    const int end = offset.value() + page.limit;
    int at = 0;
    for (auto& agent : agents_of(ctx)) {
        if (!selected(role, text_at(agent, "role").value_or(""))) continue;
        if (!selected(status, text_at(agent, "status").value_or(""))) continue;
        if (at >= end) {
            next = std::to_string(end);
            break;
        }
        if (at >= offset.value()) items.push_back(std::move(agent));
        ++at;
    }
    json out;
    out["items"] = std::move(items);
    out["next"] = std::move(next);
    return out;
}

result<json> bead_rows(town::context& ctx, const http::request& call, const page_request& page) {
    return bead_list(ctx, {asked(call, "status"), asked(call, "type"), asked(call, "rig_id")},
                     page);
}

result<json> attempt_rows(town::context& ctx, const http::request& call, const page_request& page) {
    return attempt_list(ctx, asked(call, "bead"), page);
}

result<json> event_rows(town::context& ctx, const http::request& call, const page_request& page) {
    const std::string since = asked(call, "since");
    const auto from = parse_time(since);
    if (!since.empty() && !from)
        return failure{errc::invalid, "since: must be a time as 2026-01-31T12:00:00Z"};
    return event_list(ctx, asked(call, "bead"), from, page);
}

// A set-aside town cannot be read, but what is known of it can be shown.
void serve_town_detail(const shared_face& f, const town_summary_ptr& town, http::request call,
                       http::responder reply, const shower& show) {
    if (town->condition == engine::town_condition::set_aside) {
        json known;
        known["summary"] = town_record(*town, f->now());
        known["detail"] = nullptr;
        return reply(show(call, known));
    }
    const auto read = [f, town](town::context& ctx) -> result<json> {
        json out;
        out["summary"] = town_record(*town, ctx.now);
        out["detail"] = town_detail(ctx);
        return out;
    };
    read_town(f, std::move(call), std::move(reply), town->id, read, show);
}

json town_json(const face& f, const town_summary_ptr& town, const json& known) {
    json out = known["summary"];
    json errors = json::array();
    for (const auto& g : town->errors) {
        json item{
            {"fingerprint", g.fingerprint}, {"code", g.code},  {"phase", g.phase}, {"role", g.role},
            {"message", g.message},         {"count", g.count}};
        put_past(item, "first", g.first_at, f.now());
        put_past(item, "last", g.last_at, f.now());
        errors.push_back(std::move(item));
    }
    out["error_groups"] = std::move(errors);
    out["last_tick"] = town->last_tick;
    out["detail"] = known["detail"];
    out["as_of"] = to_rfc3339(f.now());
    return out;
}

void serve_town(const shared_face& f, const town_summary_ptr& town, http::request call,
                http::responder reply) {
    serve_town_detail(f, town, std::move(call), std::move(reply),
                      [f, town](const http::request&, const json& known) {
                          return http::json_response(200, town_json(*f, town, known));
                      });
}

void serve_town_page(const shared_face& f, const town_summary_ptr& town, http::request call,
                     http::responder reply) {
    if (form_of(call, form::html) != form::html)
        return serve_town(f, town, std::move(call), std::move(reply));
    serve_town_detail(f, town, std::move(call), std::move(reply),
                      [f](const http::request&, const json& known) {
                          return html(town_page(*f, known["summary"], known["detail"]));
                      });
}

void serve_bead(const shared_face& f, const town_summary_ptr& town, http::request call,
                http::responder reply, shower show) {
    const auto read = [bead = call.param("bead")](town::context& ctx) {
        return bead_detail(ctx, bead);
    };
    read_town(f, std::move(call), std::move(reply), town->id, read, std::move(show));
}

void serve_bead_json(const shared_face& f, const town_summary_ptr& town, http::request call,
                     http::responder reply) {
    serve_bead(f, town, std::move(call), std::move(reply), as_json);
}

void serve_bead_page(const shared_face& f, const town_summary_ptr& town, http::request call,
                     http::responder reply) {
    if (form_of(call, form::html) != form::html)
        return serve_bead_json(f, town, std::move(call), std::move(reply));
    serve_bead(f, town, std::move(call), std::move(reply),
               [f](const http::request&, const json& bead) { return html(bead_page(*f, bead)); });
}

void serve_agent(const shared_face& f, const town_summary_ptr& town, http::request call,
                 http::responder reply) {
    const auto read = [name = call.param("agent")](town::context& ctx) {
        return agent_detail(ctx, name);
    };
    read_town(f, std::move(call), std::move(reply), town->id, read, as_json);
}

// The beads of a town from its database; those that wait anywhere, as published.
http::handler beads(const shared_face& f) {
    return [f, of_town = town_rows(f, named_by::query, bead_rows)](http::request call,
                                                                   http::responder reply) {
        const bool read = !asked(call, "town").empty() && asked(call, "reason").empty() &&
                          asked(call, "older_than").empty();
        if (read) return of_town(std::move(call), std::move(reply));
        const auto list = waiting_list(*f, call);
        reply(list ? http::json_response(200, *list) : problem(call, list.error()));
    };
}

void serve_attempt(const shared_face& f, const town_summary_ptr& town, http::request call,
                   http::responder reply) {
    const auto read = [id = call.param("attempt")](town::context& ctx) {
        return attempt_detail(ctx, id);
    };
    read_town(f, std::move(call), std::move(reply), town->id, read, as_json);
}

// Without a town: while it is a sample of its cause.
http::handler attempt(const shared_face& f) {
    return [f, of_town = on_town(f, named_by::query, serve_attempt)](http::request call,
                                                                     http::responder reply) {
        if (!asked(call, "town").empty()) return of_town(std::move(call), std::move(reply));
        const auto id = call.param("attempt");
        if (const auto found = sampled_attempt(*f, id))
            return reply(http::json_response(200, *found));
        reply(problem(call, 404, "not_found",
                      "attempt " + clean_text(id, 80) +
                          " is no sample of a cause: name its town, as in ?town=ID"));
    };
}

void serve_explain(const shared_face& f, const town_summary_ptr& town, http::request call,
                   http::responder reply) {
    const bead_id bead = asked(call, "bead");
    if (bead.empty())
        return reply(problem(call, 400, "invalid", "bead: name the bead, as in &bead=ID"));
    if (town->condition == engine::town_condition::set_aside)
        return reply(http::json_response(200, explain_unreadable(*town, bead)));
    read_town(
        f, std::move(call), std::move(reply), town->id,
        [bead](town::context& ctx) { return explain_bead(ctx, bead); }, as_json);
}

void serve_original_status(const shared_face& f, const town_summary_ptr& town, http::request call,
                           http::responder reply) {
    const auto read = [f, town](town::context& ctx) -> result<json> {
        return original_status(ctx, *town, f->tick_interval());
    };
    read_town(f, std::move(call), std::move(reply), town->id, read, as_json);
}

void serve_dry_run(const shared_face& f, const town_summary_ptr& town, http::request call,
                   http::responder reply) {
    const auto read = [](town::context& ctx) -> result<json> { return dry_run(ctx); };
    read_town(f, std::move(call), std::move(reply), town->id, read, as_json);
}

void serve_drain_status(const shared_face& f, const town_summary_ptr& town, http::request call,
                        http::responder reply) {
    const auto read = [](town::context& ctx) -> result<json> { return drain_status(ctx); };
    read_town(f, std::move(call), std::move(reply), town->id, read, as_json);
}

}  // namespace

http::handler town_dry_run(const shared_face& f) {
    return on_town(f, named_by::path, serve_dry_run);
}

void add_town_routes(route_book& to, const shared_face& f) {
    using enum named_by;
    to.add("GET", "/debug/v1/towns/:town", on_town(f, path, serve_town));
    to.add("GET", "/debug/v1/towns/:town/agents", town_rows(f, path, agent_rows));
    to.add("GET", "/debug/v1/towns/:town/beads", town_rows(f, path, bead_rows));
    to.add("GET", "/debug/v1/towns/:town/attempts", town_rows(f, path, attempt_rows));
    to.add("GET", "/debug/v1/towns/:town/events", town_rows(f, path, event_rows));
    to.add("GET", "/debug/v1/agents/:agent", on_town(f, query, serve_agent));
    to.add("GET", "/debug/v1/agents", town_rows(f, query, agent_rows));
    to.add("GET", "/debug/v1/beads", beads(f));
    to.add("GET", "/debug/v1/attempts", town_rows(f, query, attempt_rows));
    to.add("GET", "/debug/v1/beads/:town/:bead", on_town(f, path, serve_bead_json));
    to.add("GET", "/debug/v1/attempts/:attempt", attempt(f));
    to.add("GET", "/debug/v1/explain", on_town(f, query, serve_explain));
    to.add("GET", "/debug/towns/:town", for_people(f, on_town(f, path, serve_town_page)));
    to.add("GET", "/debug/towns/:town/beads/:bead",
           for_people(f, on_town(f, path, serve_bead_page)));
    to.add("GET", "/debug/towns/:town/status", on_town(f, path, serve_original_status));
    to.add("GET", "/debug/towns/:town/drain-status", on_town(f, path, serve_drain_status));
    to.add("POST", "/debug/towns/:town/reconcile-dry-run", town_dry_run(f));
}

}  // namespace townd::debug
