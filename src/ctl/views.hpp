#pragma once
// The columns of each list.

#include "ctl/output.hpp"

namespace townd::ctl {

extern const view towns_view;
extern const view beads_view;          ///< Of one town.
extern const view waiting_beads_view;  ///< Of the fleet.
extern const view breakers_view;
extern const view errors_view;
extern const view attempts_view;
extern const view outages_view;
extern const view overrides_view;
extern const view audit_view;
extern const view events_view;
extern const view logs_view;
extern const view config_view;
extern const view checks_view;
extern const view gates_view;

}  // namespace townd::ctl
