#include "http/message.hpp"

namespace townd::http {
namespace {

using text_map = std::map<std::string, std::string, std::less<>>;

std::optional<std::string_view> find_text(const text_map& map, std::string_view key) {
    const auto found = map.find(key);
    if (found == map.end()) return std::nullopt;
    return found->second;
}

}  // namespace

std::string_view request::header(std::string_view lower_case_name) const {
    return find_text(headers, lower_case_name).value_or(std::string_view{});
}

std::string request::param(std::string_view name) const {
    return std::string{find_text(params, name).value_or(std::string_view{})};
}

std::optional<std::string> request::query_text(std::string_view name) const {
    const auto found = find_text(query, name);
    if (!found) return std::nullopt;
    return std::string{*found};
}

response json_response(int status, const json& body) {
    response out;
    out.status = status;
    out.body = dump_json(body);
    return out;
}

response text_response(int status, std::string body) {
    response out;
    out.status = status;
    out.content_type = "text/plain; charset=utf-8";
    out.body = std::move(body);
    return out;
}

int status_of(errc kind) noexcept {
    switch (kind) {
        case errc::invalid:
            return 400;
        case errc::unauthorized:
            return 401;
        case errc::forbidden:
            return 403;
        case errc::not_found:
            return 404;
        case errc::conflict:
            return 409;
        case errc::too_large:
            return 413;
        case errc::overloaded:
        case errc::unavailable:
        case errc::storage:
        case errc::locked:
            return 503;
        case errc::internal:
            return 500;
    }
    return 500;
}

}  // namespace townd::http
