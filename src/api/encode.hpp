#pragma once
// Rows as the API shows them.

#include "json/json.hpp"
#include "store/town_store.hpp"

namespace townd::api {

[[nodiscard]] json to_json(const bead& b);
[[nodiscard]] json to_json(const agent& a);
[[nodiscard]] json to_json(const rig& r, const town_id& town);
[[nodiscard]] json to_json(const store::town_meta& meta);
[[nodiscard]] json to_json(const store::bead_event& e);
[[nodiscard]] json to_json(const review& r);
/// The bead with the fields of the escalation.
[[nodiscard]] json to_json(const bead& b, const store::escalation& e);

}  // namespace townd::api
