#pragma once
// Every series of the daemon but those of single towns. Holds prometheus-cpp: for metrics.cpp and
// metric_series.cpp alone.

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "sys/metric_grid.hpp"
#include "sys/metrics.hpp"

namespace townd::sys {

/// The process as /proc has it, under the names that every exporter uses.
struct process_series {
    explicit process_series(prometheus::Registry& in);
    void read();

    prometheus::Counter& cpu;
    prometheus::Gauge& resident;
    prometheus::Gauge& virt;
    prometheus::Gauge& files;
    prometheus::Gauge& files_max;
    prometheus::Gauge& threads;
    prometheus::Gauge& started;
};

struct metric_series {
    using Counter = prometheus::Counter;
    using Gauge = prometheus::Gauge;
    using Histogram = prometheus::Histogram;

    metric_series(prometheus::Registry& registry, const metric_words& words);

    metric_grid<Gauge> towns;
    metric_grid<Gauge> breakers;
    metric_grid<Gauge> waiting;
    metric_grid<Gauge> oldest_waiting;
    metric_grid<Gauge> held_back;
    metric_grid<Gauge> last_success;
    metric_grid<Gauge> overrides;
    Gauge& oldest_override;
    Gauge& towns_draining;
    Gauge& invariants_broken;
    metric_grid<Gauge> stuck;
    Gauge& retry_left;
    Gauge& retry_failures;
    Gauge& leases_out;
    Gauge& failing_roles;
    metric_grid<Gauge> outages;
    metric_grid<Gauge> outage_towns;
    metric_grid<Counter> outage_changes;
    metric_grid<Counter> suppressed;
    metric_grid<Gauge> in_flight;
    metric_grid<Counter> transitions;
    metric_grid<Counter> probes;
    metric_grid<Counter> attempts;
    metric_grid<Counter> errors;
    metric_grid<Histogram> durations;
    metric_grid<Counter> actions;
    metric_grid<Counter> storage;
    metric_grid<Counter> invariants;
    metric_grid<Counter> requests;
    metric_grid<Histogram> request_durations;
    Counter& ticks;
    Histogram& tick_duration;
    Gauge& last_tick;
    Counter& overruns;
    Gauge& reloaded;
    Gauge& reloaded_at;
    Gauge& differs;
    Gauge& pending;
    Counter& events_dropped;
    Gauge& event_clients;
    process_series process;
};

}  // namespace townd::sys
