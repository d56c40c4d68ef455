#include "debug/doctor.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <utility>

#include "debug/replies.hpp"

namespace townd::debug {
namespace {

constexpr duration idle_work_age = std::chrono::minutes{10};
constexpr duration probe_patience = std::chrono::minutes{2};
constexpr duration order_age = std::chrono::hours{12};
constexpr duration short_log = std::chrono::minutes{10};
constexpr std::uint64_t disk_low_bytes = 1'024ULL * 1'024 * 1'024;
constexpr std::uint64_t disk_out_bytes = 100ULL * 1'024 * 1'024;
constexpr std::size_t names_max = 5;

enum class health : std::uint8_t { ok, warn, fail };
constexpr std::array<std::string_view, 3> words{"ok", "warn", "fail"};

struct finding {
    health status = health::ok;
    std::string text;
};

// What a check looks at, read once.
struct evidence {
    const face& f;
    summary_list towns;
    overview sum;
    json config;
    machine_facts machine;
    engine::operator_view orders;
};

std::string count_of(std::size_t count, std::string_view one, std::string_view many) {
    return std::to_string(count) + " " + std::string{count == 1 ? one : many};
}

// `3 towns: a, b, c`, at most five by name.
std::string named(const std::vector<std::string>& names, std::string_view one,
                  std::string_view many) {
    std::string out = count_of(names.size(), one, many) + ": ";
    for (std::size_t i = 0; i < std::min(names.size(), names_max); ++i)
        out += (i == 0 ? "" : ", ") + clean_text(names[i], 80);
    return names.size() > names_max ? out + ", …" : out;
}

template <class Is>
std::vector<std::string> towns_that(const evidence& e, Is is) {
    std::vector<std::string> out;
    for (const auto& town : e.towns)
        if (is(*town)) out.push_back(town->id);
    return out;
}

finding from_towns(const std::vector<std::string>& towns, health bad, std::string_view what,
                   std::string_view well) {
    if (towns.empty()) return {health::ok, std::string{well}};
    return {bad, named(towns, "town", "towns") + ": " + std::string{what}};
}

// ---- Ticks and towns ----------------------------------------------------------------------------

finding ticks(const evidence& e) {
    const auto& total = e.sum.total;
    if (!total.last_tick_at) return {health::warn, "no tick was finished yet"};
    const std::string age = "last tick " + to_words(e.sum.now - *total.last_tick_at) + " ago";
    if (total.towns_late == 0) return {health::ok, "no town is late; " + age};
    const bool most = total.towns_late * 2 > e.sum.towns;
    return {most ? health::fail : health::warn,
            count_of(static_cast<std::size_t>(total.towns_late), "town is", "towns are") +
                " late with a tick; " + age};
}

finding set_aside(const evidence& e) {
    const auto towns = towns_that(e, [](const engine::town_summary& t) {
        return t.condition == engine::town_condition::set_aside;
    });
    return from_towns(towns, health::fail, "the file cannot be used", "every town can be read");
}

// Work that nothing holds back, next to agents that could take it (gascity #5428).
finding idle_work(const evidence& e) {
    const bool full = e.sum.total.in_flight >= e.sum.total.in_flight_max;
    const auto towns = towns_that(e, [&](const engine::town_summary& t) {
        const bool quiet = t.agents_working == 0 && t.starts_in_flight == 0;
        if (!quiet || full || t.beads.open == 0) return false;
        return std::any_of(t.waiting.beads.begin(), t.waiting.beads.end(), [&](const auto& b) {
            const bool open_gate = b.reason == gate_reason::dispatchable ||
                                   b.reason == gate_reason::no_free_agent ||
                                   b.reason == gate_reason::concurrency_limit;
            return open_gate && e.sum.now - b.created_at > idle_work_age;
        });
    });
    return from_towns(towns, health::warn, "ready work waits over 10 minutes next to idle capacity",
                      "no ready work waits next to idle capacity");
}

// Neither time nor a repair elsewhere moves these on.
finding stuck_work(const evidence& e) {
    const auto towns =
        towns_that(e, [](const engine::town_summary& t) { return t.stuck.for_a_person() > 0; });
    return from_towns(towns, health::warn, "beads are parked, held or out of attempts",
                      "no bead waits for a person");
}

finding unanswered(const evidence& e) {
    const auto towns =
        towns_that(e, [](const engine::town_summary& t) { return t.stuck.unanswered > 0; });
    return from_towns(towns, health::warn, "starts have no known outcome and nothing else runs",
                      "no town hangs on starts without an answer");
}

bool is_stuck(const breaker_entry& entry, instant now) {
    const auto& b = entry.state;
    if (b.probe_in_flight()) return b.lease_ends_at() + probe_patience < now;
    return b.state() == breaker_state::open && b.retry_at() + probe_patience < now;
}

// Without work nobody can be the probe. A place that fails waits for its turn at the retry budget,
// which may be long after its own wait is over: only agents' breakers are probed by time alone.
finding stuck_breakers(const evidence& e) {
    std::vector<std::string> keys;
    for (const auto& town : e.towns) {
        const auto held = [&](gate_reason r) {
            return town->waiting.by_reason[static_cast<std::size_t>(r)];
        };
        if (held(gate_reason::breaker_open) + held(gate_reason::probe_in_flight) == 0) continue;
        for (const auto& [key, entry] : town->breakers)
            if (entry.scope == breaker_scope::agent && is_stuck(entry, e.sum.now))
                keys.push_back(town->id + "/" + key);
    }
    if (keys.empty()) return {health::ok, "every open breaker with work is probed in time"};
    return {health::fail, named(keys, "breaker", "breakers") + ": open, due and not probed"};
}

finding old_orders(const evidence& e) {
    std::vector<std::string> old;
    for (const auto& each : e.orders.orders)
        if (e.sum.now - each.order.set_at > order_age)
            old.push_back(std::string{to_text(each.order.kind)} + " by " + each.order.by);
    if (old.empty()) return {health::ok, "no order is older than 12 hours"};
    return {health::warn, named(old, "order", "orders") + ": in force for over 12 hours"};
}

finding bad_rows(const evidence& e) {
    const auto towns = towns_that(e, [](const engine::town_summary& t) { return t.bad_rows > 0; });
    return from_towns(towns, health::warn, "rows that cannot be read are left out",
                      "every row can be read");
}

finding poison(const evidence& e) {
    const auto towns =
        towns_that(e, [](const engine::town_summary& t) { return t.poison_events > 0; });
    return from_towns(towns, health::warn, "events that could not be applied are set aside",
                      "every event was applied");
}

finding invariants(const evidence& e) {
    const auto towns =
        towns_that(e, [](const engine::town_summary& t) { return t.invariants_broken > 0; });
    return from_towns(towns, health::warn, "something that must hold does not, for a minute",
                      "every invariant holds");
}

finding draining(const evidence& e) {
    const auto towns =
        towns_that(e, [](const engine::town_summary& t) { return t.draining_since.has_value(); });
    return from_towns(towns, health::warn, "the container is being replaced",
                      "no container is being replaced");
}

bool has_recent(const evidence& e, std::string_view start) {
    return std::any_of(e.sum.errors.begin(), e.sum.errors.end(), [&](const fleet_error& x) {
        return e.sum.is_recent(x) && x.code.starts_with(start);
    });
}

finding storage(const evidence& e) {
    if (!has_recent(e, "storage_")) return {health::ok, "no storage error within the hour"};
    return {health::fail, "attempts failed within the hour because a database did"};
}

finding unknown_errors(const evidence& e) {
    if (!has_recent(e, "unknown") && !has_recent(e, "internal"))
        return {health::ok, "every error of the last hour has a class"};
    return {health::warn, "errors of the last hour that have no class: see errors?code=unknown"};
}

// ---- The process --------------------------------------------------------------------------------

finding fleet_db(const evidence& e) {
    if (e.orders.problem.empty()) return {health::ok, "fleet.db can be written"};
    return {health::fail, clean_text(e.orders.problem, 300)};
}

bool is_true(const json& object, std::string_view name) {
    const auto at = object.find(name);
    return at != object.end() && at->is_boolean() && at->get<bool>();
}

finding config_on_disk(const evidence& e) {
    if (!is_true(e.config, "differs_from_disk"))
        return {health::ok, "the configuration in force is the one on disk"};
    return {health::warn, "the file on disk is not what is in force"};
}

finding pending_restart(const evidence& e) {
    const auto at = e.config.find("pending_restart");
    if (at == e.config.end() || !at->is_array() || at->empty())
        return {health::ok, "nothing waits for a restart"};
    std::vector<std::string> keys;
    for (const auto& key : *at)
        if (key.is_string()) keys.push_back(key.get<std::string>());
    return {health::warn, named(keys, "key", "keys") + ": in force after a restart"};
}

finding descriptors(const evidence& e) {
    const auto& m = e.machine;
    if (!m.open_files || !m.file_limit || *m.file_limit <= 0)
        return {health::ok, "the limit of open files is not known"};
    const std::string text = std::to_string(*m.open_files) + " of " +
                             std::to_string(*m.file_limit) + " file descriptors are open";
    if (*m.open_files * 10 > *m.file_limit * 9) return {health::fail, text};
    return {*m.open_files * 4 > *m.file_limit * 3 ? health::warn : health::ok, text};
}

finding disk(const evidence& e) {
    if (!e.machine.disk_free_bytes) return {health::ok, "the free space is not known"};
    const auto free = *e.machine.disk_free_bytes;
    const std::string text =
        std::to_string(free / (1'024 * 1'024)) + " MiB are free where the data directory is";
    if (free < disk_out_bytes) return {health::fail, text};
    return {free < disk_low_bytes ? health::warn : health::ok, text};
}

finding addresses(const evidence& e) {
    if (e.machine.wide_addresses.empty())
        return {health::ok, "all listeners are for this machine alone"};
    return {health::warn, named(e.machine.wide_addresses, "listener", "listeners") +
                              ": other machines can reach it"};
}

finding log_ring(const evidence& e) {
    const auto& m = e.machine;
    if (m.log_lines_dropped == 0 || !m.oldest_log_line_at ||
        e.sum.now - *m.oldest_log_line_at > short_log)
        return {health::ok, "the log in memory reaches back 10 minutes, or is whole"};
    return {health::warn,
            "the log in memory reaches back only " + to_words(e.sum.now - *m.oldest_log_line_at)};
}

finding wall_clock(const evidence& e) {
    if (!e.machine.clock_synchronised) return {health::ok, "the clock's state is not known"};
    if (*e.machine.clock_synchronised) return {health::ok, "the clock is synchronised"};
    return {health::warn, "the clock is not synchronised"};
}

struct check {
    std::string_view id;
    std::string_view fix;
    finding (*look)(const evidence&);
};

constexpr std::array<check, 21> checks{{
    {"ticks-late", "look at /debug/v1/reconciler for the slowest towns; raise towns.threads",
     ticks},
    {"towns-set-aside", "restore the town's file from a backup, then restart townd", set_aside},
    {"idle-capacity-with-open-work", "ask /debug/v1/explain for one of its beads", idle_work},
    {"work-stuck",
     "see /debug/v1/beads?reason=Parked; mend what it names, then townctl bead retry TOWN BEAD",
     stuck_work},
    {"starts-unanswered", "look at the town's container: it takes starts and does not answer",
     unanswered},
    {"breakers-not-probing", "townctl breaker probe KEY; report it, time alone should do it",
     stuck_breakers},
    {"orders-forgotten", "townctl overrides; resume what nobody needs any more", old_orders},
    {"config-differs-from-disk", "townctl config reload, or correct the file", config_on_disk},
    {"config-pending-restart", "restart townd when it suits", pending_restart},
    {"storage-errors", "look at the disk and at /debug/v1/logs?level=error", storage},
    {"fleet-db", "free the disk or the lock that it names; townd tries again by itself", fleet_db},
    {"file-descriptors", "raise LimitNOFILE of the service", descriptors},
    {"disk-space", "free space where data_dir is", disk},
    {"listen-address", "listen on 127.0.0.1, or make sure that a proxy asks who it is", addresses},
    {"log-ring", "raise log.level, or read the journal instead", log_ring},
    {"unknown-errors", "keep a sample from /debug/v1/errors and report it", unknown_errors},
    {"bad-rows", "look at bad_rows of /debug/v1/towns/TOWN and correct the rows", bad_rows},
    {"poison-events", "look at poison_events of /debug/v1/towns/TOWN", poison},
    {"invariants", "look at invariants of /debug/v1/towns/TOWN; a bundle holds what is needed",
     invariants},
    {"draining", "see that new containers start and reach the town API", draining},
    {"clock", "run a time service such as systemd-timesyncd", wall_clock},
}};

}  // namespace

json doctor_json(const face& f) {
    auto towns = f.fleet.summaries();
    auto sum = look_over(f, towns);
    const auto& o = f.options;
    const evidence e{f,
                     std::move(towns),
                     std::move(sum),
                     o.config_status ? o.config_status() : json::object(),
                     o.machine ? o.machine() : machine_facts{},
                     f.fleet.operators()};
    auto worst = health::ok;
    json list = json::array();
    for (const auto& each : checks) {
        const auto found = each.look(e);
        worst = std::max(worst, found.status);
        list.push_back({{"id", each.id},
                        {"status", words[static_cast<std::size_t>(found.status)]},
                        {"text", found.text},
                        {"fix", found.status == health::ok ? json(nullptr) : json(each.fix)}});
    }
    json out;
    out["status"] = words[static_cast<std::size_t>(worst)];
    out["checks"] = std::move(list);
    out["as_of"] = to_rfc3339(f.now());
    return out;
}

}  // namespace townd::debug
