#pragma once
// The log as operators see it: its newest lines, and a level that is lent for a while.

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "debug/debug.hpp"
#include "json/json.hpp"
#include "sys/log.hpp"
#include "townd/words/time.hpp"

namespace townd::app {

/// The newest lines, the newest first: `{at, level, event, text, fields}`. An empty level is all.
[[nodiscard]] json log_lines(const std::string& level, const std::string& town, int limit);

/// `listeners` as HOST:PORT; those that are not of this machine alone are told.
[[nodiscard]] debug::machine_facts machine_now(const std::filesystem::path& data_dir,
                                               const std::vector<std::string>& listeners);

/// The level of the configuration, or another one until its time is over.
class log_level_loan {
public:
    log_level_loan() = default;
    ~log_level_loan();
    log_level_loan(const log_level_loan&) = delete;
    log_level_loan& operator=(const log_level_loan&) = delete;

    /// What holds when nothing is lent. Any thread.
    void configure(sys::log_level level);
    /// False: no such level. Any thread.
    [[nodiscard]] bool lend(const std::string& level, duration ttl);

private:
    void wait_for_end();

    std::mutex mutex_;
    std::condition_variable changed_;
    sys::log_level own_ = sys::log_level::info;
    bool lent_ = false;
    bool stopping_ = false;
    duration ttl_{};
    unsigned loans_ = 0;
    std::thread thread_;  // From the first loan on.
};

}  // namespace townd::app
