#pragma once
// One source of a configuration after the other, each over the one before it.

#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "config/option_table.hpp"
#include "config/yaml_tree.hpp"

namespace townd::config {

/// Fills `out`, which must hold the defaults. Call `finish` once, at the end.
class layers {
public:
    explicit layers(loaded& out) : out_{out} {}

    /// A file's text: keys, positions, every problem.
    void add_text(std::string_view yaml, std::string_view file);
    /// A map that has been read already.
    void add_tree(const yaml_tree& tree, std::string_view file);
    /// A variable or a flag. `from` names it in origins and problems.
    void add_value(const std::string& from, const sources::assignment& what);
    /// A file that cannot be read.
    void refuse(std::string_view file, std::string what);

    /// The rules between keys, then problems in the order of the sources, bounded.
    void finish();

private:
    void report(const place& at, std::string_view key, std::string what);
    void warn(std::string_view key, std::string what);
    /// Whether the key was one of the version before; says so.
    bool is_retired(const place& at, std::string_view key);
    void read_map(const yaml_node& map, const std::string& prefix);
    void read_section(const yaml_node& node, const std::string& key, const place& at);
    void read_value(const option& which, const yaml_node& node, place at);
    void put(const option& which, const written_value& value, place at, std::string origin);
    void arrange(std::vector<problem>& problems);
    void show_lines(std::vector<problem>& problems) const;

    loaded& out_;
    std::string file_;
    std::vector<std::string> order_;  // Names of the sources, as they came.
    std::map<std::string, std::vector<std::string>, std::less<>> lines_;  // To show, by file.
    std::set<std::string, std::less<>> secretive_;  // Files of which no line is shown.
    int last_line_ = std::numeric_limits<int>::max();
    bool whole_ = true;
    std::set<std::string, std::less<>> bad_;
};

}  // namespace townd::config
