#pragma once
// The files of the source tree that these tests look at, and promtool.

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace townd::test {

/// The root of the source tree.
const std::filesystem::path& house();
/// Of a file of the tree; empty when it cannot be read.
std::string text_of(const std::string& name);
/// Names without `.md` of the pages in a folder of the tree, the index apart.
std::set<std::string> pages_in(const std::string& folder);
/// Everything that the first group of `pattern` matches in `text`.
std::vector<std::string> all_matches(const std::string& text, const std::string& pattern);

struct tool_result {
    int code = -1;
    std::string output;  ///< Of both streams.
};
/// Runs `promtool` with these arguments, and a file as its standard input if one is named.
tool_result promtool(const std::string& arguments, const std::filesystem::path& input = {});

}  // namespace townd::test
