#pragma once
// The MESSAGE_ID of each kind of log line: what `journalctl -x` and the catalog go by.

#include <span>
#include <string_view>

namespace townd::sys {

/// `id`: 32 hex digits, chosen at random once. It never changes: operators filter by it.
struct message_id {
    std::string_view event;
    std::string_view id;
};
/// By event. config/systemd/townd.catalog explains each.
[[nodiscard]] std::span<const message_id> message_ids() noexcept;
/// Empty: the event has none.
[[nodiscard]] std::string_view message_id_of(std::string_view event) noexcept;

}  // namespace townd::sys
