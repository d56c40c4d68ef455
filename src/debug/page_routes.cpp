#include "debug/page_routes.hpp"

#include <utility>

#include "debug/assets.hpp"
#include "debug/pages.hpp"
#include "debug/parts.hpp"
#include "debug/replies.hpp"

namespace townd::debug {
namespace {

using page = std::string (*)(const face&, const http::request&);

void add_page(http::router& to, const shared_face& f, std::string_view path, page make) {
    to.add("GET", path, guard([f, make](const http::request& call, const http::responder& reply) {
               reply(html(make(*f, call)));
           }));
}

http::response one_error(const face& f, const http::request& call) {
    const std::string fingerprint = call.param("fingerprint");
    auto body = error_page(f, fingerprint, call);
    if (!body.empty()) return html(std::move(body));
    const auto missing =
        problem(call, 404, "not_found",
                "no error " + clean_text(fingerprint, 40) + " is on record, or not any more");
    const auto said = parse_json(missing.body);
    auto answer = html(problem_page(f, said.has_value() ? said.value() : json()));
    answer.status = 404;
    return answer;
}

}  // namespace

void add_page_routes(http::router& to, const shared_face& f) {
    add_page(to, f, "/debug/towns", towns_page);
    add_page(to, f, "/debug/breakers", breakers_page);
    add_page(to, f, "/debug/errors", errors_page);
    add_page(to, f, "/debug/outages", outages_page);
    add_page(to, f, "/debug/events", events_page);
    add_page(to, f, "/debug/config", config_page);
    to.add("GET", "/debug/errors/:fingerprint",
           guard([f](const http::request& call, const http::responder& reply) {
               reply(one_error(*f, call));
           }));
    to.add("GET", "/debug/assets/:hash/:file",
           guard([](const http::request& call, const http::responder& reply) {
               reply(asset_answer(call));
           }));
}

}  // namespace townd::debug
