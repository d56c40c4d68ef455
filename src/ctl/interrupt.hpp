#pragma once
// Ctrl-C and waiting, for a program of one thread.

#include "townd/words/time.hpp"

namespace townd::ctl {

/// From now on SIGINT and SIGTERM are noted instead of ending the process; a second one ends it.
/// What waits for the network or for time then returns.
void note_interrupts();
[[nodiscard]] bool interrupted() noexcept;

/// Waits that long, or until a signal.
void pause_for(duration span);

}  // namespace townd::ctl
