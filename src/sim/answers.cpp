#include "sim/answers.hpp"

#include <array>
#include <charconv>

namespace townd::sim {

http_answer answered(int status, std::string body) {
    http_answer out;
    out.status = status;
    out.body = std::move(body);
    out.content_type = "application/json";
    out.request_sent = true;
    out.endpoint = "sim:8080";
    return out;
}

http_answer html(int status) {
    http_answer out = answered(status, "<html><body><h1>It works!</h1></body></html>");
    out.content_type = "text/html";
    return out;
}

http_answer failed(error_code code, error_phase phase, bool sent, std::string_view words) {
    http_answer out;
    out.error = dispatch_error{code, phase, blame::infrastructure, words};
    out.error->endpoint = "sim:8080";
    out.endpoint = "sim:8080";
    out.request_sent = sent;
    return out;
}

http_answer timed_out() {
    return failed(error_code::header_timeout, error_phase::header, true,
                  "no answer within the deadline");
}
http_answer was_reset() {
    return failed(error_code::reset, error_phase::header, true, "connection reset by peer");
}
http_answer refused() {
    return failed(error_code::connect_refused, error_phase::connect, false, "connection refused");
}
http_answer started(const std::string& agent) {
    return answered(201, R"({"agentId":")" + agent + R"(","sessionId":"s","status":"running"})");
}
http_answer already_running(const std::string& agent) {
    return answered(409, R"({"error":"Agent )" + agent + R"( is already running"})");
}

std::string_view text_in(std::string_view json, std::string_view key) noexcept {
    std::array<char, 40> pattern{};
    if (key.size() + 4 > pattern.size()) return {};
    pattern[0] = '"';
    key.copy(pattern.data() + 1, key.size());
    std::string_view{"\":\""}.copy(pattern.data() + 1 + key.size(), 3);
    const auto at = json.find(std::string_view{pattern.data(), key.size() + 4});
    if (at == std::string_view::npos) return {};
    const auto from = at + key.size() + 4;
    return json.substr(from, json.find('"', from) - from);
}

std::int64_t number_in(std::string_view json, std::string_view key) noexcept {
    std::size_t at = 0;
    while ((at = json.find(key, at)) != std::string_view::npos) {
        const auto end = at + key.size();
        if (at > 0 && json[at - 1] == '"' && json.substr(end, 2) == "\":") {
            std::int64_t out = 0;
            std::from_chars(json.data() + end + 2, json.data() + json.size(), out);
            return out;
        }
        at = end;
    }
    return 0;
}

std::string_view header_of(const http_call& call, std::string_view name) noexcept {
    for (const auto& [key, value] : call.headers)
        if (key == name) return value;
    return {};
}

}  // namespace townd::sim
