#pragma once
// What /metrics shows: the Prometheus text format, version 0.0.4.
//
// Every label value comes from a closed list; anything else is counted as `other`, so that no town,
// container or caller can grow the page. Series of finite label sets exist from the start, at 0:
// a rate over a series that appears with its first failure misses that failure.

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "townd/words/dispatch.hpp"
#include "townd/words/error.hpp"
#include "townd/words/time.hpp"

namespace townd::sys {

/// The closed lists that rooms above own. Each is cut at 64 words.
struct metric_words {
    std::vector<std::string> wait_reasons{
        "DaemonDraining",   "DaemonPaused",   "TownUnreadable",
        "TownPaused",       "TownDraining",   "RigPaused",
        "RolePaused",       "BeadNotReady",   "BeadNotDispatchable",
        "RigNotConfigured", "AlreadyRunning", "AttemptsExhausted",
        "Parked",           "BackingOff",     "BreakerForcedOpen",
        "OutageOpen",       "BreakerOpen",    "ProbeInFlight",
        "BudgetExceeded",   "NoFreeAgent",    "SlowStart",
        "ConcurrencyLimit", "Dispatchable"};
    std::vector<std::string> suppress_reasons{"BreakerForcedOpen", "OutageOpen", "BreakerOpen",
                                              "ProbeInFlight", "BudgetExceeded"};
    std::vector<std::string> actions{
        "move_bead",   "clear_assignee", "rest_agent", "end_session", "give_up_unknown",
        "prove_agent", "order_stop",     "send_stop",  "poll_agent",  "start_agent"};
    std::vector<std::string> storage_ops{"open", "read", "write", "commit", "close", "set_aside"};
    std::vector<std::string> handlers{"api", "debug", "metrics", "health"};
};

/// A town that does not dispatch some role, and why.
struct town_trouble {
    std::string town;
    std::string role;    ///< As in `set_breakers`.
    std::string reason;  ///< A gate's word, `TownUnreadable` or `Degraded`.
    double value = 1;    ///< 0: it is well (only told when every town is shown).
};

/// All members: any thread, no exceptions, some ten nanoseconds (microseconds for `other`), but for
/// `scrape`. Counts and gauges are of the whole daemon.
class metrics {
public:
    metrics(std::string_view version, std::string_view revision, const metric_words& words = {});
    ~metrics();
    metrics(const metrics&) = delete;
    metrics& operator=(const metrics&) = delete;

    // Fleet gauges, set from a snapshot.
    /// `state`: dispatching degraded blocked paused.
    void set_towns(std::string_view state, double count) noexcept;
    /// `role`: polecat refinery mayor, or `all` for a container's breaker. `state`: closed open
    /// half_open forced_open forced_closed. `scope`: agent role rig container.
    void set_breakers(std::string_view role, std::string_view state, std::string_view scope,
                      double count) noexcept;
    void set_beads_waiting(std::string_view reason, double count) noexcept;
    /// Age of the oldest bead that waits for an agent of the role; 0: none does.
    void set_oldest_waiting(std::string_view role, duration age) noexcept;
    /// Towns in which a breaker, an outage or a budget holds work of the role back.
    void set_held_back(std::string_view role, double towns) noexcept;
    /// `scope`: daemon town rig role. `kind`: pause drain.
    void set_overrides(std::string_view scope, std::string_view kind, double count) noexcept;
    void set_oldest_override(duration age) noexcept;
    /// `why`: parked held attempts_exhausted unanswered.
    void set_beads_stuck(std::string_view why, double count) noexcept;
    /// The fleet's retry budget: tries that may yet fail within this hour, failures of the last
    /// hour, leases out, roles of towns that fail.
    void set_retry_budget(double left, double failures, double leases, double failing) noexcept;
    void set_upkeep(double draining, double invariants_broken) noexcept;
    void set_in_flight(std::string_view role, double count) noexcept;
    void set_outages(std::string_view role, double open, double members) noexcept;

    void set_config(instant loaded_at, bool differs_from_disk,
                    std::size_t pending_restart) noexcept;
    /// Of the event stream; `dropped` since the start, never less than before.
    void set_events(double clients, double dropped) noexcept;
    /// `townd_town_blocked`: at most `most` series, the rest counted as town `__overflow__`. A town
    /// that is not named any more is 0, and gone after ten minutes.
    void set_town_troubles(std::span<const town_trouble> now_in_trouble, std::size_t most,
                           instant now) noexcept;

    /// `change`: opened recovering probing closed.
    void outage_changed(std::string_view role, std::string_view change) noexcept;
    void starts_suppressed(std::string_view role, std::string_view reason, double count) noexcept;
    void start_succeeded(std::string_view role, instant at) noexcept;
    /// A bug of ours that was caught: `action_failed cycle_failed failure_without_error
    /// reply_failed`.
    void invariant_broken(std::string_view which) noexcept;

    void breaker_changed(std::string_view role, std::string_view from,
                         std::string_view to) noexcept;
    /// `outcome`: success failure neutral unknown.
    void probe_ended(std::string_view role, std::string_view outcome) noexcept;
    void attempt_ended(std::string_view role, std::string_view outcome, duration took) noexcept;
    void dispatch_failed(std::string_view role, error_code code, error_phase phase) noexcept;

    /// `at`: when it ended. Over a second of a thread is an overrun.
    void tick_done(duration took, instant at) noexcept;
    void action_applied(std::string_view type) noexcept;
    void storage_failed(std::string_view op, errc code) noexcept;
    /// `status` 100..599 is counted by its hundred: `2xx`.
    void http_answered(std::string_view handler, int status,
                       std::chrono::microseconds took) noexcept;
    void config_reloaded(bool well) noexcept;

    /// The whole page; tens of milliseconds at most. Reads process_* from /proc. When that runs out
    /// of memory it answers an empty page.
    [[nodiscard]] std::string scrape() const noexcept;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace townd::sys
