#include "sys/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>

#include "sys/journald.hpp"
#include "sys/log_ring.hpp"
#include "sys/system_clock.hpp"
#include "townd/words/time.hpp"

namespace townd::sys {
namespace {

// Records are formatted before spdlog sees them: its patterns escape neither quotes nor breaks. It
// gives the line, the lock and the flush.
struct outlet {
    log_format format = log_format::text;
    std::shared_ptr<spdlog::logger> stderr_line;
};

std::atomic<log_level> threshold{log_level::warn};
std::mutex outlet_mutex;
std::shared_ptr<const outlet> outlet_now;  // Guarded by outlet_mutex.

spdlog::level::level_enum spdlog_level(log_level level) noexcept {
    switch (level) {
        case log_level::trace:
            return spdlog::level::trace;
        case log_level::debug:
            return spdlog::level::debug;
        case log_level::info:
            return spdlog::level::info;
        case log_level::warn:
            return spdlog::level::warn;
        case log_level::error:
            return spdlog::level::err;
    }
    return spdlog::level::err;
}

std::shared_ptr<const outlet> make_outlet(log_format format) {
    auto out = std::make_shared<outlet>();
    out->format = format;
    std::shared_ptr<spdlog::sinks::sink> sink;
    if (format == log_format::text && ::isatty(STDERR_FILENO) == 1) {
        sink = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>();
        sink->set_pattern("%^%v%$");
    } else {
        sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
        sink->set_pattern("%v");
    }
    out->stderr_line = std::make_shared<spdlog::logger>("townd", std::move(sink));
    out->stderr_line->set_level(spdlog::level::trace);
    out->stderr_line->flush_on(spdlog::level::trace);
    // A full disk or a closed pipe must not make the log complain about itself on the same stream.
    out->stderr_line->set_error_handler([](const std::string&) {});
    return out;
}

std::shared_ptr<const outlet> current_outlet() {
    const std::lock_guard lock{outlet_mutex};
    if (!outlet_now) outlet_now = make_outlet(log_format::text);
    return outlet_now;
}

// True when stderr is the stream that systemd says it connected to the journal.
bool stderr_is_journal() noexcept {
    const char* const stream = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
    unsigned long long device = 0;
    unsigned long long inode = 0;
    int end = 0;
    if (std::sscanf(stream, "%llu:%llu%n", &device, &inode, &end) != 2 || stream[end] != '\0')
        return false;
    return device == status.st_dev && inode == status.st_ino;
}

}  // namespace

log_format choose_log_format() noexcept {
    if (stderr_is_journal()) return log_format::journald;
    return ::isatty(STDERR_FILENO) == 1 ? log_format::text : log_format::logfmt;
}

void set_up_log(log_level level, log_format format) {
    auto made = make_outlet(format == log_format::automatic ? choose_log_format() : format);
    const std::lock_guard lock{outlet_mutex};
    outlet_now = std::move(made);
    threshold = level;
}

void set_log_level(log_level level) noexcept {
    threshold = level;
}

log_level log_level_now() noexcept {
    return threshold;
}

void log_line(log_level level, std::string_view event, std::string_view text,
              std::span<const log_field> fields) noexcept {
    if (level < threshold.load(std::memory_order_relaxed)) return;
    try {
        keep_line(wall_now(), level, event, text, fields);
        const auto out = current_outlet();
        // A journal that refuses a record still leaves stderr.
        if (out->format == log_format::journald &&
            send_to_journal(journal_entries(level, event, text, fields)))
            return;
        const log_format format =
            out->format == log_format::journald ? log_format::logfmt : out->format;
        const std::string line =
            format_record(format, to_rfc3339(wall_now()), level, event, text, fields);
        out->stderr_line->log(spdlog_level(level), spdlog::string_view_t{line});
    } catch (...) {
        // Out of memory, or a sink that failed: the daemon goes on without this line.
        std::fputs("townd: a log line was lost\n", stderr);
    }
}

}  // namespace townd::sys
