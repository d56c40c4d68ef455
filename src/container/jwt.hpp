#pragma once
// The two kinds of token that the town API knows (HS256): container and agent.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "townd/words/result.hpp"

namespace townd::container {

struct claims {
    std::string town;                     ///< townId
    std::string user;                     ///< userId
    bool container_scope = false;         ///< scope == "container"
    std::optional<std::string> agent;     ///< agentId
    std::optional<std::string> rig;       ///< rigId
    std::optional<std::string> dispatch;  ///< jti: the dispatch that the token was minted for.
    std::int64_t expires_at = 0;          ///< exp, seconds since the Unix epoch.
};
inline constexpr std::int64_t token_lifetime_seconds = 8 * 3600;

/// The failure is `internal`. `secret` must not be empty.
[[nodiscard]] result<std::string> mint(const claims& what, std::string_view secret);

/// Checks form, algorithm (HS256 only) and signature, in that order; expiry only when `now_seconds`
/// is given. Failures are `unauthorized` with the texts of the original: `Token expired`,
/// `Invalid token signature`, or what is malformed.
[[nodiscard]] result<claims> verify(std::string_view token, std::string_view secret,
                                    std::optional<std::int64_t> now_seconds);

/// Compares without telling by its duration where the texts differ or how long they are.
[[nodiscard]] bool equal_secret(std::string_view a, std::string_view b) noexcept;

}  // namespace townd::container
