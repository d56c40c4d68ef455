#pragma once
// Scripts that let a shell complete townctl's commands, options and towns.

#include <string>

#include "ctl/session.hpp"
#include "ctl/tree.hpp"

namespace townd::ctl {

[[nodiscard]] std::string bash_completion(const command_node& tree);
[[nodiscard]] std::string zsh_completion(const command_node& tree);
[[nodiscard]] std::string fish_completion(const command_node& tree);

/// Town ids that start with `begin`, one a line. Silent when the daemon cannot be asked within a
/// second: a shell waits for it with each key.
int complete_towns(session& of, const std::string& begin);

}  // namespace townd::ctl
