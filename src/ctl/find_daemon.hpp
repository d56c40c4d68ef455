#pragma once
// Where townctl looks for the daemon.

#include <string>
#include <vector>

#include "ctl/call.hpp"
#include "ctl/settings.hpp"

namespace townd::ctl {

struct places {
    std::vector<place> tried;  ///< In this order; the first that answers is taken.
    bool named = false;        ///< By an option or the environment: then there is only one.
};

/// An option goes before the environment, a socket before an address; without either the
/// configuration's socket, the usual places and 127.0.0.1:9191. `invalid` when the token's file
/// cannot be read.
[[nodiscard]] result<places> places_of(const place_wanted& wanted);

}  // namespace townd::ctl
