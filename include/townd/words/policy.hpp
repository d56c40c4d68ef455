#pragma once
// What the configuration decides, as plain values for the pure core. Defaults are the shipped ones;
// the configuration reader checks the ranges given here.

#include <cstdint>

#include "townd/words/time.hpp"

namespace townd {

/// When a breaker opens and how it tries again. 4 of these fit in a cache line: keep it small.
struct breaker_policy {
    int failures = 3;                ///< Consecutive failures that open it. 1..100.
    duration open{30'000};           ///< First open time. 1 s..max_open.
    duration max_open{600'000};      ///< Cap of the open time. open..24 h.
    double jitter = 0.2;             ///< Open time is spread by ± this share. 0..0.9.
    duration probe_timeout{70'000};  ///< A probe's lease. Longer than start_timeout.
    int rate_percent = 60;  ///< Failures in the last `samples` results that open it. 1..100.
    int samples = 20;       ///< Floor and size of that window; 0 turns the rule off. 0..32.
};

struct dispatch_policy {
    duration connect_timeout{3'000};
    duration start_timeout{60'000};  ///< Whole start exchange, connect included.
    duration status_timeout{10'000};
    duration survive_for{30'000};  ///< Alive this long with a heartbeat proves the agent.
    duration heartbeat_timeout{
        90'000};                      ///< Silence after which an agent counts as lost; also how
                                      ///< long after its deadline an unknown start stays unknown.
    int max_in_flight = 400;          ///< Starts awaiting their answer, whole daemon. 1..10000.
    int max_per_town = 8;             ///< Live and starting agents of a town, mayor apart. 1..1000.
    int max_polecats_per_rig = 5;     ///< Live and starting polecats of a rig. 1..50.
    int max_polecats_per_town = 8;    ///< Live and starting polecats of a town. 1..1000.
    int max_refineries_per_town = 8;  ///< Live and starting refineries of a town. 1..1000.
    int max_starting = 4;             ///< Starts of one container that await their answer. 1..100.
    int starts_per_second = 100;   ///< Of the whole daemon, so that a fleet that heals at once is
                                   ///< no herd. 1..10000.
    duration slow_start{600'000};  ///< A role without a successful start for as long starts one
                                   ///< agent at a time until it has proved itself. 0..24 h; 0: off.
    int starts_per_hour = 600;     ///< Of a town, mayor apart. 1..100000.
    int failed_starts_per_hour = 120;  ///< Of a town, mayor apart. 1..100000.
    int max_attempts = 5;              ///< Sessions that may fail by a bead's own fault. 1..100.
    duration retry_backoff{5'000};     ///< After a failure that was not the bead's.
    duration work_backoff{30'000};     ///< After a failure of the work; doubles each time.
    duration max_backoff{600'000};     ///< Cap of work_backoff.
};

struct breaker_policies {
    breaker_policy agent;
};

/// How a place that fails is tried again: alone by its own wait, in the fleet by one budget.
struct retry_policy {
    int per_hour = 120;  ///< Failing tries of the whole fleet beside each town's first. 1..10000.
    int burst = 4;       ///< Tries at once after a quiet time. 1..100.
    duration first{5'000};  ///< Wait after the first and the second failure in a row. 1 s..then.
    duration then{30'000};  ///< After the third; doubles with each more. first..max.
    duration max{600'000};  ///< Longest wait. then..24 h.
    int sweeps_per_town =
        4;  ///< Failing tries of a town in recovery sweeps within an hour. 0..100.
    duration slow_after{
        10'000};  ///< A try without an answer for so long holds no place in a sweep,
                  ///< and a start none of the healthy ones' slots. 1 s..5 min.
    duration relapse_within{600'000};  ///< A place that fails so soon after its repair waits longer
                                       ///< and needs more than one success. 0..24 h.
};

struct reconciler_policy {
    duration interval{5'000};        ///< Longest time between ticks of an active town.
    duration idle_interval{60'000};  ///< The same of an idle one.
};

/// When an agent that lives counts as getting nowhere. Progress is what its container reports as
/// its last event; without any, the beginning of its session.
struct progress_policy {
    duration nudge_after{900'000};       ///< Without a tool at work: asked. 1 min..24 h.
    duration escalate_after{3'600'000};  ///< Asked urgently, and triage is called. nudge_after..
    duration stop_after{7'200'000};      ///< Stopped. escalate_after..7 d.
};

/// What keeps a town in order beside its work.
struct upkeep_policy {
    duration health_interval{60'000};      ///< Between health checks of a container. 10 s..1 h.
    bool restarts = false;                 ///< Somebody can be asked to restart a container.
    duration keep_history{7'776'000'000};  ///< Of what is over. 1 d..10 years.
    std::int64_t max_town_bytes = 4'294'967'296;  ///< No new beads in a bigger file. 16 MiB..
};

/// When one cause in many towns is an outage of the fleet, and how it is tried again.
enum class outage_mode : std::uint8_t {
    off,
    observe,  ///< Says what it would do and holds nobody back.
    act,
};
struct outage_policy {
    outage_mode mode = outage_mode::act;
    int min_towns = 5;            ///< Towns that fail for one cause. 2..10000.
    int town_share_percent = 20;  ///< And the share of the towns with work that fail. 1..100.
    int many_towns = 50;          ///< So many are an outage whatever their share. 2..100000.
    duration lease{150'000};      ///< A try's result is awaited for so long. Longer than
                                  ///< start_timeout.
};

/// All that ticks, rules, gate and breakers are governed by.
struct policy {
    reconciler_policy reconciler;
    dispatch_policy dispatch;
    breaker_policies breaker;
    retry_policy retry;
    outage_policy outage;
    progress_policy progress;
    upkeep_policy upkeep;
};

}  // namespace townd
