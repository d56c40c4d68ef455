#include "config/json_text.hpp"
#include "config/option_table.hpp"
#include "config/sections.hpp"
#include "townd/words/error.hpp"

namespace townd::config {
namespace {

constexpr std::size_t origin_bytes_max = 300;

// Where it is from, and every value that lost against it.
std::string comment_of(const printed_key& key) {
    std::string out = "  # " + clean_text(key.origin, origin_bytes_max);
    for (const replaced_value& each : key.replaced)
        out += clean_text("; over " + each.value + " from " + each.origin, origin_bytes_max);
    return out;
}

std::string json_of(const printed_key& key) {
    std::string out = "{\"key\": " + json_text(key.key) + ", \"value\": " + json_value(key.value) +
                      ", \"origin\": " + json_text(key.origin) + ", \"replaced\": [";
    for (std::size_t i = 0; i < key.replaced.size(); ++i)
        out += std::string{i == 0 ? "" : ", "} +
               "{\"value\": " + json_value(key.replaced[i].value) +
               ", \"origin\": " + json_text(key.replaced[i].origin) + "}";
    return out + "]}";
}

}  // namespace

std::vector<printed_key> list(const settings& values) {
    std::vector<printed_key> out;
    for (const option& each : option_table()) {
        const auto origin = values.origins.find(each.key);
        const auto lost = values.replaced.find(each.key);
        out.push_back(
            {std::string{each.key}, option_text(each, values),
             origin == values.origins.end() ? "default" : origin->second,
             lost == values.replaced.end() ? std::vector<replaced_value>{} : lost->second});
    }
    return out;
}

std::string print(const settings& values, bool with_origins) {
    std::string out;
    section_walk walk;
    for (const printed_key& each : list(values)) {
        for (const opened_section& section : walk.enter(each.key))
            out += section.indent + std::string{section.name} + ":\n";
        out += walk.indent() + std::string{walk.name()} + ": " + each.value +
               (with_origins ? comment_of(each) : "") + "\n";
    }
    return out;
}

std::string print_json(const settings& values, bool with_origins) {
    const std::vector<printed_key> keys = list(values);
    std::string out;
    if (with_origins) {
        for (const printed_key& each : keys)
            out += (out.empty() ? "[\n  " : ",\n  ") + json_of(each);
        return out + "\n]\n";
    }
    out = "{";
    section_walk walk;
    bool first = true;
    for (const printed_key& each : keys) {
        const auto opened = walk.enter(each.key);
        for (std::size_t depth = walk.closed(); depth > 0; --depth)
            out += "\n" + std::string(2 * (walk.depth() - opened.size() + depth), ' ') + "}";
        for (const opened_section& section : opened) {
            out += std::string{first ? "" : ","} + "\n  " + section.indent +
                   json_text(section.name) + ": {";
            first = true;
        }
        out += std::string{first ? "" : ","} + "\n  " + walk.indent() + json_text(walk.name()) +
               ": " + json_value(each.value);
        first = false;
    }
    for (std::size_t depth = walk.depth(); depth > 0; --depth)
        out += "\n" + std::string(2 * depth, ' ') + "}";
    return out + "\n}\n";
}

std::vector<change> changes(const settings& running, const settings& wanted) {
    std::vector<change> out;
    for (const option& each : option_table()) {
        std::string from = option_text(each, running);
        std::string to = option_text(each, wanted);
        if (from != to)
            out.push_back({std::string{each.key}, std::move(from), std::move(to), each.restart});
    }
    return out;
}

std::vector<std::string> needs_restart(const settings& running, const settings& wanted) {
    std::vector<std::string> out;
    for (change& each : changes(running, wanted))
        if (each.restart) out.push_back(std::move(each.key));
    return out;
}

settings adopted(const settings& running, const settings& wanted) {
    settings out = wanted;
    for (const option& each : option_table()) {
        if (!each.restart) continue;
        copy_option(each, running, out);
        const std::string key{each.key};
        const auto origin = running.origins.find(key);
        out.origins[key] = origin == running.origins.end() ? "default" : origin->second;
        out.replaced.erase(key);
        if (const auto lost = running.replaced.find(key); lost != running.replaced.end())
            out.replaced[key] = lost->second;
    }
    return out;
}

settings defaults() {
    settings out;
    for (const option& each : option_table())
        out.origins.emplace(each.key, "default");
    return out;
}

}  // namespace townd::config
