#include "debug/front_gate.hpp"

#include <array>

#include "container/jwt.hpp"
#include "debug/replies.hpp"

namespace townd::debug {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Whether `text` begins with `prefix`, which is in lower case; takes it off then.
bool take_prefix(std::string_view& text, std::string_view prefix) {
    if (text.size() < prefix.size()) return false;
    for (std::size_t i = 0; i < prefix.size(); ++i)
        if (lower(text[i]) != prefix[i]) return false;
    text.remove_prefix(prefix.size());
    return true;
}

bool is_json(std::string_view type) {
    if (!take_prefix(type, "application/json")) return false;
    return type.empty() || type.front() == ';' || type.front() == ' ';
}

// Base64 as RFC 4648 has it; nothing when it is none.
std::optional<std::string> decode_base64(std::string_view text) {
    constexpr std::string_view letters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    while (!text.empty() && text.back() == '=')
        text.remove_suffix(1);
    std::string out;
    std::uint32_t bits = 0;
    int held = 0;
    for (const char c : text) {
        const auto value = letters.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        bits = (bits << 6U) | static_cast<std::uint32_t>(value);
        held += 6;
        if (held < 8) continue;
        held -= 8;
        out += static_cast<char>(
            static_cast<unsigned char>((bits >> static_cast<unsigned>(held)) & 0xFFU));
    }
    return out;
}

bool is_token(std::string_view given, const std::optional<std::string>& token) {
    return token && container::equal_secret(given, *token);
}

std::optional<std::string_view> bearer(const http::request& call) {
    std::string_view value = call.header("authorization");
    if (!take_prefix(value, "bearer ")) return std::nullopt;
    return value;
}

// What follows the first colon of `user:password`.
std::optional<std::string> password(const http::request& call) {
    std::string_view value = call.header("authorization");
    if (!take_prefix(value, "basic ")) return std::nullopt;
    const auto pair = decode_base64(value);
    const auto colon = pair ? pair->find(':') : std::string::npos;
    if (colon == std::string::npos) return std::nullopt;
    return pair->substr(colon + 1);
}

http::response unauthorized(const http::request& call, std::string_view scheme,
                            std::string_view why) {
    auto no = problem(call, 401, "unauthorized", why);
    no.headers.emplace_back("WWW-Authenticate", scheme);
    return no;
}

std::optional<http::response> no_read(const face& f, const http::request& call) {
    const auto& o = f.options;
    if (call.from_socket || !o.read_token) return std::nullopt;
    if (call.path == "/livez" || call.path == "/readyz") return std::nullopt;
    if (const auto given = bearer(call))
        if (is_token(*given, o.read_token) || is_token(*given, o.write_token)) return std::nullopt;
    if (const auto given = password(call))
        if (is_token(*given, o.read_token)) return std::nullopt;
    return unauthorized(call, "Basic realm=\"townd\", charset=\"UTF-8\"",
                        "Authorization: send Bearer and the token of debug.read_token_file, or "
                        "give it as the password in a browser");
}

// No page writes here, ours neither: an Origin means that a browser was made to.
std::optional<http::response> from_page(const http::request& call) {
    const auto site = call.header("sec-fetch-site");
    const bool own = site.empty() || site == "same-origin" || site == "none";
    if (own && call.header("origin").empty()) return std::nullopt;
    return problem(call, 403, "forbidden",
                   "Origin, Sec-Fetch-Site: a web page may not write here; use townctl");
}

std::optional<http::response> no_write(const face& f, const http::request& call) {
    if (call.from_socket) return std::nullopt;
    if (!f.options.write_token)
        return problem(call, 403, "forbidden",
                       "no token is configured, so nobody writes over TCP: use townctl on the "
                       "machine (ctl.socket), or set debug.token_file");
    const auto given = bearer(call);
    if (!given)
        return unauthorized(call, "Bearer",
                            "Authorization: send Bearer and the token of debug.token_file");
    if (is_token(*given, f.options.write_token)) return std::nullopt;
    return problem(call, 403, "forbidden",
                   "Authorization: this is not the token of debug.token_file");
}

bool is_dry_run(std::string_view path) {
    return path.ends_with(":dry-run") || path.ends_with("/reconcile-dry-run");
}

}  // namespace

std::optional<http::response> turned_away(const face& f, const http::request& call) {
    if (call.method == "GET" || call.method == "HEAD") return no_read(f, call);
    if (auto no = from_page(call)) return no;
    const bool dry = call.method == "POST" && is_dry_run(call.path);
    if (!(dry && call.body.empty()) && !is_json(call.header("content-type")))
        return problem(call, 415, "invalid",
                       "Content-Type: must be application/json, and the body JSON");
    return dry ? no_read(f, call) : no_write(f, call);
}

}  // namespace townd::debug
