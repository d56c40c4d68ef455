#include "sys/metric_series.hpp"

#include <algorithm>

#include "sys/process_stats.hpp"

namespace townd::sys {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;
using words_list = std::vector<std::string>;

const words_list roles{"polecat", "refinery", "mayor"};
const words_list breaker_states{"closed", "open", "half_open", "forced_open", "forced_closed"};
const words_list breaker_scopes{"agent", "place"};
const words_list outage_change_words{"opened", "recovering", "probing", "closed"};
const words_list stuck_words{"parked", "held", "attempts_exhausted", "unanswered"};
const words_list order_scopes{"daemon", "town", "rig", "role"};
const words_list order_kinds{"pause", "drain"};
const words_list outcomes{"success", "failure", "neutral", "unknown"};
const words_list town_states{"dispatching", "degraded", "blocked", "paused"};

const Histogram::BucketBoundaries dispatch_buckets{.005, .01, .025, .05, .1, .25, .5,
                                                   1,    2.5, 5,    10,  20, 30,  60};
const Histogram::BucketBoundaries request_buckets{.001, .005, .025, .1, .5, 1, 5, 30};
const Histogram::BucketBoundaries tick_buckets{.00005, .0001, .00025, .0005, .001, .0025, .005,
                                               .01,    .025,  .05,    .1,    .25,  1,     5};

template <class Enum, std::size_t Count>
words_list names_of() {
    words_list out;
    for (std::size_t i = 0; i < Count; ++i)
        out.emplace_back(to_text(static_cast<Enum>(i)));
    return out;
}
const words_list codes = names_of<error_code, error_code_count>();
const words_list phases = names_of<error_phase, static_cast<std::size_t>(error_phase::agent) + 1>();
const words_list kinds = names_of<errc, static_cast<std::size_t>(errc::internal) + 1>();
const words_list status_classes{"1xx", "2xx", "3xx", "4xx", "5xx"};
const words_list invariant_words{"action_failed", "cycle_failed", "failure_without_error",
                                 "reply_failed"};

bool is_change(const prometheus::Labels& set) {
    return set.at("from") != set.at("to");
}

// The phase mostly follows from the code; 840 combinations would be a page of zeros.
bool is_usual_error(const prometheus::Labels& set) {
    const std::string& phase = set.at("phase");
    switch (parse_error_code(set.at("code")).value_or(error_code::unknown)) {
        case error_code::resolve_failed:
            return phase == "resolve";
        case error_code::connect_refused:
        case error_code::connect_timeout:
        case error_code::connect_unreachable:
            return phase == "connect";
        case error_code::tls_failed:
            return phase == "tls";
        case error_code::write_failed:
            return phase == "write";
        case error_code::header_timeout:
        case error_code::reset:
        case error_code::eof_early:
            return phase == "header";
        case error_code::body_timeout:
            return phase == "body";
        case error_code::body_invalid:
        case error_code::body_too_large:
            return phase == "decode";
        case error_code::agent_exited:
        case error_code::agent_no_heartbeat:
            return phase == "agent";
        case error_code::credentials_rejected:
        case error_code::config_invalid:
        case error_code::budget_exceeded:
        case error_code::storage_error:
        case error_code::storage_too_big:
        case error_code::cancelled:
        case error_code::internal:
            return phase == "prepare";
        default:
            return phase == "start";
    }
}

// HELP texts are not escaped by the serialiser: keep them on one line, without a backslash.
prometheus::Family<Counter>& counter(prometheus::Registry& in, const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(in);
}
prometheus::Family<Gauge>& gauge(prometheus::Registry& in, const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(in);
}
prometheus::Family<Histogram>& histogram(prometheus::Registry& in, const char* name,
                                         const char* help) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(in);
}

// A counter that another book-keeper (the kernel) counts.
void raise_to(Counter& counter, double value) {
    counter.Increment(std::max(0.0, value - counter.Value()));
}

}  // namespace

