#include "config/layers.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "config/cross_rules.hpp"
#include "config/excerpts.hpp"
#include "config/retired_keys.hpp"
#include "config/unknown_keys.hpp"
#include "townd/words/error.hpp"

namespace townd::config {
namespace {

constexpr std::size_t problems_max = 100;
constexpr std::size_t name_bytes_max = 120;

std::string first_key_in(const std::string& section) {
    for (const option& each : option_table())
        if (each.key.starts_with(section + "."))
            return std::string{each.key.substr(section.size() + 1)};
    return {};
}

std::string text_of(const place& at) {
    if (at.line == 0) return at.file;
    return at.file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

// The place of the value; of the key where nothing follows it, for which the parser names whatever
// comes next.
place value_at(const yaml_entry& entry, const place& key) {
    const yaml_node& value = entry.value;
    if (value.kind == yaml_node::kinds::null && value.line != entry.line) return key;
    return {key.file, value.line, value.column};
}

}  // namespace

void layers::add_text(std::string_view yaml, std::string_view file) {
    yaml_tree tree = read_yaml(yaml, file);
    if (yaml.size() <= yaml_bytes_max)
        lines_.insert_or_assign(std::string{file}, lines_to_show(yaml));
    for (problem& each : tree.problems)
        out_.problems.push_back(std::move(each));
    add_tree(tree, file);
}

void layers::add_tree(const yaml_tree& tree, std::string_view file) {
    file_ = file;
    order_.push_back(file_);
    last_line_ = tree.whole ? std::numeric_limits<int>::max() : tree.trusted_lines;
    whole_ = whole_ && tree.whole;
    if (tree.root.kind == yaml_node::kinds::map) {
        read_map(tree.root, "");
    } else if (tree.root.kind != yaml_node::kinds::null) {
        report({file_, tree.root.line, tree.root.column}, "",
               "the file does not hold keys (write `key: value` lines)");
    }
}

void layers::add_value(const std::string& from, const sources::assignment& what) {
    file_ = from;
    order_.push_back(from);
    last_line_ = std::numeric_limits<int>::max();
    const place at{from, 0, 0};
    const std::string& key = what.key;
    if (const option* const which = find_option(key); which != nullptr)
        return put(*which,
                   {what.value, !is_text(*which), what.value == "null" || what.value == "~"}, at,
                   from);
    if (is_retired(at, key)) return;
    const std::size_t dot = key.rfind('.');
    const std::string prefix = dot == std::string::npos ? "" : key.substr(0, dot);
    const std::string name = dot == std::string::npos ? key : key.substr(dot + 1);
    const bool variable = from.starts_with("env:");
    if (is_inline_secret(name)) return report(at, key, inline_secret(name, prefix));
    if (is_section(key))
        return report(at, key,
                      "holds keys (name one of them, as " + key + "." + first_key_in(key) + ")");
    if (variable) return report(at, "", unknown_variable(what.name));
    report(at, key, unknown_key(name, is_section(prefix) ? prefix : ""));
}

void layers::refuse(std::string_view file, std::string what) {
    order_.emplace_back(file);
    whole_ = false;
    last_line_ = std::numeric_limits<int>::max();
    report({std::string{file}, 0, 0}, "", std::move(what));
}

void layers::finish() {
    // Half a file, or a bad value, would make rules between keys complain of the wrong thing.
    if (whole_) {
        last_line_ = std::numeric_limits<int>::max();
        derive_probe_timeouts(out_.values);
        check_rules(out_.values, [&](std::string_view key, std::string what) {
            if (bad_.contains(key)) return;
            const auto at = out_.places.find(key);
            report(at == out_.places.end() ? place{file_, 0, 0} : at->second, key, std::move(what));
        });
        if (out_.problems.empty())
            check_exposed(out_.values, [&](std::string_view key, std::string what) {
                warn(key, std::move(what));
            });
    }
    arrange(out_.problems);
    arrange(out_.warnings);
}

void layers::report(const place& at, std::string_view key, std::string what) {
    if (at.line > last_line_) return;
    out_.problems.push_back(
        {at.file, at.line, at.column, clean_text(key, name_bytes_max), std::move(what)});
}

void layers::warn(std::string_view key, std::string what) {
    const auto at = out_.places.find(key);
    const place where = at == out_.places.end() ? place{"default", 0, 0} : at->second;
    out_.warnings.push_back(
        {where.file, where.line, where.column, std::string{key}, std::move(what), true});
}

bool layers::is_retired(const place& at, std::string_view key) {
    const retired_key* const gone = find_retired(key);
    if (gone == nullptr || at.line > last_line_) return gone != nullptr;
    out_.warnings.push_back({at.file, at.line, at.column, clean_text(key, name_bytes_max),
                             "means nothing any more: " + std::string{gone->instead} +
                                 " (remove it; the next version refuses it)",
                             true});
    return true;
}

void layers::read_map(const yaml_node& map, const std::string& prefix) {
    for (const yaml_entry& entry : map.entries) {
        if (out_.problems.size() >= yaml_problems_max) return;
        const std::string key = prefix.empty() ? entry.key : prefix + "." + entry.key;
        const option* const which =
            entry.key.find('.') == std::string::npos ? find_option(key) : nullptr;
        const place at{file_, entry.line, entry.column};
        if (which != nullptr) {
            read_value(*which, entry.value, value_at(entry, at));
        } else if (entry.key.find('.') == std::string::npos && is_section(key)) {
            read_section(entry.value, key, value_at(entry, at));
        } else if (entry.key.find('.') == std::string::npos && is_retired(at, key)) {
            continue;
        } else if (is_inline_secret(entry.key)) {
            secretive_.insert(file_);
            report(at, key, inline_secret(entry.key, prefix));
        } else {
            report(at, key, unknown_key(entry.key, prefix));
        }
    }
}

void layers::read_section(const yaml_node& node, const std::string& key, const place& at) {
    if (node.kind == yaml_node::kinds::map) return read_map(node, key);
    const char* const is = node.kind == yaml_node::kinds::null   ? "is empty"
                           : node.kind == yaml_node::kinds::list ? "is a list"
                                                                 : "is a single value";
    report(at, key,
           std::string{is} + ", but holds keys (write `" + first_key_in(key) +
               ": …` indented below it, or remove it)");
}

void layers::read_value(const option& which, const yaml_node& node, place at) {
    if (node.kind == yaml_node::kinds::map || node.kind == yaml_node::kinds::list) {
        bad_.emplace(which.key);
        return report(at, which.key,
                      std::string{node.kind == yaml_node::kinds::map ? "holds keys" : "is a list"} +
                          ", but takes a single value (write for example " +
                          option_text(which, settings{}) + ")");
    }
    std::string origin = text_of(at);
    put(which, {node.text, node.plain, node.kind == yaml_node::kinds::null}, std::move(at),
        std::move(origin));
}

void layers::put(const option& which, const written_value& value, place at, std::string origin) {
    const std::string key{which.key};
    std::string old = option_text(which, out_.values);
    if (std::string wrong = read_option(which, value, out_.values); !wrong.empty()) {
        bad_.insert(key);
        return report(at, which.key, std::move(wrong));
    }
    std::string& last = out_.values.origins[key];
    if (out_.places.contains(key)) {
        auto& lost = out_.values.replaced[key];
        lost.insert(lost.begin(), {std::move(old), std::move(last)});
    }
    last = std::move(origin);
    out_.places.insert_or_assign(key, std::move(at));
}

// In the order of the sources, and no more than a person would read.
void layers::arrange(std::vector<problem>& problems) {
    const auto source_of = [&](const problem& each) {
        return std::find(order_.begin(), order_.end(), each.file) - order_.begin();
    };
    std::stable_sort(problems.begin(), problems.end(), [&](const problem& a, const problem& b) {
        return std::tuple{source_of(a), a.line, a.column} <
               std::tuple{source_of(b), b.line, b.column};
    });
    const std::size_t more = problems.size() - std::min(problems.size(), problems_max);
    problems.resize(problems.size() - more, problem{});
    show_lines(problems);
    if (more == 0) return;
    problems.push_back(
        {problems.back().file, 0, 0, "",
         std::to_string(more) + " more problems are not shown (correct these first)"});
}

void layers::show_lines(std::vector<problem>& problems) const {
    for (problem& each : problems) {
        const auto lines = lines_.find(each.file);
        if (each.line <= 0 || lines == lines_.end() || secretive_.contains(each.file)) continue;
        const auto index = static_cast<std::size_t>(each.line) - 1;
        if (index < lines->second.size()) each.source = lines->second[index];
    }
}

}  // namespace townd::config
