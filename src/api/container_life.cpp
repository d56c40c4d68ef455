// The container's side of life: tokens and drain.

#include "api/fields.hpp"
#include "api/handlers.hpp"
#include "town/drain.hpp"

namespace townd::api {
namespace {

constexpr std::size_t label_bytes_max = 100;

result<std::string> mint_container(const face& self, const town_id& town, const std::string& user) {
    container::claims who;
    who.town = town;
    who.user = user;
    who.container_scope = true;
    who.expires_at = self.options.wall_seconds() + container::token_lifetime_seconds;
    return container::mint(who, self.options.jwt_secret);
}

json drain_of(const town::context& ctx) {
    const auto& drain = ctx.facts.drain;
    json out;
    out["draining"] = drain.has_value();
    out["drainNonce"] = drain ? json(drain->nonce) : json(nullptr);
    return out;
}

std::optional<std::string> instance_in(const json& body) {
    auto name = text_at(body, "containerInstanceId");
    if (name) *name = clean_text(*name, 2 * label_bytes_max);
    return name;
}

// What an event says beside its label, as far as it is short.
json details_of(const json& body) {
    json out = json::object();
    for (const char* key : {"durationMs", "phaseMs", "elapsedMs"})
        if (const auto value = number_at(body, key)) out[key] = *value;
    for (const char* key : {"role", "label"})
        if (const auto text = text_at(body, key)) out[key] = clean_text(*text, label_bytes_max);
    return out;
}

}  // namespace

void begin_eviction(const face& self, call c) {
    write(self, std::move(c), 200, [](town::context& ctx) -> result<json> {
        json out;
        out["acknowledged"] = true;
        out["drainNonce"] = town::begin_drain(ctx);
        return settled(ctx, std::move(out));
    });
}

void container_ready(const face& self, call c) {
    fields in(c.body);
    const auto nonce = in.text("nonce");
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    write(self, std::move(c), 200,
          [nonce, instance = instance_in(c.body)](town::context& ctx) -> result<json> {
              json out;
              out["cleared"] = town::container_ready(ctx, nonce, instance);
              return settled(ctx, std::move(out));
          });
}

void add_container_event(const face& self, call c) {
    fields in(c.body);
    const auto event = clean_text(in.text("event"), label_bytes_max);
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    const auto agent = text_at(c.body, "agentId");
    write(self, std::move(c), 200,
          [event, agent, details = details_of(c.body)](town::context& ctx) -> result<json> {
              const auto who = agent ? ctx.store.find_agent(*agent) : std::nullopt;
              if (who) {
                  ctx.store.add_agent_event(who->id, event, dump_json(details), ctx.now);
              } else {
                  ctx.note("container_event",
                           "its container tells of " + event + ": " + dump_json(details));
              }
              json out;
              out["recorded"] = true;
              return settled(ctx, std::move(out));
          });
}

void show_health(const face&, call c) {
    json out;
    out["status"] = "ok";
    c.reply(http::json_response(200, out));
}

void show_drain(const face& self, call c) {
    read(self, std::move(c),
         [](town::context& ctx) -> result<json> { return settled(ctx, drain_of(ctx)); });
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
