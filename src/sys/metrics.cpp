#include "sys/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>

#include "sys/metric_grid.hpp"
#include "sys/process_stats.hpp"

namespace townd::sys {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;
using words_list = std::vector<std::string>;

const words_list roles{"polecat", "refinery", "mayor"};
const words_list breaker_roles{"polecat", "refinery", "mayor", "all"};
const words_list breaker_states{"closed", "open", "half_open", "forced_open", "forced_closed"};
const words_list breaker_scopes{"agent", "role", "rig", "container"};
const words_list outage_change_words{"opened", "ramping", "probing", "closed"};
const words_list order_scopes{"daemon", "town", "rig", "role"};
const words_list order_kinds{"pause", "drain"};
const words_list outcomes{"success", "failure", "neutral", "unknown"};
const words_list town_states{"dispatching", "degraded", "blocked", "paused"};

const Histogram::BucketBoundaries dispatch_buckets{.005, .01, .025, .05, .1, .25, .5,
                                                   1,    2.5, 5,    10,  20, 30,  60};
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

// The only thing that can fail here is memory; a count is then lost, not the daemon.
template <class Action>
void quietly(const Action& action) noexcept {
    try {
        action();
    } catch (...) {
        return;
    }
}

struct process_series {
    explicit process_series(prometheus::Registry& in)
        : cpu{counter(in, "process_cpu_seconds_total", "User and system CPU time spent.").Add({})},
          resident{gauge(in, "process_resident_memory_bytes", "Resident memory.").Add({})},
          virt{gauge(in, "process_virtual_memory_bytes", "Virtual memory.").Add({})},
          files{gauge(in, "process_open_fds", "Open file descriptors.").Add({})},
          files_max{gauge(in, "process_max_fds", "Limit of open file descriptors.").Add({})},
          threads{gauge(in, "process_threads", "Threads.").Add({})},
          started{
              gauge(in, "process_start_time_seconds", "Start of the process, Unix time.").Add({})} {
    }

    void read() {
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

    Counter& cpu;
    Gauge& resident;
    Gauge& virt;
    Gauge& files;
    Gauge& files_max;
    Gauge& threads;
    Gauge& started;
};

}  // namespace

struct metrics::state {
    explicit state(const metric_words& words)
        : towns{gauge(registry, "townd_towns", "Towns by state."),
                want_all,
                {{"state", town_states}}},
          breakers{gauge(registry, "townd_breakers", "Circuit breakers by state."),
                   want_all,
                   {{"role", breaker_roles}, {"state", breaker_states}, {"scope", breaker_scopes}}},
          waiting{gauge(registry, "townd_beads_waiting", "Ready beads by what holds them back."),
                  want_all,
                  {{"reason", words.wait_reasons}}},
          overrides{gauge(registry, "townd_overrides", "Operators' orders in force."),
                    want_all,
                    {{"scope", order_scopes}, {"kind", order_kinds}}},
          outages{gauge(registry, "townd_outages", "Outages of many towns that are open."),
                  want_all,
                  {{"role", roles}}},
          outage_towns{
              gauge(registry, "townd_outage_towns", "Towns that belong to an open outage."),
              want_all,
              {{"role", roles}}},
          outage_changes{counter(registry, "townd_outage_transitions_total",
                                 "Outages opened, ramping, probing again, closed."),
                         want_all,
                         {{"role", roles}, {"change", outage_change_words}}},
          suppressed{counter(registry, "townd_dispatch_suppressed_total",
                             "Beads that a breaker, an outage or a budget began to hold back."),
                     want_all,
                     {{"role", roles}}},
          in_flight{gauge(registry, "townd_dispatch_in_flight", "Starts awaiting their answer."),
                    want_all,
                    {{"role", roles}}},
          transitions{counter(registry, "townd_breaker_transitions_total",
                              "Changes of state of circuit breakers."),
                      is_change,
                      {{"role", breaker_roles}, {"from", breaker_states}, {"to", breaker_states}}},
          probes{counter(registry, "townd_breaker_probes_total", "Probes of half-open breakers."),
                 want_all,
                 {{"role", breaker_roles}, {"outcome", outcomes}}},
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
          requests{counter(registry, "townd_http_requests_total", "Requests answered."),
                   want_all,
                   {{"handler", words.handlers}, {"code", status_classes}}},
          ticks{counter(registry, "townd_reconciler_ticks_total", "Ticks done.").Add({})},
          tick_duration{histogram(registry, "townd_reconciler_tick_duration_seconds",
                                  "Duration of a town's tick.")
                            .Add({}, tick_buckets)},
          last_tick{gauge(registry, "townd_reconciler_last_tick_timestamp_seconds",
                          "End of the newest tick, Unix time.")
                        .Add({})},
          reloaded{gauge(registry, "townd_config_last_reload_successful",
                         "1 when the configuration was last loaded without a problem.")
                       .Add({}, 1.0)},
          process{registry} {}

