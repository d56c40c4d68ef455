#pragma once
// The town API: what containers, agents, services and people call. The same surface that Gastown's
// town worker offered, so that its containers and clients keep working unmodified.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/fleet.hpp"
#include "http/router.hpp"

namespace townd::api {

struct api_options {
    std::string jwt_secret;  ///< Of container and agent tokens; empty: none are known.
    std::optional<std::string> api_token;  ///< Of operators and services.
    /// Neither secret nor token was configured: every caller is trusted (on loopback only, the
    /// daemon sees to that), except a browser page of another site. A token that verifies is still
    /// read for the dispatch that it names.
    bool accept_all = false;
    std::function<std::int64_t()> wall_seconds;  ///< For the expiry of tokens. Any thread.
    std::function<std::string()> new_id;         ///< UUIDs. Any thread.
};

/// Adds every route of the API to `routes`. `towns` must outlive it. Handlers run on any thread,
/// never block, and answer once the town's transaction is durable.
void add_routes(http::router& routes, engine::fleet& towns, api_options options);

/// One route, for what describes them.
struct route_note {
    std::string_view method;
    std::string_view pattern;
    std::string_view callers;  ///< Beside operators and the unix socket, who may call all.
    bool takes_body = false;
};
/// In the order of the table.
[[nodiscard]] std::vector<route_note> route_notes();

}  // namespace townd::api
