#pragma once
// What an operator decided: no new starts for the daemon, a town, a rig or a role, for a while.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "townd/words/time.hpp"
#include "townd/words/town.hpp"

namespace townd {

/// Both let no new start pass and leave what runs alone. A drain is a pause that someone waits for:
/// it is done when nothing runs any more.
enum class override_kind : std::uint8_t { pause, drain };
enum class override_scope : std::uint8_t { daemon, town, rig, role };
[[nodiscard]] std::string_view to_text(override_kind kind) noexcept;
[[nodiscard]] std::string_view to_text(override_scope scope) noexcept;
[[nodiscard]] std::optional<override_kind> parse_override_kind(std::string_view text) noexcept;
[[nodiscard]] std::optional<override_scope> parse_override_scope(std::string_view text) noexcept;

struct override_order {
    std::string id;  ///< Of its audit entry.
    override_kind kind = override_kind::pause;
    override_scope scope = override_scope::daemon;
    town_id town;                    ///< Of town, rig and role; a role without one: in all towns.
    rig_id rig;                      ///< Of rig.
    std::optional<agent_role> role;  ///< Of role.
    std::string by;                  ///< Who: a user of the socket, a token's name.
    std::string reason;              ///< Never empty.
    instant set_at{};
    std::optional<instant> until;  ///< None: until someone resumes; confirmed when it was set.

    [[nodiscard]] bool is_over(instant now) const noexcept { return until && *until <= now; }
};

/// All orders in force. Immutable once shared: a tick sees one list.
using override_list = std::vector<override_order>;
using shared_overrides = std::shared_ptr<const override_list>;

}  // namespace townd
