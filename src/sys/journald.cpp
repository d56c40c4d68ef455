// The location macros of sd-journal would add CODE_FILE of this file to every record.
#define SD_JOURNAL_SUPPRESS_LOCATION

#include "sys/journald.hpp"

#include <sys/uio.h>
#include <systemd/sd-journal.h>

#include <algorithm>
#include <array>

#include "sys/message_ids.hpp"
#include "townd/words/error.hpp"

namespace townd::sys {
namespace {

constexpr std::size_t fields_max = 16;
constexpr std::size_t text_bytes_max = 4096;
constexpr std::array<char, 5> priorities{'7', '7', '6', '4', '3'};  // Of syslog, by log_level.

std::string journal_name(std::string_view name) {
    std::string out = "TOWND_";
    for (const char c : name.substr(0, 32)) {
        const bool lower = c >= 'a' && c <= 'z';
        const bool digit = c >= '0' && c <= '9';
        out += lower ? static_cast<char>(c - 'a' + 'A') : digit ? c : '_';
    }
    return out;
}

}  // namespace

std::vector<std::string> journal_entries(log_level level, std::string_view event,
                                         std::string_view text, std::span<const log_field> fields) {
    std::vector<std::string> out;
    out.push_back("MESSAGE=" + clean_text(text, text_bytes_max));
    out.push_back(std::string{"PRIORITY="} + priorities[static_cast<std::size_t>(level)]);
    out.emplace_back("SYSLOG_IDENTIFIER=townd");
    out.push_back("TOWND_EVENT=" + clean_text(event, 64));
    if (const auto id = message_id_of(event); !id.empty())
        out.push_back("MESSAGE_ID=" + std::string{id});
    for (const log_field& each : fields.first(std::min(fields.size(), fields_max)))
        out.push_back(journal_name(each.name) + "=" + clean_text(each.value, text_bytes_max));
    return out;
}

bool send_to_journal(std::span<const std::string> entries) noexcept {
    constexpr std::size_t entries_max = fields_max + 5;
    std::array<iovec, entries_max> parts{};
    const std::size_t count = std::min(entries.size(), entries_max);
    for (std::size_t i = 0; i < count; ++i) {
        // sd_journal_sendv takes iovec, which has no const, and only reads.
        parts[i].iov_base = const_cast<char*>(entries[i].data());
        parts[i].iov_len = entries[i].size();
    }
    return sd_journal_sendv(parts.data(), static_cast<int>(count)) == 0;
}

}  // namespace townd::sys
