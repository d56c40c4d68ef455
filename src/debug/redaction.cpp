#include "debug/redaction.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace townd::debug {
namespace {

constexpr std::string_view mask = "****";
constexpr std::array<std::string_view, 10> prefixes{
    "eyJ", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "sk-", "AKIA"};
constexpr std::size_t prefixed_bytes_min = 12;
constexpr std::array<std::string_view, 3> schemes{"bearer ", "basic ", "token "};
constexpr std::array<std::string_view, 8> names{"token",  "secret",  "password",      "passwd",
                                                "apikey", "api_key", "authorization", "cookie"};
constexpr std::array<std::string_view, 8> private_keys{
    "title",          "body",       "body_excerpt", "metadata",
    "status_message", "checkpoint", "old_value",    "new_value"};
constexpr std::string_view json_token_tail = "_token_count";

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_wordy(char c) {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || c == '_' || c == '-';
}

bool starts_with_word(std::string_view text, std::string_view word) {
    if (text.size() < word.size()) return false;
    for (std::size_t i = 0; i < word.size(); ++i)
        if (lower(text[i]) != word[i]) return false;
    return true;
}

bool has_secret_name(std::string_view key) {
    std::string small{key};
    std::transform(small.begin(), small.end(), small.begin(), lower);
    return !small.ends_with(json_token_tail) &&
           std::any_of(names.begin(), names.end(), [&](std::string_view name) {
               return small.find(name) != std::string::npos;
           });
}

std::size_t run_of(std::string_view text, bool (*part)(char)) {
    return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), part) -
                                    text.begin());
}

bool is_token_part(char c) {
    return is_wordy(c) || c == '.' || c == '+' || c == '/' || c == '=' || c == '~';
}
bool is_value_part(char c) {
    return c != ' ' && c != '"' && c != '\'' && c != ',' && c != ';' && c != '&' && c != '\n' &&
           c != ')' && c != '}' && c != ']';
}

// How much of what begins here goes away, and how much of that is kept in front of the mask.
struct cut {
    std::size_t kept = 0;
    std::size_t gone = 0;
};

std::optional<cut> known_token(std::string_view rest) {
    for (const auto prefix : prefixes) {
        if (!rest.starts_with(prefix)) continue;
        const auto size = run_of(rest, is_token_part);
        if (size >= prefixed_bytes_min) return cut{0, size};
    }
    for (const auto scheme : schemes) {
        if (!starts_with_word(rest, scheme)) continue;
        const auto size = run_of(rest.substr(scheme.size()), is_token_part);
        if (size >= prefixed_bytes_min) return cut{scheme.size(), size};
    }
    return std::nullopt;
}

// `token=abc`, `"password": "abc"`.
std::optional<cut> named_value(std::string_view rest) {
    for (const auto name : names) {
        if (!starts_with_word(rest, name)) continue;
        std::size_t at = name.size();
        bool assigned = false;
        while (at < rest.size() && (rest[at] == '"' || rest[at] == '\'' || rest[at] == '\\' ||
                                    rest[at] == ' ' || rest[at] == '=' || rest[at] == ':')) {
            assigned = assigned || rest[at] == '=' || rest[at] == ':';
            ++at;
        }
        const auto size = run_of(rest.substr(at), is_value_part);
        if (assigned && size > 0) return cut{at, size};
    }
    return std::nullopt;
}

std::optional<cut> userinfo(std::string_view rest) {
    constexpr std::string_view start = "://";
    if (!rest.starts_with(start)) return std::nullopt;
    const auto place = rest.substr(start.size());
    const auto end = place.find_first_of("/ \"'?#\n");
    const auto at = place.substr(0, end).rfind('@');
    if (at == std::string_view::npos) return std::nullopt;
    return cut{start.size(), at};
}

}  // namespace

std::string without_secrets(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const auto rest = text.substr(at);
        const bool inside = at > 0 && is_wordy(text[at - 1]);
        std::optional<cut> found = inside ? std::nullopt : known_token(rest);
        if (!found) found = named_value(rest);
        if (!found) found = userinfo(rest);
        if (!found) {
            out += text[at++];
            continue;
        }
        out += rest.substr(0, found->kept);
        out += mask;
        at += found->kept + found->gone;
    }
    return out;
}

void redact(json& value) {
    if (value.is_string()) {
        value = without_secrets(value.get_ref<const std::string&>());
        return;
    }
    if (!value.is_structured()) return;
    for (const auto& item : value.items()) {
        auto& each = item.value();
        const bool users =
            std::find(private_keys.begin(), private_keys.end(), item.key()) != private_keys.end();
        const bool hide = value.is_object() && (users || has_secret_name(item.key()));
        if (hide && !each.is_null() && !each.is_number() && !each.is_boolean())
            each = mask;
        else
            redact(each);
    }
}

}  // namespace townd::debug
