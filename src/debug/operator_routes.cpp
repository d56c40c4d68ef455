#include "debug/operator_routes.hpp"

#include <charconv>
#include <memory>
#include <utility>

#include "debug/operator_body.hpp"
#include "debug/operator_gate.hpp"
#include "debug/records.hpp"
#include "debug/replies.hpp"
#include "debug/town_routes.hpp"
#include "engine/operator_words.hpp"

namespace townd::debug {
namespace {

using engine::operator_request;
using engine::operator_verb;

using shared_gate = std::shared_ptr<operator_gate>;

// A last part of a path, `NAME:VERB`.
struct aimed {
    std::string name;
    operator_verb verb = operator_verb::pause;
};

result<aimed> read_aim(const std::string& part, bool (*fits)(operator_verb),
                       std::string_view verbs) {
    const auto colon = part.rfind(':');
    const auto verb = colon == std::string::npos
                          ? std::nullopt
                          : engine::parse_operator_verb(std::string_view{part}.substr(colon + 1));
    if (!verb || !fits(*verb))
        return failure{errc::not_found,
                       "the path must end in a colon and one of: " + std::string{verbs}};
    return aimed{part.substr(0, colon), *verb};
}

bool is_order(operator_verb v) {
    return engine::is_order_verb(v);
}
bool is_breaker(operator_verb v) {
    return engine::is_breaker_verb(v);
}
bool is_bead(operator_verb v) {
    return engine::is_bead_verb(v);
}
constexpr std::string_view order_verbs = "pause, resume, drain, undrain";
constexpr std::string_view breaker_verbs = "force-open, force-closed, clear, reset, probe";
constexpr std::string_view bead_verbs = "retry-now, reset-attempts";

// Both the path (or query) and the body may name a thing, but not two.
result<std::string> one_name(std::string_view field, std::string from_path,
                             const std::optional<std::string>& from_body) {
    if (!from_body || from_path.empty() || from_path == *from_body)
        return from_path.empty() ? from_body.value_or("") : from_path;
    return failure{errc::invalid, std::string{field} + ": the body names another than the path"};
}

// What the path says: the verb (none for a batch) and the target.
struct target {
    std::optional<operator_verb> verb;
    std::function<result<void>(operator_request&, const operator_body&)> fill;
};
using find_target = std::function<result<target>(const http::request&)>;

void serve_write(const shared_face& f, const shared_gate& gate, const find_target& find,
                 http::request call, http::responder reply) {
    auto said = gate->admit(*f, call);
    if (!said.who) return reply(*std::move(said.no));
    const auto aim = find(call);
    if (!aim) return reply(problem(call, aim.error()));
    auto body = read_operator_body(call, aim->verb);
    if (!body) return reply(problem(call, body.error()));
    operator_request asked = body->asked;
    asked.by = said.who->by;
    asked.peer = said.who->peer;
    if (aim->fill)
        if (const auto filled = aim->fill(asked, *body); !filled)
            return reply(problem(call, filled.error()));
    f->fleet.operate(std::move(asked), [call = std::move(call),
                                        reply = std::move(reply)](const result<json>& answer) {
        reply(answer ? http::json_response(200, *answer) : problem(call, answer.error()));
    });
}

http::handler write(const shared_face& f, const shared_gate& gate, find_target find) {
    return guard([f, gate, find = std::move(find)](http::request call, http::responder reply) {
        serve_write(f, gate, find, std::move(call), std::move(reply));
    });
}

result<void> no_key(const operator_body& body) {
    if (!body.key) return {};
    return failure{errc::invalid, "key: belongs to breakers only"};
}

result<target> dispatch_target(const http::request& call) {
    const auto aim = read_aim(call.path.substr(call.path.rfind('/') + 1), is_order, order_verbs);
    if (!aim) return aim.error();
    return target{aim->verb, [](operator_request&, const operator_body& body) -> result<void> {
                      if (body.town)
                          return failure{errc::invalid,
                                         "town: this is for all towns; a town has its own path"};
                      return no_key(body);
                  }};
}

result<target> town_target(const http::request& call) {
    const auto aim = read_aim(call.param("target"), is_order, order_verbs);
    if (!aim) return aim.error();
    return target{aim->verb,
                  [town = aim->name](operator_request& asked, const operator_body& body) {
                      asked.scope = override_scope::town;
                      auto name = one_name("town", town, body.town);
                      if (!name) return result<void>{name.error()};
                      asked.town = *std::move(name);
                      return no_key(body);
                  }};
}

result<target> rig_target(const http::request& call) {
    const auto aim = read_aim(call.param("target"), is_order, order_verbs);
    if (!aim) return aim.error();
    return target{aim->verb, [rig = aim->name, town = call.param("town")](
                                 operator_request& asked, const operator_body& body) {
                      asked.scope = override_scope::rig;
                      auto name = one_name("town", town, body.town);
                      if (!name) return result<void>{name.error()};
                      asked.town = *std::move(name);
                      asked.rig = rig;
                      return no_key(body);
                  }};
}

result<target> role_target(const http::request& call) {
    const auto aim = read_aim(call.param("target"), is_order, order_verbs);
    if (!aim) return aim.error();
    const auto role = parse_agent_role(aim->name);
    if (!role)
        return failure{errc::not_found, "role " + clean_text(aim->name, 60) +
                                            " does not exist: use polecat, refinery or mayor"};
    return target{aim->verb, [role, town = asked(call, "town")](operator_request& into,
                                                                const operator_body& body) {
                      into.scope = override_scope::role;
                      into.role = role;
                      auto name = one_name("town", town, body.town);
                      if (!name) return result<void>{name.error()};
                      into.town = *std::move(name);
                      return no_key(body);
                  }};
}

target breaker_of(operator_verb verb, std::string town, std::string key) {
    return {verb,
            [town = std::move(town), key = std::move(key)](
                operator_request& asked, const operator_body& body) -> result<void> {
                auto town_name = one_name("town", town, body.town);
                if (!town_name) return town_name.error();
                auto key_name = one_name("key", key, body.key);
                if (!key_name) return key_name.error();
                if (key_name->empty())
                    return failure{
                        errc::invalid,
                        "key: name the breaker, as place/RIG/ROLE or agent/RIG/ROLE/NAME"};
                asked.town = *std::move(town_name);
                asked.key = *std::move(key_name);
                return {};
            }};
}

result<target> breaker_target(const http::request& call) {
    const auto aim = read_aim(call.param("key"), is_breaker, breaker_verbs);
    if (!aim) return aim.error();
    return breaker_of(aim->verb, call.param("town"), aim->name);
}

result<target> breaker_in_body(const http::request& call) {
    const auto aim =
        read_aim(call.path.substr(call.path.rfind('/') + 1), is_breaker, breaker_verbs);
    if (!aim) return aim.error();
    return breaker_of(aim->verb, {}, {});
}

result<target> batch_target(const http::request&) {
    return target{
        std::nullopt, [](operator_request&, const operator_body& body) -> result<void> {
            if (body.town || body.key)
                return failure{errc::invalid, "town, key: a batch takes selector.town, a list"};
            return {};
        }};
}

result<target> bead_target(const http::request& call) {
    const auto aim = read_aim(call.param("target"), is_bead, bead_verbs);
    if (!aim) return aim.error();
    return target{aim->verb, [bead = aim->name, town = call.param("town")](
                                 operator_request& asked, const operator_body& body) {
                      auto name = one_name("town", town, body.town);
                      if (!name) return result<void>{name.error()};
                      asked.town = *std::move(name);
                      asked.bead = bead;
                      return no_key(body);
                  }};
}

// ---- Reads --------------------------------------------------------------------------------------

// A dry run decides and changes nothing, so that anybody may ask for it who may read.
http::handler unless_dry_run(const shared_face& f, http::handler orders) {
    return [dry = town_dry_run(f), orders = std::move(orders)](http::request call,
                                                               http::responder reply) {
        constexpr std::string_view verb = ":dry-run";
        std::string town = call.param("target");
        if (!town.ends_with(verb)) return orders(std::move(call), std::move(reply));
        town.resize(town.size() - verb.size());
        call.params["town"] = std::move(town);
        dry(std::move(call), std::move(reply));
    };
}

json order_json(const engine::order_in_force& each, instant now) {
    json out = engine::to_json(each.order);
    put_past(out, "set", each.order.set_at, now);
    put_ahead(out, "expires", each.order.until, now);
    out["agents_running"] = each.agents_running;
    out["starts_in_flight"] = each.starts_in_flight;
    out["drained"] = each.order.kind == override_kind::drain ? json(each.quiet) : json(nullptr);
    return out;
}

void serve_audit(const shared_face& f, const http::request& call, const http::responder& reply) {
    const auto page = page_of(call);
    if (!page) return reply(problem(call, page.error()));
    engine::audit_query which;
    which.limit = page->limit;
    if (!page->cursor.empty()) {
        std::int64_t before = 0;
        const auto& text = page->cursor;
        const auto end = text.data() + text.size();
        const auto parsed = std::from_chars(text.data(), end, before);
        if (parsed.ec != std::errc{} || parsed.ptr != end || before < 1)
            return reply(problem(call, 400, "invalid",
                                 "cursor: use page.next_cursor of the answer before, unchanged"));
        which.before = before;
    }
    f->fleet.read_audit(which, [f, call, reply, page = *page](const result<json>& rows) {
        if (!rows) return reply(problem(call, rows.error()));
        list_part part;
        part.items = rows->at("items");
        part.next_cursor = text_at(*rows, "next");
        reply(http::json_response(200, envelope(*f, page, std::move(part))));
    });
}

}  // namespace

json overrides_json(const face& f) {
    const auto view = f.fleet.operators();
    json out;
    out["items"] = json::array();
    for (const auto& each : view.orders)
        out["items"].push_back(order_json(each, f.now()));
    out["problem"] = text_or_null(std::string_view{view.problem});
    out["as_of"] = to_rfc3339(f.now());
    return out;
}

void add_operator_routes(route_book& to, const shared_face& f, const shared_gate& gate) {
    for (const char* verb : {"pause", "resume", "drain", "undrain"})
        to.add("POST", "/debug/v1/dispatch:" + std::string{verb}, write(f, gate, dispatch_target));
    to.add("POST", "/debug/v1/towns/:target", unless_dry_run(f, write(f, gate, town_target)));
    to.add("POST", "/debug/v1/towns/:town/rigs/:target", write(f, gate, rig_target));
    to.add("POST", "/debug/v1/roles/:target", write(f, gate, role_target));
    to.add("POST", "/debug/v1/breakers:batch", write(f, gate, batch_target));
    for (const char* verb :
         {"force-open", "force-closed", "clear", "clear-force", "reset", "probe"})
        to.add("POST", "/debug/v1/breakers:" + std::string{verb}, write(f, gate, breaker_in_body));
    to.add("POST", "/debug/v1/breakers/:town/*key", write(f, gate, breaker_target));
    to.add("POST", "/debug/v1/beads/:town/:target", write(f, gate, bead_target));
    to.add("GET", "/debug/v1/overrides",
           guard([f](const http::request&, const http::responder& reply) {
               reply(http::json_response(200, overrides_json(*f)));
           }));
    to.add("GET", "/debug/v1/audit",
           guard([f](const http::request& call, const http::responder& reply) {
               serve_audit(f, call, reply);
           }));
}

}  // namespace townd::debug
