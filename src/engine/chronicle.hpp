#pragma once
// What happened in the fleet lately, for whoever asks what is wrong: events in order, attempts by
// the minute, failures by cause, breakers' transitions. Fed by the same calls as the log.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "townd/port/clock.hpp"
#include "townd/port/journal.hpp"

namespace townd::engine {

/// One thing that happened. Texts are one clean line, cut at 2 KiB.
struct fleet_event {
    /// Rises by one; goes on over restarts. After a kill -9 it leaps: no number is used twice.
    std::int64_t seq = 0;
    instant at{};
    std::string type;      ///< From a closed list: see `event_types`.
    std::string severity;  ///< `info`, `warn`, `error`.
    town_id town;          ///< Empty: the daemon.
    std::string role;      ///< Empty: none, or all.
    std::string agent;     ///< Name.
    bead_id bead;
    dispatch_id dispatch;
    std::string code;  ///< Error code; empty: no error.
    std::string fingerprint;
    std::string text;  ///< Never empty.
};
/// `attempt_failed`, `session_failed`, `attempt_unknown`, `breaker_changed`, `outage_changed`,
/// `storage_failed`, `note`, `warning`; those of notes and warnings are `note.<word>` and
/// `warning.<word>`. Failures of one cause are one event at first and one a minute afterwards, with
/// their number in the text; so are the rest of more than 20 alike notes, or 100 alike transitions,
/// a minute. Probes' transitions (open, half open, open) are no events.
[[nodiscard]] const std::vector<std::string>& event_types();

struct event_query {
    std::optional<std::int64_t> after = {};   ///< Events with a higher seq, the oldest first.
    std::optional<std::int64_t> before = {};  ///< Else: the newest first, below this one.
    std::set<std::string> types = {};  ///< Empty: all. `note` stands for every `note.<word>`.
    town_id town = {};                 ///< Empty: all.
    std::string severity = {};         ///< Empty: all. Several with commas between.
    int limit = 100;                   ///< 1..1000.
};
struct event_page {
    std::vector<fleet_event> items;
    std::int64_t oldest = 0;  ///< Seq of the oldest that is still kept; 0: none is.
    std::int64_t newest = 0;
    bool more = false;
};

/// Ends of starts within one minute.
struct minute_counts {
    instant begins{};
    int ok = 0;
    int failed = 0;  ///< Failed to start, or lost after the start.
    int neutral = 0;
    int unknown = 0;
    int suppressed = 0;    ///< Held back by a breaker, an outage or a budget.
    int dispatching = -1;  ///< Towns that dispatch or are idle, as sampled; -1: not known.
    int towns = -1;
};

/// A failure that was seen, with all that is known of it.
struct seen_failure {
    town_id town;
    instant at{};
    dispatch what;
};
/// Failures of one cause over the fleet.
struct cause {
    std::string fingerprint;
    std::string code;
    std::string phase;
    std::string role;
    std::string message;  ///< Of the newest.
    instant first_at{};
    instant last_at{};
    std::int64_t count = 0;  ///< Since it was first seen by this process.
    std::int64_t last_hour = 0;
    int towns_last_hour = 0;
    std::array<int, 60> by_minute{};    ///< Of the last hour, the oldest first.
    std::vector<town_id> towns;         ///< The newest 100 at most, the newest first.
    std::vector<seen_failure> samples;  ///< The first, then the newest 9, the newest first.
};

struct breaker_transition {
    instant at{};
    town_id town;
    std::string key;
    std::string scope;
    std::string role;
    std::string from;
    std::string to;
    std::string cause;
};

class chronicle final : public journal_port {
public:
    static constexpr std::size_t events_max = 10'000;
    static constexpr std::size_t causes_max = 200;  ///< The one that was quiet longest goes.
    static constexpr std::size_t transitions_max = 20'000;
    static constexpr std::size_t transitions_each_max = 20;
    static constexpr int minutes_max = 24 * 60;

    /// `clock` must outlive it.
    explicit chronicle(const clock_port& clock);
    ~chronicle() override;
    chronicle(const chronicle&) = delete;
    chronicle& operator=(const chronicle&) = delete;

    // journal_port: any thread; microseconds.
    void attempt_started(const town_id& town, const dispatch& what) override;
    void attempt_ended(const town_id& town, const dispatch& what, duration took) override;
    void session_failed(const town_id& town, const dispatch& what) override;
    void breaker_changed(const town_id& town, std::string_view key, std::string_view scope,
                         std::string_view role, std::string_view from, std::string_view to,
                         std::string_view cause) override;
    void outage_changed(const outage_event& what) override;
    void starts_suppressed(const town_id& town, std::string_view role, std::string_view reason,
                           int count) override;
    void tick_done(const town_id& town, duration took, int actions, int started) override;
    void action_applied(std::string_view type) override;
    void storage_failed(const town_id& town, std::string_view op, const failure& why) override;
    void note(const town_id& town, std::string_view event, std::string_view text) override;
    void warn(const town_id& town, std::string_view event, std::string_view text) override;

    // Reads: any thread; copies; bounded.
    [[nodiscard]] event_page events(const event_query& which) const;
    /// The newest seq; 0: nothing happened yet.
    [[nodiscard]] std::int64_t newest() const;
    /// The newest `count` minutes, the oldest first, the running one last; minutes without anything
    /// are there. `role` empty: all roles.
    [[nodiscard]] std::vector<minute_counts> minutes(int count, const std::string& role = {}) const;
    /// The last hour's first, then by towns and count.
    [[nodiscard]] std::vector<cause> causes() const;
    [[nodiscard]] std::optional<cause> find_cause(const std::string& fingerprint) const;
    /// The newest first.
    [[nodiscard]] std::vector<breaker_transition> transitions(const town_id& town,
                                                              const std::string& key) const;

    /// `then` is called, without a lock, after each new event, on the thread that told of it: it
    /// must only post. Two threads' events may come in any order: read them by seq. The number ends
    /// it again; one call that has begun may still be under way then.
    [[nodiscard]] int subscribe(std::function<void(const fleet_event&)> then);
    void unsubscribe(int number);

    /// Once a minute or more often: how many towns dispatch. Writes the summaries that are due.
    void sample(int dispatching, int towns);

    // The fleet's records: what was written before this start, and what is to be written now.

    /// Events are held back, unseen, until `restore` has said where the numbers go on.
    void await_restore();
    /// `kept` by seq. No number up to `used` is given again.
    void restore(std::vector<fleet_event> kept, std::int64_t used = 0);
    [[nodiscard]] std::vector<fleet_event> take_unwritten();
    /// They could not be written: kept for the next time, within the bound.
    void put_back(std::vector<fleet_event> unwritten);
    /// Events that were given up unwritten, since the start.
    [[nodiscard]] std::uint64_t lost() const;

private:
    struct parts;

    void add(std::shared_ptr<fleet_event> what);
    void add_held_back(fleet_event what, int burst);
    void add_failure(const town_id& town, const dispatch& what, const char* type);
    void write_due();
    void count(std::string_view role, int minute_counts::*figure, int by);

    const clock_port& clock_;
    const std::unique_ptr<parts> parts_;
};

}  // namespace townd::engine
