#include "config/option_table.hpp"
#include "townd/words/error.hpp"

namespace townd::config {
namespace {

constexpr std::string_view indent(std::size_t depth) noexcept {
    return std::string_view{"                "}.substr(0, depth * 2);
}

// Parts of a dotted key.
std::vector<std::string_view> parts(std::string_view key) {
    std::vector<std::string_view> out;
    while (true) {
        const std::size_t dot = key.find('.');
        out.push_back(key.substr(0, dot));
        if (dot == std::string_view::npos) return out;
        key.remove_prefix(dot + 1);
    }
}

}  // namespace

std::vector<printed_key> list(const settings& values) {
    std::vector<printed_key> out;
    for (const option& each : option_table()) {
        const auto origin = values.origins.find(each.key);
        out.push_back({std::string{each.key}, option_text(each, values),
                       origin == values.origins.end() ? "default" : origin->second});
    }
    return out;
}

std::string print(const settings& values) {
    std::string out;
    std::vector<std::string_view> open;  // Sections that the last line was in.
    const std::vector<printed_key> keys = list(values);
    for (const printed_key& each : keys) {
        std::vector<std::string_view> path = parts(each.key);
        const std::string_view name = path.back();
        path.pop_back();
        std::size_t same = 0;
        while (same < open.size() && same < path.size() && open[same] == path[same])
            ++same;
        for (std::size_t depth = same; depth < path.size(); ++depth) {
            out += indent(depth);
            out += path[depth];
            out += ":\n";
        }
        out += indent(path.size());
        out += name;
        out += ": " + each.value + "  # " + clean_text(each.origin, 300) + "\n";
        open = std::move(path);
    }
    return out;
}

std::vector<std::string> needs_restart(const settings& running, const settings& wanted) {
    std::vector<std::string> out;
    for (const option& each : option_table())
        if (each.restart && option_text(each, running) != option_text(each, wanted))
            out.emplace_back(each.key);
    return out;
}

settings defaults() {
    settings out;
    for (const option& each : option_table())
        out.origins.emplace(each.key, "default");
    return out;
}

std::string problem::text() const {
    std::string out = file;
    if (line > 0) out += ":" + std::to_string(line) + ":" + std::to_string(column);
    out += ": error: ";
    if (!key.empty()) out += key + ": ";
    return out + what;
}

}  // namespace townd::config
