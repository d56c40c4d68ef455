#include "town/start_request.hpp"

#include <algorithm>

#include "container/beast_client.hpp"
#include "container/jwt.hpp"
#include "town/prompts.hpp"

namespace townd::town {
namespace {

// An id as one part of a path: adopted towns may hold any text there.
std::string path_part(std::string_view id) {
    static constexpr std::string_view hex = "0123456789ABCDEF";
    std::string out;
    for (const char c : id) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_';
        if (plain) {
            out += c;
        } else {
            out += '%';
            out += hex[byte >> 4U];
            out += hex[byte & 15U];
        }
    }
    return out;
}

std::string role_text(const json& config, std::string_view key, agent_role role) {
    const auto found = config.find(key);
    if (found == config.end() || !found->is_object()) return {};
    return text_at(*found, to_text(role)).value_or("");
}

std::string model_for(const json& config, agent_role role) {
    std::string own = role_text(config, "role_models", role);
    if (!own.empty()) return own;
    return text_at(config, "default_model").value_or("anthropic/claude-sonnet-4.6");
}

// The whole container's, not an agent's.
result<std::string> container_token(context& ctx) {
    auto& known = ctx.out.container_token;
    if (known) return *known;
    container::claims who;
    who.town = ctx.town;
    who.user = ctx.store.meta().owner;
    who.expires_at = ctx.from.wall_seconds() + container::token_lifetime_seconds;
    who.container_scope = true;
    auto made = container::mint(who, ctx.with.jwt_secret);
    if (made) known = *made;
    return made;
}

// Variables of the town first, so that none of them can take the place of ours.
result<json> environment(context& ctx, const json& config, const dispatch& d) {
    json env = json::object();
    if (const auto own = config.find("env_vars"); own != config.end() && own->is_object())
        for (const auto& [name, value] : own->items())
            if (value.is_string()) env[name] = value;
    const auto copy = [&](const json& from, const char* key, const char* name) {
        if (const auto text = text_at(from, key); text && !text->empty()) env[name] = *text;
    };
    const json git = config.value("git_auth", json::object());
    copy(git, "github_token", "GIT_TOKEN");
    copy(git, "gitlab_token", "GITLAB_TOKEN");
    copy(git, "gitlab_instance_url", "GITLAB_INSTANCE_URL");
    copy(config, "github_cli_pat", "GITHUB_CLI_PAT");
    copy(config, "git_author_name", "GASTOWN_GIT_AUTHOR_NAME");
    copy(config, "git_author_email", "GASTOWN_GIT_AUTHOR_EMAIL");
    copy(config, "kilocode_token", "KILOCODE_TOKEN");

    auto shared = container_token(ctx);
    if (!shared) return shared.error();
    container::claims who;
    who.town = ctx.town;
    who.user = ctx.store.meta().owner;
    who.expires_at = ctx.from.wall_seconds() + container::token_lifetime_seconds;
    who.agent = d.agent;
    who.rig = d.rig.value_or("mayor-" + ctx.town);
    who.dispatch = d.id;
    auto session_token = container::mint(who, ctx.with.jwt_secret);
    if (!session_token) return session_token.error();
    env["GASTOWN_API_URL"] = ctx.with.api_url;
    env["GASTOWN_CONTAINER_TOKEN"] = *std::move(shared);
    env["GASTOWN_SESSION_TOKEN"] = *std::move(session_token);
    env["GASTOWN_TOWN_ID"] = ctx.town;
    env["GASTOWN_AGENT_ID"] = d.agent;
    env["GASTOWN_RIG_ID"] = d.rig.value_or("mayor-" + ctx.town);
    env["GASTOWN_AGENT_ROLE"] = to_text(d.role);
    return env;
}

http_call plain_call(context& ctx, std::string method, std::string target) {
    http_call call;
    call.method = std::move(method);
    call.url = container_url(ctx);
    call.target = std::move(target);
    const auto& rules = ctx.with.rules.dispatch;
    call.connect_timeout = std::min(rules.connect_timeout, rules.status_timeout);
    call.total_timeout = rules.status_timeout;
    return call;
}

}  // namespace

std::string container_url(context& ctx) {
    const auto own = text_at(town_config(ctx), "container_url");
    return with_town(own && !own->empty() ? *own : ctx.with.containers_url, ctx.town);
}

