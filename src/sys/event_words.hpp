#pragma once
// What happened, in one sentence: the same in the log and in the fleet's events.

#include <string>
#include <string_view>

#include "townd/decide/retry_desk.hpp"
#include "townd/words/dispatch.hpp"

namespace townd::sys {

/// `begin`, who was to be started, and the error if there is one. Not yet cleaned of what is
/// foreign.
[[nodiscard]] std::string sentence(std::string_view begin, const dispatch& what);
[[nodiscard]] std::string sentence(const outage_event& what);

}  // namespace townd::sys
