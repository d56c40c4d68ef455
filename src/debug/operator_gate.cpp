#include "debug/operator_gate.hpp"

#include <algorithm>

#include "container/jwt.hpp"
#include "debug/replies.hpp"

namespace townd::debug {
namespace {

constexpr std::string_view json_type = "application/json";

bool is_json(std::string_view type) {
    if (!type.starts_with(json_type)) return false;
    type.remove_prefix(json_type.size());
    return type.empty() || type == "; charset=utf-8" || type == ";charset=utf-8";
}

std::string peer_of(const http::request& call) {
    if (!call.from_socket) return call.peer;
    return call.peer_uid ? "unix uid=" + std::to_string(*call.peer_uid) : std::string{"unix"};
}

// No page writes here, ours neither: an Origin means that a browser was made to.
std::optional<http::response> foreign(const http::request& call) {
    const auto site = call.header("sec-fetch-site");
    const bool own = site.empty() || site == "same-origin" || site == "none";
    if (own && call.header("origin").empty()) return std::nullopt;
    return problem(call, 403, "forbidden",
                   "Origin, Sec-Fetch-Site: a web page may not write here; use townctl");
}

std::optional<http::response> without_token(const face& f, const http::request& call) {
    if (!f.options.write_token)
        return problem(call, 403, "forbidden",
                       "no token is configured, so nobody writes over TCP: use townctl on the "
                       "machine (ctl.socket), or set debug.token_file");
    constexpr std::string_view scheme = "Bearer ";
    const auto given = call.header("authorization");
    if (!given.starts_with(scheme)) {
        auto no = problem(call, 401, "unauthorized",
                          "Authorization: send Bearer and the token of debug.token_file");
        no.headers.emplace_back("WWW-Authenticate", "Bearer");
        return no;
    }
    if (container::equal_secret(given.substr(scheme.size()), *f.options.write_token))
        return std::nullopt;
    return problem(call, 403, "forbidden",
                   "Authorization: this is not the token of debug.token_file");
}

}  // namespace

bool operator_gate::take(const std::string& peer, instant now) {
    const std::scoped_lock lock(mutex_);
    if (peers_.size() >= peers_max && !peers_.contains(peer)) {
        // The one that was quiet longest has its whole allowance back anyway.
        peers_.erase(std::min_element(peers_.begin(), peers_.end(),
                                      [](auto& a, auto& b) { return a.second.at < b.second.at; }));
    }
    auto& mine = peers_.try_emplace(peer, allowance{writes_per_second, now}).first->second;
    const double since = std::max(0.0, to_seconds(now - mine.at));
    mine.left = std::min<double>(writes_per_second, mine.left + since * writes_per_second);
    mine.at = now;
    if (mine.left < 1.0) return false;
    mine.left -= 1.0;
    return true;
}

operator_gate::verdict operator_gate::admit(const face& f, const http::request& call) {
    const std::string peer = peer_of(call);
    if (!take(peer, f.now())) {
        auto no = problem(call, 429, "rate_limited",
                          std::to_string(writes_per_second) +
                              " writes a second are taken of one caller: wait a second; many "
                              "breakers at once are a batch");
        no.headers.emplace_back("Retry-After", "1");
        return {std::nullopt, std::move(no)};
    }
    if (auto no = foreign(call)) return {std::nullopt, std::move(no)};
    if (!is_json(call.header("content-type")))
        return {std::nullopt, problem(call, 415, "invalid",
                                      "Content-Type: must be application/json, and the body JSON")};
    if (!call.from_socket) {
        if (auto no = without_token(f, call)) return {std::nullopt, std::move(no)};
        return {caller{"token " + f.options.write_token_name, peer}, std::nullopt};
    }
    if (!call.peer_uid)
        return {std::nullopt,
                problem(call, 403, "forbidden", "the system does not say who is at the other end")};
    const std::string name =
        f.options.user_name ? f.options.user_name(*call.peer_uid) : std::string{};
    return {caller{name.empty() ? "uid " + std::to_string(*call.peer_uid) : name, peer},
            std::nullopt};
}

}  // namespace townd::debug
