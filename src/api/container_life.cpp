// The container's side of life: tokens and drain.

#include "api/handlers.hpp"

namespace townd::api {
namespace {

result<std::string> mint_container(const face& self, const town_id& town, const std::string& user) {
    container::claims who;
    who.town = town;
    who.user = user;
    who.container_scope = true;
    who.expires_at = self.options.wall_seconds() + container::token_lifetime_seconds;
    return container::mint(who, self.options.jwt_secret);
}

}  // namespace

void show_health(const face&, call c) {
    json out;
    out["status"] = "ok";
    c.reply(http::json_response(200, out));
}

void show_drain(const face& self, call c) {
    read(self, std::move(c), [](town::context& ctx) -> result<json> {
        json out;
        out["draining"] = false;
        out["drainNonce"] = nullptr;
        return settled(ctx, std::move(out));
    });
}

void refresh_container_token(const face& self, call c) {
    if (self.options.jwt_secret.empty())
        return c.reply(
            refusal({errc::unavailable, "no token can be made: set api.jwt_secret_file"}));
    // A token of this very town keeps its user; anybody else gets one in the owner's name.
    const bool renews = c.who.token && c.who.token->container_scope &&
                        c.who.token->town == c.town() && !c.who.token->user.empty();
    const auto user = renews ? std::optional{c.who.token->user} : std::nullopt;
    read(self, std::move(c), [face = &self, user](town::context& ctx) -> result<json> {
        auto token = mint_container(*face, ctx.town, user ? *user : ctx.store.meta().owner);
        if (!token) return token.error();
        json out;
        out["token"] = *std::move(token);
        return settled(ctx, std::move(out));
    });
}

}  // namespace townd::api
