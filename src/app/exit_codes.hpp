#pragma once
// The exit codes, in the words of this room.

#include "townd/words/exit_codes.hpp"

namespace townd::app {

using townd::exit_config;
using townd::exit_failed;
using townd::exit_locked;
using townd::exit_not_found;
using townd::exit_not_permitted;
using townd::exit_ok;
using townd::exit_precondition;
using townd::exit_unavailable;
using townd::exit_usage;
using townd::exit_would_change;

}  // namespace townd::app
