#pragma once
// Bugs of what towns know of their places, and between them and the fleet's retry desk.

#include "sim/world.hpp"

namespace townd::sim::test {

// Towns and the desk misunderstand each other.
/// The desk hears of no recovery: what failed once counts as if it failed now, and no outage ends.
[[nodiscard]] plants recoveries_unheard();
/// The budget is told of no failure.
[[nodiscard]] plants failures_not_counted();
/// A start that was answered is told as one that survived.
[[nodiscard]] plants answers_told_as_survival();
/// Towns are not told that what they see is an outage.
[[nodiscard]] plants outages_untold();
/// Every lease is over when it comes: given back, given again.
[[nodiscard]] plants leases_come_too_late();
/// A place in doubt never gets leave.
[[nodiscard]] plants no_leave_ever();
/// Every town in doubt has leave all the time.
[[nodiscard]] plants leave_for_all();

// What a town knows of its places goes wrong.
/// A start that is answered closes what dead sessions opened.
[[nodiscard]] plants answers_close_everything();
/// The probe is always the same rig's.
[[nodiscard]] plants same_rig_probed();
/// A place in doubt that is due lets everything through.
[[nodiscard]] plants due_places_let_all_through();

}  // namespace townd::sim::test
