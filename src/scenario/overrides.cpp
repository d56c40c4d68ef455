#include "scenario/overrides.hpp"

#include "townd/words/error.hpp"

namespace townd::scenario {
namespace {

using config::yaml_node;

void mark(yaml_node& node, int line) {
    node.line = line;
    node.column = 0;
    for (auto& entry : node.entries) {
        entry.line = line;
        entry.column = 0;
        mark(entry.value, line);
    }
    for (auto& item : node.items)
        mark(item, line);
}

// An item of a list by its place, from 1, or by its `name` or `what`.
yaml_node* item_of(yaml_node& list, std::string_view key) {
    const auto place = number_of(key);
    for (std::size_t i = 0; i < list.items.size(); ++i) {
        if (place && *place == static_cast<double>(i + 1)) return &list.items[i];
        for (const std::string_view naming : {"name", "what"})
            for (const auto& entry : list.items[i].entries)
                if (entry.key == naming && entry.value.text == key) return &list.items[i];
    }
    return nullptr;
}

yaml_node* child_of(yaml_node& node, std::string_view key, int line) {
    if (node.kind == yaml_node::kinds::list) return item_of(node, key);
    if (node.kind == yaml_node::kinds::null) node.kind = yaml_node::kinds::map;
    if (node.kind != yaml_node::kinds::map) return nullptr;
    for (auto& entry : node.entries)
        if (entry.key == key) return &entry.value;
    node.entries.push_back({std::string{key}, line, 0, {}});
    auto& made = node.entries.back().value;
    made.line = line;
    return &made;
}

void set(yaml_node& root, std::string_view text, int line, problem_list& into) {
    const auto equals = text.find('=');
    if (equals == 0 || equals == std::string_view::npos)
        return into.add(line, 0, "", "is not key=value (write for example towns=40)");
    std::string_view key = text.substr(0, equals);
    auto value = config::read_yaml("value: " + std::string{text.substr(equals + 1)}, "--set");
    if (!value.problems.empty() || value.root.entries.size() != 1)
        return into.add(line, 0, std::string{key},
                        "the value cannot be read (write it as in the file)");
    yaml_node* at = &root;
    for (std::string_view rest = key; at != nullptr && !rest.empty();) {
        const auto dot = rest.find('.');
        at = child_of(*at, rest.substr(0, dot), line);
        rest = dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1);
    }
    if (at == nullptr)
        return into.add(line, 0, std::string{key},
                        "names nothing in the scenario (write a key, or the place or name of a "
                        "list's item, as in faults.1.until=3h)");
    *at = std::move(value.root.entries.front().value);
    mark(*at, line);
}

}  // namespace

void override_keys(yaml_node& root, const std::vector<std::string>& sets, problem_list& into) {
    for (std::size_t i = 0; i < sets.size(); ++i)
        set(root, sets[i], -static_cast<int>(i) - 1, into);
}

void name_overrides(std::vector<config::problem>& problems, const std::vector<std::string>& sets) {
    for (auto& p : problems) {
        if (p.line >= 0) continue;
        const auto which = static_cast<std::size_t>(-p.line - 1);
        if (which < sets.size()) p.file = "--set " + clean_text(sets[which], 120);
        p.line = 0;
    }
}

}  // namespace townd::scenario
