#pragma once
// How a command that failed ends.

#include "townd/words/result.hpp"

namespace townd::app {

/// Says on standard error what failed; the answer is the exit code that goes with it.
[[nodiscard]] int complain(const failure& why);

}  // namespace townd::app
