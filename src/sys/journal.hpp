#pragma once
// The daemon's journal: counts everything, writes what a person should read.
//
// Every failure is counted. Of the lines, the first of a cause (by fingerprint) is written at once
// and then one summary a minute, with how many and in how many towns. Notes and warnings of one
// event word are written up to 20 times a minute, then summed up.

#include <array>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "sys/log.hpp"
#include "sys/metrics.hpp"
#include "sys/storm.hpp"
#include "townd/port/clock.hpp"
#include "townd/port/journal.hpp"

namespace townd::sys {

/// Where lines go; must not throw. `log_line` but for tests.
using line_sink = std::function<void(log_level, std::string_view event, std::string_view text,
                                     std::span<const log_field>)>;

class journal final : public journal_port {
public:
    /// `clock` and `counts` must outlive it. Any thread may call any member.
    journal(const clock_port& clock, metrics& counts, line_sink sink = log_line);
    /// Writes what is still held back.
    ~journal() override;
    journal(const journal&) = delete;
    journal& operator=(const journal&) = delete;

    void attempt_started(const town_id& town, const dispatch& what) override;
    void attempt_ended(const town_id& town, const dispatch& what, duration took) override;
    void session_failed(const town_id& town, const dispatch& what) override;
    /// Each transition is one line: at `warn` when it opens from closed, `info` when it closes or
    /// is forced, `debug` for a probe's coming and going (open, half_open, open), which an outage
    /// of hours would repeat by the thousand.
    void breaker_changed(const town_id& town, std::string_view key, std::string_view scope,
                         std::string_view role, std::string_view from, std::string_view to,
                         std::string_view cause) override;
    /// `warn` when one opens, `info` otherwise: two lines an outage, one for each sweep.
    void outage_changed(const outage_event& what) override;
    void starts_suppressed(const town_id& town, std::string_view role, std::string_view reason,
                           int count) override;
    void tick_done(const town_id& town, duration took, int actions, int started) override;
    void action_applied(std::string_view type) override;
    void storage_failed(const town_id& town, std::string_view op, const failure& why) override;
    void note(const town_id& town, std::string_view event, std::string_view text) override;
    void warn(const town_id& town, std::string_view event, std::string_view text) override;

    /// Writes the summaries that are due. Every member does so too, so this is only needed by a
    /// timer of a daemon in which nothing happens. `everything`: before the end.
    void flush(bool everything = false) noexcept;

private:
    void write(log_level level, std::string_view event, std::string_view text,
               std::span<const log_field> fields);
    void write_held_back(log_level level, std::string_view event, std::string_view town,
                         std::string_view text, std::span<const log_field> fields, int burst,
                         std::string_view key);
    void tell_failure(std::string_view event, const town_id& town, const dispatch& what);
    void set_in_flight(const dispatch& what, bool flying);

    const clock_port& clock_;
    metrics& counts_;
    line_sink sink_;
    std::mutex mutex_;
    storm storm_;                             // Guarded by mutex_.
    std::unordered_set<dispatch_id> flying_;  // Guarded by mutex_.
    std::array<int, 3> flying_by_role_{};     // By agent_role. Guarded by mutex_.
};

}  // namespace townd::sys
