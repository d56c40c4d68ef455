#pragma once
// The keys of a town's configuration: what they may hold, which are secret, how a change is merged.

#include "api/fields.hpp"
#include "townd/words/town.hpp"

namespace townd::api {

/// Adds an issue for every unknown key and bad value of `in`.
void check_config(const json& wanted, const town_id& town, fields& in);

/// The configuration as people may see it: secrets as `****` and their last four characters.
[[nodiscard]] json masked(const json& config);

/// `wanted` over `present`: null removes a key; git_auth, refinery and container are merged, all
/// else is replaced. A secret that comes back masked stays what it was; the failure (`invalid`)
/// names one that is masked and was never there.
[[nodiscard]] result<json> merged(const json& present, const json& wanted);

}  // namespace townd::api