    prometheus::Registry registry;
    metric_grid<Gauge> towns;
    metric_grid<Gauge> breakers;
    metric_grid<Gauge> waiting;
    metric_grid<Gauge> overrides;
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
    metric_grid<Counter> requests;
    Counter& ticks;
    Histogram& tick_duration;
    Gauge& last_tick;
    Gauge& reloaded;
    process_series process;
};

metrics::metrics(std::string_view version, std::string_view revision, const metric_words& words)
    : state_{std::make_unique<state>(words)} {
    gauge(state_->registry, "townd_build_info", "Always 1; what runs is in the labels.")
        .Add({{"version", clean_text(version, 64)}, {"revision", clean_text(revision, 64)}}, 1.0);
}
metrics::~metrics() = default;

void metrics::set_towns(std::string_view town_state, double count) noexcept {
    quietly([&] { state_->towns.at(town_state).Set(count); });
}
void metrics::set_breakers(std::string_view role, std::string_view breaker_state,
                           std::string_view scope, double count) noexcept {
    quietly([&] { state_->breakers.at(role, breaker_state, scope).Set(count); });
}
void metrics::set_beads_waiting(std::string_view reason, double count) noexcept {
    quietly([&] { state_->waiting.at(reason).Set(count); });
}
void metrics::set_overrides(std::string_view scope, std::string_view kind, double count) noexcept {
    quietly([&] { state_->overrides.at(scope, kind).Set(count); });
}
void metrics::set_in_flight(std::string_view role, double count) noexcept {
    quietly([&] { state_->in_flight.at(role).Set(count); });
}
void metrics::set_outages(std::string_view role, double open, double members) noexcept {
    quietly([&] {
        state_->outages.at(role).Set(open);
        state_->outage_towns.at(role).Set(members);
    });
}
void metrics::outage_changed(std::string_view role, std::string_view change) noexcept {
    quietly([&] { state_->outage_changes.at(role, change).Increment(); });
}
void metrics::starts_suppressed(std::string_view role, double count) noexcept {
    quietly([&] { state_->suppressed.at(role).Increment(count); });
}
void metrics::breaker_changed(std::string_view role, std::string_view from,
                              std::string_view to) noexcept {
    quietly([&] { state_->transitions.at(role, from, to).Increment(); });
}
void metrics::probe_ended(std::string_view role, std::string_view outcome) noexcept {
    quietly([&] { state_->probes.at(role, outcome).Increment(); });
}
void metrics::attempt_ended(std::string_view role, std::string_view outcome,
                            duration took) noexcept {
    quietly([&] {
        state_->attempts.at(role, outcome).Increment();
        state_->durations.at(role, outcome).Observe(to_seconds(took));
    });
}
void metrics::dispatch_failed(std::string_view role, error_code code, error_phase phase) noexcept {
    quietly([&] { state_->errors.at(role, to_text(code), to_text(phase)).Increment(); });
}
void metrics::tick_done(duration took, instant at) noexcept {
    quietly([&] {
        state_->ticks.Increment();
        state_->tick_duration.Observe(to_seconds(took));
        state_->last_tick.Set(static_cast<double>(unix_ms(at)) / 1000.0);
    });
}
void metrics::action_applied(std::string_view type) noexcept {
    quietly([&] { state_->actions.at(type).Increment(); });
}
void metrics::storage_failed(std::string_view op, errc code) noexcept {
    quietly([&] { state_->storage.at(op, to_text(code)).Increment(); });
}
void metrics::http_answered(std::string_view handler, int status) noexcept {
    const bool known = status >= 100 && status <= 599;
    quietly([&] {
        const std::string_view code =
            known ? std::string_view{status_classes[static_cast<std::size_t>(status / 100 - 1)]}
                  : other_value;
        state_->requests.at(handler, code).Increment();
    });
}
void metrics::config_reloaded(bool well) noexcept {
    quietly([&] { state_->reloaded.Set(well ? 1.0 : 0.0); });
}

std::string metrics::scrape() const noexcept {
    std::string out;
    quietly([&] {
        state_->process.read();
        out = prometheus::TextSerializer{}.Serialize(state_->registry.Collect());
    });
    return out;
}

}  // namespace townd::sys
