#include "config/cross_rules.hpp"

#include <array>

#include "config/text_checks.hpp"

namespace townd::config {
namespace {

constexpr std::string_view start_key = "dispatch.start_timeout";

bool is_written(const settings& values, std::string_view key) {
    const auto origin = values.origins.find(key);
    return origin != values.origins.end() && origin->second != "default";
}

// `low` must not be longer than `high`. Blames the key that the file sets.
struct order_rule {
    std::string_view low_key;
    duration low;
    std::string_view high_key;
    duration high;

    void check(const settings& values, const report_at& report) const {
        if (low <= high) return;
        if (is_written(values, high_key)) {
            report(high_key, duration_text(high) + " is shorter than " + std::string{low_key} +
                                 ", " + duration_text(low) + " (write " + duration_text(low) +
                                 " or more, or shorten " + std::string{low_key} + ")");
        } else {
            report(low_key, duration_text(low) + " is longer than " + std::string{high_key} + ", " +
                                duration_text(high) + " (write " + duration_text(high) +
                                " or less, or lengthen " + std::string{high_key} + ")");
        }
    }
};

void check_probe(const settings& values, const report_at& report, const std::string& key,
                 duration probe_timeout) {
    const duration start = values.policy.dispatch.start_timeout;
    if (probe_timeout > start || !is_written(values, key)) return;
    report(key, duration_text(probe_timeout) + " is not longer than " + std::string{start_key} +
                    ", " + duration_text(start) + ": every probe would expire before its answer " +
                    "(write " + duration_text(start + duration{10'000}) + ", or leave it out)");
}

// The API without any credential is open to whoever reaches it.
void check_exposure(const settings& values, const report_at& report) {
    if (values.api.token_file || values.api.jwt_secret_file) return;
    const auto address = parse_listen(values.api.listen);
    if (!address || is_loopback(*address)) return;
    report("api.listen",
           "is reachable from other machines and nothing asks for a credential "
           "(set api.token_file and api.jwt_secret_file, or write 127.0.0.1:" +
               std::to_string(address->port) + ")");
}

// The pages have no TLS: a token that crosses the network would be anyone's.
void check_pages(const settings& values, const report_at& report) {
    if (values.debug.allow_insecure) return;
    const auto address = parse_listen(values.debug.listen);
    if (!address || is_loopback(*address)) return;
    report("debug.listen",
           std::string{values.debug.token_file ? "" : "without a token and "} +
               "without TLS must not be reachable from other machines (write 127.0.0.1:" +
               std::to_string(address->port) +
               " and let a proxy on this machine end TLS in front of it, or set "
               "debug.allow_insecure: true)");
}

}  // namespace

void derive_probe_timeouts(settings& values) {
    const duration start = values.policy.dispatch.start_timeout;
    const auto derive = [&](std::string_view key, duration& probe_timeout) {
        if (is_written(values, key) || probe_timeout > start) return;
        probe_timeout = start + duration{10'000};
        values.origins.insert_or_assign(std::string{key}, "derived from " + std::string{start_key});
    };
    // A town uses its leave early enough for an answer in time.
    constexpr std::string_view lease_key = "outage.lease";
    if (!is_written(values, lease_key) && values.policy.outage.lease < 2 * start) {
        values.policy.outage.lease = 2 * start + duration{30'000};
        values.origins.insert_or_assign(std::string{lease_key},
                                        "derived from " + std::string{start_key});
    }
    derive("breaker.agent.probe_timeout", values.policy.breaker.agent.probe_timeout);
}

void check_rules(const settings& values, const report_at& report) {
    const townd::policy& p = values.policy;
    const std::array rules{
        order_rule{"reconciler.interval", p.reconciler.interval, "reconciler.idle_interval",
                   p.reconciler.idle_interval},
        order_rule{"dispatch.connect_timeout", p.dispatch.connect_timeout, start_key,
                   p.dispatch.start_timeout},
        order_rule{"dispatch.work_backoff", p.dispatch.work_backoff, "dispatch.max_backoff",
                   p.dispatch.max_backoff},
        order_rule{"progress.nudge_after", p.progress.nudge_after, "progress.escalate_after",
                   p.progress.escalate_after},
        order_rule{"progress.escalate_after", p.progress.escalate_after, "progress.stop_after",
                   p.progress.stop_after},
        order_rule{"breaker.agent.open", p.breaker.agent.open, "breaker.agent.max_open",
                   p.breaker.agent.max_open},
        order_rule{"retry.first", p.retry.first, "retry.then", p.retry.then},
        order_rule{"retry.then", p.retry.then, "retry.max", p.retry.max},
    };
    for (const order_rule& each : rules)
        each.check(values, report);
    check_probe(values, report, "breaker.agent.probe_timeout", p.breaker.agent.probe_timeout);
    check_probe(values, report, "outage.lease", p.outage.lease);
    check_exposure(values, report);
    check_pages(values, report);
}

void check_exposed(const settings& values, const report_at& warn) {
    const auto pages = parse_listen(values.debug.listen);
    if (pages && !is_loopback(*pages) && values.debug.allow_insecure)
        warn("debug.allow_insecure",
             "other machines can reach the pages at " + values.debug.listen + " without TLS" +
                 (values.debug.token_file ? "" : " and without a token") +
                 " (let a proxy on this machine end TLS in front of 127.0.0.1)");
    const auto api = parse_listen(values.api.listen);
    if (api && !is_loopback(*api))
        warn("api.listen",
             "tokens cross the network in clear text (let a proxy on this machine end TLS in front "
             "of 127.0.0.1, unless this network is trusted)");
}

}  // namespace townd::config
