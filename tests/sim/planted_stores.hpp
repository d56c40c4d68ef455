#pragma once
// Bugs between the core and its files.

#include "sim/world.hpp"

namespace townd::sim::test {

/// The commit comes after what it should precede.
[[nodiscard]] plants late_commits();
/// The disk is told later; a loss of power takes the newest away.
[[nodiscard]] plants lazy_commits();
[[nodiscard]] plants waits_not_kept();
[[nodiscard]] plants attempts_not_counted();
/// Of attempts that failed with the code.
[[nodiscard]] plants errors_without_text(error_code code);

}  // namespace townd::sim::test
