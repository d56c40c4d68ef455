#include "ctl/yaml.hpp"

#include <algorithm>
#include <string_view>

namespace townd::ctl {
namespace {

// Plain only what no version of YAML reads as anything but this text: it starts with a letter, goes
// on with letters, digits and a few signs, and is no word with a meaning.
bool is_plain(std::string_view text) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    if (text.empty() || !letter(text.front())) return false;
    std::string low;
    for (const char c : text) {
        const bool fits = letter(c) || (c >= '0' && c <= '9') ||
                          std::string_view{"_-./ "}.find(c) != std::string_view::npos;
        if (!fits) return false;
        low += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    if (text.back() == ' ') return false;
    for (const char* word : {"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
        if (low == word) return false;
    return true;
}

std::string scalar(const json& value) {
    if (!value.is_string()) return dump_json(value);
    const auto text = value.get<std::string>();
    // A JSON string is a double-quoted YAML one.
    return is_plain(text) ? text : dump_json(value);
}

bool is_nested(const json& value) {
    return (value.is_object() || value.is_array()) && !value.empty();
}

void write(const json& value, std::size_t indent, bool after_dash, std::string& out) {
    const std::string margin(indent, ' ');
    if (value.is_object()) {
        bool first = after_dash;
        for (const auto& [key, each] : value.items()) {
            out += first ? "" : margin;
            first = false;
            out += (is_plain(key) ? key : dump_json(json(key))) + ":";
            if (is_nested(each)) {
                out += '\n';
                write(each, indent + 2, false, out);
            } else {
                out += " " + scalar(each) + "\n";
            }
        }
        return;
    }
    for (const auto& each : value) {
        out += margin + "- ";
        if (each.is_object() && !each.empty())
            write(each, indent + 2, true, out);
        else if (is_nested(each))
            out += dump_json(each) + "\n";
        else
            out += scalar(each) + "\n";
    }
}

}  // namespace

std::string to_yaml(const json& value) {
    if (!is_nested(value)) return scalar(value) + "\n";
    std::string out;
    write(value, 0, false, out);
    return out;
}

}  // namespace townd::ctl
