#include "http/reply.hpp"

#include <algorithm>
#include <array>

namespace townd::http {
namespace {

struct reason {
    int status;
    std::string_view text;
};
constexpr std::array reasons{
    reason{200, "OK"},
    reason{201, "Created"},
    reason{202, "Accepted"},
    reason{204, "No Content"},
    reason{301, "Moved Permanently"},
    reason{302, "Found"},
    reason{303, "See Other"},
    reason{304, "Not Modified"},
    reason{307, "Temporary Redirect"},
    reason{308, "Permanent Redirect"},
    reason{400, "Bad Request"},
    reason{401, "Unauthorized"},
    reason{403, "Forbidden"},
    reason{404, "Not Found"},
    reason{405, "Method Not Allowed"},
    reason{406, "Not Acceptable"},
    reason{408, "Request Timeout"},
    reason{409, "Conflict"},
    reason{410, "Gone"},
    reason{412, "Precondition Failed"},
    reason{413, "Content Too Large"},
    reason{415, "Unsupported Media Type"},
    reason{417, "Expectation Failed"},
    reason{421, "Misdirected Request"},
    reason{422, "Unprocessable Content"},
    reason{429, "Too Many Requests"},
    reason{431, "Request Header Fields Too Large"},
    reason{500, "Internal Server Error"},
    reason{501, "Not Implemented"},
    reason{502, "Bad Gateway"},
    reason{503, "Service Unavailable"},
    reason{504, "Gateway Timeout"},
};

std::string_view reason_of(int status) {
    const auto at = std::find_if(reasons.begin(), reasons.end(),
                                 [&](const reason& r) { return r.status == status; });
    return at == reasons.end() ? std::string_view{"Status"} : at->text;
}

bool same_name(std::string_view a, std::string_view lower_case) {
    return std::equal(a.begin(), a.end(), lower_case.begin(), lower_case.end(), [](char x, char y) {
        return (x >= 'A' && x <= 'Z' ? static_cast<char>(x - 'A' + 'a') : x) == y;
    });
}

bool is_framing(std::string_view name) {
    constexpr std::array<std::string_view, 4> ours{"content-length", "transfer-encoding",
                                                   "connection", "content-type"};
    return std::any_of(ours.begin(), ours.end(),
                       [&](std::string_view field) { return same_name(name, field); });
}

// A line break in a value would begin a field, or a response, of somebody else's making.
bool is_clean(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
    });
}

void add_field(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

bool has_body(int status) noexcept {
    return status != 204 && status != 304;
}

std::string head_bytes(const response& answer, bool keep_alive) {
    const int status = answer.status >= 200 && answer.status <= 599 ? answer.status : 500;
    std::string out = "HTTP/1.1 " + std::to_string(status) + ' ';
    out.append(reason_of(status)).append("\r\n");
    add_field(out, "Server", "townd");
    if (has_body(status)) {
        if (!answer.content_type.empty() && is_clean(answer.content_type))
            add_field(out, "Content-Type", answer.content_type);
        if (!answer.stream) add_field(out, "Content-Length", std::to_string(answer.body.size()));
    }
    bool cache_told = false;
    bool sniffing_told = false;
    for (const auto& [name, value] : answer.headers) {
        const bool good = !name.empty() && is_clean(name) && is_clean(value) &&
                          name.find_first_of(": \t") == std::string::npos;
        if (!good || is_framing(name)) continue;
        cache_told = cache_told || same_name(name, "cache-control");
        sniffing_told = sniffing_told || same_name(name, "x-content-type-options");
        add_field(out, name, value);
    }
    if (!sniffing_told) add_field(out, "X-Content-Type-Options", "nosniff");
    if (!cache_told) add_field(out, "Cache-Control", "no-store");
    add_field(out, "Connection", keep_alive ? "keep-alive" : "close");
    return out.append("\r\n");
}

response error_response(int status, std::string_view why) {
    json body;
    body["success"] = false;
    body["error"] = why;
    auto answer = json_response(status, body);
    if (status == 503) answer.headers.emplace_back("Retry-After", "1");
    if (status == 405) answer.headers.emplace_back("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE");
    return answer;
}

}  // namespace townd::http
