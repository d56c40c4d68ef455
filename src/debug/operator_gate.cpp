#include "debug/operator_gate.hpp"

#include <algorithm>

#include "debug/replies.hpp"

namespace townd::debug {
namespace {

std::string peer_of(const http::request& call) {
    if (!call.from_socket) return call.peer;
    return call.peer_uid ? "unix uid=" + std::to_string(*call.peer_uid) : std::string{"unix"};
}

}  // namespace

bool operator_gate::take(const std::string& peer, instant now) {
    constexpr double per_second = writes_per_minute / 60.0;
    const std::scoped_lock lock(mutex_);
    if (peers_.size() >= peers_max && !peers_.contains(peer)) {
        // The one that was quiet longest has most of its allowance back anyway.
        peers_.erase(std::min_element(peers_.begin(), peers_.end(),
                                      [](auto& a, auto& b) { return a.second.at < b.second.at; }));
    }
    auto& mine = peers_.try_emplace(peer, allowance{writes_per_minute, now}).first->second;
    const double since = std::max(0.0, to_seconds(now - mine.at));
    mine.left = std::min<double>(writes_per_minute, mine.left + since * per_second);
    mine.at = now;
    if (mine.left < 1.0) return false;
    mine.left -= 1.0;
    return true;
}

operator_gate::verdict operator_gate::admit(const face& f, const http::request& call) {
    const std::string peer = peer_of(call);
    if (!call.from_socket) {
        if (take(peer, f.now()))
            return {caller{"token " + f.options.write_token_name, peer}, std::nullopt};
        auto no = problem(call, 429, "rate_limited",
                          std::to_string(writes_per_minute) +
                              " writes a minute are taken of one address: wait; many breakers at "
                              "once are a batch");
        no.headers.emplace_back("Retry-After", "1");
        return {std::nullopt, std::move(no)};
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
