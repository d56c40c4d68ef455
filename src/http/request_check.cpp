#include "http/request_check.hpp"

#include <algorithm>
#include <charconv>

#include "http/target.hpp"

namespace townd::http {
namespace {

std::string lower(std::string_view text) {
    std::string out{text};
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

// The values of a field; several when it came several times.
std::vector<std::string_view> values_of(const raw_head& head, std::string_view lower_name) {
    std::vector<std::string_view> values;
    for (const auto& [name, value] : head.fields)
        if (name.size() == lower_name.size() && lower(name) == lower_name) values.push_back(value);
    return values;
}

std::optional<refusal> check_method(const raw_head& head) {
    if (head.method == "CONNECT" || head.method == "TRACE")
        return refusal{405, "Method not allowed"};
    const bool upper = std::all_of(head.method.begin(), head.method.end(),
                                   [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; });
    if (!upper || head.method.empty() || head.method.size() > 32)
        return refusal{400, "the method must be a short word in upper case"};
    return std::nullopt;
}

std::optional<refusal> check_host(const raw_head& head, const host_list* hosts,
                                  std::string_view local) {
    const auto given = values_of(head, "host");
    if (given.size() > 1) return refusal{400, "the request has more than one Host header"};
    // Health checks of old make are HTTP/1.0 without a Host; no browser is.
    const bool reads = head.method == "GET" || head.method == "HEAD";
    if (given.empty() && (head.http_11 || (hosts != nullptr && !reads)))
        return refusal{400, "the request has no Host header"};
    if (given.empty() || hosts == nullptr || hosts->has(given.front(), local)) return std::nullopt;
    return refusal{421,
                   "the host '" + clean_text(given.front(), 200) +
                       "' is not served here: call the address that townd listens on, or for the "
                       "town API the one in api.public_url"};
}

// How long the body is, and whether two readers could disagree about that.
std::optional<refusal> check_framing(const raw_head& head, const server_limits& limits,
                                     checked_request& out) {
    const auto codings = values_of(head, "transfer-encoding");
    const auto lengths = values_of(head, "content-length");
    if (!codings.empty() && !lengths.empty())
        return refusal{400, "the request has both Transfer-Encoding and Content-Length"};
    if (!codings.empty()) {
        if (!head.http_11) return refusal{400, "Transfer-Encoding needs HTTP/1.1"};
        if (codings.size() > 1 || lower(codings.front()) != "chunked")
            return refusal{400, "Transfer-Encoding must be exactly chunked"};
        out.chunked = true;
        return std::nullopt;
    }
    if (lengths.empty()) return std::nullopt;
    if (lengths.size() > 1) return refusal{400, "the request has more than one Content-Length"};
    const auto text = lengths.front();
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), out.body_bytes);
    const bool whole = end == text.data() + text.size();
    if (error == std::errc::invalid_argument || !whole)
        return refusal{400, "Content-Length must be a plain number"};
    if (error != std::errc{} || out.body_bytes > limits.body_bytes_max)
        return refusal{
            413, "the body may hold at most " + std::to_string(limits.body_bytes_max) + " bytes"};
    return std::nullopt;
}

std::optional<refusal> check_expect(const raw_head& head, checked_request& out) {
    const auto expected = values_of(head, "expect");
    if (expected.empty()) return std::nullopt;
    if (expected.size() > 1 || lower(expected.front()) != "100-continue")
        return refusal{417, "Expect can only be 100-continue"};
    out.awaits_continue = head.http_11 && (out.chunked || out.body_bytes > 0);
    return std::nullopt;
}

std::optional<refusal> read_target(const raw_head& head, request& call) {
    auto parsed = parse_target(head.target);
    if (!parsed) return refusal{400, parsed.error().what};
    call.path = std::move(parsed->path);
    call.raw_path = std::move(parsed->raw_path);
    call.query = std::move(parsed->query);
    return std::nullopt;
}

std::optional<refusal> first_problem(const raw_head& head, const server_limits& limits,
                                     const host_list* hosts, std::string_view local,
                                     checked_request& out) {
    // In this order: a method that is never served explains its odd target, too.
    if (head.fields.size() > static_cast<std::size_t>(std::max(limits.header_fields_max, 0)))
        return refusal{431, "the header may hold at most " +
                                std::to_string(limits.header_fields_max) + " fields"};
    if (head.folded) return refusal{400, "a header field goes on in a second line"};
    if (auto no = check_method(head)) return no;
    if (auto no = read_target(head, out.call)) return no;
    if (auto no = check_host(head, hosts, local)) return no;
    if (auto no = check_framing(head, limits, out)) return no;
    return check_expect(head, out);
}

}  // namespace

host_list::host_list(const std::vector<std::string>& hosts, std::uint16_t port) : port_(port) {
    for (const auto& host : hosts)
        names_.insert(lower(host));
}

bool host_list::has(std::string_view host, std::string_view local) const {
    if (names_.contains(lower(host))) return true;
    std::string_view name = host;
    std::string_view port = "80";  // What a browser leaves out.
    const auto colon = host.rfind(':');
    const bool bare_v6 = !host.empty() && host.back() == ']';
    if (colon != std::string_view::npos && !bare_v6) {
        name = host.substr(0, colon);
        port = host.substr(colon + 1);
    }
    if (port != std::to_string(port_)) return false;
    if (name.size() > 2 && name.front() == '[' && name.back() == ']') {
        name = name.substr(1, name.size() - 2);
        if (name.find(':') == std::string_view::npos) return false;
    } else if (name.find(':') != std::string_view::npos) {
        return false;
    }
    return is_loopback(lower(name)) || (!local.empty() && lower(name) == local);
}

checked_request check_request(const raw_head& head, const server_limits& limits,
                              const host_list* hosts, std::string_view local) {
    checked_request out;
    out.call.method = head.method;
    out.no = first_problem(head, limits, hosts, local, out);
    if (out.no) return out;
    for (const auto& [name, value] : head.fields) {
        const auto [at, fresh] = out.call.headers.try_emplace(lower(name), value);
        if (!fresh) at->second += ", " + value;
    }
    return out;
}

}  // namespace townd::http