std::string with_town(std::string text, const town_id& town) {
    for (auto at = text.find("{town}"); at != std::string::npos;
         at = text.find("{town}", at + town.size()))
        text.replace(at, 6, town);
    return text;
}

result<http_call> start_call(context& ctx, const dispatch& d, const agent& a, const bead& work,
                             const std::optional<rig>& r) {
    const std::string url = container_url(ctx);
    if (const auto checked = container::parse_container_url(url); !checked)
        return failure{errc::invalid, "container_url: " + checked.error().what};
    const json& config = town_config(ctx);
    auto env = environment(ctx, config, d);
    if (!env) return env.error();
    const std::string main_branch = r ? r->default_branch : "main";

    json body;
    body["agentId"] = d.agent;
    body["rigId"] = d.rig.value_or("mayor-" + ctx.town);
    body["townId"] = ctx.town;
    body["role"] = to_text(d.role);
    body["name"] = a.name;
    body["identity"] = a.identity;
    body["prompt"] = prompt_for(ctx, d.role, work);
    body["model"] = model_for(config, d.role);
    if (const auto small = text_at(config, "small_model")) body["smallModel"] = *small;
    body["systemPrompt"] = system_prompt_for(a, role_text(config, "custom_instructions", a.role));
    body["gitUrl"] = r ? r->git_url : "";
    const auto place = place_of(ctx, d.role, a, work, main_branch);
    body["branch"] = place.branch;
    if (place.start_point) body["startPoint"] = *place.start_point;
    body["defaultBranch"] = main_branch;
    body["beadId"] = work.id;
    body["attempt"] = d.attempt;
    body["envVars"] = std::move(*env);
    if (r && r->platform_integration_id)
        body["platformIntegrationId"] = *r->platform_integration_id;
    if (const auto org = text_at(config, "organization_id")) body["organizationId"] = *org;

    http_call call = plain_call(ctx, "POST", "/agents/start");
    call.body = dump_json(body);
    call.connect_timeout = ctx.with.rules.dispatch.connect_timeout;
    call.total_timeout = ctx.with.rules.dispatch.start_timeout;
    call.headers = {{"X-Dispatch-Id", d.id},
                    {"X-Request-Id", d.id},
                    {"X-Dispatch-Attempt", std::to_string(d.attempt)},
                    {"X-Town-Epoch", std::to_string(ctx.facts.epoch)},
                    {"traceparent", traceparent_of(d.id)}};
    return call;
}

http_call stop_call(context& ctx, const agent_id& agent) {
    return plain_call(ctx, "POST", "/agents/" + path_part(agent) + "/stop");
}

http_call status_call(context& ctx, const agent_id& agent) {
    return plain_call(ctx, "GET", "/agents/" + path_part(agent) + "/status");
}

http_call message_call(context& ctx, const agent_id& agent, std::string_view text) {
    http_call call = plain_call(ctx, "POST", "/agents/" + path_part(agent) + "/message");
    json body;
    body["prompt"] = cut_text(text, 128 * 1024);
    call.body = dump_json(body);
    return call;
}

http_call health_call(context& ctx) {
    http_call call = plain_call(ctx, "GET", "/health");
    call.total_timeout = std::min(call.total_timeout, health_timeout);
    call.headers = {{"X-Town-Id", ctx.town}};
    if (ctx.facts.drain) call.headers.emplace_back("X-Drain-Nonce", ctx.facts.drain->nonce);
    return call;
}

http_call restart_call(context& ctx) {
    const std::string whole = with_town(ctx.with.restart_url, ctx.town);
    const auto scheme = whole.find("://");
    const auto path = scheme == std::string::npos ? scheme : whole.find('/', scheme + 3);
    http_call call = plain_call(ctx, "POST", path == std::string::npos ? "/" : whole.substr(path));
    call.url = whole.substr(0, path);
    json body;
    body["town_id"] = ctx.town;
    body["reason"] = ctx.facts.health.cause;
    call.body = dump_json(body);
    return call;
}

result<http_call> token_call(context& ctx) {
    auto token = container_token(ctx);
    if (!token) return token.error();
    http_call call = plain_call(ctx, "POST", "/refresh-token");
    json body;
    body["token"] = *std::move(token);
    body["townId"] = ctx.town;
    call.body = dump_json(body);
    return call;
}

}  // namespace townd::town
