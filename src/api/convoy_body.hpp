#pragma once
// What a caller says of a new convoy.

#include "api/fields.hpp"
#include "town/convoys.hpp"

namespace townd::api {

/// Reads `title_key`, `beads_key` (`{title, body?, depends_on?[]}` each), `rig_id`, `merge_mode`
/// and `staged`. Everything that is wrong becomes an issue, links that lead nowhere and beads that
/// wait for each other too.
[[nodiscard]] town::new_convoy read_convoy(fields& in, const json& body, std::string_view title_key,
                                           std::string_view beads_key);

/// Makes it: `{convoy, beads[]}`.
[[nodiscard]] result<json> made_convoy(town::context& ctx, const town::new_convoy& wanted);

}  // namespace townd::api
