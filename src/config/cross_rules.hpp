#pragma once
// What must hold between keys of townd.yaml.

#include <functional>
#include <string_view>

#include "config/config.hpp"

namespace townd::config {

/// Reports a problem at the place where `key` was written.
using report_at = std::function<void(std::string_view key, std::string what)>;

/// Lengthens a probe_timeout that nobody wrote when start_timeout was raised past it.
void derive_probe_timeouts(settings& values);

/// Checks every rule. The problem is reported at a key that the file sets.
void check_rules(const settings& values, const report_at& report);

/// Warns of what is allowed, but dangerous.
void check_exposed(const settings& values, const report_at& warn);

}  // namespace townd::config
