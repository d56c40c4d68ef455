#pragma once
// The manual page townctl(1), as roff.

#include <string>

#include "ctl/tree.hpp"

namespace townd::ctl {

/// `version` stands in its foot.
[[nodiscard]] std::string man_page(const command_node& tree, const std::string& version);

}  // namespace townd::ctl
