#pragma once
// townctl: asks a running townd and gives it orders.

#include <string>

namespace townd::ctl {

/// The whole program; returns the exit code. `version` is what --version says.
int townctl(int argc, char** argv, const std::string& version);

}  // namespace townd::ctl
