#include "config/unknown_keys.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "config/option_table.hpp"
#include "config/text_checks.hpp"

namespace townd::config {
namespace {

constexpr std::string_view variable_start = "TOWND_";

// Case and underscores apart, so that one `_` in place of two is found.
std::string letters_of(std::string_view name) {
    std::string out;
    for (const char c : name)
        if (c != '_' && c != '.') out += c;
    return out;
}

}  // namespace

std::string unknown_key(const std::string& name, const std::string& prefix) {
    const std::string start = prefix.empty() ? "" : prefix + ".";
    std::set<std::string_view> siblings;
    std::string elsewhere;
    for (const option& each : option_table()) {
        const std::string_view last = each.key.substr(each.key.rfind('.') + 1);
        if (elsewhere.empty() && (last == name || each.key == start + name)) elsewhere = each.key;
        if (!each.key.starts_with(start)) continue;
        const std::string_view rest = each.key.substr(start.size());
        siblings.insert(rest.substr(0, rest.find('.')));
    }
    const std::string_view near = nearest(name, {siblings.begin(), siblings.end()});
    if (!near.empty()) return "unknown key (did you mean " + start + std::string{near} + "?)";
    if (elsewhere == start + name)
        return "unknown key (write " + elsewhere + " as nested keys, one level a line)";
    if (!elsewhere.empty()) return "unknown key (did you mean " + elsewhere + "?)";
    std::string known;
    for (const std::string_view each : siblings)
        known += (known.empty() ? "" : ", ") + std::string{each};
    return "unknown key (known here: " + known + ")";
}

bool is_inline_secret(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 8> words{
        "token", "secret", "password", "passwd", "passphrase", "api_key", "apikey", "private_key"};
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return name.ends_with(word); });
}

std::string inline_secret(std::string_view name, std::string_view prefix) {
    const std::string start = prefix.empty() ? "" : std::string{prefix} + ".";
    std::string fitting = start + std::string{name} + "_file";
    if (find_option(fitting) == nullptr) fitting.clear();
    std::string known;
    for (const option& each : option_table()) {
        const bool holds = each.key.ends_with("token_file") || each.key.ends_with("secret_file");
        if (!holds || (!prefix.empty() && !each.key.starts_with(start))) continue;
        known += (known.empty() ? "" : " or ") + std::string{each.key};
    }
    if (fitting.empty()) fitting = known.empty() ? "api.token_file or debug.token_file" : known;
    return "a secret must not stand here (put it into a file of its own, mode 0600, and name that "
           "file: " +
           fitting + ")";
}

std::string variable_of(std::string_view key) {
    std::string out{variable_start};
    for (const char c : key) {
        if (c == '.') {
            out += "__";
        } else {
            out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        }
    }
    return out;
}

std::string key_of_variable(std::string_view name) {
    std::string out;
    if (name.starts_with(variable_start)) name.remove_prefix(variable_start.size());
    while (!name.empty()) {
        const bool level = name.starts_with("__");
        const char c = name.front();
        out += level ? '.' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        name.remove_prefix(level ? 2 : 1);
    }
    return out;
}

std::string unknown_variable(std::string_view name) {
    std::vector<std::string> names;
    for (const option& each : option_table())
        names.push_back(variable_of(each.key));
    for (const std::string& each : names)
        if (letters_of(each) == letters_of(name))
            return "unknown variable (did you mean " + each + "? two underscores are a level)";
    const std::string_view near = nearest(name, {names.begin(), names.end()});
    if (!near.empty()) return "unknown variable (did you mean " + std::string{near} + "?)";
    return "unknown variable (write a key as " + variable_of("dispatch.max_in_flight") +
           ", or unset it)";
}

}  // namespace townd::config
