#pragma once
// What the system says about this process.

#include <optional>

namespace townd::sys {

struct process_stats {
    double cpu_seconds = 0;  ///< User and system time so far.
    double resident_bytes = 0;
    double virtual_bytes = 0;
    double open_files = 0;
    double file_limit = 0;  ///< Soft RLIMIT_NOFILE.
    double threads = 0;
    double started_at_seconds = 0;  ///< Unix time.
};

/// From /proc/self; none when that is not there. Any thread.
[[nodiscard]] std::optional<process_stats> read_process_stats();

}  // namespace townd::sys
