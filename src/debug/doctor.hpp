#pragma once
// Named checks on the daemon and its fleet, each with what to do about it.

#include "debug/overview.hpp"
#include "json/json.hpp"

namespace townd::debug {

/// `{status, checks: [{id, status, text, fix}]}`; `status` is `ok`, `warn` or `fail`, the worst on
/// top. Ids are stable. Reads published snapshots only.
[[nodiscard]] json doctor_json(const face& f);

}  // namespace townd::debug
