// The table of routes; those of single towns are in town_routes.cpp.

#include <utility>

#include "debug/bundle.hpp"
#include "debug/causes.hpp"
#include "debug/debug.hpp"
#include "debug/event_stream.hpp"
#include "debug/fleet_details.hpp"
#include "debug/fleet_lists.hpp"
#include "debug/front_gate.hpp"
#include "debug/health.hpp"
#include "debug/operator_routes.hpp"
#include "debug/page_routes.hpp"
#include "debug/pages.hpp"
#include "debug/replies.hpp"
#include "debug/route_book.hpp"
#include "debug/service_routes.hpp"
#include "debug/town_routes.hpp"

namespace townd::debug {
namespace {

http::response answer(const http::request& call, const result<json>& body) {
    if (!body.has_value()) return problem(call, body.error());
    return http::json_response(200, body.value());
}

using simple = std::function<http::response(const face&, const http::request&)>;

http::handler serve(const shared_face& f, simple make) {
    return guard(
        [f, make = std::move(make)](const http::request& call, const http::responder& reply) {
            reply(make(*f, call));
        });
}

http::response now(const face& f, const http::request& call, form usual) {
    const auto towns = f.fleet.summaries();
    const auto sum = look_over(f, towns);
    switch (form_of(call, usual)) {
        case form::html:
            return html(now_page(f, sum, towns, call));
        case form::text:
            return http::text_response(200, now_text(sum, towns));
        case form::json:
            break;
    }
    return http::json_response(200, summary_json(f, sum));
}

http::response config_list(const face& f, const http::request& call) {
    if (!f.options.config_keys)
        return problem(call, 404, "not_found", "no configuration is shown here");
    list_part part;
    auto page = page_of(call);
    if (!page) return problem(call, page.error());
    // A few dozen: on one page, unless less is asked for.
    if (asked(call, "limit").empty()) page->limit = page_limit_max;
    const auto offset = offset_of(*page);
    if (!offset) return problem(call, offset.error());
    auto keys = f.options.config_keys();
    const auto from = std::min(static_cast<std::size_t>(*offset), keys.size());
    const auto end = std::min(from + static_cast<std::size_t>(page->limit), keys.size());
    for (auto i = from; i < end; ++i)
        part.items.push_back({{"key", keys[i].key},
                              {"value", without_userinfo(std::move(keys[i].value))},
                              {"origin", keys[i].origin}});
    part.total = static_cast<std::int64_t>(keys.size());
    if (end < keys.size()) part.next_cursor = std::to_string(end);
    return http::json_response(200, envelope(f, *page, std::move(part)));
}

http::response object_of(const std::function<json()>& make, const http::request& call) {
    if (!make) return problem(call, 404, "not_found", "this process does not tell");
    return http::json_response(200, make());
}

void add_watched(route_book& to, const shared_face& f) {
    to.add("GET", "/", serve(f, [](const face&, const http::request&) {
               auto there = http::text_response(302, "see /debug/\n");
               there.headers.emplace_back("Location", "/debug/");
               return there;
           }));
    to.add("GET", "/livez", serve(f, [](const face& g, const http::request&) { return livez(g); }));
    to.add("GET", "/readyz", serve(f, readyz));
    to.add("GET", "/metrics", serve(f, metrics));
    to.add("GET", "/version",
           serve(f, [](const face& g, const http::request&) { return version(g); }));
}

void add_fleet(route_book& to, const shared_face& f) {
    to.add("GET", "/debug", serve(f, [](const face& g, const http::request& call) {
               return now(g, call, form::text);
           }));
    to.add("GET", "/debug/", serve(f, [](const face& g, const http::request& call) {
               return now(g, call, form::html);
           }));
    to.add("GET", "/debug/v1/summary", serve(f, [](const face& g, const http::request&) {
               return http::json_response(200, summary_json(g, look_over(g, g.fleet.summaries())));
           }));
    to.add("GET", "/debug/v1/towns", serve(f, [](const face& g, const http::request& call) {
               return answer(call, town_list(g, call));
           }));
    to.add("GET", "/debug/v1/breakers", serve(f, [](const face& g, const http::request& call) {
               return answer(call, breaker_list(g, call));
           }));
    to.add("GET", "/debug/v1/outages", serve(f, [](const face& g, const http::request&) {
               return http::json_response(200, outage_list(g));
           }));
    to.add("GET", "/debug/v1/outages/:outage", serve(f, [](const face& g, const http::request& c) {
               return answer(c, outage_detail(g, c));
           }));
    to.add("GET", "/debug/v1/breakers/:town/*key",
           serve(f, [](const face& g, const http::request& c) {
               return answer(c, breaker_detail(g, c.param("town"), c.param("key")));
           }));
    to.add("GET", "/debug/v1/errors", serve(f, [](const face& g, const http::request& call) {
               return answer(call, error_list(g, call));
           }));
    to.add("GET", "/debug/v1/errors/:fingerprint",
           serve(f, [](const face& g, const http::request& c) {
               return answer(c, error_detail(g, c));
           }));
    to.add("GET", "/debug/v1/reconciler", serve(f, [](const face& g, const http::request&) {
               return http::json_response(200, reconciler_json(g));
           }));
    to.add("GET", "/debug/v1/config", serve(f, config_list));
    to.add("GET", "/debug/v1/config/status", serve(f, [](const face& g, const http::request& call) {
               return object_of(g.options.config_status, call);
           }));
    to.add("GET", "/debug/v1/runtime", serve(f, [](const face& g, const http::request& call) {
               return object_of(g.options.runtime, call);
           }));
}

http::response unknown(const http::request& call) {
    return problem(
        call, 404, "not_found",
        "nothing is at " + call.path + "; /debug/ is the first page, /debug/v1/summary its JSON");
}

}  // namespace

void add_routes(http::router& router, engine::fleet& fleet, debug_options options) {
    const instant started_at = options.clock->now();
    const auto f = std::make_shared<const face>(face{fleet, std::move(options), started_at});
    router.before([f](const http::request& call) -> std::optional<http::response> {
        auto no = turned_away(*f, call);
        if (no) no = secured(*std::move(no));
        return no;
    });
    route_book to{router, f};
    add_watched(to, f);
    add_fleet(to, f);
    add_page_routes(router, f);
    add_town_routes(to, f);
    const auto gate = std::make_shared<operator_gate>();
    add_operator_routes(to, f, gate);
    add_service_routes(to, f, gate);
    add_event_routes(to, f);
    to.add("GET", "/debug/v1/bundle", make_bundle(router, f));
}

http::response refusal(const http::request& call, int status, std::string_view why) {
    return secured(problem(call, status, "refused", why));
}

void add_fallbacks(http::router& router) {
    router.on_unknown(guard(
        [](const http::request& call, const http::responder& reply) { reply(unknown(call)); }));
    router.on_wrong_method([](const http::request& call, const std::string& allow) {
        return secured(problem(call, 405, "wrong_method", "this path takes " + allow));
    });
}

}  // namespace townd::debug
