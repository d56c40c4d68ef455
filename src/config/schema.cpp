// JSON Schema 2020-12 of townd.yaml, for editors and for whoever makes the file by program.

#include "config/json_text.hpp"
#include "config/option_table.hpp"
#include "config/retired_keys.hpp"
#include "config/sections.hpp"

namespace townd::config {
namespace {

// Each unit at most once, the largest first, no leading zeros: what parse_duration takes.
constexpr std::string_view duration_pattern =
    "^(?=[0-9])((0|[1-9][0-9]*)d)?((0|[1-9][0-9]*)h)?((0|[1-9][0-9]*)m)?((0|[1-9][0-9]*)s)?"
    "((0|[1-9][0-9]*)ms)?$";
// Not empty, no control characters; `~` is not expanded.
constexpr std::string_view path_pattern = "^[^~\\u0000-\\u001f\\u007f][^\\u0000-\\u001f\\u007f]*$";

std::string words_of(std::span<const std::string_view> words) {
    std::string out = "\"enum\": [";
    for (std::size_t i = 0; i < words.size(); ++i)
        out += (i == 0 ? "" : ", ") + json_text(words[i]);
    return out + "]";
}

std::string text_of(std::string_view type, std::string_view pattern) {
    return "\"type\": " + std::string{type} + ", \"minLength\": 1, \"maxLength\": 4096, " +
           "\"pattern\": " + json_text(pattern);
}

struct type_schema {
    std::string operator()(const whole_option& type) const {
        return "\"type\": \"integer\", \"minimum\": " + std::to_string(type.min) +
               ", \"maximum\": " + std::to_string(type.max);
    }
    std::string operator()(const real_option& type) const {
        std::string range = "\"type\": \"number\", \"minimum\": " + std::to_string(type.min);
        return range + ", \"maximum\": " + std::to_string(type.max);
    }
    std::string operator()(const span_option&) const {
        return "\"type\": \"string\", \"pattern\": " + json_text(duration_pattern);
    }
    std::string operator()(const word_option& type) const { return words_of(type.allowed); }
    std::string operator()(const mode_option& type) const { return words_of(type.allowed); }
    std::string operator()(const switch_option& type) const {
        if (type.word_true == "true") return "\"type\": \"boolean\"";
        const std::string_view words[] = {type.word_true, type.word_false};
        return words_of(words);
    }
    std::string operator()(const text_option& type) const {
        return text_of("\"string\"", type.pattern);
    }
    std::string operator()(const optional_text_option& type) const {
        return text_of("[\"string\", \"null\"]", type.pattern);
    }
    std::string operator()(const path_option&) const { return text_of("\"string\"", path_pattern); }
    std::string operator()(const optional_path_option&) const {
        return text_of("[\"string\", \"null\"]", path_pattern);
    }
};

std::string description_of(const option& which) {
    std::string out{which.help};
    const std::string range = range_text(which);
    if (std::holds_alternative<span_option>(which.type)) out += " " + range + ".";
    if (!which.more.empty()) out += " " + std::string{which.more};
    return out + (which.restart ? " Takes effect at the next start." : " Takes effect on reload.");
}

std::string option_schema(const option& which, const settings& values) {
    return "{\"description\": " + json_text(description_of(which)) + ", " +
           std::visit(type_schema{}, which.type) +
           ", \"default\": " + json_value(option_text(which, values)) + "}";
}

std::string opening_of(std::string_view name, std::string_view help) {
    return json_text(name) + ": {\"description\": " + json_text(help) +
           ", \"type\": \"object\", \"additionalProperties\": false, \"properties\": {";
}

// Keys of the version before: an editor strikes them out and still takes the file.
std::string retired_in(std::string_view section, const std::string& indent) {
    std::string out;
    for (const retired_key& each : retired_keys()) {
        const auto dot = each.key.rfind('.');
        if (each.key.substr(0, dot) != section) continue;
        out += ",\n    " + indent + json_text(each.key.substr(dot + 1)) + ": {\"description\": " +
               json_text("Means nothing any more: " + std::string{each.instead} + ".") +
               ", \"deprecated\": true}";
    }
    return out;
}

}  // namespace

std::string json_schema() {
    const settings values;
    std::string out =
        "{\n"
        "  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
        "  \"title\": \"townd.yaml\",\n"
        "  \"description\": \"Configuration of townd. Rules between keys are checked by `townd "
        "check-config`.\",\n"
        "  \"type\": [\"object\", \"null\"],\n"
        "  \"additionalProperties\": false,\n"
        "  \"properties\": {";
    section_walk walk;
    std::vector<opened_section> open;  // What is closed, the last first.
    const auto close = [&](std::size_t count) {
        for (; count > 0; --count) {
            out += retired_in(open.back().path, open.back().indent + "  ") + "}}";
            open.pop_back();
        }
    };
    bool first = true;
    for (const option& each : option_table()) {
        const auto opened = walk.enter(each.key);
        close(walk.closed());
        open.insert(open.end(), opened.begin(), opened.end());
        for (const opened_section& section : opened) {
            out += std::string{first ? "" : ","} + "\n    " + section.indent +
                   opening_of(section.name, section_help(section.path));
            first = true;
        }
        out += std::string{first ? "" : ","} + "\n    " + walk.indent() + json_text(walk.name()) +
               ": " + option_schema(each, values);
        first = false;
    }
    close(walk.depth());
    return out + "\n  }\n}\n";
}

}  // namespace townd::config
