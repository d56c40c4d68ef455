#include "sys/metrics.hpp"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>

#include "sys/metric_series.hpp"
#include "sys/town_series.hpp"

namespace townd::sys {
namespace {

constexpr duration tick_overrun{1'000};

double unix_seconds(instant at) noexcept {
    return static_cast<double>(unix_ms(at)) / 1000.0;
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

}  // namespace

struct metrics::state {
    explicit state(const metric_words& words) : all{registry, words}, towns{registry} {}

    prometheus::Registry registry;
    metric_series all;
    town_series towns;
};

metrics::metrics(std::string_view version, std::string_view revision, const metric_words& words)
    : state_{std::make_unique<state>(words)} {
    prometheus::BuildGauge()
        .Name("townd_build_info")
        .Help("Always 1; what runs is in the labels.")
        .Register(state_->registry)
        .Add({{"version", clean_text(version, 64)}, {"revision", clean_text(revision, 64)}}, 1.0);
}
metrics::~metrics() = default;

void metrics::set_towns(std::string_view town_state, double count) noexcept {
    quietly([&] { state_->all.towns.at(town_state).Set(count); });
}
void metrics::set_breakers(std::string_view role, std::string_view breaker_state,
                           std::string_view scope, double count) noexcept {
    quietly([&] { state_->all.breakers.at(role, breaker_state, scope).Set(count); });
}
void metrics::set_beads_waiting(std::string_view reason, double count) noexcept {
    quietly([&] { state_->all.waiting.at(reason).Set(count); });
}
void metrics::set_overrides(std::string_view scope, std::string_view kind, double count) noexcept {
    quietly([&] { state_->all.overrides.at(scope, kind).Set(count); });
}
void metrics::set_in_flight(std::string_view role, double count) noexcept {
    quietly([&] { state_->all.in_flight.at(role).Set(count); });
}
void metrics::set_outages(std::string_view role, double open, double members) noexcept {
    quietly([&] {
        state_->all.outages.at(role).Set(open);
        state_->all.outage_towns.at(role).Set(members);
    });
}
void metrics::outage_changed(std::string_view role, std::string_view change) noexcept {
    quietly([&] { state_->all.outage_changes.at(role, change).Increment(); });
}
void metrics::starts_suppressed(std::string_view role, std::string_view reason,
                                double count) noexcept {
    quietly([&] { state_->all.suppressed.at(role, reason).Increment(count); });
}
void metrics::set_oldest_waiting(std::string_view role, duration age) noexcept {
    quietly([&] { state_->all.oldest_waiting.at(role).Set(to_seconds(age)); });
}
void metrics::set_held_back(std::string_view role, double towns) noexcept {
    quietly([&] { state_->all.held_back.at(role).Set(towns); });
}
void metrics::set_beads_stuck(std::string_view why, double count) noexcept {
    quietly([&] { state_->all.stuck.at(why).Set(count); });
}

void metrics::set_retry_budget(double left, double failures, double leases,
                               double failing) noexcept {
    quietly([&] {
        state_->all.retry_left.Set(left);
        state_->all.retry_failures.Set(failures);
        state_->all.leases_out.Set(leases);
        state_->all.failing_roles.Set(failing);
    });
}

void metrics::set_upkeep(double draining, double invariants_broken) noexcept {
    quietly([&] {
        state_->all.towns_draining.Set(draining);
        state_->all.invariants_broken.Set(invariants_broken);
    });
}

void metrics::set_oldest_override(duration age) noexcept {
    quietly([&] { state_->all.oldest_override.Set(to_seconds(age)); });
}
void metrics::start_succeeded(std::string_view role, instant at) noexcept {
    quietly([&] { state_->all.last_success.at(role).Set(unix_seconds(at)); });
}
void metrics::invariant_broken(std::string_view which) noexcept {
    quietly([&] { state_->all.invariants.at(which).Increment(); });
}
void metrics::breaker_changed(std::string_view role, std::string_view from,
                              std::string_view to) noexcept {
    quietly([&] { state_->all.transitions.at(role, from, to).Increment(); });
}
void metrics::probe_ended(std::string_view role, std::string_view outcome) noexcept {
    quietly([&] { state_->all.probes.at(role, outcome).Increment(); });
}
void metrics::attempt_ended(std::string_view role, std::string_view outcome,
                            duration took) noexcept {
    quietly([&] {
        state_->all.attempts.at(role, outcome).Increment();
        state_->all.durations.at(role, outcome).Observe(to_seconds(took));
    });
}
void metrics::dispatch_failed(std::string_view role, error_code code, error_phase phase) noexcept {
    quietly([&] { state_->all.errors.at(role, to_text(code), to_text(phase)).Increment(); });
}
void metrics::tick_done(duration took, instant at) noexcept {
    quietly([&] {
        state_->all.ticks.Increment();
        state_->all.tick_duration.Observe(to_seconds(took));
        state_->all.last_tick.Set(unix_seconds(at));
        if (took > tick_overrun) state_->all.overruns.Increment();
    });
}
void metrics::action_applied(std::string_view type) noexcept {
    quietly([&] { state_->all.actions.at(type).Increment(); });
}
void metrics::storage_failed(std::string_view op, errc code) noexcept {
    quietly([&] { state_->all.storage.at(op, to_text(code)).Increment(); });
}
void metrics::http_answered(std::string_view handler, int status,
                            std::chrono::microseconds took) noexcept {
    static constexpr std::array<std::string_view, 5> classes{"1xx", "2xx", "3xx", "4xx", "5xx"};
    const bool known = status >= 100 && status <= 599;
    quietly([&] {
        const std::string_view code =
            known ? classes[static_cast<std::size_t>(status / 100 - 1)] : other_value;
        state_->all.requests.at(handler, code).Increment();
        state_->all.request_durations.at(handler).Observe(static_cast<double>(took.count()) / 1e6);
    });
}
void metrics::config_reloaded(bool well) noexcept {
    quietly([&] { state_->all.reloaded.Set(well ? 1.0 : 0.0); });
}
void metrics::set_config(instant loaded_at, bool differs_from_disk,
                         std::size_t pending_restart) noexcept {
    quietly([&] {
        state_->all.reloaded_at.Set(unix_seconds(loaded_at));
        state_->all.differs.Set(differs_from_disk ? 1.0 : 0.0);
        state_->all.pending.Set(static_cast<double>(pending_restart));
    });
}
void metrics::set_events(double clients, double dropped) noexcept {
    quietly([&] {
        auto& known = state_->all.events_dropped;
        known.Increment(std::max(0.0, dropped - known.Value()));
        state_->all.event_clients.Set(clients);
    });
}
void metrics::set_town_troubles(std::span<const town_trouble> now_in_trouble, std::size_t most,
                                instant now) noexcept {
    quietly([&] { state_->towns.set(now_in_trouble, most, now); });
}

std::string metrics::scrape() const noexcept {
    std::string out;
    quietly([&] {
        state_->all.process.read();
        out = prometheus::TextSerializer{}.Serialize(state_->registry.Collect());
    });
    return out;
}

}  // namespace townd::sys
