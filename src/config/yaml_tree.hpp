#pragma once
// A YAML text as a plain tree with positions. The only door to yaml-cpp, which by itself keeps
// duplicate keys without a word, takes the first of several documents, reads `no` as a boolean and
// shares nodes between aliases. Here its event stream is read instead, and all of that is refused.

#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"

namespace townd::config {

/// Largest text that is read, in bytes.
inline constexpr std::size_t yaml_bytes_max = 1024 * 1024;
/// Deepest nesting that is kept; the option table needs 3.
inline constexpr std::size_t yaml_depth_max = 16;
/// Problems after which the rest of a file is not looked at.
inline constexpr std::size_t yaml_problems_max = 1000;

struct yaml_entry;

struct yaml_node {
    enum class kinds { null, scalar, list, map };
    kinds kind = kinds::null;
    int line = 0;  ///< 1-based, as `column`.
    int column = 0;
    std::string text;                 ///< Of a scalar.
    bool plain = false;               ///< A scalar without quotes.
    std::vector<yaml_entry> entries;  ///< Of a map, in the order of the file, duplicates included.
    std::vector<yaml_node> items;     ///< Of a list.
};

struct yaml_entry {
    std::string key;
    int line = 0;  ///< Of the key.
    int column = 0;
    yaml_node value;
};

struct yaml_tree {
    yaml_node root;
    std::vector<problem> problems;  ///< What is wrong whatever the keys mean.
    bool whole = true;              ///< False when reading stopped early: `root` holds a part,
    int trusted_lines = 0;          ///< which can be relied on up to this line.
};

/// Reads `text`. Reports syntax errors, tabs, control characters, anchors, aliases, tags, merge
/// keys, duplicate keys, further documents and over-long texts. Never throws.
[[nodiscard]] yaml_tree read_yaml(std::string_view text, std::string_view file_name);

/// The keys of townd.yaml that stand inside another file, read and checked as in their own; keys of
/// problems start there, too.
[[nodiscard]] loaded load_node(const yaml_node& keys, std::string_view file_name);

}  // namespace townd::config
