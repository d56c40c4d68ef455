#pragma once
// The fleet's events as rows. Use within connection::run only.

#include <vector>

#include "store/connection.hpp"
#include "store/fleet_store.hpp"

namespace townd::store {

void insert_event(connection& to, const fleet_event_row& event);
void forget_old_events(connection& in, instant now);
void forget_surplus_events(connection& in);
[[nodiscard]] std::vector<fleet_event_row> read_events(connection& from, int limit);

}  // namespace townd::store
