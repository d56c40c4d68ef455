#pragma once
// What townctl prints for people.

#include <string>

#include "json/json.hpp"

namespace townd::app {

[[nodiscard]] std::string breakers_text(const json& list);
[[nodiscard]] std::string overrides_text(const json& list);
[[nodiscard]] std::string audit_text(const json& list);
/// What a write did, or would do, in a line or two.
[[nodiscard]] std::string write_text(const json& answer, bool dry_run);
/// Whether a dry run found something to change.
[[nodiscard]] bool would_change(const json& answer);

}  // namespace townd::app