process_series::process_series(prometheus::Registry& in)
    : cpu{counter(in, "process_cpu_seconds_total", "User and system CPU time spent.").Add({})},
      resident{gauge(in, "process_resident_memory_bytes", "Resident memory.").Add({})},
      virt{gauge(in, "process_virtual_memory_bytes", "Virtual memory.").Add({})},
      files{gauge(in, "process_open_fds", "Open file descriptors.").Add({})},
      files_max{gauge(in, "process_max_fds", "Limit of open file descriptors.").Add({})},
      threads{gauge(in, "process_threads", "Threads.").Add({})},
      started{gauge(in, "process_start_time_seconds", "Start of the process, Unix time.").Add({})} {
}

void process_series::read() {
    const auto now = read_process_stats();
    if (!now) return;
    raise_to(cpu, now->cpu_seconds);
    resident.Set(now->resident_bytes);
    virt.Set(now->virtual_bytes);
    files.Set(now->open_files);
    files_max.Set(now->file_limit);
    threads.Set(now->threads);
    started.Set(now->started_at_seconds);
}

metric_series::metric_series(prometheus::Registry& registry, const metric_words& words)
    : towns{gauge(registry, "townd_towns", "Towns by state."), want_all, {{"state", town_states}}},
      breakers{gauge(registry, "townd_breakers", "Circuit breakers by state."),
               want_all,
               {{"role", roles}, {"state", breaker_states}, {"scope", breaker_scopes}}},
      waiting{gauge(registry, "townd_beads_waiting", "Ready beads by what holds them back."),
              want_all,
              {{"reason", words.wait_reasons}}},
      oldest_waiting{gauge(registry, "townd_oldest_waiting_bead_seconds",
                           "Age of the oldest bead that only townd keeps waiting; 0: none."),
                     want_all,
                     {{"role", roles}}},
      held_back{gauge(registry, "townd_towns_held_back",
                      "Towns with beads that a breaker, an outage or a budget holds back."),
                want_all,
                {{"role", roles}}},
      last_success{gauge(registry, "townd_last_success_timestamp_seconds",
                         "Newest successful start, Unix time; 0: none since the daemon's own."),
                   want_all,
                   {{"role", roles}}},
      overrides{gauge(registry, "townd_overrides", "Operators' orders in force."),
                want_all,
                {{"scope", order_scopes}, {"kind", order_kinds}}},
      oldest_override{gauge(registry, "townd_override_oldest_seconds",
                            "Age of the oldest order in force; 0 when there is none.")
                          .Add({})},
      towns_draining{
          gauge(registry, "townd_towns_draining", "Towns whose container is being replaced.")
              .Add({})},
      invariants_broken{gauge(registry, "townd_invariants_broken",
                              "Things that must hold in a town and do not, for a minute or more.")
                            .Add({})},
      stuck{gauge(registry, "townd_beads_stuck",
                  "Beads that only a person moves on, or whose start nobody answered."),
            want_all,
            {{"why", stuck_words}}},
      retry_left{gauge(registry, "townd_retry_budget_left",
                       "Tries of the fleet that may yet fail within this hour.")
                     .Add({})},
      retry_failures{gauge(registry, "townd_retry_failures",
                           "Failed and refused tries of the last hour that the retry budget knows.")
                         .Add({})},
      leases_out{gauge(registry, "townd_retry_leases", "Leases of the retry budget that are out.")
                     .Add({})},
      failing_roles{gauge(registry, "townd_retry_failing_roles",
                          "Roles of towns that fail and wait for a probe.")
                        .Add({})},
      outages{gauge(registry, "townd_outages", "Outages of many towns that are open."),
              want_all,
              {{"role", roles}}},
      outage_towns{gauge(registry, "townd_outage_towns", "Towns that belong to an open outage."),
                   want_all,
                   {{"role", roles}}},
      outage_changes{counter(registry, "townd_outage_transitions_total",
                             "Outages opened, recovering, probing again, closed."),
                     want_all,
                     {{"role", roles}, {"change", outage_change_words}}},
      suppressed{counter(registry, "townd_dispatch_suppressed_total",
                         "Beads that a breaker, an outage or a budget began to hold back."),
                 want_all,
                 {{"role", roles}, {"reason", words.suppress_reasons}}},
      in_flight{gauge(registry, "townd_dispatch_in_flight", "Starts awaiting their answer."),
                want_all,
                {{"role", roles}}},
      transitions{counter(registry, "townd_breaker_transitions_total",
                          "Changes of state of circuit breakers."),
                  is_change,
                  {{"role", roles}, {"from", breaker_states}, {"to", breaker_states}}},
      probes{counter(registry, "townd_breaker_probes_total", "Probes of half-open breakers."),
             want_all,
             {{"role", roles}, {"outcome", outcomes}}},
      attempts{counter(registry, "townd_dispatch_attempts_total",
                       "Attempts to start an agent whose outcome is known."),
               want_all,
               {{"role", roles}, {"outcome", outcomes}}},
      errors{counter(registry, "townd_dispatch_errors_total",
                     "Failures of attempts and sessions by cause."),
             is_usual_error,
             {{"role", roles}, {"code", codes}, {"phase", phases}}},
      durations{histogram(registry, "townd_dispatch_duration_seconds",
                          "Time from the intent to the outcome of an attempt."),
                want_all,
                {{"role", roles}, {"outcome", outcomes}},
                dispatch_buckets},
      actions{counter(registry, "townd_reconciler_actions_total", "Actions of the reconciler."),
              want_all,
              {{"type", words.actions}}},
      storage{counter(registry, "townd_storage_errors_total", "Failures of town databases."),
              want_all,
              {{"op", words.storage_ops}, {"code", kinds}}},
      invariants{counter(registry, "townd_invariant_violations_total",
                         "Faults of townd itself that it caught in time."),
                 want_all,
                 {{"invariant", invariant_words}}},
      requests{counter(registry, "townd_http_requests_total", "Requests answered."),
               want_all,
               {{"handler", words.handlers}, {"code", status_classes}}},
      request_durations{histogram(registry, "townd_http_request_duration_seconds",
                                  "Time from the whole request to the written response."),
                        want_all,
                        {{"handler", words.handlers}},
                        request_buckets},
      ticks{counter(registry, "townd_reconciler_ticks_total", "Ticks done.").Add({})},
      tick_duration{histogram(registry, "townd_reconciler_tick_duration_seconds",
                              "Duration of a town's tick.")
                        .Add({}, tick_buckets)},
      last_tick{gauge(registry, "townd_reconciler_last_tick_timestamp_seconds",
                      "End of the newest tick, Unix time.")
                    .Add({})},
      overruns{counter(registry, "townd_town_tick_overruns_total",
                       "Ticks of a town that took over a second of its thread.")
                   .Add({})},
      reloaded{gauge(registry, "townd_config_last_reload_successful",
                     "1 when the configuration was last loaded without a problem.")
                   .Add({}, 1.0)},
      reloaded_at{gauge(registry, "townd_config_last_reload_success_timestamp_seconds",
                        "When the configuration in force was loaded, Unix time.")
                      .Add({})},
      differs{gauge(registry, "townd_config_differs_from_disk",
                    "1 when the file is not what is in force.")
                  .Add({})},
      pending{gauge(registry, "townd_config_pending_restart",
                    "Keys whose new value waits for a restart.")
                  .Add({})},
      events_dropped{counter(registry, "townd_events_dropped_total",
                             "Events that a watcher of the stream was too slow for.")
                         .Add({})},
      event_clients{gauge(registry, "townd_sse_clients", "Watchers of the event stream.").Add({})},
      process{registry} {}

}  // namespace townd::sys
