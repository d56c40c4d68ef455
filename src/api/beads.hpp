#pragma once
// What several routes do with beads.

#include "api/fields.hpp"
#include "town/context.hpp"
#include "townd/words/result.hpp"

namespace townd::api {

/// Makes work and gives it to a polecat: `{bead, agent}`.
[[nodiscard]] result<json> slung(town::context& ctx, const rig_id& rig, const std::string& title,
                                 const std::optional<std::string>& body,
                                 const std::string& metadata);

/// Adds an issue for all that is wrong with a molecule's metadata: `{work_bead_id, steps:
/// [{title, instructions?}]}`.
void check_molecule(fields& in, const json* metadata);

}  // namespace townd::api
