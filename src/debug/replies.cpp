#include "debug/replies.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <utility>

namespace townd::debug {
namespace {

std::string_view title_of(int status) {
    switch (status) {
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 409:
            return "Conflict";
        case 415:
            return "Unsupported Media Type";
        case 429:
            return "Too Many Requests";
        case 503:
            return "Service Unavailable";
        default:
            return status < 500 ? "Request Refused" : "Internal Server Error";
    }
}

std::optional<int> number(std::string_view text) {
    int value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

http::response secured(http::response answer) {
    constexpr std::array<std::pair<const char*, const char*>, 6> fields{{
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Content-Security-Policy",
         "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
         "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
         "frame-ancestors 'none'"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cache-Control", "no-store"},
        {"Referrer-Policy", "no-referrer"},
    }};
    for (const auto& [name, value] : fields) {
        const bool is_set = std::any_of(answer.headers.begin(), answer.headers.end(),
                                        [&](const auto& h) { return h.first == name; });
        if (!is_set) answer.headers.emplace_back(name, value);
    }
    return answer;
}

http::handler guard(http::handler serve) {
    return [serve = std::move(serve)](http::request call, http::responder reply) {
        serve(std::move(call), [reply = std::move(reply)](http::response answer) {
            reply(secured(std::move(answer)));
        });
    };
}

http::response problem(const http::request& call, int status, std::string_view code,
                       std::string_view detail) {
    json body;
    body["type"] = "about:blank";
    body["title"] = title_of(status);
    body["status"] = status;
    body["detail"] = clean_text(detail, error_message_bytes_max);
    body["instance"] = clean_text(call.path, error_message_bytes_max);
    body["code"] = code;
    auto answer = http::json_response(status, body);
    answer.content_type = "application/problem+json";
    if (status == 503) answer.headers.emplace_back("Retry-After", "5");
    return answer;
}

http::response problem(const http::request& call, const failure& why) {
    return problem(call, http::status_of(why.kind), to_text(why.kind), why.what);
}

http::response html(std::string body) {
    http::response answer;
    answer.content_type = "text/html; charset=utf-8";
    answer.body = std::move(body);
    return answer;
}

form form_of(const http::request& call, form usual) {
    const std::string format = asked(call, "format");
    if (format == "html") return form::html;
    if (format == "json") return form::json;
    if (format == "text") return form::text;
    const std::string_view accept = call.header("accept");
    const auto accepts = [&](std::string_view type) {
        return accept.find(type) != std::string_view::npos;
    };
    if (accepts("text/html")) return form::html;
    if (accepts("application/json")) return form::json;
    if (accepts("text/plain")) return form::text;
    return usual;
}

result<page_request> page_of(const http::request& call) {
    page_request page;
    page.cursor = asked(call, "cursor");
    const std::string limit = asked(call, "limit");
    if (limit.empty()) return page;
    const auto wanted = number(limit);
    if (!wanted || *wanted < 1 || *wanted > page_limit_max)
        return failure{errc::invalid,
                       "limit: must be a whole number from 1 to " + std::to_string(page_limit_max)};
    page.limit = *wanted;
    return page;
}

result<int> offset_of(const page_request& page) {
    if (page.cursor.empty()) return 0;
    const auto offset = number(page.cursor);
    if (!offset || *offset < 0)
        return failure{errc::invalid,
                       "cursor: use page.next_cursor of the answer before, unchanged"};
    return *offset;
}

json envelope(const face& f, const page_request& page, list_part part) {
    json out;
    out["items"] = std::move(part.items);
    auto& about = out["page"];
    about["limit"] = page.limit;
    about["next_cursor"] = part.next_cursor ? json(*part.next_cursor) : json(nullptr);
    about["total"] = part.total ? json(*part.total) : json(nullptr);
    about["total_is_exact"] = part.total.has_value();
    out["as_of"] = to_rfc3339(f.now());
    out["generation"] = f.fleet.total().ticks;
    return out;
}

std::string without_userinfo(std::string value) {
    const auto scheme = value.find("://");
    if (scheme == std::string::npos) return value;
    const auto from = scheme + 3;
    const auto end = value.find('/', from);
    const auto at = value.substr(0, end).rfind('@');
    if (at != std::string::npos && at >= from) value.replace(from, at - from, "****");
    return value;
}

std::string asked(const http::request& call, std::string_view name) {
    return call.query_text(name).value_or("");
}

bool selected(std::string_view wanted, std::string_view value) {
    if (wanted.empty()) return true;
    while (true) {
        const std::size_t comma = wanted.find(',');
        if (wanted.substr(0, comma) == value) return true;
        if (comma == std::string_view::npos) return false;
        wanted.remove_prefix(comma + 1);
    }
}

void read_town(const shared_face& f, http::request call, http::responder reply, const town_id& town,
               engine::town_work work,
               std::function<http::response(const http::request&, const json&)> show) {
    const auto slot = f->slots->take(town);
    if (!slot)
        return reply(problem(call, 503, "busy",
                             "as many reads of the town, or of all towns, are under way as the "
                             "pages may ask for at once: try again in a moment"));
    const auto checked = [work = std::move(work)](town::context& ctx) -> result<json> {
        auto answer = work(ctx);
        // After a failed read the store answers empty: that must not pass for an empty town.
        if (const auto& failed = ctx.store.failed()) return *failed;
        return answer;
    };
    f->fleet.read_town(town, checked,
                       [slot, call = std::move(call), reply = std::move(reply),
                        show = std::move(show)](const result<json>& answer) {
                           if (answer.has_value())
                               reply(show(call, answer.value()));
                           else
                               reply(problem(call, answer.error()));
                       });
}

}  // namespace townd::debug
