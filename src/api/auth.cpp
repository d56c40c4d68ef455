#include "api/auth.hpp"

#include <algorithm>

#include "api/call.hpp"

namespace townd::api {
namespace {

constexpr std::size_t dispatch_id_bytes_max = 128;
constexpr std::string_view agent_header = "x-gastown-agent-id";
constexpr std::string_view rig_header = "x-gastown-rig-id";

failure unauthorized(std::string what) {
    return {errc::unauthorized, std::move(what)};
}
failure forbidden(std::string what) {
    return {errc::forbidden, std::move(what)};
}

bool same_without_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        const auto lower = [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        };
        return lower(x) == lower(y);
    });
}

// The token of `Authorization: Bearer …`.
result<std::string_view> bearer(const http::request& request) {
    constexpr std::string_view scheme = "Bearer ";
    const std::string_view value = request.header("authorization");
    if (value.empty())
        return unauthorized("Authentication required: send Authorization: Bearer <token>");
    if (value.size() <= scheme.size() || !same_without_case(value.substr(0, scheme.size()), scheme))
        return unauthorized("Malformed Authorization header: send Bearer and a token");
    const auto from = value.find_first_not_of(' ', scheme.size());
    if (from == std::string_view::npos)
        return unauthorized("Malformed Authorization header: the token is empty");
    return value.substr(from);
}

// A page of another site in the user's browser must not write.
bool from_foreign_page(const http::request& request) {
    const auto site = request.header("sec-fetch-site");
    if (!site.empty()) return site != "same-origin" && site != "none";
    const auto origin = request.header("origin");
    if (origin.empty()) return false;
    const auto at = origin.find("://");
    return at == std::string_view::npos || origin.substr(at + 3) != request.header("host");
}

caller from_claims(container::claims claims) {
    const auto kind = claims.agent ? caller::kind::agent : caller::kind::container;
    return {kind, std::move(claims)};
}

result<caller> identify_trusting(const face& self, const http::request& request) {
    caller who;
    const auto token = bearer(request);
    if (!token || self.options.jwt_secret.empty()) return who;
    // Expired or not: it only tells which session speaks.
    if (auto claims = container::verify(*token, self.options.jwt_secret, std::nullopt))
        who.token = *std::move(claims);
    return who;
}

result<void> admit_container(const face& self, const container::claims& token,
                             const http::request& request, access to) {
    if (!token.container_scope)
        return forbidden("The token names no agent and has no container scope");
    const town_id town = request.param("town");
    const rig_id rig = request.param("rig");
    if (to == access::user) {
        const bool own = town.empty() ? !rig.empty() && self.towns.town_of_rig(rig) == token.town
                                      : town == token.town;
        if (own && (request.method == "GET" || request.method == "HEAD")) return {};
        return forbidden("A container token may only read its own town here");
    }
    if (!town.empty() && town != token.town) return forbidden("The token is for another town");
    if (to == access::mayor && request.header(agent_header).empty())
        return forbidden("Name the mayor that asks: X-Gastown-Agent-Id");
    if (to == access::old_agent) {
        const auto found = self.towns.town_of_rig(rig);
        if (found && *found != token.town) return forbidden("The token is for another town");
    }
    if (to != access::own_agent && to != access::old_agent) return {};
    const auto named_agent = request.header(agent_header);
    if (!named_agent.empty() && named_agent != request.param("agent"))
        return forbidden("X-Gastown-Agent-Id names another agent");
    const auto named_rig = request.header(rig_header);
    if (!named_rig.empty() && named_rig != rig)
        return forbidden("X-Gastown-Rig-Id names another rig");
    return {};
}

result<void> admit_agent(const container::claims& token, const http::request& request, access to) {
    const bool own_route = to == access::own_agent || to == access::old_agent;
    if (!own_route && to != access::rig_agent && to != access::mayor)
        return forbidden("An agent token may reach its own agent's routes only");
    if (to != access::old_agent && request.param("town") != token.town)
        return forbidden("The token is for another town");
    if (to == access::mayor) return {};  // Whether it is one, the town knows.
    if (token.rig && *token.rig != request.param("rig"))
        return forbidden("The token is for another rig");
    if (own_route && *token.agent != request.param("agent"))
        return forbidden("The token is for another agent");
    return {};
}

}  // namespace

result<void> refuse_pages(const http::request& request) {
    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (request.from_socket || reads || !from_foreign_page(request)) return {};
    return forbidden("A page of another site may not write here");
}

bool is_json(const http::request& request) {
    constexpr std::string_view json_type = "application/json";
    const std::string_view type = request.header("content-type");
    return same_without_case(type.substr(0, json_type.size()), json_type) &&
           (type.size() == json_type.size() ||
            std::string_view{"; "}.find(type[json_type.size()]) != std::string_view::npos);
}

std::optional<agent_id> caller::speaks_for() const {
    if (what != kind::agent || !token) return std::nullopt;
    return token->agent;
}

result<caller> identify(const face& self, const http::request& request, access to) {
    if (to == access::open || request.from_socket) {
        if (request.from_socket) return identify_trusting(self, request);
        return caller{};
    }
    if (self.options.accept_all) return identify_trusting(self, request);
    const auto token = bearer(request);
    if (!token) return token.error();
    if (self.options.api_token && !self.options.api_token->empty() &&
        container::equal_secret(*token, *self.options.api_token))
        return caller{};
    if (self.options.jwt_secret.empty()) return unauthorized("Invalid token");
    std::optional<std::int64_t> now;
    if (to != access::refresh) now = self.options.wall_seconds();
    auto claims = container::verify(*token, self.options.jwt_secret, now);
    if (!claims) return claims.error();
    return from_claims(*std::move(claims));
}

result<void> admit(const face& self, const caller& who, const http::request& request, access to) {
    switch (who.what) {
        case caller::kind::trusted:
            return {};
        case caller::kind::container:
            return admit_container(self, *who.token, request, to);
        case caller::kind::agent:
            return admit_agent(*who.token, request, to);
    }
    return {};
}

result<void> speaks_as(const caller& who, const std::optional<agent_id>& named) {
    const auto self = who.speaks_for();
    if (self && named && *named != *self) return forbidden("The token is for another agent");
    return {};
}

std::optional<dispatch_id> named_dispatch(const call& c, const agent_id& agent) {
    const auto header = c.request.header("x-dispatch-id");
    if (!header.empty()) return std::string{header.substr(0, dispatch_id_bytes_max)};
    if (c.who.token && c.who.token->agent == agent) return c.who.token->dispatch;
    return std::nullopt;
}

std::optional<agent_id> said_mayor(const caller& who, const http::request& request) {
    if (who.what == caller::kind::trusted) return std::nullopt;
    if (auto self = who.speaks_for()) return self;
    return clean_text(request.header(agent_header), dispatch_id_bytes_max);
}

std::optional<agent_id> author(const call& c) {
    if (auto self = c.who.speaks_for()) return self;
    const auto header = c.request.header(agent_header);
    if (header.empty()) return std::nullopt;
    return clean_text(header, dispatch_id_bytes_max);
}

}  // namespace townd::api
