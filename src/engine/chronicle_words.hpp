#pragma once
// How the chronicle puts what it is told into words.

#include <string>
#include <string_view>

#include "engine/chronicle.hpp"
#include "sys/storm.hpp"

namespace townd::engine {

/// One clean line of at most 128 bytes.
[[nodiscard]] std::string name_of(std::string_view text);

/// Without a text.
[[nodiscard]] fleet_event event_of(std::string type, const char* severity, const town_id& town);
[[nodiscard]] fleet_event event_of(std::string type, const town_id& town, const dispatch& what);

/// What alike events have in common; a summary of them is made from it.
[[nodiscard]] std::string kind_of(const fleet_event& e);
[[nodiscard]] fleet_event summary_of(const sys::storm_summary& held);

[[nodiscard]] bool is_wanted(const event_query& which, const fleet_event& e);

}  // namespace townd::engine
