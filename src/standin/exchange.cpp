#include "standin/exchange.hpp"

#include <algorithm>
#include <cctype>
#include <random>

namespace townd::standin {
namespace {

std::string_view reason_phrase(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 400:
            return "Bad Request";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 429:
            return "Too Many Requests";
        case 503:
            return "Service Unavailable";
        default:
            return "Internal Server Error";
    }
}

std::string head(int status, std::string_view type, std::size_t length, std::string_view more) {
    std::string out = "HTTP/1.1 " + std::to_string(status) + " ";
    out += reason_phrase(status);
    out += "\r\nServer: standin\r\nConnection: close\r\n";
    if (!type.empty()) (out += "Content-Type: ").append(type).append("\r\n");
    out += "Content-Length: " + std::to_string(length) + "\r\n";
    return out.append(more).append("\r\n");
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
            hex_value(text[i + 2]) >= 0) {
            out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

json upstream_error() {
    return {{"error", "Initial prompt failed: model api: prefill error"},
            {"phase", "initial_prompt"},
            {"status", 500},
            {"error_type", "api_error"},
            {"action", "Wait and retry, or switch the model of this town."}};
}

json rate_limit_error() {
    return {{"error", "Initial prompt failed: rate limit exceeded"},
            {"phase", "initial_prompt"},
            {"status", 429},
            {"error_type", "rate_limit_exceeded"},
            {"action", "Wait and retry, or switch the model of this town."}};
}

reply garbage_reply() {
    std::mt19937 bytes{1850};  // The same bytes each time, so that a failing test fails again.
    std::string out = "\x16\x03\x01";
    while (out.size() < 512)
        out += static_cast<char>(bytes() & 0xffU);
    return {out, ending::close, duration{0}};
}

reply truncated_reply() {
    const std::string body = dump_json(upstream_error());
    return {head(500, "application/json", body.size(), {}) + body.substr(0, body.size() / 2),
            ending::close, duration{0}};
}

reply html_reply() {
    const std::string page =
        "<!DOCTYPE html><html><head><title>500 Internal Server Error</title></head>"
        "<body><center><h1>500 Internal Server Error</h1></center></body></html>";
    return {head(500, "text/html", page.size(), {}) + page, ending::close, duration{0}};
}

reply invalid_body_reply() {
    const json issue{{"path", json::array({"model"})}, {"message", "Unknown model"}};
    return json_reply(400, {{"error", "Invalid request body"}, {"issues", json::array({issue})}});
}

}  // namespace

std::string request::header(std::string_view lower_case_name) const {
    const auto at = headers.find(lower_case_name);
    return at == headers.end() ? std::string{} : at->second;
}

std::vector<std::string> path_segments(std::string_view target) {
    target = target.substr(0, target.find('?'));
    std::vector<std::string> out;
    while (!target.empty()) {
        const auto slash = target.find('/');
        const auto part = target.substr(0, slash);
        if (!part.empty()) out.push_back(decode(part));
        if (slash == std::string_view::npos) break;
        target.remove_prefix(slash + 1);
    }
    return out;
}

std::string encode_segment(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
            out += c;
        } else {
            ((out += '%') += digits[byte >> 4U]) += digits[byte & 15U];
        }
    }
    return out;
}

reply json_reply(int status, const json& body, std::string_view more_headers) {
    const std::string text = dump_json(body);
    return {head(status, "application/json", text.size(), more_headers) + text, ending::close,
            duration{0}};
}

reply already_running_reply(std::string_view agent) {
    return json_reply(500, {{"error", "Agent " + std::string{agent} + " is already running"}});
}

reply refusal(behaviour mode) {
    switch (mode) {
        case behaviour::hang_response:
            return {{}, ending::hold, duration{0}};
        case behaviour::http_500_empty:
            return {head(500, {}, 0, {}), ending::close, duration{0}};
        case behaviour::http_500_html:
            return html_reply();
        case behaviour::http_500_truncated:
            return truncated_reply();
        case behaviour::http_400:
            return invalid_body_reply();
        case behaviour::http_429:
            return json_reply(429, rate_limit_error(), "Retry-After: 2\r\n");
        case behaviour::draining:
            return json_reply(503, {{"error", "Container is draining, cannot start new agents"}});
        case behaviour::garbage:
            return garbage_reply();
        case behaviour::reset:
        case behaviour::refuse:
        case behaviour::hang_connect:
            return {{}, ending::reset, duration{0}};
        case behaviour::http_500:
        case behaviour::ok:
        case behaviour::late:
        case behaviour::start_then_die:
        case behaviour::already_running:
        case behaviour::no_progress:
        case behaviour::ask_changes:
            break;
    }
    return json_reply(500, upstream_error());
}

}  // namespace townd::standin
