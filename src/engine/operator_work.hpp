#pragma once
// What a town does for an operator, on its own thread.

#include <string>
#include <utility>
#include <vector>

#include "engine/fleet.hpp"

namespace townd::engine {

/// A breaker's key and from when on it may be tried; earlier than now is now.
using aimed_breaker = std::pair<std::string, instant>;

/// For one breaker or bead. Data: `{before, after, changed}`.
[[nodiscard]] town_work work_for(const operator_request& what);
/// For breakers of one batch. Data: `{changed}`, how many.
[[nodiscard]] town_work work_for(const operator_request& what, std::vector<aimed_breaker> breakers);
/// The same without a trace: what it answered is put into `said`, and all of it is undone. The
/// reply of such work is a failure whenever `said` is set, and means nothing then.
[[nodiscard]] town_work tried(town_work work, std::shared_ptr<result<json>> said);

/// Those that the selector takes, of those that have something to remember.
[[nodiscard]] std::vector<std::pair<town_id, std::string>> select_breakers(
    const std::vector<std::shared_ptr<const town_summary>>& towns, const breaker_selector& wanted);

/// When a forced state that is asked for now ends: `never` without a time to live.
[[nodiscard]] instant end_of(const operator_request& what, instant now);

}  // namespace townd::engine
