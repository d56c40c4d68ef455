#include <algorithm>
#include <array>
#include <fstream>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "config/cross_rules.hpp"
#include "config/option_table.hpp"
#include "config/text_checks.hpp"
#include "config/yaml_tree.hpp"
#include "townd/words/error.hpp"

namespace townd::config {
namespace {

constexpr std::size_t problems_max = 100;
constexpr std::size_t name_bytes_max = 120;

struct place {
    int line = 0;
    int column = 0;
};

// Walks the tree along the option table.
class loader {
public:
    loader(loaded& out, std::string_view file) : out_{out}, file_{file} {}

    void read(const yaml_tree& tree) {
        if (!tree.whole) last_line_ = tree.trusted_lines;
        if (tree.root.kind == yaml_node::kinds::map) {
            read_map(tree.root, "");
        } else if (tree.root.kind != yaml_node::kinds::null) {
            report({tree.root.line, tree.root.column}, "",
                   "the file does not hold keys (write `key: value` lines)");
        }
        // Half a file, or a bad value, would make rules between keys complain of the wrong thing.
        if (!tree.whole) return;
        derive_probe_timeouts(out_.values);
        check_rules(out_.values, [&](std::string_view key, std::string what) {
            if (bad_.contains(key)) return;
            const auto at = places_.find(key);
            report(at == places_.end() ? place{} : at->second, key, std::move(what));
        });
    }

private:
    void report(place at, std::string_view key, std::string what) {
        if (at.line > last_line_) return;
        out_.problems.push_back({std::string{file_}, at.line, at.column,
                                 clean_text(key, name_bytes_max), std::move(what)});
    }

    void read_map(const yaml_node& map, const std::string& prefix) {
        for (const yaml_entry& entry : map.entries) {
            if (out_.problems.size() >= yaml_problems_max) return;
            const std::string key = prefix.empty() ? entry.key : prefix + "." + entry.key;
            const option* const which =
                entry.key.find('.') == std::string::npos ? find_option(key) : nullptr;
            if (which != nullptr) {
                read_value(*which, entry.value);
            } else if (entry.key.find('.') == std::string::npos && is_section(key)) {
                read_section(entry.value, key);
            } else {
                report({entry.line, entry.column}, key, unknown_key(entry.key, prefix));
            }
        }
    }

    void read_section(const yaml_node& node, const std::string& key) {
        if (node.kind == yaml_node::kinds::map) return read_map(node, key);
        const char* const is = node.kind == yaml_node::kinds::null   ? "is empty"
                               : node.kind == yaml_node::kinds::list ? "is a list"
                                                                     : "is a single value";
        report({node.line, node.column}, key,
               std::string{is} + ", but holds keys (write `" + first_key_in(key) +
                   ": …` indented below it, or remove it)");
    }

    void read_value(const option& which, const yaml_node& node) {
        const place at{node.line, node.column};
        std::string wrong;
        if (node.kind == yaml_node::kinds::map || node.kind == yaml_node::kinds::list) {
            wrong = std::string{node.kind == yaml_node::kinds::map ? "holds keys" : "is a list"} +
                    ", but takes a single value (write for example " +
                    option_text(which, settings{}) + ")";
        } else {
            const written_value value{node.text, node.plain, node.kind == yaml_node::kinds::null};
            wrong = read_option(which, value, out_.values);
        }
        if (!wrong.empty()) {
            bad_.emplace(which.key);
            return report(at, which.key, std::move(wrong));
        }
        places_.insert_or_assign(std::string{which.key}, at);
        out_.values.origins.insert_or_assign(
            std::string{which.key},
            std::string{file_} + ":" + std::to_string(at.line) + ":" + std::to_string(at.column));
    }

    static std::string first_key_in(const std::string& section) {
        for (const option& each : option_table())
            if (each.key.starts_with(section + "."))
                return std::string{each.key.substr(section.size() + 1)};
        return {};
    }

    // "unknown key" with the key that was probably meant.
    static std::string unknown_key(const std::string& name, const std::string& prefix) {
        const std::string start = prefix.empty() ? "" : prefix + ".";
        std::set<std::string_view> siblings;
        std::string elsewhere;
        for (const option& each : option_table()) {
            const std::string_view last = each.key.substr(each.key.rfind('.') + 1);
            if (elsewhere.empty() && (last == name || each.key == start + name))
                elsewhere = each.key;
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

    loaded& out_;
    std::string_view file_;
    int last_line_ = std::numeric_limits<int>::max();
    std::map<std::string, place, std::less<>> places_;
    std::set<std::string, std::less<>> bad_;
};

// In the order of the file, and no more than a person would read.
void arrange(std::vector<problem>& problems, std::string_view file) {
    std::stable_sort(problems.begin(), problems.end(), [](const problem& a, const problem& b) {
        return std::pair{a.line, a.column} < std::pair{b.line, b.column};
    });
    if (problems.size() <= problems_max) return;
    const std::size_t more = problems.size() - problems_max;
    problems.resize(problems_max, problem{});
    problems.push_back(
        {std::string{file}, 0, 0, "",
         std::to_string(more) + " more problems are not shown (correct these first)"});
}

}  // namespace

loaded load_node(const yaml_node& keys, std::string_view file_name) {
    loaded out;
    out.values = defaults();
    yaml_tree tree;
    tree.root = keys;
    loader{out, file_name}.read(tree);
    arrange(out.problems, file_name);
    return out;
}

loaded load_text(std::string_view yaml, std::string_view file_name) {
    loaded out;
    out.values = defaults();
    yaml_tree tree = read_yaml(yaml, file_name);
    out.problems = std::move(tree.problems);
    loader{out, file_name}.read(tree);
    arrange(out.problems, file_name);
    return out;
}

loaded load_file(const std::filesystem::path& file) {
    const auto refuse = [&](std::string what) {
        loaded out;
        out.values = defaults();
        out.problems.push_back({file.native(), 0, 0, "", std::move(what)});
        return out;
    };
    std::error_code error;
    const auto status = std::filesystem::status(file, error);
    if (error)
        return refuse("cannot be read: " + error.message() +
                      " (check the name and its permissions)");
    if (std::filesystem::is_directory(status))
        return refuse("is a directory (name the file in it)");
    std::ifstream in{file, std::ios::binary};
    if (!in) return refuse("cannot be opened (check its permissions)");
    std::string text;
    std::array<char, 65536> part{};
    while (text.size() <= yaml_bytes_max && in) {
        in.read(part.data(), part.size());
        text.append(part.data(), static_cast<std::size_t>(in.gcount()));
    }
    if (in.bad()) return refuse("cannot be read to its end (check the disk)");
    return load_text(text, file.native());
}

}  // namespace townd::config
