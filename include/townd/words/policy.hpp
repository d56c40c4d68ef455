#pragma once
// What the configuration decides, as plain values for the pure core. Defaults are the shipped ones;
// the configuration reader checks the ranges given here.

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
        90'000};                    ///< Silence after which an agent counts as lost; also how
                                    ///< long after its deadline an unknown start stays unknown.
    int max_in_flight = 200;        ///< Starts awaiting their answer, whole daemon. 1..10000.
    int max_per_town = 8;           ///< Live and starting agents of a town, mayor apart. 1..1000.
    int max_polecats_per_rig = 5;   ///< Live and starting polecats of a rig. 1..50.
    int max_attempts = 5;           ///< Sessions that may fail by a bead's own fault. 1..100.
    duration retry_backoff{5'000};  ///< After a failure that was not the bead's.
    duration work_backoff{30'000};  ///< After a failure of the work; doubles each time.
    duration max_backoff{600'000};  ///< Cap of work_backoff.
};

struct breaker_policies {
    breaker_policy agent;
    breaker_policy container{5, duration{30'000}, duration{600'000}, 0.2, duration{70'000}, 60, 20};
};

struct reconciler_policy {
    duration interval{5'000};        ///< Longest time between ticks of an active town.
    duration idle_interval{60'000};  ///< The same of an idle one.
};

/// All that ticks, rules, gate and breakers are governed by.
struct policy {
    reconciler_policy reconciler;
    dispatch_policy dispatch;
    breaker_policies breaker;
};

}  // namespace townd
