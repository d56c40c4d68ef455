#pragma once
// The calls to a container, as the wire has them (town-api: what the daemon sends).

#include "town/context.hpp"
#include "townd/words/result.hpp"

namespace townd::town {

/// The start of an agent on a bead: body with every field that any version requires, both tokens in
/// envVars, X-Dispatch-Id. Fails with `invalid` when the rig or the container's address is not
/// usable; nothing is sent then.
[[nodiscard]] result<http_call> start_call(context& ctx, const dispatch& d, const agent& a,
                                           const bead& work, const std::optional<rig>& r);
[[nodiscard]] http_call stop_call(context& ctx, const agent_id& agent);
[[nodiscard]] http_call status_call(context& ctx, const agent_id& agent);

/// A word for the running agent, as its next turn's prompt.
[[nodiscard]] http_call message_call(context& ctx, const agent_id& agent, std::string_view text);
/// Asks for the container's health; while it drains, the nonce goes along.
[[nodiscard]] http_call health_call(context& ctx);
/// To whoever runs the containers: `{town_id, reason}` to the configured address.
[[nodiscard]] http_call restart_call(context& ctx);
/// A fresh token for the container. Fails when none can be made.
[[nodiscard]] result<http_call> token_call(context& ctx);
inline constexpr duration health_timeout{5'000};

/// Every `{town}` replaced.
[[nodiscard]] std::string with_town(std::string text, const town_id& town);
/// The town's `container_url`, or the configured one with `{town}` replaced.
[[nodiscard]] std::string container_url(context& ctx);

}  // namespace townd::town
