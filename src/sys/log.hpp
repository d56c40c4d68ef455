#pragma once
// The log, in our own words: nothing else includes spdlog.
//
// One record is an event word, one line of text and fields. On stderr it is text, logfmt or JSON;
// under systemd it goes to the journal with the fields as TOWND_*.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "townd/words/time.hpp"

namespace townd::sys {

enum class log_level : std::uint8_t { trace, debug, info, warn, error };
enum class log_format : std::uint8_t { automatic, journald, json, logfmt, text };

[[nodiscard]] std::string_view to_text(log_level level) noexcept;
[[nodiscard]] std::optional<log_level> parse_log_level(std::string_view text) noexcept;
/// `auto journald json logfmt text`.
[[nodiscard]] std::optional<log_format> parse_log_format(std::string_view text) noexcept;

/// `name` is lower snake_case of at most 32 letters, as `town` or `error_code`; the journal gets it
/// as TOWND_TOWN. Any other character is written as `_`.
struct log_field {
    std::string_view name;
    std::string value;
};

/// Where log lines go. Call once in `main`; before that, warnings and worse go to stderr as text.
/// `automatic`: the journal when stderr is connected to it, text on a terminal, else logfmt.
void set_up_log(log_level level, log_format format);
/// Takes effect at once, for a reload.
void set_log_level(log_level level) noexcept;
[[nodiscard]] log_level log_level_now() noexcept;
/// What `automatic` would choose for this process's stderr.
[[nodiscard]] log_format choose_log_format() noexcept;

/// Writes one record. Any thread; never throws. Text and values may hold foreign bytes: control
/// characters become blanks, bad UTF-8 is replaced, texts are cut at 4 KiB, fields at 16.
void log_line(log_level level, std::string_view event, std::string_view text,
              std::span<const log_field> fields = {}) noexcept;

/// A line that was written.
struct kept_line {
    instant at{};
    log_level level = log_level::info;
    std::string event;
    std::string text;
    std::vector<std::pair<std::string, std::string>> fields;
};
/// The newest lines of this process, the newest first: of `least` and worse, of one town unless
/// `town` is empty. 2,000 lines and 2 MiB are kept. Any thread.
[[nodiscard]] std::vector<kept_line> newest_lines(log_level least, std::string_view town,
                                                  std::size_t limit);
/// How much of the log is kept, and how much has gone.
struct kept_lines {
    std::size_t lines = 0;
    std::size_t bytes = 0;
    std::uint64_t dropped = 0;  ///< The oldest, to make room.
    std::optional<instant> oldest_at;
};
[[nodiscard]] kept_lines how_much_is_kept();

/// One record as it is written in that format (`json`, `logfmt` or `text`), without a line break.
/// `time` is RFC 3339.
[[nodiscard]] std::string format_record(log_format format, std::string_view time, log_level level,
                                        std::string_view event, std::string_view text,
                                        std::span<const log_field> fields);

}  // namespace townd::sys
