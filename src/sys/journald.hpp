#pragma once
// The native protocol of systemd's journal.

#include <span>
#include <string>
#include <vector>

#include "sys/log.hpp"

namespace townd::sys {

/// `NAME=value` entries of one record: MESSAGE, PRIORITY, SYSLOG_IDENTIFIER, TOWND_EVENT,
/// MESSAGE_ID when the event has one, then each field as TOWND_<NAME>.
[[nodiscard]] std::vector<std::string> journal_entries(log_level level, std::string_view event,
                                                       std::string_view text,
                                                       std::span<const log_field> fields);

/// Sends them. False when the journal refused; a journal that is not there takes them silently, so
/// ask `choose_log_format` first.
bool send_to_journal(std::span<const std::string> entries) noexcept;

}  // namespace townd::sys
