#include "debug/openapi.hpp"

#include <utility>

#include "debug/route_table.hpp"

namespace townd::debug {
namespace {

json ref(std::string_view kind, std::string_view name) {
    return {{"$ref", "#/components/" + std::string{kind} + "/" + std::string{name}}};
}

json texts(const std::vector<std::string_view>& values) {
    json out = json::array();
    for (const auto& value : values)
        out.push_back(value);
    return out;
}

json value_schema(const parameter& p) {
    json out;
    switch (p.kind) {
        case value_kind::text:
            out["type"] = "string";
            break;
        case value_kind::whole:
            out["type"] = "integer";
            out["minimum"] = p.low;
            out["maximum"] = p.high;
            break;
        case value_kind::flag:
            out["type"] = "boolean";
            break;
        case value_kind::moment:
            out["type"] = "string";
            out["format"] = "date-time";
            break;
        case value_kind::ago:
            out["type"] = "string";
            out["pattern"] = "^([0-9]+(ms|s|m|h))+$";
            break;
    }
    if (!p.allowed.empty()) out["enum"] = texts(p.allowed);
    return out;
}

json query_parameter(const parameter& p) {
    json out{{"name", p.name}, {"in", "query"}, {"required", false}, {"description", p.says}};
    if (!p.many) {
        out["schema"] = value_schema(p);
        return out;
    }
    out["schema"] = {{"type", "array"}, {"items", value_schema(p)}};
    out["style"] = "form";
    out["explode"] = false;
    return out;
}

json path_parameter(std::string_view name) {
    return {{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}};
}

// `/towns/:target` with `town` and `pause` is `/towns/{town}:pause`.
struct written_path {
    std::string text;
    json parameters = json::array();
};

written_path path_of(const route_entry& route, std::string_view verb) {
    written_path out;
    std::string_view rest = route.pattern;
    while (!rest.empty()) {
        rest.remove_prefix(1);  // The slash.
        const auto slash = rest.find('/');
        std::string_view part = rest.substr(0, slash);
        rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash);
        out.text += '/';
        const bool is_name = part.size() > 1 && (part.front() == ':' || part.front() == '*');
        if (!is_name) {
            out.text += part;
            continue;
        }
        part.remove_prefix(1);
        if (!verb.empty() && rest.empty()) part = route.target;
        out.text += "{" + std::string{part} + "}";
        out.parameters.push_back(path_parameter(part));
    }
    if (!verb.empty()) out.text += ":" + std::string{verb};
    return out;
}

std::string_view body_schema(body_kind body) {
    switch (body) {
        case body_kind::none:
            return {};
        case body_kind::order:
        case body_kind::reload:
            return "OperatorBody";
        case body_kind::batch:
            return "BatchBody";
        case body_kind::log_level:
            return "LogLevelBody";
    }
    return {};
}

json answers(const route_entry& route, bool writes) {
    json good{{"description", "The answer."}};
    auto& content = good["content"][std::string{route.gives}];
    if (writes)
        content["schema"] = ref("schemas", "OperatorAnswer");
    else if (route.is_list)
        content["schema"] = ref("schemas", "List");
    else if (route.gives.ends_with("json"))
        content["schema"] = {{"type", "object"}};
    else
        content = json::object();
    json out;
    out["200"] = std::move(good);
    if (route.is_tagged)
        out["304"] = {{"description", "Not changed since the answer with this ETag."}};
    out["default"] = ref("responses", "Problem");
    return out;
}

// As `getDebugV1Towns`: unique, for programs that make functions of it.
std::string operation_id(std::string_view method, std::string_view path) {
    std::string out = method == "GET" ? "get" : method == "PUT" ? "put" : "post";
    bool up = true;
    for (const char c : path) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (letter) out += up && c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
        up = !letter;
    }
    return out;
}

