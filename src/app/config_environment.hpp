#pragma once
// What the machine must have for a configuration to work: asked by `check-config --environment`.

#include "config/config.hpp"

namespace townd::app {

/// Adds problems and warnings: directories, secrets and who may read them, ports that are taken,
/// names that do not resolve. Opens nothing for good; may wait for the resolver.
void check_environment(config::loaded& of);

}  // namespace townd::app
