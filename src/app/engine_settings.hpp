#pragma once
// From the configuration to what every town is governed by.

#include <memory>
#include <string>

#include "config/config.hpp"
#include "town/context.hpp"

namespace townd::app {

/// `api_url` is left to the caller: it depends on the listener.
[[nodiscard]] std::shared_ptr<town::settings> engine_settings(const config::settings& from,
                                                              const std::string& jwt_secret);

}  // namespace townd::app
