#include "standin/start_request.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace townd::standin {
namespace {

constexpr std::array required{"agentId",      "rigId",    "townId", "role",
                              "name",         "identity", "prompt", "model",
                              "systemPrompt", "gitUrl",   "branch", "defaultBranch"};
constexpr std::array<std::string_view, 4> roles{"mayor", "polecat", "refinery", "triage"};

std::string text_or_empty(const json& object, std::string_view key) {
    return text_at(object, key).value_or(std::string{});
}

std::optional<std::string> unless_empty(std::string text) {
    if (text.empty()) return std::nullopt;
    return text;
}

std::optional<std::int64_t> whole_number(const std::string& text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

json issue(std::string_view field, std::string_view message) {
    return {{"path", json::array({field})}, {"message", message}};
}

void check_env_vars(const json& body, json& issues) {
    if (!body.contains("envVars")) return;
    const json& vars = body["envVars"];
    if (!vars.is_object()) {
        issues.push_back(issue("envVars", "Expected object"));
        return;
    }
    for (const auto& [name, value] : vars.items()) {
        if (value.is_string()) continue;
        issues.push_back(
            {{"path", json::array({"envVars", name})}, {"message", "Expected string"}});
    }
}

}  // namespace

start_request read_start(const request& from, const json& body) {
    const json& vars =
        body.is_object() && body.contains("envVars") ? body["envVars"] : json::object();
    start_request out;
    out.agent = text_or_empty(body, "agentId");
    out.rig = text_or_empty(body, "rigId");
    out.town = text_or_empty(body, "townId");
    out.role = text_or_empty(body, "role");
    out.name = text_or_empty(body, "name");
    out.model = text_or_empty(body, "model");
    out.branch = text_or_empty(body, "branch");
    out.organization = text_at(body, "organizationId");
    out.api_url = text_or_empty(vars, "GASTOWN_API_URL");
    out.session_token = text_or_empty(vars, "GASTOWN_SESSION_TOKEN");
    out.container_token = text_or_empty(vars, "GASTOWN_CONTAINER_TOKEN");
    out.bead = unless_empty(from.header("x-bead-id"));
    if (!out.bead) out.bead = unless_empty(text_or_empty(vars, "GASTOWN_BEAD_ID"));
    if (!out.bead) out.bead = unless_empty(text_or_empty(body, "beadId"));
    out.dispatch = from.header("x-dispatch-id");
    out.attempt = whole_number(from.header("x-dispatch-attempt"));
    if (!out.attempt) out.attempt = number_at(body, "attempt");
    return out;
}

json start_issues(const json& body) {
    json issues = json::array();
    if (!body.is_object()) {
        issues.push_back({{"path", json::array()}, {"message", "Expected object"}});
        return issues;
    }
    for (const std::string_view field : required) {
        const std::string key{field};
        if (!body.contains(key)) {
            issues.push_back(issue(field, "Required"));
        } else if (!body[key].is_string()) {
            issues.push_back(issue(field, "Expected string"));
        }
    }
    for (const std::string_view field : {"agentId", "townId"}) {
        if (text_at(body, field) == std::string{}) {
            issues.push_back(issue(field, "String must contain at least 1 character(s)"));
        }
    }
    for (const std::string_view field : {"agentId", "rigId", "townId"}) {
        if (text_at(body, field).value_or(std::string{}).size() > id_bytes_max) {
            issues.push_back(issue(field, "String must contain at most 256 character(s)"));
        }
    }
    const auto role = text_at(body, "role");
    if (role && std::find(roles.begin(), roles.end(), *role) == roles.end()) {
        issues.push_back(issue("role", "Expected mayor, polecat, refinery or triage"));
    }
    check_env_vars(body, issues);
    return issues;
}

}  // namespace townd::standin