void put_operation(json& paths, const route_entry& route, std::string_view verb) {
    auto path = path_of(route, verb);
    // A dry run of a town decides and changes nothing: it takes no body and gives no order's
    // answer.
    const bool orders = route.body != body_kind::none && verb != "dry-run";
    json op;
    op["operationId"] = operation_id(route.method, path.text);
    op["summary"] = route.says;
    for (const auto& p : route.query)
        path.parameters.push_back(query_parameter(p));
    op["parameters"] = std::move(path.parameters);
    if (orders) {
        op["requestBody"]["required"] = true;
        op["requestBody"]["content"]["application/json"]["schema"] =
            ref("schemas", body_schema(route.body));
        op["security"] = json::array({json::object({{"bearer", json::array()}}), json::object()});
    }
    op["responses"] = answers(route, orders && route.body != body_kind::reload);
    std::string method{route.method};
    for (char& c : method)
        c = static_cast<char>(c - 'A' + 'a');
    paths[path.text][method] = std::move(op);
}

json text_field(std::string_view says) {
    return {{"type", "string"}, {"description", says}};
}

json or_null(std::string_view type) {
    return {{"type", json::array({type, "null"})}};
}

json object(json properties, const std::vector<std::string_view>& required) {
    json out{{"type", "object"}};
    out["properties"] = std::move(properties);
    out["required"] = texts(required);
    return out;
}

json schemas() {
    json out;
    out["Problem"] = object({{"type", text_field("")},
                             {"title", text_field("")},
                             {"status", {{"type", "integer"}}},
                             {"detail", text_field("What is wrong, and the remedy.")},
                             {"instance", text_field("")},
                             {"code", text_field("Snake case; stable.")}},
                            {"type", "title", "status", "detail", "instance", "code"});
    const json page = object({{"limit", {{"type", "integer"}}},
                              {"next_cursor", or_null("string")},
                              {"total", or_null("integer")},
                              {"total_is_exact", {{"type", "boolean"}}}},
                             {"limit", "next_cursor", "total", "total_is_exact"});
    out["List"] = object({{"items", {{"type", "array"}, {"items", {{"type", "object"}}}}},
                          {"page", page},
                          {"as_of", {{"type", "string"}, {"format", "date-time"}}},
                          {"generation", {{"type", "integer"}}}},
                         {"items", "page", "as_of", "generation"});
    const json order{{"reason", {{"type", "string"}, {"minLength", 1}, {"maxLength", 500}}},
                     {"ttl", text_field("As 1h; none only with confirm.")},
                     {"confirm", {{"type", "boolean"}}},
                     {"dry_run", {{"type", "boolean"}}},
                     {"town", text_field("")},
                     {"key", text_field("Of a breaker.")}};
    out["OperatorBody"] = object(order, {"reason"});
    json batch = order;
    batch["action"] = text_field("A breaker's verb.");
    batch["selector"] = {{"type", "object"}};
    batch["expect_count"] = {{"type", "integer"}, {"minimum", 0}};
    out["BatchBody"] = object(std::move(batch), {"reason", "action", "selector"});
    out["LogLevelBody"] = object(
        {{"level",
          {{"type", "string"}, {"enum", json::array({"trace", "debug", "info", "warn", "error"})}}},
         {"ttl", text_field("As 10m; 1h without it.")},
         {"reason", text_field("")}},
        {"level", "reason"});
    out["OperatorAnswer"] = object({{"before", json::object()},
                                    {"after", json::object()},
                                    {"applied", {{"type", "boolean"}}},
                                    {"audit_id", or_null("string")},
                                    {"expires_at", or_null("string")}},
                                   {"before", "after", "applied", "audit_id", "expires_at"});
    return out;
}

}  // namespace

json openapi_json(std::string_view version) {
    json out;
    out["openapi"] = "3.1.0";
    out["info"] = {{"title", "townd: what operators read and order"},
                   {"version", version},
                   {"license", {{"name", "Apache 2.0"}, {"identifier", "Apache-2.0"}}}};
    out["servers"] = json::array({{{"url", "/"}}});
    auto& paths = out["paths"] = json::object();
    for (const auto& route : route_table()) {
        if (route.verbs.empty()) put_operation(paths, route, {});
        for (const auto& verb : route.verbs)
            put_operation(paths, route, verb);
    }
    auto& parts = out["components"];
    parts["schemas"] = schemas();
    json problem{{"description", "Why not (RFC 9457)."}};
    problem["content"]["application/problem+json"]["schema"] = ref("schemas", "Problem");
    parts["responses"]["Problem"] = std::move(problem);
    parts["securitySchemes"]["bearer"] = {{"type", "http"}, {"scheme", "bearer"}};
    return out;
}

}  // namespace townd::debug
