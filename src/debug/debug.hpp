#pragma once
// The face for operators: pages for people, JSON for programs, what watches watch, and operators'
// orders.
//
// Everything is answered from the summaries that ticks publish, or by a read on the town's thread;
// no handler waits. GET changes nothing; who may come in is in front_gate.hpp.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "engine/chronicle.hpp"
#include "engine/fleet.hpp"
#include "http/router.hpp"
#include "townd/port/clock.hpp"

namespace townd::debug {

/// Of the streams of events; kept up by the face.
struct stream_counts {
    std::atomic<int> clients{0};
    std::atomic<std::uint64_t> dropped{0};  ///< Frames that clients were too slow for.
};

/// What the machine says, for the doctor. Empty: not known.
struct machine_facts {
    std::optional<std::int64_t> open_files;
    std::optional<std::int64_t> file_limit;
    std::optional<std::uint64_t> disk_free_bytes;  ///< Where the data directory is.
    std::optional<std::uint64_t> disk_total_bytes;
    std::optional<bool> clock_synchronised;
    std::optional<instant> oldest_log_line_at;  ///< Of those in memory.
    std::uint64_t log_lines_dropped = 0;        ///< From memory, to make room.
    std::vector<std::string> wide_addresses;    ///< Listeners that other machines reach.
};

/// What the face shows beside the fleet. Functions may be called from any thread, must not block,
/// and may be empty: their routes then answer 404.
struct debug_options {
    const clock_port* clock = nullptr;  ///< Never null; outlives the router.
    /// Prometheus text 0.0.4.
    std::function<std::string()> scrape_metrics;
    std::function<std::vector<config::printed_key>()> config_keys;
    /// Uptime, threads, descriptors, memory: an object, shown as it is.
    std::function<json()> runtime;
    /// Whether all else is ready (listeners, data directory); fills in what is not.
    std::function<bool(std::string&)> ready;
    std::string version;
    std::string revision;
    std::string build_date;
    /// Generation, when it was loaded, what the last reload said: an object, shown as it is.
    std::function<json()> config_status;
    /// Asked of readers over TCP, but for /livez and /readyz. None: whoever reaches the port reads.
    std::optional<std::string> read_token;
    /// Lets its bearer write over TCP; at least 32 bytes. None: nobody does.
    std::optional<std::string> write_token;
    std::string write_token_name;  ///< What the audit log calls its bearer.
    /// The name of a user of the unix socket; empty when it has none.
    std::function<std::string(std::uint32_t uid)> user_name;
    /// Longest time between ticks of an active town, as configured now. Empty: 5 s.
    std::function<duration()> tick_interval;
    /// What happened lately; outlives the router. Null: pages without a history.
    const engine::chronicle* history = nullptr;
    std::shared_ptr<stream_counts> streams = nullptr;  ///< Null: nobody counts.
    /// Reads the configuration again and puts it in force, or only says what it would do:
    /// `{ok, dry_run, generation, changes: [{key, from, to, restart}], errors: [text], warnings:
    /// [text], pending_restart: [key]}`. Called on a thread of its own; may take a second.
    std::function<json(bool dry_run)> reload;
    /// JSON Schema 2020-12 of townd.yaml.
    std::function<std::string()> config_schema;
    /// The newest log lines, the newest first: `{at, level, event, text, fields: {}}`.
    std::function<json(const std::string& level, const std::string& town, int limit)> logs;
    /// Sets the log's level until `ttl` is over. False: no such level.
    std::function<bool(const std::string& level, duration ttl)> set_log_level;
    /// Runs work on a thread of its own, one after the other; false when it is not taken. Empty:
    /// on the caller's thread.
    std::function<bool(std::function<void()>)> in_background;
    std::function<machine_facts()> machine;
    std::string banner;  ///< Shown on top of every page, as `DEMO`. Empty: none.
};

/// Adds `/`, `/livez`, `/readyz`, `/metrics`, `/version`, and all of `/debug`. The fleet must
/// outlive the router.
void add_routes(http::router& router, engine::fleet& fleet, debug_options options);

/// Answers unknown paths and wrong methods as problems too. For a router that serves this face
/// alone.
void add_fallbacks(http::router& router);

/// The problem that says why the server refused a request before any route was looked for.
[[nodiscard]] http::response refusal(const http::request& call, int status, std::string_view why);

}  // namespace townd::debug
