#pragma once
// The commands as plain data, for those who write about them: completions and the man page.

#include <string>
#include <vector>

namespace townd::ctl {

struct option_node {
    std::vector<std::string> names;  ///< With their dashes.
    std::string help;
    std::string value;                 ///< What it takes, as TIME; empty: nothing.
    std::vector<std::string> choices;  ///< Of a closed list.
};

struct positional_node {
    std::string name;  ///< As TOWN.
    std::string help;
    bool required = false;
    std::vector<std::string> choices;
};

struct command_node {
    std::string name;
    std::string help;
    std::string examples;
    std::vector<option_node> options;
    std::vector<positional_node> positionals;
    std::vector<command_node> commands;
};

/// Whether an option or a positional is the name of a town.
[[nodiscard]] bool takes_town(const std::string& name);
/// Whether it is the path of a file.
[[nodiscard]] bool takes_file(const std::string& name);

}  // namespace townd::ctl
