#pragma once
// `--set key=value`: changes a scenario's tree before it is read, so that an override is checked as
// the file is.

#include <string>
#include <vector>

#include "scenario/fields.hpp"

namespace townd::scenario {

/// Puts each `key=value` into the tree. Nodes that come from `sets[i]` have the line -(i+1).
void override_keys(config::yaml_node& root, const std::vector<std::string>& sets,
                   problem_list& into);
/// Problems at such lines name the override in place of the file.
void name_overrides(std::vector<config::problem>& problems, const std::vector<std::string>& sets);

}  // namespace townd::scenario
