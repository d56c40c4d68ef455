#include "debug/operator_body.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "config/config.hpp"

namespace townd::debug {
namespace {

using engine::operator_verb;

constexpr std::size_t key_bytes_max = 200;
constexpr std::size_t list_max = 1000;
constexpr std::array<std::string_view, 9> known{
    "reason", "ttl", "confirm", "dry_run", "town", "key", "action", "selector", "expect_count"};

failure wrong(std::string_view field, std::string_view why) {
    return {errc::invalid, std::string{field} + ": " + std::string{why}};
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

// The text of a field that must be one; nothing when the field is not there.
result<std::optional<std::string>> text_field(const json& body, const char* name) {
    const auto at = body.find(name);
    if (at == body.end() || at->is_null()) return std::optional<std::string>{};
    if (!at->is_string()) return wrong(name, "must be a text");
    return std::optional<std::string>{at->get<std::string>()};
}

result<bool> flag_field(const json& body, const char* name) {
    const auto at = body.find(name);
    if (at == body.end() || at->is_null()) return false;
    if (!at->is_boolean()) return wrong(name, "must be true or false");
    return at->get<bool>();
}

result<std::string> read_reason(const json& body) {
    const auto text = text_field(body, "reason");
    if (!text) return text.error();
    std::string reason = text->value_or("");
    while (!reason.empty() && reason.back() == ' ')
        reason.pop_back();
    const auto chars = characters(reason);
    if (chars == 0) return wrong("reason", "say why, in 1 to 500 characters: others will read it");
    if (chars > reason_chars_max)
        return wrong("reason", "is longer than 500 characters: shorten it");
    return clean_text(reason, 4 * reason_chars_max);
}

result<std::optional<duration>> read_ttl(const json& body, operator_verb verb) {
    const auto text = text_field(body, "ttl");
    if (!text) return text.error();
    if (!engine::has_end(verb)) {
        if (*text) return wrong("ttl", "does not apply here: leave it out");
        return std::optional<duration>{};
    }
    if (!*text) return std::optional{ttl_usual};
    if (**text == "none") {
        const auto sure = flag_field(body, "confirm");
        if (!sure) return sure.error();
        if (!*sure)
            return wrong("ttl",
                         "none lasts until someone ends it: send \"confirm\": true with it, or a "
                         "time of at most 24h");
        return std::optional<duration>{};
    }
    const auto parsed = config::parse_duration(**text);
    if (!parsed.value) return wrong("ttl", parsed.problem);
    if (*parsed.value < duration{1'000} || *parsed.value > ttl_max)
        return wrong("ttl", "must be from 1s to 24h, as 1h or 90m");
    return parsed.value;
}

result<std::vector<std::string>> texts(const json& in, const char* name) {
    std::vector<std::string> out;
    const auto at = in.find(name);
    if (at == in.end() || at->is_null()) return out;
    const std::string field = "selector." + std::string{name};
    if (!at->is_array() || at->size() > list_max)
        return wrong(field, "must be a list of at most 1000 texts");
    for (const auto& each : *at) {
        if (!each.is_string()) return wrong(field, "must be a list of texts");
        out.push_back(each.get<std::string>());
    }
    return out;
}

result<engine::breaker_selector> read_selector(const json& body) {
    const auto at = body.find("selector");
    if (at == body.end() || !at->is_object())
        return wrong("selector",
                     "must be an object with town, state, role, scope or cause, as "
                     "{\"state\": [\"open\"]}");
    for (const auto& [name, value] : at->items())
        if (name != "town" && name != "state" && name != "role" && name != "scope" &&
            name != "cause")
            return wrong("selector." + clean_text(name, 60),
                         "is not known: use town, state, role, scope, cause");
    engine::breaker_selector out;
    const std::array<std::pair<const char*, std::vector<std::string>*>, 4> lists{
        {{"town", &out.towns},
         {"state", &out.states},
         {"role", &out.roles},
         {"scope", &out.scopes}}};
    for (const auto& [name, into] : lists) {
        auto list = texts(*at, name);
        if (!list) return list.error();
        *into = *std::move(list);
    }
    for (const auto& state : out.states)
        if (!parse_breaker_state(state))
            return wrong("selector.state", clean_text(state, 60) +
                                               " is no state: use closed, open, half_open, "
                                               "forced_open, forced_closed");
    const auto cause = text_field(*at, "cause");
    if (!cause) return wrong("selector.cause", "must be a text");
    out.cause = cause->value_or("");
    return out;
}

result<void> read_batch(const json& body, engine::operator_request& into) {
    const auto action = text_field(body, "action");
    if (!action) return action.error();
    const auto verb = engine::parse_operator_verb(action->value_or(""));
    if (!verb || !engine::is_breaker_verb(*verb))
        return wrong("action", "must be force-open, force-closed, clear, reset or probe");
    into.verb = *verb;
    auto selector = read_selector(body);
    if (!selector) return selector.error();
    into.many = *std::move(selector);
    const auto count = body.find("expect_count");
    if (count == body.end() || count->is_null()) return {};
    const auto number = number_at(body, "expect_count");
    if (!number || *number < 0 || *number > 10'000'000)
        return wrong("expect_count", "must be a whole number: how many breakers you mean");
    into.expect_count = static_cast<int>(*number);
    return {};
}

// FNV-1a; only tells a repeat of a caller's own request from another one.
std::string digest_of(const http::request& call) {
    std::uint64_t hash = 14695981039346656037ULL;
    const auto mix = [&](std::string_view text) {
        for (const char c : text)
            hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
        hash = (hash ^ 0x100U) * 1099511628211ULL;
    };
    mix(call.path);
    for (const auto& [name, value] : call.query) {
        mix(name);
        mix(value);
    }
    mix(call.body);
    return std::to_string(hash) + "/" + std::to_string(call.body.size());
}

result<json> parse_object(const http::request& call, std::optional<operator_verb> verb) {
    auto body = parse_json(call.body.empty() ? std::string_view{"{}"} : call.body);
    if (!body) return wrong("body", body.error().what);
    if (!body->is_object()) return wrong("body", "must be a JSON object with at least reason");
    for (const auto& [name, value] : body->items())
        if (std::find(known.begin(), known.end(), name) == known.end() &&
            !(name == "level" && verb == operator_verb::log_level))
            return wrong(clean_text(name, 60),
                         "is not known here: use reason, ttl, dry_run, confirm, town, key, and "
                         "for a batch selector, action, expect_count");
    return body;
}

}  // namespace

result<operator_body> read_operator_body(const http::request& call,
                                         std::optional<operator_verb> verb) {
    const auto body = parse_object(call, verb);
    if (!body) return body.error();
    operator_body out;
    if (verb) {
        out.asked.verb = *verb;
        for (const char* name : {"action", "selector", "expect_count"})
            if (body->contains(name))
                return wrong(name, "belongs to /debug/v1/breakers:batch only");
    } else if (const auto batch = read_batch(*body, out.asked); !batch) {
        return batch.error();
    }
    auto reason = read_reason(*body);
    if (!reason) return reason.error();
    out.asked.reason = *std::move(reason);
    const auto ttl = read_ttl(*body, out.asked.verb);
    if (!ttl) return ttl.error();
    out.asked.ttl = *ttl;
    const auto dry = flag_field(*body, "dry_run");
    if (!dry) return dry.error();
    out.asked.dry_run = *dry;
    for (const auto& [name, into] : {std::pair{"town", &out.town}, std::pair{"key", &out.key},
                                     std::pair{"level", &out.level}}) {
        auto text = text_field(*body, name);
        if (!text) return text.error();
        *into = *std::move(text);
    }
    const auto key = call.header("idempotency-key");
    if (key.size() > key_bytes_max)
        return wrong("Idempotency-Key", "is longer than 200 bytes: use a UUID");
    out.asked.idempotency_key = std::string{key};
    out.asked.request_id = clean_text(call.header("x-request-id"), key_bytes_max);
    out.asked.digest = digest_of(call);
    out.asked.route = call.method + " " + clean_text(call.path, 300);
    return out;
}

}  // namespace townd::debug
